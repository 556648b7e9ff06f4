"""Which scored calls are silently served a second time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.errors import UsageError
from qc_workbench.review.reserving import REST, ScoredCall, ServedAgain, ServedTo, served_again
from tests.sampling_cases import MONDAY

PEOPLE = ("r1", "r2", "r3")


def queue(calls: int = 300, reviewers: tuple[str, ...] = PEOPLE) -> list[ScoredCall]:
    return [ScoredCall(f"c{n:04d}", f"a{n % 7}", reviewers[n % len(reviewers)], MONDAY) for n in range(calls)]


def draw(
    scored: list[ScoredCall], people: tuple[str, ...] = PEOPLE, seed: str = "s", **more: float
) -> set[ServedAgain]:
    return set(served_again(scored, people, seed=seed, period="2026-W41", **more))


def test_five_percent_of_each_reviewers_queue_go_to_another_and_five_come_back() -> None:
    found = Counter((row.first, row.served_to) for row in draw(queue()))
    assert found == {(who, to): 5 for who in PEOPLE for to in ServedTo}
    assert {row.inclusion_probability for row in draw(queue())} == {0.05}


def test_the_same_seed_serves_the_same_calls_whatever_order_they_come_in() -> None:
    assert draw(queue()) == draw(queue()[::-1])
    assert draw(queue()) != draw(queue(), seed="another")


def test_no_call_is_served_three_times() -> None:
    served = [row.call_id for row in draw(queue(), to_another=0.4, to_same=0.4)]
    assert len(served) == len(set(served)) == 240


def test_whoever_gets_a_call_is_neither_its_first_reviewer_nor_its_agent() -> None:
    scored = [replace(call, agent=PEOPLE[(n + 1) % 3]) for n, call in enumerate(queue())]
    another = list(draw(scored, to_another=1.0, to_same=0.0))
    agents = {call.call_id: call.agent for call in scored}
    assert len(another) == 300
    assert all(row.reviewer not in (row.first, agents[row.call_id]) for row in another)


def test_every_pair_of_reviewers_is_compared_equally_often() -> None:
    found = draw(queue(1200, ("r1", "r2", "r3", "r4")), ("r1", "r2", "r3", "r4"))
    pairs = Counter(frozenset((row.first, row.reviewer)) for row in found if row.served_to is ServedTo.ANOTHER)
    assert len(pairs) == 6
    assert max(pairs.values()) - min(pairs.values()) <= 2


def test_a_call_comes_back_to_the_same_person_after_a_rest() -> None:
    found = draw(queue())
    assert {row.from_at - MONDAY for row in found if row.served_to is ServedTo.SAME} == {REST}
    assert {row.from_at for row in found if row.served_to is ServedTo.ANOTHER} == {MONDAY}
    assert all(row.reviewer == row.first for row in found if row.served_to is ServedTo.SAME)


def test_calls_of_somebody_who_left_go_to_others_only() -> None:
    found = [row for row in draw(queue(), ("r1", "r2")) if row.first == "r3"]
    assert {row.served_to for row in found} == {ServedTo.ANOTHER}
    assert {row.reviewer for row in found} == {"r1", "r2"}


def test_a_reviewer_alone_is_served_their_own_calls() -> None:
    found = draw(queue(40, ("r1",)), ("r1",))
    assert [(row.served_to, row.reviewer) for row in found] == [(ServedTo.SAME, "r1")] * 2


def test_a_share_beyond_the_queue_is_refused() -> None:
    with pytest.raises(UsageError, match="reserving_share"):
        draw(queue(), to_another=0.6, to_same=0.6)


@given(st.integers(1, 60), st.sampled_from([0.0, 0.05, 0.2, 0.5]), st.sampled_from([0.0, 0.05, 0.2, 0.5]))
def test_at_least_the_share_is_served_of_any_queue(calls: int, another: float, same: float) -> None:
    found = Counter(row.served_to for row in draw(queue(calls, ("r1",)), to_another=another, to_same=same))
    assert found[ServedTo.ANOTHER] >= another * calls
    assert found[ServedTo.SAME] >= min(same * calls, calls - found[ServedTo.ANOTHER])
    assert found.total() <= calls
