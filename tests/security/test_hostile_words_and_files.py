"""Texts and files made to run in somebody's program: a table, a terminal, a calendar, an archive."""

from __future__ import annotations

import ast
import csv
import io
import re
import struct
import time
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from pipelines.archive_format import Manifest, Member, Sounds
from pipelines.import_report import write_problems
from pipelines.restore import _MOST_TIMES_SMALLER
from qc_workbench.commands.printable import printable
from qc_workbench.commands.session import Done
from qc_workbench.commands.terminal import show
from qc_workbench.config import parse_settings
from qc_workbench.domain.calendar import ToldEvent
from qc_workbench.domain.commitment import DueWindow
from qc_workbench.errors import ImportFailed, SettingsError
from qc_workbench.reporting.calendar_feed import EventText, feed
from qc_workbench.sources.problems import Problem
from qc_workbench.sources.sheets import open_book
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain

ROOT = Path(__file__).parents[2]

# Tables ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["=1+1", "+1+cmd|'/C calc'!A0", "-2+3+cmd|'/C calc'!A0", "＝1", " =1", "\n=1", "a;=1"]
)
def test_a_value_that_an_import_repeats_runs_in_no_table(value: str, tmp_path: Path) -> None:
    """A sign before a digit used to pass, and ``+1+cmd|…`` begins so."""
    write_problems(
        tmp_path / "p.csv", [Problem("calls.csv", 2, "name", value, "phone_format", {"region": "RU"})], Translator("ru")
    )
    cells = list(csv.reader(io.StringIO((tmp_path / "p.csv").read_text(encoding="utf-8-sig"))))[1]
    for cell in cells:
        for part in cell.replace("\n", ";").split(";"):
            assert part.lstrip()[:1] not in {*"=+-@＝"}, cell


def _workbook(head: bytes = b"", body: bytes = b"", *, said: int | None = None) -> bytes:
    """A workbook whose sheet begins with ``head`` and ends with ``body``, and says that it is ``said`` bytes long."""
    plain_book = io.BytesIO()
    openpyxl.Workbook().save(plain_book)
    out, sheet = io.BytesIO(), "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(plain_book) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            content = source.read(name)
            if name == sheet:
                start = content.index(b"<worksheet")
                content = content[:start] + head + content[start:].replace(b"<sheetData", body + b"<sheetData", 1)
            made.writestr(name, content)
    packed = bytearray(out.getvalue())
    if said is not None:
        entry = packed.rindex(sheet.encode()) - 46
        (local,) = struct.unpack_from("<I", packed, entry + 42)
        struct.pack_into("<I", packed, entry + 24, said)
        struct.pack_into("<I", packed, local + 22, said)
    return bytes(packed)


DOCTYPE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;&x;">]>'


@pytest.mark.parametrize(
    "content",
    [
        _workbook(DOCTYPE), _workbook(b" " * 5_000 + DOCTYPE), _workbook(b"<!--" + b"-" * 5_000 + b"-->" + DOCTYPE),
        _workbook(b"<?a " + b"b" * 5_000 + b"?>" + DOCTYPE), _workbook(b" " * 100_000),
    ],
    ids=["at once", "behind spaces", "behind a comment", "behind an instruction", "spaces without end"],
)  # fmt: skip
def test_a_workbook_with_a_document_type_is_refused_wherever_it_hides(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(ImportFailed, match="file_bomb"):
        open_book(tmp_path / "a.xlsx")


def test_a_workbook_that_unpacks_to_more_than_it_says_is_refused_before_it_does(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(_workbook(body=b"<!--" + b" " * (8 << 20) + b"-->", said=300))
    with pytest.raises(ImportFailed, match=r"file_(bomb|damaged)"):
        open_book(tmp_path / "a.xlsx")


# Settings -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000, "a=" + "{a=" * 20_000, "a" + ".a" * 50_000 + " = 1", "[a" + ".a" * 50_000 + "]",
        "[sampling]\nseed = " + "9" * 5_000,
        "[recordings]\ntruncated_below = nan", "[recordings]\ntruncated_below = inf",
        "#" * (2 << 20), '[company]\nname = "a"\nname = "b"', "[company]\nname = '\x00'",
    ],
    ids=["brackets", "braces", "dots", "a table of dots", "a number", "nan", "inf", "length", "twice", "nul"],
)  # fmt: skip
def test_settings_made_to_break_the_reader_are_a_mistake_that_is_told_soon(text: str) -> None:
    began = time.process_time()
    with pytest.raises(SettingsError):
        parse_settings(text, "qcw.toml")
    assert time.process_time() - began < 10


# What is shown --------------------------------------------------------------------------------------------------------

ESCAPES = ("\x1b]0;owned\x07", "\x1b[2J", "\x9b31m", "\x08\x08\x08", "\r", "\x7f", "\u202egnp.exe", "\u2066")


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_terminal_is_shown_nothing_that_it_obeys(escape: str) -> None:
    out = io.StringIO()
    show(Done({}, lines=[f"Борис{escape}"], next_step=f"qcw {escape}"), out)
    assert not any(char in out.getvalue() for char in escape if not char.isprintable())
    assert printable("Строка\n\tещё одна, 😀") == "Строка\n\tещё одна, 😀"


@pytest.mark.parametrize("text", ["www.evil.example", "Иди на WWW.evil.example!", "http://evil.example", "a:red[b]"])
def test_an_address_in_a_name_becomes_no_link(text: str) -> None:
    shown = plain(text)
    assert "www." not in shown.lower()
    assert "://" not in shown
    assert shown.replace("\\", "").replace("\u2060", "") == text


@pytest.mark.parametrize("cut", ["\r\n", "\n", "\r", "\u2028", "\x85"])
def test_no_line_can_be_put_into_a_calendar(cut: str) -> None:
    moment = datetime(2026, 10, 6, 9, tzinfo=UTC)
    day = date(2026, 10, 8)
    event = ToldEvent("cm_1", "call-1", DueWindow(day, day), False, 0, moment, "a")
    evil = f"Борис{cut}ATTENDEE:mailto:evil@example.com{cut}END:VEVENT" + "я" * 200
    text = EventText(evil, evil, "https://qc.example.com/call?id=1")
    content = feed(f"Звонки{cut}X-EVIL:1", [event], {"cm_1": text}, "Отменено", ZoneInfo("Europe/Moscow"))
    lines = re.split("[\r\n\u2028\x85]+", content.replace(b"\r\n ", b"").decode())
    assert not any(line.startswith(("ATTENDEE", "X-EVIL")) for line in lines)
    assert sum(line.startswith("END:VEVENT") for line in lines) == 1
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


# Archives and models --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/cron.d/evil", "media/../../evil", "media/.ssh/keys", "C:\\evil", "qcw.toml", "media", ""]
)
def test_a_list_of_recordings_beside_a_backup_names_no_other_file(name: str) -> None:
    good = Member("media/ab/abcd.mp3", 1, "00")
    manifest = Manifest(datetime(2026, 10, 6, tzinfo=UTC), "1", 1, {}, Sounds.BESIDE, (), beside=(good,))
    assert Manifest.from_json(manifest.as_json()).beside == (good,)
    evil = replace(manifest, beside=(replace(good, name=name),))
    with pytest.raises(ValueError, match="no name of a recording"):
        Manifest.from_json(evil.as_json())


def test_a_database_may_unpack_to_a_limit() -> None:
    assert 20 < _MOST_TIMES_SMALLER < 1_000


#: Messages between processes of this very program; nothing that came from outside is read so.
PICKLES = {
    "qc_workbench/work/worker.py", "qc_workbench/work/local.py", "qc_workbench/work/decoding.py",
    "qc_workbench/work/cluster.py", "qc_workbench/work/cluster_node.py",
}  # fmt: skip
SUSPECT = re.compile(r"pickle|dill|joblib|shelve|marshal|eval\(|exec\(|compile\(")
RUNNING = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}


def test_no_file_is_read_that_could_run() -> None:
    """Models are arrays in text and weights with a checksum: no pickle in any form."""
    found = set()
    for package in ("qc_workbench", "pipelines", "models"):
        for path in (ROOT / package).rglob("*.py"):
            name, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            if not SUSPECT.search(text):
                continue
            for node in ast.walk(ast.parse(text)):
                match node:
                    case ast.Import(names=names):
                        found |= {name for item in names if item.name.split(".")[0] in RUNNING}
                    case ast.ImportFrom(module=str(module)) if module.split(".")[0] in RUNNING:
                        found.add(name)
                    case ast.keyword(arg="allow_pickle", value=value):
                        if not (isinstance(value, ast.Constant) and value.value is False):
                            found.add(f"{name}: allow_pickle")
                    case ast.Call(func=ast.Name(id="eval" | "exec" | "compile")):
                        found.add(f"{name}: {node.func.id}")  # type: ignore[attr-defined]
    assert found == PICKLES


def test_no_page_writes_html_of_its_own_into_markdown() -> None:
    pages = [*(ROOT / "qc_workbench" / "ui").rglob("*.py"), ROOT / "app.py"]
    assert [path for path in pages if "unsafe_allow_html" in path.read_text(encoding="utf-8")] == []
