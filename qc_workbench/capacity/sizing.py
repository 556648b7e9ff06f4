"""From a day of calls to workers, delays, disk and money."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from qc_workbench.capacity.simulation import Faults, Outcome, Seconds, simulate
from qc_workbench.capacity.units import Load, Machines, Prices, UnitCosts

Goal = Literal["morning", "hour"]
GIB: Final = 2**30
#: What "within the hour" means: this share of the calls has its results so soon after it became known.
HOUR_SHARE: Final = 0.95
HOUR_S: Final = 3600.0
#: Calls with sound that are simulated one by one.
SIMULATED_MOST: Final = 60_000
#: No worker is planned to be busy all the time that it has; the rest is for days that are not like the others.
PLANNED_BUSY: Final = 0.85


@dataclass(frozen=True, slots=True)
class Day:
    """The calls with sound of one day: when each ended (seconds from midnight), its length, whether it gets words."""

    ended_s: Seconds
    talk_s: Seconds
    words: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Sizing:
    """What one goal needs with or without GPUs.

    ``delay_p95_s`` and ``longest_queue``: of results, from the moment their work could begin (the evening for
    "morning", the end of the call for "hour"). ``busy``: share of the cores' available time that was worked.
    ``lost_min``: minutes of work a day that failing cores take with them.
    """

    goal: Goal
    cores: int
    gpus: int
    delay_p95_s: float
    longest_queue: int
    busy: float
    lost_min: float
    month_price: float

    def times(self, parts: int) -> Sizing:
        """So many of these beside each other."""
        return replace(
            self,
            cores=self.cores * parts,
            gpus=self.gpus * parts,
            longest_queue=self.longest_queue * parts,
            lost_min=self.lost_min * parts,
            month_price=self.month_price * parts,
        )


@dataclass(frozen=True, slots=True)
class Owner:
    """The one process that writes: ``busy_peak`` is its share of the busiest hour, delays of a reviewer's save."""

    writes_peak_per_s: float
    busy_peak: float
    save_delay_p95_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    load: Load
    sound_hours: float
    word_hours: float
    cpu_hours: float
    sizings: tuple[Sizing, ...]
    sound_gib_month: float
    store_gib_year: float
    reviewers: int
    owner: Owner


def day_of_calls(load: Load, seed: int = 1) -> Day:
    """Calls spread over the hours by their weights, lengths log-normal with the given mean and median."""
    chance = np.random.default_rng(seed)
    number = load.with_sound
    weights = np.asarray(load.hours, dtype=np.float64)
    hours = chance.choice(24, size=number, p=weights / weights.sum())
    sigma = math.sqrt(2 * math.log(load.talk_mean_s / load.talk_median_s))
    talk = chance.lognormal(math.log(load.talk_median_s), sigma, number)
    ended = np.sort((hours + chance.random(number)) * 3600.0)
    return Day(ended, talk, chance.random(number) < load.words_share)


def plan(load: Load, units: UnitCosts, machines: Machines, prices: Prices, seed: int = 1) -> Plan:
    """Everything that this number of calls needs. The same arguments give the same plan.

    Of more than :data:`SIMULATED_MOST` calls with sound a whole part is simulated and its workers multiplied: many
    workers in one line never need more than as many small lines do.
    """
    parts = max(1, math.ceil(load.with_sound / SIMULATED_MOST))
    day = day_of_calls(replace(load, calls_a_day=round(load.calls_a_day / parts)), seed)
    minutes = day.talk_s / 60
    sound_min, word_min = float(minutes.sum()) * parts, float(minutes[day.words].sum()) * parts
    store_day = load.calls_a_day * units.store_bytes_per_call + word_min * units.store_bytes_per_word_min
    sizings = [
        size(day, units, machines, prices, goal, gpu=gpu, seed=seed)
        for goal in ("morning", "hour")
        for gpu in (False, True)
    ]
    return Plan(
        load=load,
        sound_hours=sound_min / 60,
        word_hours=word_min / 60,
        cpu_hours=float(_cpu_s(day, units, words=True).sum()) * parts / 3600,
        sizings=tuple(sizing.times(parts) for sizing in sizings),
        sound_gib_month=sound_min * load.sound_bytes_per_min * load.working_days / GIB,
        store_gib_year=store_day * load.working_days * 12 / GIB,
        reviewers=math.ceil(load.reviewed * load.review_minutes / 60 / load.reviewer_hours),
        owner=owner_of(load, units, seed),
    )


def _cpu_s(day: Day, units: UnitCosts, *, words: bool) -> Seconds:
    """Processor seconds of each call: the sound of all, the words of the chosen ones unless a GPU does them."""
    minutes = day.talk_s / 60
    seconds = minutes * units.measure_cpu_s_per_min + units.detect_cpu_s_per_call
    return np.asarray(seconds + np.where(day.words & words, minutes * units.transcribe_cpu_s_per_min, 0.0))


def size(
    day: Day, units: UnitCosts, machines: Machines, prices: Prices, goal: Goal, *, gpu: bool, seed: int = 1
) -> Sizing:
    """The fewest workers with which the goal is met on the simulated day, one core (or one GPU) each."""
    faults = Faults(machines.hours_between_failures * 3600, machines.lease_s, machines.restart_s, seed)
    cpu_s = _cpu_s(day, units, words=not gpu)
    evening = machines.night_from_h * 3600
    ready = np.full_like(day.ended_s, evening) if goal == "morning" else day.ended_s
    allowed_s = machines.night_s if goal == "morning" else HOUR_S
    # With a GPU a result passes two lines; each gets its part of the time, so that together they keep the goal.
    share = 0.5 if gpu else 1.0
    cores, heard = fewest(ready, cpu_s, allowed_s * share, goal, faults)
    if not gpu or not day.words.any():
        return _sizing(goal, cores, 0, heard, heard, ready, allowed_s, prices)
    gpu_s = day.talk_s[day.words] / machines.gpu_realtime
    gpus, worded = fewest(heard.finished_s[day.words], gpu_s, allowed_s * share, goal, faults, since=ready[day.words])
    last = replace(heard, finished_s=heard.finished_s.copy())
    last.finished_s[day.words] = worded.finished_s
    return _sizing(goal, cores, gpus, heard, last, ready, allowed_s, prices)


def fewest(
    ready: Seconds, service: Seconds, allowed_s: float, goal: Goal, faults: Faults, since: Seconds | None = None
) -> tuple[int, Outcome]:
    """The smallest number of workers that keeps the goal, by trying: from what the work itself needs, upwards.

    ``since``: when the waiting began, where that was before ``ready``; then ``allowed_s`` is for this line alone.
    Raises :class:`ValueError` when no number does.
    """

    def fits(workers: int) -> tuple[bool, Outcome]:
        outcome = simulate(ready, service, workers, faults)
        if goal == "morning":
            begun = _first(ready if since is None else since)
            limit = allowed_s * PLANNED_BUSY if since is None else allowed_s * (1 + PLANNED_BUSY)
            return outcome.ends_s - begun <= limit, outcome
        return outcome.delay_s(HOUR_SHARE) <= allowed_s * PLANNED_BUSY, outcome

    most_s = float(ready.max(initial=0.0)) - _first(ready) + allowed_s * 2
    low = max(1, math.floor(float(service.sum()) / max(most_s, 1.0)))
    high, (good, found) = low, fits(low)
    while not good:
        if high > ready.size:
            raise ValueError("no number of workers keeps the goal: one call alone takes longer")
        low, high = high, high * 2
        good, found = fits(high)
    while high - low > max(1, high // 100):  # to the worker for small numbers, to a hundredth for large ones
        middle = (low + high) // 2
        good, outcome = fits(middle)
        if good:
            high, found = middle, outcome
        else:
            low = middle
    return high, found


def _first(moments: Seconds) -> float:
    return float(moments.min()) if moments.size else 0.0


def _sizing(
    goal: Goal,
    cores: int,
    gpus: int,
    heard: Outcome,
    last: Outcome,
    ready: Seconds,
    allowed_s: float,
    prices: Prices,
) -> Sizing:
    span_s = allowed_s if goal == "morning" else max(heard.ends_s - _first(ready), 1.0)
    return Sizing(
        goal,
        cores,
        gpus,
        float(np.quantile(last.finished_s - ready, 0.95)) if ready.size else 0.0,
        heard.longest_queue,
        heard.worked_s / (cores * span_s),
        heard.wasted_s / 60,
        cores * prices.core + gpus * prices.gpu,
    )


#: Measures of one line of work are the same for any number of calls; this many are simulated for the owner.
_OWNER_HOUR_MOST: Final = 200_000


def owner_of(load: Load, units: UnitCosts, seed: int = 1) -> Owner:
    """The busiest hour of the owner when the steps follow the calls: their writes and reviewers' saves in one line."""
    chance = np.random.default_rng(seed)
    share = max(load.hours) / sum(load.hours)
    calls = round(load.calls_a_day * share)
    saves = round(load.reviewed * load.saves_per_review / load.reviewer_hours)
    busy = (calls * units.call_write_ms + saves * units.save_ms) / 3_600_000
    part = min(1.0, _OWNER_HOUR_MOST / max(calls + saves, 1))
    seconds = 3600.0 * part
    moments = [np.sort(chance.random(round(number * part)) * seconds) for number in (calls, saves)]
    costs = [
        np.full(times.size, cost / 1000)
        for times, cost in zip(moments, (units.call_write_ms, units.save_ms), strict=True)
    ]
    outcome = simulate(np.concatenate(moments), np.concatenate(costs), 1)
    own = (outcome.finished_s - outcome.ready_s)[moments[0].size :]
    return Owner((calls + saves) / 3600, busy, float(np.quantile(own, 0.95)) if own.size else 0.0)
