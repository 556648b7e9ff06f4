"""The board of promises, counted and paged where the rows are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from qc_workbench.domain.commitment import Commitment
from qc_workbench.review.promises import Column
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import Agents, Stretch, among, client_calls
from qc_workbench.store.verdicts import commitment_of

#: ``review.promises.column_of`` in SQL; ``tests/property/test_pages_in_sql.py`` holds the two equal. Parameter: today.
_BOARD = """
    board as (
        select p.*, c.manager_id, c.direction, c.started_at,
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


def promise_tallies(
    reader: Reader, today: date, agents: Agents = None, within: Stretch | None = None
) -> list[PromiseTally]:
    """``within``: only promises made in calls with clients of this time."""
    mine, parameters = _asked(agents, within)
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
    reader: Reader,
    column: Column | None,
    today: date,
    agents: Agents,
    limit: int,
    offset: int,
    within: Stretch | None = None,
) -> list[Commitment]:
    """Promises of one column, or of all, in calls of these agents; the oldest due date first."""
    mine, parameters = _asked(agents, within)
    code = None if column is None else column.value
    rows = reader.rows(
        f"""
        with {_BOARD}
        select * exclude (manager_id, direction, started_at, board_column) from board
        where {mine} and (? is null or board_column = ?)
        order by due_to, call_id, start_s, commitment_id limit ? offset ?
        """,  # noqa: S608 - constants of this module
        today,
        *parameters,
        code,
        code,
        limit,
        offset,
    )
    return [commitment_of(row) for row in rows]


def _asked(agents: Agents, within: Stretch | None) -> tuple[str, list[Any]]:
    mine, whose = among(agents)
    made, when = client_calls(within)
    return f"{mine} and {made}", [*whose, *when]
