"""The contest: equals share a place, small numbers are left out with a reason, order of the input changes nothing."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.reporting.contest import Contestant, LeftOut, Month, Nomination, contest

LEAST = 30


def month(calls: int = 100, breaches: int = 0, counted: int = 50, examined: int = 50, verified: int = 20) -> Month:
    return Month(calls, breaches, counted, examined, verified)


months = st.builds(
    Month, st.integers(0, 90), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 5)
)
contestants = st.lists(st.tuples(months, months), max_size=8).map(
    lambda pairs: [Contestant(f"a{n}", now, before) for n, (now, before) in enumerate(pairs)]
)


@given(contestants, st.booleans(), st.randoms(use_true_random=False))
def test_everybody_has_a_place_or_a_reason(every: list[Contestant], has_crm: bool, chance: random.Random) -> None:
    boards = contest(every, LEAST, has_crm=has_crm)
    mixed = every[:]
    chance.shuffle(mixed)
    assert contest(mixed, LEAST, has_crm=has_crm) == boards
    by_id = {item.agent_id: item for item in every}
    for board in boards:
        placed = [place.agent_id for place in board.places]
        assert sorted([*placed, *(agent for agent, _ in board.left_out)]) == sorted(by_id)
        assert all(by_id[agent].now.calls >= LEAST for agent in placed)
        best_first = board.nomination is not Nomination.CLEANEST
        values = [place.value for place in board.places]
        assert values == sorted(values, reverse=best_first)
        for place in board.places:
            better = sum(v > place.value if best_first else v < place.value for v in values)
            assert place.place == 1 + better


def test_equals_share_a_place_and_the_next_one_is_skipped() -> None:
    every = [
        Contestant("a", month(breaches=1), month()),
        Contestant("b", month(calls=200, breaches=2), month()),
        Contestant("c", month(breaches=3), month()),
    ]
    cleanest = contest(every, LEAST, has_crm=True)[0]
    assert [(item.agent_id, item.place, item.value) for item in cleanest.places] == [
        ("a", 1, Fraction(1)), ("b", 1, Fraction(1)), ("c", 3, Fraction(3)),
    ]  # fmt: skip


def test_the_reasons_to_be_left_out() -> None:
    def reason(nomination: Nomination, now: Month, before: Month, *, has_crm: bool = True) -> LeftOut | None:
        boards = {board.nomination: board for board in contest([Contestant("a", now, before)], LEAST, has_crm=has_crm)}
        return next((why for _, why in boards[nomination].left_out), None)

    assert reason(Nomination.CLEANEST, month(calls=29), month()) is LeftOut.FEW_CALLS
    assert reason(Nomination.CLEANEST, month(calls=30), month()) is None
    assert reason(Nomination.CLEANEST, month(), month(), has_crm=False) is LeftOut.NO_CRM
    assert reason(Nomination.CONVERSATIONS, month(examined=39), month()) is LeftOut.FEW_EXAMINED
    assert reason(Nomination.CONVERSATIONS, month(examined=40), month(), has_crm=False) is None
    assert reason(Nomination.CONVERSATIONS, month(verified=0), month()) is LeftOut.NO_CONVERSATIONS
    assert reason(Nomination.IMPROVED, month(), month(calls=29, breaches=9)) is LeftOut.FEW_CALLS_BEFORE
    assert reason(Nomination.IMPROVED, month(breaches=2), month(breaches=2)) is LeftOut.NOT_IMPROVED
    assert reason(Nomination.IMPROVED, month(breaches=1), month(breaches=2)) is None
