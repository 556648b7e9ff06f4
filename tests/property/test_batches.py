"""Batches of work: everything once and in order, within the limits, the same every time, small at the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.batches import batches
from qc_workbench.domain.job import NewJob

COSTS = st.lists(st.floats(0.5, 400.0), max_size=80)
MOST, MOST_S = 24, 900.0


def made(costs: list[float]) -> list[list[NewJob]]:
    units = [(f"r{place:03}", cost_s) for place, cost_s in enumerate(costs)]
    groups: dict[str, list[NewJob]] = {}
    for job in batches("transcribe", "rules", units, most=MOST, most_s=MOST_S):
        groups.setdefault(job.batch or "", []).append(job)
    return list(groups.values())


@given(COSTS)
def test_every_unit_is_in_one_batch_and_in_its_place(costs: list[float]) -> None:
    jobs = [job for group in made(costs) for job in group]
    assert [job.subject for job in jobs] == [f"r{place:03}" for place in range(len(costs))]
    assert made(costs) == made(costs)


@given(COSTS)
def test_no_batch_is_larger_than_allowed_unless_it_is_one_long_unit(costs: list[float]) -> None:
    for group in made(costs):
        assert len(group) <= MOST
        assert len(group) == 1 or sum(job.cost_s for job in group) <= MOST_S + 1e-6


@given(st.integers(200, 2000), st.integers(2, 8))
def test_workers_that_take_the_next_batch_whenever_they_are_free_end_nearly_together(calls: int, workers: int) -> None:
    ends = [0.0] * workers
    for group in made([60.0] * calls):
        ends[ends.index(min(ends))] += sum(job.cost_s for job in group)
    assert max(ends) - min(ends) <= 240.0
