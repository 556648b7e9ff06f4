from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.call import Call, Direction
from qc_workbench.domain.sampling import Draw, Period, Plan, SampledCall, SampleStatus
from qc_workbench.sampling.draws import allocation, drawing_orders, due_draws, redraw, replacement, sample_size, verify
from qc_workbench.sampling.frames import frame_hash
from tests.sampling_cases import LATER, MONDAY, audible, call

ZONE = ZoneInfo("Europe/Moscow")

shares = st.sampled_from([0.01, 0.05, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0])
plans = st.builds(
    Plan,
    name=st.sampled_from(["daily", "план"]),
    period=st.sampled_from(Period),
    shares=st.fixed_dictionaries({"inbound": shares, "outbound": shares}),
    strata=st.sampled_from([("direction", "manager_id"), ("direction",), ("direction", "source", "цель; визита")]),
    minimum_per_agent=st.integers(0, 4),
)


@st.composite
def call_lists(draw: st.DrawFn, prefix: str = "c", most: int = 40) -> list[Call]:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 20),  # days after the first Monday
                st.sampled_from([Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL]),
                st.sampled_from(["m1", "m2", "m3"]),
                st.sampled_from(["google", "yandex", None]),
                st.sampled_from(["a=b;c", "%", ""]),
            ),
            max_size=most,
        )
    )
    return [
        call(
            f"{prefix}{number}",
            MONDAY + timedelta(days=day, minutes=number),
            direction,
            agent,
            source=source,
            attributes={"цель; визита": purpose},
        )
        for number, (day, direction, agent, source, purpose) in enumerate(rows)
    ]


def due(plan: Plan, calls: list[Call], existing: tuple[Draw, ...] = (), seed: str = "seed") -> tuple[Draw, ...]:
    return due_draws(plan, seed, calls, audible(calls), existing, zone=ZONE, as_of=LATER, program_version="test")


def rows_of(draws: tuple[Draw, ...]) -> list[SampledCall]:
    return [row for draw in draws for row in redraw(draw)]


@given(plans, call_lists())
def test_at_least_the_share_of_each_direction_and_stratum_is_drawn(plan: Plan, calls: list[Call]) -> None:
    by_id = {item.call_id: item for item in calls}
    for draw in due(plan, calls):
        drawn = [row.call_id for row in redraw(draw)]
        strata = {item.call_id: item.stratum for item in draw.frame}
        for levels in ({name: by_id[name].direction for name in strata}, strata):
            listened = Counter(levels[name] for name in drawn)
            shares_of = {levels[name]: plan.shares[by_id[name].direction.value] for name in strata}
            for group, count in Counter(levels.values()).items():
                assert listened[group] >= Fraction(repr(shares_of[group])) * count


@given(plans, call_lists())
def test_at_least_the_share_of_each_agent_is_drawn_when_agents_are_strata(plan: Plan, calls: list[Call]) -> None:
    by_id = {item.call_id: item for item in calls}
    for draw in due(replace(plan, strata=("manager_id",), shares={"inbound": 0.3, "outbound": 0.3}), calls):
        listened = Counter(by_id[row.call_id].manager_id for row in redraw(draw))
        for agent, count in Counter(item.agent_id for item in draw.frame).items():
            assert listened[agent] >= Fraction("0.3") * count


@given(plans, call_lists())
def test_every_agent_has_the_minimum_or_all_of_their_calls(plan: Plan, calls: list[Call]) -> None:
    by_id = {item.call_id: item for item in calls}
    for draw in due(plan, calls):
        listened = Counter(by_id[row.call_id].manager_id for row in redraw(draw))
        for agent, count in Counter(item.agent_id for item in draw.frame).items():
            assert listened[agent] >= min(plan.minimum_per_agent, count)


@given(plans, call_lists())
def test_less_than_one_extra_call_per_stratum_is_drawn_without_a_minimum(plan: Plan, calls: list[Call]) -> None:
    for draw in due(replace(plan, minimum_per_agent=0), calls):
        sizes = allocation(draw.plan, draw.frame)
        for stratum, count in Counter(item.stratum for item in draw.frame).items():
            share = plan.shares["inbound" if stratum.startswith("direction=inbound") else "outbound"]
            assert sizes[stratum] < Fraction(repr(share)) * count + 1


@given(plans, call_lists())
def test_probabilities_are_in_range_and_their_inverses_add_up_to_the_frame(plan: Plan, calls: list[Call]) -> None:
    for draw in due(plan, calls):
        drawn = redraw(draw)
        assert all(0 < row.inclusion_probability <= 1 for row in drawn)
        assert math.isclose(sum(1 / row.inclusion_probability for row in drawn), len(draw.frame))
        per_stratum: dict[str, float] = defaultdict(float)
        for row in drawn:
            per_stratum[row.stratum] += 1 / row.inclusion_probability
        for stratum, count in Counter(item.stratum for item in draw.frame).items():
            assert math.isclose(per_stratum[stratum], count)


@given(plans, call_lists(), st.randoms(use_true_random=False))
def test_the_draw_does_not_depend_on_the_order_of_the_records(plan: Plan, calls: list[Call], order: object) -> None:
    shuffled = list(calls)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert due(plan, shuffled) == due(plan, calls)


@given(plans, call_lists())
def test_no_call_is_drawn_twice_and_only_calls_of_the_plan_are_drawn(plan: Plan, calls: list[Call]) -> None:
    by_id = {item.call_id: item for item in calls}
    drawn = rows_of(due(plan, calls))
    assert len({row.call_id for row in drawn}) == len(drawn)
    assert all(by_id[row.call_id].direction.value in plan.shares for row in drawn)
    assert all(row.plan == plan.name for row in drawn)


@given(plans, call_lists("early"), call_lists("late"))
def test_late_calls_only_add_draws_and_leave_the_drawn_rows_as_they_are(
    plan: Plan, early: list[Call], late: list[Call]
) -> None:
    first = due(plan, early)
    second = due(plan, early + late, first)
    before = {(row.draw_id, row.call_id): row for row in rows_of(first)}
    after = {(row.draw_id, row.call_id): row for row in rows_of(first + second)}
    assert all(after[key] == row for key, row in before.items())
    late_ids = {item.call_id for item in late}
    assert {item.call_id for draw in second for item in draw.frame} <= late_ids
    # nobody is left out: every eligible call is in exactly one frame, and the share holds for the sum
    framed = [item.call_id for draw in first + second for item in draw.frame]
    eligible = {item.call_id for item in early + late if item.direction.value in plan.shares}
    assert sorted(framed) == sorted(eligible)
    for direction, share in plan.shares.items():
        kind = f"direction={direction}"
        drawn = sum(row.stratum.startswith(kind) for row in rows_of(first + second))
        frame = sum(item.stratum.startswith(kind) for draw in first + second for item in draw.frame)
        assert drawn >= Fraction(repr(share)) * frame
    assert due(plan, early + late, first + second) == ()


@given(plans, call_lists(), st.floats(0.0, 1.0), st.integers(0, 3))
def test_a_period_keeps_the_plan_it_was_drawn_with(plan: Plan, calls: list[Call], share: float, minimum: int) -> None:
    first = due(plan, calls)
    changed = replace(plan, shares={"inbound": share, "internal": share}, minimum_per_agent=minimum, strata=("source",))
    again = due(changed, calls, first)
    drawn_periods = {(draw.period_from, draw.period_to) for draw in first}
    assert all((draw.period_from, draw.period_to) not in drawn_periods for draw in again if draw.plan == changed)
    assert not any(draw.plan == plan for draw in again)


def test_another_seed_draws_other_calls() -> None:
    calls = [call(f"c{number}", MONDAY + timedelta(minutes=number)) for number in range(200)]
    plan = Plan("daily", Period.DAILY, {"inbound": 0.3})
    samples = {
        seed: frozenset(row.call_id for row in rows_of(due(plan, calls, seed=seed))) for seed in ("a", "b", "c", "d")
    }
    assert len(set(samples.values())) == 4
    assert all(len(sample) == 60 for sample in samples.values())


def test_each_call_comes_up_as_often_as_its_probability_says() -> None:
    calls = [call(f"c{number}", MONDAY + timedelta(minutes=number)) for number in range(10)]
    plan = Plan("daily", Period.DAILY, {"inbound": 0.3})
    seeds = 1500
    seen = Counter(row.call_id for seed in range(seeds) for row in rows_of(due(plan, calls, seed=str(seed))))
    # binomial(1500, 0.3): standard deviation 17.7; five of them
    assert all(abs(seen[item.call_id] - 0.3 * seeds) < 5 * 17.8 for item in calls)


@settings(max_examples=60)
@given(plans, call_lists(), st.data())
def test_replacements_go_on_in_the_same_stratum_and_never_repeat(
    plan: Plan, calls: list[Call], data: st.DataObject
) -> None:
    for draw in due(plan, calls)[:2]:
        rows = {row.call_id: row for row in redraw(draw)}
        for _ in range(4):
            standing = sorted(row.call_id for row in rows.values() if row.status is not SampleStatus.REPLACED)
            if not standing:
                break
            victim = data.draw(st.sampled_from(standing))
            retired, newcomer = replacement(draw, rows.values(), victim, "unintelligible", LATER)
            assert retired == replace(rows[victim], status=SampleStatus.REPLACED, reason="unintelligible")
            rows[victim] = retired
            if newcomer is None:
                assert {i.call_id for i in draw.frame if i.stratum == retired.stratum} <= rows.keys()
                continue
            assert newcomer.call_id not in rows
            assert newcomer.stratum == retired.stratum
            assert newcomer.replaces == victim
            assert newcomer.reason == "unintelligible"
            assert newcomer.inclusion_probability == retired.inclusion_probability
            rows[newcomer.call_id] = newcomer
        assert verify(draw, rows.values()) == ()


@given(plans, call_lists())
def test_a_passport_redraws_to_the_stored_rows(plan: Plan, calls: list[Call]) -> None:
    for draw in due(plan, calls):
        assert frame_hash(tuple(reversed(draw.frame))) == draw.frame_hash
        assert verify(draw, redraw(draw)) == ()
        orders = drawing_orders(draw)
        assert sorted(name for order in orders.values() for name in order) == sorted(i.call_id for i in draw.frame)


@given(st.sampled_from([0.01, 0.05, 0.07, 0.1, 0.15, 0.29, 0.3, 0.55, 0.7, 1.0]), st.integers(0, 5000))
def test_rounding_up_is_exact(share: float, population: int) -> None:
    size = sample_size(share, population)
    hundredths = round(share * 100)
    assert size == -(-hundredths * population // 100)
