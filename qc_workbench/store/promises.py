"""The board of promises, counted and paged where the rows are."""

from __future__ import annotations

from datetime import date
from typing import Any

from qc_workbench.domain.commitment import Commitment
from qc_workbench.review.promises import Column
from qc_workbench.store.database import Reader
from qc_workbench.store.verdicts import commitment_of

#: ``review.promises.column_of`` in SQL; ``tests/property/test_pages_in_sql.py`` holds the two equal. Parameter: today.
_BOARD = """
    board as (
        select p.*, c.manager_id,
               case when p.outcome = 'scheduled' and ? between p.due_from and p.due_to then 'due_today'
                    else p.outcome end as board_column
        from commitments p join calls c using (call_id)
    )"""


def column_counts(reader: Reader, today: date, manager_id: str | None) -> dict[Column, int]:
    mine, parameters = _mine(manager_id)
    rows = reader.rows(
        f"with {_BOARD} select board_column, count(*) as promises from board where {mine} group by all",  # noqa: S608 - constants of this module
        today,
        *parameters,
    )
    counted = {row["board_column"]: int(row["promises"]) for row in rows}
    return {column: counted.get(column.value, 0) for column in Column}


def promises_in_column(
    reader: Reader, column: Column, today: date, manager_id: str | None, limit: int, offset: int
) -> list[Commitment]:
    """Promises of one column, of one agent's calls if given; the oldest due date first."""
    mine, parameters = _mine(manager_id)
    rows = reader.rows(
        f"""
        with {_BOARD}
        select * exclude (manager_id, board_column) from board where {mine} and board_column = ?
        order by due_to, call_id, start_s, commitment_id limit ? offset ?
        """,  # noqa: S608 - constants of this module
        today,
        *parameters,
        column.value,
        limit,
        offset,
    )
    return [commitment_of(row) for row in rows]


def agents_who_promised(reader: Reader) -> tuple[str, ...]:
    """Ids of the agents in whose calls something was promised."""
    rows = reader.rows("select distinct c.manager_id from commitments join calls c using (call_id) order by 1")
    return tuple(row["manager_id"] for row in rows)


def _mine(manager_id: str | None) -> tuple[str, list[Any]]:
    return ("true", []) if manager_id is None else ("manager_id = ?", [manager_id])
