"""Faults: what waits for a ruling, what people said about each, counted and paged where the rows are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from qc_workbench.config import Company
from qc_workbench.domain.bonus import BROKEN_PROMISE, Fault, FaultMove, Objection
from qc_workbench.domain.commitment import BROKEN_OUTCOMES
from qc_workbench.domain.flag import Finding, FlagKind, Ruling
from qc_workbench.review.bonus import Record
from qc_workbench.review.violation_rulings import FaultRuling
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.scoping import Agents, Stretch, among
from qc_workbench.store.verdicts import STANDING_VIOLATION_FINDINGS, finding_of, finding_row

_BROKEN: Final = sorted(outcome.value for outcome in BROKEN_OUTCOMES)
#: ``faults``: breaches of order (also those put right since: they happened) and promises broken by now, which happen
#: when the last day of their window ends. Parameters: zone, end of the working day, broken outcomes, today.
_FAULTS: Final = f"""
    faults as (
        select violation_id as fault_id, kind, manager_id, happened_at, call_id, deal_id, activity_id from violations
        union all
        select p.commitment_id, '{BROKEN_PROMISE}', c.manager_id, timezone(?, p.due_to + ?::time), p.call_id, null,
               p.activity_id
        from commitments p join calls c using (call_id) where list_contains(?::varchar[], p.outcome) and p.due_to < ?
    )"""  # noqa: S608 - a constant of the program
#: The same without those that a ruling stands on.
_WAITING: Final = f"""
    {_FAULTS},
    ruled as ({STANDING_VIOLATION_FINDINGS}),
    waiting as (select f.* from faults f where f.fault_id not in (select violation_id from ruled))"""  # noqa: S608 - constants of the program


def _moment(company: Company, today: date) -> tuple[Any, ...]:
    return company.timezone, company.day_ends.isoformat(), _BROKEN, today


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Faults of one agent, kind and day (of the company's zone) that nobody has ruled on: one decision, or many."""

    agent_id: str
    kind: str
    day: date
    faults: int


def waiting_groups(
    reader: Reader, company: Company, today: date, within: Stretch, agents: Agents, limit: int, offset: int = 0
) -> tuple[list[WaitingGroup], int, int]:
    """Page of the groups, the newest day first; how many groups there are, and how many faults in them."""
    mine, parameters = among(agents)
    grouped = f"""
        with {_WAITING}
        select manager_id, kind, cast(timezone(?, happened_at) as date) as day, count(*) as faults from waiting
        where happened_at >= ? and happened_at < ? and {mine} group by all"""  # noqa: S608 - constants of this module
    given = (*_moment(company, today), company.timezone, *within, *parameters)
    rows = reader.rows(
        f"""
        select *, count(*) over () as groups, sum(faults) over () as total from ({grouped})
        order by day desc, faults desc, manager_id, kind limit ? offset ?
        """,  # noqa: S608 - constants of this module
        *given,
        limit,
        offset,
    )
    if not rows:
        return [], 0, 0
    found = [WaitingGroup(row["manager_id"], row["kind"], row["day"], int(row["faults"])) for row in rows]
    return found, int(rows[0]["groups"]), int(rows[0]["total"])


def waiting_faults(
    reader: Reader, company: Company, today: date, group: WaitingGroup, limit: int | None = None
) -> list[Fault]:
    """The faults of a group that wait, the first happened first; no more than ``limit``."""
    rows = reader.rows(
        f"""
        with {_WAITING}
        select * from waiting where manager_id = ? and kind = ? and cast(timezone(?, happened_at) as date) = ?
        order by happened_at, fault_id {"" if limit is None else "limit ?"}
        """,  # noqa: S608 - constants of this module
        *_moment(company, today),
        group.agent_id,
        group.kind,
        company.timezone,
        group.day,
        *(() if limit is None else (limit,)),
    )
    return [_fault_of(row) for row in rows]


def fault(reader: Reader, company: Company, today: date, fault_id: str) -> Fault | None:
    """A breach or a broken promise, ruled on or not."""
    row = reader.row(f"with {_FAULTS} select * from faults where fault_id = ?", *_moment(company, today), fault_id)  # noqa: S608 - a constant of this module
    return None if row is None else _fault_of(row)


def _fault_of(row: Row) -> Fault:
    return Fault(
        row["fault_id"], row["kind"], row["manager_id"], row["happened_at"], row["call_id"], row["deal_id"],
        row["activity_id"],
    )  # fmt: skip


# Rulings ---------------------------------------------------------------------------------------------------------


def ruling_row(made: FaultRuling) -> Mapping[str, Any]:
    said = dict(finding_row(made.finding))
    del said["flag_id"]
    return {
        "violation_id": made.fault.fault_id,
        "kind": made.fault.kind,
        "manager_id": made.fault.agent_id,
        "happened_at": made.fault.happened_at,
        "call_id": made.fault.call_id,
        "deal_id": made.fault.deal_id,
        "activity_id": made.fault.activity_id,
        "batch": made.batch,
        **said,
    }


def ruling_of(row: Row) -> FaultRuling:
    return FaultRuling(
        _fault_of({**row, "fault_id": row["violation_id"]}),
        finding_of({**row, "flag_id": row["violation_id"]}),
        row["batch"],
    )


def rulings_of(reader: Reader, fault_ids: Collection[str]) -> list[FaultRuling]:
    """Every ruling on these breaches and promises, oldest first."""
    rows = reader.rows(
        "select * from violation_findings where list_contains(?::varchar[], violation_id) "
        "order by ruled_at, finding_id",
        sorted(fault_ids),
    )
    return [ruling_of(row) for row in rows]


def rulings_of_batch(reader: Reader, batch: str) -> list[FaultRuling]:
    """Every ruling on the faults of a batch, oldest first."""
    rows = reader.rows(
        "select * from violation_findings where violation_id in "
        "(select violation_id from violation_findings where batch = ?) order by ruled_at, finding_id",
        batch,
    )
    return [ruling_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rulings made with one key that still stand."""

    batch: str
    agent_id: str
    kind: str
    ruling: Ruling
    by: str
    at: datetime
    faults: int


def last_batches(reader: Reader, agents: Agents, limit: int) -> list[Batch]:
    """The newest first. A key never rules on two agents or kinds."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        select batch, manager_id, kind, ruling, ruled_by, ruled_at, count(*) as faults
        from ({STANDING_VIOLATION_FINDINGS}) where {mine} group by all order by ruled_at desc, batch limit ?
        """,  # noqa: S608 - constants of the program
        *parameters,
        limit,
    )
    return [
        Batch(row["batch"], row["manager_id"], row["kind"], Ruling(row["ruling"]), row["ruled_by"], row["ruled_at"],
              int(row["faults"]))
        for row in rows
    ]  # fmt: skip


# Records ---------------------------------------------------------------------------------------------------------


def confirmed_records(reader: Reader, within: Stretch | None, agents: Agents) -> list[Record]:
    """Faults that happened in the span (None: ever) and were confirmed at least once, with all that was said."""
    return _records(reader, within, agents, None)


def record(reader: Reader, fault_id: str) -> Record | None:
    """What was said about one fault that was confirmed at least once."""
    return next(iter(_records(reader, None, None, fault_id)), None)


def _records(reader: Reader, within: Stretch | None, agents: Agents, fault_id: str | None) -> list[Record]:
    findings: dict[str, list[Finding]] = {}
    faults: dict[str, Fault] = {}
    mine, parameters = among(agents)
    span = "true" if within is None else "happened_at >= ? and happened_at < ?"
    one = "true" if fault_id is None else "violation_id = ?"
    rows = reader.rows(
        f"""
        select * from violation_findings where violation_id in (
            select violation_id from violation_findings where ruling = 'confirmed' and {span} and {mine} and {one})
        order by ruled_at, finding_id
        """,  # noqa: S608 - literals of this module
        *(within or ()),
        *parameters,
        *(() if fault_id is None else (fault_id,)),
    )
    for row in rows:
        made = ruling_of(row)
        faults.setdefault(made.fault.fault_id, made.fault)
        findings.setdefault(made.fault.fault_id, []).append(made.finding)
    kind, _, call_id = (fault_id or "").partition(":")
    if fault_id is None or kind in {item.value for item in FlagKind}:
        _suspicions(reader, within, agents, (kind, call_id) if fault_id else None, faults, findings)
    moves, answers = _moves(reader, faults), answered_at(reader, faults)
    return [
        Record(faults[key], tuple(findings[key]), tuple(moves.get(key, ())), answers.get(key, ()))
        for key in sorted(faults)
    ]


def _suspicions(
    reader: Reader,
    within: Stretch | None,
    agents: Agents,
    only: tuple[str, str] | None,
    faults: dict[str, Fault],
    findings: dict[str, list[Finding]],
) -> None:
    """Padded calls and false refusals by their call: a newer detector may have replaced the flag ruled on."""
    mine, parameters = among(agents, "c.manager_id")
    span = "true" if within is None else "c.started_at >= ? and c.started_at < ?"
    one = "true" if only is None else "f.kind = ? and f.call_id = ?"
    rows = reader.rows(
        f"""
        with named as (
            select distinct f.call_id, f.kind from findings x join flags f using (flag_id) join calls c using (call_id)
            where x.ruling = 'confirmed' and {span} and {mine} and {one}
        )
        select x.*, f.call_id, f.kind, c.manager_id, c.started_at as happened_at, null as activity_id,
               case when f.kind = 'false_refusal' then r.deal_id end as deal_id
        from findings x join flags f using (flag_id) join named n on n.call_id = f.call_id and n.kind = f.kind
        join calls c on c.call_id = f.call_id left join refusals r on r.call_id = f.call_id
        order by x.ruled_at, x.finding_id
        """,  # noqa: S608 - literals of this module
        *(within or ()),
        *parameters,
        *(only or ()),
    )
    for row in rows:
        key = suspicion_id(FlagKind(row["kind"]), row["call_id"])
        faults.setdefault(key, _fault_of({**row, "fault_id": key}))
        findings.setdefault(key, []).append(finding_of(row))


def suspicion_id(kind: FlagKind, call_id: str) -> str:
    """The fault that a suspicion about a call is."""
    return f"{kind.value}:{call_id}"


def move_row(move: FaultMove) -> Mapping[str, Any]:
    return {
        "fault_id": move.fault_id,
        "step": move.step,
        "move": move.move.value,
        "reason": move.reason,
        "made_by": move.by,
        "made_at": move.at,
    }


def _moves(reader: Reader, fault_ids: Iterable[str]) -> dict[str, list[FaultMove]]:
    rows = reader.rows(
        "select * from fault_moves where list_contains(?::varchar[], fault_id) order by fault_id, step",
        sorted(fault_ids),
    )
    found: dict[str, list[FaultMove]] = {}
    for row in rows:
        move = FaultMove(
            row["fault_id"], row["step"], Objection(row["move"]), row["reason"], row["made_by"], row["made_at"]
        )
        found.setdefault(move.fault_id, []).append(move)
    return found


def answered_at(reader: Reader, fault_ids: Iterable[str]) -> dict[str, tuple[datetime, ...]]:
    """When the agent answered about each of these faults: breaches, promises, and suspicions ``<kind>:<call_id>``."""
    wanted = sorted(set(fault_ids))
    rows = reader.rows(
        """
        select distinct f.violation_id as fault_id, a.given_at from violation_findings f
        join fault_answers a using (batch) where list_contains(?::varchar[], f.violation_id)
        union all
        select kind || ':' || call_id, given_at from agent_answers
        where list_contains(?::varchar[], kind || ':' || call_id)
        order by 1, 2
        """,
        wanted,
        wanted,
    )
    found: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        found[row["fault_id"]].append(row["given_at"])
    return {fault_id: tuple(times) for fault_id, times in found.items()}


# Contest ---------------------------------------------------------------------------------------------------------


def breaches_not_rejected(reader: Reader, within: Stretch) -> dict[str, int]:
    """Agent -> breaches of order in the span that no person rejected."""
    rows = reader.rows(
        f"""
        with ruled as ({STANDING_VIOLATION_FINDINGS})
        select manager_id, count(*) as breaches from violations
        where happened_at >= ? and happened_at < ?
          and violation_id not in (select violation_id from ruled where ruling = 'rejected')
        group by manager_id
        """,  # noqa: S608 - a constant of the program
        *within,
    )
    return {row["manager_id"]: int(row["breaches"]) for row in rows}


def has_crm(reader: Reader) -> bool:
    """Whether tasks of a CRM were ever imported."""
    return bool(reader.value("select exists (select 1 from activities)"))
