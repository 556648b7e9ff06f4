"""Verdicts and violators whatever the counts are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.call import Direction
from qc_workbench.domain.investigation import (
    CaseCount,
    Hypothesis,
    LetterOutcome,
    Metric,
    Scope,
    Standing,
    VerdictKind,
)
from qc_workbench.review.investigating import Claim, canonical, exact_interval, figures, fixed, is_intact, verdict_kind
from qc_workbench.review.repeat_check import Asked, check, difference, difference_in_differences

ORDER = {VerdictKind.REJECTED: 0, VerdictKind.NOT_ENOUGH_DATA: 1, VerdictKind.CONFIRMED: 2}
HYPOTHESIS: Hypothesis = fixed(
    Claim(date(2026, 10, 1), Metric.NO_NOTES, 0.2, "x"), "Ольга", datetime(2026, 10, 2, tzinfo=UTC), 5, ZoneInfo("UTC")
)
sides = st.integers(0, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
counts = st.lists(sides, max_size=8).map(
    lambda found: [CaseCount(f"m{place}", 0, bad, of, 0) for place, (bad, of) in enumerate(found)]
)
scopes = st.builds(
    Scope,
    st.lists(st.sampled_from(["m1", "m2", "m3"])).map(tuple),
    st.lists(st.sampled_from(Direction)).map(tuple),
    st.lists(st.text(max_size=5)).map(tuple),
    st.booleans(),
)
claims = st.builds(
    Claim, st.just(date(2026, 10, 1)), st.sampled_from([item for item in Metric if item is not Metric.LOW_SCORES]),
    st.floats(0, 0.999), st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip())), scopes,
    st.integers(1, 500), st.integers(1, 50), st.integers(1, 9),
)  # fmt: skip


@given(counts, st.integers(1, 4), st.data())
def test_more_violations_never_move_a_verdict_towards_rejected(
    found: list[CaseCount], needed: int, data: st.DataObject
) -> None:
    worse = [replace(item, bad=data.draw(st.integers(item.bad, item.of))) for item in found]
    before, after = (verdict_kind(figures(HYPOTHESIS, items), needed)[0] for items in (found, worse))
    assert ORDER[after] >= ORDER[before]


@given(counts, st.integers(1, 4))
def test_few_cases_confirm_and_reject_nothing(found: list[CaseCount], needed: int) -> None:
    small = [replace(item, bad=min(item.bad, 29), of=min(item.of, 29)) for item in found]
    assert verdict_kind(figures(HYPOTHESIS, small), needed)[0] is VerdictKind.NOT_ENOUGH_DATA


@given(sides, st.floats(0.0001, 0.5))
def test_an_exact_interval_holds_its_share_and_stays_within_bounds(side: tuple[int, int], error: float) -> None:
    bad, of = side
    low, high = exact_interval(bad, of, error)
    assert 0 <= low <= high <= 1
    if of:
        assert low <= bad / of <= high


@given(counts)
def test_a_violator_has_enough_cases_and_a_share_above_the_threshold(found: list[CaseCount]) -> None:
    for item in figures(HYPOTHESIS, found):
        if item.standing is Standing.VIOLATOR:
            assert item.of >= HYPOTHESIS.least_of
            assert item.bad >= HYPOTHESIS.least_cases
            assert item.bad / item.of > HYPOTHESIS.threshold
            assert not item.may_get_letter  # nobody confirmed a case


@given(claims)
def test_every_claim_is_kept_as_it_was_fixed(claim: Claim) -> None:
    found = fixed(claim, "Ольга", datetime(2026, 10, 2, tzinfo=UTC), 5, ZoneInfo("UTC"))
    assert is_intact(found, canonical(claim))
    again = Claim(
        found.month, found.metric, found.threshold, found.claim, found.scope, found.least_of, found.least_cases,
        found.agents_needed, found.line,
    )  # fmt: skip
    assert canonical(again) == canonical(claim)


both = st.tuples(sides, sides).map(lambda pair: (*pair[0], *pair[1]))


@given(both, st.dictionaries(st.sampled_from([f"m{n}" for n in range(9)]), both.filter(lambda s: s[1] and s[3])))
def test_differences_are_symmetric_in_time(
    own: tuple[int, int, int, int], others: dict[str, tuple[int, int, int, int]]
) -> None:
    """Before and after exchanged, every difference has the other sign and the same reach."""
    back = {agent: (*item[2:], *item[:2]) for agent, item in others.items()}
    pairs = (
        (difference(own), difference((*own[2:], *own[:2]))),
        (difference_in_differences(own, others), difference_in_differences((*own[2:], *own[:2]), back)),
    )
    for there, here in pairs:
        assert (there is None) == (here is None)
        if there is not None and here is not None:
            assert abs(there.value + here.value) < 1e-9
            assert there.low is not None
            assert here.high is not None
            assert abs(there.low + here.high) < 1e-9


people = st.dictionaries(st.sampled_from([f"m{n}" for n in range(9)]), both, max_size=9)


@given(both, people, st.data())
def test_more_bad_cases_after_a_letter_never_turn_not_improved_into_improved(
    own: tuple[int, int, int, int], others: dict[str, tuple[int, int, int, int]], data: st.DataObject
) -> None:
    sides = {**others, "mine": own}
    before = {agent: CaseCount(agent, 0, item[0], item[1], 0) for agent, item in sides.items()}
    after = {agent: CaseCount(agent, 1, item[2], item[3], 0) for agent, item in sides.items()}
    worse = {**after, "mine": CaseCount("mine", 1, data.draw(st.integers(own[2], own[3])), own[3], 0)}
    asked = Asked("letter", "mine", datetime(2026, 10, 16, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    better_found, worse_found = (check(HYPOTHESIS, asked, before, item, {"mine"}) for item in (after, worse))
    if better_found.outcome is LetterOutcome.NOT_IMPROVED:
        assert worse_found.outcome is not LetterOutcome.IMPROVED


@given(counts, st.data())
def test_worse_figures_of_anybody_take_nobody_off_the_list_of_violators(
    found: list[CaseCount], data: st.DataObject
) -> None:
    worse = [replace(item, bad=data.draw(st.integers(item.bad, item.of))) for item in found]
    listed = [
        {item.agent for item in figures(HYPOTHESIS, items) if item.standing is Standing.VIOLATOR}
        for items in (found, worse)
    ]
    assert listed[0] <= listed[1]
