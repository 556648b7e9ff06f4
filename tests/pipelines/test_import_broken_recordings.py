"""Every kind of broken recording becomes a state and a message, never a crash, and the call stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.import_report import message
from pipelines.ingest import ingest_csv
from pipelines.progress import Silent
from qc_workbench.domain.call import RecordingState
from qc_workbench.sources.recording_files import detail_parts
from qc_workbench.store import calls as call_store
from qc_workbench.ui.i18n import LANGUAGES, Translator
from tests.import_cases import calls_csv, encoded, folder_with, gsm_wav, mp3, new_workspace, wav


def naming(recording: str) -> str:
    """calls.csv in which call «heard» (row 4, 5 connected seconds) names this recording."""
    return calls_csv(f'heard,2026-09-03T10:25:00+03:00,outbound,m1,+79160000003,5,3,answered,"{recording}",ru')


@dataclass(frozen=True)
class Broken:
    name: str
    recording: str
    contents: bytes | None
    state: RecordingState
    detail: str

    def __str__(self) -> str:
        return self.name


HTML = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>"
M4A = encoded("ipod", "aac", 16000, 1)
OGG = encoded("ogg", "libopus", 48000, 1)
BROKEN = [
    Broken("no such file", "gone.mp3", None, RecordingState.MISSING, ""),
    Broken("a link", "https://pbx.example/1.mp3", None, RecordingState.MISSING, "url"),
    Broken("out of the folder", "../calls.csv", None, RecordingState.MISSING, "outside_folder"),
    Broken("out of the folder and back", "a/../../calls.csv", None, RecordingState.MISSING, "outside_folder"),
    Broken("windows way out of the folder", "..\\calls.csv", None, RecordingState.MISSING, "outside_folder"),
    Broken("absolute", "/etc/hostname", None, RecordingState.MISSING, "outside_folder"),
    Broken("drive letter", "C:\\calls\\1.wav", None, RecordingState.MISSING, "outside_folder"),
    Broken("name too long for a disk", "x" * 5000 + ".wav", None, RecordingState.MISSING, "unreadable"),
    Broken("zero bytes", "a.mp3", b"", RecordingState.EMPTY, "zero_bytes"),
    Broken("header alone", "a.wav", wav(0), RecordingState.EMPTY, "header_only"),
    Broken("header with tags, no sound", "a.wav", wav(0) + b"LIST\x04\0\0\0INFO", RecordingState.EMPTY, "no_frames"),
    Broken("only zeros", "a.wav", bytes(5000), RecordingState.EMPTY, "only_zeros"),
    Broken("m4a without its index", "a.m4a", M4A[: len(M4A) // 2], RecordingState.EMPTY, "no_index"),
    Broken("web page", "a.mp3", HTML, RecordingState.NOT_AUDIO, "html"),
    Broken("text", "a.wav", "запись недоступна".encode(), RecordingState.NOT_AUDIO, "text"),
    Broken("json", "a.mp3", b'{"error": "expired"}', RecordingState.NOT_AUDIO, "json"),
    Broken("archive", "a.mp3", b"PK\x03\x04" + bytes(100), RecordingState.NOT_AUDIO, "archive"),
    Broken(
        "playlist that names a file", "a.mp3", b"#EXTM3U\nfile:///etc/hostname\n", RecordingState.NOT_AUDIO, "playlist"
    ),
    Broken("noise of bytes", "a.mp3", bytes(range(1, 250)) * 99, RecordingState.NOT_AUDIO, "unknown"),
    Broken("wav of nonsense", "a.wav", b"RIFF\x10\0\0\0WAVE" + b"\1\2\3" * 999, RecordingState.NOT_AUDIO, "damaged"),
    Broken("rate too high", "a.wav", wav(5, rate_hz=96000), RecordingState.UNSUPPORTED, "rate"),
    Broken("rate too low", "a.wav", wav(5, rate_hz=4000), RecordingState.UNSUPPORTED, "rate"),
    Broken("four channels", "a.wav", wav(5, channels=4), RecordingState.UNSUPPORTED, "channels"),
    Broken("another format", "a.amr", b"#!AMR\n" + bytes(100), RecordingState.UNSUPPORTED, "format"),
    Broken("another codec", "a.wav", encoded("wav", "adpcm_ms", 8000, 1), RecordingState.UNSUPPORTED, "format"),
    Broken("wav cut off", "a.wav", wav()[:40_000], RecordingState.TRUNCATED, "shorter"),
    Broken("mp3 cut off", "a.mp3", mp3()[: len(mp3()) // 2], RecordingState.TRUNCATED, "shorter"),
    Broken("ogg cut off", "a.ogg", OGG[: len(OGG) // 2], RecordingState.TRUNCATED, "shorter"),
    Broken("header hides the sound", "a.wav", wav(announced_bytes=1000), RecordingState.TRUNCATED, "header_short"),
]


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_a_broken_recording_becomes_a_state_with_a_message_and_the_calls_land(case: Broken, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"calls.csv": naming(case.recording)}
    if case.contents is not None:
        files[f"recordings/{case.recording}"] = case.contents
    workspace = new_workspace(tmp_path / "home")
    report = ingest_csv(workspace, folder_with(tmp_path / "in", files), Silent())

    with workspace.store.reading() as reader:
        assert {call.call_id for call in call_store.calls(reader)} == {"good-1", "good-2", "heard"}
        recording = call_store.recording(reader, "heard")
    assert recording is not None
    assert (recording.state, detail_parts(recording.detail)[0]) == (case.state, case.detail)
    assert recording.is_audible == (case.state is RecordingState.TRUNCATED)
    assert report.rejects == ()
    [warning] = report.warnings
    assert (warning.file, warning.row, warning.column) == ("calls.csv", 4, "recording")
    assert warning.value[:50] == case.recording[:50]
    for language in LANGUAGES:
        said = message(warning, Translator(language))
        assert warning.value in said
        assert "{" not in said


GOOD = [
    ("PCM", "a.wav", wav(), "wav", "pcm_s16le", 8000, 1),
    ("PCM of 48 kHz in stereo", "a.wav", wav(rate_hz=48000, channels=2), "wav", "pcm_s16le", 48000, 2),
    ("A-law", "a.wav", encoded("wav", "pcm_alaw", 8000, 2), "wav", "pcm_alaw", 8000, 2),
    ("mu-law", "a.wav", encoded("wav", "pcm_mulaw", 8000, 1), "wav", "pcm_mulaw", 8000, 1),
    ("GSM", "a.wav", gsm_wav(), "wav", "gsm_ms", 8000, 1),
    ("mp3", "a.mp3", mp3(), "mp3", "mp3", 8000, 2),
    ("mp3 behind zeros", "a.mp3", bytes(700) + mp3(), "mp3", "mp3", 8000, 2),
    ("opus", "a.ogg", OGG, "opus", "opus", 48000, 1),
    ("m4a", "a.m4a", M4A, "m4a", "aac", 16000, 1),
    ("flac", "a.flac", encoded("flac", "flac", 44100, 2), "flac", "flac", 44100, 2),
    ("header of zero length", "a.wav", wav(announced_bytes=0), "wav", "pcm_s16le", 8000, 1),
    ("header of endless length", "a.wav", wav(announced_bytes=0xFFFFFFFF), "wav", "pcm_s16le", 8000, 1),
    ("header of too great a length", "a.wav", wav(announced_bytes=10**6), "wav", "pcm_s16le", 8000, 1),
    ("capital extension", "A.WAV", wav(), "wav", "pcm_s16le", 8000, 1),
    ("wrong extension", "a.mp3", wav(), "wav", "pcm_s16le", 8000, 1),
    ("spaces and cyrillic", "звонок клиента 1.wav", wav(), "wav", "pcm_s16le", 8000, 1),
    ("in a folder", "2026/09/a.wav", wav(), "wav", "pcm_s16le", 8000, 1),
]


@pytest.mark.parametrize(("name", "file", "contents", "container", "codec", "rate_hz", "channels"), GOOD)
def test_a_documented_format_is_ready_with_its_real_length_and_kept_by_its_hash(
    name: str, file: str, contents: bytes, container: str, codec: str, rate_hz: int, channels: int, tmp_path: Path
) -> None:
    workspace = new_workspace(tmp_path / "home")
    files: dict[str, str | bytes] = {"calls.csv": naming(file), f"recordings/{file}": contents}
    report = ingest_csv(workspace, folder_with(tmp_path / "in", files), Silent())
    with workspace.store.reading() as reader:
        recording = call_store.recording(reader, "heard")
    assert recording is not None
    assert recording.state is RecordingState.READY, name
    assert (recording.container, recording.codec, recording.rate_hz, recording.channels) == (
        container,
        codec,
        rate_hz,
        channels,
    )
    assert recording.duration_s == pytest.approx(5, abs=0.3)
    assert recording.agent_channel == (0 if channels == 2 else None)
    assert recording.path is not None
    assert workspace.media_path(recording.path).read_bytes() == contents
    assert recording.path == f"media/{recording.content_hash[:2]}/{recording.content_hash}.{container}"
    assert report.warnings == ()


def put(change: Callable[[Path], None], tmp_path: Path, recording: str = "a.wav") -> RecordingState:
    """The state of a recording after something was done to its folder."""
    folder = folder_with(tmp_path / "in", {"calls.csv": naming(recording)})
    (folder / "recordings").mkdir()
    (tmp_path / "secret.wav").write_bytes(wav())
    change(folder / "recordings")
    workspace = new_workspace(tmp_path / "home")
    ingest_csv(workspace, folder, Silent())
    with workspace.store.reading() as reader:
        recording_found = call_store.recording(reader, "heard")
    assert recording_found is not None
    return recording_found.state


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    assert put(lambda at: (at / "a.wav").symlink_to("../../secret.wav"), tmp_path) is RecordingState.MISSING
    assert not list((tmp_path / "home" / "media").rglob("*.wav"))


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    def change(at: Path) -> None:
        (at / "b.wav").write_bytes(wav())
        (at / "a.wav").symlink_to("b.wav")

    assert put(change, tmp_path) is RecordingState.READY


def test_a_link_to_itself_is_missing(tmp_path: Path) -> None:
    assert put(lambda at: (at / "a.wav").symlink_to("a.wav"), tmp_path) is RecordingState.MISSING


def test_a_folder_in_place_of_a_recording_is_not_audio(tmp_path: Path) -> None:
    assert put(lambda at: (at / "a.wav").mkdir(), tmp_path) is RecordingState.NOT_AUDIO


def test_a_pipe_in_place_of_a_recording_does_not_hang_the_import(tmp_path: Path) -> None:
    assert put(lambda at: os.mkfifo(at / "a.wav"), tmp_path) is RecordingState.NOT_AUDIO


@pytest.mark.parametrize("written", ["ЗВОНОК й.WAV", "звонок и\u0306.wav", "recordings/звонок й.wav"])
def test_a_name_is_found_in_other_case_and_composition(written: str, tmp_path: Path) -> None:
    assert put(lambda at: (at / "звонок й.wav").write_bytes(wav()), tmp_path, written) is RecordingState.READY


def test_the_agent_may_sit_on_the_right(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home", '[recordings]\nagent_channel = "right"\n')
    files: dict[str, str | bytes] = {"calls.csv": naming("a.wav"), "recordings/a.wav": wav(channels=2)}
    ingest_csv(workspace, folder_with(tmp_path / "in", files), Silent())
    with workspace.store.reading() as reader:
        recording = call_store.recording(reader, "heard")
    assert recording is not None
    assert recording.agent_channel == 1


def test_how_much_may_be_missing_is_a_setting(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home", "[recordings]\ntruncated_below = 0.4\n")
    files: dict[str, str | bytes] = {"calls.csv": naming("a.wav"), "recordings/a.wav": wav(2.5)}
    report = ingest_csv(workspace, folder_with(tmp_path / "in", files), Silent())
    assert report.recording_states == {"absent": 2, "ready": 1}


def test_the_same_sound_under_two_names_is_kept_once(tmp_path: Path) -> None:
    rows = naming("a.wav") + 'again,2026-09-03T11:25:00+03:00,outbound,m1,+79160000003,5,3,answered,"b.wav",ru\n'
    files: dict[str, str | bytes] = {"calls.csv": rows, "recordings/a.wav": wav(), "recordings/b.wav": wav()}
    workspace = new_workspace(tmp_path / "home")
    report = ingest_csv(workspace, folder_with(tmp_path / "in", files), Silent())
    assert (report.new_sounds, report.duplicate_sounds) == (1, 1)
    assert len(list(workspace.media.rglob("*.wav"))) == 1
    assert not list((workspace.media / ".incoming").iterdir())
