"""Limits of reads, known to both ends: to the owner who holds them, to clients who wait no longer."""

from __future__ import annotations

from typing import Final

#: Seconds a read may last: an ordinary one, and one announced as heavy.
READ_S: Final = 60.0
HEAVY_READ_S: Final = 900.0
#: Bytes of a result that is taken whole.
READ_BYTES: Final = 512 << 20
