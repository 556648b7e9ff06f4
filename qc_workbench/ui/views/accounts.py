"""Who has an account, what they are and when they were last there; changes to that by an administrator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from qc_workbench.domain.access import AccessRole, Account, Action, Team
from qc_workbench.domain.call import Manager, Role
from qc_workbench.domain.entry import Lock, lock_after, login_hash
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.store import people
from qc_workbench.store.calls import audit_entry, managers
from qc_workbench.ui.accounts import new_account, password_link
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: What an employee of the telephone system becomes when accounts are made for all.
ROLE_OF = {Role.MANAGER: AccessRole.AGENT, Role.HEAD: AccessRole.HEAD, Role.QC: AccessRole.QC}


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """``lock``: whether log-ins wait; ``has_password``: somebody without one was invited and has not come yet."""

    account: Account
    last_seen: datetime | None
    has_password: bool
    lock: Lock


@dataclass(frozen=True, slots=True)
class Admitted:
    """``unaccounted``: employees who work here and have no account; ``absences``: person -> first and last days."""

    accounts: tuple[ListedAccount, ...]
    teams: tuple[Team, ...]
    team_of: Mapping[str, str]
    employees: Mapping[str, Manager]
    absences: Mapping[str, list[tuple[date, date]]]

    @property
    def unaccounted(self) -> tuple[Manager, ...]:
        held = {item.account.person.agent_id for item in self.accounts}
        there = [item for item in self.employees.values() if item.manager_id not in held and item.left_at is None]
        return tuple(sorted(there, key=lambda item: item.name))


def admitted(workspace: Workspace, viewer: Viewer, now: datetime) -> Admitted:
    """Everybody. Raises ``not_allowed``."""
    viewer.require(Action.ADMIT_PEOPLE)
    with workspace.store.reading() as reader:
        seen, passwords = people.last_seen(reader), people.with_password(reader)
        failures = people.failures_by_login(reader)
        listed = [
            ListedAccount(
                account,
                seen.get(account.person.person_id),
                account.person.person_id in passwords,
                lock_after(failures.get(login_hash(account.login), ())),
            )
            for account in people.accounts(reader)
        ]
        return Admitted(
            tuple(listed),
            tuple(people.teams(reader)),
            people.team_of_agents(reader),
            managers(reader),
            people.absences(reader, now.date()),
        )


def save_account(workspace: Workspace, viewer: Viewer, account: Account, now: datetime) -> None:
    """A new or changed account; sessions of somebody whose rights changed or who left end at once.

    Raises ``not_allowed``, ``account_needs``, ``account_taken``; ``last_administrator`` where nobody could let anybody
    in any more.
    """
    viewer.require(Action.ADMIT_PEOPLE)
    if not account.name.strip() or not account.login or not account.person.roles:
        raise UsageError("account_needs")
    with workspace.store.reading() as reader:
        everybody = people.accounts(reader)
    before = next((item for item in everybody if item.person.person_id == account.person.person_id), None)
    others = [item for item in everybody if item is not before]
    if any(item.name == account.name for item in others):
        raise UsageError("account_taken", name=account.name)
    admins = [item for item in (*others, account) if item.person.may_enter and AccessRole.ADMIN in item.person.roles]
    if not admins:
        raise UsageError("last_administrator")
    what = "account_made" if before is None else "account_changed"
    also = [audit_entry(now, viewer.name, what, account.person.person_id, **_told(before, account))]
    if before is not None and before.person != account.person:
        also.append(people.sessions_ended(account.person.person_id, now))
    try:
        workspace.store.apply(people.saved(account, *also))
    except WriteRefused as error:
        raise UsageError("account_taken", name=account.login) from error


def _told(before: Account | None, account: Account) -> dict[str, object]:
    """What the audit log says of an account: the login, and each thing that changed with what it was and is."""
    after = _facts(account)
    if before is None:
        return {"login": account.login, **after}
    old = _facts(before) | {"login": before.login}
    changed = {name: [old[name], value] for name, value in (after | {"login": account.login}).items()}
    return {"login": account.login, "changed": {name: pair for name, pair in changed.items() if pair[0] != pair[1]}}


def _facts(account: Account) -> dict[str, object]:
    person = account.person
    return {
        "name": account.name,
        "roles": sorted(role.value for role in person.roles),
        "employee": person.agent_id,
        "teams": "all" if person.teams is None else sorted(person.teams),
        "calls_a_day": account.calls_a_day,
        "weekdays": sorted(day + 1 for day in account.weekdays),
        "left_at": account.left_at.isoformat(timespec="seconds") if account.left_at else None,
    }


def left(account: Account, at: datetime | None) -> Account:
    """The account of somebody who has left (``at``) or is back (None)."""
    return replace(account, left_at=at, person=replace(account.person, may_enter=at is None))


def link_for(workspace: Workspace, viewer: Viewer, account: Account, now: datetime) -> str:
    """A path by which this person sets a password. Raises ``not_allowed``."""
    viewer.require(Action.ADMIT_PEOPLE)
    workspace.store.write(audit_entry(now, viewer.name, "password_link_made", account.person.person_id))
    return password_link(workspace, account.person.person_id, now)


def open_login(workspace: Workspace, viewer: Viewer, account: Account, now: datetime) -> None:
    """Let a locked login try again. Raises ``not_allowed``."""
    viewer.require(Action.ADMIT_PEOPLE)
    entry = audit_entry(now, viewer.name, "login_opened", account.person.person_id)
    workspace.store.write(people.opened(account.login, now), entry)


def admit_employees(workspace: Workspace, viewer: Viewer, employees: Collection[Manager], now: datetime) -> int:
    """Accounts for these employees, whose logins are their ids; how many were made. Each still needs a link.

    Somebody whose name or id another account has is left out: a person has to say who is who.
    """
    made = 0
    for employee in employees:
        role = ROLE_OF.get(employee.role, AccessRole.AGENT)
        capacity = 30 if role is AccessRole.QC else 0
        account = new_account(
            employee.name or employee.manager_id,
            employee.manager_id,
            {role},
            now,
            agent_id=employee.manager_id,
            calls_a_day=capacity,
        )
        try:
            save_account(workspace, viewer, account, now)
        except UsageError as error:
            if error.code != "account_taken":
                raise
            continue
        made += 1
    return made


def save_team(workspace: Workspace, viewer: Viewer, team: Team, agents: Collection[str], now: datetime) -> None:
    """A team and its agents, who leave the team they were in. Raises ``not_allowed``, ``team_needs_name``."""
    viewer.require(Action.ADMIT_PEOPLE)
    if not team.name.strip():
        raise UsageError("team_needs_name")
    with workspace.store.reading() as reader:
        team_of, known = people.team_of_agents(reader), {item.team_id: item.name for item in people.teams(reader)}
    before = {"name": known.get(team.team_id), "agents": sorted(one for one in team_of if team_of[one] == team.team_id)}
    after = {"name": team.name, "agents": sorted(agents)}
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    entry = audit_entry(now, viewer.name, "team_changed", team.team_id, name=team.name, changed=changed)
    workspace.store.write(*people.team_saved(team, agents), entry)


def note_absence(workspace: Workspace, viewer: Viewer, person_id: str, first: date, last: date, now: datetime) -> None:
    """Days, both included, on which somebody does not listen. Raises ``not_allowed``, ``absence_backwards``."""
    viewer.require(Action.ADMIT_PEOPLE)
    if last < first:
        raise UsageError("absence_backwards")
    entry = audit_entry(now, viewer.name, "absence_noted", person_id, first=first.isoformat(), last=last.isoformat())
    workspace.store.write(people.absence_noted(person_id, first, last), entry)


def forget_absence(workspace: Workspace, viewer: Viewer, person_id: str, first: date, now: datetime) -> None:
    viewer.require(Action.ADMIT_PEOPLE)
    entry = audit_entry(now, viewer.name, "absence_forgotten", person_id, first=first.isoformat())
    workspace.store.write(people.absence_forgotten(person_id, first), entry)
