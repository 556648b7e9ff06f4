"""The evening control: counted as the CRM stood at one moment, kept, read again.

The CRM's rows say how things are now; what they were at an earlier moment is told by the moves of due dates, the
changes of stages and the days on which tasks were done and deals closed. So a control that is taken an hour late
still shows its own moment, as far as what was imported knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.commitment import BROKEN_OUTCOMES
from qc_workbench.domain.evening import EveningControl, Unkept, UnkeptItem
from qc_workbench.store.database import Reader, Row, Statement, insert, insert_all
from qc_workbench.store.scoping import Agents, among

#: Lines of one kind that a control keeps: more than a department can see to; counts are of all.
KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class ControlMoment:
    """What a control is asked of: the day, its moment, the zone of midnights, the limits of stages in days."""

    day: date
    at: datetime
    starts_at: datetime  # the midnight before
    zone: str
    limits_days: Mapping[str, int]


def _overdue(moment: ControlMoment) -> tuple[str, list[Any]]:
    """Open tasks whose due date then had passed: the one that the first later move took from them, else the one they
    have. A date without a time (midnight) lasts until the end of the day; what the clock of a zone says is dear to ask,
    so it is asked of full quarters of an hour alone. A finished task has ``done_at``.
    """
    sql = """
        with after_it as materialized (
            select activity_id, arg_min(try_cast(old_value as timestamptz), changed_at) as was_due
            from activity_changes where field = 'due_at' and changed_at > ? group by 1
        ),
        due as (
            select a.activity_id, a.manager_id, a.deal_id, coalesce(n.was_due, a.due_at) as due_at
            from activities a left join after_it n using (activity_id)
            where a.created_at <= ? and (a.done_at is null or a.done_at > ?)
        ),
        closed as (
            select deal_id from deals
            where status <> 'open' and not coalesce(coalesce(closed_at, stage_since) > ?, false)
        ),
        lasting as (
            select d.activity_id, d.manager_id, d.deal_id,
                   case when epoch_us(due_at) % 900000000 <> 0 then due_at
                        when cast(timezone(?, due_at) as time) = time '00:00' then due_at + interval 1 day
                        else due_at end as lasts_to
            from due d anti join closed c using (deal_id) where due_at < ?
        )
        select manager_id, lasts_to as since, date_diff('second', lasts_to, ?) / 86400.0 as days, 0 as moves,
               deal_id, activity_id, null as commitment_id, null as call_id
        from lasting where lasts_to < ?
    """
    at = moment.at
    return sql, [at, at, at, at, moment.zone, at, at, at]


def _moved(moment: ControlMoment) -> tuple[str, list[Any]]:
    sql = """
        with todays as materialized (
            select distinct activity_id from activity_changes
            where field = 'due_at' and changed_at > ? and changed_at <= ?
        ),
        moved as materialized (
            select activity_id, changed_at, try_cast(old_value as timestamptz) as was,
                   try_cast(new_value as timestamptz) as is_now
            from activity_changes
            where field = 'due_at' and changed_at <= ? and activity_id in (select activity_id from todays)
        ),
        put_off as (
            select activity_id, min(was) as first_due, count(*) as moves,
                   sum(date_diff('second', was, is_now)) / 86400.0 as days,
                   bool_or(changed_at > ?) as is_todays
            from moved where cast(timezone(?, is_now) as date) > cast(timezone(?, was) as date) group by 1
        )
        select a.manager_id, p.first_due as since, p.days, p.moves, a.deal_id, a.activity_id, null as commitment_id,
               null as call_id
        from put_off p join activities a using (activity_id)
        where p.is_todays and a.created_at <= ? and (a.done_at is null or a.done_at > ?)
    """
    at, starts = moment.at, moment.starts_at
    return sql, [starts, at, at, starts, moment.zone, moment.zone, at, at]


def _stuck(moment: ControlMoment) -> tuple[str, list[Any]]:
    sql = """
        with limits as (select unnest(?::varchar[]) as stage, unnest(?::timestamptz[]) as latest),
        after_it as materialized (
            select deal_id, arg_min(from_stage, changed_at) as stage from stage_changes where changed_at > ? group by 1
        ),
        before_it as (
            select deal_id, arg_max(to_stage, changed_at) as stage, max(changed_at) as since from stage_changes
            where changed_at <= ? and deal_id in (select deal_id from after_it) group by 1
        ),
        stood as (
            select d.deal_id, d.manager_id,
                   case when n.deal_id is null then d.stage else coalesce(b.stage, n.stage) end as stage,
                   case when n.deal_id is null then d.stage_since else coalesce(b.since, d.created_at) end as since
            from deals d left join before_it b using (deal_id) left join after_it n using (deal_id)
            where (d.status = 'open' or coalesce(d.closed_at, d.stage_since) > ?)
              and (d.created_at is null or d.created_at <= ?)
        )
        select manager_id, since, date_diff('second', since, ?) / 86400.0 as days, 0 as moves, deal_id,
               null as activity_id, null as commitment_id, null as call_id
        from stood join limits using (stage) where since < latest
    """
    at, stages = moment.at, list(moment.limits_days)
    return sql, [stages, [at - timedelta(days=moment.limits_days[stage]) for stage in stages], at, at, at, at, at]


def _promises(moment: ControlMoment) -> tuple[str, list[Any]]:
    sql = """
        select c.manager_id, timezone(?, cast(p.due_to as timestamp)) as since,
               date_diff('second', timezone(?, cast(p.due_to as timestamp)), ?) / 86400.0 as days, p.moves,
               null as deal_id, p.activity_id, p.commitment_id, p.call_id
        from commitments p join calls c using (call_id)
        where c.started_at <= ? and p.due_to <= ? and p.outcome in (select unnest(?::varchar[]))
    """
    broken = sorted(outcome.value for outcome in BROKEN_OUTCOMES)
    return sql, [moment.zone, moment.zone, moment.at, moment.at, moment.day, broken]


_FINDERS: Final = {Unkept.OVERDUE: _overdue, Unkept.MOVED: _moved, Unkept.STUCK: _stuck, Unkept.PROMISE: _promises}


@dataclass(frozen=True, slots=True)
class Found:
    """``items``: the longest first, at most as many as asked for; ``counts``: of all."""

    items: tuple[UnkeptItem, ...]
    counts: Mapping[tuple[Unkept, str], int]


def found_at(reader: Reader, moment: ControlMoment, limit: int = KEPT) -> Found:
    """What the control of this moment finds."""
    items: list[UnkeptItem] = []
    counts: dict[tuple[Unkept, str], int] = {}
    for kind, finder in _FINDERS.items():
        sql, parameters = finder(moment)
        rows = reader.rows(
            f"""
            with found as materialized ({sql}),
            longest as (
                select * from found
                order by days desc, coalesce(deal_id, ''), coalesce(activity_id, ''), coalesce(commitment_id, '')
                limit ?
            )
            select null::bigint as found, * from longest
            union all by name
            select count(*) as found, manager_id from found group by manager_id
            """,  # noqa: S608 - constants of this module
            *parameters,
            limit,
        )
        for row in rows:
            if row["found"] is None:
                items.append(_item(kind, row))
            else:
                counts[kind, row["manager_id"]] = int(row["found"])
    order = list(Unkept)
    items.sort(key=lambda item: (order.index(item.kind), -item.days, item.deal_id or "", item.activity_id or ""))
    return Found(tuple(items), counts)


def _item(kind: Unkept, row: Row) -> UnkeptItem:
    return UnkeptItem(
        kind, row["manager_id"], row["since"], float(row["days"]), int(row["moves"]), row["deal_id"],
        row["activity_id"], row["commitment_id"], row["call_id"],
    )  # fmt: skip


def last_import(reader: Reader, until: datetime) -> datetime | None:
    """When the last import that ended by then did."""
    found: datetime | None = reader.value("select max(finished_at) from imports where finished_at <= ?", until)
    return found


def control_written(control: EveningControl, items: Sequence[UnkeptItem]) -> list[Statement]:
    """The statements that freeze a control."""
    head = {
        "day": control.day, "control_at": control.control_at, "taken_at": control.taken_at,
        "data_until": control.data_until,
    }  # fmt: skip
    counts = [
        {"day": control.day, "kind": kind.value, "manager_id": agent, "found": found}
        for (kind, agent), found in control.counts.items()
    ]
    places: dict[Unkept, int] = {}
    lines = []
    for item in items:
        places[item.kind] = places.get(item.kind, 0) + 1
        lines.append(
            {
                "day": control.day, "kind": item.kind.value, "place": places[item.kind], "manager_id": item.manager_id,
                "since": item.since, "days": item.days, "moves": item.moves, "deal_id": item.deal_id,
                "activity_id": item.activity_id, "commitment_id": item.commitment_id, "call_id": item.call_id,
            }
        )  # fmt: skip
    return [
        insert("evening_controls", head),
        *insert_all("evening_counts", counts),
        *insert_all("evening_items", lines),
    ]


def control_of(reader: Reader, day: date) -> EveningControl | None:
    """The frozen control of a day."""
    row = reader.row("select * from evening_controls where day = ?", day)
    if row is None:
        return None
    counts = {
        (Unkept(item["kind"]), item["manager_id"]): int(item["found"])
        for item in reader.rows("select * from evening_counts where day = ? order by kind, manager_id", day)
    }
    return EveningControl(row["day"], row["control_at"], row["taken_at"], row["data_until"], counts)


def control_items(reader: Reader, day: date, kind: Unkept, limit: int, agents: Agents = None) -> list[UnkeptItem]:
    """Lines of a frozen control, the longest first."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"select * from evening_items where day = ? and kind = ? and {mine} order by place limit ?",  # noqa: S608 - of the program
        day,
        kind.value,
        *parameters,
        limit,
    )
    return [_item(kind, row) for row in rows]


def control_history(reader: Reader, first: date, last: date) -> dict[date, dict[Unkept, int]]:
    """Days with a control and what each found; a day without one is absent, not nought."""
    history: dict[date, dict[Unkept, int]] = {
        row["day"]: dict.fromkeys(Unkept, 0)
        for row in reader.rows("select day from evening_controls where day >= ? and day <= ? order by day", first, last)
    }
    for row in reader.rows(
        "select day, kind, sum(found) as found from evening_counts where day >= ? and day <= ? group by all",
        first,
        last,
    ):
        history[row["day"]][Unkept(row["kind"])] = int(row["found"])
    return history
