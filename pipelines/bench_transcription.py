"""Throughput and word error of the workbench's transcription beside plain faster-whisper, in one run.

Both recognise the same files with the same model, number format and threads on the same machine, one
after the other: ``WhisperModel.transcribe(path, beam_size=5)`` file by file, and the workbench's
way from the file to finished turns. Word error is computed when the folder has a ``truth.jsonl`` (lines with
``recording`` and ``spans``); the words are those of the turns in time order, lower case, without
punctuation, ё as е.

    python -m pipelines.bench_transcription --data FOLDER [--limit N]
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from faster_whisper import WhisperModel
from rapidfuzz.distance import Levenshtein

from pipelines.transcribe import GROUP_CALLS
from qc_workbench.config import Speech
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.errors import QcwError
from qc_workbench.transcription.audio import RATE_HZ, decode
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.models import ModelChoice, resolve
from qc_workbench.transcription.phantoms import plain
from qc_workbench.transcription.transcript_assembly import assemble
from qc_workbench.ui.i18n import Translator

_NOBODY_SAID = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    """One way's result: text by file name, wall and processor seconds (model loading not counted)."""

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


def _timed(work: Callable[[], dict[str, str]]) -> Measured:
    wall, processor = perf_counter(), process_time()
    texts = work()
    return Measured(texts, perf_counter() - wall, process_time() - processor)


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
    print(f"threads {choice.threads}; plain: beam 5; workbench: beam {speech.beam_size}, batch {speech.batch_size}")
    said = said_in(options.data)
    results = {"workbench": workbench_way(files, choice, speech), "plain": plain_way(files, choice)}
    for name, result in results.items():
        rate = word_error_rate(said, result.texts)
        accuracy = f"word error {rate:.3f}" if rate is not None else "word error unknown (no truth.jsonl)"
        speed = seconds / result.wall_s
        print(
            f"{name:10} wall {result.wall_s:7.1f} s ({speed:.1f} x real time), "
            f"CPU {result.processor_s:7.1f} s, {accuracy}"
        )
    ours, theirs = results["workbench"], results["plain"]
    print(
        f"ratio plain / workbench: wall {theirs.wall_s / ours.wall_s:.2f}, "
        f"CPU {theirs.processor_s / ours.processor_s:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
