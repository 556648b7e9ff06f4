"""Whether what is kept still agrees with itself: rows with rows, files with rows, draws with passports."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from pipelines.progress import Progress, Silent
from qc_workbench.domain.call import Recording
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.errors import WorkspaceError
from qc_workbench.sampling.draws import verify
from qc_workbench.store import calls as call_rows
from qc_workbench.store import fingerprints, samples
from qc_workbench.store.integrity import IntegrityProblem, broken_rows
from qc_workbench.workspace import Workspace

#: Calls with one recording that are named; a workspace of invented calls may have any number of them.
MOST_SHARED: Final = 1000


def check(workspace: Workspace, progress: Progress | None = None, *, deep: bool = False) -> list[IntegrityProblem]:
    """Problems in the order of their codes; none when the data are sound. Changes nothing.

    ``deep`` reads every recording and compares its sha256; otherwise presence and size are compared.
    """
    progress = progress or Silent()
    with workspace.store.reading() as reader:
        problems = broken_rows(reader)
        recordings = [item for item in call_rows.recordings(reader).values() if item.path is not None]
        draws = samples.draws(reader)
        sampled = samples.sampled(reader)
        shared = fingerprints.shared_recordings(reader, MOST_SHARED)
    problems += [
        IntegrityProblem(
            "recording_attached_twice" if item.is_same_file else "recording_sounds_the_same",
            item.call_id,
            item.other_call_id,
        )
        for item in shared
    ]
    by_draw: dict[str, list[SampledCall]] = {draw.draw_id: [] for draw in draws}
    for row in sampled:
        by_draw.setdefault(row.draw_id, []).append(row)
    progress.start("check", len(draws) + len(recordings))
    for draw in draws:
        problems += [
            IntegrityProblem(f"draw_{code.value}", draw.draw_id, call_id)
            for code, call_id in verify(draw, by_draw[draw.draw_id])
        ]
        progress.advance()
    seen: dict[str, str | None] = {}  # sound is kept once for all calls that share it
    for recording in recordings:
        place = recording.path or ""
        if place not in seen:
            seen[place] = _file_problem(workspace, recording, deep)
        code = seen[place]
        if code is not None:
            problems.append(IntegrityProblem(code, recording.call_id, place))
        progress.advance()
    progress.finish()
    return sorted(problems)


def _file_problem(workspace: Workspace, recording: Recording, deep: bool) -> str | None:
    try:
        path = workspace.media_path(recording.path or "")
    except WorkspaceError:
        return "media_outside"
    if not path.is_file():
        return "media_missing"
    try:
        if recording.size_bytes is not None and path.stat().st_size != recording.size_bytes:
            return "media_size"
        if deep and recording.content_hash is not None and _sha256(path) != recording.content_hash:
            return "media_changed"
    except OSError:
        return "media_unreadable"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
