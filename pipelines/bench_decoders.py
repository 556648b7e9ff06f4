"""What it costs to open recordings in another process: ``python -m pipelines.bench_decoders samples/recordings``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from qc_workbench.sources import recording_files
from qc_workbench.work.decoding import Decoders, probe

ROUNDS = 15


def _ms(look: Callable[[], object]) -> float:
    began = perf_counter()
    look()
    return (perf_counter() - began) * 1_000


def main() -> None:
    files = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file())
    decoders = Decoders()
    began = perf_counter()
    probe(files[0], decoders)
    started_s = perf_counter() - began
    here_ms, there_ms = [], []
    for path in files:  # the best of some rounds: whatever else the machine does only adds to it
        here_ms.append(min(_ms(partial(recording_files.probe, path)) for _ in range(ROUNDS)))
        there_ms.append(min(_ms(partial(probe, path, decoders)) for _ in range(ROUNDS)))
    decoders.close()
    here, there = (sorted(times)[len(times) // 2] for times in (here_ms, there_ms))
    print(f"first call, with the start of the process: {started_s:.2f} s")
    times = f"{here:.2f} ms here, {there:.2f} ms there"
    print(f"{len(files)} files, median over files of the best of {ROUNDS} rounds: {times}")


if __name__ == "__main__":
    main()
