"""Throughput and word error of the whole analysis beside faster-whisper alone, in one run on one machine.

The same files, model, number format and processor, one way after the other:

- *plain*: ``WhisperModel.transcribe(path, beam_size=5)`` file by file, all cores;
- *batched*: ``BatchedInferencePipeline.transcribe(path, batch_size=8)``, the best single-file settings of
  faster-whisper, with its default beam (5) and with beam 1;
- *workbench*: everything from imported recordings to flags and promises: measuring the sound, recognition by the
  pool of workers, turns, detection, writing to the store. Starting the workers and loading their model is counted;
  loading the model of the other ways is not.

Word error is computed when the folder has a ``truth.jsonl`` (lines with ``recording`` and ``spans``): the words of the
turns in time order, lower case, without punctuation, ё as е.

    python -m pipelines.bench_transcription --data FOLDER [--limit N]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from faster_whisper import BatchedInferencePipeline, WhisperModel
from rapidfuzz.distance import Levenshtein

from pipelines.detect import detect
from pipelines.ingest import ingest_csv
from pipelines.listen import listen
from pipelines.make_workspace import make_workspace
from pipelines.progress import Silent
from pipelines.transcribe import GROUP_CALLS
from qc_workbench.config import Speech
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.errors import QcwError
from qc_workbench.store import calls as call_store
from qc_workbench.store import listening
from qc_workbench.transcription.audio import RATE_HZ, decode
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.models import ModelChoice, resolve
from qc_workbench.transcription.phantoms import plain
from qc_workbench.transcription.transcript_assembly import assemble
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace

#: Windows that BatchedInferencePipeline recognises together, as in the example of its documentation.
BATCH: Final = 8
SILENT: Final = Silent()
_NOBODY_SAID = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    """One way's result: text by file name, wall and processor seconds."""

    texts: dict[str, str]
    wall_s: float
    processor_s: float


def plain_way(files: Sequence[Path], choice: ModelChoice) -> Measured:
    model = WhisperModel(
        str(choice.folder), device=choice.device, compute_type=choice.compute_type, cpu_threads=choice.threads
    )

    def recognise() -> dict[str, str]:
        texts = {}
        for file in files:
            segments, _ = model.transcribe(str(file), beam_size=5)
            texts[file.name] = " ".join(segment.text for segment in segments)
        return texts

    return _timed(recognise)


def workbench_way(files: Sequence[Path], choice: ModelChoice, speech: Speech) -> Measured:
    engine = Whisper(choice, speech)
    engine.load()

    def recognise() -> dict[str, str]:
        texts = {}
        for start in range(0, len(files), GROUP_CALLS):
            group = files[start : start + GROUP_CALLS]
            heard = [engine.listen(decode(file)) for file in group]
            for file, channels, result in zip(group, heard, engine.recognise(heard), strict=True):
                call = Call(file.name, _NOBODY_SAID, Direction.OUTBOUND, "", None, 0.0, Outcome.ANSWERED)
                recording = Recording(file.name, RecordingState.READY, file.name, agent_channel=0)
                turns = assemble(call, recording, channels, result, engine).turns
                texts[file.name] = " ".join(turn.text for turn in turns)
        return texts

    return _timed(recognise)


def batched_way(files: Sequence[Path], choice: ModelChoice, beam: int) -> Measured:
    model = BatchedInferencePipeline(
        WhisperModel(
            str(choice.folder), device=choice.device, compute_type=choice.compute_type, cpu_threads=choice.threads
        )
    )

    def recognise() -> dict[str, str]:
        texts = {}
        for file in files:
            segments, _ = model.transcribe(str(file), batch_size=BATCH, beam_size=beam)
            texts[file.name] = " ".join(segment.text for segment in segments)
        return texts

    return _timed(recognise)


def whole_way(data: Path, files: Sequence[Path], speech: Speech) -> Measured:
    """The analysis as ``qcw run`` does it, in a workspace made for it; the import itself is not counted."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        _some_calls(data, files, source)
        settings = {"speech.threads": speech.threads, "speech.beam_size": speech.beam_size}
        workspace = make_workspace(Path(folder) / "workspace", settings)
        ingest_csv(workspace, source, SILENT)

        def analyse() -> dict[str, str]:
            listen(workspace, SILENT, everything=True)
            detect(workspace, datetime.now(UTC), SILENT)
            return _texts(workspace)

        try:
            return _timed(analyse)
        finally:
            workspace.store.release()


def _some_calls(data: Path, files: Sequence[Path], source: Path) -> None:
    """The folder of an import that holds these recordings only."""
    (source / "recordings").mkdir(parents=True)
    chosen = {file.name for file in files}
    for file in files:
        shutil.copyfile(file, source / "recordings" / file.name)
    for table in data.glob("*.csv"):
        text = table.read_text(encoding="utf-8-sig")
        if table.name == "calls.csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            kept = io.StringIO()
            writer = csv.DictWriter(kept, list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if row.get("recording") in chosen)
            text = kept.getvalue()
        (source / table.name).write_text(text, encoding="utf-8")


def _texts(workspace: Workspace) -> dict[str, str]:
    """What was recognised, by the name of the recording."""
    with workspace.store.reading() as reader:
        names = {call.call_id: call.recording_name for call in call_store.calls(reader)}
        found = {name: listening.transcript(reader, call_id) for call_id, name in names.items() if name}
    return {name: " ".join(turn.text for turn in item.turns) for name, item in found.items() if item}


def _timed(work: Callable[[], dict[str, str]]) -> Measured:
    wall, processor = perf_counter(), _processor_s()
    texts = work()
    return Measured(texts, perf_counter() - wall, _processor_s() - processor)


def _processor_s() -> float:
    """Processor seconds of this process and of children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Edits (insertions, deletions, substitutions of words) and the number of words said."""
    reference, found = plain(said).split(), plain(heard).split()
    return Levenshtein.distance(reference, found), len(reference)


def said_in(folder: Path) -> dict[str, str]:
    """What was really said, by file name, from the folder's truth.jsonl when it has one."""
    truth = folder / "truth.jsonl"
    if not truth.is_file():
        return {}
    said = {}
    for line in truth.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        spans = sorted((span for span in item["spans"] if span.get("text")), key=lambda span: span["start"])
        said[item["recording"]] = " ".join(span["text"] for span in spans)
    return said


def word_error_rate(said: dict[str, str], heard: dict[str, str]) -> float | None:
    counts = [word_errors(text, heard[name]) for name, text in said.items() if name in heard]
    words = sum(total for _, total in counts)
    return sum(edits for edits, _ in counts) / words if words else None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=Path("samples"), help="folder with recordings/ and truth.jsonl")
    parser.add_argument("--limit", type=int, default=0, help="only the first N recordings")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads of both ways; 0: all cores")
    parser.add_argument("--beam", type=int, default=Speech().beam_size, help="beam of the workbench's way")
    options = parser.parse_args(arguments)
    files = sorted(path for path in (options.data / "recordings").glob("*") if path.is_file())
    files = files[: options.limit] if options.limit else files
    if not files:
        print(f"no recordings under {options.data / 'recordings'}: give a folder with --data", file=sys.stderr)
        return 2
    speech = Speech(threads=options.threads, beam_size=options.beam)
    try:
        choice = resolve(speech)
    except QcwError as error:
        print(Translator("en").error(error), file=sys.stderr)
        return error.exit_code
    seconds = sum(decode(file).samples.shape[1] / RATE_HZ for file in files)
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {platform.processor() or platform.machine()}"
    )
    print(
        f"{len(files)} recordings, {seconds / 60:.1f} min; "
        f"model {choice.name}, {choice.compute_type} on {choice.device}"
    )
    print(f"threads {choice.threads}; workbench: beam {speech.beam_size}, batch {speech.batch_size}")
    said = said_in(options.data)
    ways: dict[str, Callable[[], Measured]] = {
        "workbench": lambda: whole_way(options.data, files, speech),
        "batched": lambda: batched_way(files, choice, 5),
        "batched, beam 1": lambda: batched_way(files, choice, 1),
        "plain": lambda: plain_way(files, choice),
    }
    results = {}
    for name, way in ways.items():
        result = results[name] = way()
        rate = word_error_rate(said, result.texts)
        accuracy = f"word error {rate:.3f}" if rate is not None else "word error unknown (no truth.jsonl)"
        print(
            f"{name:16} wall {result.wall_s:7.1f} s ({seconds / result.wall_s:.1f} x real time), "
            f"CPU {result.processor_s:7.1f} s, {accuracy}",
            flush=True,
        )
    ours = results.pop("workbench")
    for name, theirs in results.items():
        wall, processor = theirs.wall_s / ours.wall_s, theirs.processor_s / ours.processor_s
        print(f"ratio {name} / workbench: wall {wall:.2f}, CPU {processor:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
