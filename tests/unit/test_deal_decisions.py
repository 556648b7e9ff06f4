"""Decisions on lost deals: a name, another agent who is another, undo that brings back what stood before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.lost_deal import DealDecision, DealVerdict
from qc_workbench.errors import UsageError
from qc_workbench.review.lost_deals import decide, ruling_of, standing_decision, undo_decision
from tests.report_cases import at

GENUINE, SAME, OTHER, WITHDRAWN = DealVerdict


def made(verdict: DealVerdict, minute: int, earlier: list[DealDecision]) -> DealDecision:
    moment = at(6) + timedelta(minutes=minute)
    if verdict is WITHDRAWN:
        return undo_decision("d1", "Вера", moment, earlier)
    other = "m2" if verdict is OTHER else None
    return decide("d1", verdict, "Вера", moment, earlier, agent_id="m1", worked_by=other)


@given(st.lists(st.sampled_from(DealVerdict), max_size=12))
def test_the_decision_that_stands_is_the_last_that_nobody_took_back(verdicts: list[DealVerdict]) -> None:
    log: list[DealDecision] = []
    stack: list[DealDecision] = []
    for minute, verdict in enumerate(verdicts):
        if verdict is WITHDRAWN and not stack:
            with pytest.raises(UsageError, match="decision_nothing_to_undo"):
                made(verdict, minute, log)
            continue
        decision = made(verdict, minute, log)
        assert decision.supersedes == (stack[-1].decision_id if stack else None)
        log.append(decision)
        if verdict is WITHDRAWN:
            stack.pop()
        else:
            stack.append(decision)
        assert standing_decision(log) == (stack[-1] if stack else None)
    assert len({item.decision_id for item in log}) == len(log)


def test_who_works_on_a_deal_follows_from_the_decision() -> None:
    assert made(GENUINE, 0, []).worked_by is None
    assert made(SAME, 0, []).worked_by == "m1"
    assert made(OTHER, 0, []).worked_by == "m2"


@pytest.mark.parametrize("worker", [None, "", "m1"])
def test_another_agent_is_another_one(worker: str | None) -> None:
    with pytest.raises(UsageError, match="decision_needs_agent"):
        decide("d1", OTHER, "Вера", at(6), [], agent_id="m1", worked_by=worker)


def test_a_decision_needs_a_name() -> None:
    with pytest.raises(UsageError, match="decision_needs_name"):
        decide("d1", GENUINE, " ", at(6), [], agent_id="m1")


def test_a_day_of_buying_is_kept_with_genuine_refusals_alone() -> None:
    day = at(1, month=12).date()
    kept = decide("d1", GENUINE, "Вера", at(6), [], agent_id="m1", buy_from=day)
    assert kept.buy_from == day
    assert decide("d1", SAME, "Вера", at(6), [], agent_id="m1", buy_from=day).buy_from is None


def test_back_to_work_confirms_the_machines_doubt() -> None:
    assert [ruling_of(verdict) for verdict in (GENUINE, SAME, OTHER)] == [
        Ruling.REJECTED, Ruling.CONFIRMED, Ruling.CONFIRMED,
    ]  # fmt: skip
