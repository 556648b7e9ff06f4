"""Refusals of access: each says what is wrong and what to do, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from qc_workbench.domain.access import AccessRole, Action, Person, Subject
from qc_workbench.domain.coaching import ClipKind, TaskState
from qc_workbench.domain.dispute import LineState, Move, Outcome
from qc_workbench.domain.entry import Lock, PasswordProblem
from qc_workbench.errors import UsageError
from qc_workbench.review.admission import acceptable_password, require, require_open
from qc_workbench.review.followup import Caution
from qc_workbench.ui.i18n import LANGUAGES, Translator, catalogue

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
AGENT = Person("anna", frozenset({AccessRole.AGENT}), agent_id="m1")


def refusal(attempt: Callable[[], object]) -> UsageError:
    with pytest.raises(UsageError) as error:
        attempt()
    assert all(Translator(language).error(error.value) for language in LANGUAGES)
    return error.value


def test_what_the_table_allows_passes_and_all_else_is_refused_in_the_same_words() -> None:
    require(AGENT, Action.HEAR_CALL, Subject("m1"))
    assert refusal(lambda: require(AGENT, Action.HEAR_CALL, Subject("m2"))).params == {}
    assert refusal(lambda: require(AGENT, Action.HEAR_CALL)).code == "not_allowed"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("коротко", PasswordProblem.SHORT), ("п" * 300, PasswordProblem.LONG),
        ("passwordpassword1", PasswordProblem.KNOWN), ("аааааааааааааааа", PasswordProblem.REPEATED),
        ("abcdefghijklmnop", PasswordProblem.SEQUENCE), ("Anna Anna ANNA anna!", PasswordProblem.ABOUT_YOU),
    ],
)  # fmt: skip
def test_a_refused_password_is_told_why(password: str, problem: PasswordProblem) -> None:
    assert refusal(lambda: acceptable_password(password, ["anna"])).code == f"password_{problem.value}"


def test_a_good_password_comes_back_in_the_form_that_is_hashed() -> None:
    assert acceptable_password("чи\u0306то он там искал вчера", ["anna"]) == "чйто он там искал вчера"


def test_a_lock_says_how_long_and_a_shut_account_whom_to_ask() -> None:
    require_open(Lock(), Lock(until=AT), at=AT)
    short, long = Lock(until=AT + timedelta(seconds=20)), Lock(until=AT + timedelta(minutes=15))
    assert refusal(lambda: require_open(short, at=AT)).params == {"minutes": 1}
    assert refusal(lambda: require_open(long, short, at=AT)).params == {"minutes": 15}
    assert refusal(lambda: require_open(short, Lock(shut=True), at=AT)).code == "log_in_shut"


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("dispute_state", LineState), ("dispute_outcome", Outcome), ("dispute_move", Move),
        ("coaching_state", TaskState), ("clip", ClipKind), ("follow_up", Caution),
    ],
)  # fmt: skip
def test_every_state_has_a_name(family: str, members: type[StrEnum]) -> None:
    assert [member for member in members if f"{family}.{member.value}" not in catalogue()] == []
