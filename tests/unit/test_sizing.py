"""How many workers a machine gets: by cores, by memory, by the setting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.work.sizing import SPARE_MIB, WORKER_MIB, Capacity, PoolSize, pool_size, this_capacity

ROOMY = 1 << 20


@pytest.mark.parametrize(
    ("capacity", "model_mib", "wanted", "expected"),
    [
        (Capacity(2, ROOMY), 900, 0, PoolSize(2, 1)),
        (Capacity(16, ROOMY), 900, 0, PoolSize(16, 1)),
        (Capacity(8, SPARE_MIB + 2 * (WORKER_MIB + 900)), 900, 0, PoolSize(2, 4)),  # memory for two: four threads each
        (Capacity(8, 100), 900, 0, PoolSize(1, 8)),  # one always: it will be slow, not refused
        (Capacity(8, None), 0, 0, PoolSize(8, 1)),
        (Capacity(8, ROOMY), 900, 3, PoolSize(3, 2)),
    ],
)
def test_workers_follow_cores_memory_and_the_setting(
    capacity: Capacity, model_mib: int, wanted: int, expected: PoolSize
) -> None:
    assert pool_size(capacity, model_mib, wanted) == expected


def test_a_graphics_card_gets_two_workers_of_which_one_prepares() -> None:
    assert pool_size(Capacity(16, ROOMY), 3000, gpu=True).workers == 2


@given(st.integers(1, 256), st.none() | st.integers(0, 1 << 22), st.integers(0, 20_000), st.integers(0, 300))
def test_there_is_always_a_worker_and_never_more_threads_than_cores(
    cores: int, free_mib: int | None, model_mib: int, wanted: int
) -> None:
    size = pool_size(Capacity(cores, free_mib), model_mib, wanted)
    assert size.workers >= 1
    assert size.threads >= 1
    assert size.workers * size.threads <= max(cores, size.workers)


def test_this_machine_has_cores_and_memory() -> None:
    here = this_capacity()
    assert here.cores >= 1
    assert here.free_mib is None or here.free_mib > 0
