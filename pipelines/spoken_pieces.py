"""Labelled pieces of calls for measuring what is hidden: ``pipelines/corpora/secrets_*.txt`` and ``names_*.txt``.

Digits of a template are of chance and said in a way of chance, the same at each run; some are misheard, as recognition
does.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qc_workbench.detection.dictated_digits import luhn
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word

CORPORA: Final = Path(__file__).parent / "corpora"
_HOLE: Final = re.compile(r"\{(\w+)(?::([^}]*))?\}|<(\w+)>")

_RU: Final = ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]
_EN: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_RU_TEENS: Final = [
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
]
_RU_TENS: Final = ["двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"]
_RU_HUNDREDS: Final = [
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
]
_EN_TEENS: Final = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
#: What recognition writes instead of a digit now and then.
_SLIPS: Final = {"пять": "опять", "семь": "всем", "шесть": "есть", "три": "при", "один": "адин", "four": "for"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a call. ``secret``: (turn, word) -> the kind that the word belongs to."""

    transcript: Transcript
    secret: dict[tuple[int, int], str]
    text: str


def pieces(name: str, seed: int = 41, *, mono: bool = False, cased: bool = False) -> list[Piece]:
    """The pieces of a file. ``mono``: both parties on one channel; ``cased``: names begin with a capital letter."""
    chance = random.Random(seed)  # noqa: S311 - examples, no secrets
    lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
    return [_piece(line, chance, mono, cased) for line in lines if line.strip() and not line.startswith("#")]


def _piece(line: str, chance: random.Random, mono: bool, cased: bool) -> Piece:
    turns: list[Turn] = []
    secret: dict[tuple[int, int], str] = {}
    at = 0.0
    russian = bool(re.search("[а-яё]", line))
    for said in line.split(" / "):
        agent = said.startswith("A: ")
        words: list[str] = []
        for text, kind in _parts(said.removeprefix("A: "), chance, russian):
            for word in text.split():
                if kind:
                    secret[len(turns), len(words)] = kind
                words.append(word.capitalize() if kind and cased else word)
        start, timed = at, []
        for word in words:
            length = 0.12 + 0.05 * len(word)
            timed.append(Word(round(at, 2), round(at + length, 2), f" {word}", 0.9))
            at += length + 0.06
        party = Party.AGENT if agent else Party.CUSTOMER
        channel = 0 if agent or mono else 1
        turns.append(Turn(party, channel, start, at, " ".join(words), 0.9, tuple(timed)))
        at += 0.7
    language = "ru" if russian else "en"
    return Piece(Transcript("piece", "0" * 64, "-", language, "-", "-", tuple(turns)), secret, line)


def _parts(text: str, chance: random.Random, russian: bool) -> list[tuple[str, str | None]]:
    """Stretches of a turn: the text, and the kind of secret that it is."""
    found: list[tuple[str, str | None]] = []
    end = 0
    for hole in _HOLE.finditer(text):
        found.append((text[end : hole.start()], None))
        kind, words, plain = hole.groups()
        found.append((words or _said(kind or plain, chance, russian), kind))
        end = hole.end()
    return [*found, (text[end:], None)]


def _said(kind: str, chance: random.Random, russian: bool) -> str:
    match kind:
        case "card":
            return _grouped(_card(chance), chance, russian)
        case "code":
            return _spelt(_digits(3, chance), chance, russian)
        case "expiry":
            month, year = chance.randint(1, 12), chance.randint(26, 31)
            return chance.choice(
                [f"{month:02d} {year}", f"{month:02d}/{year}", _spelt(f"{month:02d}{year}", chance, russian)]
            )
        case "once":
            return _spelt(_digits(chance.choice([4, 4, 5, 6]), chance), chance, russian)
        case "passport":
            series, number = _digits(4, chance), _digits(6, chance)
            return f"{series[:2]} {series[2:]} номер {number}" if russian else _spelt(_digits(9, chance), chance, False)
        case "phone":
            code, rest = chance.choice(["916", "926", "903", "495"]), _digits(7, chance)
            return f"8 {code} {rest[:3]} {rest[3:5]} {rest[5:]}" if russian else f"555 {rest[:3]} {rest[3:]}"
        case "order":
            return _digits(chance.choice([7, 9, 12, 13, 14]), chance)
        case "inn":
            return _digits(10, chance)
        case "account":
            return f"40702810{_digits(12, chance)}"
        case "price":
            amount = chance.randint(12, 990) * 100
            return f"{amount} рублей" if russian else f"{amount} dollars"
        case "date":
            return f"{chance.randint(1, 28)} {chance.choice(['мая', 'июня', 'октября'])} 2024 года"
    raise ValueError(kind)


def _digits(count: int, chance: random.Random) -> str:
    return "".join(str(chance.randint(0, 9)) for _ in range(count))


def _card(chance: random.Random) -> str:
    body = chance.choice(["4", "5", "2"]) + _digits(14, chance)
    return next(body + str(last) for last in range(10) if luhn(body + str(last)))


def _grouped(digits: str, chance: random.Random, russian: bool) -> str:
    """The number of a card: written in fours, in one, said digit by digit, in pairs, in thousands, with slips."""
    way = chance.choice(["fours", "fours", "one", "digits", "pairs", "words", "thousands"])
    fours = [digits[at : at + 4] for at in range(0, 16, 4)]
    if way == "fours":
        return " ".join(fours)
    if way == "one":
        return digits
    if way == "digits":
        return " ".join(digits)
    if way == "pairs" or (way == "thousands" and not russian):
        said = " ".join(_number(digits[at : at + 2], russian) for at in range(0, 16, 2))
    elif way == "thousands":
        said = " ".join(_number(four, True) for four in fours)
    else:
        names = _RU if russian else _EN
        said = " ".join(names[int(digit)] for digit in digits)
    return _misheard(said, chance)


def _misheard(said: str, chance: random.Random) -> str:
    return " ".join(_SLIPS[word] if word in _SLIPS and chance.random() < 0.06 else word for word in said.split())


def _spelt(digits: str, chance: random.Random, russian: bool) -> str:
    names = _RU if russian else _EN
    return chance.choice([digits, " ".join(digits), " ".join(names[int(digit)] for digit in digits)])


def _number(digits: str, russian: bool) -> str:
    """A number of up to four digits in words; its zeros in front are said."""
    names, teens, tens = (_RU, _RU_TEENS, _RU_TENS) if russian else (_EN, _EN_TEENS, _EN_TENS)
    zeros = len(digits) - len(digits.lstrip("0"))
    value = int(digits)
    said = [names[0]] * min(zeros, len(digits))
    if value >= 1000:
        thousands = value // 1000
        said += [["", "одна", "две", "три", "четыре"][thousands] if thousands < 5 else names[thousands]]
        said += ["тысяча" if thousands == 1 else "тысячи" if thousands < 5 else "тысяч"]
        value %= 1000
    if value >= 100:
        said.append(_RU_HUNDREDS[value // 100 - 1])
        value %= 100
    if value >= 20:
        said.append(tens[value // 10 - 2])
        value %= 10
    elif value >= 10:
        said.append(teens[value - 10])
        value = 0
    return " ".join([*said, names[value]] if value else said)


def words_hidden(before: Transcript, after: Sequence[Turn]) -> set[tuple[int, int]]:
    """(turn, word) of the words of a transcript that are not in what was made of it."""
    hidden = set()
    for number, (old, new) in enumerate(zip(before.turns, after, strict=True)):
        kept = {word.start_s for word in new.words if word in old.words}
        hidden |= {(number, index) for index, word in enumerate(old.words) if word.start_s not in kept}
    return hidden
