"""The defence side: each point appears when its circumstance is there, and not without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.crm import Activity, ActivityType, Note
from qc_workbench.domain.flag import (
    AnsweredBy,
    Conversation,
    Evidence,
    Finding,
    Flag,
    FlagKind,
    Ruling,
    Side,
    Verdict,
)
from qc_workbench.domain.transcript import Party, Transcript, Turn
from qc_workbench.review.casefile import Circumstances, LaterCall, PointCode, defence_points
from qc_workbench.ui.i18n import catalogue

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)
PHONE = "+79000000001"
CALL = Call("c", AT, Direction.OUTBOUND, "m1", PHONE, 50, Outcome.ANSWERED)
GREETING = Evidence(1, 2.0, 6.0, "voicemail_greeting", "Оставьте сообщение")
PERSON = Evidence(1, 2.0, 4.0, "live_talk", "Минуту, посмотрю", Side.FOR)
SILENCE = Evidence(1, 10.0, 45.0, "silence")


def case(*evidence: Evidence, **known: object) -> Circumstances:
    flag = Flag("f", "c", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, evidence, "padded_calls", "1")
    return replace(Circumstances(CALL, flag, counted_from_s=40, conversation_from_s=10), **known)  # type: ignore[arg-type]


def codes(given: Circumstances) -> set[PointCode]:
    return {point.code for point in defence_points(given)}


def later(hours: float, *, manager_id: str = "m1", verified: bool | None = True, inbound: bool = False) -> LaterCall:
    direction = Direction.INBOUND if inbound else Direction.OUTBOUND
    other = Call("later", AT + timedelta(hours=hours), direction, manager_id, PHONE, 90, Outcome.ANSWERED)
    return LaterCall(other, verified)


def words(*lines: tuple[Party, str]) -> Transcript:
    turns = tuple(
        Turn(party, 1, 10.0 + 3 * place, 12.0 + 3 * place, text, 0.9) for place, (party, text) in enumerate(lines)
    )
    return Transcript("c", "h", "w", "ru", "t", "t", turns)


def recording(**known: object) -> Recording:
    whole = Recording(
        "c", RecordingState.READY, "h", "p", size_bytes=800_000, codec="pcm_s16le", channels=2, duration_s=50
    )
    return replace(whole, **known)  # type: ignore[arg-type]


def measured(seconds: float) -> Conversation:
    return Conversation("c", "f", AnsweredBy.HUMAN, False, seconds, 1.0, 1.0, False)


def test_a_bare_greeting_and_silence_leave_the_defence_empty() -> None:
    assert defence_points(case(GREETING, SILENCE, recording=recording())) == ()


QUIET = words(*((Party.CUSTOMER, "Угу"),) * 3)
YESTERDAY = Finding("r", "old", Ruling.REJECTED, "Вера", AT - timedelta(days=1))

SPEAKING_FOR = [
    (PointCode.SOME_CONVERSATION, case(conversation=measured(6)), case(conversation=measured(1))),
    (PointCode.QUIET_CLIENT, case(transcript=QUIET), case(transcript=words(*((Party.AGENT, "Угу"),) * 3))),
    (PointCode.HOLD, case(PERSON, SILENCE), case(SILENCE)),
    (PointCode.HOLD, case(PERSON, SILENCE), case(PERSON, SILENCE, Evidence(1, 5.0, 9.0, "busy"))),
    (PointCode.TRANSFER, case(PERSON, Evidence(1, 6.0, 9.0, "ringback")), case(Evidence(1, 0.0, 9.0, "ringback"))),
    (
        PointCode.MESSAGE_LEFT,
        case(Evidence(0, 8.0, 20.0, "message_left", None, Side.FOR)),
        case(Evidence(0, 8.0, 20.0, "agent_monologue")),
    ),
    (
        PointCode.MAY_BE_MESSAGE,
        case(Evidence(0, 8.0, 20.0, "agent_monologue")),
        case(Evidence(0, 8.0, 9.0, "agent_monologue")),
    ),
    (PointCode.UNRECOGNISED, case(untold_s=5), case(untold_s=1)),
    (
        PointCode.LOW_BITRATE,
        case(recording=recording(codec="mp3", size_bytes=100_000)),
        case(recording=recording(codec="mp3", size_bytes=400_000)),
    ),
    (
        PointCode.TRUNCATED,
        case(recording=recording(state=RecordingState.TRUNCATED, duration_s=20)),
        case(recording=recording()),
    ),
    (PointCode.ONE_CHANNEL, case(recording=recording(channels=1)), case(recording=recording())),
    (PointCode.FAR_ABOVE, case(call=replace(CALL, talk_s=80)), case()),
    (PointCode.TALKED_SOON, case(later=(later(2),)), case(later=(later(2, verified=None),))),
    (PointCode.TALKED_SOON, case(later=(later(2),)), case(later=(later(30),))),
    (PointCode.TALKED_SOON, case(later=(later(2),)), case(later=(later(2, manager_id="m2"),))),
    (PointCode.CLIENT_CALLED_BACK, case(later=(later(2, inbound=True, manager_id="m2"),)), case(later=(later(2),))),
    (
        PointCode.NOTED_SOON,
        case(notes=(Note("n", AT + timedelta(minutes=5), "Не дозвонилась", client_phone=PHONE, author_id="m1"),)),
        case(notes=(Note("n", AT + timedelta(hours=9), "Не дозвонилась", client_phone=PHONE, author_id="m1"),)),
    ),
    (
        PointCode.NOTED_SOON,
        case(activities=(Activity("a", "m1", ActivityType.CALL, AT, done_at=AT + timedelta(minutes=2)),)),
        case(activities=(Activity("a", "m2", ActivityType.CALL, AT, done_at=AT + timedelta(minutes=2)),)),
    ),
    (PointCode.CLEAN_RECORD, case(examined=20), case(examined=20, confirmed=1)),
    (PointCode.REJECTED_BEFORE, case(earlier=(YESTERDAY,)), case()),
]


@pytest.mark.parametrize(("code", "present", "absent"), SPEAKING_FOR, ids=[code for code, _, _ in SPEAKING_FOR])
def test_a_point_is_made_where_it_holds_and_not_where_it_does_not(
    code: PointCode, present: Circumstances, absent: Circumstances
) -> None:
    assert code in codes(present)
    assert code not in codes(absent)


def test_every_point_is_tested_and_has_words() -> None:
    assert {code for code, _, _ in SPEAKING_FOR} == set(PointCode)
    assert [code for code in PointCode if f"defence.{code.value}" not in catalogue()] == []


def test_what_a_machine_says_shortly_is_no_client() -> None:
    machine = Evidence(1, 9.0, 30.0, "ivr", "Нажмите один")
    assert PointCode.QUIET_CLIENT not in codes(case(machine, transcript=QUIET))


def test_a_point_says_where_to_listen() -> None:
    held = next(point for point in defence_points(case(PERSON, SILENCE)) if point.code is PointCode.HOLD)
    assert (held.start_s, held.seconds) == (10.0, 35.0)
