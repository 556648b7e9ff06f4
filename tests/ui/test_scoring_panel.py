"""The form on the call page: for whom it is drawn, with what, in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qc_workbench.ui.accounts import viewer_of
from qc_workbench.ui.components.scoring_panel import panel_data
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.traffic import route_pattern
from qc_workbench.ui.views.call import call_view
from qc_workbench.ui.views.scoring import Phase, begin, scoring_view
from qc_workbench.workspace import Workspace
from tests.scoring_cases import published
from tests.ui import sample_company as company
from tests.ui.test_auto_answers_panel import company_heard
from tests.ui.test_pages_open import enter, start


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    found = company_heard(tmp_path_factory.mktemp("panel") / "home")
    published(found)
    return found


def room_of(workspace: Workspace, employee: str, language: str = "ru") -> Room:
    now = datetime.now(UTC)
    viewer = viewer_of(workspace, company.token(workspace, employee), now)
    assert viewer is not None
    return Room(workspace, Translator(language), viewer, now)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_a_reviewer_scores_on_the_form_and_needs_no_other_button(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, language, monkeypatch, "q1"), "call", id=company.PROMISE)
    assert not app.exception
    assert not [button for button in app.button if button.key == "listened"]


def test_without_a_published_form_a_call_is_marked_as_listened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = company.sample_company(tmp_path / "plain")
    app = enter(start(plain.home, "ru", monkeypatch, "q1"), "call", id=company.PROMISE)
    assert app.button(key="listened")
    assert "Для этого звонка нет анкеты" in app.info[0].value


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_browser_gets_plain_json_with_every_text(workspace: Workspace, language: str) -> None:
    room = room_of(workspace, "q1", language)
    view = call_view(workspace, room.viewer, company.TALK)
    assert view is not None
    found = panel_data(room, view, scoring_view(workspace, room.viewer, company.TALK))
    assert json.loads(json.dumps(found)) == found
    assert found["phase"] == "open"
    titles = {item["form"]["code"]: item["form"]["title"] for item in found["forms"]}
    assert titles["cold_call"] == {"ru": "Холодный звонок", "en": "Cold call"}[language]
    assert "inbound_lead" not in titles  # the call is outbound
    suggested = {code for item in found["forms"] for code in item["suggestions"]}
    assert suggested
    assert len(json.dumps(found, ensure_ascii=False).encode()) < 100_000


def test_an_agent_gets_nothing_while_nothing_is_submitted(workspace: Workspace) -> None:
    qc, agent = room_of(workspace, "q1"), room_of(workspace, "m2")
    begin(workspace, qc.viewer, company.REFUSED, None, None, qc.now)
    assert scoring_view(workspace, qc.viewer, company.REFUSED).phase is Phase.DRAFT
    assert scoring_view(workspace, agent.viewer, company.REFUSED).phase is Phase.NONE


def test_the_log_names_no_evaluation() -> None:
    assert route_pattern("/scoring") == "/scoring"
    assert route_pattern("/scoring/begin") == "/scoring/begin"
    assert route_pattern("/scoring/0123abcd/answer") == "/scoring/{evaluation_id}/answer"
    assert "0123abcd" not in route_pattern("/scoring/0123abcd/else")
