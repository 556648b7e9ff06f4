"""What one call costs on this machine: processor seconds, bytes of the store, milliseconds of its owner.

    python -m pipelines.unit_costs --home WORKSPACE [--calls 16] [--out FILE]

The workspace is copied and the copy is measured; it must have been run through once (recordings, transcripts).
Processor seconds are those of all threads; other programs make them longer by some tenths, never by multiples. The
owner is a process of its own; its milliseconds are wall time of one client after another.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import duckdb
import pyarrow as pa

from pipelines.bench_transcription import workbench_way
from pipelines.detect import detect
from pipelines.progress import Silent
from qc_workbench.capacity.units import UnitCosts
from qc_workbench.detection.acoustics import measure
from qc_workbench.domain.call import Recording
from qc_workbench.store import calls as call_store
from qc_workbench.store import listening
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement, Store, insert, insert_all, launch_with
from qc_workbench.store.launch import in_process, in_thread
from qc_workbench.transcription.audio import decode
from qc_workbench.transcription.models import resolve
from qc_workbench.workspace import Workspace

#: Where the figures of the last measuring are kept.
KEPT: Final = Path(__file__).with_name("unit_costs.json")
#: Copies of the workspace's calls that the store is grown by, in two steps: the difference is free of fixed costs.
_COPIES: Final = (60, 180)
#: Small writes, in rounds of which the quietest counts: other programs on the machine only make them longer.
_SAVES: Final = 600
_ROUNDS: Final = 6
#: Calls that the steps write together (GROUP of pipelines.measure, GROUP_CALLS of pipelines.transcribe).
_TOGETHER: Final = 16
#: Writes of the ledger for a call: enqueued, claimed and renewed in batches; a small write each, shared by a batch.
_LEDGER_WRITES: Final = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures with what they were measured on. ``sound_bytes_per_min`` by codec and channels."""

    at: str
    machine: str
    load_average: float | None  # of the last quarter of an hour: what else the machine did
    model: str
    calls: int
    sound_min: float
    units: UnitCosts
    sound_bytes_per_min: dict[str, float]
    save_p95_ms: float
    saves_per_s: float


def measure_units(home: Path, calls: int, say: Callable[[str], None]) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "W"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns(".locks", "logs"))
        launch_with(in_thread)  # the owner's processor seconds belong to the work
        workspace = Workspace.open(copy)
        files = _files(workspace, calls)
        seconds = sum(recording.duration_s or 0.0 for recording, _ in files)
        say(f"{len(files)} recordings, {seconds / 60:.1f} min")
        heard = _cpu(lambda: [measure(decode(path), "-") for _, path in files]) / (seconds / 60)
        say(f"acoustics {heard:.2f} CPU s a minute")
        choice = resolve(workspace.settings.speech)
        result = workbench_way([path for _, path in files], choice, workspace.settings.speech)
        say(f"words {result.processor_s / (seconds / 60):.2f} CPU s a minute, {choice.name}")
        detected = _detection(workspace)
        say(f"detectors {detected:.3f} CPU s a call")
        sound = _sound(workspace)
        per_call, per_minute = _bytes(workspace, Path(folder))
        say(f"store {per_call:.0f} bytes a call, {per_minute:.0f} a minute of words")
        save_ms, save_p95_ms, saves_per_s, call_ms = _owner(workspace, Path(folder))
        say(f"owner {save_ms:.1f} ms a save, {call_ms:.2f} ms a call")
        return Measured(
            at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}, DuckDB {duckdb.__version__}",
            load_average=round(os.getloadavg()[2], 1) if hasattr(os, "getloadavg") else None,
            model=f"{choice.name}, {choice.compute_type} on {choice.device}",
            calls=len(files),
            sound_min=seconds / 60,
            units=UnitCosts(
                heard, result.processor_s / (seconds / 60), detected, per_call, per_minute, save_ms, call_ms
            ),
            sound_bytes_per_min=sound,
            save_p95_ms=save_p95_ms,
            saves_per_s=saves_per_s,
        )


def _cpu(work: Callable[[], Any]) -> float:
    started = process_time()
    work()
    return process_time() - started


def _files(workspace: Workspace, calls: int) -> list[tuple[Recording, Path]]:
    """Recordings of every length in fair parts: each n-th by duration."""
    with workspace.store.reading() as reader:
        found = {item.content_hash: item for item in call_store.recordings(reader).values() if item.is_audible}
    ordered = sorted(found.values(), key=lambda item: (item.duration_s or 0.0, item.content_hash or ""))
    step = max(1.0, len(ordered) / calls)
    chosen = [ordered[int(step * place)] for place in range(min(calls, len(ordered)))]
    return [(item, workspace.media_path(item.path or "")) for item in chosen]


def _detection(workspace: Workspace) -> float:
    with workspace.store.reading() as reader:
        number = int(reader.value("select count(*) from detected"))
        latest = reader.value("select max(started_at) from calls")
    workspace.store.write(Statement("update detected set fingerprint = 'measured anew'"))
    return _cpu(lambda: detect(workspace, latest + timedelta(days=7), Silent())) / max(number, 1)


def _sound(workspace: Workspace) -> dict[str, float]:
    with workspace.store.reading() as reader:
        rows = reader.rows("""
            select codec || ', ' || channels || ' channels' as name, sum(size_bytes) / sum(duration_s) * 60 as bytes
            from recordings where state = 'ready' and duration_s > 0 group by all order by all
        """)
    return {row["name"]: float(row["bytes"]) for row in rows}


# The store's size -------------------------------------------------------------------------------------------------


def _bytes(workspace: Workspace, folder: Path) -> tuple[float, float]:
    """Bytes of the file a call, and a minute of words, from how the file grows when calls are added.

    Copies differ as calls do: words in another order, times and probabilities shifted, waveforms rolled; else the
    compression would see through them.
    """
    with workspace.store.reading() as reader:
        minutes = float(
            reader.value("select sum(r.duration_s) / 60 from transcripts join recordings r using (call_id)")
        )
        number = int(reader.value("select count(*) from transcripts"))
        tables = {
            name: reader.rows(f"select * from {name}")  # noqa: S608 - our own names
            for name in ("calls", "recordings", "acoustics", "conversations", "detected", "transcripts", "turns")
        }
    bare = _growth(folder, tables, words=False)
    whole = _growth(folder, tables, words=True)
    return bare / number, (whole - bare) / minutes


def _growth(folder: Path, tables: dict[str, list[dict[str, Any]]], *, words: bool) -> float:
    """Bytes that one copy of all the calls adds to a file that was filled in one go."""
    sizes = []
    for copies in _COPIES:
        path = folder / f"{'whole' if words else 'bare'}-{copies}.duckdb"
        store = Store(path, folder / f"{path.stem}.locks")
        store.migrate()
        store.release()
        with duckdb.connect(str(path)) as connection:
            for name, rows in tables.items():
                if words or name not in ("transcripts", "turns"):
                    chance = random.Random(name)  # noqa: S311 - no secret
                    many = pa.Table.from_pylist([_copied(row, copy, chance) for copy in range(copies) for row in rows])
                    connection.register("many", many)
                    connection.execute(f"insert into {name} by name select * from many")  # noqa: S608
                    connection.unregister("many")
            connection.execute("checkpoint")
        sizes.append(path.stat().st_size)
    return (sizes[1] - sizes[0]) / (_COPIES[1] - _COPIES[0])


def _copied(row: dict[str, Any], copy: int, chance: random.Random) -> dict[str, Any]:
    changed = dict(row)
    if changed.get("call_id"):
        changed["call_id"] = f"{copy:05d}-{changed['call_id']}"
    if changed.get("content_hash"):
        changed["content_hash"] = f"{chance.getrandbits(64):016x}{changed['content_hash'][16:]}"
    if "started_at" in changed:
        changed["started_at"] += timedelta(days=copy, seconds=chance.randrange(3600))
    if "text" in changed:
        spoken = changed["text"].split()
        chance.shuffle(spoken)
        changed["text"] = " ".join(spoken)
    for name in ("words", "peaks", "sounds"):
        if isinstance(changed.get(name), str):
            changed[name] = json.dumps(_shifted(json.loads(changed[name]), chance), ensure_ascii=False)
    return changed


def _shifted(value: Any, chance: random.Random) -> Any:
    """The same shape with numbers a little different."""
    if isinstance(value, dict):
        return {key: _shifted(item, chance) for key, item in value.items()}
    if isinstance(value, list):
        turn = chance.randrange(len(value)) if value and all(isinstance(item, int | float) for item in value) else 0
        return [_shifted(item, chance) for item in value[turn:] + value[:turn]]
    if isinstance(value, float):
        digits = len(repr(value).partition(".")[2])
        return round(value * chance.uniform(0.97, 1.03), digits)
    return value


# The owner's time -------------------------------------------------------------------------------------------------


def _owner(workspace: Workspace, folder: Path) -> tuple[float, float, float, float]:
    """Median and p95 of a save in ms, saves a second of one client, ms for what the steps write about one call."""
    home = folder / "owner"
    home.mkdir()
    workspace.store.backup(home / "qcw.duckdb")
    launch_with(in_process)
    store = Store(home / "qcw.duckdb", home / ".locks")
    store.migrate()
    now = datetime.now(UTC)
    rounds = [
        [_wall(lambda: store.write(audit_entry(now, "-", "measured", "-"))) for _ in range(_SAVES // _ROUNDS)]
        for _ in range(_ROUNDS)
    ]
    with store.reading() as reader:
        transcripts = listening.transcripts(reader)[:_TOGETHER]
        sounds = reader.rows("select * from acoustics limit ?", len(transcripts))
        verdicts = reader.rows("select * from conversations limit ?", len(transcripts))
        found = reader.rows("select * from detected limit ?", len(transcripts))
        calls = reader.rows("select * from calls limit ?", len(transcripts))
    batches = [
        lambda: store.write(*insert_all("calls", calls, replace=True)),
        lambda: store.write(*(insert("acoustics", row, replace=True) for row in sounds)),
        lambda: store.write(*(row for item in transcripts for row in listening.save_transcript(item, now))),
        lambda: store.write(
            *insert_all("conversations", verdicts, replace=True), *insert_all("detected", found, replace=True)
        ),
    ]
    together = sum(min(_wall(batch) for _ in range(_ROUNDS)) for batch in batches)
    store.release()
    times = min(rounds, key=statistics.median)
    save = statistics.median(times)
    per_call = (together + _LEDGER_WRITES * save) / max(len(transcripts), 1)
    return save, sorted(times)[int(len(times) * 0.95)], 1000 * len(times) / sum(times), per_call


def _wall(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--home", type=Path, required=True, help="a workspace that has been run through; it is copied")
    parser.add_argument("--calls", type=int, default=16, help="recordings to measure")
    parser.add_argument("--out", type=Path, default=KEPT, help="where the figures go")
    options = parser.parse_args(arguments)
    found = measure_units(options.home, options.calls, lambda line: print(line, file=sys.stderr))
    options.out.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
