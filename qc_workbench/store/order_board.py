"""Calls made and calls entered in the CRM, day by day: the number beside the breaches of order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qc_workbench.domain.violation import ViolationKind
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import WITH_CLIENTS, Agents, Stretch, among


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """``made``: connected calls with clients. ``entered``: call activities of the CRM that were done that day, whoever
    was called. ``without_trace``: breaches of ``call_not_logged``, of that day's control; what stands or stood."""

    manager_id: str
    day: date
    made: int
    entered: int
    without_trace: int


def logged_days(reader: Reader, zone: str, within: Stretch, agents: Agents = None) -> list[LoggedDay]:
    """Agent by agent, the days on which there is anything to count. ``zone``: the company's."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        with counted as (
            select manager_id, timezone(?, started_at)::date as day, 1 as made, 0 as entered, 0 as without_trace
            from calls where started_at >= ? and started_at < ? and {WITH_CLIENTS} and outcome = 'answered' and {mine}
            union all
            select manager_id, timezone(?, done_at)::date, 0, 1, 0
            from activities where done_at >= ? and done_at < ? and type = 'call' and {mine}
            union all
            select manager_id, timezone(?, happened_at)::date, 0, 0, 1
            from violations where happened_at >= ? and happened_at < ? and kind = ? and {mine}
        )
        select manager_id, day, sum(made) as made, sum(entered) as entered, sum(without_trace) as without_trace
        from counted group by all order by manager_id, day
        """,  # noqa: S608 - conditions of the program
        zone,
        *within,
        *parameters,
        zone,
        *within,
        *parameters,
        zone,
        *within,
        ViolationKind.CALL_NOT_LOGGED.value,
        *parameters,
    )
    return [
        LoggedDay(
            row["manager_id"], row["day"], int(row["made"]), int(row["entered"]), int(row["without_trace"])
        )
        for row in rows
    ]  # fmt: skip
