"""What an investigation counts: bad cases of all, by agent and stretch, one query a metric.

Each metric is a table of *events* (agent, moment, subject, call, whether bad, whether a named person confirmed it).
What people said of single cases (``case_words``) is laid over it: a rejected case is none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qc_workbench.domain.commitment import BROKEN_OUTCOMES, CommitmentOutcome
from qc_workbench.domain.investigation import CaseCount, CaseRef, Metric, Scope
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import COUNTED, WITH_CLIENTS, Stretch
from qc_workbench.store.verdicts import STANDING_FINDINGS, STANDING_VIOLATION_FINDINGS


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """``counted_from_s``: as in the settings of effective calls; ``line``: points, of low scores only."""

    metric: Metric
    scope: Scope
    counted_from_s: float
    line: float | None = None
    downgraded: Downgraded = NONE_DOWNGRADED


#: What people said in the other rooms: rulings on breaches and promises, and the agent's objections to them.
_SAID: Final = f"""
    ruled as (select violation_id as fault_id, ruling from ({STANDING_VIOLATION_FINDINGS})),
    objected as (select fault_id, arg_max(move, step) as move from fault_moves group by fault_id)"""  # noqa: S608 - a constant of the store
#: Of a ruling and the last objection: whether it still is a bad case, and whether it is confirmed. One that the agent
#: disputes is confirmed again when the dispute is decided.
_BAD: Final = "(coalesce(r.ruling, '') <> 'rejected' and coalesce(o.move, '') <> 'grant')"
_CONFIRMED: Final = "(coalesce(r.ruling, '') = 'confirmed' and coalesce(o.move, '') not in ('grant', 'dispute'))"

#: Standing flags of a kind with what people ruled; of downgraded detectors only decided ones. Parameters: kind, those.
_FLAGS: Final = f"""
    flagged as (
        select f.call_id, bool_or({_BAD}) as bad, bool_or({_CONFIRMED}) as confirmed
        from flags f left join ({STANDING_FINDINGS}) r using (flag_id)
        left join objected o on o.fault_id = f.kind || ':' || f.call_id
        where f.retired_at is null and f.kind = ? and f.verdict = 'flag' and f.call_id in (select call_id from mine)
          and (coalesce(r.ruling, '') in ('confirmed', 'rejected')
               or not list_contains(?::varchar[], f.kind || '/' || f.detector || '/' || f.version))
        group by f.call_id
    )"""  # noqa: S608 - constants of the store

#: A breach that was put right later was one all the same where being late is the breach; of other kinds one that
#: stands no more was a mistake of the data (a note that was imported late).
_COUNTS: Final = """
    (v.cleared_at is null or v.kind in ('overdue_task', 'dragged_task', 'due_date_moved', 'missed_without_deal',
                                        'late_callback'))"""


def _breaches(of: str, among: str) -> str:
    """Calls or tasks with a breach of some kinds; ``of``: the column with their id. Parameter: the kinds."""
    return f"""
    breached as (
        select v.{of}, bool_or({_BAD}) as bad, bool_or({_CONFIRMED}) as confirmed
        from violations v left join ruled r on r.fault_id = v.violation_id
        left join objected o on o.fault_id = v.violation_id
        where list_contains(?::varchar[], v.kind) and {_COUNTS} and v.{of} in (select {of} from {among})
        group by v.{of}
    )"""  # noqa: S608 - constants of this module


_BREACHES: Final = _breaches("call_id", "mine")
#: Of an event with the breaches of its call or task, ``b``.
_JUDGED: Final = "coalesce(b.bad, false) as bad, coalesce(b.confirmed, false) as confirmed"
_MISSED: Final = f"""
    select m.agent, m.happened_at, m.call_id as subject, m.call_id, {_JUDGED}
    from mine m left join breached b using (call_id) where m.direction = 'inbound' and m.outcome <> 'answered'"""  # noqa: S608 - a constant of this module

#: Metric -> (tables before the events, the events). ``mine``: the calls of the span within the scope.
_EVENTS: Final[dict[Metric, tuple[str, str]]] = {
    Metric.PADDED_CALLS: (
        _FLAGS,
        f"""
        select m.agent, m.happened_at, m.call_id as subject, m.call_id, coalesce(f.bad, false) as bad,
               coalesce(f.confirmed, false) as confirmed
        from mine m join conversations v using (call_id) left join flagged f using (call_id)
        where {COUNTED}""",  # noqa: S608 - a constant of the store
    ),
    Metric.BROKEN_PROMISES: (
        "",
        f"""
        select m.agent, m.happened_at, p.commitment_id as subject, m.call_id,
               list_contains(?::varchar[], p.outcome) and {_BAD} as bad, {_CONFIRMED} as confirmed
        from mine m join commitments p using (call_id) left join ruled r on r.fault_id = p.commitment_id
        left join objected o on o.fault_id = p.commitment_id where p.outcome <> ?""",  # noqa: S608 - as above
    ),
    Metric.FALSE_REFUSALS: (
        _FLAGS,
        """
        select m.agent, m.happened_at, m.call_id as subject, m.call_id,
               coalesce(f.bad, false) as bad, coalesce(f.confirmed, false) as confirmed
        from mine m join refusals r using (call_id) left join flagged f using (call_id)
        where r.deal_status = 'lost'""",
    ),
    Metric.CALLS_NOT_LOGGED: (
        _BREACHES,
        f"""
        select m.agent, m.happened_at, m.call_id as subject, m.call_id, {_JUDGED}
        from mine m left join breached b using (call_id) left join conversations v using (call_id)
        where m.outcome = 'answered' and v.verified_effective is distinct from false""",  # noqa: S608 - as above
    ),
    Metric.NO_NOTES: (
        _BREACHES,
        f"""
        select m.agent, m.happened_at, m.call_id as subject, m.call_id, {_JUDGED}
        from mine m join conversations v using (call_id) left join breached b using (call_id)
        where v.verified_effective""",  # noqa: S608 - as above
    ),
    Metric.MISSED_WITHOUT_DEAL: (_BREACHES, _MISSED),
    Metric.LATE_CALLBACKS: (_BREACHES, _MISSED),
    Metric.LOW_SCORES: (
        "",
        """
        select m.agent, m.happened_at, m.call_id as subject, m.call_id, e.score < ? as bad, e.score < ? as confirmed
        from mine m join (
            select call_id, score from evaluations
            where state = 'submitted' and purpose = 'score' and score is not null
              and call_id in (select call_id from mine)
              and evaluation_id not in (select evaluation_id from dispute_moves where move = 'dispute')
            qualify row_number() over (partition by call_id order by submitted_at desc, evaluation_id desc) = 1
        ) e using (call_id)""",
    ),
}  # fmt: skip
_KINDS: Final[dict[Metric, list[str]]] = {
    Metric.CALLS_NOT_LOGGED: ["call_not_logged"],
    Metric.NO_NOTES: ["no_note"],
    Metric.MISSED_WITHOUT_DEAL: ["missed_without_deal"],
    Metric.LATE_CALLBACKS: ["late_callback"],
    Metric.OVERDUE_TASKS: ["overdue_task"],
    Metric.DRAGGED_TASKS: ["dragged_task", "due_date_moved"],
}
#: Metrics whose events come from flags of a kind.
_FLAG_KIND: Final = {Metric.PADDED_CALLS: "fake_effective", Metric.FALSE_REFUSALS: "false_refusal"}
_DRAWN: Final = "call_id in (select call_id from sample where queue = 'random' and status <> 'replaced')"


def case_counts(reader: Reader, question: CaseQuestion, stretches: Sequence[Stretch]) -> tuple[CaseCount, ...]:
    """By agent and stretch (its place in ``stretches``); agents without an event are absent."""
    tables, parameters = _judged(question, stretches)
    rows = reader.rows(
        f"""
        {tables},
        stretches as (
            select unnest(range(len(?::timestamptz[]))) as stretch, unnest(?::timestamptz[]) as starts_at,
                   unnest(?::timestamptz[]) as ends_at
        )
        select j.agent, s.stretch, count(*) filter (j.bad) as bad, count(*) as of,
               count(*) filter (j.bad and j.confirmed) as confirmed
        from judged j join stretches s on j.happened_at >= s.starts_at and j.happened_at < s.ends_at
        group by all order by j.agent, s.stretch
        """,  # noqa: S608 - constants of this module
        *parameters,
        [start for start, _ in stretches],
        [start for start, _ in stretches],
        [end for _, end in stretches],
    )
    return tuple(CaseCount(**row) for row in rows)


def bad_cases(
    reader: Reader, question: CaseQuestion, within: Stretch, agents: Collection[str], each: int
) -> dict[str, tuple[CaseRef, ...]]:
    """The first ``each`` bad cases of these agents: confirmed ones first, then the latest."""
    tables, parameters = _judged(question, [within])
    rows = reader.rows(
        f"""
        {tables}
        select agent, subject, call_id, happened_at, confirmed as is_confirmed from judged
        where bad and list_contains(?::varchar[], agent)
        qualify row_number() over (partition by agent order by confirmed desc, happened_at desc, subject) <= ?
        order by agent, confirmed desc, happened_at desc, subject
        """,  # noqa: S608 - constants of this module
        *parameters,
        sorted(agents),
        each,
    )
    found: dict[str, list[CaseRef]] = {}
    for row in rows:
        found.setdefault(row["agent"], []).append(CaseRef(**row))
    return {agent: tuple(refs) for agent, refs in found.items()}


def case_of(reader: Reader, question: CaseQuestion, within: Stretch, subject: str) -> CaseRef | None:
    """One event, bad or not, as it is judged now; None where there is no such event in the span."""
    tables, parameters = _judged(question, [within])
    row = reader.row(
        f"{tables} select agent, subject, call_id, happened_at, confirmed as is_confirmed from judged "  # noqa: S608 - as above
        "where subject = ?",
        *parameters,
        subject,
    )
    return CaseRef(**row) if row else None


def versions(reader: Reader, metric: Metric) -> dict[str, str]:
    """Detectors (name -> version) that suspect such cases now; nothing where no detector does."""
    rows = reader.rows(
        "select distinct detector, version from flags where kind = ? and retired_at is null order by detector, version",
        _FLAG_KIND.get(metric, ""),
    )
    found: dict[str, str] = {}
    for row in rows:
        found[row["detector"]] = (
            f"{found[row['detector']]}, {row['version']}" if row["detector"] in found else row["version"]
        )
    return found


def _judged(question: CaseQuestion, stretches: Sequence[Stretch]) -> tuple[str, list[Any]]:
    """The query up to the table ``judged``, and its parameters."""
    starts_at, ends_at = min(start for start, _ in stretches), max(end for _, end in stretches)
    metric = question.metric
    if metric in (Metric.OVERDUE_TASKS, Metric.DRAGGED_TASKS):
        events, parameters = _task_events(question)
        parameters = [starts_at, ends_at, *parameters]
    else:
        events, parameters = _call_events(question)
        parameters = [starts_at, ends_at, *parameters]
    words = """
        words as (
            select subject, is_bad from case_words where metric = ?
            qualify row_number() over (partition by subject order by said_at desc, word_id desc) = 1
        ),
        judged as (
            select e.agent, e.happened_at, e.subject, e.call_id, coalesce(w.is_bad, e.bad) as bad,
                   coalesce(w.is_bad, e.confirmed) as confirmed
            from events e left join words w using (subject)
        )"""
    return f"with {_SAID}, {events}, {words}", [*parameters, metric.value]


def _call_events(question: CaseQuestion) -> tuple[str, list[Any]]:
    metric, scope = question.metric, question.scope
    where, parameters = [WITH_CLIENTS, "started_at >= ? and started_at < ?"], list[Any]()
    if scope.agents:
        where.append("list_contains(?::varchar[], manager_id)")
        parameters.append(list(scope.agents))
    if scope.directions:
        where.append("list_contains(?::varchar[], direction)")
        parameters.append([item.value for item in scope.directions])
    if scope.sources:
        where.append("list_contains(?::varchar[], source)")
        parameters.append(list(scope.sources))
    if scope.random_only or metric is Metric.LOW_SCORES:
        where.append(_DRAWN)
    before, events = _EVENTS[metric]
    if metric in _FLAG_KIND:
        parameters += [_FLAG_KIND[metric], [key.text for key in question.downgraded]]
    if metric in _KINDS:
        parameters.append(_KINDS[metric])
    if metric is Metric.PADDED_CALLS:
        parameters.append(question.counted_from_s)
    elif metric is Metric.BROKEN_PROMISES:
        parameters += [sorted(item.value for item in BROKEN_OUTCOMES), CommitmentOutcome.SCHEDULED.value]
    elif metric is Metric.LOW_SCORES:
        parameters += [question.line, question.line]
    mine = f"""mine as (
        select call_id, manager_id as agent, started_at as happened_at, direction, outcome, talk_s from calls
        where {" and ".join(where)}
    )"""  # noqa: S608 - literals of this module
    parts = [mine, before, f"events as ({events})"]
    return ", ".join(part for part in parts if part), parameters


def _task_events(question: CaseQuestion) -> tuple[str, list[Any]]:
    """Tasks by the day they fall due, as it stands now."""
    scope = question.scope
    where, parameters = ["a.due_at >= ? and a.due_at < ?"], list[Any]()
    if scope.agents:
        where.append("list_contains(?::varchar[], a.manager_id)")
        parameters.append(list(scope.agents))
    if scope.sources:
        where.append("a.deal_id in (select deal_id from deals where list_contains(?::varchar[], source))")
        parameters.append(list(scope.sources))
    parameters.append(_KINDS[question.metric])
    events = f"""
        due as (
            select a.activity_id, a.manager_id as agent, a.due_at as happened_at from activities a
            where {" and ".join(where)}
        ),
        {_breaches("activity_id", "due")},
        events as (
            select d.agent, d.happened_at, d.activity_id as subject, null::varchar as call_id, {_JUDGED}
            from due d left join breached b using (activity_id)
        )"""  # noqa: S608 - literals of this module
    return events, parameters
