"""Clips of the library leave the server as a file of exactly their passage: nobody hears the rest of the call.

Whoever may hear clips may hear each of them; whose call it is and how to get at it is not in the address.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qc_workbench.domain.access import Action
from qc_workbench.domain.coaching import Clip
from qc_workbench.errors import QcwError
from qc_workbench.store.calls import audit_entry, recording
from qc_workbench.store.coaching import clip_with_id
from qc_workbench.ui import doorway
from qc_workbench.ui.http import once_a_day, sound_answer
from qc_workbench.ui.recordings import hidden_sound
from qc_workbench.ui.refused import note_refusal
from qc_workbench.ui.viewer import Viewer
from qc_workbench.work.covered_sound import kept_covered
from qc_workbench.work.decoding import cut
from qc_workbench.workspace import Workspace


def clip_address(clip_id: str) -> str:
    return f"/clips/{clip_id}"


def routes() -> list[Route]:
    return [Route("/clips/{clip_id}", _sound), Route("/clips/{clip_id}/played", _played, methods=["POST"])]


def clip_file(workspace: Workspace, clip: Clip) -> Path:
    """The passage as a 16-bit wav, cut once and kept.

    Raises ``FileNotFoundError`` when the recording is gone (a kept clip goes with it), and
    :class:`~qc_workbench.errors.MediaError`.
    """
    with workspace.store.reading() as reader:
        found = recording(reader, clip.call_id)
        hidden = hidden_sound(workspace, reader, found.content_hash or "") if found else ()
    if found is None or not found.is_audible or found.path is None:
        raise FileNotFoundError(clip.clip_id)
    source = workspace.media_path(found.path)
    folder = workspace.home / "cache" / "clips"
    target = folder / f"{clip.clip_id}.wav"
    covered = [item for item in hidden if item.start_s < clip.to_s and item.end_s > clip.from_s]
    if not source.is_file():
        raise FileNotFoundError(source)
    if covered:
        target.unlink(missing_ok=True)  # made before anybody knew
        return kept_covered(
            folder, clip.clip_id, covered, lambda part: cut(source, part, clip.from_s, clip.to_s), clip.from_s
        )
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            cut(source, part, clip.from_s, clip.to_s)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return target


# Answers; in threads (not async), because they wait for the store ---------------------------------------------------


def _asked(request: Request) -> tuple[Workspace, Viewer, Clip] | None:
    """The workspace, who asks and the clip; None for whoever may not hear it. A retired clip is not heard."""
    found = doorway.signed_in(request)
    if found is None:
        return None
    workspace, viewer = found
    if not viewer.may(Action.HEAR_CLIP):
        note_refusal(workspace, viewer, "clip", request.path_params["clip_id"])
        return None
    with workspace.store.reading() as reader:
        clip = clip_with_id(reader, request.path_params["clip_id"])
    return None if clip is None or clip.retired_at is not None else (workspace, viewer, clip)


def _sound(request: Request) -> Response:
    def find() -> tuple[Path, str] | None:
        asked = _asked(request)
        if asked is None:
            return None
        workspace, viewer, clip = asked
        path = clip_file(workspace, clip)
        _note_heard(workspace, viewer, clip, request)
        return path, "audio/wav"

    # Not kept by the browser: each page that plays it asks, and is written down.
    return sound_answer(find, "private, no-store")


def _note_heard(workspace: Workspace, viewer: Viewer, clip: Clip, request: Request) -> None:
    """A player asks for the rest in pieces: one line for all of them. Whoever begins elsewhere has a line a day."""
    now = datetime.now(UTC)
    line = audit_entry(now, viewer.name, "clip_heard", clip.call_id, clip_id=clip.clip_id)
    is_first = workspace.store.write(line, key=once_a_day("clip", viewer.person_id, clip.clip_id))
    if not is_first and _from_the_start(request):
        workspace.store.write(line)


def _from_the_start(request: Request) -> bool:
    asked = request.headers.get("range", "bytes=0-").replace(" ", "")
    return asked.startswith("bytes=0-")


def _played(request: Request) -> Response:
    """The play button tells of recordings that it was pressed; of clips the line was written with the sound."""
    try:
        return Response(status_code=204 if _asked(request) else 403)
    except QcwError:
        return Response(status_code=503)
