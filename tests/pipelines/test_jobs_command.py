"""qcw jobs and qcw store, as a person and as a script meet them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qc_workbench.cli import application
from qc_workbench.domain.job import JobState
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import insert_all
from qc_workbench.ui.i18n import Language
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.busy_ledger import FAILED_CALL, LATELY, POISONED_CALL, WAITING, busy, job_row


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A busy company that tests only look at."""
    return busy(company.sample_company(tmp_path_factory.mktemp("seen") / "W"), datetime.now(UTC)).home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small ledger that tests may change."""
    workspace = company.empty_company(tmp_path / "W")
    now = datetime.now(UTC)
    rows = [
        job_row("transcribe", "a", JobState.WAITING, now),
        job_row("measure", "a", JobState.WAITING, now),
        job_row("transcribe", "b", JobState.FAILED, now, finished_at=now, error_code="media_undecodable"),
    ]
    calls = [
        {"call_id": f"call-{name}", "started_at": now, "direction": "inbound", "manager_id": "m1", "talk_s": 5.0,
         "outcome": "answered", "attributes": "{}", "imported_at": now}
        for name in "ab"
    ]  # fmt: skip
    recordings = [{"call_id": f"call-{name}", "state": "ready", "content_hash": name} for name in "ab"]
    workspace.store.write(*insert_all("jobs", rows), *insert_all("calls", calls), *insert_all("recordings", recordings))
    return workspace.home


def qcw(home: Path, *arguments: str, language: Language = "en") -> Result:
    return CliRunner().invoke(application(language), ["--home", str(home), *arguments])


def told(home: Path, *arguments: str) -> dict[str, Any]:
    result = qcw(home, *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def states(home: Path) -> dict[tuple[str, str], str]:
    with Workspace.open(home).store.reading() as reader:
        return {(row["step"], row["subject"]): row["state"] for row in reader.rows("select * from jobs")}


def audit(home: Path) -> list[tuple[str, str]]:
    with Workspace.open(home).store.reading() as reader:
        rows = reader.rows("select action, object from audit where action like 'work%' order by happened_at")
    return [(row["action"], row["object"]) for row in rows]


def test_a_person_reads_how_the_work_goes(seen: Path) -> None:
    shown = qcw(seen, "jobs").stdout
    for text in ("(transcribe)", str(WAITING), "a minute", "real time", " left", "run-012345", "2 failed"):
        assert text in shown
    assert "осталось" in qcw(seen, "jobs", language="ru").stdout


def test_failed_units_are_listed_with_their_call_and_the_reason_in_words(seen: Path) -> None:
    shown = " ".join(qcw(seen, "jobs", "--failed").stdout.replace("│", " ").split())
    assert FAILED_CALL in shown
    assert POISONED_CALL in shown
    assert "file is damaged" in shown


def test_a_program_gets_the_same_as_one_object(seen: Path) -> None:
    data = told(seen, "jobs", "--failed")
    transcribe = next(step for step in data["steps"] if step["step"] == "transcribe")
    assert (transcribe["waiting"], transcribe["finished"]) == (WAITING, LATELY + 2)
    assert transcribe["total"] == LATELY + 2 + WAITING + 1
    assert transcribe["units_per_min"] > 0
    assert transcribe["time_left_s"] > 0
    assert data["is_worked_on"] is True
    (running,) = data["running"]
    assert running["call_ids"] == [company.PROMISE]
    assert {unit["code"]: unit["call_ids"] for unit in data["failed"]} == {
        "media_undecodable": [FAILED_CALL],
        "worker_lost": [POISONED_CALL],
    }


def test_an_empty_ledger_says_what_will_be_there(tmp_path: Path) -> None:
    home = company.empty_company(tmp_path / "W").home
    assert "the steps appear here" in qcw(home, "jobs").stdout
    assert told(home, "jobs")["steps"] == []


def test_a_pause_stands_until_it_is_ended_and_is_written_down(home: Path) -> None:
    assert told(home, "jobs", "pause", "transcribe")["paused"] == ["transcribe"]
    assert told(home, "jobs", "pause", "transcribe")["paused"] == []
    assert [item["step"] for item in told(home, "jobs")["paused"]] == ["transcribe"]
    assert "paused" in qcw(home, "jobs").stdout
    assert told(home, "jobs", "resume")["resumed"] == ["transcribe"]
    assert told(home, "jobs")["paused"] == []
    assert audit(home) == [("work_paused", "transcribe"), ("work_resumed", "*")]


def test_cancelling_takes_back_what_waits_of_a_step_or_of_a_call(home: Path) -> None:
    assert told(home, "jobs", "cancel", "measure")["units"] == 1
    assert states(home)["measure", "a"] == "cancelled"
    assert told(home, "jobs", "cancel", "--call", "call-b")["units"] == 0
    assert told(home, "jobs", "cancel", "--call", "call-a")["units"] == 1
    assert states(home) == {
        ("measure", "a"): "cancelled", ("transcribe", "a"): "cancelled", ("transcribe", "b"): "failed",
    }  # fmt: skip
    assert [action for action, _ in audit(home)] == ["work_cancelled"] * 3


def test_another_try_clears_the_failure_of_one_call_or_of_all(home: Path) -> None:
    told(home, "jobs", "cancel")
    assert told(home, "jobs", "retry", "transcribe", "--call", "call-b")["units"] == 1
    assert states(home)["transcribe", "b"] == "waiting"
    assert told(home, "jobs", "retry")["units"] == 2
    assert set(states(home).values()) == {"waiting"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("jobs", "cancel", "transcibe"), "There is no step transcibe"),
        (("jobs", "pause", "detect"), "can't be paused"),
        (("jobs", "retry", "--call", "nobody"), "no call nobody"),
    ],
)
def test_a_wrong_step_or_call_is_explained_and_changes_nothing(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = states(home)
    result = qcw(home, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert states(home) == before


def test_the_keeper_of_the_database_says_who_it_is_and_how_fast(seen: Path) -> None:
    workspace = Workspace.open(seen)
    workspace.store.write(audit_entry(datetime.now(UTC), "somebody", "call_listened", company.TALK))
    data = told(seen, "store")
    assert data["owner"]["pid"] > 0
    assert data["owner"]["writes"] >= 1
    assert data["owner"]["write_p95_s"] >= data["owner"]["write_p50_s"] > 0
    assert data["bytes"] > 0
    shown = qcw(seen, "store").stdout
    assert "Process that keeps it" in shown
    assert str(data["owner"]["pid"]) in shown


def test_copies_made_by_themselves_are_named_the_newest_first(home: Path) -> None:
    assert "No copies" in qcw(home, "store").stdout
    (home / "backups").mkdir()
    for name in ("qcw-schema0001-old.duckdb", "qcw-schema0002-new.duckdb"):
        (home / "backups" / name).write_bytes(b"x")
    assert {copy["file"] for copy in told(home, "store")["copies"]} == {
        "qcw-schema0001-old.duckdb", "qcw-schema0002-new.duckdb",
    }  # fmt: skip


def test_the_file_is_let_go_for_another_program_and_taken_again(home: Path) -> None:
    import duckdb

    content = states(home)
    assert told(home, "store", "release")["released"] is True
    with duckdb.connect(str(home / "qcw.duckdb")) as other:
        assert other.execute("select count(*) from jobs").fetchone() == (3,)
    assert told(home, "store", "release")["released"] is False
    assert states(home) == content
