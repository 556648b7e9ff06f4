"""Investigations of a simulated year find what was planted in it, and accuse nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.bench_year import CLAIMS, LIMIT_S, Found, is_guilty, lines, report_year, wrongs
from pipelines.simulate_year import simulate_year
from pipelines.year_truth import Part, Truth, YearPlan
from qc_workbench.domain.investigation import LetterOutcome, Metric
from qc_workbench.domain.measure import MeasureKind

SMALL = YearPlan(calls=24_000, agents=8, months=3)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Truth]:
    return year(tmp_path_factory.mktemp("year") / "workspace", SMALL)


def year(home: Path, plan: YearPlan) -> tuple[Found, Truth]:
    workspace, truth = simulate_year(home, plan)
    found = report_year(workspace, truth)
    workspace.store.release()
    return found, truth


@pytest.mark.slow
def test_nobody_is_accused_or_written_to_who_did_nothing(small: tuple[Found, Truth]) -> None:
    found, truth = small
    assert not_guilty(found, truth) == []


def not_guilty(found: Found, truth: Truth) -> list[tuple[object, ...]]:
    return [
        (month, agent, metric)
        for month, agent, metric in sorted(found.accused | found.lettered)
        if not is_guilty(truth.by_agent(agent), metric, truth, month)
    ]


@pytest.mark.slow
def test_every_planted_agent_is_found_and_what_the_letters_did_is_told(small: tuple[Found, Truth]) -> None:
    found, truth = small
    accused = {(agent, metric) for _, agent, metric in found.accused}
    for part, metric in (
        (Part.PADDER, Metric.PADDED_CALLS),
        (Part.LETTER_IGNORED, Metric.PADDED_CALLS),
        (Part.FORGETFUL, Metric.BROKEN_PROMISES),
    ):
        assert (truth.of(part).agent_id, metric) in accused, part
    works = found.outcomes(truth.of(Part.LETTER_WORKS).agent_id, Metric.PADDED_CALLS)
    assert set(works.values()) == {LetterOutcome.IMPROVED}
    ignored = found.outcomes(truth.of(Part.LETTER_IGNORED).agent_id, Metric.PADDED_CALLS)
    assert LetterOutcome.NOT_IMPROVED in ignored.values()
    assert LetterOutcome.IMPROVED not in ignored.values()


def test_a_habit_is_guilty_in_its_months_only(small: tuple[Found, Truth]) -> None:
    _, truth = small
    works, months = truth.of(Part.LETTER_WORKS), truth.plan.month_days
    assert [is_guilty(works, Metric.PADDED_CALLS, truth, month) for month in months] == [False, True, False]
    assert not any(is_guilty(works, Metric.BROKEN_PROMISES, truth, month) for month in months)
    assert not any(is_guilty(truth.of(Part.UNLUCKY), metric, truth, month) for metric in CLAIMS for month in months)


def test_a_verdict_that_the_truth_contradicts_is_called_wrong(small: tuple[Found, Truth]) -> None:
    found, truth = small
    honest = tuple(
        replace(habit, part=Part.INNOCENT, padded_from=None) if habit.part is Part.PADDER else habit
        for habit in truth.habits
    )
    other = {one.agent for one in wrongs(found, replace(truth, habits=honest)) if one.what == "accused"}
    assert other == {truth.of(Part.PADDER).agent_id}
    assert lines(found, truth)[-1 - len(wrongs(found, truth))].startswith("wrong:")


@pytest.mark.slow
def test_a_full_year_is_reported_in_a_minute_and_its_verdicts_are_true(tmp_path: Path) -> None:
    found, truth = year(tmp_path / "workspace", YearPlan())
    assert not_guilty(found, truth) == []
    assert sum(one.cpu_s for one in found.times) < LIMIT_S  # processor time: the machine may do something else too
    parts = {
        Part.PADDER: (Metric.PADDED_CALLS, LetterOutcome.NOT_IMPROVED, 10),
        Part.FORGETFUL: (Metric.OVERDUE_TASKS, LetterOutcome.NOT_IMPROVED, 6),
        Part.LETTER_IGNORED: (Metric.PADDED_CALLS, LetterOutcome.NOT_IMPROVED, 4),
        Part.LETTER_WORKS: (Metric.PADDED_CALLS, LetterOutcome.IMPROVED, 1),
    }
    for part, (metric, outcome, letters) in parts.items():
        outcomes = list(found.outcomes(truth.of(part).agent_id, metric).values())
        assert outcomes.count(outcome) >= letters, part
    ignored = truth.of(Part.LETTER_IGNORED).agent_id
    measures = {one.proposed for month in found.months for one in month.measures if one.agent == ignored}
    assert {MeasureKind.REDUCED_BONUS, MeasureKind.PROPOSE_DISMISSAL} <= measures
