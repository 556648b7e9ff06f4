"""Who works in the department, and who came in lately."""

from __future__ import annotations

from datetime import datetime, timedelta

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.call import Manager
from qc_workbench.store import calls as call_rows
from qc_workbench.store import people
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.accounts import begin_session
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import accounts
from qc_workbench.workspace import Workspace
from tests.browser.department_month import AGENTS, TEAMS
from tests.browser.pictures import ADMIN, AGENT, HEAD, OWNER, QC
from tests.ui import sample_company as company


def who(workspace: Workspace, login: str, now: datetime) -> Viewer:
    """The person with this login, as a page sees them."""
    with workspace.store.reading() as reader:
        account = people.account_with_login(reader, login)
        team_of = people.team_of_agents(reader)
    assert account is not None, f"nobody has the login {login}"
    return Viewer(account, team_of)


def employ(workspace: Workspace, now: datetime) -> None:
    known = {"m1", "m2"}
    fresh = {agent: name for agent, (name, _, _) in AGENTS.items() if agent not in known} | {"m9": "Ольга Ушедшая"}
    rows = [call_rows.manager_row(Manager(agent, name)) for agent, name in fresh.items()]
    workspace.store.insert_many("managers", rows)
    begun_at = now - timedelta(days=70)
    agent, every_day = frozenset({AccessRole.AGENT}), frozenset(range(7))
    saved = [
        Account(Person("account-owner", frozenset({AccessRole.OWNER})), OWNER, "Наталья Королёва", begun_at),
        Account(Person("account-admin", frozenset({AccessRole.ADMIN})), ADMIN, "Роман Климов", begun_at),
        Account(Person("account-h1", frozenset({AccessRole.HEAD}), "h1", None), HEAD, "Вера Главная", begun_at),
        Account(
            Person("account-h2", frozenset({AccessRole.HEAD}), None, frozenset({"doors"})), "h2", "Олег Старшев",
            begun_at,
        ),
        Account(
            Person("account-q1", frozenset({AccessRole.QC}), "q1"), QC, "Глеб Слушатель", begun_at, calls_a_day=14,
            weekdays=every_day,
        ),
        Account(
            Person("account-q2", frozenset({AccessRole.QC})), "q2", "Галина Вторая", begun_at, calls_a_day=10,
            weekdays=every_day,
        ),
        *(Account(Person(f"account-{key}", agent, key), key, name, begun_at) for key, name in fresh.items()),
    ]  # fmt: skip
    for account in saved:
        person = account.person.person_id
        workspace.store.apply(people.saved(account, people.password_set(person, company.password_hash(), begun_at)))
    admin = who(workspace, ADMIN, now)
    for team, name in TEAMS.items():
        members = [key for key, (_, of, _) in AGENTS.items() if of == team]
        accounts.save_team(workspace, admin, Team(team, name), members, begun_at)
    gone = next(account for account in saved if account.login == "m9")
    accounts.save_account(workspace, admin, accounts.left(gone, now - timedelta(days=9)), now - timedelta(days=9))
    invited = Account(Person("account-m10", agent, None), "k.novikova", "Карина Новикова", now - timedelta(hours=20))
    accounts.save_account(workspace, admin, invited, now - timedelta(hours=20))
    accounts.link_for(workspace, admin, invited, now - timedelta(hours=20))
    first = now.date() + timedelta(days=7)
    accounts.note_absence(workspace, admin, "account-q2", first, first + timedelta(days=6), now - timedelta(days=2))


def came_in(workspace: Workspace, now: datetime) -> None:
    """Who came in lately, and who could not."""
    entries = [
        audit_entry(now - timedelta(minutes=minutes), who(workspace, login, now).name, "logged_in", f"account-{login}",
                    way="password")
        for login, minutes in ((QC, 95), ("q2", 80), (HEAD, 62), (AGENT, 41), ("m5", 33), (OWNER, 12))
    ]  # fmt: skip
    tries = [people.tried("m6", "192.0.2.7", False, now - timedelta(minutes=9, seconds=-10 * n)) for n in range(5)]
    failed = [audit_entry(now - timedelta(minutes=8), "Кирилл Полевой", "log_in_failed", "account-m6")] * 2
    workspace.store.write(*entries, *tries, *failed)
    for login in (QC, "q2", HEAD, AGENT, "m5", OWNER):
        account = who(workspace, login, now).account
        begin_session(workspace, account.person.person_id, now - timedelta(minutes=20))
