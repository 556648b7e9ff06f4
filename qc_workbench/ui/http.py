"""What our own routes have in common: bodies that stay small, sound that may be refused, gone or broken."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from qc_workbench.errors import MediaError, QcwError

#: What our pages send comes in less, also over a telephone's line; who drips holds a connection for no longer, seconds.
SLOWEST_BODY_S: Final = 60.0


async def body_within(request: Request, largest: int, most_s: float = SLOWEST_BODY_S) -> bytes | None:
    """The body, or None when it has more than ``largest`` bytes or takes longer: the rest is not read."""
    body = b""
    try:
        async with asyncio.timeout(most_s):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    return None
    except TimeoutError:
        return None
    return body


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None for anything else.

    Half a character, as a browser leaves it that cuts a text within an emoji, becomes �: the rest of the text must not
    be lost, and no store takes a half. A whole number of more than 64 bits comes as a float, maybe an infinite one.
    """
    try:
        found = json.loads(body, parse_int=_whole_number)
        if _HALF in body.lower():
            found = json.loads(
                json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            )
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


#: How JSON writes half a character, or a whole one in two halves.
_HALF: Final = b"\\ud"


def _whole_number(text: str) -> int | float:
    return int(text) if len(text) < 19 else float(text)


def once_a_day(*about: str) -> str:
    """The key of a line of the audit log that is written once a day about this. It names nobody, for it is kept."""
    return hashlib.sha256("\n".join((*about, f"{datetime.now(UTC):%Y-%m-%d}")).encode()).hexdigest()


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
