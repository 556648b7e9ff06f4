"""The administrator's rooms: accounts, teams, days away; the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qc_workbench.domain.access import AccessRole, Team
from qc_workbench.domain.entry import FREE_TRIES
from qc_workbench.errors import UsageError
from qc_workbench.store import people
from qc_workbench.store.audit_log import AuditQuestion
from qc_workbench.store.database import Statement
from qc_workbench.ui import accounts
from qc_workbench.ui.views.accounts import (
    admit_employees,
    admitted,
    left,
    link_for,
    note_absence,
    open_login,
    save_account,
    save_team,
)
from qc_workbench.ui.views.audit import audit_page
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "people")


def account(workspace: Workspace, employee: str) -> people.Account:
    with workspace.store.reading() as reader:
        found = people.account_with_id(reader, f"account-{employee}")
    assert found is not None
    return found


def test_only_an_administrator_changes_accounts(workspace: Workspace) -> None:
    glebs = company.viewer(workspace, "q1")
    mine = account(workspace, "q1")
    more = replace(mine, person=replace(mine.person, roles=mine.person.roles | {AccessRole.OWNER}))
    for refused in (
        lambda: save_account(workspace, glebs, more, NOW),
        lambda: link_for(workspace, glebs, account(workspace, "h1"), NOW),
        lambda: open_login(workspace, glebs, mine, NOW),
        lambda: save_team(workspace, glebs, Team("t", "Т"), ["m1"], NOW),
        lambda: note_absence(workspace, glebs, "account-h1", date(2026, 11, 1), date(2026, 11, 2), NOW),
        lambda: admitted(workspace, glebs, NOW),
        lambda: audit_page(workspace, glebs, AuditQuestion(), 1),
    ):
        with pytest.raises(UsageError, match="not_allowed"):
            refused()
    assert account(workspace, "q1") == mine


def test_a_changed_role_ends_the_sessions_it_was_given_for(workspace: Workspace) -> None:
    token = company.token(workspace, "q1")
    mine = account(workspace, "q1")
    save_account(workspace, company.viewer(workspace), replace(mine, calls_a_day=12), NOW)
    assert accounts.viewer_of(workspace, token, NOW) is not None  # what they may do is the same
    taken = replace(mine, person=replace(mine.person, roles=frozenset({AccessRole.AGENT})))
    save_account(workspace, company.viewer(workspace), taken, NOW)
    assert accounts.viewer_of(workspace, token, datetime.now(UTC)) is None


def test_the_last_administrator_stays_one(workspace: Workspace) -> None:
    vera = account(workspace, "h1")
    with pytest.raises(UsageError, match="last_administrator"):
        save_account(workspace, company.viewer(workspace), left(vera, NOW), NOW)
    fewer = replace(vera, person=replace(vera.person, roles=frozenset({AccessRole.OWNER})))
    with pytest.raises(UsageError, match="last_administrator"):
        save_account(workspace, company.viewer(workspace), fewer, NOW)


@pytest.mark.parametrize("field", ["name", "login"])
def test_two_people_share_neither_name_nor_login(workspace: Workspace, field: str) -> None:
    twin = accounts.new_account("Другое Имя", "other", {AccessRole.QC}, NOW)
    twin = replace(twin, **{field: getattr(account(workspace, "q1"), field)})
    with pytest.raises(UsageError, match="account_taken"):
        save_account(workspace, company.viewer(workspace), twin, NOW)


def test_employees_are_admitted_together_each_as_what_they_are(tmp_path: Path) -> None:
    workspace = company.sample_company(tmp_path / "all")
    for name in ("people", "person_roles"):
        workspace.store.write(Statement(f"delete from {name} where person_id <> 'account-h1'"))
    vera = company.viewer(workspace)
    view = admitted(workspace, vera, NOW)
    assert {item.manager_id for item in view.unaccounted} == {"m1", "m2", "q1"}
    assert admit_employees(workspace, vera, view.unaccounted, NOW) == 3
    view = admitted(workspace, vera, NOW)
    assert view.unaccounted == ()
    roles = {item.account.login: item.account.person.roles for item in view.accounts}
    assert roles["m1"] == {AccessRole.AGENT}
    assert roles["q1"] == {AccessRole.QC}
    assert [item.account.login for item in view.accounts if not item.has_password] == ["m1", "m2", "q1"]


def test_a_locked_login_is_seen_and_opened(workspace: Workspace) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(UsageError, match="log_in_wrong"):
            accounts.log_in(workspace, "q1", "мимо, мимо, мимо", "10.0.0.1", NOW)
    vera = company.viewer(workspace)
    (gleb,) = [item for item in admitted(workspace, vera, NOW).accounts if item.account.login == "q1"]
    assert gleb.lock.refuses(NOW)
    open_login(workspace, vera, gleb.account, NOW)
    (gleb,) = [item for item in admitted(workspace, vera, NOW).accounts if item.account.login == "q1"]
    assert not gleb.lock.refuses(NOW)
    assert accounts.log_in(workspace, "q1", company.PASSWORD, "10.0.0.2", NOW)


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "Ссылка для нового пароля"), ("en", "A link to set a password")]
)
def test_a_chosen_person_is_changed_and_invited_on_the_page(
    workspace: Workspace, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(workspace.home, language, monkeypatch)
    app.session_state["people_list"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    assert words in read(enter(app, "people"))
    app.button(key="people_link").click().run()
    assert "/join?person=" in read(app)
    assert ("Вера Главная", "password_link_made") in [
        (entry.actor, entry.action)
        for entry in audit_page(workspace, company.viewer(workspace), AuditQuestion(), 1).entries
    ]


def test_the_log_is_looked_up_by_who_what_and_about_what(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    save_team(workspace, vera, Team("north", "Север"), ["m1"], NOW)
    note_absence(workspace, vera, "account-q1", date(2026, 11, 1), date(2026, 11, 3), NOW)
    for question, expected in (
        (AuditQuestion(actor="Вера Главная"), 2),
        (AuditQuestion(action="team_changed"), 1),
        (AuditQuestion(subject=" account-q1 "), 1),
        (AuditQuestion(actor="Никто"), 0),
        (AuditQuestion(until=NOW), 0),
        (AuditQuestion(since=NOW), 2),
    ):
        found = audit_page(workspace, vera, question, 1)
        assert (found.total, len(found.entries)) == (expected, expected), question


def test_days_away_that_run_backwards_are_refused(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="absence_backwards"):
        note_absence(workspace, company.viewer(workspace), "account-q1", date(2026, 11, 3), date(2026, 11, 1), NOW)
