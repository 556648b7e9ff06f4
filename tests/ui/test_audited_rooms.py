"""What people do in the app is in the audit log: downloads, changes of people, the settings that were edited."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit import config

from pipelines.starter_forms import publish_starter_set
from qc_workbench.domain.access import AccessRole, Team
from qc_workbench.errors import UsageError
from qc_workbench.store import forms, people
from qc_workbench.store.audit_log import AuditQuestion
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.server import OPTIONS
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.accounts import left, save_account, save_team
from qc_workbench.ui.views.audit import audit_page
from qc_workbench.ui.views.listening_plans import share_out
from qc_workbench.ui.views.month import FORMS, month_file, month_page
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)
LATER = NOW + timedelta(seconds=1)
MONTH = date(2026, 10, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "office")


def lines(workspace: Workspace, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    found = audit_page(workspace, company.viewer(workspace), AuditQuestion(action=action), 1).entries
    return [(entry.actor, entry.subject, dict(entry.detail)) for entry in reversed(found)]


def test_each_form_of_the_months_report_is_noted_when_it_is_taken_and_not_when_it_is_offered(
    workspace: Workspace,
) -> None:
    vera, t = company.viewer(workspace), Translator("ru")
    page = month_page(workspace, vera, MONTH, None, NOW, t)
    files = [month_file(workspace, vera, page, form, t) for form in FORMS]
    assert lines(workspace, "report_exported") == []
    assert all(make() for make in files)
    assert lines(workspace, "report_exported") == [
        ("Вера Главная", "2026-10", {"report": "month", "format": form}) for form in FORMS
    ]


def test_who_may_not_read_reports_gets_no_file_and_leaves_no_line(workspace: Workspace) -> None:
    gleb, t = company.viewer(workspace, "q1"), Translator("ru")
    page = month_page(workspace, company.viewer(workspace), MONTH, None, NOW, t)
    with pytest.raises(UsageError, match="not_allowed"):
        month_file(workspace, gleb, page, "xlsx", t)()
    assert lines(workspace, "report_exported") == []


def test_a_form_taken_as_yaml_is_noted(workspace: Workspace) -> None:
    publish_starter_set(workspace, "Вера Главная", NOW)
    with workspace.store.reading() as reader:
        version = forms.form_version(reader, "cold_call", 1)
    assert version is not None
    assert "cold_call" in form_drafts.form_file(workspace, company.viewer(workspace, "q1"), version)()
    assert lines(workspace, "form_exported") == [("Глеб Слушатель", "cold_call", {"version": 1, "format": "yaml"})]


def test_a_changed_account_is_noted_with_what_it_was_and_is(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    with workspace.store.reading() as reader:
        gleb = people.account_with_id(reader, "account-q1")
    assert gleb is not None
    more = replace(
        gleb,
        calls_a_day=gleb.calls_a_day + 5,
        weekdays=frozenset({0}),
        person=replace(gleb.person, roles=gleb.person.roles | {AccessRole.HEAD}),
    )
    save_account(workspace, vera, more, NOW)
    save_account(workspace, vera, left(more, NOW), LATER)
    (_, subject, first), (_, _, second) = lines(workspace, "account_changed")
    assert subject == "account-q1"
    assert first["changed"] == {
        "roles": [["qc"], ["head", "qc"]],
        "calls_a_day": [gleb.calls_a_day, gleb.calls_a_day + 5],
        "weekdays": [sorted(day + 1 for day in gleb.weekdays), [1]],
    }
    assert list(second["changed"]) == ["left_at"]


def test_a_changed_team_is_noted_with_who_came_and_left(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    save_team(workspace, vera, Team("t", "Север"), ["m1"], NOW)
    save_team(workspace, vera, Team("t", "Юг"), ["m1", "m2"], LATER)
    assert [detail["changed"] for _, _, detail in lines(workspace, "team_changed")] == [
        {"name": [None, "Север"], "agents": [[], ["m1"]]},
        {"name": ["Север", "Юг"], "agents": [["m1"], ["m1", "m2"]]},
    ]


def test_sharing_calls_out_is_for_those_who_plan_and_is_noted(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="not_allowed"):
        share_out(workspace, company.viewer(workspace, "q1"), NOW)
    report = share_out(workspace, company.viewer(workspace), NOW)
    ((who, _, detail),) = lines(workspace, "calls_shared_out")
    assert (who, detail["assigned"]) == ("Вера Главная", report.assigned)


def test_no_table_offers_a_download_that_nobody_notes(workspace: Workspace) -> None:
    assert OPTIONS["client.disableDataExport"] is True
    assert "client.disableDataExport" in config.get_config_options()


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "Настройки: Настройки изменены"), ("en", "Settings: Settings changed")]
)
def test_settings_edited_while_the_app_runs_are_noted_and_shown(
    workspace: Workspace, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(workspace.home, language, monkeypatch)
    enter(app, "audit")
    settings = workspace.settings_file
    settings.write_text(settings.read_text(encoding="utf-8") + "\n[review]\nanswer_days = 2\n", encoding="utf-8")
    os.utime(settings, ns=(0, settings.stat().st_mtime_ns + 1_000_000))
    enter(app, "audit")
    assert words in str(app.selectbox(key="audit_what").options)
    table = app.dataframe[0].value
    (line,) = [row for row in table.to_dict("records") if "review.answer_days: 5 → 2" in str(row)]
    assert words.split(": ")[1] in line.values()
    place = list(table[table.columns[-1]]).index(line[table.columns[-1]])
    key = next(str(item.key) for item in app.dataframe)
    app.session_state[key] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    app.run()
    assert f"**{words}**".replace(":", "\\:") in read(app)
    assert "review.answer_days: 5 → 2" in read(app)
