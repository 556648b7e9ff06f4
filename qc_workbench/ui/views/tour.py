"""The tour: the rooms that matter for somebody's role, each at something real to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.review.rulings import CaseState
from qc_workbench.ui.navigation import may_enter
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.suspicious import case_page
from qc_workbench.workspace import Workspace

#: In the order in which they tell a story: what happened, who decides, what follows for the month.
ROOMS_SHOWN: Final = (
    "suspicious", "promises", "refusals", "queue", "my", "overview", "search", "coaching", "discipline", "team",
    "month", "bonus", "connections", "work", "people",
)  # fmt: skip
#: Whoever may enter everything is shown what comes first: ten minutes, not a lecture.
MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Stop:
    """A room and what its address names there."""

    room: str
    query: Mapping[str, str] = field(default_factory=dict)


def tour(workspace: Workspace, viewer: Viewer) -> tuple[Stop, ...]:
    """The stops for this person, none that is shut to them."""
    rooms = [room for room in ROOMS_SHOWN if may_enter(viewer, room)][:MOST]
    return tuple(Stop(room, _first_case(workspace, viewer) if room == "suspicious" else {}) for room in rooms)


def _first_case(workspace: Workspace, viewer: Viewer) -> Mapping[str, str]:
    """The call on top of the list of those that wait for a ruling."""
    if not viewer.reach(Action.SEE_FLAG):
        return {}
    cases = case_page(workspace, viewer, CaseState.WAITING, None, 1).cases
    return {"call": cases[0].call.call_id} if cases else {}
