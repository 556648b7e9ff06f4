"""What earlier programs left behind (``make_old_databases``), unpacked for a test."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "databases"
#: Schemas of which a database is kept, the oldest first.
VERSIONS = sorted(int(file.name[6:10]) for file in FOLDER.glob("*.duckdb.xz"))
#: Those whose program could already make a backup.
WITH_BACKUP = sorted(int(file.name[6:10]) for file in FOLDER.glob("*.qcwbackup.xz"))


def kept(version: int, kind: str) -> bytes:
    return lzma.decompress((FOLDER / f"schema{version:04d}.{kind}.xz").read_bytes())


def words(version: int) -> dict[str, Any]:
    """What the old program said of its database: rows of each table, and its exports."""
    found: dict[str, Any] = json.loads(kept(version, "json"))
    return found


def old_workspace(home: Path, version: int) -> Path:
    """The workspace as the old program left it; without its recordings, which no upgrade touches."""
    home.mkdir(parents=True)
    (home / "qcw.toml").write_bytes(kept(version, "toml"))
    (home / "qcw.duckdb").write_bytes(kept(version, "duckdb"))
    return home
