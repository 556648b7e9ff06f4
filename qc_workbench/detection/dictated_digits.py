"""Digits as people dictate them: «четыре тысячи двести семьдесят шесть», "forty two seventy six", 4276-12, «два нуля».

A word is one of: digits, a part of a number (:class:`Part`), a filler between digits, or anything else. Parts that
people say together are one number: «двести семьдесят шесть» is 276, «два сорок» is 2 and 40.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from qc_workbench.detection.spoken_numerals import numerals

_DIGITS: Final = re.compile(r"\d+(?:[-‑–—./ ]\d+)*")
_EDGES: Final = " \t\n.,;:!?…\"'«»()„“”"

#: word -> hundreds or tens that the numerals of dates don't have.
_MORE: Final = {
    "ноль": 0, "нуль": 0, "ноля": 0, "нолик": 0, "нулик": 0, "нулевой": 0, "zero": 0, "oh": 0, "nought": 0,
    "единица": 1, "единичка": 1, "раз": 1, "двойка": 2, "тройка": 3, "четверка": 4, "пятерка": 5, "шестерка": 6,
    "семерка": 7, "восьмерка": 8, "девятка": 9, "семь-то": 7, "пятьдесят": 50, "шестьдесят": 60, "шестидесяти": 60,
    "семьдесят": 70, "семидесяти": 70, "восемьдесят": 80, "восьмидесяти": 80, "девяносто": 90, "девяноста": 90,
    "сто": 100, "ста": 100, "двести": 200, "двухсот": 200, "триста": 300, "трехсот": 300, "четыреста": 400,
    "четырехсот": 400, "пятьсот": 500, "пятисот": 500, "шестьсот": 600, "шестисот": 600, "семьсот": 700,
    "семисот": 700, "восемьсот": 800, "восьмисот": 800, "девятьсот": 900, "девятисот": 900, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_THOUSAND: Final = frozenset({"тысяча", "тысячи", "тысяч", "тыщ", "тыща", "тыщи", "тыс", "thousand"})
_HUNDRED: Final = frozenset({"hundred"})
#: «два нуля», «три семерки», "double five": a count and what is said so many times.
_PLURAL: Final = {
    "нуля": 0, "нулей": 0, "ноля": 0, "нолика": 0, "единицы": 1, "единички": 1, "двойки": 2, "тройки": 3,
    "четверки": 4, "пятерки": 5, "пятерок": 5, "шестерки": 6, "семерки": 7, "семерок": 7, "восьмерки": 8,
    "девятки": 9, "девяток": 9, "zeros": 0, "zeroes": 0,
}  # fmt: skip
_TIMES: Final = {"double": 2, "triple": 3, "дважды": 2, "трижды": 3, "два": 2, "две": 2, "three": 3, "two": 2,
                 "три": 3, "четыре": 4, "four": 4}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dictated:
    """Digits said by the words ``first``..``last`` (both included) of a sequence."""

    first: int
    last: int
    digits: str


def bare(word: str) -> str:
    """A word as it is compared: lower case, ё as е, without the marks around it."""
    return word.strip(_EDGES).lower().replace("ё", "е").replace("’", "'")


@cache
def _number(low: str) -> int | None:
    """The number that a word is, ordinals left out; None for any other word."""
    if low in _MORE:
        return _MORE[low]
    found = numerals().get(low)
    return found[0] if found and not found[1] else None


def written_digits(low: str) -> str | None:
    """Digits of a word that is written in digits: 4276, 42-76, 4276-1234; None for anything else."""
    if not low or not low[0].isdigit():
        return low[1:] if low[0:1] == "+" and low[1:].isdigit() else None
    return re.sub(r"\D", "", low) if _DIGITS.fullmatch(low) else None


def dictated(lows: Sequence[str]) -> list[Dictated]:
    """All numbers said, in order; words as :func:`bare` gives them."""
    found: list[Dictated] = []
    at = 0
    while at < len(lows):
        step = _many(lows, at) or _written(lows, at) or _spelt(lows, at)
        if step is None:
            at += 1
            continue
        found.append(step)
        at = step.last + 1
    return found


def _many(lows: Sequence[str], at: int) -> Dictated | None:
    times = _TIMES.get(lows[at])
    if times is None or at + 1 >= len(lows):
        return None
    after = lows[at + 1]
    digit = _PLURAL.get(after)
    if digit is None and lows[at] in ("double", "triple", "дважды", "трижды"):
        digit = _number(after) if after not in _PLURAL else None
        if digit is None and len(after) == 1 and after.isdigit():
            digit = int(after)
    if digit is None or digit > 9:
        return None
    return Dictated(at, at + 1, str(digit) * times)


def _written(lows: Sequence[str], at: int) -> Dictated | None:
    digits = written_digits(lows[at])
    if digits is None:
        return None
    after = lows[at + 1] if at + 1 < len(lows) else ""
    if after in _THOUSAND and len(digits) <= 2:  # «4 тысячи 276»
        rest = _spelt_or_written_below(lows, at + 2, 1000)
        return Dictated(at, rest[0] if rest else at + 1, str(int(digits) * 1000 + (rest[1] if rest else 0)))
    return Dictated(at, at, digits)


def _spelt_or_written_below(lows: Sequence[str], at: int, limit: int) -> tuple[int, int] | None:
    if at < len(lows):
        digits = written_digits(lows[at])
        if digits is not None and len(digits) == 3 and int(digits) < limit:
            return at, int(digits)
        spelt = _below_thousand(lows, at)
        if spelt is not None:
            return spelt
    return None


def _below_thousand(lows: Sequence[str], at: int) -> tuple[int, int] | None:
    """(last word, number) of hundreds, tens and units that belong together from ``at``."""
    total, last = 0, at - 1
    limit = 1000  # what comes next must be smaller
    while limit > 1 and last + 1 < len(lows):
        number = _number(lows[last + 1])
        if number is None or number >= limit or (number == 0 and last >= at) or (limit == 10 and number > 9):
            break
        last += 1
        if 0 < number < 10 and limit == 1000 and last + 1 < len(lows) and lows[last + 1] in _HUNDRED:
            number, last = number * 100, last + 1
            if last + 2 < len(lows) and lows[last + 1] == "and" and _number(lows[last + 2]):
                last += 1
        total += number
        limit = 100 if number >= 100 else 10 if number >= 20 else 1
    return (last, total) if last >= at else None


def _spelt(lows: Sequence[str], at: int) -> Dictated | None:
    if lows[at] in _THOUSAND:
        number, last = 1, at - 1
    else:
        head = _below_thousand(lows, at)
        if head is None:
            return None
        last, number = head
    if last + 1 < len(lows) and lows[last + 1] in _THOUSAND and number > 0:
        rest = _spelt_or_written_below(lows, last + 2, 1000)
        if rest is not None and lows[last + 2] not in ("ноль", "нуль", "zero", "oh"):
            return Dictated(at, rest[0], str(number * 1000 + rest[1]))
        return Dictated(at, last + 1, str(number * 1000))
    return Dictated(at, last, str(number))


def luhn(digits: str) -> bool:
    """Whether the last digit fits the others, as in every number of a bank card."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
