"""Recordings are opened in processes of their own: what a hostile file does there, it does to nobody else.

Everything of the workbench that looks into a recording goes through here, or runs in a worker of
:mod:`qc_workbench.work.local`. A process has limits of memory, of time and of the size of what it writes
(:mod:`qc_workbench.work.limits`), does one file after the other, and ends when nobody has needed it for a while.
Safe for threads: each recording has a process to itself.
"""

from __future__ import annotations

import atexit
import builtins
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import qc_workbench
from qc_workbench.domain.call import RecordingState
from qc_workbench.errors import MediaError
from qc_workbench.sources import joined_tracks, recording_files
from qc_workbench.sources.recording_files import SoundFile
from qc_workbench.transcription import pcm_copies
from qc_workbench.work.limits import OUT_OF_MEMORY
from qc_workbench.work.worker import receive, send

Result = TypeVar("Result")

#: Memory beyond what the libraries take. The largest honest file needs some 20 MB.
MEMORY_BYTES: Final = 512 << 20
#: The largest copy: twelve hours of stereo at 48 kHz would be 8 GB, an hour is 700 MB.
COPY_BYTES: Final = 2 << 30
#: A file has this long, and a second more for each megabyte: the slowest honest one needs a hundredth of it.
PATIENCE_S: Final = 60.0
_PER_BYTE_S: Final = 1 / (1 << 20)
#: A process that nobody needed for so long ends.
IDLE_S: Final = 60.0
#: Processes at once; who comes later waits.
_MOST: Final = max(2, min(4, os.cpu_count() or 2))


class TakenTooLongError(Exception):
    """The process was killed because its time was over."""


class GoneError(Exception):
    """The process ended in the middle. ``out_of_memory``: it asked for more than it may have."""

    def __init__(self, *, out_of_memory: bool) -> None:
        self.out_of_memory = out_of_memory
        super().__init__("out of memory" if out_of_memory else "ended")


@dataclass
class _Watch:
    process: subprocess.Popen[bytes]
    was_overdue: bool = False

    def end(self) -> None:
        self.was_overdue = True
        self.process.kill()


@dataclass
class Decoders:
    """Processes that look into recordings. One set serves a whole program, see :data:`DECODERS`."""

    memory_bytes: int = MEMORY_BYTES
    copy_bytes: int = COPY_BYTES
    idle_s: float = IDLE_S
    _free: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_MOST))

    def run(self, function: Callable[..., Result], *arguments: object, limit_s: float = PATIENCE_S) -> Result:
        """``function(*arguments)`` of a module of ours, in a process with limits.

        Raises :class:`TakenTooLongError`, :class:`GoneError`, and what the function raised: :class:`MediaError` and
        ``OSError``; anything else is no answer to a recording, and counts as the end of the process.
        """
        answer = None
        while answer is None:  # None: a process that ended for want of work just as this came
            with self._turns:
                answer = self._answer(pickle.dumps((function, arguments)), limit_s)
        if answer[0] == "done":
            result: Result = answer[1]
            return result
        _, code, params, _ = answer
        if code == "unexpected" and issubclass(getattr(builtins, params["kind"], object), OSError):
            raise OSError(params["kind"])
        if code == "unexpected":
            raise GoneError(out_of_memory=False)
        raise MediaError(code, **params)

    def _answer(self, question: bytes, limit_s: float) -> tuple[Any, ...] | None:
        process = self._take()
        watch = _Watch(process)
        ended = threading.Timer(limit_s, watch.end)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            ended.start()
            send(process.stdin, question)
            answer: tuple[Any, ...] = receive(process.stdout)
        except (EOFError, OSError):
            code = _put_away(process)
            if watch.was_overdue:
                raise TakenTooLongError from None
            if code == 0:
                return None
            raise GoneError(out_of_memory=code == OUT_OF_MEMORY) from None
        finally:
            ended.cancel()
        with self._lock:
            self._free.append(process)
        return answer

    def close(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for process in free:
            process.kill()
            _put_away(process)

    def _take(self) -> subprocess.Popen[bytes]:
        with self._lock:
            while self._free:
                process = self._free.pop()
                if process.poll() is None:
                    return process
                _put_away(process)
        return self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(qc_workbench.__file__).parent.parent)
        paths = [path for path in (root, os.environ.get("PYTHONPATH")) if path]
        # of this program's own variables it needs none, and some are keys
        kept = {name: value for name, value in os.environ.items() if name in _NEEDED}
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                sys.executable, "-P", "-m", "qc_workbench.work.worker", "--decoder",
                str(self.memory_bytes), str(self.copy_bytes), str(self.idle_s),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("QCW_DEBUG") else subprocess.DEVNULL,
            env={**kept, "PYTHONPATH": os.pathsep.join(paths), **dict.fromkeys(_THREADS, "1")},
        )  # fmt: skip


_NEEDED: Final = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "WINDIR", "QCW_DEBUG"}
    | {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONUTF8"}
)
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _put_away(process: subprocess.Popen[bytes]) -> int:
    """Its exit code."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError, ValueError):
                pipe.close()
    return process.wait()


#: The processes of this program.
DECODERS: Final = Decoders()
atexit.register(DECODERS.close)


# What is done in them ------------------------------------------------------------------------------------------------


def probe(path: Path, decoders: Decoders = DECODERS, patience_s: float = PATIENCE_S) -> SoundFile:
    """:func:`~qc_workbench.sources.recording_files.probe`; a file that takes too much is unsupported, and told so."""
    size = path.stat().st_size
    try:
        return decoders.run(recording_files.probe, path, limit_s=patience_s + size * _PER_BYTE_S)
    except TakenTooLongError:
        return SoundFile(RecordingState.UNSUPPORTED, "too_slow", size_bytes=size)
    except GoneError:
        return SoundFile(RecordingState.UNSUPPORTED, "too_heavy", size_bytes=size)


def write_pcm(source: Path, target: Path, decoders: Decoders = DECODERS) -> None:
    """:func:`~qc_workbench.transcription.pcm_copies.write_pcm`. Raises :class:`MediaError`."""
    _copy(decoders, source, target, pcm_copies.write_pcm, source, target)


def cut(source: Path, target: Path, from_s: float, to_s: float, decoders: Decoders = DECODERS) -> None:
    """:func:`~qc_workbench.transcription.pcm_copies.cut`. Raises :class:`MediaError`."""
    _copy(decoders, source, target, pcm_copies.cut, source, target, from_s, to_s)


def join_tracks(left: Path, right: Path, target: Path, decoders: Decoders = DECODERS) -> None:
    """:func:`~qc_workbench.sources.joined_tracks.join_tracks`. Raises :class:`MediaError`."""
    _copy(decoders, left, target, joined_tracks.join_tracks, left, right, target)


def _copy(decoders: Decoders, source: Path, target: Path, function: Callable[..., None], *arguments: object) -> None:
    try:
        size = source.stat().st_size
        decoders.run(function, *arguments, limit_s=PATIENCE_S + size * _PER_BYTE_S)
    except (TakenTooLongError, GoneError) as error:
        target.unlink(missing_ok=True)
        code = "media_too_slow" if isinstance(error, TakenTooLongError) else "media_too_heavy"
        raise MediaError(code, file=source.name) from error
