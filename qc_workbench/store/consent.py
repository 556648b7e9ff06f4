"""Whether clients were told of the recording: rows to values and back, counted by agent, source, direction and week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

from qc_workbench.domain.call import Call
from qc_workbench.domain.consent import ConsentLine, ConsentReason, ConsentTally, ConsentVerdict
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.scoping import Agents, Stretch, among


class ConsentBy(StrEnum):
    """``consent_by.<code>``"""

    AGENT = "agent"
    SOURCE = "source"
    DIRECTION = "direction"
    WEEK = "week"


#: Column of a group; the week begins on Monday in the company's zone.
_KEYS: Final = {
    ConsentBy.AGENT: "c.manager_id",
    ConsentBy.SOURCE: "coalesce(c.source, '')",
    ConsentBy.DIRECTION: "c.direction",
    ConsentBy.WEEK: "strftime(date_trunc('week', timezone(?, c.started_at)), '%Y-%m-%d')",
}


def consent_row(line: ConsentLine) -> Mapping[str, Any]:
    return {**asdict(line), "verdict": line.verdict.value, "reason": line.reason.value}


def consent_of(row: Row) -> ConsentLine:
    return ConsentLine(**{**row, "verdict": ConsentVerdict(row["verdict"]), "reason": ConsentReason(row["reason"])})


def consent_lines(reader: Reader, call_ids: list[str]) -> dict[str, ConsentLine]:
    rows = reader.rows("select * from consent_lines where list_contains(?::varchar[], call_id)", call_ids)
    return {row["call_id"]: consent_of(row) for row in rows}


def consent_tallies(
    reader: Reader, within: Stretch, agents: Agents, by: ConsentBy, timezone: str
) -> list[ConsentTally]:
    """The most calls without it first; weeks in their order."""
    mine, parameters = among(agents, "c.manager_id")
    order = "1" if by is ConsentBy.WEEK else "3 desc, 1"
    rows = reader.rows(
        f"""
        select {_KEYS[by]} as key, count(*) filter (l.verdict = 'told') as told,
               count(*) filter (l.verdict = 'not_told') as not_told, count(*) filter (l.verdict = 'unsure') as unsure
        from consent_lines l join calls c using (call_id)
        where c.started_at >= ? and c.started_at < ? and {mine} group by 1 order by {order}
        """,  # noqa: S608 - constants of this module
        *((timezone,) if by is ConsentBy.WEEK else ()),
        *within,
        *parameters,
    )
    return [ConsentTally(row["key"], row["told"], row["not_told"], row["unsure"]) for row in rows]


def calls_of_verdict(
    reader: Reader, within: Stretch, agents: Agents, verdict: ConsentVerdict, limit: int, offset: int
) -> list[tuple[Call, ConsentLine]]:
    """Calls with this verdict, the newest first."""
    mine, parameters = among(agents, "c.manager_id")
    rows = reader.rows(
        f"""
        select l.* from consent_lines l join calls c using (call_id)
        where l.verdict = ? and c.started_at >= ? and c.started_at < ? and {mine}
        order by c.started_at desc, c.call_id limit ? offset ?
        """,  # noqa: S608 - a literal of scoping
        verdict.value,
        *within,
        *parameters,
        limit,
        offset,
    )
    calls = calls_by_id(reader, [row["call_id"] for row in rows])
    return [(calls[row["call_id"]], consent_of(row)) for row in rows]
