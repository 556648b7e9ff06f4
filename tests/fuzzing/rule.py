"""What must hold at every border, whatever comes in: a result or an error of ours, told in both languages, soon, and
with no secret in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pipelines.import_report import expected, message
from qc_workbench.errors import QcwError
from qc_workbench.sources.problems import Problem
from qc_workbench.ui.i18n import LANGUAGES, Translator

#: Stands where keys stand, and in answers of systems that repeat what they were asked: no error may repeat it.
SECRET: Final = "stand-in-secret-that-nobody-reads"
#: Longest that one small input may take, seconds of the processor.
SLOWEST_S: Final = 10.0
#: An error is a few sentences, not a copy of the input.
LONGEST_TEXT: Final = 2_000
_TRANSLATORS: Final = tuple(Translator(language) for language in LANGUAGES)


class BrokenRuleError(AssertionError):
    """The program did what it never may."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a border made of an input. ``code``: of the error; ``taken``: names and counts of what was taken;
    ``told``: codes of rows left out and of warnings, each once."""

    code: str = ""
    taken: tuple[tuple[str, int], ...] = ()
    told: tuple[str, ...] = ()

    def __str__(self) -> str:
        taken = " ".join(f"{name}={count}" for name, count in self.taken if count)
        return self.code or " ".join(part for part in (taken or "nothing", *(f"!{code}" for code in self.told)) if part)


def taken(problems: Iterable[Problem] = (), **counts: int) -> Outcome:
    """A result. Every problem of a row must have its words."""
    codes = set()
    for problem in problems:
        codes.add(problem.code)
        for t in _TRANSLATORS:
            _is_told(message(problem, t))  # may repeat what stood in the row: it is for whoever looks after the source
            _is_told(expected(problem, t))
    return Outcome(taken=tuple(sorted(counts.items())), told=tuple(sorted(codes)))


def judged(read: Callable[[], Outcome], *, has_key: bool = True) -> Outcome:
    """What comes of reading an input. Raises :class:`BrokenRuleError`, or whatever the program let through.

    ``has_key``: the border was opened with :data:`SECRET`; elsewhere a column may be called so.
    """
    began = time.process_time()
    try:
        outcome = read()
    except QcwError as error:
        for t in _TRANSLATORS:
            text = t.error(error)
            _is_told(text)
            if len(text) > LONGEST_TEXT:
                raise BrokenRuleError(f"an error of {len(text)} characters: {error.code}") from error
            if has_key and (SECRET in text or SECRET in str(error)):
                raise BrokenRuleError(f"a secret in {error.code}") from error
        outcome = Outcome(code=error.code)
    lasted = time.process_time() - began
    if lasted > SLOWEST_S:
        raise BrokenRuleError(f"took {lasted:.1f} s")
    return outcome


def _is_told(text: str) -> None:
    if not text.strip():
        raise BrokenRuleError("an empty text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BrokenRuleError("a text that no terminal can show") from error
