"""Scored calls that are silently served again: rows to values and back.

A second look is over when the reviewer it was served to has handed in an evaluation of that purpose; whether somebody
wrote its id here makes no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from qc_workbench.domain.call import AUDIBLE_STATES
from qc_workbench.review.due import DrawnBy
from qc_workbench.review.reserving import ScoredCall, ServedAgain
from qc_workbench.store.database import Reader, Row, Statement, Write, insert_all
from qc_workbench.store.open_calls import drawn_by

#: Evaluations that are second looks and were handed in, by the reviewer's name in the queue.
_SCORED: Final = """
    scored as (
        select e.call_id, coalesce(p.agent_id, p.person_id) as reviewer, min(e.evaluation_id) as evaluation_id
        from evaluations e join people p on p.person_id = e.reviewer
        where e.purpose = 'second_look' and e.state = 'submitted' group by all
    )"""


@dataclass(frozen=True, slots=True)
class OpenLook:
    """A call that a reviewer is to hear again, or after somebody else, without being told. ``draws``: those it was
    first heard for, which are what the queue says."""

    call_id: str
    agent: str
    reviewer: str
    due: date
    drawn: bool
    begun: bool
    draws: tuple[DrawnBy, ...]

    @property
    def key(self) -> str:
        """Its name among the calls of a plan: one call may be served to two people."""
        return f"{self.call_id}\0{self.reviewer}"


def scored_between(reader: Reader, since: datetime, until: datetime) -> list[ScoredCall]:
    """Calls whose first score was handed in from ``since`` to before ``until`` and that can still be heard."""
    rows = reader.rows(
        """
        with first as (
            select call_id, min(submitted_at) as scored_at,
                   arg_min(reviewer, (submitted_at, evaluation_id)) as person_id
            from evaluations where state = 'submitted' and purpose = 'score' group by call_id
        )
        select f.call_id, c.manager_id as agent, coalesce(p.agent_id, f.person_id) as reviewer, f.scored_at
        from first f join calls c using (call_id) join recordings r using (call_id)
        left join people p on p.person_id = f.person_id
        where f.scored_at >= ? and f.scored_at < ? and list_contains(?::varchar[], r.state) order by f.call_id
        """,
        since,
        until,
        [state.value for state in AUDIBLE_STATES],
    )
    return [ScoredCall(**row) for row in rows]


def periods(reader: Reader) -> set[str]:
    """Those of which calls were drawn already."""
    return {row["period"] for row in reader.rows("select distinct period from second_looks")}


def drawn(period: str, chosen: Iterable[ServedAgain]) -> Write:
    """Keep what was drawn of a period, once for ever."""
    rows = []
    for item in chosen:
        row = asdict(item)
        row["kind"] = row.pop("served_to").value
        row["first_reviewer"] = row.pop("first")
        rows.append(row | {"period": period})
    return Write(tuple(insert_all("second_looks", rows)), key=f"second_looks:{period}")


def may_be_served(reader: Reader, reviewers: Collection[str], at: datetime) -> bool:
    """Whether anything waits to be served to those who work."""
    return bool(
        reader.value(
            "select count(*) from second_looks where served_at is null and from_at <= ? "
            "and list_contains(?::varchar[], reviewer)",
            at,
            list(reviewers),
        )
    )


def served(reviewers: Collection[str], at: datetime, due: date) -> Statement:
    """What may come up by now comes up in the queues of those who work."""
    return Statement(
        "update second_looks set served_at = ?, due = ? where served_at is null and from_at <= ? "
        "and list_contains(?::varchar[], reviewer)",
        (at, due, at, list(reviewers)),
    )


def open_looks(reader: Reader, zone: str, reviewer: str | None = None) -> list[OpenLook]:
    """What was served and waits, everybody's or one reviewer's."""
    rows = reader.rows(
        f"""
        with {_SCORED}
        select l.call_id, c.manager_id as agent, l.reviewer, l.due, l.begun_at is not null as begun,
               coalesce(s.queue = 'random', true) as drawn, s.plan, s.period, d.plan->>'period' as every, d.period_to,
               cast(s.drawn_at at time zone ? as date) as drawn_on
        from second_looks l join calls c using (call_id)
        left join sample s on s.call_id = l.call_id and s.status <> 'replaced' left join draws d using (draw_id)
        where l.served_at is not null and l.dropped is null and (?::varchar is null or l.reviewer = ?)
          and not exists (select 1 from scored where scored.call_id = l.call_id and scored.reviewer = l.reviewer)
        order by l.due, l.call_id, l.reviewer, s.drawn_at, s.plan
        """,  # noqa: S608 - constants of this module
        zone,
        reviewer,
        reviewer,
    )
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["call_id"], row["reviewer"]), []).append(row)
    return [
        OpenLook(
            call_id,
            looks[0]["agent"],
            whose,
            looks[0]["due"],
            any(row["drawn"] for row in looks),
            looks[0]["begun"],
            tuple(drawn_by(row) for row in looks if row["plan"] is not None),
        )
        for (call_id, whose), looks in found.items()
    ]


def waits(reader: Reader, call_id: str, reviewer: str) -> bool:
    """Whether this call was served again to the reviewer and they have not handed it in."""
    return (
        reader.row(
            f"""
            with {_SCORED}
            select 1 as waits from second_looks l where l.call_id = ? and l.reviewer = ? and l.served_at is not null
              and l.dropped is null
              and not exists (select 1 from scored where scored.call_id = l.call_id and scored.reviewer = l.reviewer)
            """,  # noqa: S608 - constants of this module
            call_id,
            reviewer,
        )
        is not None
    )


def begun(call_id: str, reviewer: str, at: datetime) -> Statement:
    return Statement(
        "update second_looks set begun_at = ? where call_id = ? and reviewer = ? and begun_at is null "
        "and served_at is not null",
        (at, call_id, reviewer),
    )


def put_back(call_id: str, reviewer: str) -> Statement:
    return Statement("update second_looks set begun_at = null where call_id = ? and reviewer = ?", (call_id, reviewer))


def dropped(call_id: str, reviewer: str, reason: str | None) -> Statement:
    """It can't be judged (a code); None takes that back."""
    return Statement(
        "update second_looks set dropped = ? where call_id = ? and reviewer = ?", (reason, call_id, reviewer)
    )


def looked_at(reader: Reader) -> list[Row]:
    """``call_id``, ``reviewer`` and ``evaluation_id`` of second looks handed in whose row does not name them yet."""
    return reader.rows(
        f"with {_SCORED} select call_id, reviewer, scored.evaluation_id from second_looks join scored "  # noqa: S608 - constants of this module
        "using (call_id, reviewer) where second_looks.evaluation_id is null order by 1, 2"
    )


def named(call_id: str, reviewer: str, evaluation_id: str) -> Statement:
    return Statement(
        "update second_looks set evaluation_id = ? where call_id = ? and reviewer = ?",
        (evaluation_id, call_id, reviewer),
    )
