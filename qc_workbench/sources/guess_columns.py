"""What a file most likely is, and which column is what: a suggestion with its reasons, for a person to look at. Pure.

Two things speak for a column: its header (:mod:`qc_workbench.sources.file_words`) and what its cells look like. Either
alone is less sure than both. Weights are a matter of taste, not of measurement: they only decide what is offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from rapidfuzz import fuzz, process

from qc_workbench.domain.file_mapping import FIELDS, CellKind, DateOrder, Field, FileMapping, Made
from qc_workbench.sources import cell_reading
from qc_workbench.sources.file_words import FileWords
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.sheet_layout import JOINT, Header, Raw, header_key, text_of

#: Rows that are looked at.
SAMPLE: Final = 200
#: Different values of a column that is offered to be translated word by word.
MOST_WORDS: Final = 40
#: How alike two headers must be to be taken for one with a slip, of 100.
ALIKE: Final = 88
SURE: Final = 0.85
LIKELY: Final = 0.6
#: Below it a column is not offered.
LEAST: Final = 0.4

_WHOLE: Final = 0.75  # the header is one that is known
_NEAR: Final = 0.55
_PART: Final = 0.5  # the lower of two rows, or the first words, are known
_CONTENT: Final = 0.3  # the cells are as they should be
_ONLY_CONTENT: Final = 0.45


class Reason(StrEnum):
    HEADER = "header"
    HEADER_NEAR = "header_near"
    HEADER_PART = "header_part"
    CONTENT = "content"
    AGAINST = "against"  # the cells do not look like it
    ALSO = "also"  # the same column serves another field


@dataclass(frozen=True, slots=True)
class Guess:
    """``header``: the column's key; ``share``: of filled cells that look right, None where cells tell nothing."""

    field: str
    header: str
    sureness: float
    reasons: tuple[Reason, ...]
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    mapping: FileMapping
    guesses: Mapping[str, Guess] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sample: its header and filled cells. ``shares``: of them that read as each kind."""

    key: str
    cells: tuple[Raw, ...]
    shares: Mapping[CellKind, float]


def columns_of(header: Header, rows: Sequence[Sequence[Raw]], region: str) -> tuple[Column, ...]:
    found = []
    for place, key in enumerate(header.keys):
        if not key:
            continue
        cells = tuple(row[place] for row in rows[:SAMPLE] if place < len(row) and text_of(row[place]))
        found.append(Column(key, cells, _shares(cells, region)))
    return tuple(found)


def _shares(cells: Sequence[Raw], region: str) -> dict[CellKind, float]:
    if not cells:
        return {}
    total = len(cells)
    return {
        CellKind.PHONE: sum(_is_phone(cell, region) for cell in cells) / total,
        CellKind.MOMENT: sum(_is_date(cell) for cell in cells) / total,
        CellKind.MONEY: sum(_is_number(cell) for cell in cells) / total,
        CellKind.SECONDS: sum(_is_length(cell) for cell in cells) / total,
    }


def _is_phone(cell: Raw, region: str) -> bool:
    text = text_of(cell)
    if not 9 <= sum(char.isdigit() for char in text) <= 80 or not isinstance(cell, str | int | float):
        return False
    try:
        good, bad = cell_reading.phones_of(text, region)
    except BadValueError:
        return True  # rounded by Excel: a phone all the same
    return bool(good) and len(bad) <= len(good)


def _is_date(cell: Raw) -> bool:
    if isinstance(cell, int | float):
        return False  # a number is a date only where somebody says so
    for order in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST):
        try:
            cell_reading.day_of(cell, order)
        except BadValueError:
            continue
        return True
    return False


def _is_number(cell: Raw) -> bool:
    try:
        cell_reading.money_text(cell, ",")
    except BadValueError:
        return False
    return True


def _is_length(cell: Raw) -> bool:
    try:
        return 0 <= float(cell_reading.seconds_text(cell)) <= 86_400
    except BadValueError:
        return False


def date_order(cells: Sequence[Raw]) -> DateOrder | None:
    """Told by the first date that can be read in one way only; None where every date can be read in two."""
    for cell in cells:
        if not isinstance(cell, str):
            continue
        can = []
        for order in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST):
            try:
                can.append((order, cell_reading.day_of(cell, order)))
            except BadValueError:
                continue
        if len(can) == 1:
            return can[0][0]
    return None


def decimal_mark(cells: Sequence[Raw]) -> str:
    """The mark before one or two last digits somewhere in the columns of numbers; a comma where there is none."""
    for cell in cells:
        text = text_of(cell)
        if isinstance(cell, str) and len(text) > 2:
            for mark in (",", "."):
                head, found, tail = text.rpartition(mark)
                if found and head and 1 <= len(tail) <= 2 and tail.isdigit() and head[-1].isdigit():
                    return mark
    return ","


def suggest(header: Header, rows: Sequence[Sequence[Raw]], words: FileWords, region: str) -> Suggestion:
    """The table that the columns speak for most, and a column for each of its fields."""
    columns = columns_of(header, rows, region)
    found = {entity: _columns_for(entity, columns, words) for entity in FIELDS}
    scores = {entity: _score(entity, guesses, columns) for entity, guesses in found.items()}
    best = max(scores, key=lambda entity: scores[entity])
    return Suggestion(_mapping(best, found[best], columns, header, words), found[best])


def suggest_for(
    entity: str, header: Header, rows: Sequence[Sequence[Raw]], words: FileWords, region: str
) -> Suggestion:
    columns = columns_of(header, rows, region)
    guesses = _columns_for(entity, columns, words)
    return Suggestion(_mapping(entity, guesses, columns, header, words), guesses)


def _score(entity: str, guesses: Mapping[str, Guess], columns: Sequence[Column]) -> float:
    """How well the required fields are met, and how much of the file the table uses."""
    needed = [item for item in FIELDS[entity] if item.required and item.made is Made.NOTHING]
    met = sum(guesses[item.name].sureness for item in needed if item.name in guesses) / len(needed)
    used = len({guess.header for guess in guesses.values()}) / max(1, len(columns))
    telling = {"calls": ("direction", "talk_s"), "deals": ("stage", "status"), "activities": ("type", "due_at"),
               "sales": ("amount", "sold_at"), "notes": ("text",), "managers": ("role", "extension", "group"),
               }[entity]  # fmt: skip
    tells = sum(guesses[name].sureness for name in telling if name in guesses) / len(telling)
    return met + 0.5 * used + 0.4 * tells


def _columns_for(entity: str, columns: Sequence[Column], words: FileWords) -> dict[str, Guess]:
    """The best column of each field, the surest pairs first; a column serves one field, dates may serve two."""
    pairs = [
        guess
        for item in FIELDS[entity]
        for column in columns
        if (guess := _pair(entity, item, column, words)) is not None and guess.sureness >= LEAST
    ]
    order = {item.name: place for place, item in enumerate(FIELDS[entity])}
    pairs.sort(key=lambda guess: (-guess.sureness, order[guess.field]))
    chosen: dict[str, Guess] = {}
    taken: set[str] = set()
    for guess in pairs:
        if guess.field not in chosen and guess.header not in taken:
            chosen[guess.field] = guess
            taken.add(guess.header)
    return _needed_twice(entity, chosen, pairs)


def _needed_twice(entity: str, chosen: dict[str, Guess], pairs: Sequence[Guess]) -> dict[str, Guess]:
    """A required field whose column another field has taken shares it: «Состояние» is stage and status in one."""
    for item in FIELDS[entity]:
        if not item.required or item.made is not Made.NOTHING or item.name in chosen:
            continue
        shared = next((guess for guess in pairs if guess.field == item.name), None)
        if shared is None and item.kind is CellKind.MOMENT:
            dates = [g for g in chosen.values() if g.field in ("due_at", "done_at", "closed_at")]
            shared = Guess(item.name, dates[0].header, LEAST, (), dates[0].share) if dates else None
        if shared is None and item.name == "stage" and "status" in chosen:
            shared = Guess("stage", chosen["status"].header, LEAST, (), None)
        if shared is not None:
            reasons = (*shared.reasons, Reason.ALSO)
            chosen[item.name] = Guess(item.name, shared.header, min(shared.sureness, LIKELY), reasons, shared.share)
    if entity == "activities" and "created_at" in chosen and not {"due_at", "done_at"} & set(chosen):
        # A journal has one date: of what was done, where there are results, else of what is planned.
        name, only = ("done_at" if "result" in chosen else "due_at"), chosen["created_at"]
        chosen[name] = Guess(name, only.header, LEAST, (Reason.ALSO,), only.share)
    return chosen


def _pair(entity: str, item: Field, column: Column, words: FileWords) -> Guess | None:
    names = words.headers.get(entity, {}).get(item.name, ())
    by_header, reason = _by_header(column.key, names)
    share = _share(item, column, words)
    if reason is None:
        if share is None or share < 0.8 or item.kind not in (CellKind.PHONE, CellKind.PHONES) or not item.required:
            return None
        return Guess(item.name, column.key, _ONLY_CONTENT * share, (Reason.CONTENT,), share)
    if share is None:
        return Guess(item.name, column.key, by_header, (reason,), None)
    if share < 0.2 and column.cells:
        return Guess(item.name, column.key, by_header - 0.5, (reason, Reason.AGAINST), share)
    return Guess(item.name, column.key, min(1.0, by_header + _CONTENT * share - 0.05), (reason, Reason.CONTENT), share)


def _by_header(key: str, names: Sequence[str]) -> tuple[float, Reason | None]:
    if key in names:
        return _WHOLE + 0.1 * (1 - names.index(key) / max(1, len(names))), Reason.HEADER
    parts = [part.strip() for part in key.split(JOINT)]
    if len(parts) > 1 and (parts[-1] in names or parts[0] in names):
        return _PART + 0.1, Reason.HEADER_PART
    beginning = key.split(",")[0].split("(")[0].strip()
    if beginning != key and beginning in names:
        return _WHOLE - 0.05, Reason.HEADER_PART
    if len(key) >= 5 and process.extractOne(key, names, scorer=fuzz.ratio, score_cutoff=ALIKE):
        return _NEAR, Reason.HEADER_NEAR
    return 0.0, None


def _share(item: Field, column: Column, words: FileWords) -> float | None:
    """The share of cells that look like the field's kind; None for kinds that any text can be."""
    if not column.cells:
        return None
    if item.kind is CellKind.CHOICE:
        known = words.words.get(item.name, {})
        fits = sum(header_key(text_of(cell)) in known or header_key(text_of(cell)) in item.choices
                   for cell in column.cells)  # fmt: skip
        return fits / len(column.cells)
    kind = {CellKind.PHONES: CellKind.PHONE, CellKind.DAY: CellKind.MOMENT}.get(item.kind, item.kind)
    return column.shares.get(kind)


def _mapping(
    entity: str, guesses: Mapping[str, Guess], columns: Sequence[Column], header: Header, words: FileWords
) -> FileMapping:
    by_key = {column.key: column for column in columns}
    chosen = {name: guess.header for name, guess in guesses.items()}
    kinds = {item.name: item.kind for item in FIELDS[entity]}
    dates = [name for name in chosen if kinds[name] in (CellKind.MOMENT, CellKind.DAY)]
    date_cells = [cell for name in dates for cell in by_key[chosen[name]].cells]
    numbers = [cell for name in chosen if kinds[name] is CellKind.MONEY for cell in by_key[chosen[name]].cells]
    clocks = [column.key for column in columns if column.key in words.clocks and column.key not in chosen.values()]
    # A time of day belongs to the dates that have none of their own.
    times = {name: clocks[0] for name in dates if clocks and kinds[name] is CellKind.MOMENT
             and not any(_has_clock(cell) for cell in by_key[chosen[name]].cells[:20])}  # fmt: skip
    return FileMapping(
        entity=entity,
        columns=chosen,
        times=times,
        words={
            name: missing
            for name in chosen
            if kinds[name] is CellKind.CHOICE and (missing := _untold(name, entity, by_key[chosen[name]], words))
        },
        header_row=header.row,
        header_rows=header.rows,
        date_order=date_order(date_cells) or DateOrder.DAY_FIRST,
        decimal=decimal_mark(numbers),
    )


def _has_clock(cell: Raw) -> bool:
    try:
        _, clock = cell_reading.day_of(cell, DateOrder.DAY_FIRST)
    except BadValueError:
        return False
    return clock is not None and (clock.hour, clock.minute, clock.second) != (0, 0, 0)


def _untold(name: str, entity: str, column: Column, words: FileWords) -> dict[str, str]:
    """What stands in a column of choices: each different text with what it is taken for, "" where nobody knows.

    Status "" of a deal is left as ``open`` by nobody: it is asked.
    """
    known = words.words.get(name, {})
    choices = next(item.choices for item in FIELDS[entity] if item.name == name)
    texts = dict.fromkeys(header_key(text_of(cell)) for cell in column.cells)
    return {text: "" for text in list(texts)[:MOST_WORDS] if text not in known and text not in choices}
