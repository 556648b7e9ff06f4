"""Does a year of investigations find what was planted, and how long do its reports take?
``python -m pipelines.bench_year HOME`` (a workspace of :mod:`pipelines.simulate_year`; made where there is none).

For each month: hypotheses fixed on its first day, examined in the middle, letters prepared and put into the agents'
rooms (nothing is mailed), checked again on the first day of the next month, verdicts, and the monthly report. The head
of sales is played by listening to the first cases of each violator, and by deciding measures as proposed.
``--seeds N`` repeats it on N small years and counts wrong verdicts; nothing planted is looked at before the end.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Final

from pipelines.bench_store import processor_s
from pipelines.build_report import build_month_report
from pipelines.investigate import (
    Claim,
    acknowledge,
    check_again,
    confirm_case,
    decide_measure,
    examine,
    fix_hypothesis,
    prepare_letters,
    read_investigation,
    send_letter,
)
from pipelines.simulate_year import simulate_year
from pipelines.year_truth import PADDING, TRUTH_FILE, Habit, Part, Truth, YearPlan, read_truth
from qc_workbench.domain.investigation import LetterOutcome, Metric, MonthInvestigation
from qc_workbench.domain.letter import LetterStep
from qc_workbench.domain.measure import MeasureDecision
from qc_workbench.workspace import Workspace

#: What the company claims every month: "somebody's share is above". Chosen before any year was simulated, at several
#: times what is usual and well below what is worth a letter.
CLAIMS: Final = {Metric.PADDED_CALLS: 0.08, Metric.BROKEN_PROMISES: 0.2, Metric.OVERDUE_TASKS: 0.08}
HEAD: Final = "h1"
#: Cases of a violator that the head of sales listens to before a letter goes out.
LISTENED: Final = 3
LIMIT_S: Final = 60.0

#: The small year of ``--seeds``: as many calls an agent and month as the full one.
SMALL: Final = YearPlan(calls=8 * 6 * 1000, agents=8, months=6)


@dataclass(frozen=True, slots=True)
class Times:
    """Of one month, in seconds. ``cpu_s``: processor time of this process and the store's owner."""

    month: date
    investigation_s: float
    report_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Wrong:
    """A verdict that the truth contradicts."""

    month: date
    agent: str
    metric: Metric
    what: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a year of investigations said. ``accused``: violators with a confirmed case at a month's end."""

    times: tuple[Times, ...]
    months: tuple[MonthInvestigation, ...]

    @property
    def accused(self) -> frozenset[tuple[date, str, Metric]]:
        return frozenset(
            (month.month, agent.agent, state.hypothesis.metric)
            for month in self.months
            for state in month.hypotheses
            if state.verdict
            for agent in state.verdict.examination.violators
            if agent.confirmed
        )

    @property
    def lettered(self) -> frozenset[tuple[date, str, Metric]]:
        """Letters that went out, by what they are about."""
        metrics = {s.hypothesis.hypothesis_id: s.hypothesis.metric for month in self.months for s in month.hypotheses}
        return frozenset(
            (month.month, letter.agent, metrics[hypothesis])
            for month in self.months
            for letter in month.letters
            for hypothesis in letter.hypothesis_ids
        )

    def outcomes(self, agent: str, metric: Metric) -> dict[date, LetterOutcome]:
        return {
            month.month: check.outcome
            for month in self.months
            for state in month.hypotheses
            if state.verdict and state.hypothesis.metric is metric
            for check in state.verdict.checks
            if check.agent == agent
        }


def _at(day: date) -> datetime:
    """The morning of a day: 9:00 in Moscow."""
    return datetime.combine(day, clock(6), UTC)


def investigate_month(workspace: Workspace, truth: Truth, index: int) -> MonthInvestigation:
    """All steps of one month, each at its moment."""
    month, middle = truth.plan.month(index), _at(truth.plan.letter_day(index))
    for metric, threshold in CLAIMS.items():
        fix_hypothesis(workspace, Claim(month, metric, threshold), HEAD, _at(month))
    for examination in examine(workspace, month, HEAD, middle):
        for agent in examination.violators:
            for case in agent.cases[: max(0, LISTENED - agent.confirmed)]:
                if not case.is_confirmed:
                    confirm_case(workspace, examination.hypothesis_id, case.subject, True, HEAD, middle)
    examine(workspace, month, HEAD, middle + timedelta(hours=1))
    for letter in prepare_letters(workspace, month, HEAD, middle + timedelta(hours=2)):
        send_letter(workspace, letter.letter_id, LetterStep.SHOWN, HEAD, middle + timedelta(hours=3))
        acknowledge(workspace, letter.letter_id, letter.agent, middle + timedelta(hours=4))
    ended = _at(truth.plan.month(index + 1))
    check_again(workspace, month, HEAD, ended)
    for measure in read_investigation(workspace, month).measures:
        decide_measure(workspace, measure.measure_id, MeasureDecision.ACCEPTED, HEAD, ended + timedelta(hours=1))
    return read_investigation(workspace, month)


def report_year(workspace: Workspace, truth: Truth) -> Found:
    """The year, month by month, as it would have gone."""
    times, months = [], []
    pid = workspace.store.status().pid
    for index, month in enumerate(truth.plan.month_days):
        busy, started = processor_s(pid), time.perf_counter()
        months.append(investigate_month(workspace, truth, index))
        between = time.perf_counter()
        build_month_report(workspace, month, _at(truth.plan.month(index + 1)) + timedelta(hours=2))
        ended = time.perf_counter()
        times.append(Times(month, between - started, ended - between, processor_s(pid) - busy))
    return Found(tuple(times), tuple(months))


def is_guilty(habit: Habit, metric: Metric, truth: Truth, month: date) -> bool:
    """Whether the planted habits make this agent guilty of it in this month."""
    if metric is not Metric.PADDED_CALLS:
        return habit.part is Part.FORGETFUL
    following = next((day for day in truth.plan.month_days if day > month), truth.plan.end)
    return habit.part in PADDING and habit.is_padding_in(month, following)


def wrongs(found: Found, truth: Truth) -> tuple[Wrong, ...]:
    """Everything that was said of an agent and is not true, and every planted truth that was not found."""
    wrong = []
    for said, what in ((found.accused, "accused"), (found.lettered, "lettered")):
        for month, agent, metric in sorted(said):
            if not is_guilty(truth.by_agent(agent), metric, truth, month):
                wrong.append(Wrong(month, agent, metric, what))
    for habit in truth.habits:
        for metric in CLAIMS:
            guilty = [month for month in truth.plan.month_days if is_guilty(habit, metric, truth, month)]
            outcomes = found.outcomes(habit.agent_id, metric)
            for month in guilty:
                works = habit.part is Part.LETTER_WORKS
                if (month, habit.agent_id, metric) not in found.lettered:
                    wrong.append(Wrong(month, habit.agent_id, metric, "not found in time for a letter"))
                elif works and outcomes.get(month) is not LetterOutcome.IMPROVED:
                    wrong.append(Wrong(month, habit.agent_id, metric, f"worked, said {outcomes.get(month)}"))
                elif not works and outcomes.get(month) is not LetterOutcome.NOT_IMPROVED:
                    wrong.append(Wrong(month, habit.agent_id, metric, f"ignored, said {outcomes.get(month)}"))
    return tuple(wrong)


def letters_said(found: Found, truth: Truth) -> Counter[tuple[str, str]]:
    """What the repeat checks said of letters, by the part of who got one."""
    return Counter(
        (truth.by_agent(check.agent).part.value, check.outcome.value)
        for month in found.months
        for check in month.checks
    )


def letter_lines(said: Counter[tuple[str, str]]) -> list[str]:
    """The table of verdicts on letters."""
    outcomes = [item.value for item in LetterOutcome]
    table = ["| letters to | " + " | ".join(outcomes) + " |", "|---|" + "---:|" * len(outcomes)]
    table += [
        f"| {part} | " + " | ".join(str(said[part, outcome]) for outcome in outcomes) + " |"
        for part in sorted({part for part, _outcome in said})
    ]
    return table


def judged(found: Found) -> int:
    """How many pairs of agent and claim were judged in all months: what wrong verdicts are a share of."""
    return sum(
        state.verdict.judged for month in found.months for state in month.hypotheses if state.verdict
    )  # fmt: skip


def lines(found: Found, truth: Truth) -> list[str]:
    """The table of months, and what was said of everybody who plays a part."""
    table = ["| month | investigation s | report s | cpu s |", "|---|---:|---:|---:|"]
    table += [
        f"| {one.month:%Y-%m} | {one.investigation_s:.1f} | {one.report_s:.1f} | {one.cpu_s:.1f} |"
        for one in found.times
    ]
    whole = sum(one.investigation_s + one.report_s for one in found.times)
    table.append(f"| all | {whole:.1f} | limit {LIMIT_S:.0f} | {sum(one.cpu_s for one in found.times):.1f} |")
    for habit in truth.habits:
        if habit.part is Part.INNOCENT:
            continue
        for metric in CLAIMS:
            outcomes = found.outcomes(habit.agent_id, metric)
            if outcomes:
                said = ", ".join(f"{month:%m} {outcome.value}" for month, outcome in outcomes.items())
                table.append(f"{habit.agent_id} {habit.part} {metric}: letters: {said}")
        measures = [
            f"{m.month:%m} {one.proposed.value}"
            for m in found.months
            for one in m.measures
            if one.agent == habit.agent_id
        ]
        table.append(f"{habit.agent_id} {habit.part}: measures: {', '.join(measures) or 'none'}")
    table += letter_lines(letters_said(found, truth))
    counts = Counter(one.what for one in wrongs(found, truth))
    table.append(f"wrong: {dict(counts) or 'nothing'} (of {judged(found)} judged)")
    table += [
        f"  {one.month:%Y-%m} {one.agent} {truth.by_agent(one.agent).part} {one.metric}: {one.what}"
        for one in wrongs(found, truth)
    ]
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, help="workspace of the year; with --seeds a folder for the small ones")
    parser.add_argument("--seeds", type=int, default=0, help="small years instead, with seeds from 1 to this")
    options = parser.parse_args(arguments)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {cores} cores{load}", flush=True)
    if options.seeds:
        return _many(options.home, options.seeds)
    if (options.home / TRUTH_FILE).is_file():
        workspace, truth = Workspace.open(options.home), read_truth(options.home)
    else:
        workspace, truth = simulate_year(options.home)
    found = report_year(workspace, truth)
    print("\n".join(lines(found, truth)))
    workspace.store.release()
    return 0


def _many(folder: Path, seeds: int) -> int:
    """Small years one after the other; each is thrown away."""
    counts: Counter[str] = Counter()
    said, letters = 0, Counter[tuple[str, str]]()
    for seed in range(1, seeds + 1):
        home = folder / f"year-{seed}"
        plan = YearPlan(SMALL.calls, SMALL.agents, SMALL.months, seed)
        workspace, truth = simulate_year(home, plan)
        found = report_year(workspace, truth)
        wrong = wrongs(found, truth)
        counts.update(one.what for one in wrong)
        said += judged(found)
        letters += letters_said(found, truth)
        print(f"seed {seed}: {len(wrong)} wrong of {judged(found)}", flush=True)
        for one in wrong:
            print(
                f"  {one.month:%Y-%m} {one.agent} {truth.by_agent(one.agent).part} {one.metric}: {one.what}", flush=True
            )
        workspace.store.release()
        shutil.rmtree(home)
    print("\n".join(letter_lines(letters)))
    print(f"{seeds} years, {said} judged: {dict(counts) or 'nothing wrong'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
