"""A call of two hours in a workspace: stereo sound, a peak every 50 ms, 1500 turns of words. Made in seconds."""

from __future__ import annotations

import hashlib
import random
import wave
from datetime import UTC, datetime
from typing import Final

from qc_workbench.domain.acoustics import PEAK_STEP_S, Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word
from qc_workbench.store import calls as call_rows
from qc_workbench.store import listening
from qc_workbench.workspace import Workspace

LONG: Final = "call-long"
DURATION_S: Final = 7200.0
TURNS: Final = 1500
_RATE_HZ: Final = 8000
_WORDS: Final = (
    "да", "нет", "хорошо", "давайте", "посмотрим", "размеры", "окна", "двери", "замер", "монтаж", "скидка", "договор",
    "оплата", "срок", "четверг", "пятница", "перезвоните", "пожалуйста", "менеджер", "стоимость", "рассрочка",
    "доставка", "этаж", "балкон", "профиль", "стеклопакет", "гарантия",
)  # fmt: skip


def add_long_call(workspace: Workspace, at: datetime = datetime(2026, 10, 12, 8, tzinfo=UTC)) -> None:
    """Puts the call into a workspace that has the agent m2."""
    random_words = random.Random(5)
    call = Call(LONG, at, Direction.INBOUND, "m2", "+74950000009", DURATION_S, Outcome.ANSWERED, recording_name="l.wav")
    folder = workspace.media / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "long.wav"
    second = bytes(random_words.randrange(118, 138) for _ in range(2 * _RATE_HZ))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(1)
        file.setframerate(_RATE_HZ)
        for _ in range(int(DURATION_S)):
            file.writeframes(second)
    content_hash = hashlib.sha256(path.read_bytes()).hexdigest()
    recording = Recording(
        LONG, RecordingState.READY, content_hash, str(path.relative_to(workspace.home)), path.stat().st_size, "wav",
        "pcm_u8", _RATE_HZ, 2, DURATION_S, 0,
    )  # fmt: skip
    turns = tuple(_turn(index, random_words) for index in range(TURNS))
    peaks = tuple(tuple(random_words.randrange(0, 90) for _ in range(int(DURATION_S / PEAK_STEP_S))) for _ in range(2))
    sounds = [Sound(turn.channel, turn.start_s, turn.end_s, SoundKind.VOICE) for turn in turns]
    speech = tuple(tuple((turn.start_s, turn.end_s) for turn in turns if turn.channel == channel) for channel in (0, 1))
    acoustics = Acoustics(content_hash, "sample", DURATION_S, 2, tuple(sounds), peaks, speech)
    store = workspace.store
    store.insert_many("calls", [call_rows.call_row(call, at)])
    store.insert_many("recordings", [call_rows.recording_row(recording)])
    store.insert_many("acoustics", [listening.acoustics_row(acoustics)])
    transcript = Transcript(LONG, content_hash, "sample", "ru", "sample", "sample", turns)
    store.write(*listening.save_transcript(transcript, at))


def _turn(index: int, random_words: random.Random) -> Turn:
    step_s = DURATION_S / TURNS
    start_s = index * step_s + 0.2
    words = [random_words.choice(_WORDS) for _ in range(random_words.randrange(6, 18))]
    length_s = min(step_s - 0.5, 0.28 * len(words))
    each_s = length_s / len(words)
    return Turn(
        party=Party.AGENT if index % 2 == 0 else Party.CUSTOMER,
        channel=index % 2,
        start_s=start_s,
        end_s=start_s + length_s,
        text=" ".join(words),
        confidence=0.9,
        words=tuple(
            Word(start_s + place * each_s, start_s + (place + 0.9) * each_s, word, 0.9)
            for place, word in enumerate(words)
        ),
    )
