"""Every kind of broken table that the import knows: the files, and the problem that must be reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO

import openpyxl

from qc_workbench.sources.problems import Severity
from tests.import_cases import CALLS_HEADER, DEALS_HEADER, GOOD_DEAL, calls_csv


def row(**changed: str) -> str:
    """A good call as one line of calls.csv, with some cells changed."""
    cells = {
        "call_id": "bad-1",
        "started_at": "2026-09-03T10:25:00+03:00",
        "direction": "outbound",
        "manager_id": "m1",
        "client_phone": "+79160000003",
        "talk_s": "12",
        "wait_s": "3",
        "outcome": "answered",
        "recording": "",
        "language": "ru",
    } | changed
    return ",".join(cells[name] for name in CALLS_HEADER.split(","))


def call(**changed: str) -> dict[str, str | bytes]:
    return {"calls.csv": calls_csv(row(**changed))}


def deal(line: str) -> dict[str, str | bytes]:
    return {"deals.csv": f"{DEALS_HEADER}\n{GOOD_DEAL}\n{line}\n"}


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


@dataclass(frozen=True)
class Broken:
    """Files, and the problem that must be reported. ``calls``: ids that must be imported nevertheless."""

    name: str
    files: dict[str, str | bytes]
    code: str
    file: str
    row: int | None
    column: str | None
    value: str
    calls: tuple[str, ...] = ("good-1", "good-2")
    severity: Severity = Severity.REJECTED
    deals: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.name


CALLS = "calls.csv"
RUSSIAN = calls_csv(row(language="русский язык"))
NOTES = "note_id,created_at,text,deal_id\n"
GOOD_NOTE = "n1,2026-09-02T10:25:00+03:00,Думают,\n"
CASES = [
    Broken(
        "time without offset",
        call(started_at="2026-09-03T10:25:00"),
        "moment_no_offset",
        CALLS,
        4,
        "started_at",
        "2026-09-03T10:25:00",
    ),
    Broken(
        "date without time", call(started_at="2026-09-03"), "moment_no_offset", CALLS, 4, "started_at", "2026-09-03"
    ),
    Broken(
        "russian date", call(started_at="03.09.2026 10:25"), "moment_format", CALLS, 4, "started_at", "03.09.2026 10:25"
    ),
    Broken(
        "thirtieth of february",
        call(started_at="2026-02-30T10:00:00+03:00"),
        "moment_format",
        CALLS,
        4,
        "started_at",
        "2026-02-30T10:00:00+03:00",
    ),
    Broken(
        "far future",
        call(started_at="9999-12-31T23:59:59-12:00"),
        "moment_range",
        CALLS,
        4,
        "started_at",
        "9999-12-31T23:59:59-12:00",
    ),
    Broken(
        "before telephones",
        call(started_at="0001-01-01T00:00:00+14:00"),
        "moment_range",
        CALLS,
        4,
        "started_at",
        "0001-01-01T00:00:00+14:00",
    ),
    Broken("unknown direction", call(direction="outbond"), "choice_unknown", CALLS, 4, "direction", "outbond"),
    Broken("unknown outcome", call(outcome="ok"), "choice_unknown", CALLS, 4, "outcome", "ok"),
    Broken(
        "unknown role that answered",
        {
            CALLS: calls_csv(header=CALLS_HEADER.replace("language", "answered_by_role")).replace(",ru\n", ",\n")
            + row(language="boss")
            + "\n"
        },
        "choice_unknown",
        CALLS,
        4,
        "answered_by_role",
        "boss",
    ),
    Broken("negative talk", call(talk_s="-5"), "number_negative", CALLS, 4, "talk_s", "-5"),
    Broken("talk as clock", call(talk_s="00:01:09"), "number_format", CALLS, 4, "talk_s", "00:01:09"),
    Broken("talk not a number", call(talk_s="nan"), "number_format", CALLS, 4, "talk_s", "nan"),
    Broken("talk of a week", call(talk_s="604800"), "number_too_large", CALLS, 4, "talk_s", "604800"),
    Broken("ambiguous number", call(talk_s='"1,234"'), "number_ambiguous", CALLS, 4, "talk_s", "1,234"),
    Broken("bad optional number", call(wait_s="soon"), "number_format", CALLS, 4, "wait_s", "soon"),
    Broken("phone of words", call(client_phone="позвонить"), "phone_format", CALLS, 4, "client_phone", "позвонить"),
    Broken("phone too short", call(client_phone="12345"), "phone_format", CALLS, 4, "client_phone", "12345"),
    Broken(
        "phone ruined by a spreadsheet",
        call(client_phone="7.91612E+10"),
        "phone_scientific",
        CALLS,
        4,
        "client_phone",
        "7.91612E+10",
    ),
    Broken(
        "two phones in a call",
        call(client_phone="+79160000003;+79160000004"),
        "phone_several",
        CALLS,
        4,
        "client_phone",
        "+79160000003;+79160000004",
    ),
    Broken(
        "hidden number dialled", call(client_phone="anonymous"), "phone_hidden", CALLS, 4, "client_phone", "anonymous"
    ),
    Broken("empty id", call(call_id=""), "value_missing", CALLS, 4, "call_id", ""),
    Broken("blank manager", call(manager_id="   "), "value_missing", CALLS, 4, "manager_id", ""),
    Broken("endless id", call(call_id="x" * 300), "text_too_long", CALLS, 4, "call_id", "xxx"),
    Broken("language in words", {CALLS: RUSSIAN}, "language", CALLS, 4, "language", "русский язык"),
    Broken("id twice", {CALLS: calls_csv(row(call_id="good-1"))}, "duplicate_id", CALLS, 4, "call_id", "good-1"),
    Broken("too many cells", {CALLS: calls_csv(row() + ",surplus")}, "row_too_long", CALLS, 4, None, "surplus"),
    Broken(
        "too few cells",
        {CALLS: calls_csv("bad-1,2026-09-03T10:25:00+03:00")},
        "row_too_short",
        CALLS,
        4,
        None,
        "bad-1 | 2026-09-03T10:25:00+03:00",
    ),
    Broken(
        "quote never closed",
        {CALLS: calls_csv('"bad-1,never closed', row(call_id="after"))},
        "row_quotes",
        CALLS,
        4,
        None,
        '"bad-1,never closed',
        ("good-1", "good-2", "after"),
    ),
    Broken(
        "quote inside a value",
        {CALLS: calls_csv('"bad"-1,x', row(call_id="after"))},
        "row_quotes",
        CALLS,
        4,
        None,
        '"bad"-1,x',
        ("good-1", "good-2", "after"),
    ),
    Broken(
        "one row in windows-1251",
        {CALLS: calls_csv().encode() + row(call_id="звонок").encode("cp1251") + b"\n"},
        "row_encoding",
        CALLS,
        4,
        None,
        "звонок",
    ),
    Broken("zero byte", {CALLS: calls_csv(row(call_id="a\0b"))}, "value_control", CALLS, 4, None, "a�b"),
    Broken(
        "endless cell",
        {CALLS: calls_csv(row(recording="x" * 200_000), row(call_id="after"))},
        "cell_too_long",
        CALLS,
        4,
        None,
        "bad-1",
        ("good-1", "good-2", "after"),
    ),
    Broken(
        "header in windows-1251",
        {CALLS: "call_id,начало\n1,2\n".encode("cp1251")},
        "file_encoding",
        CALLS,
        1,
        None,
        "call_id,начало",
        (),
    ),
    Broken("utf-16", {CALLS: calls_csv().encode("utf-16")}, "file_encoding", CALLS, 1, None, "call_id", ()),
    Broken("nothing in the file", {CALLS: ""}, "file_empty", CALLS, None, None, "", ()),
    Broken(
        "no required column",
        {CALLS: calls_csv(header=CALLS_HEADER.replace("talk_s", "talk_sec"))},
        "column_missing",
        CALLS,
        1,
        "talk_s",
        "talk_sec",
        (),
    ),
    Broken(
        "column twice",
        {CALLS: calls_csv(header=CALLS_HEADER.replace("wait_s", "talk_s"))},
        "column_twice",
        CALLS,
        1,
        "talk_s",
        "talk_s",
        (),
    ),
    Broken(
        "deal status unknown",
        deal("deal-2,+79160000003,m1,Договор,closed,1,2026-09-01T10:00:00+03:00"),
        "choice_unknown",
        "deals.csv",
        3,
        "status",
        "closed",
        deals=("deal-1",),
    ),
    Broken(
        "deal without phone",
        deal("deal-2,,m1,Договор,won,1,2026-09-01T10:00:00+03:00"),
        "value_missing",
        "deals.csv",
        3,
        "client_phone",
        "",
        deals=("deal-1",),
    ),
    Broken(
        "amount in words",
        deal("deal-2,+79160000003,m1,Договор,won,12 тыс,2026-09-01T10:00:00+03:00"),
        "number_format",
        "deals.csv",
        3,
        "amount",
        "12 тыс",
        deals=("deal-1",),
    ),
    Broken(
        "amount beyond money",
        deal("deal-2,+79160000003,m1,Договор,won,99999999999999999999,2026-09-01T10:00:00+03:00"),
        "number_too_large",
        "deals.csv",
        3,
        "amount",
        "99999999999999999999",
        deals=("deal-1",),
    ),
    Broken(
        "pinned neither yes nor no",
        {"notes.csv": "note_id,created_at,text,pinned\nn1,2026-09-02T10:25:00+03:00,Думают,maybe\n"},
        "boolean",
        "notes.csv",
        2,
        "pinned",
        "maybe",
    ),
    Broken(
        "second row of a quoted line break",
        {"notes.csv": NOTES + '"n0",2026-09-02T10:25:00+03:00,"Две\nстроки",\nn1,вчера,Думают,\n'},
        "moment_format",
        "notes.csv",
        4,
        "created_at",
        "вчера",
    ),
    Broken(
        "workbook that is none", {"deals.xlsx": b"PK not a workbook"}, "xlsx_unreadable", "deals.xlsx", None, None, ""
    ),
    Broken(
        "bad cell in a sheet",
        {
            "crm.xlsx": workbook(
                {
                    "Deals": [
                        DEALS_HEADER.split(","),
                        GOOD_DEAL.split(","),
                        ["deal-2", 79160000003, "m1", "КП", "open", 5.5, "2026-09-01"],
                    ]
                }
            )
        },
        "moment_no_offset",
        "crm.xlsx[Deals]",
        3,
        "created_at",
        "2026-09-01",
        deals=("deal-1",),
    ),
    Broken(
        "sheet beside a file",
        {"crm.xlsx": workbook({"calls": [CALLS_HEADER.split(",")]})},
        "file_twice",
        "crm.xlsx[calls]",
        None,
        None,
        "calls",
    ),
    Broken(
        "one phone of several bad",
        deal("deal-2,+79160000003; nonsense,m1,Договор,won,1,2026-09-01T10:00:00+03:00"),
        "phone_skipped",
        "deals.csv",
        3,
        "client_phone",
        "+79160000003; nonsense",
        severity=Severity.WARNING,
        deals=("deal-1", "deal-2"),
    ),
    Broken(
        "unknown agent",
        call(call_id="bad-1", manager_id="m9"),
        "manager_unknown",
        CALLS,
        4,
        "manager_id",
        "m9",
        ("good-1", "good-2", "bad-1"),
        Severity.WARNING,
    ),
    Broken(
        "note on an unknown deal",
        {"notes.csv": NOTES + GOOD_NOTE.replace("Думают,", "Думают,deal-9")},
        "deal_unknown",
        "notes.csv",
        2,
        "deal_id",
        "deal-9",
        severity=Severity.WARNING,
    ),
    Broken(
        "change of an unknown activity",
        {"activity_changes.csv": "activity_id,changed_at,field\na9,2026-09-02T10:25:00+03:00,due_at\n"},
        "activity_unknown",
        "activity_changes.csv",
        2,
        "activity_id",
        "a9",
        severity=Severity.WARNING,
    ),
    Broken(
        "column without a place",
        {"notes.csv": "note_id,created_at,text,mood\nn1,2026-09-02T10:25:00+03:00,Думают,good\n"},
        "column_ignored",
        "notes.csv",
        1,
        "mood",
        "mood",
        severity=Severity.WARNING,
    ),
    Broken(
        "misspelt file name",
        {"deal.csv": DEALS_HEADER},
        "file_unknown",
        "deal.csv",
        None,
        None,
        "deal.csv",
        severity=Severity.WARNING,
    ),
]
