"""Short made-up calls for the tests of promises and refusals."""

from __future__ import annotations

from datetime import datetime

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn

MOSCOW_TUESDAY = "2026-10-06T12:00:00+03:00"
_PARTIES = {"A": Party.AGENT, "C": Party.CUSTOMER, "M": Party.MACHINE, "?": Party.UNKNOWN}


def call_at(started_at: str = MOSCOW_TUESDAY, call_id: str = "k-1", **more: object) -> Call:
    values: dict[str, object] = {
        "direction": Direction.OUTBOUND,
        "manager_id": "m1",
        "client_phone": "+79160000001",
        "talk_s": 60.0,
        "outcome": Outcome.ANSWERED,
    } | more
    return Call(call_id=call_id, started_at=datetime.fromisoformat(started_at), **values)  # type: ignore[arg-type]


def dialogue(*lines: str, call_id: str = "k-1", suspicion: Suspicion | None = None) -> Transcript:
    """Lines such as ``A: Добрый день`` (agent), ``C:`` client, ``M:`` machine, ``?:`` unknown; four seconds each."""
    turns = []
    for number, line in enumerate(lines):
        who, text = line.split(": ", 1)
        party = _PARTIES[who]
        channel = 0 if party in (Party.AGENT, Party.UNKNOWN) else 1
        turns.append(Turn(party, channel, number * 5.0, number * 5.0 + 4.0, text, 0.9, suspicion=suspicion))
    return Transcript(call_id, "hash", "words-1", "ru", "fake", "fake", tuple(turns))
