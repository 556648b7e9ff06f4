"""``qcw people``: accounts from the machine itself, and the invented people of the sample company."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from pipelines.demo import PASSWORD, admit_invented
from qc_workbench.cli import application
from qc_workbench.store.database import Statement
from qc_workbench.ui.i18n import Language
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company


def qcw(home: Path, *arguments: str, language: Language = "ru") -> Result:
    return CliRunner().invoke(application(language), ["--home", str(home), *arguments])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = company.sample_company(tmp_path / "office")
    for table in ("people", "person_roles"):
        found.store.write(Statement(f"delete from {table}"))
    return found


def test_an_account_made_in_the_terminal_is_entered_by_its_link(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = workspace.home
    assert "Учётных записей нет" in qcw(home, "people").stdout
    made = qcw(home, "--json", "people", "add", "Ольга Первая", "--login", "Olga", "--role", "admin", "--role", "owner")
    assert made.exit_code == 0
    path = json.loads(made.stdout)["path"]
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    with TestClient(Starlette(routes=list(routes())), follow_redirects=False) as client:
        form = {"password": "зимний чай и вишня", "again": "зимний чай и вишня"}
        assert client.post(path, data=form).status_code == 303
        assert client.get("/overview").status_code == 200
    listed = json.loads(qcw(home, "--json", "people").stdout)["people"]
    assert [(item["login"], item["roles"]) for item in listed] == [("olga", ["admin", "owner"])]
    again = json.loads(qcw(home, "--json", "people", "link", "OLGA").stdout)["path"]
    assert again != path


def test_what_cannot_be_is_said(workspace: Workspace) -> None:
    first = qcw(workspace.home, "people", "add", "Вера", "--login", "vera", "--role", "qc")
    assert first.exit_code == 2
    assert "администратор" in first.output  # nobody could let anybody in
    assert qcw(workspace.home, "people", "link", "nobody").exit_code == 2


def test_the_sample_company_is_entered_with_one_press_at_this_machine_only(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit_invented(workspace, datetime.now(UTC))
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    app = Starlette(routes=list(routes()))
    with TestClient(app, "http://localhost", follow_redirects=False, client=("127.0.0.1", 1)) as client:
        page = client.get("/login?lang=ru").text
        for name in ("Вера Главная", "Глеб Слушатель", "Наталья Королёва", "Роман Климов"):
            assert name in page
        assert client.post("/login", data={"login": "owner", "password": PASSWORD}).status_code == 303
    with TestClient(app, follow_redirects=False, client=("10.0.0.7", 1)) as client:
        assert PASSWORD not in client.get("/login").text


def test_no_password_is_shown_in_anybody_elses_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.sample_company(tmp_path / "real")
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes())), "http://localhost", client=("127.0.0.1", 1)) as client:
        assert 'type="hidden"' not in client.get("/login").text
