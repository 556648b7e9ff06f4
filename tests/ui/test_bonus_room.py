"""The pages of the bonus: ruling by keys, statements that open, disputes, the agent's own statement."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.flag import Ruling
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.bonus import write_objection
from qc_workbench.ui.views.violation_ruling import rule_on_faults
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.bonus_cases import MANY, NOW, breached_company, confirm_flag
from tests.ui.test_pages_open import EMPTY, EXPECTED, enter, read, start


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return breached_company(tmp_path / "home")


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_one_key_rules_on_a_group_and_another_takes_it_back(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = Translator(language)
    app = enter(start(workspace.home, language, monkeypatch), "bonus", month="2026-10", list="rulings")
    shown = read(app)
    assert "Алла Пробная" in shown
    assert t("violation_ruling.confirm", n=MANY) in shown
    app.button(key="bonus_rulings_confirmed").click().run()
    assert t("violation_ruling.confirm", n=MANY) not in read(app)
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from violation_findings where ruling = 'confirmed'") == MANY
    app.button(key="bonus_rulings_withdrawn").click().run()
    assert t("violation_ruling.confirm", n=MANY) in read(app)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_room_says_what_it_holds_also_where_there_is_nothing(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, empty = company.sample_company(tmp_path / "full"), company.empty_company(tmp_path / "empty")
    for found, expected in ((full, EXPECTED["bonus"][language]), (empty, (EMPTY["bonus"][language],))):
        app = enter(start(found.home, language, monkeypatch), "bonus")
        assert [text for text in expected if text not in read(app)] == []
    assert Translator(language)("empty.begin") in [link.proto.label for link in app.main.get("page_link")]


def pick(app: AppTest, key: str, row: int) -> AppTest:
    """Choose a row of a table: AppTest has no click on one."""
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def test_an_agent_reads_the_own_statement_and_disputes_a_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = workspace.home / "qcw.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "validity_days = 0\n", encoding="utf-8")
    rule_on_faults(workspace, company.viewer(workspace), ["v001"], Ruling.CONFIRMED, datetime.now(UTC), "")
    app = enter(start(workspace.home, "ru", monkeypatch, "m1"), "my", list="bonus", month="2026-10")
    shown = read(app).replace("\xa0", " ")
    assert "9 900 ₽" in shown
    assert "Борис" not in shown
    pick(app, "my_bonus_2026-10-01", 0)
    app.text_area(key="dispute_reason_v001").set_value("задача выполнена утром")
    app.button(key="dispute_send_v001").click().run()
    shown = read(app).replace("\xa0", " ")
    assert "10 000 ₽" in shown
    assert "Приостановлено: 100 ₽" in shown
    pick(app, "my_bonus_2026-10-01", 0)
    app.button(key="dispute_withdraw_v001").click().run()
    assert "9 900 ₽" in read(app).replace("\xa0", " ")


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_a_statement_opens_with_its_lines_and_proof_and_is_approved(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = Translator(language)
    confirm_flag(workspace, company.viewer(workspace))
    app = enter(start(workspace.home, language, monkeypatch), "bonus", month="2026-10", list="statements")
    pick(app, "bonus_agents_2026-10-01", 0)
    shown = read(app)
    assert t("fault.fake_effective") not in shown  # the table is not read as text; its proof is
    assert t("bonus.not_approved") in shown.replace("\\", "")
    pick(app, "bonus_lines_m1_2026-10-01", 0)
    assert company.PADDED in read(app).replace("\\", "")
    app.button(key="bonus_approve_m1").click().run()
    assert "Вера Главная" in read(app)
    app.button(key="bonus_undo_m1").click().run()
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from bonus_approvals") == 2
    assert "bonus_approve_m1" in {button.key for button in app.button}


def test_the_owner_opens_statements_disputes_and_the_contest(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = company.viewer(workspace)
    rule_on_faults(workspace, vera, ["v001"], Ruling.CONFIRMED, NOW, "")
    write_objection(workspace, company.viewer(workspace, "m1"), "v001", "задача выполнена", NOW)
    app = start(workspace.home, "ru", monkeypatch, "o1")
    assert "Скачать PDF" in read(enter(app, "bonus", month="2026-10", list="statements"))
    app = start(workspace.home, "ru", monkeypatch, "o1")
    shown = read(enter(app, "bonus", month="2026-10", list="disputes"))
    assert "задача выполнена" in shown
    app.text_input(key="settle_reason_v001").set_value("есть запись")
    app.button(key="settle_grant_v001").click().run()
    assert "Споров, которые ждут решения, нет" in read(app)
    app = start(workspace.home, "ru", monkeypatch, "o1")
    assert "мало звонков" in read(enter(app, "bonus", month="2026-10", list="contest"))
