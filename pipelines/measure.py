"""Measuring the sound of every audible recording, once per content.

Resumable: a recording is done when its acoustics carry the fingerprint of the rules in force. Results are
written after every group, so that a killed run loses that group at most and repeats nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pipelines.progress import Progress
from qc_workbench.detection.acoustics import FINGERPRINT
from qc_workbench.detection.acoustics import measure as measure_sound
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Recording
from qc_workbench.errors import MediaError
from qc_workbench.store import calls as call_store
from qc_workbench.store import listening
from qc_workbench.store.database import Reader, Statement, insert
from qc_workbench.transcription.audio import decode
from qc_workbench.workspace import Workspace

STEP: Final = "measure"
#: Recordings measured and written together.
GROUP: Final = 16


@dataclass(frozen=True, slots=True)
class MeasureReport:
    """What a run did, in recordings (calls that share a recording count once). ``failed``: (call_id, code)."""

    measured: int
    already: int
    without_sound: int
    failed: tuple[tuple[str, str], ...]


def measure(workspace: Workspace, progress: Progress) -> MeasureReport:
    """Measure the recordings that have no up-to-date acoustics.

    A recording that can't be decoded becomes a row of ``failures`` for each of its calls and is not tried
    again until its content changes.
    """
    with workspace.store.reading() as reader:
        jobs, already, without_sound = _plan(reader)
    failed: list[tuple[str, str]] = []
    measured = 0
    progress.start(STEP, len(jobs))
    try:
        with ThreadPoolExecutor(max_workers=max(1, min(4, os.cpu_count() or 1))) as pool:
            for group in _groups(jobs):
                now = datetime.now(UTC)
                statements: list[Statement] = []
                results = pool.map(lambda calls: _one(workspace, calls[0]), group)
                for calls, result in zip(group, results, strict=True):
                    if isinstance(result, Acoustics):
                        measured += 1
                        statements.append(insert("acoustics", listening.acoustics_row(result), replace=True))
                        statements.extend(_clear_failure(recording.call_id) for recording in calls)
                    else:
                        for recording in calls:
                            failed.append((recording.call_id, result.code))
                            statements.append(
                                listening.failure(
                                    STEP, recording.call_id, recording.content_hash, result.code, now, **result.params
                                )
                            )
                workspace.store.write(*statements)
                progress.advance(len(group), group[-1][0].call_id)
    finally:
        progress.finish()
    return MeasureReport(measured, already, without_sound, tuple(failed))


def _plan(reader: Reader) -> tuple[list[tuple[Recording, ...]], int, int]:
    """The recordings to measure (all calls of one content together), how many are done, how many have no sound."""
    done = listening.acoustics_fingerprints(reader)
    tried = {
        (row["call_id"], row["content_hash"])
        for row in reader.rows("select call_id, content_hash from failures where step = ?", STEP)
    }
    wanted: dict[str, list[Recording]] = {}
    finished: set[str] = set()
    without_sound = 0
    for recording in call_store.recordings(reader).values():
        if not recording.is_audible or not recording.path or not recording.content_hash:
            without_sound += 1
        elif done.get(recording.content_hash) == FINGERPRINT or (recording.call_id, recording.content_hash) in tried:
            finished.add(recording.content_hash)
        else:
            wanted.setdefault(recording.content_hash, []).append(recording)
    return [tuple(calls) for calls in wanted.values()], len(finished - set(wanted)), without_sound


def _groups(jobs: Sequence[tuple[Recording, ...]]) -> Iterator[Sequence[tuple[Recording, ...]]]:
    for first in range(0, len(jobs), GROUP):
        yield jobs[first : first + GROUP]


def _one(workspace: Workspace, recording: Recording) -> Acoustics | MediaError:
    assert recording.path is not None
    assert recording.content_hash is not None
    try:
        return measure_sound(decode(workspace.media_path(recording.path)), recording.content_hash)
    except MediaError as error:
        return error


def _clear_failure(call_id: str) -> Statement:
    return Statement("delete from failures where step = ? and call_id = ?", (STEP, call_id))
