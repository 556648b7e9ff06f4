"""Detector quality: the store against a file of labelled calls, kept so that the next evaluation can be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.truth_file import Truth, read_truth
from pipelines.whole_file import whole_file
from qc_workbench import __version__
from qc_workbench.detection import commitments, effective, refusals
from qc_workbench.detection.answering import listen, with_machine_parties
from qc_workbench.detection.known_greetings import known_greetings
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Call, Outcome, Recording
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import ImportFailed
from qc_workbench.reporting.plain import plain
from qc_workbench.reporting.quality import Comparison, Evaluation, FoundCall, compare
from qc_workbench.reporting.quality import evaluate as measure
from qc_workbench.store import evaluations, fingerprints, listening, verdicts
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.evaluations import EvaluationHead, KeptEvaluation, figure_of, mistake_of
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Evaluated:
    """``compared``: with a file of an earlier evaluation; ``other_labels``: that one was of other labels."""

    head: EvaluationHead
    evaluation: Evaluation
    compared: Comparison | None = None
    other_labels: bool = False


def evaluate(
    workspace: Workspace, truth_file: Path, *, baseline: Path | None = None, out: Path | None = None
) -> Evaluated:
    """Quality of what the store holds now for the labelled calls, kept in the store and, if asked, in a file.

    Raises :class:`ImportFailed` for labels or a baseline that can't be read, before anything is measured.
    """
    truth = read_truth(truth_file)
    before = _read_baseline(baseline) if baseline else None
    with workspace.store.reading() as reader:
        found = found_calls(reader, [call.call_id for call in truth.calls])
        detectors = detector_versions(found.values())
    evaluation = measure(truth.calls, found)
    head = _head(truth, evaluation, detectors, datetime.now(UTC))
    compared, other_labels = None, False
    if before is not None:
        compared = compare(before["figures"], before["mistakes"], evaluation.figures, evaluation.mistakes)
        other_labels = before["truth_hash"] != truth.digest
    workspace.store.write(*evaluations.save_evaluation(head, evaluation))
    done = Evaluated(head, evaluation, compared, other_labels)
    if out is not None:
        with whole_file(out) as stream:
            text = json.dumps(plain(record_of(done)), ensure_ascii=False, indent=1)
            stream.write(text.encode() + b"\n")
    return done


def found_calls(reader: Reader, call_ids: list[str]) -> dict[str, FoundCall]:
    """What the store holds for these calls, by id; those it does not have are absent."""
    calls = calls_by_id(reader, call_ids)
    recordings = recordings_by_call(reader, call_ids)
    flags = _by_call(_rows(reader, "flags", call_ids, "and retired_at is null order by flag_id"))
    promises = _by_call(_rows(reader, "commitments", call_ids, "order by due_to, start_s, commitment_id"))
    conversations = {row["call_id"]: verdicts.conversation_of(row) for row in _rows(reader, "conversations", call_ids)}
    said = {row["call_id"]: verdicts.refusal_of(row) for row in _rows(reader, "refusals", call_ids)}
    known = known_greetings(fingerprints.sightings(reader))
    found = {}
    for call_id, call in calls.items():
        recording = recordings.get(call_id)
        found[call_id] = FoundCall(
            call_id=call_id,
            flags=tuple(map(verdicts.flag_of, flags.get(call_id, ()))),
            conversation=conversations.get(call_id),
            is_unanswered=call.outcome is not Outcome.ANSWERED,
            commitments=tuple(map(verdicts.commitment_of, promises.get(call_id, ()))),
            refusal=said.get(call_id),
            transcript=_transcript(reader, call, recording, known.get(call_id, ())),
            layout={1: "mono", 2: "stereo"}.get((recording.channels if recording else None) or 0, ""),
            codec=(recording.codec if recording else None) or "",
        )
    return found


def _rows(reader: Reader, table: str, call_ids: list[str], rest: str = "") -> list[Row]:
    sql = f"select * from {table} where call_id in (select unnest(?::varchar[])) {rest}"  # noqa: S608 - of this module
    return reader.rows(sql, call_ids)


def _by_call(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["call_id"], []).append(row)
    return found


def _transcript(
    reader: Reader, call: Call, recording: Recording | None, known: Sequence[KnownGreeting]
) -> Transcript | None:
    """The transcript as exports show it: what a machine said is the machine's."""
    transcript = listening.transcript(reader, call.call_id)
    if transcript is None or recording is None or recording.content_hash != transcript.content_hash:
        return transcript
    sound: Acoustics | None = listening.acoustics(reader, transcript.content_hash)
    return with_machine_parties(transcript, listen(recording, sound, transcript, known)) if sound else transcript


def detector_versions(found: Iterable[FoundCall]) -> dict[str, str]:
    """What judged: the detectors by their versions, and the speech models whose words they judged by."""
    models = {
        f"{item.transcript.model} ({item.transcript.fingerprint})" for item in found if item.transcript is not None
    }
    return {
        effective.DETECTOR: effective.VERSION,
        "promises": commitments.fingerprint(),
        "refusals": refusals.fingerprint(),
        "speech": ", ".join(sorted(models)),
    }


def _head(truth: Truth, evaluation: Evaluation, detectors: Mapping[str, str], now: datetime) -> EvaluationHead:
    mark = "|".join((truth.digest, now.isoformat(), __version__))
    return EvaluationHead(
        evaluation_id=hashlib.sha256(mark.encode()).hexdigest()[:16],
        evaluated_at=now,
        program_version=__version__,
        detectors=detectors,
        truth_name=truth.name,
        truth_hash=truth.digest,
        calls=evaluation.calls,
        absent=len(evaluation.absent),
        unheard=len(evaluation.unheard),
    )


def record_of(done: Evaluated) -> dict[str, object]:
    """An evaluation as one object: what ``--json`` prints, ``--out`` writes and ``--baseline`` reads."""
    record: dict[str, object] = {**plain(done.head), **plain(done.evaluation)}
    if done.compared is not None:
        record["comparison"] = {
            "other_labels": done.other_labels,
            "changed": [
                {"figure": item.figure.code, "before": item.before, "after": item.figure.value, "better": item.better}
                for item in done.compared.changed
            ],
            "new": done.compared.new,
            "gone": done.compared.gone,
        }
    return record


def _read_baseline(path: Path) -> dict[str, Any]:
    """Figures, mistakes and the hash of the labels of an earlier ``--json`` or ``--out``."""
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
        return {
            "truth_hash": str(record["truth_hash"]),
            "figures": tuple(map(figure_of, record["figures"])),
            "mistakes": tuple(map(mistake_of, record["mistakes"])),
        }
    except OSError as error:
        raise ImportFailed("baseline_unreadable", file=str(path), detail=error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ImportFailed("baseline_unreadable", file=str(path), detail=f"{type(error).__name__}: {error}") from error


def compare_kept(before: KeptEvaluation, after: KeptEvaluation) -> Comparison:
    """What changed between two kept evaluations."""
    return compare(before.figures, before.mistakes, after.figures, after.mistakes)
