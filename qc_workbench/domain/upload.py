"""A report that is handed over to a place outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

#: Media types by the ending of a name.
MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Uploaded:
    """``place``: where to, without keys. ``sha256``: of what the report says and its format, so that a file whose bytes
    hold a time of writing is not another report. ``about``: ``day:2026-10-06``, ``month:2026-10:r1``.
    """

    place: str
    name: str
    sha256: str
    size_bytes: int
    about: str
    uploaded_at: datetime
    remote_id: str | None


def media_type(name: str) -> str:
    return MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
