"""Accounts, teams, sessions and tries to log in as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.access import AccessRole, Account, Action, Person, Subject, Team, agents_within, may
from qc_workbench.domain.entry import Session, SessionState, session_state
from qc_workbench.errors import WriteRefused
from qc_workbench.store import people
from qc_workbench.store.database import Store

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
HEAD = Account(
    Person("p-1", frozenset({AccessRole.HEAD, AccessRole.AGENT}), "m9", frozenset({"north"})),
    "rop", "Рита Главная", AT, calls_a_day=4, weekdays=frozenset({0, 2}),
)  # fmt: skip
ADMIN = Account(Person("p-0", frozenset({AccessRole.ADMIN}), teams=None), "admin", "Админ", AT)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks")
    made.migrate()
    return made


def test_accounts_come_back_as_they_were_saved_and_changed(store: Store) -> None:
    store.apply(people.saved(HEAD))
    store.apply(people.saved(ADMIN))
    person = replace(
        HEAD.person, roles=frozenset({AccessRole.HEAD, AccessRole.QC}), teams=frozenset({"north", "south"})
    )
    changed = replace(HEAD, person=person, issuer="https://id.example", subject="42")
    store.apply(people.saved(changed))
    with store.reading() as reader:
        assert people.accounts(reader) == [ADMIN, changed]
        assert people.account_with_id(reader, "p-1") == changed
        assert people.account_with_login(reader, "rop") == changed
        assert people.account_of_single_sign_on(reader, "https://id.example", "42") == changed
        assert people.account_of_single_sign_on(reader, "https://id.example", "43") is None


def test_a_login_belongs_to_one_person(store: Store) -> None:
    store.apply(people.saved(HEAD))
    with pytest.raises(WriteRefused):
        store.apply(people.saved(replace(ADMIN, login="rop")))
    store.apply(people.saved(HEAD))  # one's own is no obstacle


def test_who_has_left_may_not_enter(store: Store) -> None:
    store.apply(people.saved(replace(HEAD, left_at=AT)))
    with store.reading() as reader:
        found = people.account_with_id(reader, "p-1")
    assert found is not None
    assert not found.person.may_enter
    assert not may(found.person, Action.HEAR_CALL, Subject("m1", "north"))


def test_the_hash_of_a_password_is_read_by_itself_and_survives_a_change_of_the_account(store: Store) -> None:
    store.apply(people.saved(HEAD, people.password_set("p-1", "$argon2id$x", AT)))
    store.apply(people.saved(replace(HEAD, name="Рита")))
    with store.reading() as reader:
        assert people.password_hash(reader, "p-1") == "$argon2id$x"
        assert people.password_hash(reader, "nobody") is None
        assert "argon2" not in repr(people.accounts(reader))


def test_the_first_administrator_is_set_up_once(store: Store) -> None:
    with store.reading() as reader:
        assert people.is_first_run(reader)
    store.apply(people.first_administrator(ADMIN, "$argon2id$x", AT))
    second = replace(ADMIN, person=replace(ADMIN.person, person_id="p-2"), login="admin2")
    with pytest.raises(WriteRefused):
        store.apply(people.first_administrator(second, "$argon2id$y", AT))
    with store.reading() as reader:
        assert not people.is_first_run(reader)
        assert [account.login for account in people.accounts(reader)] == ["admin"]


def test_a_list_shows_the_agents_that_a_person_may_open_one_by_one(store: Store) -> None:
    store.write(*people.team_saved(Team("north", "Север"), ["m1", "m2"]))
    store.write(*people.team_saved(Team("south", "Юг"), ["m2", "m3"]))  # m2 moves
    agents = ["m1", "m2", "m3", "m4", "m9"]
    roles = [frozenset({role}) for role in AccessRole] + [HEAD.person.roles]
    with store.reading() as reader:
        assert people.teams(reader) == [Team("north", "Север"), Team("south", "Юг")]
        assert people.subject_of(reader, "m2") == Subject("m2", "south")
        assert people.subject_of(reader, "m4") == Subject("m4", None)
        for held in roles:
            for led in (None, frozenset({"south"}), frozenset[str]()):
                person = Person("p", held, "m9", led)
                shown = agents_within(person, Action.SEE_SCORE, people.team_of_agents(reader))
                opened = {agent for agent in agents if may(person, Action.SEE_SCORE, people.subject_of(reader, agent))}
                assert opened == (set(agents) if shown is None else set(shown)), (held, led)


def test_absences_that_are_over_are_left_out(store: Store) -> None:
    monday = date(2026, 10, 5)
    store.write(people.absence_noted("p-1", monday, monday), people.absence_noted("p-2", monday, monday))
    store.write(people.absence_noted("p-1", monday, date(2026, 10, 9)))  # longer than it was thought
    with store.reading() as reader:
        assert people.absences(reader, date(2026, 10, 6)) == {"p-1": [(monday, date(2026, 10, 9))]}


def test_a_session_lives_by_its_signs_and_ends_for_good(store: Store) -> None:
    for name in ("h1", "h2"):
        store.write(people.session_begun(Session(name, "p-1", AT, AT)))
    store.write(people.session_seen("h1", AT + timedelta(minutes=50)))
    store.write(people.session_seen("h1", AT + timedelta(minutes=10)))  # came late
    later = AT + timedelta(minutes=80)
    with store.reading() as reader:
        found = people.session_with(reader, "h1")
        silent = people.session_with(reader, "h2")
        assert people.session_with(reader, "nobody") is None
    assert found is not None
    assert silent is not None
    assert (session_state(found, later), session_state(silent, later)) == (SessionState.LIVE, SessionState.IDLE)
    store.write(people.session_ended("h2", later), people.sessions_ended("p-1", later + timedelta(minutes=1)))
    store.write(people.session_seen("h1", later + timedelta(minutes=2)))
    with store.reading() as reader:
        ended = [people.session_with(reader, name) for name in ("h1", "h2")]
    assert [item and (item.ended_at, item.seen_at) for item in ended] == [
        (later + timedelta(minutes=1), AT + timedelta(minutes=50)), (later, AT),
    ]  # fmt: skip


def test_failures_in_a_row_are_counted_for_known_and_unknown_logins_alike(store: Store) -> None:
    for n, (login, succeeded) in enumerate(
        [("rop", False), ("rop", True), ("ROP ", False), ("nobody", False), ("rop", False)]
    ):
        store.write(people.tried(login, "10.0.0.1", succeeded, AT + timedelta(minutes=n)))
    with store.reading() as reader:
        assert people.failures_of(reader, "rop") == [AT + timedelta(minutes=2), AT + timedelta(minutes=4)]
        assert people.failures_of(reader, "nobody") == [AT + timedelta(minutes=3)]
        assert len(people.failures_from(reader, "10.0.0.1", AT)) == 4
        assert len(people.failures_from(reader, "10.0.0.1", AT + timedelta(minutes=3))) == 2
        assert people.failures_from(reader, "10.0.0.2", AT) == []
    store.write(people.opened("rop", AT + timedelta(minutes=9)))
    with store.reading() as reader:
        assert people.failures_of(reader, "rop") == []
        assert len(people.failures_from(reader, "10.0.0.1", AT)) == 4


def test_what_was_typed_as_a_login_is_kept_nowhere(store: Store) -> None:
    store.write(people.tried("мой тайный пароль", "10.0.0.1", False, AT))
    with store.reading() as reader:
        assert "тайный" not in repr(reader.rows("select * from log_ins"))
