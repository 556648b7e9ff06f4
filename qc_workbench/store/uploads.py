"""The ledger of reports that were handed over."""

from __future__ import annotations

from collections.abc import Collection

from qc_workbench.domain.upload import Uploaded
from qc_workbench.store.database import Reader, Statement, insert


def uploaded(reader: Reader, place: str, names: Collection[str]) -> set[tuple[str, str]]:
    """(name, digest) of what went to a place under these names."""
    rows = reader.rows(
        "select name, sha256 from uploads where place = ? and name in (select unnest(?::varchar[]))", place, list(names)
    )
    return {(row["name"], row["sha256"]) for row in rows}


def uploaded_row(item: Uploaded) -> Statement:
    return insert(
        "uploads",
        {
            "place": item.place,
            "name": item.name,
            "sha256": item.sha256,
            "size_bytes": item.size_bytes,
            "about": item.about,
            "uploaded_at": item.uploaded_at,
            "remote_id": item.remote_id,
        },
        replace=True,
    )
