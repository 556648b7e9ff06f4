"""Lost deals beside what the client really said."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import ClientSaid, Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.flag import Finding, Flag, FlagKind
from qc_workbench.review.rulings import standing
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
    flag: Flag | None  # the machine's suggestion, where it doubts the refusal
    ruling: Finding | None


@dataclass(frozen=True, slots=True)
class Refusals:
    """``doubtful``: lost in the CRM though the client did not refuse; ``ruled``: decided; ``genuine``: refused."""

    doubtful: tuple[RefusalCase, ...]
    ruled: tuple[RefusalCase, ...]
    genuine: tuple[RefusalCase, ...]
    people: Directory


def refusals(workspace: Workspace) -> Refusals:
    with workspace.store.reading() as reader:
        found = [
            item for item in verdicts.refusals(reader) if item.false_refusal or item.client_said is ClientSaid.EXPLICIT
        ]
        ids = {item.call_id for item in found}
        calls = calls_by_id(reader, ids)
        recordings = recordings_by_call(reader, ids)
        flags = {flag.call_id: flag for flag in verdicts.flags(reader) if flag.kind is FlagKind.FALSE_REFUSAL}
        rulings = standing(verdicts.findings(reader))
        people = directory(reader, {call.client_phone for call in calls.values()})
    cases = sorted(
        (
            RefusalCase(
                refusal=item,
                call=call,
                recording=recordings.get(item.call_id),
                deal=people.deal(call.client_phone),
                flag=(flag := flags.get(item.call_id)),
                ruling=rulings.get(flag.flag_id) if flag else None,
            )
            for item in found
            if (call := calls.get(item.call_id))
        ),
        key=lambda case: case.call.started_at,
        reverse=True,
    )
    return Refusals(
        doubtful=tuple(case for case in cases if case.refusal.false_refusal and case.ruling is None),
        ruled=tuple(case for case in cases if case.refusal.false_refusal and case.ruling is not None),
        genuine=tuple(case for case in cases if not case.refusal.false_refusal),
        people=people,
    )
