"""A log line says what happened to which call; never who, to whom or what was said."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench import logs
from qc_workbench.config import Logs
from qc_workbench.errors import MediaError

PHONE = "+79000000123"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    logs.start(tmp_path, Logs(level="debug"), "command")
    yield tmp_path
    logs.stop()


def lines(home: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((home / "logs").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_a_line_tells_when_how_grave_what_and_which_process(home: Path) -> None:
    logs.event("step.ended", logging.WARNING, step="measure", call_id="c-1", count=3, duration_s=1.23456)
    (line,) = lines(home)
    assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    assert line.pop("pid") > 0
    assert line == {
        "level": "warning",
        "event": "step.ended",
        "process": "command",
        "step": "measure",
        "call_id": "c-1",
        "count": 3,
        "duration_s": 1.2346,
    }


def test_a_field_that_is_not_on_the_list_is_refused_by_name(home: Path) -> None:
    logs.event("step.ended", client_phone=PHONE, quote="перезвоню в среду")  # type: ignore[call-arg]
    (line,) = lines(home)
    assert line["refused_fields"] == ["client_phone", "quote"]
    assert PHONE not in json.dumps(line)


def test_words_in_a_field_of_codes_are_withheld(home: Path) -> None:
    logs.event("step.ended", state="Анна Белова", error="I will call you back", count="много")  # type: ignore[arg-type]
    (line,) = lines(home)
    assert (line["state"], line["error"]) == ("[withheld]", "[withheld]")
    assert line["refused_fields"] == ["count"]


@pytest.mark.parametrize(
    "call_id", [f"out-{PHONE}-101", "79000000123.55", "8(900)000-01-23", "звонок Анны Беловой", "x" * 300]
)
def test_an_id_that_holds_a_phone_or_words_is_written_as_its_digest(home: Path, call_id: str) -> None:
    logs.event("call.failed", call_id=call_id)
    (line,) = lines(home)
    assert line["call_id"] == logs.identifier(call_id)
    assert line["call_id"].startswith("~")
    assert len(line["call_id"]) == 13


def test_hashes_and_dates_are_no_phones() -> None:
    digest = "0123456789" * 6 + "abcd"
    assert logs.masked(digest) == digest
    assert logs.masked("2026-11-22") == "2026-11-22"


@given(
    digits=st.text("0123456789", min_size=7, max_size=15),
    gaps=st.lists(st.sampled_from(["", " ", "-", ") ", ".", " ("]), min_size=15, max_size=15),
    around=st.sampled_from(["{}", "call {} now", "({})", "id_{}", "a/{}/b"]),
)
def test_no_phone_survives_however_it_is_written(digits: str, gaps: list[str], around: str) -> None:
    written = "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False)).strip(" ().-")
    left = logs.masked(around.format("+" + written))
    assert not any(character.isdigit() for character in left)


def test_an_exception_is_told_by_its_kind_and_places_not_by_its_words(home: Path) -> None:
    try:
        try:
            raise ValueError(f"could not read {PHONE} of Анна Белова")
        except ValueError as cause:
            raise MediaError("media_broken", file="Анна.mp3") from cause
    except MediaError as error:
        logs.event("call.failed", logging.ERROR, exception=error)
    (line,) = lines(home)
    assert (line["error"], line["cause"]) == ("media_broken", "ValueError")
    assert line["places"][-1].startswith("test_logs.py:")
    assert not {"Анна", "Белова", PHONE} & set(json.dumps(line, ensure_ascii=False).replace('"', " ").split())
    assert "Анна" not in json.dumps(line, ensure_ascii=False)


def test_an_error_of_the_system_keeps_its_number(home: Path) -> None:
    try:
        (home / "нет").open()
    except OSError as error:
        logs.event("call.failed", exception=error)
    (line,) = lines(home)
    assert (line["error"], line["errno"]) == ("FileNotFoundError", "ENOENT")


def test_a_library_is_told_by_name_and_place_and_its_words_are_left_out(home: Path) -> None:
    logging.getLogger("some.library").error("bad value %s", PHONE)
    logging.getLogger("some.library").error(f"Анна Белова said {PHONE}")
    first, second = lines(home)
    assert (first["event"], first["logger"]) == ("library.message", "some.library")
    assert first["where"].startswith("test_logs:")
    assert "message" not in first | second


def test_the_server_may_say_why_it_did_not_start(home: Path) -> None:
    logging.getLogger("uvicorn.error").error(OSError(98, "address already in use"))
    assert "already in use" in lines(home)[0]["message"]


def test_the_values_in_words_of_the_server_are_left_out(home: Path) -> None:
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "10.0.0.1", "/_stcore?who=Анна")
    assert lines(home)[0]["message"] == '%s - "WebSocket %s" [accepted]'


def test_a_level_cuts_what_is_less_grave(tmp_path: Path) -> None:
    logs.start(tmp_path, Logs(level="warning"), "command")
    try:
        logs.event("step.started")
        logs.event("call.failed", logging.WARNING)
    finally:
        logs.stop()
    assert [line["event"] for line in lines(tmp_path)] == ["call.failed"]


def test_a_service_manager_gets_every_line_and_a_person_the_warnings(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, expected in ((io.StringIO(), ["step.started", "call.failed"]), (Terminal(), ["call.failed"])):
        logs.start(tmp_path, Logs(), "serve", stderr=stream)
        logs.event("step.started")
        logs.event("call.failed", logging.WARNING)
        logs.stop()
        assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == expected


def test_nobody_is_stopped_by_a_log_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    logs.start(tmp_path, Logs(), "command")
    logs.event("step.started")
    logs.stop()
    assert capsys.readouterr() == ("", "")


_WRITER = """
import sys
from pathlib import Path
from qc_workbench import logs
from qc_workbench.config import Logs
logs.start(Path(sys.argv[1]), Logs(), "worker")
for number in range(300):
    logs.event("step.ended", worker=sys.argv[2], count=number)
"""


def test_many_processes_write_one_file_and_no_line_is_lost_or_torn(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), f"w{worker}"]) for worker in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    found = sorted((line["worker"], line["count"]) for line in lines(tmp_path))
    assert found == [(f"w{worker}", number) for worker in range(3) for number in range(300)]
    assert len(list((tmp_path / "logs").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are POSIX")
def test_the_file_is_readable_by_its_owner_only(home: Path) -> None:
    logs.event("step.started")
    (path,) = (home / "logs").iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_old_days_go_then_the_oldest_until_the_space_is_kept_and_today_stays(tmp_path: Path) -> None:
    for name in ("qcw-2026-10-01", "qcw-2026-11-19", "qcw-2026-11-20", "qcw-2026-11-20.1", "qcw-2026-11-22"):
        (tmp_path / f"{name}.jsonl").write_bytes(b"x" * 100)
    (tmp_path / "other.jsonl").write_bytes(b"x" * 1000)
    logs.prune(tmp_path, date(2026, 11, 22), keep_days=3, keep_bytes=250)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other.jsonl",
        "qcw-2026-11-20.1.jsonl",
        "qcw-2026-11-22.jsonl",
    ]
    logs.prune(tmp_path, date(2026, 11, 22), keep_days=30, keep_bytes=1)
    assert (tmp_path / "qcw-2026-11-22.jsonl").exists()
    assert not (tmp_path / "qcw-2026-11-20.1.jsonl").exists()


def test_a_new_day_opens_a_new_file(tmp_path: Path) -> None:
    handler = logs.DailyFile(tmp_path, keep_days=30, keep_bytes=10**6)
    handler.setFormatter(logs.JsonLines("command"))
    for day in (21, 22):
        record = logging.makeLogRecord({"qcw_event": "step.started", "levelname": "INFO", "qcw_fields": {}})
        record.created = datetime(2026, 11, day, 23, 59, tzinfo=UTC).timestamp()
        handler.emit(record)
    handler.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["qcw-2026-11-21.jsonl", "qcw-2026-11-22.jsonl"]
