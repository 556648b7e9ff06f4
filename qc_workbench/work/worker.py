"""One worker process: takes tasks on stdin, answers on stdout, ends when whoever started it is gone.

Started by :mod:`qc_workbench.work.local`. The heavy imports come with the first task, whose function names its
module, so that starting is quick. A message is a length and a pickle; both ends are the same program.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

from qc_workbench.work import fences, limits

_LENGTH: Final = struct.Struct("<Q")


def send(pipe: IO[bytes], message: object) -> None:
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """The next message; EOFError when the other end is gone, also in the middle of one."""
    return pickle.loads(receive_bytes(pipe))  # noqa: S301 - from our own parent or child, over a pipe nobody else has


def receive_bytes(pipe: IO[bytes], most: int | None = None) -> bytes:
    """The next message as it came. EOFError as :func:`receive`; ValueError for one of more than ``most`` bytes."""
    size = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    if most is not None and size > most:
        raise ValueError("more than is taken")
    return _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = pipe.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def raised(error: BaseException) -> tuple[str, dict[str, str]]:
    """Code and parameters of an error; of an unexpected one its type and place, never its text."""
    from qc_workbench.errors import QcwError

    if isinstance(error, QcwError):
        return error.code, {key: str(value) for key, value in error.params.items()}
    lines = traceback.extract_tb(error.__traceback__)
    own = [line for line in lines if "qc_workbench" in Path(line.filename).parts] or lines
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return "unexpected", {"kind": type(error).__name__, "place": place}


def main() -> None:
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator, who ends us
    arguments = sys.argv[1:]
    confine: Callable[[], None] | None = None
    idle_s: float | None = None
    if arguments and arguments[0] == "--decoder":
        memory_bytes, file_bytes, idle_s = int(arguments[1]), int(arguments[2]), float(arguments[3])
        confine = partial(_confine, memory_bytes, file_bytes)
    elif arguments:
        if hasattr(os, "nice"):
            os.nice(int(arguments[0]))
        limits.limit_data()
    limits.no_core_dump()
    # what a library prints must not get between the messages
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(os.fdopen(os.dup(0), "rb"), tasks), daemon=True).start()
    while True:
        try:
            content = tasks.get(timeout=idle_s)
        except queue.Empty:
            os._exit(0)  # nobody has needed it for a while
        started = monotonic()
        try:
            function, values = pickle.loads(content)  # noqa: S301 - see receive
            if confine is not None:  # the libraries are there now; what follows is the file's doing
                confine()
                confine = None
            value = function(*values)
            if isinstance(value, Iterator):  # of a decoder: sound, a piece at a time
                for piece in value:
                    send(answers, ("piece", piece))
                value = None
            answer: tuple[Any, ...] = ("done", value)
        except MemoryError:
            os._exit(limits.OUT_OF_MEMORY)  # as if killed for it: the unit is tried again, at last alone
        except Exception as error:
            answer = ("raised", *raised(error))
        try:
            send(answers, (*answer, monotonic() - started))
        except OSError:
            os._exit(0)  # nobody listens any more


def _confine(memory_bytes: int, file_bytes: int) -> None:
    fences.go_nowhere()
    limits.limit_decoder(memory_bytes, file_bytes)
    fences.fence(reads_only=not file_bytes)


def _listen(pipe: IO[bytes], tasks: queue.SimpleQueue[Any]) -> None:
    """Take in tasks while one is worked on. The end of the pipe is the end of the parent, and so ours, at once."""
    try:
        while True:
            tasks.put(receive(pipe))
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main()
