"""What a hostile recording does, it does to a process of its own, within limits, and the others go on."""

from __future__ import annotations

import os
import pickle
import platform
import socket
import sys
import time
import wave
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.kept_sounds import keep
from pipelines.make_workspace import make_workspace
from qc_workbench.domain.call import RecordingState
from qc_workbench.errors import MediaError
from qc_workbench.sources.joined_tracks import join_tracks
from qc_workbench.sources.sound_opening import open_sound
from qc_workbench.transcription import audio
from qc_workbench.transcription.audio import Audio, stretches
from qc_workbench.transcription.recognised import Recogniser
from qc_workbench.work import decoding, units
from qc_workbench.work.decoding import Decoders, GoneError, TakenTooLongError
from tests.security.hostile_recordings import CONCAT, HOSTILE, PLAYLIST, id3, silent_flac, wav, write_all

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems limit less: see qc_workbench/work/limits.py")

#: Headers that lie about nothing but their size: the sound is there, and is measured instead of believed.
HONEST_SOUND = {"four_gigabytes_in_sixteen_kilobytes.wav", "sizes_of_nothing.wav"}


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    one = Decoders(memory_bytes=256 << 20, copy_bytes=1 << 20)
    yield one
    one.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_all(folder)
    (folder / "victim.wav").write_bytes(wav(bytes(56_000)))
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_recording_is_refused_with_a_reason_and_soon(name: str, hostile: Path, decoders: Decoders) -> None:
    began = time.monotonic()
    sound = decoding.probe(hostile / name, decoders)
    assert time.monotonic() - began < 30
    assert sound.state is not RecordingState.READY or name in HONEST_SOUND
    assert sound.detail is not None or name in HONEST_SOUND
    assert (sound.duration_s or 0) <= 1.0


def test_what_claims_more_than_half_a_day_is_not_measured_to_its_end(hostile: Path, decoders: Decoders) -> None:
    for name in ("thirteen_hours_in_90_kilobytes.flac", "a_hundred_years.m4a"):
        sound = decoding.probe(hostile / name, decoders)
        assert (sound.state, sound.detail) == (RecordingState.UNSUPPORTED, "longer:12")


def test_hostile_recordings_do_not_keep_the_good_one_behind_them_out(hostile: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "company")
    kept = {path.name: keep(workspace, path) for path in sorted(hostile.iterdir())}
    assert {name for name, item in kept.items() if item.path} == {"victim.wav", *HONEST_SOUND}
    assert kept["victim.wav"].sound.duration_s == 3.5


def test_a_process_that_takes_too_long_is_ended_and_the_next_file_gets_another(
    decoders: Decoders, tmp_path: Path
) -> None:
    with pytest.raises(TakenTooLongError):
        decoders.run(time.sleep, 60, limit_s=0.3)
    good = tmp_path / "good.wav"
    good.write_bytes(wav())
    assert decoding.probe(good, decoders).duration_s == 1.0


def test_a_file_that_takes_too_long_is_told_as_such(tmp_path: Path, decoders: Decoders) -> None:
    long = tmp_path / "long.flac"
    long.write_bytes(silent_flac(11))
    sound = decoding.probe(long, decoders, patience_s=-0.9)
    assert (sound.state, sound.detail) == (RecordingState.UNSUPPORTED, "too_slow")


@linux
def test_a_process_that_wants_too_much_memory_gets_none(decoders: Decoders) -> None:
    with pytest.raises(GoneError) as caught:
        decoders.run(bytearray, 512 << 20)
    assert caught.value.out_of_memory


def test_a_decoder_that_breaks_breaks_alone(decoders: Decoders) -> None:
    with pytest.raises(GoneError) as caught:
        decoders.run(os.abort)
    assert not caught.value.out_of_memory
    assert decoders.run(len, "abc") == 3


@linux
def test_a_copy_for_the_player_cannot_fill_the_disk(tmp_path: Path, decoders: Decoders) -> None:
    (tmp_path / "swells.wav").write_bytes(wav(bytes(700_000), kind=6, bits=8))  # a-law: twice as much as PCM
    with pytest.raises(MediaError, match="media_undecodable"):
        decoding.write_pcm(tmp_path / "swells.wav", tmp_path / "copy.wav", decoders)


@linux
def test_a_decoder_knows_no_key_of_ours_and_leaves_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCW_RINGOSTAT_KEY", "canary")
    fresh = Decoders()
    try:
        assert fresh.run(os.getenv, "QCW_RINGOSTAT_KEY") is None
        limits = fresh.run(Path.read_text, Path("/proc/self/limits"))
        assert "Max core file size        0                    0" in limits
    finally:
        fresh.close()


filtered = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64" or not Path("/proc/sys/kernel/seccomp").is_dir(),
    reason="other systems have no filter: see qc_workbench/work/fences.py",
)


@filtered
def test_a_decoder_that_is_taken_over_goes_nowhere_and_starts_nothing(decoders: Decoders) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        for function, *values in (
            (socket.create_connection, inner.getsockname()),
            (socket.socket, socket.AF_UNIX),
            (os.fork,),
            (os.posix_spawn, sys.executable, [sys.executable, "-c", ""], {}),
            (os.execv, sys.executable, [sys.executable, "-c", ""]),
            (os.kill, os.getpid(), 0),
        ):
            with pytest.raises(OSError, match="PermissionError"):
                decoders.run(function, *values)
    status = decoders.run(Path.read_text, Path("/proc/self/status"))
    assert "NoNewPrivs:\t1" in status
    tasks = decoders.run(os.listdir, "/proc/self/task")
    for task in tasks:  # also the one that listens to us
        assert "Seccomp:\t2" in decoders.run(Path.read_text, Path(f"/proc/self/task/{task}/status"))


@filtered
def test_a_decoder_that_only_looks_writes_and_removes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "qcw.duckdb"
    kept.write_bytes(b"kept")
    reader = Decoders(copy_bytes=0)
    try:
        for function, *values in (
            (os.open, str(tmp_path / "new"), os.O_WRONLY | os.O_CREAT), (os.open, str(kept), os.O_RDWR),
            (os.remove, str(kept)), (os.truncate, str(kept), 0),
            (os.rename, str(kept), str(tmp_path / "away")), (os.mkdir, str(tmp_path / "new")), (os.chmod, str(kept), 0),
            (os.symlink, str(kept), str(tmp_path / "new")), (os.link, str(kept), str(tmp_path / "new")),
        ):  # fmt: skip
            with pytest.raises(OSError, match="PermissionError"):
                reader.run(function, *values)
        assert reader.run(Path.read_bytes, kept) == b"kept"
    finally:
        reader.close()
    assert [path.name for path in tmp_path.iterdir()] == ["qcw.duckdb"]


@linux
def test_a_decoder_has_no_folder_and_no_file_open_but_its_pipes(decoders: Decoders) -> None:
    with pytest.raises(OSError, match="FileNotFoundError"):
        decoders.run(os.getcwd)
    names = [decoders.run(os.readlink, f"/proc/self/fd/{number}") for number in range(5)]
    assert [name.partition(":")[0] for name in names] == ["pipe", "/dev/null", "/dev/null", "pipe", "pipe"]
    with pytest.raises(OSError, match="FileNotFoundError"):
        decoders.run(os.readlink, "/proc/self/fd/5")


class Hostile:
    """What a decoder that is taken over answers, to run in the program that asked."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (os.environ["PWD"] + "-taken",)


def test_the_answer_of_a_decoder_that_is_taken_over_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoders: Decoders
) -> None:
    monkeypatch.setenv("PWD", str(tmp_path / "x"))
    trap = pickle.dumps(("done", Hostile(), 0.0))
    for told in (trap, pickle.dumps(["done"]), pickle.dumps(("else", 1, 2)), pickle.dumps(None), b"", b"\xff"):
        with pytest.raises(GoneError):
            decoding._believed(told)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(GoneError):
        decoders.run(bytes, decoding._LARGEST_ANSWER + 1)


def test_a_decoder_that_ends_at_each_question_is_not_asked_for_ever(decoders: Decoders) -> None:
    with pytest.raises(GoneError):
        decoders.run(os._exit, 0)


def test_speech_workers_decode_in_such_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this machine and of a cluster: both run these units."""
    good = tmp_path / "good.wav"
    good.write_bytes(wav(bytes(56_000)))
    asked = []
    real = decoding.READERS.each
    monkeypatch.setattr(Decoders, "each", lambda self, *values: asked.append(values) or real(*values))
    monkeypatch.setattr(audio, "open_sound", lambda *_: pytest.fail("a recording was opened in the worker itself"))
    engine = Listening()
    assert isinstance(units.measure_recording(str(good), "0" * 64), units.Measured)
    with pytest.raises(Heard) as heard:
        units.recognise_group([units.RecordingToHear(str(good), ())], engine)
    assert heard.value.args == (3.5,)
    with pytest.raises(Heard):
        units.learn_voice([(str(good), 0)], engine)
    assert asked == [(audio.sound_pieces, good)] * 3


class Heard(Exception):
    pass


class Listening(Recogniser):
    """Told at once what it would hear."""

    def listen(self, audio: Audio, speech: Any = ()) -> Any:
        raise Heard(audio.duration_s)


def test_sound_comes_out_of_such_a_process_as_it_does_here(tmp_path: Path, decoders: Decoders) -> None:
    long = tmp_path / "long.wav"
    rng = np.random.default_rng(7)
    long.write_bytes(wav(rng.integers(-9_000, 9_000, 1_200_000, np.int16).tobytes()))
    there = audio.decode(long, partial(decoding.sound_blocks, decoders=decoders)).samples
    assert there.nbytes > 2 * audio.PIECE_BYTES
    assert np.array_equal(audio.decode(long).samples, there)


def test_who_takes_no_more_of_a_recording_leaves_no_process_at_work(tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(wav(bytes(2_400_000)))
    few = Decoders(copy_bytes=0)
    try:
        blocks = decoding.sound_blocks(long, few)
        next(blocks)
        blocks.close()
        assert few._free == []
        assert few.run(len, "abc") == 3
    finally:
        few.close()


def test_a_decoder_that_breaks_costs_the_worker_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = tmp_path / "good.wav"
    good.write_bytes(wav())
    for narrow in (Decoders(memory_bytes=1, copy_bytes=0), Silent()):
        monkeypatch.setattr(units, "sound_blocks", partial(decoding.sound_blocks, decoders=narrow))
        failure = units.measure_recording(str(good), "0" * 64)
        assert isinstance(failure, units.MediaFailure)
        assert (failure.code, failure.may_pass) == ("media_too_heavy", True)
        narrow.close()


class Silent(Decoders):
    def each(self, function: Any, *arguments: object) -> Iterator[Any]:
        return iter(())


def test_a_process_that_left_for_want_of_work_is_replaced_unseen() -> None:
    brief = Decoders(idle_s=0.05)
    try:
        assert brief.run(len, "a") == 1
        time.sleep(0.4)
        assert brief.run(len, "ab") == 2
    finally:
        brief.close()


@pytest.mark.parametrize("content", [CONCAT, PLAYLIST, id3(CONCAT), id3(PLAYLIST)], ids=["c", "p", "id3-c", "id3-p"])
@pytest.mark.parametrize("ending", ["wav", "mp3", "bin"])
def test_no_text_makes_the_library_read_another_file(tmp_path: Path, content: bytes, ending: str) -> None:
    (tmp_path / "victim.wav").write_bytes(wav(bytes(56_000)))
    trap = tmp_path / f"trap.{ending}"
    trap.write_bytes(content)
    with pytest.raises(MediaError, match="tracks_unreadable"):
        join_tracks(trap, trap, tmp_path / "out.wav")
    with pytest.raises(MediaError, match="media_undecodable"):
        list(stretches(trap))


def test_a_name_like_an_address_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    odd = Path("concat:a|b.wav")
    odd.write_bytes(wav())
    with open_sound(odd) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == 8_000


def test_tracks_are_joined_in_such_a_process(tmp_path: Path, decoders: Decoders) -> None:
    for name in ("in.wav", "out.wav"):
        (tmp_path / name).write_bytes(wav())
    decoding.join_tracks(tmp_path / "in.wav", tmp_path / "out.wav", tmp_path / "both.wav", decoders)
    with wave.open(str(tmp_path / "both.wav")) as both:
        assert (both.getnchannels(), both.getnframes()) == (2, 8_000)
