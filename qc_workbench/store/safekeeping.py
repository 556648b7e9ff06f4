"""What retention removed, who was erased, files to remove, backups made: rows to values and back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.store.database import Reader, Row, Statement, from_json


@dataclass(frozen=True, slots=True)
class KnownBackup:
    """A backup that was made of this workspace; whether it is still there is known to whoever keeps it."""

    made_at: datetime
    place: str
    size_bytes: int
    sha256: str
    encrypted: bool
    recordings: str
    calls: int


def known_backups(reader: Reader) -> list[KnownBackup]:
    return [KnownBackup(**row) for row in reader.rows("select * from backups order by made_at, place")]


def frozen_calls(reader: Reader) -> frozenset[str]:
    """Calls whose words were removed: what was once found in them stands and is not looked for again."""
    rows = reader.rows(
        "select call_id as id from expired where kind = 'transcript' union select id from erased where kind = 'call'"
    )
    return frozenset(row["id"] for row in rows)


def erased_ids(reader: Reader, kind: str) -> frozenset[str]:
    """Ids (of chance) of what is kept of erased persons; ``kind`` is ``call`` or ``deal``."""
    return frozenset(row["id"] for row in reader.rows("select id from erased where kind = ?", kind))


def suppressed_hashes(reader: Reader) -> frozenset[tuple[str, str]]:
    """(kind, keyed hash) of everything that no import may bring back."""
    return frozenset((row["kind"], row["keyed_hash"]) for row in reader.rows("select kind, keyed_hash from suppressed"))


def let_go(paths: Sequence[str], since: datetime) -> Statement:
    """Marks files as to be removed, unless a recording still refers to them at that moment."""
    return Statement(
        """
        insert or ignore into removals
        select path, ? from (select distinct unnest(?) as path)
        where path not in (select path from recordings where path is not null)
        """,
        (since, list(paths)),
    )


def pending_removals(reader: Reader) -> list[str]:
    """Files to remove now: those that a recording refers to again are left out."""
    rows = reader.rows(
        "select path from removals where path not in (select path from recordings where path is not null) order by path"
    )
    return [row["path"] for row in rows]


def removed(paths: Collection[str]) -> Statement:
    """The files are gone, or are needed again."""
    return Statement("delete from removals where path in (select unnest(?))", (list(paths),))


def last_retention(reader: Reader) -> datetime | None:
    """When retention last removed something."""
    found: datetime | None = reader.value("select max(happened_at) from audit where action = 'retention_done'")
    return found


def certificates(reader: Reader) -> list[Row]:
    """Certificates of erasures, oldest first."""
    rows = reader.rows("select erasure_id, erased_at, erased_by, certificate from erasures order by erased_at")
    return [{**row, "certificate": from_json(row["certificate"])} for row in rows]
