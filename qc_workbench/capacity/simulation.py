"""A line of jobs before identical workers that sometimes fail: who waited how long, how much was done twice.

Jobs are taken in the order in which they become ready. A worker that fails takes its job with it: the job is
ready again when its lease has ended, the worker when it has been replaced. Nothing else is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Faults:
    """``between_s``: mean working time of one worker between failures; 0: they never fail."""

    between_s: float = 0.0
    lease_s: float = 90.0
    restart_s: float = 30.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """Times of each job in the order given: ``started_s`` is its first start. Seconds.

    ``wasted_s``: work lost with failed workers. ``attempts``: starts of all jobs together.
    """

    ready_s: Seconds
    started_s: Seconds
    finished_s: Seconds
    worked_s: float
    wasted_s: float
    attempts: int

    def delay_s(self, quantile: float) -> float:
        """From ready to finished."""
        return float(np.quantile(self.finished_s - self.ready_s, quantile)) if self.ready_s.size else 0.0

    @property
    def ends_s(self) -> float:
        return float(self.finished_s.max(initial=0.0))

    @property
    def longest_queue(self) -> int:
        """Most jobs that were ready and had not been started, at any moment."""
        if not self.ready_s.size:
            return 0
        ready, started = np.sort(self.ready_s), np.sort(self.started_s)
        begun = np.searchsorted(started, ready, side="right")
        return int((np.arange(1, ready.size + 1) - begun).max())


def simulate(ready_s: Seconds, service_s: Seconds, workers: int, faults: Faults | None = None) -> Outcome:
    """Run the jobs through ``workers`` (at least 1). A job must be shorter than a worker lives, or it never ends."""
    faults = faults or Faults()
    if workers < 1:
        raise ValueError("at least one worker is needed")
    order = np.argsort(ready_s, kind="stable")
    ready: list[float] = ready_s[order].tolist()
    service: list[float] = service_s[order].tolist()
    chance = np.random.default_rng(faults.seed)
    never = faults.between_s <= 0
    lives: list[float] = [] if never else chance.exponential(faults.between_s, len(ready)).tolist()
    started, finished = [-1.0] * len(ready), [0.0] * len(ready)
    free = [0.0] * workers
    heapify(free)
    again: list[tuple[float, int]] = []
    wasted, attempts, position = 0.0, 0, 0
    while position < len(ready) or again:
        if again and (position == len(ready) or again[0][0] < ready[position]):
            moment, job = heappop(again)
            life = float(chance.exponential(faults.between_s))
        else:
            moment, job = ready[position], position
            life = 0.0 if never else lives[position]
            position += 1
        start = max(free[0], moment)
        attempts += 1
        if started[job] < 0:
            started[job] = start
        if never or life >= service[job]:
            finished[job] = start + service[job]
            heapreplace(free, finished[job])
        else:
            wasted += life
            heapreplace(free, start + life + faults.restart_s)
            heappush(again, (start + life + faults.lease_s, job))
    back = np.empty_like(order)
    back[order] = np.arange(len(ready))
    return Outcome(
        ready_s, _array(started)[back], _array(finished)[back], float(service_s.sum()) + wasted, wasted, attempts
    )


def _array(values: Sequence[float]) -> Seconds:
    return np.asarray(values, dtype=np.float64)
