"""How often the 95 % interval of a score holds the truth: departments, draws and judging simulated many times.

    python -m pipelines.bench_score_intervals [departments [seed]]

A department has eight agents. Their calls are made up anew each time from a form of ten questions of unlike weight and
difficulty (the agent's quality, the call and the direction move all of them together), some forms with auto-fails that
make the call 0. Then they are drawn as the plans draw: ``ceil(share · N)`` of each stratum (direction, agent, period).
The truth is the mean over all calls of the agent in the time. A week that stands alone borrows from the four before it.
The columns: calls scored of an agent, how often the interval in use held the truth, half its width, the same of the
whole department, and how often other methods held it (on a tenth of the departments).
docs/scoring-statistics.md.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qc_workbench.sampling.draws import sample_size
from qc_workbench.sampling.estimates import StratumSample, estimate_mean, student_quantile
from qc_workbench.sampling.scores import estimate_score, estimate_scores, spread_of

AGENTS = 8
#: Weeks before a week that stands alone; their dispersion is lent to it.
EARLIER_WEEKS = 4
BOUNDS = (0.0, 1.0)
WEIGHTS = np.array([2, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5]) / 10
DIFFICULTY = np.array([-0.5, 0.8, 0, 0.3, -1, 0.5, 0, -0.3, 1, 0.2])

Floats = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Design:
    """``periods`` drawn one by one; calls of an agent in a period from..to by direction; ``shares`` drawn of them;
    ``judged``: part of the drawn calls that somebody has scored by now."""

    name: str
    periods: int
    inbound: tuple[int, int]
    outbound: tuple[int, int]
    shares: tuple[float, float]
    judged: float = 1.0


@dataclass(frozen=True, slots=True)
class Form:
    """Log-odds of a good answer: mean and standard deviation over agents. ``fails``: share of auto-failed calls, of
    every agent or of the first one only. ``questions`` False: one question, yes or no."""

    name: str
    quality: float
    differences: float
    fails: float = 0.0
    first_only: bool = False
    questions: bool = True


DESIGNS = (
    Design("daily 30 %, a month", 22, (2, 8), (6, 15), (0.3, 0.3)),
    Design("daily 30 %, a week", 5, (2, 8), (6, 15), (0.3, 0.3)),
    Design("weekly 10 % and 5 %, a month", 4, (20, 40), (40, 80), (0.1, 0.05)),
    Design("the same, half judged", 4, (20, 40), (40, 80), (0.1, 0.05), 0.5),
    Design("weekly 10 % and 5 %, a week", 1, (20, 40), (40, 80), (0.1, 0.05)),
    Design("few calls, a month", 4, (4, 9), (8, 18), (0.1, 0.05)),
    Design("few calls, a week", 1, (4, 9), (8, 18), (0.1, 0.05)),
)
FORMS = (
    Form("ordinary", 1.1, 0.5),
    Form("near the ceiling", 2.6, 0.4),
    Form("auto-fail 3 %", 2.2, 0.5, fails=0.03),
    Form("auto-fail 8 %", 2.2, 0.5, fails=0.08),
    Form("auto-fail 8 %, one agent", 2.2, 0.5, fails=0.08, first_only=True),
    Form("yes or no", 1.2, 0.8, questions=False),
)


def scores(form: Form, quality: float, direction: int, fails: float, calls: int, chance: np.random.Generator) -> Floats:
    """Scores on 0..1 of some calls."""
    odds = quality + 0.3 * direction
    if not form.questions:
        return (chance.random(calls) < 1 / (1 + math.exp(-odds))).astype(np.float64)
    odds_of = odds + chance.normal(0, 0.7, calls)[:, None] + DIFFICULTY
    found = (chance.random((calls, 10)) < 1 / (1 + np.exp(-odds_of))) @ WEIGHTS
    return np.where(chance.random(calls) < fails, 0.0, found)


def agent(
    design: Design, form: Form, number: int, quality: float, chance: np.random.Generator, draws: str = ""
) -> tuple[tuple[StratumSample, ...], float]:
    """What was judged of an agent's calls, and the truth."""
    fails = 0.0 if form.first_only and number else form.fails
    strata, everything = [], []
    for period in range(design.periods):
        for direction, (least, most) in enumerate((design.inbound, design.outbound)):
            calls = int(chance.integers(least, most + 1))
            found = scores(form, quality, direction, fails, calls, chance)
            drawn = found[: sample_size(design.shares[direction], calls)]  # exchangeable: the first are as good as any
            heard = drawn[chance.random(len(drawn)) < design.judged]
            judged = tuple(float(value) for value in heard)
            strata.append(StratumSample(f"{draws}{period}", f"{direction};{number}", calls, judged))
            everything.append(found)
    return tuple(strata), float(np.concatenate(everything).mean())


@dataclass(frozen=True, slots=True)
class Department:
    """What was judged of each agent and the truth, and what was judged in the times before."""

    agents: Mapping[int, tuple[tuple[StratumSample, ...], float]]
    earlier: Mapping[int, tuple[StratumSample, ...]]


def departments(design: Design, form: Form, count: int, seed: int = 1) -> Iterator[Department]:
    chance = np.random.default_rng([seed, DESIGNS.index(design), FORMS.index(form)])
    weeks = EARLIER_WEEKS if design.periods == 1 else 0
    for _ in range(count):
        agents, earlier = {}, {}
        for number, quality in enumerate(chance.normal(form.quality, form.differences, AGENTS).tolist()):
            agents[number] = agent(design, form, number, quality, chance)
            before = [agent(design, form, number, quality, chance, f"{week} weeks ago, ")[0] for week in range(weeks)]
            earlier[number] = tuple(group for strata in before for group in strata)
        yield Department(agents, earlier)


@dataclass(frozen=True, slots=True)
class Coverage:
    """``held`` of ``intervals`` held the truth; ``half_width`` on average, on 0..1; ``judged`` calls on average."""

    held: int
    intervals: int
    half_width: float
    judged: float

    @property
    def share(self) -> float:
        return self.held / self.intervals


def coverage(
    design: Design, form: Form, count: int, seed: int = 1, *, whole: bool = False, only: int | None = None
) -> Coverage:
    """Of the intervals in use: of each agent (or of ``only`` one), or of the ``whole`` department."""
    found = []
    for department in departments(design, form, count, seed):
        agents = department.agents
        if whole:
            strata = [group for strata, _ in agents.values() for group in strata]
            calls = {n: sum(group.population for group in strata) for n, (strata, _) in agents.items()}
            truth = sum(agents[n][1] * calls[n] for n in calls) / sum(calls.values())
            before = [group for strata in department.earlier.values() for group in strata]
            found.append((estimate_score(strata, [before], BOUNDS), truth))
        else:
            each = {n: strata for n, (strata, _) in agents.items()}
            estimates = estimate_scores(each, tuple(department.earlier.values()), BOUNDS)
            found += [(estimates[n], agents[n][1]) for n in agents if only is None or n == only]
    intervals = [(each.low or 0.0, each.high or 0.0, truth) for each, truth in found if each.value is not None]
    held = sum(low - 1e-9 <= truth <= high + 1e-9 for low, high, truth in intervals)
    width = sum(high - low for low, high, _ in intervals) / 2 / len(intervals)
    judged = sum(each.judged for each, _ in found) / len(intervals)
    return Coverage(held, len(intervals), width, judged)


# What else was tried ---------------------------------------------------------


def by_t(strata: Sequence[StratumSample], _: np.random.Generator) -> Interval:
    found = estimate_mean(strata, bounds=BOUNDS)
    return (0.0, 1.0) if found.low is None or found.high is None else (found.low, found.high)


def by_logit(strata: Sequence[StratumSample], _: np.random.Generator) -> Interval:
    """Student's interval of log(p / (1 − p)), by the delta method."""
    own = spread_of(strata, BOUNDS)
    assert own is not None
    if not 0 < own.mean < 1:
        return own.mean, own.mean
    error = math.sqrt(own.unit * own.variance) / (own.mean * (1 - own.mean))
    reach = min(500.0, student_quantile(0.95, max(1, own.freedom)) * error)
    odds = math.log(own.mean / (1 - own.mean))
    return 1 / (1 + math.exp(reach - odds)), 1 / (1 + math.exp(-reach - odds))


def by_beta(strata: Sequence[StratumSample], _: np.random.Generator) -> Interval:
    """Clopper-Pearson with the effective number of calls (Korn & Graubard 1998), the own dispersion only."""
    from scipy.special import betaincinv

    own = spread_of(strata, BOUNDS)
    assert own is not None
    if own.unit <= 0:
        return own.mean, own.mean
    calls = own.judged if own.variance <= 0 else max(1.0, own.mean * (1 - own.mean) / (own.unit * own.variance))
    good = own.mean * calls
    low = 0.0 if good <= 0 else float(betaincinv(good, calls - good + 1, 0.025))
    high = 1.0 if good >= calls else float(betaincinv(good + 1, calls - good, 0.975))
    return low, high


def by_bootstrap_t(strata: Sequence[StratumSample], chance: np.random.Generator) -> Interval:
    """Studentised bootstrap (Efron & Tibshirani 1993, ch. 12) within the strata, 99 times."""
    own = spread_of(strata, BOUNDS)
    assert own is not None
    error = math.sqrt(own.unit * own.variance)
    if error <= 0:
        return own.mean, own.mean
    heard = [group for group in strata if group.values]
    statistics = []
    for _ in range(99):
        picks = iter(chance.random(own.judged).tolist())
        again = spread_of(
            [replace(g, values=tuple(g.values[int(next(picks) * len(g.values))] for _ in g.values)) for g in heard],
            BOUNDS,
        )
        assert again is not None
        if (its_error := math.sqrt(again.unit * again.variance)) > 0:
            statistics.append((again.mean - own.mean) / its_error)
    if not statistics:
        return own.mean, own.mean
    low, high = np.quantile(statistics, [0.025, 0.975])
    return max(0.0, own.mean - float(high) * error), min(1.0, own.mean - float(low) * error)


RIVALS: Mapping[str, Callable[[Sequence[StratumSample], np.random.Generator], Interval]] = {
    "t": by_t, "bootstrap-t": by_bootstrap_t, "logit": by_logit, "beta": by_beta,
}  # fmt: skip


def rivals(design: Design, form: Form, count: int, seed: int = 1) -> dict[str, float]:
    """Share of the agents' intervals of each other method that held the truth."""
    chance = np.random.default_rng(seed)
    held: Counter[str] = Counter()
    of: dict[str, int] = defaultdict(int)
    for department in departments(design, form, count, seed):
        for strata, truth in department.agents.values():
            if not any(group.values for group in strata):
                continue
            for name, method in RIVALS.items():
                low, high = method(strata, chance)
                held[name] += low - 1e-9 <= truth <= high + 1e-9
                of[name] += 1
    return {name: held[name] / of[name] for name in RIVALS}


def row_of(cell: tuple[Design, Form, int, int]) -> str:
    """One line of the table."""
    design, form, count, seed = cell
    agents = coverage(design, form, count, seed)
    whole = coverage(design, form, 4 * count, seed, whole=True)
    others = rivals(design, form, max(1, count // 10), seed)
    return (
        f"| {design.name} | {form.name} | {agents.judged:.0f} | **{agents.share:.1%}** "
        f"| {100 * agents.half_width:.0f} | {whole.share:.1%} | "
        + " | ".join(f"{share:.0%}" for share in others.values())
        + " |"
    )


def main(arguments: Sequence[str]) -> None:
    count, seed = [*map(int, arguments), *(250, 1)[len(arguments) :]][:2]
    columns = ["plan and time", "form", "calls", "held", "± points", "department", *RIVALS]
    print("| " + " | ".join(columns) + " |", "|" + "---|" * len(columns), sep="\n")
    cells = [(design, form, count, seed) for design in DESIGNS for form in FORMS]
    with ProcessPoolExecutor() as workers:
        for row in workers.map(row_of, cells):
            print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
