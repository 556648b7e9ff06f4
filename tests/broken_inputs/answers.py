"""What telephone systems and CRMs may answer instead of what they should."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.broken_inputs.files import Files
from tests.fuzzing.answers import DIVIDER
from tests.fuzzing.borders import BORDERS
from tests.fuzzing.rule import SECRET


@dataclass(frozen=True, slots=True)
class Rows:
    """Where rows stand in an answer, and which of their fields are the time, a number, a text and the id."""

    path: tuple[str, ...]
    time: str
    number: str
    text: str
    ident: str


_ROWS: Final[Mapping[str, Rows]] = {
    "ringostat": Rows((), "calldate", "billsec", "caller_number", "uniqueid"),
    "binotel": Rows(("callDetails",), "startTime", "billsec", "externalNumber", "generalCallID"),
    "uis": Rows(("result", "data"), "start_time", "talk_duration", "contact_phone_number", "id"),
    "zadarma": Rows(("stats",), "callstart", "seconds", "clid", "pbx_call_id"),
    "twilio": Rows(("calls",), "start_time", "duration", "from", "sid"),
    "bitrix24_calls": Rows(("result",), "CALL_START_DATE", "CALL_DURATION", "PHONE_NUMBER", "CALL_ID"),
    "pipedrive": Rows(("data",), "stage_change_time", "value", "title", "id"),
    "amocrm": Rows(("_embedded", "leads"), "updated_at", "price", "name", "id"),
    "bitrix24": Rows(("result",), "DATE_MODIFY", "OPPORTUNITY", "TITLE", "ID"),
    "odata_1c": Rows(("value",), "Date", "СуммаДокумента", "Number", "Ref_Key"),
}
_ANSWERS: Final[Mapping[str, bytes]] = {
    "page_of_html": b"<!DOCTYPE html><html><body>maintenance</body></html>",
    "nothing": b"",
    "null": b"null",
    "number": b"42",
    "text": b'"error"',
    "list_of_lists": b"[[[]]]",
    "object_of_nothing": b"{}",
    "not_a_number": b"NaN",
    "nested_without_end": b"[" * 1_500,
    "number_without_end": b'{"data": ' + b"9" * 5_000 + b"}",
    "two_documents": b"{}{}",
    "windows_1251": '{"status": "ошибка"}'.encode("cp1251"),
    "error_that_repeats_the_key": json.dumps(
        {"error": SECRET, "status": "error", "code": SECRET, "message": SECRET}
    ).encode(),
    "wait_for_a_superscript": b"%HTTP 429 retry-after: \xb2\n",
    "date_without_zone": b"%HTTP 200 date: Mon, 02 Mar 2026 08:15:13 -0000\n{}",
    "date_beyond_time": b"%HTTP 500 date: Mon, 02 Mar 99999999999999999999 08:15:13 +0000\n",
    "redirect_to_no_address": b"%HTTP 302 location: http://[\n",
    "empty_with_204": b"%HTTP 204 \n",
}


def _stunted(value: Any, depth: int = 0) -> Any:
    """Objects within the objects of a row become texts."""
    if isinstance(value, list):
        return [_stunted(item, depth) for item in value]
    if isinstance(value, dict):
        return {k: "x" if depth and isinstance(v, dict) else _stunted(v, depth + 1) for k, v in value.items()}
    return value


#: What is changed in a copy of a good row that stands before it: the good ones must be taken nevertheless.
_CHANGES: Final[Mapping[str, Callable[[Rows, dict[str, Any]], Any]]] = {
    "year_0": lambda at, row: {**row, at.time: "0000-00-00 00:00:00"},
    "year_1": lambda at, row: {**row, at.time: "0001-01-01 00:00:00"},
    "year_9999": lambda at, row: {**row, at.time: "9999-12-31 23:59:59"},
    "hour_that_is_not": lambda at, row: {**row, at.time: "2026-03-29 03:30:00"},
    "time_without_end": lambda at, row: {**row, at.time: 10**30},
    "time_is_a_list": lambda at, row: {**row, at.time: [1]},
    "negative_number": lambda at, row: {**row, at.number: "-5"},
    "number_is_nan": lambda at, row: {**row, at.number: float("nan")},
    "number_is_an_object": lambda at, row: {**row, at.number: {"value": 1}},
    "number_of_400_digits": lambda at, row: {**row, at.number: 10**400},
    "text_of_1000_digits": lambda at, row: {**row, at.text: "7" * 1_000},
    "half_a_character": lambda at, row: {**row, at.text: "\ud83d"},
    "zero_character": lambda at, row: {**row, at.text: "a\x00b"},
    "id_is_null": lambda at, row: {**row, at.ident: None},
    "id_is_an_object": lambda at, row: {**row, at.ident: {"id": 1}},
    "branches_are_texts": lambda at, row: {k: "x" if isinstance(v, dict | list) else v for k, v in row.items()},
    "branches_hold_texts": lambda at, row: {k: ["x"] if isinstance(v, dict | list) else v for k, v in row.items()},
    "branches_of_branches_are_texts": lambda at, row: _stunted(row),
    "nothings_are_texts": lambda at, row: {k: "x" if v in (None, "", "0", 0) else v for k, v in row.items()},
    "other_values_are_objects": lambda at, row: {
        k: v if k in (at.ident, at.time) else {"x": v} for k, v in row.items()
    },
    "other_values_are_lists": lambda at, row: {k: v if k in (at.ident, at.time) else [v] for k, v in row.items()},
    "row_is_text": lambda at, row: "row",
    "row_is_null": lambda at, row: None,
    "row_is_empty": lambda at, row: {},
    "row_has_only_its_id": lambda at, row: {at.ident: row[at.ident]},
}


def of_system(kind: str) -> Files:
    good = BORDERS[kind].seeds()[0].split(DIVIDER)
    for name, content in _ANSWERS.items():
        yield f"{name}.txt", content
        if kind in ("uis", "amocrm", "bitrix24") and name in ("nothing", "list_of_lists", "null"):
            yield f"second_is_{name}.txt", DIVIDER.join([good[0], content])
    yield "broken_off.txt", good[0][: len(good[0]) * 2 // 3]
    if kind == "mango":
        yield from _of_mango(good)
        return
    at = _ROWS[kind]
    place = next(number for number, part in enumerate(good) if _rows(part, at))
    for name, change in _CHANGES.items():
        tree = json.loads(good[place])
        rows = _at(tree, at.path)
        like = next(iter(rows.values())) if isinstance(rows, dict) else rows[0]
        changed = change(at, {**like, at.ident: _other(like[at.ident])})
        if isinstance(rows, dict):
            rows["other"] = changed
        else:
            rows.insert(0, changed)
        yield f"{name}.txt", DIVIDER.join([*good[:place], json.dumps(tree).encode(), *good[place + 1 :]])
    tree = json.loads(good[place])
    rows = _at(tree, at.path)
    if isinstance(rows, list):
        rows.extend(json.loads(json.dumps(rows)))
        yield "every_row_twice.txt", DIVIDER.join([*good[:place], json.dumps(tree).encode(), *good[place + 1 :]])


def _of_mango(good: list[bytes]) -> Files:
    lines = next(part for part in good if b"entry" not in part and b";" in part)
    first, rest = lines.split(b"\n", 1)
    cells = first.split(b";")
    for name, row in {
        "cell_too_few": b";".join(cells[:-1]), "cell_too_many": first + b";;;", "time_in_words": first.replace(cells[1], b"soon"),
        "time_beyond": first.replace(cells[1], b"9" * 20), "no_id": first.replace(b"e1", b""),
        "quote_never_closed": b'"' + first, "not_utf8": first.replace(b"abonent", b"\xff\xfe"),
        "one_cell_of_200_kb": b"x" * 132_000,
    }.items():  # fmt: skip
        yield f"{name}.txt", DIVIDER.join([*good[:-1], row + b"\n" + rest])


def _rows(part: bytes, at: Rows) -> bool:
    try:
        rows = _at(json.loads(part), at.path)
    except (ValueError, KeyError, TypeError):
        return False
    found = list(rows.values()) if isinstance(rows, dict) else rows
    return bool(found) and isinstance(found[0], dict) and at.time in found[0]


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        tree = tree[name]
    return tree


def _other(ident: Any) -> Any:
    return ident + 900 if isinstance(ident, int) else f"{ident}9"


def of_one(kind: str) -> Files:
    """Answers about one thing that a webhook named."""
    for name in ("page_of_html", "nothing", "null", "list_of_lists", "object_of_nothing", "nested_without_end"):
        yield f"{name}.txt", _ANSWERS[name]
    good = BORDERS[f"{kind}_one"].seeds()[0]
    yield "broken_off.txt", good[: len(good) // 3]


def of_links(kind: str) -> Files:
    for name in (
        "page_of_html",
        "nothing",
        "null",
        "nested_without_end",
        "redirect_to_no_address",
        "error_that_repeats_the_key",
    ):
        yield f"{name}.txt", _ANSWERS[name]
    yield "link_is_a_list.txt", b'{"status": "success", "url": [], "links": [[]], "result": {"DOWNLOAD_URL": []}}'
    yield (
        "link_is_a_file.txt",
        (
            b'{"status": "success", "url": "file:///etc/passwd", "links": ["file:///etc/passwd"], '
            b'"result": {"DOWNLOAD_URL": "file:///etc/passwd"}}'
        ),
    )
