"""Tables that people export, workbooks, and the calls as Asterisk keeps them, broken."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from tests.broken_inputs.files import Files
from tests.fuzzing.answers import DIVIDER
from tests.fuzzing.borders import BORDERS
from tests.import_cases import CALLS_HEADER, DEALS_HEADER, GOOD_DEAL, calls_csv


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
