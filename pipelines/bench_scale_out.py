"""Ray beside Dask distributed for exactly our work: long calls of a pure function with a loaded model.

One run measures one engine (whichever is asked for must be importable) with worker processes on this machine,
each one thread, each holding the real recogniser: start, throughput, a worker killed with -9 in the middle, a
machine lost, a worker that hangs, a call that always kills its worker, workers added and removed while
running, and work that asks for a GPU beside work that does not (only declared: no GPU is needed).

    python -m pipelines.bench_scale_out --engine dask|ray --data FOLDER [--calls 12]

Each engine needs an environment of its own with the engine and faster-whisper; the project is on
``PYTHONPATH``. The figures and what was decided: docs/scale-out.md.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import platform
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.bench_engines import Engine, OnDask, OnRay, psutil

#: When the worker is killed, stopped or taken away, seconds after the work began.
_INTO_THE_WORK_S = 2.0
#: An engine that has not recovered by then is written down as «not within».
_PATIENCE_S = 200.0


@functools.cache
def _recogniser() -> Any:
    from qc_workbench.config import Speech
    from qc_workbench.transcription.engine import Whisper
    from qc_workbench.transcription.models import resolve

    speech = Speech(threads=1)
    whisper = Whisper(resolve(speech), speech)
    whisper.load()
    return whisper


def _mark(folder: str, kind: str, name: str) -> None:
    """A file for each start and end of a call: what truly ran, whatever the engine says."""
    path = Path(folder) / f"{time.time():.3f} {kind} {name} {os.getpid()}"
    path.touch()


def recognise(folder: str, file: str) -> str:
    """The work: decode a recording, recognise it with the worker's own model."""
    from qc_workbench.transcription.audio import decode

    name = Path(file).name
    _mark(folder, "start", name)
    loaded = time.perf_counter()
    whisper = _recogniser()
    if (took_s := time.perf_counter() - loaded) > 0.05:
        _mark(folder, "model", f"{took_s:.2f}")
    heard = whisper.recognise([whisper.listen(decode(Path(file)))])[0]
    _mark(folder, "end", name)
    return " ".join(word.text for passage in heard.passages for word in passage.words)


def nothing(folder: str, name: str) -> str:
    _mark(folder, "start", name)
    time.sleep(0.5)
    _mark(folder, "end", name)
    return name


def poison(folder: str, name: str) -> str:
    _mark(folder, "start", name)
    os.kill(os.getpid(), signal.SIGKILL)
    return name


def sleeps_for_ever_once(folder: str, name: str) -> str:
    """A call that hangs, but only the first time."""
    again = any(f"start {name} " in mark.name for mark in Path(folder).iterdir())
    _mark(folder, "start", name)
    time.sleep(0.1 if again else 3600)
    return name


@dataclass(frozen=True, slots=True)
class Mark:
    at: float
    kind: str
    name: str
    pid: int


def marks(folder: str) -> list[Mark]:
    parts = [item.name.split(" ") for item in Path(folder).iterdir()]
    return sorted((Mark(float(at), kind, name, int(pid)) for at, kind, name, pid in parts), key=lambda mark: mark.at)


def in_hand(folder: str) -> dict[int, Mark]:
    """What each process is doing now: pid -> the start that has no end."""
    found: dict[int, Mark] = {}
    for mark in marks(folder):
        if mark.kind == "start":
            found[mark.pid] = mark
        elif mark.kind == "end":
            found.pop(mark.pid, None)
    return found


def until(condition: Callable[[], Any], within_s: float = 60.0) -> Any:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise TimeoutError


class Bench:
    def __init__(self, engine: Engine, files: Sequence[str], short: Sequence[str], patience_s: float) -> None:
        self.engine, self.files, self.short, self.patience_s = engine, files, short, patience_s
        self.folders: list[str] = []
        self.say: dict[str, Any] = {}

    def folder(self) -> str:
        self.folders.append(tempfile.mkdtemp(prefix="bench-marks-"))
        return self.folders[-1]

    def record(self, what: str, **figures: Any) -> None:
        self.say[what] = figures
        print(f"{what}: " + ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)

    def batch(
        self, work: Callable[[str, str], str], names: Sequence[str], disturb: Callable[[str], Any] | None = None
    ) -> tuple[str, Any, dict[str, int], float]:
        """Run a batch, disturb it, and return folder, what the disturbance returned, states and seconds."""
        folder = self.folder()
        begin = time.time()
        calls = [self.engine.submit(work, folder, name) for name in names]
        disturbed = disturb(folder) if disturb else None
        states = Counter(state for _, state in self.engine.as_done(calls, self.patience_s))
        return folder, disturbed, dict(states), time.time() - begin

    def run(self) -> None:
        begin = time.perf_counter()
        self.engine.start()
        began = time.perf_counter() - begin
        self.engine.add()
        self.engine.add()
        self.engine.wait_for(2)
        self.record("start", head_s=round(began, 2), with_2_workers_s=round(time.perf_counter() - begin, 2))
        me = psutil.Process()
        family = [*me.children(recursive=True), me]
        self.record("memory_before_model_mib", **_memory(family))
        folder, _, states, took = self.batch(recognise, self.files[:2])
        loads = [mark.name for mark in marks(folder) if mark.kind == "model"]
        self.record("model", first_two_calls_s=round(took, 2), loads_s=loads, states=states)
        folder, _, states, took = self.batch(recognise, self.files)
        self.record(
            "throughput", calls=len(self.files), wall_s=round(took, 1), states=states,
            models_loaded=sum(mark.kind == "model" for mark in marks(folder)),
        )  # fmt: skip
        self.record("memory_with_model_mib", **_memory([*me.children(recursive=True), me]))
        folder, _, states, took = self.batch(nothing, [f"n{number}" for number in range(60)])
        self.record("overhead", tasks_of_half_a_second=60, wall_s=round(took, 2), ideal_s=15.0)

        def kill_worker(folder: str) -> tuple[float, Mark]:
            until(lambda: in_hand(folder))
            time.sleep(_INTO_THE_WORK_S)
            victim = next(iter(until(lambda: in_hand(folder)).values()))
            os.kill(victim.pid, signal.SIGKILL)
            return time.time(), victim

        self._recovery("worker_killed", kill_worker)
        third = self.engine.add()
        self.engine.wait_for(3)

        def lose_machine(folder: str) -> tuple[float, Mark]:
            until(lambda: len(in_hand(folder)) > 2)
            time.sleep(_INTO_THE_WORK_S)
            pids = {process.pid for process in _family_of(third)}
            victim = until(lambda: [mark for pid, mark in in_hand(folder).items() if pid in pids])[0]
            self.engine.kill_machine(third)
            return time.time(), victim

        self._recovery("machine_lost", lose_machine)

        def hang(folder: str) -> tuple[float, Mark]:
            until(lambda: in_hand(folder))
            time.sleep(_INTO_THE_WORK_S)
            victim = next(iter(until(lambda: in_hand(folder)).values()))
            os.kill(victim.pid, signal.SIGSTOP)
            return time.time(), victim

        self._recovery("worker_stopped_(SIGSTOP)", hang)
        for process in me.children(recursive=True):
            if process.status() == psutil.STATUS_STOPPED:
                process.kill()
        time.sleep(3)
        self._given_up()
        folder, _, states, took = self.batch(poison, ["poison"])
        self.record("poison", starts=len(marks(folder)), gave_up_after_s=round(took, 1), states=states)
        folder, _, states, took = self.batch(nothing, [f"n{number}" for number in range(4)])
        self.record("after_poison", states=states, wall_s=round(took, 2))
        self._adding_and_removing()
        self._gpu()

    def _recovery(self, what: str, disturb: Callable[[str], tuple[float, Mark]]) -> None:
        folder, (at, victim), states, took = self.batch(recognise, self.short, disturb)
        starts = [mark for mark in marks(folder) if mark.kind == "start"]
        again = [mark.at - at for mark in starts if mark.name == victim.name and mark.at > at]
        known = {mark.pid for mark in starts if mark.at < at}
        fresh = [mark.at - at for mark in starts if mark.pid not in known]
        self.record(
            what, states=states, starts=len(starts), calls=len(self.short), wall_s=round(took, 1),
            lost_call_started_again_after_s=round(again[0], 2) if again else f"not within {self.patience_s:.0f}",
            new_process_working_after_s=round(fresh[0], 2) if fresh else "none",
        )  # fmt: skip

    def _given_up(self) -> None:
        folder = self.folder()
        call = self.engine.submit(sleeps_for_ever_once, folder, "hangs")
        victim = until(lambda: list(in_hand(folder).values()))[0]
        time.sleep(_INTO_THE_WORK_S)
        at = time.time()
        self.engine.give_up(victim.pid)
        states = [state for _, state in self.engine.as_done([call], self.patience_s)]
        starts = [mark.at for mark in marks(folder) if mark.kind == "start"]
        after = round(starts[1] - at, 2) if len(starts) > 1 else "never"
        self.record("hung_call_given_up_by_owner", states=states, started_again_after_s=after)

    def _adding_and_removing(self) -> None:
        folder = self.folder()
        calls = [self.engine.submit(nothing, folder, f"n{number}") for number in range(120)]
        until(lambda: in_hand(folder))
        before = {mark.pid for mark in marks(folder)}
        at = time.time()
        added = self.engine.add()
        fresh = until(lambda: [mark for mark in marks(folder) if mark.kind == "start" and mark.pid not in before])
        joined = fresh[0].at - at
        time.sleep(1)
        begin = time.time()
        self.engine.remove_politely(added)
        states = Counter(state for _, state in self.engine.as_done(calls, self.patience_s))
        starts = sum(mark.kind == "start" for mark in marks(folder))
        self.record(
            "added_and_removed_while_running", first_call_of_the_added_after_s=round(joined, 2), states=dict(states),
            starts=starts, calls=len(calls), rest_s=round(time.time() - begin, 1),
        )  # fmt: skip

    def _gpu(self) -> None:
        folder = self.folder()
        waiting = [self.engine.submit(nothing, folder, f"gpu{number}", gpu=True) for number in range(4)]
        plain = [self.engine.submit(nothing, folder, f"cpu{number}") for number in range(4)]
        done = [state for _, state in self.engine.as_done(plain, 60)]
        early = sum(mark.name.startswith("gpu") for mark in marks(folder))
        at = time.time()
        self.engine.add(gpu=True)
        states = [state for _, state in self.engine.as_done(waiting, 90)]
        where = {mark.pid for mark in marks(folder) if mark.name.startswith("gpu")}
        self.record(
            "gpu_declared", cpu_calls_done=len(done), gpu_calls_run_without_a_gpu=early, gpu_calls_done=len(states),
            processes_that_ran_them=len(where), after_s=round(time.time() - at, 1),
        )  # fmt: skip

    def stop(self) -> None:
        self.engine.stop()
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def _family_of(worker: Any) -> list[Any]:
    if isinstance(worker, psutil.Popen):
        roots = [psutil.Process(worker.pid)]
    else:
        roots = [psutil.Process(item.process.pid) for items in worker.all_processes.values() for item in items]
    return [process for root in roots for process in [root, *root.children(recursive=True)]]


def _memory(processes: Sequence[Any]) -> dict[str, Any]:
    sizes: dict[str, int] = {}
    for process in processes:
        try:
            uss = process.memory_full_info().uss >> 20
            name = process.name()[:24]
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        sizes[f"{name}#{process.pid}"] = uss
    return {"all": sum(sizes.values()), "processes": len(sizes), "largest": sorted(sizes.values())[-4:]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("dask", "ray"), required=True)
    parser.add_argument("--data", type=Path, required=True, help="a folder with recordings/")
    parser.add_argument("--calls", type=int, default=12)
    arguments = parser.parse_args()
    found = sorted((arguments.data / "recordings").iterdir(), key=lambda path: (path.stat().st_size, path.name))
    # from the middle of the folder: neither the shortest (often empty) nor the hours-long ones
    middle = found[len(found) // 3 :][: arguments.calls]
    print(f"{arguments.engine} {platform.platform()} {os.cpu_count()} cores {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    short = [str(path) for path in found[len(found) // 6 :][: max(6, arguments.calls * 2 // 3)]]
    engine: Engine = OnDask() if arguments.engine == "dask" else OnRay()
    bench = Bench(engine, [str(path) for path in middle], short, _PATIENCE_S)
    try:
        bench.run()
    finally:
        bench.stop()


if __name__ == "__main__":
    # what the workers run must be found by its module's name, which is not __main__ on their side
    importlib.import_module("pipelines.bench_scale_out").main()
