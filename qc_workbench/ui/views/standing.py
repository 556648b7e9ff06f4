"""How a detector stands by people's rulings, for a page that shows what it found."""

from __future__ import annotations

from qc_workbench.domain.flag import FlagKind
from qc_workbench.review.standing import DetectorStanding
from qc_workbench.store.standings import detector_standings
from qc_workbench.workspace import Workspace


def newest_standing(workspace: Workspace, kind: FlagKind) -> DetectorStanding | None:
    """Of the newest version that raised flags of this kind; None before the first."""
    with workspace.store.reading() as reader:
        found = detector_standings(reader, workspace.settings.detectors)
    return next((item for item in found if item.key.kind is kind), None)
