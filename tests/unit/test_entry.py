"""Passwords, locks after failed log-ins, the life of a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.entry import (
    FREE_TRIES,
    FREE_TRIES_OF_ADDRESS,
    IDLE_AFTER,
    LONGEST_WAIT,
    OVER_AFTER,
    SHUT_AFTER,
    Lock,
    PasswordProblem,
    Session,
    SessionState,
    lock_after,
    lock_of_address,
    login,
    login_hash,
    normalised,
    password_problem,
    session_state,
)

NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("коротко", PasswordProblem.SHORT),
        ("Tr0ub4dor&3", PasswordProblem.SHORT),
        ("п" * 257, PasswordProblem.LONG),
        ("PasswordPassword1", PasswordProblem.KNOWN),
        ("aaaaaaaaaaaaaaaaaa", PasswordProblem.REPEATED),
        ("звонокзвонокзвон", PasswordProblem.REPEATED),
        ("abcdefghijklmnopq", PasswordProblem.SEQUENCE),
        ("0987654321098765", PasswordProblem.SEQUENCE),
        ("йцукенгшщзхъфывап", PasswordProblem.SEQUENCE),
        ("Вера Петрова2026", PasswordProblem.ABOUT_YOU),
        ("petrova.romashka!", PasswordProblem.ABOUT_YOU),
        ("лошадь считает скрепки", None),
        ("тихо падал прошлогодний снег", None),
        ("petrova любит кислые яблоки", None),
    ],
)
def test_a_password_is_refused_for_being_guessable_and_nothing_else(
    password: str, problem: PasswordProblem | None
) -> None:
    assert password_problem(password, about=("petrova", "Вера Петрова", "Romashka")) is problem


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"]), min_size=20, max_size=64))
def test_no_kind_of_character_is_asked_for_or_forbidden(password: str) -> None:
    """Every refusal of a long enough password is about what it repeats, never about what it lacks."""
    assert password_problem(password) in (
        None, PasswordProblem.KNOWN, PasswordProblem.REPEATED, PasswordProblem.SEQUENCE, PasswordProblem.SHORT,
    )  # fmt: skip


def test_a_letter_is_the_same_however_it_is_composed() -> None:
    assert normalised("\u0438\u0306") == "\u0439"
    assert len(normalised("\u0438\u0306" * 15)) == 15


def test_a_login_is_the_same_in_large_letters_and_with_a_space_after_it() -> None:
    assert login(" Vera.P ") == login("vera.p") == "vera.p"
    assert login_hash("Вера ") == login_hash("вера") != login_hash("вера1")
    assert "вера" not in login_hash("вера")


def failures(count: int) -> list[datetime]:
    return [NINE + timedelta(seconds=n) for n in range(count)]


def test_a_few_slips_cost_nothing_then_each_failure_waits_twice_as_long_up_to_a_limit() -> None:
    assert not lock_after(failures(FREE_TRIES - 1)).refuses(NINE)
    waits = [lock_after(failures(count)).until for count in range(FREE_TRIES, FREE_TRIES + 8)]
    seconds = [(until - failures(FREE_TRIES + n)[-1]).total_seconds() for n, until in enumerate(waits) if until]
    assert seconds == [30, 60, 120, 240, 480, 900, 900, 900]
    assert LONGEST_WAIT.total_seconds() == 900


def test_a_lock_opens_by_itself_but_after_a_hundred_failures_only_by_hand() -> None:
    lock = lock_after(failures(FREE_TRIES))
    assert lock.until is not None
    assert lock.refuses(lock.until - timedelta(seconds=1))
    assert not lock.refuses(lock.until)
    assert lock_after(failures(SHUT_AFTER - 1)).shut is False
    assert lock_after(failures(SHUT_AFTER)).refuses(NINE + timedelta(days=365))
    assert SHUT_AFTER <= 100  # the standard's limit
    assert lock_after([]) == Lock()


def test_an_office_behind_one_address_has_more_free_tries_and_is_never_shut() -> None:
    assert lock_of_address(failures(FREE_TRIES_OF_ADDRESS - 1)) == Lock()
    assert lock_of_address(failures(FREE_TRIES_OF_ADDRESS)).refuses(failures(FREE_TRIES_OF_ADDRESS)[-1])
    assert not lock_of_address(failures(500)).shut


def test_a_session_ends_after_an_hour_without_its_person_and_after_a_working_day_anyway() -> None:
    session = Session("h", "p", NINE, NINE)
    assert session_state(session, NINE + IDLE_AFTER - timedelta(seconds=1)) is SessionState.LIVE
    assert session_state(session, NINE + IDLE_AFTER) is SessionState.IDLE
    busy = replace(session, seen_at=NINE + OVER_AFTER - timedelta(seconds=5))
    assert session_state(busy, NINE + OVER_AFTER - timedelta(seconds=1)) is SessionState.LIVE
    assert session_state(busy, NINE + OVER_AFTER) is SessionState.OVER
    out = replace(session, ended_at=NINE + timedelta(minutes=1))
    assert session_state(out, NINE + timedelta(minutes=1)) is SessionState.ENDED
