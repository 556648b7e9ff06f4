"""``python -m tests.fuzzing BORDER SECONDS [FOLDER]``: the coverage-guided fuzzer on one border.

What it finds lies in FOLDER/found, named after the border; the corpus that it grew, in FOLDER/corpus. Needs atheris,
which has wheels for Linux and macOS alone and therefore stands in no lock: ``make fuzz`` installs it.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
import traceback
from pathlib import Path

os.environ.setdefault("QCW_FUZZ_FAST", "1")

import atheris

from qc_workbench.store import launch
from qc_workbench.store.database import launch_with
from tests.fuzzing.borders import BORDERS
from tests.fuzzing.mutate import altered
from tests.fuzzing.rule import BrokenRuleError, judged

#: What is worth new inputs: the readers, not what draws pages.
LOOKED_AT = [
    "qc_workbench.sources", "qc_workbench.searching", "qc_workbench.config", "qc_workbench.settings_errors",
    "qc_workbench.review", "qc_workbench.transcription.audio", "qc_workbench.ui.http", "qc_workbench.ui.evaluation_api",
    "qc_workbench.ui.desk_routes", "qc_workbench.domain.form_rules", "pipelines.sync", "pipelines.sync_crm",
    "pipelines.crm_rows", "pipelines.archive_format",
]  # fmt: skip


def main() -> None:
    name, seconds = sys.argv[1], int(sys.argv[2])
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else "fuzzed")
    border = BORDERS[name]
    corpus, found = folder / "corpus" / name, folder / "found" / name
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    launch_with(launch.in_thread)
    with atheris.instrument_imports(include=LOOKED_AT, enable_loader_override=False):
        seeds = border.seeds()
    for seed in seeds:
        (corpus / f"seed-{hashlib.sha256(seed).hexdigest()[:12]}").write_bytes(seed)
    known: set[str] = set()
    runs, began = 0, time.monotonic()
    read = border.read

    def told() -> None:
        took = f"{time.monotonic() - began:.0f} s ({time.process_time():.0f} s of a processor)"
        print(f"{name}: {runs} runs in {took}, {len(known)} kinds found", flush=True)

    def one(data: bytes) -> None:
        nonlocal runs
        runs += 1
        try:
            judged(lambda: read(data), has_key=border.has_key)
        except Exception as error:  # noted, and on: one defect must not hide the others
            frames = [
                frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/fuzzing/" not in frame.filename
            ]
            place = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
            ours = next(
                (
                    frame
                    for frame in reversed(frames)
                    if "qc_workbench" in frame.filename or "pipelines" in frame.filename
                ),
                place,
            )
            said = str(error)[:60] if isinstance(error, BrokenRuleError) else ""  # its place is always that of the rule
            print_of = f"{type(error).__name__} {said}{Path(ours.filename).name}:{ours.name}:{ours.lineno}"
            if print_of not in known:
                known.add(print_of)
                path = found / f"{hashlib.sha256(print_of.encode()).hexdigest()[:10]}.bin"
                path.write_bytes(data)
                path.with_suffix(".txt").write_text(f"{print_of}\n{''.join(traceback.format_exception(error))[-3000:]}")
                print(f"FOUND {name}: {print_of}: {str(error)[:200]!r} -> {path}", flush=True)
        if time.monotonic() - began > seconds:
            told()
            os._exit(0)

    def mutator(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return atheris.Mutate(data, max_size)
        return altered(data, seed, max_size)

    arguments = [sys.argv[0], f"-max_total_time={seconds + 30}", "-max_len=65536", "-rss_limit_mb=3000", "-timeout=300",
                 "-len_control=0", "-verbosity=0", f"-artifact_prefix={found}/", str(corpus)]  # fmt: skip
    atheris.Setup(arguments, one, custom_mutator=mutator)
    atheris.Fuzz()
    told()


if __name__ == "__main__":
    main()
