"""The defence side of a case: everything known that speaks for the agent, said as points with their figures.

A point never says that the call was genuine; it names what the person who rules should weigh and, where there is one,
the second to listen from. The thresholds here decide only what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.crm import Activity, Note
from qc_workbench.domain.flag import Conversation, Evidence, Finding, Flag, Ruling, Side
from qc_workbench.domain.transcript import Party, Transcript, Turn

#: Kinds of evidence in which a person at the far end is heard.
_PERSON: Final = frozenset({"live_talk", "short_human", "far_end_only"})
#: Kinds that fill a wait.
_WAITING: Final = frozenset({"silence", "music"})
#: A client who says «угу» uses no more words than this, so many times.
_SHORT_WORDS: Final = 2
_SHORT_TURNS: Final = 3
#: A pause that sounds like "let me look".
_HOLD_S: Final = 8.0
_SOME_TALK_S: Final = 3.0
_MONOLOGUE_S: Final = 4.0
_UNTOLD_S: Final = 3.0
#: A lossy recording below this has lost part of the speech (GSM and Opus at their lowest have 6-13 kbit/s).
_POOR_KBIT: Final = 20.0
_LOSSLESS: Final = ("pcm", "flac", "alaw", "ulaw", "adpcm")
_SOON: Final = timedelta(hours=24)
_NOTE_SOON: Final = timedelta(hours=2)
#: Who holds the line for the count hangs up soon after it: see ``HANG_UP`` in ``detection.intent``.
_FAR_ABOVE: Final = 2.0
_RECORD_FROM: Final = 20


class PointCode(StrEnum):
    SOME_CONVERSATION = "some_conversation"
    QUIET_CLIENT = "quiet_client"
    HOLD = "hold"
    TRANSFER = "transfer"
    MESSAGE_LEFT = "message_left"
    MAY_BE_MESSAGE = "may_be_message"
    UNRECOGNISED = "unrecognised"
    LOW_BITRATE = "low_bitrate"
    TRUNCATED = "truncated"
    ONE_CHANNEL = "one_channel"
    FAR_ABOVE = "far_above"
    TALKED_SOON = "talked_soon"
    CLIENT_CALLED_BACK = "client_called_back"
    NOTED_SOON = "noted_soon"
    CLEAN_RECORD = "clean_record"
    REJECTED_BEFORE = "rejected_before"


@dataclass(frozen=True, slots=True)
class Point:
    """``count`` and ``seconds`` are the figures of its sentence, ``at`` a moment, ``by`` a name; ``start_s``: where to
    listen; ``call_id``: another call that it is about."""

    code: PointCode
    count: int = 0
    seconds: float = 0.0
    start_s: float | None = None
    at: datetime | None = None
    by: str = ""
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class LaterCall:
    """Another call with the client; ``verified``: whether a conversation was heard in it, None if unknown."""

    call: Call
    verified: bool | None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known around a case. ``untold_s``: seconds of voice whose words were not recognised; ``later`` calls
    with the client, oldest first; ``confirmed`` and ``examined``: of the agent's counted calls of the last months;
    ``earlier``: rulings on flags of the same call that a newer detector has replaced."""

    call: Call
    flag: Flag
    counted_from_s: float
    conversation_from_s: float
    conversation: Conversation | None = None
    recording: Recording | None = None
    transcript: Transcript | None = None
    untold_s: float = 0.0
    later: tuple[LaterCall, ...] = ()
    notes: tuple[Note, ...] = ()
    activities: tuple[Activity, ...] = ()
    confirmed: int = 0
    examined: int = 0
    earlier: tuple[Finding, ...] = ()


def defence_points(case: Circumstances) -> tuple[Point, ...]:
    """What speaks for the agent: first what is in the call, then its recording, then what followed it."""
    return (*_in_the_call(case), *_of_the_recording(case), *_afterwards(case), *_of_the_agent(case))


def _in_the_call(case: Circumstances) -> Iterator[Point]:
    evidence = case.flag.evidence
    persons = [item for item in evidence if item.kind in _PERSON and item.side is Side.FOR]
    measured_s = case.conversation.conversation_s if case.conversation else 0.0
    if measured_s >= _SOME_TALK_S:
        start_s = persons[0].start_s if persons else None
        yield Point(PointCode.SOME_CONVERSATION, seconds=measured_s, start_s=start_s)
    short = _short_answers(case.transcript, evidence)
    if len(short) >= _SHORT_TURNS:
        yield Point(PointCode.QUIET_CLIENT, count=len(short), start_s=short[0].start_s)
    hold = _after_a_person(persons, [item for item in evidence if item.kind in _WAITING])
    if hold is not None and not any(item.kind == "busy" for item in evidence):  # nobody looks for papers then
        yield Point(PointCode.HOLD, seconds=hold.end_s - hold.start_s, start_s=hold.start_s)
    ringing = _after_a_person(persons, [item for item in evidence if item.kind == "ringback"], least_s=1.0)
    if ringing is not None:
        yield Point(PointCode.TRANSFER, start_s=ringing.start_s)
    left = [item for item in evidence if item.kind == "message_left"]
    said = [item for item in evidence if item.kind == "agent_monologue"]
    said_s = sum(item.end_s - item.start_s for item in said)
    if left:
        yield Point(PointCode.MESSAGE_LEFT, start_s=left[0].start_s)
    elif said_s >= _MONOLOGUE_S:
        yield Point(PointCode.MAY_BE_MESSAGE, seconds=said_s, start_s=said[0].start_s)


def _short_answers(transcript: Transcript | None, evidence: Sequence[Evidence]) -> list[Turn]:
    """The client's «угу», «да», "right": not what a machine said."""
    machine = [item for item in evidence if item.side is Side.AGAINST and item.quote]
    return [
        turn
        for turn in (transcript.turns if transcript else ())
        if turn.party is Party.CUSTOMER
        and turn.is_quotable
        and len(turn.text.split()) <= _SHORT_WORDS
        and not any(item.start_s < turn.end_s and item.end_s > turn.start_s for item in machine)
    ]


def _after_a_person(
    persons: Sequence[Evidence], waits: Sequence[Evidence], least_s: float = _HOLD_S
) -> Evidence | None:
    """The first wait that begins after a person was heard."""
    if not persons:
        return None
    first_s = persons[0].start_s
    return next((item for item in waits if item.start_s > first_s and item.end_s - item.start_s >= least_s), None)


def _of_the_recording(case: Circumstances) -> Iterator[Point]:
    if case.untold_s >= _UNTOLD_S:
        yield Point(PointCode.UNRECOGNISED, seconds=case.untold_s)
    recording = case.recording
    if recording is None:
        return
    kbit = _kbit(recording)
    if kbit is not None and kbit < _POOR_KBIT:
        yield Point(PointCode.LOW_BITRATE, count=round(kbit))
    if recording.state is RecordingState.TRUNCATED and recording.duration_s is not None:
        yield Point(PointCode.TRUNCATED, seconds=max(0.0, case.call.talk_s - recording.duration_s))
    if recording.channels == 1:
        yield Point(PointCode.ONE_CHANNEL)


def _kbit(recording: Recording) -> float | None:
    """Kilobits a second of a lossy recording; None of a lossless or unknown one."""
    if not (recording.size_bytes and recording.duration_s and recording.codec):
        return None
    if any(name in recording.codec for name in _LOSSLESS):
        return None
    return recording.size_bytes * 8 / recording.duration_s / 1000


def _afterwards(case: Circumstances) -> Iterator[Point]:
    call = case.call
    if call.talk_s >= _FAR_ABOVE * case.counted_from_s:
        yield Point(PointCode.FAR_ABOVE, seconds=call.talk_s - case.counted_from_s)
    soon = [item for item in case.later if call.started_at < item.call.started_at <= call.started_at + _SOON]
    talked = next((item for item in soon if item.call.manager_id == call.manager_id and item.verified), None)
    if talked is not None:
        yield Point(PointCode.TALKED_SOON, at=talked.call.started_at, call_id=talked.call.call_id)
    back = next((item for item in soon if item is not talked and _is_the_clients(item.call)), None)
    if back is not None:
        yield Point(PointCode.CLIENT_CALLED_BACK, at=back.call.started_at, call_id=back.call.call_id)
    ended_at = call.started_at + timedelta(seconds=call.talk_s)
    noted = sorted(
        moment
        for moment in (
            *(note.created_at for note in case.notes if note.author_id in (None, call.manager_id)),
            *(item.done_at for item in case.activities if item.done_at and item.manager_id == call.manager_id),
        )
        if call.started_at <= moment <= ended_at + _NOTE_SOON
    )
    if noted:
        yield Point(PointCode.NOTED_SOON, at=noted[0])


def _is_the_clients(call: Call) -> bool:
    return call.direction is Direction.INBOUND and call.outcome is Outcome.ANSWERED


def _of_the_agent(case: Circumstances) -> Iterator[Point]:
    rejected = [item for item in case.earlier if item.ruling is Ruling.REJECTED]
    if rejected:
        yield Point(PointCode.REJECTED_BEFORE, at=rejected[-1].at, by=rejected[-1].by)
    if case.confirmed == 0 and case.examined >= _RECORD_FROM:
        yield Point(PointCode.CLEAN_RECORD, count=case.examined)
