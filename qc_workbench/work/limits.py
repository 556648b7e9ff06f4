"""What a process that reads strangers' files may take of the machine. Set once, from within, and never raised again.

| | Linux | macOS | Windows |
|---|---|---|---|
| memory | address space: what is asked beyond is refused | looked at ten times a second | not limited |
| size of a file it writes | yes | yes | not limited |
| core dumps (they hold what was said) | none | none | none are written by default |

Time is not limited here: whoever gives the work kills a process that takes too long, on every system.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Exit code of a process that ran out of the memory it may have.
OUT_OF_MEMORY: Final = 70
#: Files a decoder has open at once: the recording, the copy, its pipes and libraries.
_OPEN_FILES: Final = 64
_LOOK_EVERY_S: Final = 0.1


def no_core_dump() -> None:
    """A core dump would leave sound, words and keys on the disk."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_decoder(memory_bytes: int, file_bytes: int) -> None:
    """``memory_bytes`` beyond what the process has now; no file written larger than ``file_bytes``."""
    no_core_dump()
    if sys.platform == "win32":
        return
    import resource

    for kind, most in ((resource.RLIMIT_FSIZE, file_bytes), (resource.RLIMIT_NOFILE, _OPEN_FILES)):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))
    if sys.platform == "linux":
        most = _address_space() + memory_bytes
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    else:
        most = _most_resident() + memory_bytes
        threading.Thread(target=_end_beyond, args=(most,), daemon=True).start()


def limit_data() -> None:
    """Four fifths of the machine's memory, beyond which the system would end somebody else, as a roof for the data of a
    worker that recognises speech. Its models are mapped and count as no data. Linux alone has such a limit."""
    if sys.platform != "linux":
        return
    import resource

    with suppress(OSError, ValueError):
        most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 4 // 5
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _most_resident() -> int:
    """The largest memory the process has had, bytes; macOS counts in bytes, other systems in kilobytes."""
    import resource

    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return told if sys.platform == "darwin" else told << 10


def _end_beyond(most_bytes: int) -> None:
    while _most_resident() <= most_bytes:
        time.sleep(_LOOK_EVERY_S)
    os._exit(OUT_OF_MEMORY)
