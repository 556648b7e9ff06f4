"""Files that this program makes are its user's alone: folders 0700, files 0600.

The database, recordings, exports, copies aside and logs are personal, and a system lets everybody read new files unless
it is told otherwise. It is told once, where a process begins; those that it starts are told with it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: What nobody but the user has of new files.
_OTHERS: Final = 0o077


def keep_private() -> None:
    """From now on new files and folders of this process, and of those it starts, are its user's alone."""
    os.umask(os.umask(_OTHERS) | _OTHERS)


def as_its_folder(path: Path) -> None:
    """Let whoever may read the folder of a finished file read the file: it was put there for them."""
    path.chmod(0o600 | path.parent.stat().st_mode & 0o044)
