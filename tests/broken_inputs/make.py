"""``python -m tests.broken_inputs.make``: writes the inputs of ``made/`` anew, and what comes of every input into
``expected.tsv``. The table is what the tests hold the program to: read the difference before it is committed.

``found/`` holds what the fuzzer found, as it was found; no command writes there.
"""

from __future__ import annotations

import io
import json
import shutil
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tests.fuzzing.answers import DIVIDER
from tests.fuzzing.borders import BORDERS, CRM, LINKS, TELEPHONY, WEBHOOKS
from tests.fuzzing.kept import without_database
from tests.fuzzing.rule import SECRET, judged
from tests.fuzzing.texts import archive_of
from tests.import_cases import CALLS_HEADER, DEALS_HEADER, GOOD_DEAL, calls_csv, mp3, wav

HERE: Final = Path(__file__).parent
TABLE: Final = HERE / "expected.tsv"
Files = Iterator[tuple[str, bytes]]


# --- answers of systems ----------------------------------------------------------------------------------------------


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


def answers_of(kind: str) -> Files:
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


def links_of(kind: str) -> Files:
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


def of_asterisk() -> Files:
    good = BORDERS["asterisk"].seeds()[0]
    first, rest = good.split(b"\n", 1)
    yield "line_without_end.csv", good + b'"' + b"x" * 100
    yield "cells_of_no_layout.csv", b"a,b,c\n" + good
    yield "quote_never_closed.csv", b'"' + first + b"\n" + good
    yield "zero_bytes.csv", b"\0\0\0\n" + good
    yield "not_utf8.csv", first.replace(b"ext-queues", b"\xff\xfe\xed\xa0\x80") + b"\n" + rest
    yield "time_of_year_0.csv", first.replace(b"2026-03-02", b"0000-00-00") + b"\n" + rest
    yield "time_of_year_9999.csv", first.replace(b"2026-03-02", b"9999-12-31") + b"\n" + rest
    yield "seconds_in_words.csv", first.replace(b",12,", b",long,") + b"\n" + rest
    yield "seconds_negative.csv", first.replace(b",12,0,", b",-12,-7,") + b"\n" + rest
    yield "only_line_breaks.csv", b"\r\n\r\n\n"
    yield "nothing.csv", b""


def of_asterisk_sql() -> Files:
    rows = json.loads(BORDERS["asterisk_sql"].seeds()[0])
    for name, changes in {
        "time_is_null": {"calldate": None}, "time_is_text": {"calldate": "yesterday"}, "id_is_null": {"uniqueid": None},
        "seconds_are_text": {"billsec": "x", "duration": "y"}, "bytes_for_text": {"disposition": [1]},
        "seconds_beyond": {"billsec": 10**18}, "time_of_year_1": {"calldate": "@0001-01-01 00:00:00"},
    }.items():  # fmt: skip
        yield f"{name}.json", json.dumps([{**rows[0], **changes}, *rows[1:]]).encode()
    yield "columns_missing.json", json.dumps([{"calldate": row["calldate"]} for row in rows]).encode()
    yield "no_rows.json", b"[]"


# --- tables ----------------------------------------------------------------------------------------------------------


def of_csv() -> Files:
    def calls(line: str) -> bytes:
        return calls_csv(line).encode("utf-8", "surrogatepass")

    def row(**changed: str) -> str:
        cells = dict(
            zip(
                CALLS_HEADER.split(","),
                ["bad", "2026-09-03T10:25:00+03:00", "outbound", "m1", "+79160000003", "12", "3", "answered", "", "ru"],
                strict=True,
            )
        )
        return ",".join({**cells, **changed}.values())

    yield "formula_for_an_id.csv", calls(row(call_id="=cmd|'/c calc'!A1"))
    yield "arabic_digits.csv", calls(row(talk_s="١٢"))
    yield "superscript.csv", calls(row(talk_s="²"))
    yield "number_of_400_digits.csv", calls(row(talk_s="9" * 400))
    yield "infinite.csv", calls(row(talk_s="1e999"))
    yield "phone_of_1000_digits.csv", calls(row(client_phone="+" + "7" * 1000))
    yield "offset_of_99_hours.csv", calls(row(started_at="2026-09-03T10:25:00+99:00"))
    yield "week_date.csv", calls(row(started_at="2026-W36-4T10:25:00+03:00"))
    yield "hour_24.csv", calls(row(started_at="2026-09-03T24:00:00+03:00"))
    yield "half_a_character.csv", calls(row(call_id="a\ud83d"))
    yield "right_to_left.csv", calls(row(call_id="a\u202eb"))
    yield "recording_leads_out.csv", calls(row(recording="../../etc/passwd"))
    yield "language_of_nobody.csv", calls(row(language="x" * 50))
    yield "id_of_a_good_row.csv", calls(row(call_id="good-1"))
    yield "zero_bytes_between.csv", calls_csv().encode().replace(b",", b"\0,")
    yield "carriage_returns.csv", calls_csv().encode().replace(b"\n", b"\r")
    yield "utf16_without_mark.csv", calls_csv().encode("utf-16-le")
    yield "utf32.csv", calls_csv().encode("utf-32")
    yield "only_a_mark.csv", b"\xef\xbb\xbf"
    yield "only_quotes.csv", b'"' * 1001
    yield "delimiters_alone.csv", b",,,,\n" * 50
    yield "header_twice.csv", (CALLS_HEADER + "\n" + calls_csv()).encode()
    yield (
        "deals_of_dates.csv",
        DIVIDER.join((calls_csv().encode(), f"{DEALS_HEADER}\n{GOOD_DEAL}\nd2,,,,,,0000-00-00\n".encode())),
    )
    yield (
        "notes_never_end.csv",
        DIVIDER.join(
            (calls_csv().encode(), b"", b'note_id,created_at,text\nn1,2026-09-02T10:25:00+03:00,"' + b"x" * 9000)
        ),
    )


def of_text_files() -> Files:
    good, cyrillic, wide, _ = BORDERS["mapped_text"].seeds()
    yield "half_a_letter_at_the_end.csv", wide + b"a"
    yield "half_a_letter_alone.csv", b"\xff\xfea"
    yield "only_a_mark.csv", b"\xff\xfe"
    yield "other_bytes_in_cyrillic.csv", cyrillic + b"\x98\x81\n"
    yield "sep_alone.csv", b"sep=;\n"
    yield "sep_of_nothing.csv", b"sep=\n" + good
    yield "quote_never_closed.csv", b'"' + good
    yield "only_totals.csv", "Итого;;;\nВсего;;;\n".encode()
    yield "header_alone.csv", good.split(b"\n")[2]
    yield "columns_without_end.csv", b";".join([b"x"] * 20_000) + b"\n"
    yield "one_line_of_60_kb.csv", b"x" * 60_000
    yield "dates_of_no_calendar.csv", good.replace(b"02.09.2026", b"31.02.2026")
    yield "nothing.csv", b""
    yield "archive.csv", b"PK\x03\x04" + bytes(200)
    yield "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def of_workbooks() -> Files:
    (good,) = BORDERS["xlsx"].seeds()

    def repacked(change: Callable[[str, bytes], bytes | None], level: int = zipfile.ZIP_DEFLATED) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(made, "w", level) as new:
            for item in old.infolist():
                content = change(item.filename, old.read(item))
                if content is not None:
                    new.writestr(zipfile.ZipInfo(item.filename), content)
        return made.getvalue()

    def of_sheet(change: Callable[[bytes], bytes]) -> bytes:
        return repacked(lambda name, content: change(content) if "sheet1.xml" in name else content)

    yield "cut.xlsx", good[: len(good) // 2]
    yield "list_of_contents_cut.xlsx", good[:-30]
    place = good.index(b"PK\x03\x04", 200)
    yield "packed_bytes_changed.xlsx", good[: place - 60] + b"\xff" * 30 + good[place - 30 :]
    yield "no_sheets.xlsx", repacked(lambda name, content: None if "sheet" in name else content)
    yield "no_workbook.xlsx", repacked(lambda name, content: None if name.endswith("workbook.xml") else content)
    yield "entities.xlsx", of_sheet(lambda xml: b'<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]>' + xml)
    yield "xml_cut.xlsx", of_sheet(lambda xml: xml[: len(xml) // 2])
    yield "row_beyond.xlsx", of_sheet(lambda xml: xml.replace(b'<row r="5"', b'<row r="9999999"'))
    yield "cell_beyond.xlsx", of_sheet(lambda xml: xml.replace(b'r="A5"', b'r="XFD1048576"'))
    yield "string_of_no_number.xlsx", of_sheet(lambda xml: xml.replace(b"<v>3</v>", b"<v>99999</v>"))
    yield "number_of_no_number.xlsx", of_sheet(lambda xml: xml.replace(b"<v>3</v>", b"<v>x</v>"))
    yield "merged_backwards.xlsx", of_sheet(lambda xml: xml.replace(b"A1:E1", b"E9:A1"))
    yield "text_called_workbook.xlsx", b"a;b\n1;2\n"
    yield "word_document.xlsx", repacked(lambda name, content: content if name == "[Content_Types].xml" else None)
    yield "nothing.xlsx", b""


# --- texts -----------------------------------------------------------------------------------------------------------


def of_settings() -> Files:
    texts = {
        "cut": '[company\nname = "A"', "key_twice": "[serve]\nport = 1\nport = 2\n", "unknown_section": "[nonsense]\na = 1\n",
        "unknown_key": "[company]\nnonsense = 1\n", "zone_of_nowhere": '[company]\ntimezone = "Europe/Nowhere"\n',
        "zone_is_a_path": '[company]\ntimezone = "../../etc/passwd"\n', "port_beyond": "[serve]\nport = 99999999\n",
        "port_is_text": '[serve]\nport = "http"\n', "number_of_400_digits": f"[serve]\nport = {'9' * 400}\n",
        "not_a_number": "[work]\ntimeout_factor = nan\n", "infinite": "[work]\ntimeout_factor = inf\n",
        "nested_without_end": "a = " + "[" * 5_000, "tables_without_end": "[" + ".".join(["a"] * 5_000) + "]\n",
        "sources_is_text": 'sources = "binotel"\n', "source_without_kind": "[[sources]]\nname = 'a'\n",
        "source_of_no_kind": "[[sources]]\nname = 'a'\nkind = 'nonsense'\n",
        "secret_in_the_open": "[[sources]]\nname = 'a'\nkind = 'binotel'\nkey = 'abc'\nsecret = 'def'\n",
        "same_name_twice": "[[sources]]\nname='a'\nkind='csv'\nfolder='x'\n" * 2,
        "name_with_a_line_break": "[[sources]]\nname = \"a\\nb\"\nkind = 'csv'\nfolder = 'x'\n",
        "zero_character": "[company]\nname = \"a\0b\"\n", "days_of_no_week": "[company]\nworkdays = [0, 9]\n",
        "words_before_sound": "[retention]\ntranscripts_months = 1\nrecordings_months = 12\n",
        "time_for_text": "[company]\nname = 2026-03-02T10:00:00Z\n",
    }  # fmt: skip
    for name, text in texts.items():
        yield f"{name}.toml", text.encode()
    yield "windows_1251.toml", '[company]\nname = "Окна"\n'.encode("cp1251")
    yield "utf16.toml", '[company]\nname = "A"\n'.encode("utf-16")


def of_forms() -> Files:
    good = BORDERS["forms"].seeds()[0].decode()
    texts = {
        "nothing": "", "number": "42", "list": "- a\n- b\n", "aliases": "a: &x [1]\nb: *x\n",
        "aliases_that_multiply": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
        "object_of_python": "!!python/object/apply:os.system ['true']\n", "nested_without_end": "[" * 10_000,
        "two_documents": good + "\n---\n" + good, "tab": "a:\n\t- b\n", "never_closed": 'code: "abc\n',
        "key_twice": good.replace("code:", "code: a\ncode:", 1), "unknown_field": good + "\nnonsense: 1\n",
        "escape_of_no_character": 'code: "\\UFFFFFFFF"\n', "zero_character": "code: a\0b\n",
        "weight_in_words": good.replace("weight: ", "weight: many # ", 1), "weight_infinite": good.replace("weight: ", "weight: .inf # ", 1),
        "number_beyond": good.replace("weight: ", "weight: 1e999999999 # ", 1),
        "merge_of_nothing": "<<: 1\n", "half_a_character": 'code: "\\ud83d"\n',
    }  # fmt: skip
    for name, text in texts.items():
        yield f"{name}.yaml", text.encode()
    yield "windows_1251.yaml", "code: форма\n".encode("cp1251")


def of_search() -> Files:
    for name, text in {
        "nothing": "", "blank": " \t ", "only_minus": "-", "only_or": "ИЛИ OR |", "brackets": "((((" * 40, "closing": ")))",
        "quote": '"дорого', "near_nothing": "~5", "near_without_end": "a ~99999999999999999999 b", "star": "*", "short_star": "а*",
        "window_without_end": "начало:99999999999999999999 дорого", "party_of_nothing": "клиент:", "words": "слово " * 30,
        "too_long": "а" * 501, "zero": "а\0б", "percent": "%s %n {0} '; drop table calls; --", "negations": "-" * 60 + "а",
    }.items():  # fmt: skip
        yield f"{name}.txt", text.encode()


def of_secrets() -> Files:
    sealed = BORDERS["secrets"].seeds()[1]
    yield "list.json", b'["a"]'
    yield "text.json", b'"a"'
    yield "nested_without_end.json", b"[" * 1_500
    yield "half_a_character.json", b'{"a": "\\ud83d"}'
    yield "values_of_all_kinds.json", b'{"a": 1, "b": null, "c": [], "d": {}}'
    yield "broken_off.json", b'{"a": "b'
    yield "nothing.age", b""
    yield "header_alone.age", sealed[:40]
    yield (
        "of_another_key.age",
        b"age-encryption.org/v1\n-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n",
    )
    yield "bytes.age", bytes(range(256))


def of_backups() -> Files:
    (good,) = BORDERS["backup"].seeds()
    yield "nothing.tar", b""
    yield "cut_in_a_member.tar", good[:700]
    yield "without_its_list.tar", good[: good.index(b"manifest.json")] + bytes(1024)
    yield "byte_changed.tar", good.replace(b"sound", b"sOund", 1)
    yield "header_changed.tar", good[:100] + b"\xff" * 50 + good[150:]
    yield "text.tar", b"not an archive"
    yield "zip.tar", b"PK\x03\x04" + bytes(600)
    for name, member in {
        "leads_out": "../outside", "absolute": "/etc/passwd", "hidden": "media/.ssh/keys", "windows": "media\\..\\x",
        "deep": "media/" + "a/" * 60 + "b", "long_name": "media/" + "a" * 5_000, "control": "media/a\nb",
    }.items():  # fmt: skip
        yield f"{name}.tar", archive_of((member, b"x"))
    yield "link.tar", archive_of(("media/a", b""), kind=tarfile.SYMTYPE, link="/etc/passwd")
    yield "hard_link.tar", archive_of(("qcw.toml", b""), kind=tarfile.LNKTYPE, link="/etc/passwd")
    yield "device.tar", archive_of(("media/a", b""), kind=tarfile.CHRTYPE)
    yield "same_member_twice.tar", archive_of(("qcw.toml", b"a"), ("qcw.toml", b"b"))
    for name, manifest in {
        "list_of_nothing": b"{}", "list_is_a_list": b"[]", "list_nested_without_end": b"[" * 1_500,
        "list_of_another_format": b'{"format": "other"}', "list_is_bytes": b"\xff\xfe",
        "list_with_a_strange_member": json.dumps({"format": "qc-workbench-backup/1", "made_at": "2026-09-01T00:00:00", "program_version": 1,
            "schema_version": "x", "tables": [], "sounds": "inside", "members": [{}], "beside": [], "missing": []}).encode(),
    }.items():  # fmt: skip
        yield f"{name}.tar", archive_of(("manifest.json", manifest))
    yield "size_that_lies.tar", good[:124] + b"77777777777\0" + good[136:]


def of_webhook(kind: str) -> Files:
    good = BORDERS[f"webhook_{kind}"].seeds()[0]
    yield "nothing.txt", b""
    yield "nested_without_end.txt", b"[" * 1_500
    yield "list.txt", b"[1, 2]"
    yield (
        "half_a_character.txt",
        json.dumps({"event": "\ud83d", "uniqueid": "\ud83d", "meta": {"entity": "\ud83d"}}).encode(),
    )
    yield (
        "branches_are_texts.txt",
        json.dumps(
            dict.fromkeys(
                ("meta", "data", "callDetails", "additional_call_data", "auth", "previous", "json", "params"), "x"
            )
        ).encode(),
    )
    yield "header_of_no_ascii.txt", b"%signature: \xff\nx-twilio-signature: \xff\nauthorization: Basic \xff\n\n" + good
    yield "form_too_deep.txt", b"a" + b"[b]" * 40 + b"=1"
    yield "form_of_two_kinds.txt", b"a=1&a[b]=2&leads[status]=1&leads[status][0][id]=1"
    yield "form_of_bytes.txt", b"a=%ff%fe&event=%ed%a0%80"
    if kind == "mango":
        for name, told in {"list_inside": "[]", "nested_inside": "[" * 1_500, "nothing_inside": ""}.items():
            yield f"{name}.txt", urlencode({"vpbx_api_key": SECRET, "sign": "0", "json": told}).encode()


def of_app() -> Files:
    bodies = {
        "no_object": b"[]", "nested_without_end": b"[" * 1_500, "half_a_character": b'{"call": "\\ud83d", "token": "\\ud83d"}',
        "too_large": b" " * 66_000, "token_is_a_list": b'{"token": [], "call": {}, "version": true}',
        "numbers_beyond": b'{"token": "0123456789abcdef0123456789abcdef", "spent_s": 1e999, "at_s": 1e999, "from_s": 1e999, '
        b'"question": "greeted", "values": [], "ranges": [[1e999, 1]], "text": "a"}',
        "ranges_of_texts": b'{"token": "0123456789abcdef0123456789abcdef", "spent_s": "x", "ranges": [["a", "b"]], "from_s": [], "text": 1}',
        "question_is_an_object": b'{"token": "0123456789abcdef0123456789abcdef", "spent_s": 1, "question": {}, "values": [1], "text": "a"}',
    }  # fmt: skip
    for place in (0, 1, 5, 6):
        for name, body in bodies.items():
            if name == "too_large" and place:
                continue
            yield f"route_{place}_{name}.bin", bytes([place]) + body


# --- sound -----------------------------------------------------------------------------------------------------------


def of_sound(kind: str) -> Files:
    good = BORDERS[kind].seeds()[0]
    yield f"cut.{kind}", good[: len(good) // 2]
    yield f"head_alone.{kind}", good[:20]
    yield f"middle_is_zeros.{kind}", good[:200] + bytes(400) + good[600:]
    yield f"middle_is_ones.{kind}", good[: len(good) // 3] + b"\xff" * 300 + good[len(good) // 3 + 300 :]
    yield f"twice.{kind}", good + good
    if kind == "wav":
        yield "length_beyond.wav", wav(0.2, announced_bytes=0xFFFFFFFF)
        yield "no_channels.wav", _wav_with(22, struct.pack("<H", 0))
        yield "channels_65535.wav", _wav_with(22, struct.pack("<H", 65_535))
        yield "rate_0.wav", _wav_with(24, struct.pack("<I", 0))
        yield "rate_4_billion.wav", _wav_with(24, struct.pack("<I", 0xFFFFFFFF))
        yield "no_bits.wav", _wav_with(34, struct.pack("<H", 0))
        yield "block_of_0.wav", _wav_with(32, struct.pack("<H", 0))
        yield "codec_of_nobody.wav", _wav_with(20, struct.pack("<H", 0x7777))
        yield "chunk_that_loops.wav", wav(0.1)[:12] + b"LIST" + struct.pack("<I", 0xFFFFFFF8) + wav(0.1)[12:]
        yield "amr.wav", b"#!AMR\n" + bytes(200)
        yield "playlist.wav", b"#EXTM3U\nfile:///etc/passwd\n"
    if kind == "mp3":
        yield "tag_of_256_mb.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + mp3(0.3, 1)
        yield "frames_of_no_rate.mp3", b"\xff\xfb\xfc\x00" * 500
    if kind == "m4a":
        yield (
            "index_of_4_gb.m4a",
            good[:4] + good[4:].replace(b"moov", b"moov", 1).replace(b"stsz", b"stsz\xff\xff\xff\xff", 1),
        )
        yield "box_in_itself.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom" + b"\0\0\0\x08moov" * 50


def _wav_with(place: int, content: bytes) -> bytes:
    made = bytearray(wav(0.2))
    made[place : place + len(content)] = content
    return bytes(made)


# --- all of them -----------------------------------------------------------------------------------------------------


def made() -> dict[str, Files]:
    return {
        "csv": of_csv(), "mapped_text": of_text_files(), "xlsx": of_workbooks(), "settings": of_settings(), "forms": of_forms(),
        "search": of_search(), "secrets": of_secrets(), "backup": of_backups(), "app": of_app(), "asterisk": of_asterisk(),
        "asterisk_sql": of_asterisk_sql(),
        **{kind: answers_of(kind) for kind in (*TELEPHONY, *CRM)},
        **{f"{kind}_link": links_of(kind) for kind in LINKS},
        **{f"{kind}_one": ones_of(kind) for kind in CRM},
        **{f"webhook_{kind}": of_webhook(kind) for kind in WEBHOOKS},
        **{kind: of_sound(kind) for kind in ("wav", "mp3", "ogg", "flac", "m4a")},
    }  # fmt: skip


def outcome(border: str, data: bytes) -> str:
    found = BORDERS[border]
    with without_database():
        return str(judged(lambda: found.read_guarded(data), has_key=found.has_key))


def ones_of(kind: str) -> Files:
    """Answers about one thing that a webhook named."""
    for name in ("page_of_html", "nothing", "null", "list_of_lists", "object_of_nothing", "nested_without_end"):
        yield f"{name}.txt", _ANSWERS[name]
    good = BORDERS[f"{kind}_one"].seeds()[0]
    yield "broken_off.txt", good[: len(good) // 3]


def inputs() -> list[Path]:
    return sorted(path for folder in ("made", "found") for path in (HERE / folder).glob("*/*") if path.is_file())


def _without_padding(tar: bytes) -> bytes:
    """The end of a tar is filled with zeros up to 10 kB; two blocks of them are enough."""
    kept = len(tar.rstrip(b"\0"))
    return tar[: -(-kept // 512) * 512 + 1024]


def main() -> None:
    shutil.rmtree(HERE / "made", ignore_errors=True)
    for border, files in made().items():
        folder = HERE / "made" / border
        folder.mkdir(parents=True)
        for name, content in files:
            (folder / name).write_bytes(_without_padding(content) if border == "backup" else content)
    lines = ["file\toutcome"]
    for path in inputs():
        try:
            said = outcome(path.parent.name, path.read_bytes())
        except Exception as error:
            said = f"BROKEN {type(error).__name__}: {error}"
        lines.append(f"{path.relative_to(HERE).as_posix()}\t{said}")
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
