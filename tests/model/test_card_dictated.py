"""A card dictated in a call, the whole way with the real speech model: neither its text nor its sound is left."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines.progress import Silent
from pipelines.transcribe import transcribe
from qc_workbench.config import Speech
from qc_workbench.domain.call import Call, Direction, Outcome, Recording
from qc_workbench.domain.redaction import Secret
from qc_workbench.errors import ModelError
from qc_workbench.sources.recording_files import probe
from qc_workbench.store import calls, listening
from qc_workbench.store.database import insert
from qc_workbench.transcription.models import resolve
from qc_workbench.ui.recordings import hidden_sound, playable
from qc_workbench.workspace import Workspace

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(900)]

SOUND = Path(__file__).parent / "sounds" / "card_call.ogg"
#: When the client says the number.
FROM_S, TO_S = 8.7, 15.0
NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    try:
        resolve(Speech())
    except ModelError as error:
        pytest.skip(f"no speech model here: {error}")
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(tmp_path)


def put(workspace: Workspace, call_id: str, sound: Path) -> Recording:
    target = workspace.home / "media" / sound.name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(sound, target)
    found = probe(target)
    digest = sha256(target.read_bytes()).hexdigest()
    recording = Recording(
        call_id, found.state, digest, f"media/{sound.name}", found.size_bytes, found.container, found.codec,
        found.rate_hz, found.channels, found.duration_s, agent_channel=0,
    )  # fmt: skip
    call = Call(call_id, NOW, Direction.INBOUND, "m1", "+79000000001", 26.0, Outcome.ANSWERED)
    workspace.store.write(
        insert("calls", calls.call_row(call, NOW)), insert("recordings", calls.recording_row(recording))
    )
    return recording


def said(workspace: Workspace, call_id: str) -> str:
    report = transcribe(workspace, Silent(), call_ids=(call_id,))
    assert report.transcribed == 1, report
    with workspace.store.reading() as reader:
        transcript = listening.transcript(reader, call_id)
    assert transcript is not None
    return " ".join(turn.text for turn in transcript.turns)


def loudness(path: Path, from_s: float, to_s: float, channel: int) -> tuple[float, float]:
    """The loudest moment and the strongest pitch of these seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=8000)
        parts = [
            part.to_ndarray().reshape(-1, 2) for frame in container.decode(stream) for part in resampler.resample(frame)
        ]
    sound = np.concatenate(parts)[round(from_s * 8000) : round(to_s * 8000), channel].astype(float)
    return float(np.abs(sound).max()), float(np.argmax(np.abs(np.fft.rfft(sound))) * 8000 / len(sound))


def test_a_dictated_card_is_neither_read_nor_heard(workspace: Workspace) -> None:
    recording = put(workspace, "paid", SOUND)
    text = said(workspace, "paid")
    assert "[номер карты скрыт]" in text
    assert not any(char.isdigit() for char in text)
    assert "четверг" in text.lower()  # the rest is there
    with workspace.store.reading() as reader:
        hidden = hidden_sound(workspace, reader, recording.content_hash or "")
    assert {item.kind for item in hidden} == {Secret.CARD}
    assert {item.channel for item in hidden} == {1}
    played, _ = playable(workspace, recording, hidden)
    loudest, pitch = loudness(played, FROM_S + 2.5, TO_S - 0.5, 1)
    assert loudest < 1300
    assert abs(pitch - 1000) < 5
    assert loudness(workspace.media_path(recording.path or ""), FROM_S + 2.5, TO_S - 0.5, 1)[0] > 3000
    again = put(workspace, "played", played)  # recognised once more from what is played: nothing is left to hear
    assert again.content_hash != recording.content_hash
    heard = said(workspace, "played").lower()
    assert not any(word in heard for word in ("скрыт", "семь", "восемь", "четыре", "4", "7", "8"))
    assert "четверг" in heard
