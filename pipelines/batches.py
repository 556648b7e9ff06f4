"""Which units are worked on together: a function of the list alone, so that any two runs of it agree. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from qc_workbench.domain.job import NewJob


def batches(
    step: str,
    fingerprint: str,
    units: Sequence[tuple[str, float]],
    *,
    most: int,
    most_s: float,
    priority: int = 0,
) -> Iterator[NewJob]:
    """Units (subject, seconds of sound) in batches of neighbours: at most ``most`` units and ``most_s`` seconds.

    A unit longer than that is a batch of its own.
    """
    batch: list[tuple[str, float]] = []
    place = 0

    def made() -> Iterator[NewJob]:
        name = hashlib.sha256("\n".join(subject for subject, _ in batch).encode()).hexdigest()[:16]
        for at, (subject, cost_s) in enumerate(batch, place):
            yield NewJob(step, subject, fingerprint, cost_s, priority, name, at)

    for unit in units:
        if batch and (len(batch) >= most or sum(cost_s for _, cost_s in batch) + unit[1] > most_s):
            yield from made()
            place += len(batch)
            batch = []
        batch.append(unit)
    yield from made()
