"""Lost deals beside what the client really said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.flag import Finding, Flag
from qc_workbench.store.browsing import recordings_by_call
from qc_workbench.store.cases import RefusalList, refusal_counts, refusals_listed
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Cards of one page of a list.
PAGE = 20


__all__ = ["PAGE", "RefusalCase", "RefusalList", "Refusals", "refusal_lists", "refusals"]


@dataclass(frozen=True, slots=True)
class RefusalCase:
    refusal: Refusal
    call: Call
    recording: Recording | None
    deal: Deal | None
    flag: Flag | None  # the machine's suggestion, where it doubts the refusal
    ruling: Finding | None


@dataclass(frozen=True, slots=True)
class Refusals:
    cases: tuple[RefusalCase, ...]
    people: Directory


def refusal_lists(workspace: Workspace) -> Mapping[RefusalList, int]:
    """How many refusals each list holds."""
    with workspace.store.reading() as reader:
        return refusal_counts(reader)


def refusals(workspace: Workspace, which: RefusalList, page: int = 1) -> Refusals:
    """Page ``page`` (from 1) of one list, the newest call first."""
    with workspace.store.reading() as reader:
        found = refusals_listed(reader, which, PAGE, (page - 1) * PAGE)
        recordings = recordings_by_call(reader, {item.call.call_id for item in found})
        people = directory(reader, {item.call.client_phone for item in found})
    return Refusals(
        tuple(
            RefusalCase(
                item.refusal,
                item.call,
                recordings.get(item.call.call_id),
                people.deal(item.call.client_phone),
                item.flag,
                item.ruling,
            )
            for item in found
        ),
        people,
    )
