"""How many workers this machine carries: by its cores and the memory that is free now, also inside a container."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: A worker without a speech model: the interpreter with its libraries and an hour of sound in stretches (measured,
#: docs/transcription.md), in MiB.
WORKER_MIB: Final = 1400
#: Left free for the app, the store's owner and the system, in MiB.
SPARE_MIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Capacity:
    """``free_mib`` is None when the system does not tell."""

    cores: int
    free_mib: int | None


@dataclass(frozen=True, slots=True)
class PoolSize:
    workers: int
    threads: int


def pool_size(capacity: Capacity, model_mib: int = 0, wanted: int = 0, *, gpu: bool = False) -> PoolSize:
    """Workers and the threads of each.

    One worker a core with one thread each: while one decodes or looks for voices another recognises, and no thread
    waits for its neighbour (measured in docs/transcription.md). Fewer when memory is short; then the cores are
    shared out as threads. ``model_mib``: what a loaded model adds to a worker. ``wanted``: the setting, 0 for this
    rule. With a ``gpu`` the model is there once; a second worker prepares sound while the first recognises.
    """
    by_cores = min(2, capacity.cores) if gpu else capacity.cores
    by_memory = by_cores
    if capacity.free_mib is not None:
        by_memory = max(1, (capacity.free_mib - SPARE_MIB) // (WORKER_MIB + model_mib))
    workers = wanted or max(1, min(by_cores, by_memory))
    return PoolSize(workers, max(1, capacity.cores // workers))


def this_capacity() -> Capacity:
    """Cores this process may use and memory free for it, within the limits of a control group (a container)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    free = [value for value in (_system_free_mib(), _group_free_mib()) if value is not None]
    return Capacity(max(1, min(cores, quota or cores)), min(free) if free else None)


def _system_free_mib() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return _physical_mib()
    values = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
    return int(values["MemAvailable"].split()[0]) // 1024 if "MemAvailable" in values else _physical_mib()


def _physical_mib() -> int | None:
    """Half of all memory, where the system tells no more."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (2 << 20)
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None


def _group_free_mib() -> int | None:
    """Free memory within the control group; None without a limit."""
    root = Path("/sys/fs/cgroup")
    for limit_file, used_file in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            limit = (root / limit_file).read_text(encoding="ascii").strip()
            used = int((root / used_file).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if limit.isdigit() and int(limit) < 1 << 60:
            return max(0, int(limit) - used) >> 20
    return None


def _quota() -> int | None:
    """Whole processors that the control group allows; None without a limit."""
    root = Path("/sys/fs/cgroup")
    try:
        quota, period = (root / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text(encoding="ascii").strip()
        except OSError:
            return None
    if not quota.isdigit() or not int(period):
        return None
    return max(1, int(quota) // int(period))
