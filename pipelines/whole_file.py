"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from qc_workbench.errors import UsageError


@contextmanager
def whole_file(out: Path) -> Iterator[IO[bytes]]:
    """A stream whose content becomes ``out`` when the block ends well, and nothing when it does not.

    Raises :class:`UsageError` ``out_unwritable``, naming what the system said.
    """
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.replace(out)
    except OSError as error:
        raise UsageError("out_unwritable", file=str(out), detail=error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
