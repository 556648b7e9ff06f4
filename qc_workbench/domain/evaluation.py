"""What a person answers when they score a call on a form, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from qc_workbench.domain.forms import NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one question: what is ticked or written, as text.

    ``("yes",)``, ``("4",)`` on a scale, codes of options (none ticked in a multi-choice: ``()``), a number in digits,
    a text; ``("not_applicable",)`` for any kind. ``cause``: the code of a cause.
    """

    question: str
    values: tuple[str, ...]
    cause: str | None = None
    comment: str = ""

    @property
    def is_not_applicable(self) -> bool:
        return self.values == (NOT_APPLICABLE,)


@dataclass(frozen=True, slots=True)
class SavedReply:
    """One step of an evaluation, append-only. ``place`` counts the steps of the evaluation from 1.

    ``reply`` None and no ``undoes``: the answer was cleared. ``undoes``: the step that this one takes back.
    """

    place: int
    question: str
    reply: Reply | None
    by: str
    at: datetime
    undoes: int | None = None


class EvaluationState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"  # never changed again


class Purpose(StrEnum):
    """What an evaluation is for. Only SCORE is the agent's score; the others measure those who score."""

    SCORE = "score"
    SECOND_LOOK = "second_look"  # served again, to the same reviewer or another, without saying so
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One reviewer's scoring of one call on one version of a form, which it keeps for ever.

    ``spent_s``: seconds at work on it, pauses excluded. ``second_opinion``: why somebody else should look, or None.
    ``score`` (0..100), ``band`` and ``failed`` are those of the submission; None before it, and a score of None after
    it means that no question applied to the call.
    """

    evaluation_id: str
    call_id: str
    form_code: str
    version: int
    reviewer: str
    state: EvaluationState
    begun_at: datetime
    spent_s: float = 0.0
    second_opinion: str | None = None
    submitted_at: datetime | None = None
    score: Decimal | None = None
    band: str | None = None
    failed: bool | None = None
    purpose: Purpose = Purpose.SCORE


@dataclass(frozen=True, slots=True)
class SectionResult:
    """Points of a section, of the questions answered so far. ``percent``: 0..100, None where nothing applied."""

    code: str
    earned: Decimal
    possible: Decimal
    percent: Decimal | None
    is_zeroed: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What answers come to (docs/scoring.md). Of a draft: the score so far, over what is answered.

    ``score``: 0..100 or None where nothing applied; ``without_failure``: the score as if nothing critical had happened.
    ``failures``: codes of the questions and sections that failed the form; ``unanswered``: those required and shown;
    ``causes_missing``: bad answers without their cause.
    """

    score: Decimal | None
    without_failure: Decimal | None
    earned: Decimal
    possible: Decimal
    bonus: Decimal
    sections: tuple[SectionResult, ...]
    failures: tuple[str, ...]
    band: str | None
    unanswered: tuple[str, ...]
    causes_missing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return not self.unanswered and not self.causes_missing

    @property
    def has_failed(self) -> bool:
        return bool(self.failures)
