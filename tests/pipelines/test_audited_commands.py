"""What a person does in the terminal is in the audit log under their name: exports, backups, settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines.note_settings import note_settings
from pipelines.starter_forms import publish_starter_set
from qc_workbench.cli import application
from qc_workbench.errors import WriteRefused
from qc_workbench.store import settings_seen
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement
from qc_workbench.store.settings_seen import SeenSettings
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

WHO = "olga"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOGNAME", WHO)
    return company.sample_company(tmp_path / "office").home


def qcw(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(application("en"), ["--home", str(home), *arguments])


def lines(home: Path, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    with Workspace(home).store.reading() as reader:
        rows = reader.rows("select * from audit where action = ? order by happened_at", action)
        return [(row["actor"], row["object"], json.loads(row["detail"])) for row in rows]


def test_data_that_leaves_is_noted_with_what_and_where_to(home: Path, tmp_path: Path) -> None:
    assert qcw(home, "export", "calls", "--format", "csv", "--out", str(tmp_path / "calls.csv")).exit_code == 0
    assert qcw(home, "export", "flags").exit_code == 0
    assert lines(home, "data_exported") == [
        (WHO, "calls", {"format": "csv", "file": "calls.csv"}),
        (WHO, "flags", {"format": "jsonl", "file": "stdout"}),
    ]


def test_reports_and_forms_that_leave_are_noted(home: Path, tmp_path: Path) -> None:
    assert qcw(home, "report", "month", "2026-10", "--out", str(tmp_path / "m.html")).exit_code == 0
    assert qcw(home, "report", "day", "2026-10-05", "--out", str(tmp_path / "d.html")).exit_code == 0
    assert lines(home, "report_exported") == [
        (WHO, "2026-10", {"report": "month", "file": "m.html"}),
        (WHO, "2026-10-05", {"report": "day", "file": "d.html"}),
    ]
    publish_starter_set(Workspace(home), "Вера Главная", datetime.now(UTC))
    assert qcw(home, "forms", "export", "cold_call").exit_code == 0
    assert lines(home, "form_exported") == [(WHO, "cold_call", {"version": 1, "file": ""})]


def test_a_backup_has_its_makers_name(home: Path, tmp_path: Path) -> None:
    assert qcw(home, "backup", str(tmp_path / "copy.zip"), "--without-recordings").exit_code == 0
    ((who, file, _),) = lines(home, "backup_made")
    assert (who, file) == (WHO, "copy.zip")


def test_the_certificate_of_an_erasure_that_leaves_is_noted(home: Path, tmp_path: Path) -> None:
    with Workspace(home).store.reading() as reader:
        phone = str(reader.value("select client_phone from calls where client_phone is not null order by 1 limit 1"))
    said = qcw(home, "erase", "--phone", phone, "--certificate", str(tmp_path / "c.json"), "--show-phone")
    assert said.exit_code == 0, said.output
    ((who, number, detail),) = lines(home, "certificate_exported")
    assert (who, detail) == (WHO, {"file": "c.json", "with_phones": True})
    assert number == json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["certificate_id"]
    assert phone not in str(lines(home, "person_erased") + lines(home, "certificate_exported"))


def test_a_changed_setting_is_noted_once_by_the_next_command(home: Path) -> None:
    assert qcw(home, "forms", "list").exit_code == 0
    assert lines(home, "settings_changed") == []
    settings = home / "qcw.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + '\n[review]\nanswer_days = 2\n\n[sampling]\nseed = "tell nobody"\n',
        encoding="utf-8",
    )
    for _ in range(2):
        assert qcw(home, "forms", "list").exit_code == 0
    ((actor, subject, detail),) = lines(home, "settings_changed")
    assert (actor, subject, detail["noticed_by"]) == ("qcw", "qcw.toml", WHO)
    assert detail["changed"] == {"review.answer_days": [5.0, 2.0], "sampling.seed": ["•••", "•••"]}
    assert datetime.fromisoformat(detail["edited_at"]) <= datetime.now(UTC)
    with Workspace(home).store.reading() as reader:
        assert "tell nobody" not in str(reader.rows("select * from settings_seen"))


def test_a_process_that_notices_the_same_a_moment_later_writes_nothing(home: Path) -> None:
    now = datetime.now(UTC)
    first = Workspace(home)
    note_settings(first, "one", now)
    (home / "qcw.toml").write_text("[company]\nname = 'Двери'\n", encoding="utf-8")
    with first.store.reading() as reader:
        before = settings_seen.last_seen(reader)
    assert [item.key for item in note_settings(Workspace(home), "two", now)] != []
    entry = audit_entry(now, "x", "settings_changed", "")
    late = settings_seen.seen(before, SeenSettings("of the third", {}), now, entry)
    with pytest.raises(WriteRefused):
        first.store.apply(late)
    assert note_settings(Workspace(home), "three", now) == ()
    assert len(lines(home, "settings_changed")) == 1


def test_a_workspace_of_an_older_program_has_changed_nothing(home: Path) -> None:
    Workspace(home).store.write(Statement("delete from settings_seen"))
    assert note_settings(Workspace(home), "one", datetime.now(UTC)) == ()
    assert lines(home, "settings_changed") == []


def test_calls_shared_out_by_a_command_are_noted(home: Path) -> None:
    assert qcw(home, "--as-of", "2026-11-01T12:00:00+03:00", "sample").exit_code == 0
    found = lines(home, "calls_shared_out")
    assert [(who, detail["drawn"] > 0) for who, _, detail in found] == [(WHO, True)]
