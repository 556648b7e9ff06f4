"""The index of landmarks as a file of the workspace's cache: memory-mapped, so a run begins in moments.

Beside the store it is nothing but saved time: a missing, damaged or outdated file is made anew from the prints. One
line of JSON (version, length, keys of the sounds by their numbers), padded to a multiple of 8 bytes, then the arrays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from qc_workbench.detection.fingerprint_index import CELLS, LandmarkIndex
from qc_workbench.detection.fingerprints import VERSION
from qc_workbench.store.fingerprints import Key

#: Relative to the workspace. An erasure removes it: landmarks of an erased person's sound are in it.
LANDMARK_FILE: Final = "cache/landmarks.bin"


def save(path: Path, index: LandmarkIndex, keys: Sequence[Key]) -> None:
    """Write the base of an index that was just built. Where the file can't be replaced it stays as it is."""
    head = json.dumps({"version": VERSION, "places": int(index.places.size), "keys": list(keys)}).encode()
    head += b" " * (-(len(head) + 1) % 8) + b"\n"
    half = path.with_suffix(".half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as file:
            file.write(head)
            file.write(np.ascontiguousarray(index.starts, dtype="<i8").data)
            file.write(np.ascontiguousarray(index.places, dtype="<i8").data)
        half.replace(path)
    except OSError:
        with suppress(OSError):
            half.unlink()


def load(path: Path) -> tuple[LandmarkIndex, list[Key]] | None:
    """The saved base and the keys of its sounds; None where there is no usable file."""
    try:
        with path.open("rb") as file:
            line = file.readline()
        head = json.loads(line)
        keys = [(str(content_hash), int(channel)) for content_hash, channel in head["keys"]]
        count = int(head["places"])
        if head["version"] != VERSION or path.stat().st_size != len(line) + 8 * (CELLS + 1 + count):
            return None
        starts = np.memmap(path, "<i8", "r", len(line), (CELLS + 1,))
        places = np.memmap(path, "<i8", "r", len(line) + 8 * (CELLS + 1), (count,)) if count else np.zeros(0, np.int64)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return LandmarkIndex(starts, places, len(keys)), keys
