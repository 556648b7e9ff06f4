"""Lost deals beside what the client really said."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import ClientSaid, Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.store import verdicts
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RefusalCase:
    refusal: Refusal
    call: Call
    recording: Recording | None
    deal: Deal | None


@dataclass(frozen=True, slots=True)
class Refusals:
    doubtful: tuple[RefusalCase, ...]  # lost in the CRM, but the client did not refuse
    genuine: tuple[RefusalCase, ...]  # the client refused in so many words
    people: Directory


def refusals(workspace: Workspace) -> Refusals:
    with workspace.store.reading() as reader:
        found = [
            item for item in verdicts.refusals(reader) if item.false_refusal or item.client_said is ClientSaid.EXPLICIT
        ]
        ids = {item.call_id for item in found}
        calls = calls_by_id(reader, ids)
        recordings = recordings_by_call(reader, ids)
        people = directory(reader, {call.client_phone for call in calls.values()})
    cases = sorted(
        (
            RefusalCase(item, call, recordings.get(item.call_id), people.deal(call.client_phone))
            for item in found
            if (call := calls.get(item.call_id))
        ),
        key=lambda case: case.call.started_at,
        reverse=True,
    )
    return Refusals(
        doubtful=tuple(case for case in cases if case.refusal.false_refusal),
        genuine=tuple(case for case in cases if not case.refusal.false_refusal),
        people=people,
    )
