"""Rows of somebody's file by a mapping: raw cells to the texts of the import format, then the same checks as always.

Pure. Each cell that can't be understood is told with the column's own header; a bad row loses nobody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from qc_workbench.domain.call import Manager
from qc_workbench.domain.file_mapping import FIELDS, KEEPS_THE_REST, CellKind, Field, FileMapping, Made, RowKind
from qc_workbench.sources import cell_reading, phones
from qc_workbench.sources.cells import Cells, Conventions
from qc_workbench.sources.csv_folder import ENTITIES
from qc_workbench.sources.file_words import FileWords
from qc_workbench.sources.problems import BadValueError, Problem, Severity, shown
from qc_workbench.sources.rows import Entity
from qc_workbench.sources.sheet_layout import Header, Raw, RawRow, header_key, heading_text, kind_of, text_of
from qc_workbench.sources.tables import Table, TableRow
from qc_workbench.sources.values import nearest

#: Before the id of an employee whom only a file names.
OF_FILES: Final = "files:"
#: Before the id that is made of what a row says.
MADE_ID: Final = "row-"
_ENTITIES: Final[Mapping[str, Entity[Any]]] = {entity.name: entity for entity in ENTITIES}
_MOST_REST: Final = 60


#: Tables whose rows may name a client without a number: the number is that of the only deal or sale with this name.
_BY_NAME: Final = frozenset({"activities", "notes"})


class Staff:
    """Employees as files name them: by id, full name, name and initials, extension. Two that fit are none.

    Whoever nobody knows becomes ``files:<name>`` and is told in :meth:`take_newcomers`.
    """

    def __init__(self, managers: Iterable[Manager]) -> None:
        self._known: dict[str, str | None] = {}
        self._short: dict[str, str | None] = {}
        self._ids: set[str] = set()
        self._new: dict[str, Manager] = {}
        for manager in managers:
            self._ids.add(manager.manager_id)
            for name in (*_full_names(manager.name), manager.extension or ""):
                _add(self._known, name, manager.manager_id)
            for name in _short_names(manager.name):
                _add(self._short, name, manager.manager_id)

    def id_of(self, written: str) -> str:
        """Raises ``manager_two`` where two employees fit."""
        if written in self._ids:
            return written
        full = _full_names(written)
        is_short = any(len(word) == 1 for word in _words_of(written))
        # «Иванова Анна» is not taken for the only «Иванова А.» that is known; the other way round she is.
        tries = [(self._known, full), *([(self._short, _short_names(written))] if is_short else [])]
        for known, forms in tries:
            for form in forms:
                if form in known:
                    found = known[form]
                    if found is None:
                        raise BadValueError("manager_two")
                    return found
        name = " ".join(written.split())
        made = f"{OF_FILES}{name}"
        if made not in self._ids:
            self._new.setdefault(made, Manager(made, name))
        return made

    def take_newcomers(self) -> list[Manager]:
        """Those met since the last time."""
        found = list(self._new.values())
        self._ids.update(self._new)
        self._new = {}
        return found


def _add(known: dict[str, str | None], name: str, manager_id: str) -> None:
    if name and known.setdefault(name, manager_id) != manager_id:
        known[name] = None


def _words_of(name: str) -> list[str]:
    return header_key(name).replace(".", " ").split()


def _full_names(name: str) -> tuple[str, ...]:
    """«Иванов Иван Петрович»: itself, surname and name in both orders."""
    words = _words_of(name)
    pairs = [f"{words[0]} {words[1]}", f"{words[1]} {words[0]}"] if len(words) > 1 else []
    return tuple(dict.fromkeys([" ".join(words), *pairs])) if words else ()


def _short_names(name: str) -> tuple[str, ...]:
    """«Иванов И. П.», «Иванов И.»; the surname may stand first or second."""
    words = _words_of(name)
    if len(words) < 2:
        return ()
    forms = [f"{words[0]} {words[1][0]}"]
    if len(words) > 2:
        forms.insert(0, f"{words[0]} {words[1][0]} {words[2][0]}")
    if len(words[1]) > 1:
        forms.append(f"{words[1]} {words[0][0]}")
    return tuple(dict.fromkeys(forms))


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it was read. ``entry`` is None where it was rejected. ``cells``: the texts it was read as."""

    number: int
    kind: RowKind
    entry: Any = None
    cells: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class MappedReader:
    """Reads rows in their order: a heading of a group speaks for the rows below it."""

    def __init__(
        self,
        file: str,
        header: Header,
        mapping: FileMapping,
        words: FileWords,
        conventions: Conventions,
        staff: Staff,
        clients: Mapping[str, str] | None = None,
    ) -> None:
        self._file = file
        self._header = header
        self._mapping = mapping
        self._words = words
        self._near = conventions
        self._staff = staff
        self._clients = clients or {}
        self._entity = _ENTITIES[mapping.entity]
        self._fields = FIELDS[mapping.entity]
        self._place = {key: place for place, key in reversed(list(enumerate(header.keys))) if key}
        self._used = sorted({self._place[key] for key in mapping.headers if key in self._place})
        read = mapping.headers
        self._rest = [
            (header.shown[place], place) for key, place in self._place.items() if key not in read
        ][:_MOST_REST] if mapping.keep_rest and mapping.entity in KEEPS_THE_REST else []  # fmt: skip
        self._columns = self._table_columns()
        self._group = ""
        self._first_rows: dict[bytes, int] = {}

    def _table_columns(self) -> tuple[str, ...]:
        taken = {item.name for item in self._fields} | set(self._entity.columns)
        rest = [name if name not in taken else f"{name}_" for name, _ in self._rest]
        return (*(item.name for item in self._fields), *rest)

    def read(self, row: RawRow) -> ReadRow:
        if row.problem:
            problem = Problem(self._file, row.number, None, "", row.problem)
            return ReadRow(row.number, RowKind.DATA, problems=(problem,))
        kind = kind_of(row, self._header, self._used)
        if kind is RowKind.GROUP:
            self._group = heading_text(row)
        if kind is not RowKind.DATA:
            return ReadRow(row.number, kind)
        problems: list[Problem] = []
        texts = {item.name: self._text(row, item, problems) for item in self._fields}
        self._make(texts, rejected=any(item.severity is Severity.REJECTED for item in problems))
        bad = {problem.column for problem in problems}
        if any(problem.code == "cell_time" for problem in problems):
            bad |= set(self._mapping.times)
        if any(item.severity is Severity.REJECTED for item in problems):
            bad |= {item.name for item in self._fields if item.made is not Made.NOTHING}  # it was not even tried
        rest = [text_of(self._cell(row, place)) for _, place in self._rest]
        table = Table(self._file, self._columns, self._header.row, ())
        cells = Cells(table, TableRow(row.number, (*texts.values(), *rest)), self._near)
        entry = self._entity.read(cells)
        if not cells.rejected and not any(item.severity is Severity.REJECTED for item in problems):
            self._once(entry, row.number, cells)
        # A cell that could not be read is told once, in the words of what was written.
        problems += [self._named(item) for item in cells.problems if item.column not in bad]
        rejected = any(item.severity is Severity.REJECTED for item in problems)
        # One column may serve two fields: what is wrong with its cell is told once.
        named = (self._with_header(item) for item in problems)
        told = tuple({(item.column, item.value, item.code, *item.params.values()): item for item in named}.values())
        return ReadRow(row.number, kind, None if rejected else entry, texts, told)

    def _once(self, entry: Any, number: int, cells: Cells) -> None:
        key = hashlib.blake2b(repr(self._entity.key(entry)).encode(), digest_size=12).digest()
        first = self._first_rows.setdefault(key, number)
        if first != number:
            made = self._entity.key_column not in {*self._mapping.columns, *self._mapping.constants}
            cells.note(self._entity.key_column, "row_twice" if made else "duplicate_id", first_row=first)

    def _cell(self, row: RawRow, place: int) -> Raw:
        return row.cells[place] if place < len(row.cells) else None

    def _raw(self, row: RawRow, header: str) -> Raw:
        place = self._place.get(header)
        return None if place is None else self._cell(row, place)

    def _text(self, row: RawRow, item: Field, problems: list[Problem]) -> str:
        """The canonical text of one field; "" with a problem noted for what can't be understood."""
        name = item.name
        raw: Raw = None
        if name in self._mapping.columns:
            raw = self._raw(row, self._mapping.columns[name])
        if text_of(raw) == "" and name == self._mapping.group_field:
            raw = self._group or None
        if text_of(raw) == "":
            raw = self._mapping.constants.get(name)
        if text_of(raw) == "":
            return ""
        try:
            return self._read(row, item, raw, problems)
        except BadValueError as bad:
            of_clock = bad.code == "cell_time" and name in self._mapping.times
            written = self._raw(row, self._mapping.times[name]) if of_clock else raw
            told = Problem(self._file, row.number, name, shown(text_of(written)), bad.code, bad.params)
            if of_clock:
                told = replace(told, column=self._header.shown[self._place[self._mapping.times[name]]])
            problems.append(told)
            return ""

    def _read(self, row: RawRow, item: Field, raw: Raw, problems: list[Problem]) -> str:
        kind, mapping = item.kind, self._mapping
        if kind in (CellKind.MOMENT, CellKind.DAY):
            clock = self._raw(row, mapping.times[item.name]) if item.name in mapping.times else None
            return cell_reading.moment_text(raw, clock, mapping.date_order, self._near.zone)
        if kind is CellKind.MONEY:
            return cell_reading.money_text(raw, mapping.decimal)
        if kind is CellKind.SECONDS:
            return cell_reading.seconds_text(raw)
        if kind is CellKind.CHOICE:
            return self._choice(item, text_of(raw))
        if kind is CellKind.MANAGER:
            return self._staff.id_of(text_of(raw))
        if kind in (CellKind.PHONE, CellKind.PHONES):
            return self._phones(row, item, text_of(raw), problems)
        return text_of(raw)

    def _choice(self, item: Field, written: str) -> str:
        key = header_key(written)
        own = self._mapping.words.get(item.name, {})
        found = own.get(key) or self._words.words.get(item.name, {}).get(key) or (key if key in item.choices else "")
        if not found:
            raise BadValueError("word_unknown", choices=", ".join(item.choices),
                                similar=nearest(key, tuple(self._words.words.get(item.name, {}))))  # fmt: skip
        return found

    def _phones(self, row: RawRow, item: Field, written: str, problems: list[Problem]) -> str:
        if phones.is_hidden(written):
            return written
        good, bad = cell_reading.phones_of(written, self._near.phone_region)
        if not good:
            raise BadValueError("phone_format", region=self._near.phone_region)
        one = item.kind is CellKind.PHONE
        problems += [
            Problem(self._file, row.number, item.name, shown(written), "phone_skipped", {"phone": shown(part)},
                    Severity.WARNING)
            for part in (*bad, *(good[1:] if one else ()))
        ]  # fmt: skip
        return good[0] if one else ";".join(good)

    def _make(self, texts: dict[str, str], *, rejected: bool) -> None:
        """What no column has: the phone of a client known by name, the outcome of a call, an id."""
        if not texts.get("client_phone", "-") and texts.get("client_name") and self._mapping.entity in _BY_NAME:
            texts["client_phone"] = self._clients.get(header_key(texts["client_name"]), "")
        for item in self._fields:
            if texts[item.name] or item.made is Made.NOTHING or rejected:
                continue
            if item.made is Made.FROM_TALK:
                talked = texts.get("talk_s", "")
                # Missed is inbound without talk; outbound it means that the client did not pick up.
                texts[item.name] = "" if not talked else ("answered" if float(talked) > 0 else "missed")
            elif item.name in self._mapping.columns:
                continue  # a column has ids, this row has none: that is told, not hidden
            elif self._mapping.entity == "managers":
                texts[item.name] = f"{OF_FILES}{texts['name']}" if texts["name"] else ""
            else:
                texts[item.name] = self._made_id(texts)

    def _made_id(self, texts: Mapping[str, str]) -> str:
        """The same for the same row in any file: read again, nothing is doubled."""
        changing = _CHANGING.get(self._mapping.entity, frozenset())
        said = [f"{name}={text}" for name, text in sorted(texts.items()) if text and name not in changing]
        digest = hashlib.sha256("\0".join((self._mapping.entity, *said)).encode()).hexdigest()
        return f"{MADE_ID}{digest[:20]}"

    def _named(self, problem: Problem) -> Problem:
        """A missing value is told of the column that should have it, or as a field without a column."""
        if problem.code == "value_missing" and problem.column not in self._mapping.columns:
            return Problem(problem.file, problem.row, problem.column, problem.value, "field_untold", problem.params)
        return problem

    def _with_header(self, problem: Problem) -> Problem:
        key = self._mapping.columns.get(problem.column or "")
        if key is None or key not in self._place:
            return problem
        return Problem(problem.file, problem.row, self._header.shown[self._place[key]], problem.value, problem.code,
                       problem.params, problem.severity)  # fmt: skip


#: Fields that change while the thing stays the same: an id made of them would make a new thing each time.
_CHANGING: Final[Mapping[str, frozenset[str]]] = {
    "calls": frozenset({"outcome", "source", "medium", "campaign", "keyword"}),
    "deals": frozenset(
        {"manager_id", "stage", "status", "stage_since", "lost_reason", "closed_at", "amount", "currency", "source"}
    ),
    "activities": frozenset({"due_at", "done_at", "result"}),
}


def sample_rows(rows: Sequence[RawRow], header: Header, most: int) -> list[Sequence[Raw]]:
    """Cells of the first rows of data below the header, for guessing."""
    found: list[Sequence[Raw]] = []
    for row in rows:
        if row.number <= header.last_row or row.problem:
            continue
        if kind_of(row, header, ()) is RowKind.DATA:
            found.append(row.cells)
        if len(found) >= most:
            break
    return found
