"""A night on the sample company with everything logged and things going wrong: no person is in the log."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qc_workbench import logs
from qc_workbench.cli import application
from qc_workbench.domain.transcript import Party, Transcript, Turn
from qc_workbench.store import listening
from qc_workbench.workspace import Workspace

SAMPLES = Path(__file__).parent.parent.parent / "samples"
#: Of the sample company's calls: enough to say something, few enough to be measured in seconds.
CALLS = 5
AS_OF = "2026-11-01T09:00:00+03:00"


def qcw(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(application("ru"), [*arguments, "--home", str(home), "--as-of", AS_OF])


def truth() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def transcripts(workspace: Workspace) -> Iterator[Transcript]:
    """What is said in the samples, as if it had been recognised."""
    with workspace.store.reading() as reader:
        hashes = {row["call_id"]: row["content_hash"] for row in reader.rows("select * from recordings")}
    for item in truth():
        if item["id"] not in hashes:
            continue
        spoken = [span for span in item["spans"] if span.get("text")]
        turns = tuple(
            Turn(
                Party.AGENT if span["channel"] == "agent" else Party.CUSTOMER,
                0 if span["channel"] == "agent" else 1,
                span["start"],
                span["end"],
                span["text"],
                1.0,
            )
            for span in sorted(spoken, key=lambda span: span["start"])
        )
        yield Transcript(item["id"], hashes[item["id"]] or "-", "f", item["lang"], "fake", "fake", turns)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after a night in which a recording was broken, rows were bad and a command failed."""
    folder = tmp_path_factory.mktemp("night")
    incoming, home = folder / "incoming", folder / "W"
    shutil.copytree(SAMPLES, incoming)
    calls = incoming / "calls.csv"
    lines = calls.read_text(encoding="utf-8").splitlines()[: CALLS + 1]
    calls.write_text("\n".join([*lines, lines[1].replace("2026", "Анна Белова")]) + "\n", encoding="utf-8")
    broken = incoming / "recordings" / re.findall(r"[\w-]+\.(?:mp3|wav|ogg)", lines[2])[0]
    broken.write_bytes(broken.read_bytes()[:5000] + b"\0" * 5000)
    assert qcw(home, "init", str(home)).exit_code == 0
    settings = home / "qcw.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('#level = "info"', 'level = "debug"'), encoding="utf-8")
    assert qcw(home, "ingest", "csv", str(incoming)).exit_code == 1  # the bad row
    workspace = Workspace.open(home)
    for transcript in transcripts(workspace):
        workspace.store.write(*listening.save_transcript(transcript, datetime.now(UTC)))
    assert qcw(home, "sample").exit_code == 0
    assert qcw(home, "detect").exit_code == 0
    assert qcw(home, "detect", "--call", "+79000000001").exit_code == 2
    assert qcw(home, "export", "transcripts", "--format", "jsonl").exit_code == 0
    first = truth()[0]
    try:
        raise ValueError(f"cannot read «{first['spans'][0].get('text')}» of +79000000001")
    except ValueError as error:
        logs.event("step.ended", 40, call_id="out-+79000000001", exception=error)
    logs.stop()
    return home


def log_text(home: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (home / "logs").glob("*.jsonl"))


def column(name: str, *columns: str) -> set[str]:
    import csv

    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file) for column in columns if row[column]}


@pytest.mark.slow
def test_the_night_is_in_the_log_with_its_errors(home: Path) -> None:
    lines = [json.loads(line) for line in log_text(home).splitlines()]
    ended = {line["command"]: line["exit_code"] for line in lines if line["event"] == "command.ended"}
    assert {"ingest": 1, "sample": 0, "export": 0}.items() <= ended.items()
    assert {"debug", "info", "warning", "error"} <= {line["level"] for line in lines}
    assert "call_unknown" in {line.get("error") for line in lines}
    measured = [line for line in lines if line["event"] == "step.ended" and line.get("step") == "measure"]
    assert any(line["count"] >= CALLS - 1 for line in measured)


def test_no_phone_is_in_the_log(home: Path) -> None:
    text = log_text(home)
    phones = column("calls", "client_phone") | column("deals", "client_phone")
    assert len(phones) > 5
    assert [phone for phone in phones if phone[-9:] in text] == []
    assert "7900" not in text


def test_no_name_is_in_the_log(home: Path) -> None:
    text = log_text(home)
    words = {word for name in column("managers", "name") for word in re.findall(r"\w{3,}", name)}
    assert len(words) > 5
    assert [word for word in words if word in text] == []


def test_nothing_that_was_said_or_noted_is_in_the_log(home: Path) -> None:
    text = log_text(home)
    said = {span["text"] for item in truth() for span in item["spans"] if span.get("text")}
    noted = column("notes", "text") | column("activities", "subject")
    words = {word for line in said | noted for word in re.findall(r"[А-Яа-яЁё]{4,}", line)}
    assert len(words) > 200
    assert not re.search(r"[А-Яа-яЁё]", text)
    english = {line for line in said if re.fullmatch(r"[\x20-\x7e]+", line) and len(line.split()) > 2}
    assert english
    assert [line for line in english if line in text] == []
