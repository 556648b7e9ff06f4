"""The model of costs obeys what every line of work obeys, and grows with the load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model_costs import ASSUMED, main, put_into, read_assumptions, read_units, tables
from qc_workbench.capacity.simulation import Faults, simulate
from qc_workbench.capacity.sizing import day_of_calls, owner_of, plan
from qc_workbench.capacity.units import Load, UnitCosts

UNITS = UnitCosts(0.7, 6.0, 0.08, 4000.0, 2500.0, 6.0, 10.0)
LOADS, MACHINES, PRICES = read_assumptions()
SMALL = replace(LOADS[0], calls_a_day=500)

times = st.lists(
    st.tuples(st.floats(0, 1000, allow_nan=False), st.floats(0.1, 50, allow_nan=False)), min_size=1, max_size=40
)


def arrays(jobs: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    ready, service = zip(*jobs, strict=True)
    return np.asarray(ready, dtype=float), np.asarray(service, dtype=float)


@given(jobs=times, workers=st.integers(1, 6))
def test_every_job_is_done_once_after_it_was_ready_and_no_work_is_made_or_lost(
    jobs: list[tuple[float, float]], workers: int
) -> None:
    ready, service = arrays(jobs)
    outcome = simulate(ready, service, workers)
    assert np.all(outcome.started_s >= ready)
    assert np.allclose(outcome.finished_s - outcome.started_s, service)
    assert outcome.worked_s == pytest.approx(service.sum())
    assert (outcome.wasted_s, outcome.attempts) == (0, len(jobs))
    # Never more at a time than there are workers.
    for moment in outcome.started_s:
        running = np.sum((outcome.started_s <= moment) & (outcome.finished_s > moment))
        assert running <= workers


@given(jobs=times, workers=st.integers(1, 6))
def test_nobody_waits_while_a_worker_is_free(jobs: list[tuple[float, float]], workers: int) -> None:
    ready, service = arrays(jobs)
    outcome = simulate(ready, service, workers)
    for start, since in zip(outcome.started_s, ready, strict=True):
        if start > since:  # then all were busy just before it started
            busy = np.sum((outcome.started_s < start) & (outcome.finished_s >= start))
            assert busy >= workers


@given(jobs=times, workers=st.integers(1, 5))
def test_one_worker_more_never_makes_anybody_wait_longer(jobs: list[tuple[float, float]], workers: int) -> None:
    ready, service = arrays(jobs)
    fewer, more = simulate(ready, service, workers), simulate(ready, service, workers + 1)
    assert np.all(more.started_s <= fewer.started_s + 1e-9)
    assert more.longest_queue <= fewer.longest_queue


@given(jobs=times, workers=st.integers(1, 5), factor=st.floats(1.0, 3.0))
def test_more_work_never_ends_earlier(jobs: list[tuple[float, float]], workers: int, factor: float) -> None:
    ready, service = arrays(jobs)
    assert np.all(
        simulate(ready, service * factor, workers).finished_s >= simulate(ready, service, workers).finished_s - 1e-9
    )


@given(jobs=times, workers=st.integers(1, 4), seed=st.integers(0, 99), between=st.floats(60, 2000))
def test_with_failing_workers_every_job_is_still_done_and_the_loss_is_counted(
    jobs: list[tuple[float, float]], workers: int, seed: int, between: float
) -> None:
    ready, service = arrays(jobs)
    outcome = simulate(ready, service, workers, Faults(between, lease_s=90, restart_s=30, seed=seed))
    assert np.all(outcome.finished_s >= ready + service - 1e-9)
    assert outcome.worked_s == pytest.approx(service.sum() + outcome.wasted_s)
    assert outcome.attempts >= len(jobs)
    assert (outcome.wasted_s > 0) == (outcome.attempts > len(jobs))
    assert outcome.attempts == simulate(ready, service, workers, Faults(between, 90, 30, seed)).attempts


def test_a_failure_costs_the_lease_before_the_job_starts_again() -> None:
    ready, service = np.zeros(1), np.full(1, 100.0)
    seed = next(seed for seed in range(100) if simulate(ready, service, 2, Faults(120, 90, 30, seed)).attempts == 2)
    outcome = simulate(ready, service, 2, Faults(120, 90, 30, seed))
    assert outcome.finished_s[0] == pytest.approx(outcome.wasted_s + 90 + 100)


def test_the_longest_queue_is_counted_by_hand() -> None:
    ready, service = np.asarray([0.0, 0.0, 0.0, 10.0]), np.asarray([4.0, 4.0, 4.0, 1.0])
    assert simulate(ready, service, 1).longest_queue == 2
    assert simulate(ready, service, 3).longest_queue == 0


def test_a_day_has_the_calls_the_hours_and_the_lengths_that_were_asked_for() -> None:
    load = replace(LOADS[0], calls_a_day=50_000)
    day = day_of_calls(load)
    assert day.ended_s.size == load.with_sound == 30_000
    assert day.talk_s.mean() == pytest.approx(load.talk_mean_s, rel=0.05)
    assert np.median(day.talk_s) == pytest.approx(load.talk_median_s, rel=0.05)
    assert day.words.mean() == pytest.approx(1 - 0.7 * 0.95, abs=0.01)
    by_hour = np.bincount((day.ended_s // 3600).astype(int), minlength=24) / day.ended_s.size
    assert by_hour == pytest.approx(np.asarray(load.hours) / sum(load.hours), abs=0.01)
    assert not by_hour[:8].any()


def test_a_plan_keeps_its_goals_and_no_smaller_number_of_cores_would() -> None:
    found = plan(replace(LOADS[0], calls_a_day=20_000), UNITS, MACHINES, PRICES)
    assert [(sizing.goal, bool(sizing.gpus)) for sizing in found.sizings] == [
        ("morning", False),
        ("morning", True),
        ("hour", False),
        ("hour", True),
    ]
    for sizing in found.sizings:
        assert sizing.delay_p95_s <= (MACHINES.night_s if sizing.goal == "morning" else 3600)
    night = found.sizings[0]
    least = found.cpu_hours * 3600 / MACHINES.night_s
    assert least <= night.cores <= least / 0.85 + 1.5
    assert night.month_price == night.cores * PRICES.core


@pytest.mark.parametrize("factor", [2, 5])
def test_more_calls_need_more_of_everything(factor: int) -> None:
    small = plan(replace(SMALL, calls_a_day=4000), UNITS, MACHINES, PRICES)
    large = plan(replace(SMALL, calls_a_day=4000 * factor), UNITS, MACHINES, PRICES)
    assert large.cpu_hours == pytest.approx(small.cpu_hours * factor, rel=0.1)
    assert large.store_gib_year == pytest.approx(small.store_gib_year * factor, rel=0.1)
    assert large.sound_gib_month > small.sound_gib_month
    assert large.reviewers >= small.reviewers
    assert large.owner.busy_peak > small.owner.busy_peak
    for ours, theirs in zip(small.sizings, large.sizings, strict=True):
        assert (theirs.cores, theirs.gpus) >= (ours.cores, ours.gpus)


@pytest.mark.slow
def test_a_million_calls_need_ten_times_what_a_tenth_of_them_needs() -> None:
    tenth, whole = (plan(replace(SMALL, calls_a_day=calls), UNITS, MACHINES, PRICES) for calls in (100_000, 1_000_000))
    assert whole.sizings[0] == tenth.sizings[0].times(10)
    assert whole.cpu_hours == pytest.approx(tenth.cpu_hours * 10)
    assert whole.store_gib_year == pytest.approx(tenth.store_gib_year * 10)


def test_dearer_work_needs_no_fewer_cores() -> None:
    dear = replace(UNITS, transcribe_cpu_s_per_min=UNITS.transcribe_cpu_s_per_min * 3)
    load = replace(SMALL, calls_a_day=8000)
    cheap_plan, dear_plan = (plan(load, units, MACHINES, PRICES) for units in (UNITS, dear))
    assert dear_plan.sizings[0].cores > cheap_plan.sizings[0].cores
    assert dear_plan.sizings[1].cores == cheap_plan.sizings[1].cores  # words are on the GPU there


def test_an_owner_that_is_asked_for_more_than_it_can_do_says_so() -> None:
    load = replace(LOADS[0], calls_a_day=100_000)
    calm, slow = (owner_of(load, replace(UNITS, call_write_ms=ms)) for ms in (10.0, 400.0))
    assert calm.busy_peak < 0.2
    assert slow.busy_peak > 1
    assert slow.save_delay_p95_s > calm.save_delay_p95_s * 10


def test_a_company_that_calls_nobody_needs_one_core_and_no_reviewer() -> None:
    found = plan(replace(SMALL, calls_a_day=0), UNITS, MACHINES, PRICES)
    assert (found.sizings[0].cores, found.reviewers, found.store_gib_year) == (1, 0, 0)


def test_own_assumptions_change_the_keys_they_name_and_no_other(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[load]\ncalls_a_day = [7]\n[prices]\ncore = 1\n", encoding="utf-8")
    loads, machines, prices = read_assumptions(own)
    assert [load.calls_a_day for load in loads] == [7]
    assert isinstance(loads[0], Load)
    assert loads[0].talk_mean_s == LOADS[0].talk_mean_s
    assert (prices.core, prices.gpu, machines) == (1, PRICES.gpu, MACHINES)
    own.write_text("[prices]\ncorr = 1\n", encoding="utf-8")
    with pytest.raises(TypeError, match="corr"):
        read_assumptions(own)


def test_the_tables_go_between_the_marks_of_a_document(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- costs: begin -->\nold\n<!-- costs: end -->\nafter\n", encoding="utf-8")
    assert main(["--calls", "300", "--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| 300 | by next morning | CPU | 1 |" in text
    with pytest.raises(ValueError, match="costs"):
        put_into("no marks", [])


def test_the_documented_tables_stand_on_the_kept_figures() -> None:
    """Renew with ``python -m pipelines.model_costs --write docs/operations.md``."""
    units, measured = read_units()
    text = (Path(ASSUMED).parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"Unit costs measured {measured['at']}" in text
    small = plan(LOADS[0], units, MACHINES, PRICES)
    for line in tables([small], PRICES):
        if line.startswith("| 10"):
            assert line in text
