"""What our own routes have in common: bodies that stay small, sound that may be refused, gone or broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from qc_workbench.errors import MediaError, QcwError


async def body_within(request: Request, largest: int) -> bytes | None:
    """The body, or None when it has more than ``largest`` bytes: the rest is not read."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            return None
    return body


def sound_answer(find: Callable[[], tuple[Path, str] | None], caching: str) -> Response:
    """The file that ``find`` gives, with its media type, in ranges where asked for; None: not for this person.

    ``find`` may raise ``FileNotFoundError``, :class:`MediaError` (it can't be decoded) or another error of the store,
    after which the player may ask again.
    """
    try:
        found = find()
    except FileNotFoundError:
        return Response(status_code=404)
    except MediaError:
        return Response(status_code=415)
    except QcwError:
        return Response(status_code=503)
    if found is None:
        return Response(status_code=403)
    path, media_type = found
    headers = {"cache-control": caching, "x-content-type-options": "nosniff"}
    return FileResponse(path, media_type=media_type, headers=headers)
