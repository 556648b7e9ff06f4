"""Containers of sound: identified, measured and decoded in a process of its own, which may die without us."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from qc_workbench.errors import MediaError
from qc_workbench.sources.recording_files import detail_parts, probe
from qc_workbench.transcription.audio import decode
from tests.fuzzing.rule import BrokenRuleError, Outcome, taken
from tests.import_cases import encoded, gsm_wav, mp3, wav

#: Longest of one small file, seconds, and the most memory that it may take beside what the process has.
LONGEST_S: Final = 8.0
MOST_BYTES: Final = 2 << 30


def read_sound(data: bytes) -> Outcome:
    """What the import sees in a file; then the decoding, where it was taken for sound. In this process: for small
    inputs and the fuzzer, whose own limits hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        path.write_bytes(data)
        found = probe(path)
        code, _ = detail_parts(found.detail)
        name = f"{found.state.value}_{code}" if code else found.state.value
        if found.state.value != "ready":
            return Outcome(taken=((name, 1),))
        assert found.duration_s is not None
        try:
            sound = decode(path)
        except MediaError:
            return Outcome(taken=((name, 1),), told=("undecodable",))
        assert sound.channels in (1, 2)
        assert sound.duration_s < 86_400
    return taken(**{name: 1})


def apart(data: bytes) -> Outcome:
    """The same in a process with small limits; a death of it is told, not shared."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_alone, args=(data, theirs))
    child.start()
    theirs.close()
    try:
        answered = mine.poll(LONGEST_S)
        found: Any = mine.recv() if answered else None
    except EOFError:
        found = BrokenRuleError("the decoder died")
    finally:
        child.kill()
        child.join()
    if found is None:
        raise BrokenRuleError(f"longer than {LONGEST_S} s")
    if isinstance(found, Exception):
        raise found
    assert isinstance(found, Outcome)
    return found


def _alone(data: bytes, pipe: Any) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, used + MOST_BYTES))
    try:
        pipe.send(read_sound(data))
    except Exception as error:  # whatever it is, the parent judges
        pipe.send(error)


@cache
def seeds(kind: str) -> tuple[bytes, ...]:
    match kind:
        case "wav":
            return wav(0.3), wav(0.2, channels=2), gsm_wav(10)
        case "mp3":
            return mp3(0.5, 1), b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + mp3(0.5, 1)
        case "ogg":
            return (encoded("ogg", "libopus", 48000, 1, 0.3),)
        case "flac":
            return (encoded("flac", "flac", 16000, 1, 0.2),)
        case _:
            return (encoded("ipod", "aac", 16000, 1, 0.3),)


KINDS: Final = ("wav", "mp3", "ogg", "flac", "m4a")
