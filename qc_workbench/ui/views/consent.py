"""Whether clients were told of the recording: shares by agent, source and week, and the calls without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call
from qc_workbench.domain.consent import ConsentLine, ConsentTally, ConsentVerdict
from qc_workbench.store.consent import ConsentBy, calls_of_verdict, consent_tallies
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class ConsentBoard:
    """``tallies`` of one grouping; ``calls``: a page of those with the verdict that was chosen."""

    tallies: tuple[ConsentTally, ...]
    calls: tuple[tuple[Call, ConsentLine], ...]
    people: Directory

    def count(self, verdict: ConsentVerdict) -> int:
        return sum(getattr(item, verdict.value) for item in self.tallies)

    @property
    def share(self) -> float | None:
        """Told of those known; None where nothing is."""
        known = sum(item.known for item in self.tallies)
        return self.count(ConsentVerdict.TOLD) / known if known else None


def consent_board(
    workspace: Workspace,
    viewer: Viewer,
    within: Stretch,
    agents: frozenset[str] | None,
    by: ConsentBy,
    verdict: ConsentVerdict,
    page: int,
) -> ConsentBoard:
    """Of the calls that this person may see; ``agents``: of these only, where a team is chosen."""
    mine = viewer.agents(Action.SEE_CALL)
    if agents is not None:
        mine = agents if mine is None else mine & agents
    zone = workspace.settings.company.timezone
    with workspace.store.reading() as reader:
        tallies = consent_tallies(reader, within, mine, by, zone)
        calls = calls_of_verdict(reader, within, mine, verdict, PAGE, (page - 1) * PAGE)
        people = directory(reader, {call.client_phone for call, _ in calls}, viewer)
    return ConsentBoard(tuple(tallies), tuple(calls), people)
