"""Where a module of a system stumbles over what the system said: a list where a number was, a date of the year 0.

Modules say what is wrong with a value where they expect it to be wrong. What nobody expected must not end a sync with
a traceback, nor be taken for an empty answer: it is a :class:`~qc_workbench.errors.SourceAnswerBroken`, after which the
checkpoint stays. The log has the place in the program, and nothing of the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from qc_workbench.errors import SourceAnswerBroken
from qc_workbench.logs import event
from qc_workbench.sources.problems import STUMBLES

Item = TypeVar("Item")


@contextmanager
def understanding(source: str) -> Iterator[None]:
    """Raises :class:`~qc_workbench.errors.SourceAnswerBroken` ``source_answer_shape`` for a stumble."""
    try:
        yield
    except STUMBLES as error:
        event("source.stumbled", logging.WARNING, exception=error)
        raise SourceAnswerBroken("source_answer_shape", source=source) from error


def understood(source: str, batches: Iterator[Item]) -> Iterator[Item]:
    """The same batches; only what the module does is looked at, not what is done with them."""
    while True:
        with understanding(source):
            try:
                batch = next(batches)
            except StopIteration:
                return
        yield batch
