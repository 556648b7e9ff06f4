"""The transcription step: what is chosen, what is done already, what fails, what a kill leaves."""

from __future__ import annotations

import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipelines.progress import Silent
from pipelines.transcribe import GROUP_CALLS, transcribe
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.transcript import Party, Word
from qc_workbench.errors import UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import listening
from qc_workbench.store.database import insert
from qc_workbench.transcription.audio import Audio
from qc_workbench.transcription.crosstalk import Intervals
from qc_workbench.transcription.recognised import ChannelSpeech, Passage, Recognised
from qc_workbench.workspace import Workspace

NOON = datetime(2026, 9, 1, 9, tzinfo=UTC)


@dataclass
class FakeRecogniser:
    """Says one word per channel; remembers how many recordings it was given at once."""

    version: str = "1"
    batches: list[int] = field(default_factory=list)
    fail_after: int | None = None
    model_name: str = "fake"
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return f"fake-{self.version}"

    def listen(self, audio: Audio, speech: Sequence[Intervals] = ()) -> tuple[ChannelSpeech, ...]:
        everywhere = ((0.0, audio.duration_s),)
        return tuple(ChannelSpeech(index, samples, everywhere) for index, samples in enumerate(audio.samples))

    def recognise(self, calls: Sequence[Sequence[ChannelSpeech]]) -> list[Recognised]:
        if self.fail_after is not None and len(self.batches) >= self.fail_after:
            raise KeyboardInterrupt
        self.batches.append(len(calls))
        return [
            Recognised(
                "ru",
                1.0,
                tuple(
                    Passage(channel.channel, (Word(0.5, 1.0, f" канал{channel.channel}", 0.9),), -0.2, 0.0, 1.0)
                    for channel in channels
                ),
            )
            for channels in calls
        ]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(tmp_path)


def add_call(
    workspace: Workspace,
    call_id: str,
    content: str = "",
    *,
    state: RecordingState = RecordingState.READY,
    agent_channel: int = 0,
) -> None:
    """A call with a stereo recording; recordings of the same ``content`` are the same file."""
    content = content or call_id
    path = workspace.media / f"{content}.wav"
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros((2 * 16_000, 2), dtype="<i2").tobytes())
    call = Call(call_id, NOON, Direction.OUTBOUND, "m1", "+79160000000", 60.0, Outcome.ANSWERED)
    recording = Recording(
        call_id, state, content, f"media/{content}.wav", channels=2, duration_s=2.0, agent_channel=agent_channel
    )
    workspace.store.write(
        insert("calls", call_store.call_row(call, NOON)), insert("recordings", call_store.recording_row(recording))
    )


def texts(workspace: Workspace) -> dict[str, list[tuple[Party, str]]]:
    with workspace.store.reading() as reader:
        return {
            item.call_id: [(turn.party, turn.text) for turn in item.turns] for item in listening.transcripts(reader)
        }


def test_a_second_run_has_nothing_to_do(workspace: Workspace) -> None:
    add_call(workspace, "a")
    add_call(workspace, "b")
    engine = FakeRecogniser()
    assert transcribe(workspace, Silent(), everything=True, recogniser=engine).transcribed == 2
    again = transcribe(workspace, Silent(), everything=True, recogniser=engine)
    assert (again.transcribed, again.already) == (0, 2)
    assert engine.batches == [2]


def test_another_engine_or_another_recording_is_transcribed_anew(workspace: Workspace) -> None:
    add_call(workspace, "a")
    transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser())
    assert transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser("2")).transcribed == 1
    with workspace.store.reading() as reader:
        recording = call_store.recording(reader, "a")
    assert recording is not None
    changed = replace(recording, content_hash="other")
    workspace.store.write(insert("recordings", call_store.recording_row(changed), replace=True))
    assert transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser("2")).transcribed == 1


def test_the_same_recording_is_recognised_once_and_copied(workspace: Workspace) -> None:
    for call_id in ("a", "b"):
        add_call(workspace, call_id, "same")
    engine = FakeRecogniser()
    report = transcribe(workspace, Silent(), everything=True, recogniser=engine)
    assert (report.transcribed, report.copied, engine.batches) == (1, 1, [1])
    add_call(workspace, "c", "same")
    report = transcribe(workspace, Silent(), everything=True, recogniser=engine)
    assert (report.transcribed, report.copied, report.already, engine.batches) == (0, 1, 2, [1])
    assert texts(workspace)["a"] == texts(workspace)["b"] == texts(workspace)["c"] != []


def test_the_agents_words_come_from_the_agents_channel(workspace: Workspace) -> None:
    add_call(workspace, "left", agent_channel=0)
    add_call(workspace, "right", agent_channel=1)
    transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser())
    assert dict(texts(workspace)["left"])[Party.AGENT] == "канал0"
    assert dict(texts(workspace)["right"])[Party.AGENT] == "канал1"


def test_a_recording_that_does_not_decode_is_a_failure_and_the_rest_goes_on(workspace: Workspace) -> None:
    add_call(workspace, "good")
    add_call(workspace, "bad")
    (workspace.media / "bad.wav").write_bytes(b"not sound at all")
    engine = FakeRecogniser()
    report = transcribe(workspace, Silent(), everything=True, recogniser=engine)
    assert (report.transcribed, report.failed) == (1, (("bad", "media_undecodable"),))
    # the same content is not tried again by itself, but is when a person asks
    assert transcribe(workspace, Silent(), everything=True, recogniser=engine).failed == ()
    assert transcribe(workspace, Silent(), call_ids=["bad"], recogniser=engine).failed != ()


def test_an_interrupted_run_keeps_what_was_written_and_goes_on_there(workspace: Workspace) -> None:
    total = GROUP_CALLS + 4
    for index in range(total):
        add_call(workspace, f"c{index:02}")
    with pytest.raises(KeyboardInterrupt):
        transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser(fail_after=1))
    kept = len(texts(workspace))
    assert 0 < kept < total
    report = transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser())
    assert (report.already, report.transcribed) == (kept, total - kept)


def test_by_default_only_sampled_calls_are_transcribed(workspace: Workspace) -> None:
    add_call(workspace, "drawn")
    add_call(workspace, "replaced")
    add_call(workspace, "other")
    for call_id, status in (("drawn", "waiting"), ("replaced", "replaced")):
        workspace.store.write(
            insert(
                "sample",
                {
                    "draw_id": "d",
                    "plan": "daily",
                    "period": "2026-09-01",
                    "stratum": "outbound",
                    "call_id": call_id,
                    "inclusion_probability": 0.3,
                    "drawn_at": NOON,
                    "queue": "random",
                    "status": status,
                    "assigned_to": None,
                    "replaces": None,
                    "reason": None,
                },
            )
        )
    transcribe(workspace, Silent(), recogniser=FakeRecogniser())
    assert set(texts(workspace)) == {"drawn"}


def test_calls_without_sound_are_counted_and_an_unknown_call_is_an_error(workspace: Workspace) -> None:
    add_call(workspace, "a", state=RecordingState.EMPTY)
    assert transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser()).without_sound == 1
    with pytest.raises(UsageError, match="call_unknown"):
        transcribe(workspace, Silent(), call_ids=["nobody"], recogniser=FakeRecogniser())


@dataclass
class DictatedCard(FakeRecogniser):
    """Hears the number of a card on the second channel."""

    def recognise(self, calls: Sequence[Sequence[ChannelSpeech]]) -> list[Recognised]:
        said = ["номер", "карты", "4276", "1234", "5678", "9012"]
        words = tuple(Word(0.2 * at, 0.2 * at + 0.15, f" {word}", 0.9) for at, word in enumerate(said))
        return [Recognised("ru", 1.0, (Passage(1, words, -0.2, 0.0, 1.0),)) for _ in calls]


def test_a_secret_is_taken_out_before_the_words_are_kept_also_of_a_copy(workspace: Workspace) -> None:
    add_call(workspace, "a", "same")
    transcribe(workspace, Silent(), everything=True, recogniser=DictatedCard())
    add_call(workspace, "b", "same")
    transcribe(workspace, Silent(), everything=True, recogniser=DictatedCard())
    assert {text for said in texts(workspace).values() for _, text in said} == {"номер карты [номер карты скрыт]"}
    with workspace.store.reading() as reader:
        assert set(listening.hidden_of_calls(reader, ["a", "b"])) == {"a", "b"}
        assert reader.value("select count(*) from turns where contains(words::varchar, '5678')") == 0
