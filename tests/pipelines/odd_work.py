"""Functions that workers of the tests run: one works, others sleep, die, hang, raise."""

from __future__ import annotations

import os
import signal
import time
from importlib import resources
from pathlib import Path

from qc_workbench.errors import ModelError


def double(number: int) -> int:
    return 2 * number


def large(size: int) -> bytes:
    return bytes(size)


def sleep(seconds: float, started: str = "") -> str:
    if started:
        Path(started).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(seconds)
    return "slept"


def toil(seconds: float) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return "toiled"


def stop_myself() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_answering() -> object:
    class Deadly:
        def __reduce__(self) -> tuple[object, ...]:
            os.kill(os.getpid(), signal.SIGKILL)
            return (object, ())

    return [bytes(1_000_000), Deadly()]


def chatter(number: int) -> int:
    print("noise on stdout", flush=True)
    os.write(1, b"more noise\n")
    return number


def no_model() -> None:
    raise ModelError("model_missing", name="base", folder="nowhere")


def mistake() -> None:
    raise ZeroDivisionError("a quote of a client")


def niceness() -> int:
    return os.nice(0)


def group(subjects: tuple[str, ...], notes: str) -> tuple[str, ...]:
    """Work on subjects together: names tell what happens. Writes into ``notes`` who was together with whom."""
    with Path(notes).open("a", encoding="utf-8") as file:
        file.write(" ".join(subjects) + "\n")
    for subject in subjects:
        if subject.startswith("deadly"):
            die()
        if subject.startswith("hanging"):
            stop_myself()
        if subject.startswith("mistaken"):
            mistake()
        if subject.startswith("slow"):
            time.sleep(1.0)
    return tuple(f"{subject}!" for subject in subjects)


def lexicons() -> int:
    return len(list((resources.files("models") / "lexicons").iterdir()))
