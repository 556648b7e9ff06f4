"""What an erasure does to signed months: figures stay, the client's calls and deals get ids of chance, words go."""

from __future__ import annotations

from collections.abc import Mapping

from qc_workbench.reporting.document_json import without_person
from qc_workbench.store.database import Reader, Statement, from_json, to_json


def statements(reader: Reader, names: Mapping[str, str]) -> list[Statement]:
    """``names``: old id -> id of chance, of calls, deals and all else of the person."""
    rows = reader.rows(
        "select month, revision, documents from signed_months "
        "where list_bool_or(list_transform(?::varchar[], lambda word: contains(documents::varchar, word)))",
        [f'"{name}"' for name in names],
    )
    return [
        Statement(
            "update signed_months set documents = ? where month = ? and revision = ?",
            (
                to_json({key: without_person(item, names) for key, item in from_json(row["documents"]).items()}),
                row["month"],
                row["revision"],
            ),
        )
        for row in rows
    ]
