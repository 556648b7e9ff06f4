"""Rulings on flags: appended, superseding, undone; only by a named person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.errors import UsageError
from qc_workbench.review.rulings import CaseState, case_state, rule, standing, undo

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)
FLAG = Flag("f", "c", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "d", "1")


def ruled(*rulings: Ruling) -> list[Finding]:
    """The history that these presses of keys leave."""
    history: list[Finding] = []
    for minute, ruling in enumerate(rulings):
        at = AT + timedelta(minutes=minute)
        if ruling is Ruling.WITHDRAWN:
            history.append(undo("f", "Вера", at, history))
        else:
            history.append(rule("f", ruling, "Вера", at, "", history))
    return history


def test_the_last_ruling_counts_and_names_the_one_it_supersedes() -> None:
    history = ruled(Ruling.ASKED, Ruling.CONFIRMED)
    assert standing(history)["f"].ruling is Ruling.CONFIRMED
    assert history[1].supersedes == history[0].finding_id


def test_an_undo_lets_the_ruling_before_it_stand_again() -> None:
    assert standing(ruled(Ruling.ASKED, Ruling.CONFIRMED, Ruling.WITHDRAWN))["f"].ruling is Ruling.ASKED


def test_a_flag_whose_every_ruling_is_undone_waits_again() -> None:
    history = ruled(Ruling.CONFIRMED, Ruling.WITHDRAWN)
    assert standing(history) == {}
    assert case_state(FLAG, standing(history).get("f")) is CaseState.WAITING


def test_a_flag_of_a_detector_that_abstained_is_not_said_to_wait() -> None:
    unsure = Flag("f", "c", FlagKind.FAKE_EFFECTIVE, Verdict.UNSURE, 0.5, (), "d", "1")
    assert case_state(unsure, None) is CaseState.UNSURE


@pytest.mark.parametrize("name", ["", "  "])
def test_nobody_rules_without_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="ruling_needs_name"):
        rule("f", Ruling.CONFIRMED, name, AT, "", [])


def test_there_is_nothing_to_undo_before_a_ruling() -> None:
    with pytest.raises(UsageError, match="ruling_nothing_to_undo"):
        undo("f", "Вера", AT, [])


def test_rulings_on_one_flag_leave_another_alone() -> None:
    history = [*ruled(Ruling.CONFIRMED), rule("g", Ruling.REJECTED, "Вера", AT, "", [])]
    assert {flag: finding.ruling for flag, finding in standing(history).items()} == {
        "f": Ruling.CONFIRMED,
        "g": Ruling.REJECTED,
    }


@given(st.lists(st.sampled_from([Ruling.CONFIRMED, Ruling.REJECTED, Ruling.ASKED]), min_size=1, max_size=6))
def test_as_many_undos_as_rulings_bring_back_every_state_in_between(rulings: list[Ruling]) -> None:
    history = ruled(*rulings)
    for expected in reversed([None, *rulings[:-1]]):
        history.append(undo("f", "Вера", AT + timedelta(hours=len(history)), history))
        found = standing(history).get("f")
        assert (found.ruling if found else None) == expected
