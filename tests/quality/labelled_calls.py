"""A handful of labelled calls whose figures can be counted by hand, and what a program found in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from qc_workbench.domain.commitment import Action, ClientSaid, Commitment, CommitmentOutcome, Promiser, Refusal
from qc_workbench.domain.flag import AnsweredBy, Conversation, Evidence, Flag, Verdict
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn
from qc_workbench.reporting.quality import FoundCall, TrueCall, TruePromise, TrueSpan
from tests.report_cases import flag, promise
from tests.ui.sample_company import PADDED, PROMISE, TALK

MONDAY = TruePromise("перезвоню вам в понедельник утром", "callback", date(2026, 10, 5), date(2026, 10, 5), "agent")

#: Two people talk for 4 + 3 + 2 seconds; 20 seconds later the agent talks to nobody for 5.
LINES = (
    TrueSpan(0.0, 4.0, "agent", "speech", "Добрый день, ещё раз!"),
    TrueSpan(4.5, 7.5, "customer", "speech", "Да, слушаю вас"),
    TrueSpan(8.0, 10.0, "agent", "speech", "Перезвоню вам в понедельник утром"),
    TrueSpan(8.0, 9.0, "customer", "noise"),
    TrueSpan(30.0, 35.0, "agent", "speech", "алло алло"),
)
GREETING = (TrueSpan(1.0, 6.0, "customer", "machine", "Оставьте сообщение после сигнала"),)

TRUTH = (
    TrueCall("p1", "voicemail", "voicemail", True, (), "none", None, False, False, GREETING, "ru", "stereo", "mp3"),
    TrueCall("p2", "voicemail", "voicemail", True, (), "none", None, False, False, None, "ru", "stereo", "mp3"),
    TrueCall("p3", "assistant", "voice_assistant", True, (), "none", None, False, False, None, "en", "mono", "opus"),
    TrueCall("h1", "talk", "human", False, (MONDAY,), "none", "missing", False, False, LINES, "ru", "stereo", "opus"),
    TrueCall("h2", "talk", "human", False, (MONDAY,), "explicit", "kept", False, None, None, "ru", "mono", "opus"),
    TrueCall("h3", "talk", "human", False, None, "postponed", None, True, None, None, "en", "mono", "mp3"),
)


def measured(call_id: str, answered_by: AnsweredBy, live_s: float = 0.0, agent_s: float = 0.0) -> Conversation:
    return Conversation(call_id, "f", answered_by, False, live_s, agent_s, live_s / 3, live_s >= 10)


def heard(call_id: str, *turns: Turn) -> Transcript:
    return Transcript(call_id, "hash", "print", "ru", "faster-whisper", "base", turns)


def turn(party: Party, start_s: float, end_s: float, text: str, suspicion: Suspicion | None = None) -> Turn:
    return Turn(party, 0 if party is Party.AGENT else 1, start_s, end_s, text, 0.9, (), suspicion)


def found_promise(
    call_id: str,
    quote: str,
    due: date,
    outcome: CommitmentOutcome,
    start_s: float = 8.1,
    by: Promiser = Promiser.AGENT,
    action: Action = Action.CALLBACK,
) -> Commitment:
    item = promise(call_id, outcome, due)
    spoken = replace(item.spoken, quote=quote, start_s=start_s, end_s=start_s + 1.5, by=by, action=action)
    return replace(item, spoken=spoken)


def with_evidence(found: Flag, *evidence: Evidence) -> Flag:
    return replace(found, evidence=evidence)


def found_calls() -> dict[str, FoundCall]:
    """p3 is not in the store at all."""
    greeting = Evidence(1, 1.2, 6.0, "voicemail_greeting", "Оставьте сообщение")
    elsewhere = Evidence(1, 40.0, 42.0, "voicemail_greeting", "После сигнала")
    return {
        "p1": FoundCall(
            "p1",
            flags=(with_evidence(flag("p1"), greeting, elsewhere),),
            conversation=measured("p1", AnsweredBy.VOICEMAIL),
            transcript=heard(
                "p1",
                turn(Party.MACHINE, 1.1, 5.9, "Оставьте сообщение после сигнала"),
                turn(Party.CUSTOMER, 20.0, 21.0, "Продолжение следует", Suspicion.PHANTOM_PHRASE),
            ),
            layout="stereo",
            codec="mp3",
        ),
        "p2": FoundCall("p2", flags=(flag("p2", Verdict.UNSURE),)),
        "h1": FoundCall(
            "h1",
            conversation=measured("h1", AnsweredBy.HUMAN, 12.0, 7.0),
            commitments=(
                found_promise("h1", "Перезвоню в понедельник", date(2026, 10, 6), CommitmentOutcome.MISSING),
                found_promise("h1", "что-то совсем другое", date(2026, 12, 1), CommitmentOutcome.KEPT, 5.0),
            ),
            transcript=heard(
                "h1",
                turn(Party.AGENT, 0.1, 3.9, "Добрый день, еще раз."),
                turn(Party.AGENT, 4.6, 7.4, "Да, слышу вас"),
                turn(Party.AGENT, 8.1, 9.9, "Перезвоню в понедельник утром"),
            ),
        ),
        "h2": FoundCall(
            "h2",
            conversation=measured("h2", AnsweredBy.HUMAN, 20.0),
            commitments=(found_promise("h2", "ничего общего", date(2026, 10, 8), CommitmentOutcome.OVERDUE),),
            refusal=Refusal("h2", ClientSaid.EXPLICIT, None, None, False, "Не надо", 3.0, 4.0),
        ),
        "h3": FoundCall("h3", flags=(flag("h3"),), refusal=Refusal("h3", ClientSaid.NONE, "d", "lost", True)),
        "unlabelled": FoundCall("unlabelled", flags=(flag("unlabelled"),)),
    }


#: Calls of the sample company as a file of labels has them.
LABELS: tuple[dict[str, Any], ...] = (
    {"id": PADDED, "scenario": "voicemail", "lang": "ru", "truth": {"answered_by": "human", "fake_effective": False}},
    {
        "id": PROMISE,
        "scenario": "promise",
        "lang": "ru",
        "truth": {
            "answered_by": "human",
            "promises": [
                {"quote": "расчёт пришлю на почту", "action": "send_offer", "due_from": "2026-10-20",
                 "due_to": "2026-10-21"},
            ],
            "refusal": "none",
        },
        "expected": {"promise_outcome": "kept", "false_refusal": False},
        "spans": [{"start": 1.0, "end": 4.0, "channel": "agent", "kind": "speech", "text": "Компания Пример слушаю"}],
    },
    {"id": TALK, "truth": {"fake_effective": False, "answered_by": "human"}},
    {"id": "call-of-another-company", "truth": {"fake_effective": True}},
)  # fmt: skip
