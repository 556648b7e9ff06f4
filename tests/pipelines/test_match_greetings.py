"""Greetings found again across calls, recordings attached twice, and what erasure and retention leave of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from pipelines.check_integrity import check
from pipelines.detect import detect
from pipelines.landmark_file import LANDMARK_FILE
from pipelines.match_greetings import match_greetings, open_library
from pipelines.progress import Silent
from pipelines.telephone_codecs import LINES
from qc_workbench.detection.fingerprints import VERSION, sound_print
from qc_workbench.detection.known_greetings import known_greetings
from qc_workbench.detection.spectrum import Floats
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.domain.sound_print import Heard
from qc_workbench.store import calls, fingerprints, listening, verdicts
from qc_workbench.store.database import insert
from qc_workbench.transcription.audio import RATE_HZ
from qc_workbench.workspace import Workspace
from tests.unit.spoken_calls import call_at
from tests.unit.test_fingerprints import channel_of, far_end, later

Spoken = tuple[Floats, tuple[tuple[float, float], ...]]
START = call_at().started_at
AS_OF = START + timedelta(days=30)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(tmp_path)


def nobody(seconds: float = 25.0) -> Spoken:
    return np.zeros(round(seconds * RATE_HZ), np.float32), ()


def put(
    workspace: Workspace,
    number: int,
    *channels: Spoken,
    client: int | None = None,
    length_s: float = 50.0,
    name: str = "",
) -> str:
    """A call of 50 s; the first channel is the agent's. What measuring would have kept is put in at once."""
    call_id, content_hash = f"k-{number}", name or f"hash-{number}"
    phone = f"+7900000{client if client is not None else number:04}"
    call = call_at((START + timedelta(hours=number)).isoformat(), call_id, client_phone=phone)
    recording = Recording(
        call_id, RecordingState.READY, content_hash, f"media/{content_hash}.wav", channels=len(channels),
        duration_s=length_s, agent_channel=0 if len(channels) == 2 else None,
    )  # fmt: skip
    sounds = [
        Sound(channel, start, end, SoundKind.VOICE, features={"level_db": -20.0, "pitch_hz": 190.0})
        for channel, (_, voices) in enumerate(channels)
        for start, end in voices
    ]
    sounds += [Sound(channel, 25.0, length_s, SoundKind.SILENCE) for channel in range(len(channels))]
    peaks = ((0,) * round(length_s / 0.05),) * len(channels)
    acoustics = Acoustics(content_hash, "acoustics", length_s, len(channels), tuple(sounds), peaks)
    prints = [sound_print(samples, voices, content_hash, channel) for channel, (samples, voices) in enumerate(channels)]
    workspace.store.write(
        insert("calls", calls.call_row(call, AS_OF), replace=True),
        insert("recordings", calls.recording_row(recording), replace=True),
        insert("acoustics", listening.acoustics_row(acoustics), replace=True),
        *fingerprints.prints_rows(content_hash, prints),
    )
    return call_id


def greeting(name: str, shift: int = 0, line: str | None = None) -> Spoken:
    samples, voices = later(*far_end(name), shift)
    return (LINES[line](samples) if line else samples), voices


def known(workspace: Workspace) -> dict[str, list[Heard]]:
    with workspace.store.reading() as reader:
        found = known_greetings(fingerprints.sightings(reader))
    return {call_id: [item.heard for item in items] for call_id, items in found.items()}


def each(*call_ids: str, heard: Heard) -> dict[str, list[Heard]]:
    return {call_id: [heard] for call_id in call_ids}


def three_calls_of_an_operator(workspace: Workspace) -> None:
    put(workspace, 1, nobody(), greeting("d-003"))
    put(workspace, 2, channel_of("d-036", "agent"), greeting("d-003", 7_000, "MP3 16 kbit/s"))
    put(workspace, 3, nobody(), greeting("d-003", 20_000, "AMR 4.75 kbit/s"), length_s=61.0)


def test_an_operators_recording_is_known_on_every_number_and_makes_its_calls_machines(workspace: Workspace) -> None:
    three_calls_of_an_operator(workspace)
    put(workspace, 4, nobody(), greeting("d-036"))
    report = detect(workspace, AS_OF, Silent())
    assert report.examined == 4
    assert known(workspace) == each("k-1", "k-2", "k-3", heard=Heard.SEVERAL_NUMBERS)
    with workspace.store.reading() as reader:
        answered = {call_id: item.answered_by for call_id, item in verdicts.conversations(reader).items()}
    assert {answered[call_id] for call_id in ("k-1", "k-3")} == {AnsweredBy.OPERATOR_ANNOUNCEMENT}
    assert answered["k-4"] is not AnsweredBy.OPERATOR_ANNOUNCEMENT


def test_a_second_run_looks_up_and_changes_nothing(workspace: Workspace) -> None:
    three_calls_of_an_operator(workspace)
    detect(workspace, AS_OF, Silent())
    assert match_greetings(workspace, Silent()).looked_up == 0
    again = detect(workspace, AS_OF, Silent())
    assert (again.examined, again.changed) == (0, 0)


def test_one_more_number_does_not_judge_the_known_calls_anew(workspace: Workspace) -> None:
    three_calls_of_an_operator(workspace)
    detect(workspace, AS_OF, Silent())
    put(workspace, 5, nobody(), greeting("d-003", 3_000), length_s=57.0)
    assert detect(workspace, AS_OF, Silent()).examined == 1


def test_what_was_looked_up_before_a_kill_stays_and_the_rest_is_done_later(workspace: Workspace) -> None:
    three_calls_of_an_operator(workspace)
    match_greetings(workspace, Silent())
    put(workspace, 6, nobody(), greeting("d-003", 3_000), length_s=57.0)
    with workspace.store.reading() as reader:
        assert fingerprints.waiting_prints(reader, VERSION) == [("hash-6", 1)]
        library = open_library(workspace, reader)
        item = fingerprints.prints(reader, [("hash-6", 1)])["hash-6", 1]
        assert [match.found for match in library.look_up(reader, item)] == [("hash-1", 1)]
    assert match_greetings(workspace, Silent()).found == 1


def test_one_subscribers_greeting_counts_only_when_it_comes_again_in_another_call(workspace: Workspace) -> None:
    put(workspace, 1, nobody(), greeting("d-014"), client=7)
    assert known_after_matching(workspace) == {}
    put(workspace, 2, nobody(), greeting("d-014", 9_000, "Opus 12 kbit/s"), client=7, length_s=58.0)
    assert known_after_matching(workspace) == each("k-1", "k-2", heard=Heard.ONE_NUMBER)


def known_after_matching(workspace: Workspace) -> dict[str, list[Heard]]:
    match_greetings(workspace, Silent())
    return known(workspace)


def shared(workspace: Workspace) -> list[tuple[str, str, bool]]:
    with workspace.store.reading() as reader:
        return [
            (item.call_id, item.other_call_id, item.is_same_file) for item in fingerprints.shared_recordings(reader, 9)
        ]


def test_a_conversation_attached_to_another_call_is_a_duplicate_and_no_greeting(workspace: Workspace) -> None:
    agent, client = channel_of("d-036", "agent"), far_end("d-036")
    put(workspace, 1, agent, client)
    squeeze = LINES["MP3 16 kbit/s"]
    put(workspace, 2, *((squeeze(samples), voices) for samples, voices in (agent, client)))
    put(workspace, 3, agent, client, name="hash-1")
    assert known_after_matching(workspace) == {}
    assert shared(workspace) == [("k-1", "k-3", True), ("k-1", "k-2", False)]
    with workspace.store.reading() as reader:
        beside = fingerprints.shared_with(reader, "k-2", 5)
    assert [(item.other_call_id, item.is_same_file) for item in beside] == [("k-1", False), ("k-3", False)]
    problems = [
        (item.code, item.subject, item.detail) for item in check(workspace) if item.code.startswith("recording_")
    ]
    assert problems == [
        ("recording_attached_twice", "k-1", "k-3"),
        ("recording_sounds_the_same", "k-1", "k-2"),
    ]


def test_a_sound_that_is_erased_is_forgotten_everywhere_and_the_others_are_looked_up_anew(workspace: Workspace) -> None:
    three_calls_of_an_operator(workspace)
    match_greetings(workspace, Silent())
    workspace.store.write(*fingerprints.forget(["hash-1"]))
    with workspace.store.reading() as reader:
        left = {row["content_hash"] for row in reader.rows("select content_hash from sound_prints")}
        assert left == {"hash-2", "hash-3"}
        assert reader.rows("select * from sound_matches where 'hash-1' in (content_hash, found_hash)") == []
    assert known_after_matching(workspace) == each("k-2", "k-3", heard=Heard.SEVERAL_NUMBERS)


def test_of_an_expired_recording_only_what_other_calls_know_too_is_kept(workspace: Workspace) -> None:
    three_calls_of_an_operator(workspace)
    put(workspace, 4, channel_of("d-044", "agent"), greeting("d-036"))
    match_greetings(workspace, Silent())
    expired = ["hash-2", "hash-4"]
    workspace.store.write(
        *(insert("recordings", calls.recording_row(item), replace=True) for item in gone(expired)),
        *fingerprints.forget_alone(expired),
    )
    with workspace.store.reading() as reader:
        left = {(row["content_hash"], row["channel"]) for row in reader.rows("select * from sound_prints")}
    assert ("hash-2", 1) in left  # the operator's
    assert not {("hash-2", 0), ("hash-4", 0), ("hash-4", 1)} & left  # people's
    assert sorted(known(workspace)) == ["k-1", "k-2", "k-3"]


def gone(hashes: Sequence[str]) -> list[Recording]:
    return [Recording(f"k-{name[-1]}", RecordingState.EXPIRED, name) for name in hashes]


def test_the_saved_index_is_made_anew_when_a_sound_in_it_is_gone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.match_greetings._FEW", 0)
    three_calls_of_an_operator(workspace)
    match_greetings(workspace, Silent())
    file = workspace.home / LANDMARK_FILE
    with workspace.store.reading() as reader:
        before = open_library(workspace, reader).keys
    assert file.is_file()
    workspace.store.write(*fingerprints.forget(["hash-1"]))
    with workspace.store.reading() as reader:
        after = open_library(workspace, reader).keys
    assert ("hash-1", 1) in before
    assert ("hash-1", 1) not in after
    assert b"hash-1" not in file.read_bytes()
