"""Lost deals beside what the client really said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.flag import Finding, Flag
from qc_workbench.store.browsing import recordings_by_call
from qc_workbench.store.cases import RefusalList, refusals_listed
from qc_workbench.store.lost_deals import RecallCase, recall_cases_of
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Cards of one page of a list.
PAGE = 20


__all__ = ["PAGE", "RefusalCase", "RefusalList", "Refusals", "refusals"]


@dataclass(frozen=True, slots=True)
class RefusalCase:
    refusal: Refusal
    call: Call
    recording: Recording | None
    deal: Deal | None
    flag: Flag | None  # the machine's suggestion, where it doubts the refusal
    ruling: Finding | None
    judged: RecallCase | None  # what was found of the deal, and what its client said when called back


@dataclass(frozen=True, slots=True)
class Refusals:
    """``lists``: a page of each; ``totals``: how many refusals each list holds."""

    lists: Mapping[RefusalList, tuple[RefusalCase, ...]]
    totals: Mapping[RefusalList, int]
    people: Directory


def refusals(workspace: Workspace, viewer: Viewer, pages: Mapping[RefusalList, int] | None = None) -> Refusals:
    """All lists, each at its page (from 1; the first where none is given), the newest call first."""
    asked, mine = {name: (pages or {}).get(name, 1) for name in RefusalList}, viewer.agents(Action.SEE_FLAG)
    with workspace.store.reading() as reader:
        found = refusals_listed(reader, asked, PAGE, mine)
        beyond = {name: 1 for name, page in asked.items() if page > 1 and not found[name].refusals}
        if beyond:  # a list became shorter meanwhile
            found |= refusals_listed(reader, beyond, PAGE, mine)
        items = [item for listed in found.values() for item in listed.refusals]
        recordings = recordings_by_call(reader, {item.call.call_id for item in items})
        people = directory(reader, {item.call.client_phone for item in items}, viewer)
        judged = recall_cases_of(reader, {item.refusal.deal_id for item in items if item.refusal.deal_id})
    lists = {
        name: tuple(
            RefusalCase(
                item.refusal,
                item.call,
                recordings.get(item.call.call_id),
                people.deal(item.call.client_phone),
                item.flag,
                item.ruling,
                judged.get(item.refusal.deal_id or ""),
            )
            for item in listed.refusals
        )
        for name, listed in found.items()
    }
    return Refusals(lists, {name: listed.total for name, listed in found.items()}, people)
