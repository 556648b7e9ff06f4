"""What scores are estimated from: the calls of the frames, and the first score of each drawn call that has one.

Only rows of the random queue that were not replaced count, and only evaluations made to score the call: what
``sampling.estimates.samples_by`` says of domain values. ``tests/property/test_score_sheets.py`` holds the two equal.
Days are the company's; a span of days is a pair, the end excluded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from qc_workbench.domain.dispute import DisputeMove
from qc_workbench.domain.evaluation import Evaluation, SavedReply
from qc_workbench.domain.forms import Form
from qc_workbench.review.final_scores import Revised
from qc_workbench.sampling.estimates import FrameCount
from qc_workbench.store.database import Reader, Statement
from qc_workbench.store.disputes import moves_of
from qc_workbench.store.forms import form_versions
from qc_workbench.store.scoring import evaluation_of, step_of

Days = tuple[date, date]

#: The score of a call: of those made to score it the first that was submitted. No call is scored before it was made,
#: so those of earlier days need not be read; parameter: start.
_FIRSTS: Final = """
    firsts as (
        select * from evaluations where purpose = 'score' and state = 'submitted' and submitted_at >= ?
        qualify row_number() over (partition by call_id order by submitted_at, evaluation_id) = 1
    )"""
#: Drawn calls that have one; parameters: start, zone, start, end.
_SCORED: Final = f"""{_FIRSTS},
    scored as (
        select s.draw_id, s.plan, s.stratum, c.manager_id as agent, c.started_at,
               cast(timezone(?, c.started_at) as date) as day, f.call_id, f.evaluation_id, f.form_code, f.version,
               f.score::double as score, f.failed, f.reviewer, f.submitted_at
        from firsts f join sample s using (call_id) join calls c using (call_id)
        where s.queue = 'random' and s.status <> 'replaced' and c.started_at >= ? and c.started_at < ?
    )"""  # noqa: S608 - constants of this module
#: Frames as counts; parameters: zone, the draws.
_COUNTED: Final = """
    select draw_id, item[3] as stratum, item[4] as agent,
           cast(timezone(?, item[2]::timestamptz) as date) as day, count(*) as calls
    from (select draw_id, unnest(from_json(frame, '[["VARCHAR"]]')) as item from draws
          where list_contains(?::varchar[], draw_id))
    group by all"""
#: Draws of a plan whose period touches the days; parameters: plan, first day, end.
_OF_PLAN: Final = "select draw_id from draws where plan_name = ? and period_to >= ? and period_from < ?"


def count_frames(zone: ZoneInfo) -> Statement:
    """Count the frames that are not counted yet: of new draws, and of those an older program made."""
    return Statement(
        "insert into frame_counts by name "  # noqa: S608 - constants of this module
        + _COUNTED.replace("list_contains(?::varchar[], draw_id)", "draw_id not in (select draw_id from frame_counts)"),
        (zone.key,),
    )


@dataclass(frozen=True, slots=True)
class ScoredForm:
    """How many drawn calls of a plan were scored first on a form."""

    form_code: str
    plan: str
    calls: int


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A drawn call with its score as submitted; ``score`` None where no question applied."""

    draw_id: str
    stratum: str
    agent: str
    call_id: str
    started_at: datetime
    day: date
    evaluation_id: str
    form_code: str
    version: int
    score: float | None
    failed: bool
    reviewer: str
    submitted_at: datetime


def last_scored_day(reader: Reader, zone: ZoneInfo) -> date | None:
    """The day of the newest call among those scored last; None before the first score."""
    found: date | None = reader.value(
        """
        select cast(timezone(?, max(started_at)) as date) from calls where call_id in (
            select call_id from evaluations where purpose = 'score' and state = 'submitted'
            order by submitted_at desc limit 50)
        """,
        zone.key,
    )
    return found


def scored_forms(reader: Reader, days: Days, zone: ZoneInfo) -> list[ScoredForm]:
    """Forms that drawn calls of these days were scored on, by plan, most calls first."""
    rows = reader.rows(
        f"with {_SCORED} select form_code, plan, count(*) as calls from scored group by all order by 3 desc, 1, 2",  # noqa: S608 - constants of this module
        *_span(days, zone),
    )
    return [ScoredForm(**row) for row in rows]


def ruled(
    reader: Reader, days: Days, zone: ZoneInfo, agent: str | None = None
) -> tuple[list[Evaluation], list[DisputeMove]]:
    """Scores of calls of these days about which something was ruled, and every move about them."""
    rows = reader.rows(
        """
        select * from evaluations where evaluation_id in (
            select m.evaluation_id from dispute_moves m join calls c using (call_id)
            where m.move in ('rule', 'rule_again') and c.started_at >= ? and c.started_at < ?
              and coalesce(c.manager_id = ?, true))
        """,
        *_borders(days, zone),
        agent,
    )
    found = [evaluation_of(row) for row in rows]
    return found, moves_of(reader, [item.evaluation_id for item in found])


def sheet_rows(reader: Reader, days: Days, zone: ZoneInfo, plan: str, agent: str | None) -> list[SheetRow]:
    """An agent's calls (None: everybody's) that a plan drew and somebody scored, the newest first."""
    rows = reader.rows(
        f"""
        with {_SCORED}
        select draw_id, stratum, agent, call_id, started_at, day, evaluation_id, form_code, version, score, failed,
               reviewer, submitted_at
        from scored
        where plan = ? and coalesce(agent = ?, true)
        order by started_at desc, call_id
        """,  # noqa: S608 - constants of this module
        *_span(days, zone),
        plan,
        agent,
    )
    return [SheetRow(**row) for row in rows]


def answers_of(reader: Reader, evaluation_ids: Collection[str]) -> dict[str, list[SavedReply]]:
    """Every answer ever given in these evaluations, in order."""
    rows = reader.rows(
        "select * from evaluation_answers where evaluation_id in (select unnest(?::varchar[])) "
        "order by evaluation_id, place",
        list(evaluation_ids),
    )
    found: dict[str, list[SavedReply]] = {name: [] for name in evaluation_ids}
    for row in rows:
        found[row["evaluation_id"]].append(step_of(row))
    return found


def forms_of(reader: Reader, form_code: str) -> dict[int, Form]:
    """The versions of a form."""
    return {item.version: item.form for item in form_versions(reader) if item.form.code == form_code}


def frame_counts(reader: Reader, days: Days, zone: ZoneInfo, plan: str, agent: str | None) -> list[FrameCount]:
    """Calls of one agent (None: of all) in the frames of a plan, by draw, stratum and day."""
    counts, parameters = _counts(reader, plan, days, zone)
    rows = reader.rows(
        f"with {counts} select draw_id, stratum, day, sum(calls)::integer as calls from counts "  # noqa: S608 - constants of this module
        "where coalesce(agent = ?, true) group by all order by day, draw_id, stratum",
        *parameters,
        agent,
    )
    return [FrameCount(**row) for row in rows]


def score_table(
    reader: Reader,
    days: Days,
    since: date,
    before: date,
    zone: ZoneInfo,
    plan: str,
    form_code: str,
    directions: Collection[str],
    revised: Mapping[str, Revised],
) -> pa.Table:
    """Strata of all agents: ``draw``, ``stratum``, ``agent``, ``part``, ``week``, ``population``, ``judged``,
    ``failed``, ``scores``.

    ``part``: 2 from ``since`` on, 1 from ``before`` on, else 0. A call that was scored on another form is judged and
    has no score, as one that no question applied to. ``directions``: of the strata, or of all when empty;
    ``revised``: results after disputes, by evaluation.
    """
    counts, parameters = _counts(reader, plan, days, zone)
    part = f"case when day >= date '{since}' then 2 when day >= date '{before}' then 1 else 0 end"
    return reader.arrow(
        f"""
        with {counts}, {_SCORED},
        revised as (
            select unnest(?::varchar[]) as evaluation_id, unnest(?::double[]) as score, unnest(?::boolean[]) as failed
        ),
        framed as (
            select draw_id, stratum, agent, {part} as part, min(date_trunc('week', day))::date as week,
                   sum(calls)::integer as population
            from counts where len(?::varchar[]) = 0 or list_contains(?::varchar[], split_part(stratum, ';', 1))
            group by draw_id, stratum, agent, 4
        ),
        judged as (
            select s.draw_id, s.stratum, s.agent, {part} as part, count(*)::integer as judged,
                   count(*) filter (s.form_code = ? and coalesce(r.failed, s.failed))::integer as failed,
                   list(case when r.evaluation_id is null then s.score else r.score end) filter (
                       s.form_code = ?
                       and case when r.evaluation_id is null then s.score else r.score end is not null) as scores
            from scored s left join revised r using (evaluation_id) where s.plan = ? group by 1, 2, 3, 4
        )
        select f.draw_id as draw, f.stratum, f.agent, f.part, f.week, f.population,
               coalesce(j.judged, 0)::integer as judged, coalesce(j.failed, 0)::integer as failed,
               coalesce(j.scores, []) as scores
        from framed f left join judged j using (draw_id, stratum, agent, part)
        """,  # noqa: S608 - constants of this module and dates
        *parameters,
        *_span(days, zone),
        list(revised),
        [result.score for result in revised.values()],
        [result.failed for result in revised.values()],
        *[[f"direction={direction}" for direction in directions]] * 2,
        form_code,
        form_code,
        plan,
    )


def _borders(days: Days, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, end = (datetime.combine(day, time(), zone) for day in days)
    return first, end


def _span(days: Days, zone: ZoneInfo) -> tuple[object, ...]:
    """The parameters of :data:`_SCORED`."""
    start, end = _borders(days, zone)
    return start, zone.key, start, end


def _counts(reader: Reader, plan: str, days: Days, zone: ZoneInfo) -> tuple[str, tuple[object, ...]]:
    """Calls of a plan's frames by draw, stratum, agent and day: a table expression and its parameters.

    Draws that nobody has counted yet are counted here; it costs reading their frames.
    """
    rows = reader.rows(f"{_OF_PLAN} except select draw_id from frame_counts", plan, *days)  # noqa: S608 - constants of this module
    missing = [row["draw_id"] for row in rows]
    known = f"select * from frame_counts where draw_id in ({_OF_PLAN})"  # noqa: S608 - constants of this module
    also, more = (f" union all by name {_COUNTED}", (zone.key, missing)) if missing else ("", ())
    sql = f"counts as (select * from ({known}{also}) where day >= ? and day < ?)"  # noqa: S608 - constants of this module
    return sql, (plan, *days, *more, *days)
