"""Russian and English numerals as spoken: what number a word is, and whether it counts or orders."""

from __future__ import annotations

from functools import cache

_RU_CARDINALS = {
    1: "один одна одно одного одной одному одну одним",
    2: "два две двух двум двумя",
    3: "три трех трем тремя",
    4: "четыре четырех четырем четырьмя",
    40: "сорок сорока",
}
_RU_REGULAR = {
    5: "пят", 6: "шест", 7: "сем", 9: "девят", 10: "десят", 11: "одиннадцат", 12: "двенадцат", 13: "тринадцат",
    14: "четырнадцат", 15: "пятнадцат", 16: "шестнадцат", 17: "семнадцат", 18: "восемнадцат", 19: "девятнадцат",
    20: "двадцат", 30: "тридцат",
}  # fmt: skip
_RU_ORDINALS = {
    1: "перв", 2: "втор", 4: "четверт", 5: "пят", 6: "шест", 7: "седьм", 8: "восьм", 9: "девят", 10: "десят",
    11: "одиннадцат", 12: "двенадцат", 13: "тринадцат", 14: "четырнадцат", 15: "пятнадцат", 16: "шестнадцат",
    17: "семнадцат", 18: "восемнадцат", 19: "девятнадцат", 20: "двадцат", 30: "тридцат",
}  # fmt: skip
_EN_CARDINALS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
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
    "twenty",
]
_EN_ORDINALS = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]


@cache
def numerals() -> dict[str, tuple[int, bool]]:
    """word -> (number, is ordinal)."""
    table: dict[str, tuple[int, bool]] = {}
    for number, forms in _RU_CARDINALS.items():
        table |= dict.fromkeys(forms.split(), (number, False))
    for number, stem in _RU_REGULAR.items():
        table |= {stem + ending: (number, False) for ending in ("ь", "и", "ью")}
    table |= dict.fromkeys(("восемь", "восьми", "восемью"), (8, False))
    table |= dict.fromkeys(("пятьдесят", "пятидесяти"), (50, False))
    for number, stem in _RU_ORDINALS.items():
        # Genitive, dative and nominative: «двадцатого», «к двадцатому», «двадцатое». Not «первых», «первой»:
        # those belong to phrases of their own.
        table |= {stem + ending: (number, True) for ending in ("ого", "ому", "ое", "ым")}
    table |= dict.fromkeys(("третьего", "третьему", "третье", "третьим"), (3, True))
    table |= {word: (number, False) for number, word in enumerate(_EN_CARDINALS) if number}
    table |= {word: (number, True) for number, word in enumerate(_EN_ORDINALS) if number}
    table |= {"thirty": (30, False), "forty": (40, False), "fifty": (50, False)}
    table |= {"thirtieth": (30, True), "seven's": (7, False)}
    return table
