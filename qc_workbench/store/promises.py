"""The board of promises, counted and paged where the rows are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qc_workbench.domain.commitment import Commitment
from qc_workbench.review.promises import Column
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import Agents, among
from qc_workbench.store.verdicts import commitment_of

#: ``review.promises.column_of`` in SQL; ``tests/property/test_pages_in_sql.py`` holds the two equal. Parameter: today.
_BOARD = """
    board as (
        select p.*, c.manager_id,
               case when p.outcome = 'scheduled' and ? between p.due_from and p.due_to then 'due_today'
                    else p.outcome end as board_column
        from commitments p join calls c using (call_id)
    )"""


@dataclass(frozen=True, slots=True)
class PromiseTally:
    """How many promises made in an agent's calls stand in a column."""

    manager_id: str
    column: Column
    promises: int


def promise_tallies(reader: Reader, today: date, agents: Agents = None) -> list[PromiseTally]:
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        with {_BOARD} select manager_id, board_column, count(*) as promises from board where {mine}
        group by all order by manager_id, board_column
        """,  # noqa: S608 - constants of this module
        today,
        *parameters,
    )
    return [PromiseTally(row["manager_id"], Column(row["board_column"]), row["promises"]) for row in rows]


def promises_in_column(
    reader: Reader, column: Column, today: date, agents: Agents, limit: int, offset: int
) -> list[Commitment]:
    """Promises of one column in calls of these agents; the oldest due date first."""
    mine, parameters = among(agents)
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
