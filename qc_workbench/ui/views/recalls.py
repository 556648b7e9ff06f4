"""Clients of lost deals to call back: the list, sorted by what there is to win, and the answers of those reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.lost_deal import DealFinding, Recall, RecallResult
from qc_workbench.review.recalls import recall, undo_recall
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import agent_of_deal, audit_entry
from qc_workbench.store.database import insert
from qc_workbench.store.lost_deals import (
    RecallCase,
    RecallList,
    finding_counts,
    recall_cases,
    recall_row,
    recall_tallies,
    recalls_of_deal,
)
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

__all__ = ["PAGE", "RecallList", "RecallPage", "Recalls", "recall_page", "recalls", "write_recall"]

#: Cards of one page.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Recalls:
    """The list as numbers. ``findings``: what was found of all lost deals, those that need no call too."""

    tallies: Mapping[tuple[RecallList, DealFinding], int]
    findings: Mapping[DealFinding, int]

    def count(self, which: RecallList, finding: DealFinding | None = None) -> int:
        return sum(
            deals for (listed, found), deals in self.tallies.items() if listed is which and finding in (None, found)
        )


@dataclass(frozen=True, slots=True)
class RecallPage:
    """``to_dial``: deals whose clients this person may call, so that the whole number is shown."""

    cases: tuple[RecallCase, ...]
    calls: Mapping[str, Call]
    recordings: Mapping[str, Recording]
    people: Directory
    to_dial: frozenset[str]


def recalls(workspace: Workspace, viewer: Viewer) -> Recalls:
    mine = viewer.agents(Action.SEE_FLAG)
    with workspace.store.reading() as reader:
        return Recalls(recall_tallies(reader, mine), finding_counts(reader, mine))


def recall_page(
    workspace: Workspace, viewer: Viewer, which: RecallList, finding: DealFinding | None, page: int
) -> RecallPage:
    """Page ``page`` (from 1) of a list, of one finding if given; those with most to win first."""
    with workspace.store.reading() as reader:
        mine = viewer.agents(Action.SEE_FLAG)
        cases = recall_cases(reader, which, finding, PAGE, (page - 1) * PAGE, mine)
        calls = calls_by_id(reader, {case.lost.call_id for case in cases if case.lost.call_id})
        recordings = recordings_by_call(reader, calls)
        people = directory(reader, {phone for case in cases for phone in case.deal.client_phones}, viewer)
    mine_to_call = {case.deal.deal_id for case in cases if viewer.may(Action.CALL_BACK, case.deal.manager_id)}
    return RecallPage(tuple(cases), calls, recordings, people, frozenset(mine_to_call))


def write_recall(
    workspace: Workspace,
    viewer: Viewer,
    deal_id: str,
    result: RecallResult,
    at: datetime,
    comment: str = "",
    buy_from: date | None = None,
) -> Recall:
    """Append what a client said (or, for ``WITHDRAWN``, the undo of the entry that stands) to the store.

    Raises ``not_allowed``."""
    by = viewer.name
    with workspace.store.reading() as reader:
        viewer.require(Action.CALL_BACK, agent_of_deal(reader, deal_id))
        earlier = recalls_of_deal(reader, deal_id)
    entry = (
        undo_recall(deal_id, by, at, earlier)
        if result is RecallResult.WITHDRAWN
        else recall(deal_id, result, by, at, earlier, comment=comment, buy_from=buy_from)
    )
    workspace.store.write(
        insert("recalls", recall_row(entry)),
        audit_entry(entry.at, entry.by, f"recall_{entry.result.value}", deal_id, recall_id=entry.recall_id),
        key=f"recall:{entry.recall_id}",
    )
    return entry
