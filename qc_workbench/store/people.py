"""Accounts, teams, absences, sessions and tries to log in: rows to domain values and back.

What changes here is decided by rules (:mod:`qc_workbench.domain.access`, :mod:`qc_workbench.domain.entry`). The hash
of a password is read by :func:`password_hash` alone and travels with nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from qc_workbench.domain.access import AccessRole, Account, Person, Subject, Team
from qc_workbench.domain.entry import Session, login_hash
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, insert_all, to_json

#: An account with its roles and teams as lists. Whoever has left may not enter.
_ACCOUNTS: Final = """
    select p.* exclude (password_hash, password_set_at),
        coalesce((select list(role order by role) from person_roles r where r.person_id = p.person_id), []) as roles,
        coalesce((select list(team_id order by team_id) from team_heads h where h.person_id = p.person_id), []) as teams
    from people p
    """


# Accounts --------------------------------------------------------------------


def account_of(row: Row) -> Account:
    person = Person(
        person_id=row["person_id"],
        roles=frozenset(AccessRole(role) for role in row["roles"]),
        agent_id=row["agent_id"],
        teams=None if row["leads_every_team"] else frozenset(row["teams"]),
        may_enter=row["left_at"] is None,
    )
    return Account(
        person=person,
        login=row["login"],
        name=row["name"],
        admitted_at=row["admitted_at"],
        left_at=row["left_at"],
        issuer=row["issuer"],
        subject=row["subject"],
        calls_a_day=row["calls_a_day"],
        weekdays=frozenset(from_json(row["weekdays"])),
    )


def accounts(reader: Reader) -> list[Account]:
    """Everybody, those who have left too, by name."""
    return [account_of(row) for row in reader.rows(f"{_ACCOUNTS} order by name, person_id")]


def account_with_id(reader: Reader, person_id: str) -> Account | None:
    """Asked at every request: without a subquery for each row it costs half of what :data:`_ACCOUNTS` does."""
    row = reader.row(
        """
        select p.* exclude (password_hash, password_set_at),
            coalesce(r.roles, []) as roles, coalesce(h.teams, []) as teams
        from people p, (select list(role order by role) as roles from person_roles where person_id = ?) r,
            (select list(team_id order by team_id) as teams from team_heads where person_id = ?) h
        where p.person_id = ?
        """,
        person_id,
        person_id,
        person_id,
    )
    return account_of(row) if row else None


def names_of(reader: Reader, person_ids: Collection[str]) -> dict[str, str]:
    """Names of these accounts by id."""
    rows = reader.rows(
        "select person_id, name from people where person_id in (select unnest(?::varchar[]))", list(person_ids)
    )
    return {row["person_id"]: row["name"] for row in rows}


def account_with_login(reader: Reader, login: str) -> Account | None:
    """``login`` in the form of :func:`qc_workbench.domain.entry.login`."""
    row = reader.row(f"{_ACCOUNTS} where login = ?", login)
    return account_of(row) if row else None


def account_of_single_sign_on(reader: Reader, issuer: str, subject: str) -> Account | None:
    row = reader.row(f"{_ACCOUNTS} where issuer = ? and subject = ?", issuer, subject)
    return account_of(row) if row else None


def saved(account: Account, *also: Statement) -> Write:
    """The write of a new or changed account with its roles and the teams it leads; a password stays as it is.

    Refused (:class:`~qc_workbench.errors.WriteRefused`) when somebody else has the login.
    """
    person = account.person
    row = {
        "person_id": person.person_id,
        "login": account.login,
        "name": account.name,
        "agent_id": person.agent_id,
        "issuer": account.issuer,
        "subject": account.subject,
        "leads_every_team": person.teams is None,
        "calls_a_day": account.calls_a_day,
        "weekdays": to_json(sorted(account.weekdays)),
        "admitted_at": account.admitted_at,
        "left_at": account.left_at,
    }
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    changes = ", ".join(f"{name} = excluded.{name}" for name in row if name != "person_id")
    put = f"insert into people ({names}) values ({marks}) on conflict (person_id) do update set {changes}"  # noqa: S608 - names of this module
    whose = (person.person_id,)
    return Write(
        (
            Statement(put, tuple(row.values())),
            Statement("delete from person_roles where person_id = ?", whose),
            Statement("delete from team_heads where person_id = ?", whose),
            *insert_all("person_roles", [{"person_id": whose[0], "role": role.value} for role in sorted(person.roles)]),
            *insert_all(
                "team_heads", [{"team_id": team, "person_id": whose[0]} for team in sorted(person.teams or ())]
            ),
            *also,
        ),
        require=(
            Statement(
                "select 1 where not exists (select 1 from people where login = ? and person_id <> ?)",
                (account.login, person.person_id),
            ),
        ),
    )


def is_first_run(reader: Reader) -> bool:
    """Whether there is no account at all: then the first administrator is set up.

    Not whether an administrator is lacking: where the only one has left, the set-up must not stand open to anybody.
    """
    return not reader.value("select count(*) from people")


def first_administrator(account: Account, password_hash: str, at: datetime) -> Write:
    """Set-up of an empty workspace; refused when somebody was faster."""
    write = saved(account, password_set(account.person.person_id, password_hash, at))
    return Write(write.statements, require=(Statement("select 1 where not exists (select 1 from people)"),))


def password_set(person_id: str, password_hash: str, at: datetime) -> Statement:
    return Statement(
        "update people set password_hash = ?, password_set_at = ? where person_id = ?", (password_hash, at, person_id)
    )


def password_hash(reader: Reader, person_id: str) -> str | None:
    """For the one place that compares passwords; None for somebody who comes by single sign-on only."""
    found = reader.value("select password_hash from people where person_id = ?", person_id)
    return None if found is None else str(found)


def bound_to(person_id: str, issuer: str, subject: str) -> Statement:
    """Who vouches for the person at single sign-on, and under which name."""
    return Statement("update people set issuer = ?, subject = ? where person_id = ?", (issuer, subject, person_id))


# Teams and absences ----------------------------------------------------------


def teams(reader: Reader) -> list[Team]:
    return [Team(**row) for row in reader.rows("select team_id, name from teams order by name, team_id")]


def team_saved(team: Team, agents: Collection[str]) -> list[Statement]:
    """A team and its agents, who leave the team they were in."""
    return [
        insert("teams", {"team_id": team.team_id, "name": team.name}, replace=True),
        Statement(
            "delete from team_agents where team_id = ? or list_contains(?::varchar[], agent_id)",
            (team.team_id, list(agents)),
        ),
        *insert_all("team_agents", [{"agent_id": agent, "team_id": team.team_id} for agent in sorted(set(agents))]),
    ]


def subject_of(reader: Reader, agent_id: str) -> Subject:
    """What :func:`qc_workbench.domain.access.may` is asked about for a call or score of this agent."""
    return Subject(agent_id, reader.value("select team_id from team_agents where agent_id = ?", agent_id))


def team_of_agents(reader: Reader) -> dict[str, str]:
    """Agent -> team, of those who are in one."""
    return {row["agent_id"]: row["team_id"] for row in reader.rows("select agent_id, team_id from team_agents")}


def absences(reader: Reader, since: date) -> dict[str, list[tuple[date, date]]]:
    """Person -> first and last days away, of what has not ended before ``since``."""
    found: dict[str, list[tuple[date, date]]] = {}
    for row in reader.rows("select * from absences where day_to >= ? order by person_id, day_from", since):
        found.setdefault(row["person_id"], []).append((row["day_from"], row["day_to"]))
    return found


def absence_noted(person_id: str, day_from: date, day_to: date) -> Statement:
    """One that begins on the same day is replaced."""
    return insert("absences", {"person_id": person_id, "day_from": day_from, "day_to": day_to}, replace=True)


# Sessions and tries ----------------------------------------------------------


def session_begun(session: Session) -> Statement:
    return insert(
        "sessions",
        {
            "token_hash": session.token_hash,
            "person_id": session.person_id,
            "begun_at": session.begun_at,
            "seen_at": session.seen_at,
            "ended_at": session.ended_at,
        },
    )


def session_with(reader: Reader, token_hash: str) -> Session | None:
    row = reader.row("select * from sessions where token_hash = ?", token_hash)
    return Session(**row) if row else None


def open_session_with(reader: Reader, token_hash: str) -> Session | None:
    """As :func:`session_with`, None also where its person has left: asked at every key, so in one query."""
    row = reader.row(
        "select s.* from sessions s join people p using (person_id) where s.token_hash = ? and p.left_at is null",
        token_hash,
    )
    return Session(**row) if row else None


def session_seen(token_hash: str, at: datetime) -> Statement:
    """A sign of life. Never earlier than one before, and none of a session that has ended."""
    return Statement(
        "update sessions set seen_at = ? where token_hash = ? and seen_at < ? and ended_at is null",
        (at, token_hash, at),
    )


def session_ended(token_hash: str, at: datetime) -> Statement:
    return Statement("update sessions set ended_at = ? where token_hash = ? and ended_at is null", (at, token_hash))


def sessions_ended(person_id: str, at: datetime) -> Statement:
    """All of a person's: the password was changed, a role taken, the account shut."""
    return Statement("update sessions set ended_at = ? where person_id = ? and ended_at is null", (at, person_id))


def tried(login: str, address: str, succeeded: bool, at: datetime) -> Statement:
    """A try to log in that was heard. One that a lock refused is not noted here: it must not lengthen the lock."""
    return insert(
        "log_ins",
        {"tried_at": at, "login_hash": login_hash(login), "address": address, "succeeded": succeeded},
    )


def failures_of(reader: Reader, login: str) -> list[datetime]:
    """Failures in a row for this login, known or not, since the last success or opening; oldest first."""
    rows = reader.rows(
        """
        select tried_at from log_ins where login_hash = ? and not succeeded and tried_at > coalesce(
            (select max(tried_at) from log_ins where login_hash = ? and succeeded), '-infinity'::timestamptz)
        order by tried_at
        """,
        login_hash(login),
        login_hash(login),
    )
    return [row["tried_at"] for row in rows]


def failures_from(reader: Reader, address: str, since: datetime) -> list[datetime]:
    """Failures from this address since then, whatever the logins; oldest first."""
    rows = reader.rows(
        "select tried_at from log_ins where address = ? and not succeeded and tried_at >= ? order by tried_at",
        address,
        since,
    )
    return [row["tried_at"] for row in rows]


def opened(login: str, at: datetime) -> Statement:
    """An administrator lets a login try again: counted as if a try had succeeded."""
    return tried(login, "", True, at)


# What the list of people shows -----------------------------------------------


def last_seen(reader: Reader) -> dict[str, datetime]:
    """Person -> the last sign of life of any session."""
    rows = reader.rows("select person_id, max(seen_at) as seen_at from sessions group by person_id")
    return {row["person_id"]: row["seen_at"] for row in rows}


def with_password(reader: Reader) -> frozenset[str]:
    """Those who have set a password."""
    rows = reader.rows("select person_id from people where password_hash is not null")
    return frozenset(row["person_id"] for row in rows)


def failures_by_login(reader: Reader) -> dict[str, list[datetime]]:
    """Failures in a row since the last success, of every login that has any; oldest first."""
    rows = reader.rows(
        """
        with good as (select login_hash, max(tried_at) as at from log_ins where succeeded group by login_hash)
        select f.login_hash, list(f.tried_at order by f.tried_at) as failed from log_ins f
        left join good g using (login_hash)
        where not f.succeeded and (g.at is null or f.tried_at > g.at) group by f.login_hash
        """
    )
    return {row["login_hash"]: row["failed"] for row in rows}


def absence_forgotten(person_id: str, day_from: date) -> Statement:
    return Statement("delete from absences where person_id = ? and day_from = ?", (person_id, day_from))
