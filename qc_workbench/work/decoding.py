"""Recordings are opened in processes of their own: what a hostile file does there, it does to nobody else.

Everything of the workbench that looks into a recording goes through here. A process has limits of memory, of time and
of the size of what it writes (:mod:`qc_workbench.work.limits`), may not go out or start anything
(:mod:`qc_workbench.work.fences`), does one file after the other, and ends when nobody has needed it for a while.
Safe for threads: each recording has a process to itself.
"""

from __future__ import annotations

import atexit
import builtins
import io
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

import qc_workbench
from qc_workbench.domain.call import RecordingState
from qc_workbench.errors import MediaError
from qc_workbench.sources import joined_tracks, recording_files
from qc_workbench.sources.recording_files import SoundFile
from qc_workbench.transcription import audio, pcm_copies
from qc_workbench.work.limits import OUT_OF_MEMORY
from qc_workbench.work.worker import receive_bytes, send

Result = TypeVar("Result")

#: Memory beyond what the libraries take. The largest honest file needs some 20 MB.
MEMORY_BYTES: Final = 512 << 20
#: The largest copy: twelve hours of stereo at 48 kHz would be 8 GB, an hour is 700 MB.
COPY_BYTES: Final = 2 << 30
#: A file has this long, and a second more for each megabyte: the slowest honest one needs a hundredth of it.
PATIENCE_S: Final = 60.0
_PER_BYTE_S: Final = 1 / (1 << 20)
#: Whoever closed its pipe has this long to end.
_LEAVING_S: Final = 10.0
#: No answer is larger: a piece of sound has :data:`~qc_workbench.transcription.audio.PIECE_BYTES` and a little more.
_LARGEST_ANSWER: Final = 16 << 20
#: A process that nobody needed for so long ends.
IDLE_S: Final = 60.0
#: Processes at once; who comes later waits.
_MOST: Final = max(2, min(4, os.cpu_count() or 2))
#: One more than there can be that ended while they waited for work.
_TRIES: Final = _MOST + 1


class TakenTooLongError(Exception):
    """The process was killed because its time was over."""


class GoneError(Exception):
    """The process ended in the middle. ``out_of_memory``: it asked for more than it may have."""

    def __init__(self, *, out_of_memory: bool) -> None:
        self.out_of_memory = out_of_memory
        super().__init__("out of memory" if out_of_memory else "ended")


@dataclass
class _Watch:
    """Kills the process when one of its answers takes longer than ``limit_s``."""

    process: subprocess.Popen[bytes]
    limit_s: float
    was_overdue: bool = False

    def __enter__(self) -> None:
        self._timer = threading.Timer(self.limit_s, self._end)
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.was_overdue = True
        self.process.kill()


class _Told(pickle.Unpickler):
    """An answer, of such values as an honest one is made of: whoever has taken the process over may write any."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ANSWERED:
            raise pickle.UnpicklingError(name)
        return super().find_class(module, name)


_ANSWERED: Final = frozenset((kind.__module__, kind.__qualname__) for kind in (SoundFile, RecordingState))


def _believed(told: bytes) -> tuple[Any, ...]:
    """Raises :class:`GoneError` for what no decoder of ours answers."""
    try:
        answer = _Told(io.BytesIO(told)).load()
        if {"piece": 2, "done": 3, "raised": 4}[answer[0]] == len(answer):
            return tuple(answer)
    except Exception as error:  # whatever the reader raises
        raise GoneError(out_of_memory=False) from error
    raise GoneError(out_of_memory=False)


def _error_of(answer: tuple[Any, ...]) -> Exception:
    _, code, params, _ = answer
    if code == "unexpected" and issubclass(getattr(builtins, params["kind"], object), OSError):
        return OSError(params["kind"])
    if code == "unexpected":
        return GoneError(out_of_memory=False)
    return MediaError(code, **params)


@dataclass
class Decoders:
    """Processes that look into recordings. Two sets serve a whole program, see :data:`READERS` and :data:`DECODERS`.

    ``copy_bytes``: the largest file one writes; 0: it opens nothing for writing."""

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
        *_, last = self._answers(pickle.dumps((function, arguments)), limit_s)
        result: Result = last[1]
        return result

    def each(self, function: Callable[..., Iterator[Result]], *arguments: object) -> Iterator[Result]:
        """What ``function(*arguments)`` yields, each piece within :data:`PATIENCE_S`. Whoever takes no more of them
        ends the process. Raises as :meth:`run`."""
        for kind, value, *_ in self._answers(pickle.dumps((function, arguments)), PATIENCE_S):
            if kind == "piece":
                yield value

    def _answers(self, question: bytes, limit_s: float) -> Iterator[tuple[Any, ...]]:
        """Pieces, and at last what is done; ``limit_s`` for each."""
        with self._turns:
            for _ in range(_TRIES):  # a process may have ended for want of work just as this came
                answers = self._asked(question, limit_s)
                if (first := next(answers, None)) is not None:
                    yield first
                    yield from answers
                    return
            raise GoneError(out_of_memory=False)

    def _asked(self, question: bytes, limit_s: float) -> Iterator[tuple[Any, ...]]:
        process, answer = self._take(), None
        watch = _Watch(process, limit_s)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with watch:
                send(process.stdin, question)
            while answer is None or answer[0] == "piece":
                with watch:
                    told = receive_bytes(process.stdout, _LARGEST_ANSWER)
                answer = _believed(told)
                if answer[0] != "raised":
                    yield answer
        except (EOFError, OSError):
            code = _put_away(process)
            if watch.was_overdue:
                raise TakenTooLongError from None
            if answer is None and code == 0:
                return
            raise GoneError(out_of_memory=code == OUT_OF_MEMORY) from None
        except ValueError as error:
            raise GoneError(out_of_memory=False) from error
        finally:
            if answer is not None and answer[0] != "piece":
                with self._lock:
                    self._free.append(process)
            else:
                process.kill()
                _put_away(process)
        if answer[0] == "raised":
            raise _error_of(answer)

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
    with suppress(subprocess.TimeoutExpired):
        return process.wait(_LEAVING_S)
    process.kill()
    return process.wait()


#: The processes of this program: those that only look and listen, and those that write copies.
READERS: Final = Decoders(copy_bytes=0)
DECODERS: Final = Decoders()
atexit.register(READERS.close)
atexit.register(DECODERS.close)


# What is done in them ------------------------------------------------------------------------------------------------


def probe(path: Path, decoders: Decoders = READERS, patience_s: float = PATIENCE_S) -> SoundFile:
    """:func:`~qc_workbench.sources.recording_files.probe`; a file that takes too much is unsupported, and told so."""
    size = path.stat().st_size
    try:
        return decoders.run(recording_files.probe, path.absolute(), limit_s=patience_s + size * _PER_BYTE_S)
    except TakenTooLongError:
        return SoundFile(RecordingState.UNSUPPORTED, "too_slow", size_bytes=size)
    except GoneError:
        return SoundFile(RecordingState.UNSUPPORTED, "too_heavy", size_bytes=size)


def sound_blocks(path: Path, decoders: Decoders = READERS) -> Iterator[NDArray[np.int16]]:
    """:func:`~qc_workbench.transcription.audio.sound_blocks` of another process. Raises :class:`MediaError`, also
    ``media_too_slow`` and ``media_too_heavy``: another try may go well, for the machine may have been short of both."""
    left = audio.MOST_SAMPLES
    try:
        for channels, samples in decoders.each(audio.sound_pieces, path.absolute()):
            block = np.frombuffer(samples, np.int16).reshape(-1, channels).T
            left -= block.shape[1]
            if channels not in (1, 2) or left < 0:
                raise GoneError(out_of_memory=False)
            yield block
        if left == audio.MOST_SAMPLES:
            raise GoneError(out_of_memory=False)
    except (TakenTooLongError, GoneError, OSError, TypeError, ValueError) as error:
        code = "media_too_slow" if isinstance(error, TakenTooLongError) else "media_too_heavy"
        raise MediaError(code, file=path.name) from error


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
        whole = [item.absolute() if isinstance(item, Path) else item for item in arguments]
        decoders.run(function, *whole, limit_s=PATIENCE_S + size * _PER_BYTE_S)
    except (TakenTooLongError, GoneError) as error:
        target.unlink(missing_ok=True)
        code = "media_too_slow" if isinstance(error, TakenTooLongError) else "media_too_heavy"
        raise MediaError(code, file=source.name) from error
