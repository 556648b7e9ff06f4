"""What an evaluation is for that a person begins now: the score of the call, a silent second look, a calibration."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from qc_workbench.domain.evaluation import Evaluation, Purpose
from qc_workbench.review.evaluating import purpose_of_next
from qc_workbench.store import scoring as store
from qc_workbench.store.database import Reader
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.calibration import form_of_session, session_for
from qc_workbench.ui.views.queue import purpose_of


@dataclass(frozen=True, slots=True)
class Errand:
    """``is_given``: the call was given to them, so nobody's answers may be shown, their own earlier ones neither.
    ``form``: code and version, where it is not theirs to choose."""

    purpose: Purpose
    is_given: bool
    form: tuple[str, int] | None = None

    def covers(self, evaluation: Evaluation) -> bool:
        """Whether an evaluation is part of this errand: calibrations are kept apart from scores and their checks."""
        is_calibration = self.purpose is Purpose.CALIBRATION
        return (evaluation.purpose is Purpose.CALIBRATION) is is_calibration


def errand_of(reader: Reader, viewer: Viewer, call_id: str, known: Collection[Evaluation]) -> Errand:
    """``known``: every evaluation of the call. A call that waits in the own queue is scored first; a calibration or a
    second look of it comes after."""
    ordinary = purpose_of_next(known)
    if ordinary is Purpose.SCORE and store.is_given_to(reader, call_id, viewer.reviewer_id):
        return Errand(Purpose.SCORE, True)
    session = session_for(reader, call_id, viewer.person_id)
    if session is not None:
        return Errand(Purpose.CALIBRATION, True, form_of_session(reader, session))
    if purpose_of(reader, call_id, viewer.reviewer_id) is Purpose.SECOND_LOOK:
        return Errand(Purpose.SECOND_LOOK, True)
    return Errand(ordinary, store.is_given_to(reader, call_id, viewer.reviewer_id))
