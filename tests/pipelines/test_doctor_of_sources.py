"""The doctor and connected systems: what is wrong with them before they are asked, and nothing is asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.doctor import Check, State
from pipelines.doctor_sources import check_sources
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.store import connections as rows
from qc_workbench.store import source_overview
from qc_workbench.store.database import insert
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace

NOW = datetime.now(UTC)
KEY = "a key that nobody may see"
RINGOSTAT = '[[sources]]\nkind = "ringostat"\nname = "r"\nkey = "{place}"\naddress = "http://127.0.0.1:1"\n'


@pytest.fixture(autouse=True)
def _own_key_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RINGO", KEY)


def office(tmp_path: Path, settings: str) -> Workspace:
    return new_workspace(tmp_path / "home", settings)


def told(workspace: Workspace) -> list[tuple[str, State, str]]:
    checks = check_sources(workspace, NOW)
    words = [(item.code, item.state, item.text(Translator("ru"))) for item in checks]
    assert KEY not in str(words) + str(checks)
    assert all(item.text(Translator("en")) for item in checks)
    return words


def ran(workspace: Workspace, ago: timedelta, error: str | None = None) -> None:
    at, params = NOW - ago, {"source": "r", "status": "401"} if error else {}
    run = rows.SourceRun(f"run-{ago}", "r", at, at, at, at, {"new": 1}, 0.0, error, params)
    workspace.store.write(insert("source_runs", rows.run_row(run)))


def test_a_source_whose_key_is_there_tells_when_it_was_read(tmp_path: Path) -> None:
    workspace = office(tmp_path, RINGOSTAT.format(place="env:RINGO"))
    ((_, state, words),) = told(workspace)
    assert (state, "ещё не читали" in words, "qcw ingest r" in words) == (State.WARNING, True, True)
    ran(workspace, timedelta(hours=3))
    ((code, state, words),) = told(workspace)
    assert (code, state, "3 ч" in words) == ("source", State.OK, True)


@pytest.mark.parametrize(
    ("ago", "error", "words"), [(timedelta(days=3), None, "3 д"), (timedelta(hours=1), "source_refused", "отказал")]
)
def test_one_that_was_not_read_for_long_or_failed_is_worth_a_look(
    tmp_path: Path, ago: timedelta, error: str | None, words: str
) -> None:
    workspace = office(tmp_path, RINGOSTAT.format(place="env:RINGO"))
    ran(workspace, ago, error)
    ((_, state, said),) = told(workspace)
    assert state is State.WARNING
    assert words in said


def test_one_that_is_paused_is_well(tmp_path: Path) -> None:
    workspace = office(tmp_path, RINGOSTAT.format(place="env:RINGO"))
    workspace.store.write(source_overview.moved("r", True, "Вера", NOW))
    ((_, state, words),) = told(workspace)
    assert (state, "Вера" in words) == (State.OK, True)


@pytest.mark.parametrize("place", ["env:NOBODY_SET_THIS", "file:no-such-key", "secret:r.key"])
def test_a_key_that_is_not_where_it_should_be_is_a_fault(tmp_path: Path, place: str) -> None:
    ((code, state, words),) = told(office(tmp_path, RINGOSTAT.format(place=place)))
    assert (code, state, place in words) == ("source", State.FAULT, True)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere files have no such modes")
def test_a_key_that_others_may_read_is_told_with_the_command_that_closes_it(tmp_path: Path) -> None:
    workspace = office(tmp_path, RINGOSTAT.format(place="file:key"))
    key = workspace.home / "key"
    key.write_text(KEY)
    key.chmod(0o644)
    assert ("secrets", State.WARNING) in [found[:2] for found in told(workspace)]
    assert any(f"chmod 600 {key}" in words for _, _, words in told(workspace))
    key.chmod(0o600)
    assert [found[0] for found in told(workspace)] == ["source"]


def test_the_file_of_secrets_opens_and_what_nothing_asks_for_is_named(tmp_path: Path) -> None:
    workspace = office(tmp_path, RINGOSTAT.format(place="secret:r.key"))
    secrets = SecretsFile.of(workspace.home)
    secrets.put("r.key", KEY)
    assert [found[:2] for found in told(workspace)][1:] == [("secrets", State.OK)]
    secrets.put("left.over", KEY)
    assert "left.over" in told(workspace)[-1][2]
    assert "r.key" not in told(workspace)[-1][2]
    secrets.key_file.unlink()
    assert {state for code, state, _ in told(workspace) if code == "secrets"} == {State.FAULT}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[[sources]]\nkind = "csv"\nname = "c"\nfolder = "nowhere"\n', "nowhere"),
        ('[[sources]]\nkind = "files"\nname = "f"\nfolder = "."\nmapping = "продажи"\n', "продажи"),
        ('[[sources]]\nkind = "asterisk"\nname = "a"\nfile = "Master.csv"\nmonitor = "."\n', "Master.csv"),
        ('[[sources]]\nkind = "asterisk"\nname = "a"\nfile = "qcw.toml"\nmonitor = "recorded"\n', "recorded"),
    ],
)
def test_a_place_of_this_machine_that_is_not_there_is_a_fault(tmp_path: Path, settings: str, words: str) -> None:
    ((_, state, said),) = told(office(tmp_path, settings))
    assert (state, words in said) == (State.FAULT, True)


def test_every_line_of_it_has_a_name() -> None:
    assert all(Translator("ru")(f"doctor.{code}") for code in ("source", "sources", "secrets"))
    assert Check("source", State.OK, "source_read", {"name": "r"}, ago_s=60.0).text(Translator("en"))
