"""The room of forms: written, tried, published, retired; who may, and what two people at once do to each other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.starter_forms import publish_starter_set
from qc_workbench.domain.forms import FormState, FormVersion
from qc_workbench.errors import ImportFailed, UsageError
from qc_workbench.review import form_editing
from qc_workbench.sources.form_files import form_text
from qc_workbench.store import forms, people
from qc_workbench.store.database import Statement
from qc_workbench.ui.server import SCRIPT
from qc_workbench.ui.state import HOME_VARIABLE, LANGUAGE_KEY, TOKEN_KEY
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.forms import form_desk, forms_room
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

PAGES = SCRIPT.parent.parent / "pages"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CODE = "cold_call"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = company.empty_company(tmp_path / "forms")
    company.admit(found)
    publish_starter_set(found, "Вера Главная", NOON)
    return found


def viewer(workspace: Workspace, employee: str = "h1") -> Viewer:
    with workspace.store.reading() as reader:
        account = people.account_with_id(reader, f"account-{employee}")
    assert account is not None
    return Viewer(account, {})


def opened(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru", employee: str = "h1", **query: str
) -> AppTest:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    app.session_state[LANGUAGE_KEY] = language
    app.session_state[TOKEN_KEY] = company.token(workspace, employee)
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page(str(PAGES / "forms.py")).run()


def read(app: AppTest) -> str:
    assert [error.value for error in app.exception] == []
    kinds = ("title", "markdown", "caption", "text", "info", "warning", "error", "success", "code")
    parts = [str(element.value) for kind in kinds for element in app.main.get(kind)]
    parts += [element.label for element in app.button]
    parts += [element.proto.label for element in app.main.get("page_link")]
    return "\n".join(parts)


def version(workspace: Workspace, number: int, code: str = CODE) -> FormVersion:
    with workspace.store.reading() as reader:
        found = forms.form_version(reader, code, number)
    assert found is not None
    return found


def begun(workspace: Workspace) -> FormVersion:
    return version(workspace, form_drafts.begin_draft(workspace, viewer(workspace), CODE, 1, NOON))


def test_the_list_opens(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(workspace, monkeypatch)
    assert "Холодный звонок" in read(app)
    begun(workspace)
    app = opened(workspace, monkeypatch, form=CODE)
    print(read(app))
    for part in [b.key for b in app.button if b.key.startswith("forms_part")]:
        app.button(key=part).click().run()
        read(app)
