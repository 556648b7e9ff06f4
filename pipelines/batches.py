"""Which units are worked on together: a function of the list alone, so that any two runs of it agree. Pure.

Batches get smaller towards the end of the list (guided self-scheduling: Polychronopoulos and Kuck, "Guided
self-scheduling", IEEE Transactions on Computers C-36, 1987), so that no worker is left with a large one
while the others have nothing more to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from qc_workbench.domain.job import NewJob

#: A batch holds at most this part of what is left, so that eight workers end together.
_SHARES: Final = 8
#: Unless it is smaller than this, in seconds of sound: then a worker would recognise too little at once.
_LEAST_S: Final = 120.0


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
    left_s = sum(cost_s for _, cost_s in units)
    batch_s = 0.0

    def made() -> Iterator[NewJob]:
        name = hashlib.sha256("\n".join(subject for subject, _ in batch).encode()).hexdigest()[:16]
        for at, (subject, cost_s) in enumerate(batch, place):
            yield NewJob(step, subject, fingerprint, cost_s, priority, name, at)

    for unit in units:
        if batch and (
            len(batch) >= most or batch_s + unit[1] > min(most_s, max(_LEAST_S, (left_s + batch_s) / _SHARES))
        ):
            yield from made()
            place += len(batch)
            batch, batch_s = [], 0.0
        batch.append(unit)
        batch_s += unit[1]
        left_s -= unit[1]
    yield from made()
