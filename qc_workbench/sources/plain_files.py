"""Files of others opened as files: a pipe would keep the reader waiting for ever, a device or a file that grows faster
than it is read would never end."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

#: Bytes read at a time.
_PIECE: Final = 1 << 20


def open_plain(path: Path) -> BinaryIO:
    """A file to be read. Raises :class:`OSError`, also for a pipe, a device or a folder: of what was opened itself, so
    that nothing can take its place in between."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no plain file", str(path))
    return os.fdopen(handle, "rb")


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """What is in a file up to the length that it has now."""
    left = os.fstat(file.fileno()).st_size - file.tell()
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
