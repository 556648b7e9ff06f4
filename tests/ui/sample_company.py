"""A small company written straight into a store, with generated sound: no model, no import, a second to build.

"Окна и двери «Пример»": two agents, a head of sales, six calls in October 2026. The channels of a
recording sound different (the agent low, the client high), so that a swapped channel is visible.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
import wave
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipelines.index_words import index_words
from pipelines.progress import Silent
from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.acoustics import PEAK_STEP_S, Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Call, Direction, Manager, Outcome, Recording, RecordingState, Role
from qc_workbench.domain.commitment import (
    Action,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    DueWindow,
    Promiser,
    Refusal,
    SpokenCommitment,
)
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, Note
from qc_workbench.domain.flag import AnsweredBy, Conversation, Evidence, Flag, FlagKind, Side, Verdict
from qc_workbench.domain.lost_deal import DealFinding, LostDeal
from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, Queue, SampledCall, SampleStatus
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn, Word
from qc_workbench.store import calls as call_rows
from qc_workbench.store import crm, listening, people, samples, verdicts
from qc_workbench.store.database import insert
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.ui.accounts import begin_session, viewer_of
from qc_workbench.ui.passwords import hashed
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

RATE_HZ = 8000
AS_OF = datetime(2026, 11, 1, 6, tzinfo=UTC)

#: call_id -> who it is about; the tests ask for these by name.
PADDED = "call-padded"
UNSURE = "call-unsure"
PROMISE = "call-promise"
TALK = "call-talk"
REFUSED = "call-refused"
MISSED = "call-missed"
LATER = "call-later"

PHONE = "+74950000001"
OTHER_PHONE = "+74950000002"

Samples = NDArray[np.float32]
Spoken = tuple[Party, float, float, str]


def empty_company(home: Path) -> Workspace:
    """A workspace without a single call."""
    home.mkdir(parents=True, exist_ok=True)
    # Rulings of these tests are made at once; the right of reply has tests of its own.
    text = '[company]\nname = "Окна и двери «Пример»"\n[bonus]\nreply_days = 0\n'
    (home / "qcw.toml").write_text(text, encoding="utf-8")
    return Workspace.open(home)


def sample_company(home: Path) -> Workspace:
    """A copy of the company: hundreds of tests want one of their own, and building it takes twenty times as long."""
    shutil.copytree(_built_once(), home, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".locks"))
    return Workspace.open(home)


@cache
def _built_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qcw-company-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _build(folder / "company").store.release()
    return folder / "company"


def _build(home: Path) -> Workspace:
    workspace = empty_company(home)
    store = workspace.store
    store.insert_many(
        "managers",
        [
            call_rows.manager_row(manager)
            for manager in (
                Manager("m1", "Алла Пробная"),
                Manager("m2", "Борис Образцов"),
                Manager("h1", "Вера Главная", Role.HEAD),
                Manager("q1", "Глеб Слушатель", Role.QC),
            )
        ],
    )
    calls = _calls()
    store.insert_many("calls", [call_rows.call_row(call, AS_OF) for call in calls])
    for call in calls:
        record(workspace, call, SPOKEN.get(call.call_id, ()))
    _crm(workspace)
    _findings(workspace)
    _sample(workspace)
    _accounts(workspace)
    index_words(workspace, Silent())
    return workspace


#: Employee -> the roles of their account. Вера keeps the firm together alone, as heads of small departments do.
ROLES: dict[str, frozenset[AccessRole]] = {
    "h1": frozenset({AccessRole.HEAD, AccessRole.OWNER, AccessRole.ADMIN}),
    "q1": frozenset({AccessRole.QC}),
    "m1": frozenset({AccessRole.AGENT}),
    "m2": frozenset({AccessRole.AGENT}),
}
NAMES = {"h1": "Вера Главная", "q1": "Глеб Слушатель", "m1": "Алла Пробная", "m2": "Борис Образцов"}
#: Of every account here.
PASSWORD = "четыре слова подряд тут"


def _accounts(workspace: Workspace) -> None:
    for employee, roles in ROLES.items():
        person = Person(f"account-{employee}", roles, employee, None if AccessRole.HEAD in roles else frozenset())
        capacity = 30 if AccessRole.QC in roles else 0
        account = Account(person, employee, NAMES[employee], AS_OF, calls_a_day=capacity)
        workspace.store.apply(people.saved(account, people.password_set(person.person_id, password_hash(), AS_OF)))


@cache
def password_hash() -> str:
    return hashed(PASSWORD)


def token(workspace: Workspace, employee: str = "h1") -> str:
    """The secret of a new session of this employee's account."""
    return begin_session(workspace, f"account-{employee}", datetime.now(UTC))


def viewer(workspace: Workspace, employee: str = "h1") -> Viewer:
    found = viewer_of(workspace, token(workspace, employee), datetime.now(UTC))
    assert found is not None
    return found


def admit(workspace: Workspace, employee: str = "h1") -> str:
    """A session of an account in a workspace that may have none (an empty one)."""
    with workspace.store.reading() as reader:
        nobody = people.is_first_run(reader)
    if nobody:
        _accounts(workspace)
    return token(workspace, employee)


def _calls() -> list[Call]:
    at = datetime(2026, 10, 5, 8, tzinfo=UTC)
    outbound, inbound = Direction.OUTBOUND, Direction.INBOUND
    return [
        Call(PADDED, at, outbound, "m1", PHONE, 45, Outcome.ANSWERED, recording_name="a.wav", language="ru"),
        Call(UNSURE, at + timedelta(days=1), outbound, "m1", PHONE, 44, Outcome.ANSWERED, recording_name="b.wav"),
        Call(PROMISE, at + timedelta(days=2), inbound, "m2", PHONE, 30, Outcome.ANSWERED, recording_name="c.wav"),
        Call(TALK, at + timedelta(days=3), outbound, "m2", OTHER_PHONE, 60, Outcome.ANSWERED, recording_name="d.wav"),
        Call(REFUSED, at + timedelta(days=4), inbound, "m2", OTHER_PHONE, 50, Outcome.ANSWERED, recording_name="e.wav"),
        Call(MISSED, at + timedelta(days=5), inbound, "m1", "+74950000003", 0, Outcome.MISSED),
        Call(LATER, at + timedelta(days=9), outbound, "m2", PHONE, 12, Outcome.ANSWERED),
    ]


SPOKEN: dict[str, tuple[Spoken, ...]] = {
    PADDED: (
        (Party.MACHINE, 2.0, 6.0, "Абонент не отвечает, оставьте сообщение после сигнала."),
        (Party.UNKNOWN, 30.0, 33.0, "Продолжение следует"),
    ),
    UNSURE: ((Party.CUSTOMER, 1.0, 2.0, "Алло."),),
    PROMISE: (
        (Party.AGENT, 1.0, 4.0, "Компания Пример, слушаю вас."),
        (Party.CUSTOMER, 4.5, 9.0, "Перезвоните мне, пожалуйста, в четверг после обеда."),
        (Party.AGENT, 9.5, 12.0, "Хорошо, в четверг перезвоню."),
    ),
    TALK: (
        (Party.AGENT, 1.0, 4.0, "Добрый день, вы оставляли заявку."),
        (Party.CUSTOMER, 4.5, 8.0, "Да, нужны две двери."),
        (Party.AGENT, 8.5, 14.0, "Отлично, давайте посчитаем размеры."),
    ),
    REFUSED: ((Party.CUSTOMER, 3.0, 8.0, "Сейчас не могу, вернёмся к этому весной."),),
}


def record(workspace: Workspace, call: Call, spoken: tuple[Spoken, ...], *, has_voices: bool = False) -> None:
    """The call's sound, its measures and its words; a call without the name of a recording has none.

    ``has_voices``: its lines were measured as voices, so the machine has answers of its own to a form."""
    if call.recording_name is None:
        recording = Recording(call.call_id, RecordingState.ABSENT)
        workspace.store.insert_many("recordings", [call_rows.recording_row(recording)])
        return
    duration_s = call.talk_s
    sound = _sound(duration_s, spoken)
    folder = workspace.media / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / call.recording_name
    codec = "pcm_alaw" if call.call_id == TALK else "pcm_s16le"
    _write_wav(path, sound, codec)
    content_hash = hashlib.sha256(path.read_bytes()).hexdigest()
    recording = Recording(
        call.call_id,
        RecordingState.READY,
        content_hash,
        str(path.relative_to(workspace.home)),
        path.stat().st_size,
        "wav",
        codec,
        RATE_HZ,
        2,
        duration_s,
        0,
    )
    workspace.store.insert_many("recordings", [call_rows.recording_row(recording)])
    step = int(PEAK_STEP_S * RATE_HZ)
    peaks = tuple(
        tuple(int(100 * np.abs(channel[start : start + step]).max()) for start in range(0, len(channel), step))
        for channel in sound
    )
    sounds = (Sound(1, 6.5, 7.0, SoundKind.BEEP, 0.9, 1000.0),) if call.call_id == PADDED else ()
    if has_voices:
        sounds += tuple(Sound(int(who is not Party.AGENT), a, b, SoundKind.VOICE) for who, a, b, _ in spoken)
    workspace.store.insert_many(
        "acoustics", [listening.acoustics_row(Acoustics(content_hash, "sample", duration_s, 2, sounds, peaks))]
    )
    turns = tuple(_turn(*item) for item in spoken)
    transcript = Transcript(call.call_id, content_hash, "sample", "ru", "sample", "sample", turns)
    workspace.store.write(*listening.save_transcript(transcript, AS_OF))


def _turn(party: Party, start_s: float, end_s: float, text: str) -> Turn:
    words = text.split()
    step = (end_s - start_s) / len(words)
    return Turn(
        party=party,
        channel=0 if party is Party.AGENT else 1,
        start_s=start_s,
        end_s=end_s,
        text=text,
        confidence=0.9,
        words=tuple(
            Word(start_s + index * step, start_s + (index + 0.9) * step, word, 0.4 if index == 1 else 0.95)
            for index, word in enumerate(words)
        ),
        suspicion=Suspicion.PHANTOM_PHRASE if text.startswith("Продолжение") else None,
    )


def _sound(duration_s: float, spoken: tuple[Spoken, ...]) -> Samples:
    """Two channels: 140 Hz hum in syllables for the agent, 240 Hz for the client, a beep where there is one."""
    time_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(7)
    sound = (rng.standard_normal((2, len(time_s))) * 0.003).astype(np.float32)
    for party, start_s, end_s, _ in spoken:
        channel, pitch = (0, 140) if party is Party.AGENT else (1, 240)
        inside = (time_s >= start_s) & (time_s < end_s)
        syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * time_s[inside])
        voice = sum(np.sin(2 * np.pi * pitch * harmonic * time_s[inside]) / harmonic for harmonic in range(1, 6))
        sound[channel, inside] += (0.25 * syllables * voice).astype(np.float32)
    return np.clip(sound, -1, 1)


def _write_wav(path: Path, sound: Samples, codec: str) -> None:
    pcm = np.ascontiguousarray((sound.T * 32767).astype(np.int16))
    if codec == "pcm_s16le":
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(pcm.tobytes())
        return
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream(codec, rate=RATE_HZ, layout="stereo")
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="stereo")
        frame.rate = RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def _crm(workspace: Workspace) -> None:
    created = datetime(2026, 10, 1, 9, tzinfo=UTC)
    due = datetime(2026, 10, 8, 12, tzinfo=UTC)
    moved = due + timedelta(days=12)
    store = workspace.store
    store.insert_many(
        "deals",
        [
            crm.deal_row(deal)
            for deal in (
                Deal("deal-1", (PHONE,), "m2", "Думают", DealStatus.OPEN, created, amount=Decimal(84000),
                     currency="RUB", created_at=created, client_name="Ирина, квартира"),
                Deal("deal-2", (OTHER_PHONE,), "m2", "Коммуникация", DealStatus.LOST, created,
                     lost_reason="Дорого", amount=Decimal(45000), currency="RUB", created_at=created),
            )
        ],
    )  # fmt: skip
    store.insert_many(
        "activities",
        [crm.activity_row(Activity("act-1", "m2", ActivityType.CALL, created, "deal-1", PHONE, "Перезвонить", moved))],
    )
    change = ActivityChange("act-1", due - timedelta(hours=1), "due_at", due.isoformat(), moved.isoformat(), "m2")
    store.insert_many("activity_changes", [crm.activity_change_row(change)])
    note = Note("note-1", created, "Ждёт расчёт по двум окнам", "deal-1", PHONE, "m2")
    store.insert_many("notes", [crm.note_row(note)])


def _findings(workspace: Workspace) -> None:
    greeting = "Абонент не отвечает, оставьте сообщение после сигнала"
    flags = (
        Flag("flag-padded", PADDED, FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.97, (
            Evidence(1, 2.0, 6.0, "voicemail_greeting", greeting),
            Evidence(1, 6.5, 7.0, "beep"),
            Evidence(1, 7.0, 45.0, "silence"),
            Evidence(0, 10.0, 12.0, "message_left", None, Side.FOR),
        ), "sample", "1", ("voicemail",)),
        Flag("flag-unsure", UNSURE, FlagKind.FAKE_EFFECTIVE, Verdict.UNSURE, 0.5, (
            Evidence(1, 2.0, 44.0, "silence"),
        ), "sample", "1"),
        Flag("flag-refused", REFUSED, FlagKind.FALSE_REFUSAL, Verdict.FLAG, 0.8, (
            Evidence(1, 3.0, 8.0, "client_postponed", "Сейчас не могу, вернёмся к этому весной"),
        ), "sample", "1", ("deal_lost_without_refusal",)),
    )  # fmt: skip
    store = workspace.store
    store.insert_many("flags", [verdicts.flag_row(flag, AS_OF) for flag in flags])
    human, voicemail = AnsweredBy.HUMAN, AnsweredBy.VOICEMAIL
    conversations = (
        Conversation(PADDED, "sample", voicemail, False, 0.0, 0.0, 0.0, False),
        Conversation(UNSURE, "sample", human, False, 1.0, 0.0, 1.0, None),
        Conversation(TALK, "sample", human, False, 25.0, 13.0, 12.0, True),
    )
    store.insert_many("conversations", [verdicts.conversation_row(item) for item in conversations])
    outcomes = (CommitmentOutcome.DRAGGED, CommitmentOutcome.MISSING, CommitmentOutcome.KEPT_UNLOGGED)
    spoken = SpokenCommitment(
        "promise", PROMISE, Promiser.BOTH, Action.CALLBACK, "Перезвоните мне, пожалуйста, в четверг после обеда",
        4.5, 9.0, DueWindow(date(2026, 10, 8), date(2026, 10, 8), time(13), time(18)), "callback", "в четверг",
    )  # fmt: skip
    commitments = [
        Commitment(
            SpokenCommitment(f"promise-{outcome.value}", spoken.call_id, spoken.by, spoken.action, spoken.quote,
                             spoken.start_s, spoken.end_s, spoken.due, spoken.rule, spoken.date_phrase),
            outcome,
            "act-1" if outcome is CommitmentOutcome.DRAGGED else None,
            moves=1 if outcome is CommitmentOutcome.DRAGGED else 0,
        )
        for outcome in outcomes
    ]  # fmt: skip
    store.insert_many("commitments", [verdicts.commitment_row(item, AS_OF) for item in commitments])
    quote = "Сейчас не могу, вернёмся к этому весной"
    refusal = Refusal(REFUSED, ClientSaid.POSTPONED, "deal-2", "lost", True, quote, 3.0, 8.0)
    store.insert_many("refusals", [verdicts.refusal_row(refusal)])
    lost = LostDeal("deal-2", DealFinding.CLIENT_POSTPONED, None, REFUSED, 1, 0.9)
    store.insert_many("deal_findings", [lost_deal_row(lost)])


def _sample(workspace: Workspace) -> None:
    plan = Plan("daily", Period.DAILY, {"inbound": 0.3, "outbound": 0.3})
    at = datetime(2026, 10, 7, 8, tzinfo=UTC)
    frame = tuple(FrameItem(call_id, at, "inbound|m2", "m2") for call_id in (PROMISE, TALK, REFUSED))
    draw = Draw("draw-1", plan, date(2026, 10, 7), date(2026, 10, 7), "seed", "hash", frame, AS_OF, "0")
    store = workspace.store
    store.write(insert("draws", samples.draw_row(draw)))
    rows = (
        SampledCall("draw-1", "daily", "2026-10-07", "inbound|m2", PROMISE, 0.5, AS_OF, assigned_to="q1"),
        SampledCall("draw-1", "daily", "2026-10-07", "inbound|m2", TALK, 0.5, AS_OF, status=SampleStatus.DONE),
        SampledCall("draw-2", "targeted", "2026-10-05", "risk", PADDED, 1.0, AS_OF, Queue.TARGETED),
    )
    store.insert_many("sample", [samples.sampled_row(row) for row in rows])
