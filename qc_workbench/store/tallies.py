"""Counts and rows that reports are made from, counted where the rows are.

Each function is one query that says in SQL what ``reporting.counting`` says in Python about whole tables;
``tests/property/test_tallies.py`` holds the two equal. Moments are aware; a span of days is a pair of moments,
the end excluded, as borders in the company's zone are the caller's business.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from qc_workbench.domain.call import Call, Direction
from qc_workbench.domain.commitment import (
    BROKEN_OUTCOMES,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    Refusal,
)
from qc_workbench.domain.flag import Conversation, Finding, Flag
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.domain.tally import (
    CallTally,
    DealEvent,
    DealTally,
    DrawnTally,
    PromiseTally,
    RefusalTally,
    StratumTally,
    ViolationTally,
)
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.store.calls import call_of
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import COUNTED, WITH_CLIENTS, Stretch
from qc_workbench.store.verdicts import (
    COUNTED_VIOLATION,
    STANDING_FINDINGS,
    commitment_of,
    conversation_of,
    finding_of,
    flag_of,
    refusal_of,
)

_STRETCHES = """
    stretches as (
        select unnest(range(len(?::timestamptz[]))) as stretch, unnest(?::timestamptz[]) as starts_at,
               unnest(?::timestamptz[]) as ends_at
    )"""
#: Calls with clients in one span up to a moment; parameters: start, end, moment.
_CLIENT_CALLS = f"{WITH_CLIENTS} and started_at >= ? and started_at < ? and started_at <= ?"
_BROKEN = [outcome.value for outcome in BROKEN_OUTCOMES]
_SUSPECTED = "retired_at is null and kind = 'fake_effective' and verdict = 'flag'"
#: ``review.rulings.accuses``, of rows whose verdict is a flag; parameter: the downgraded detectors.
_ACCUSES = f"""(
    not list_contains(?::varchar[], kind || '/' || detector || '/' || version)
    or flag_id in (select flag_id from ({STANDING_FINDINGS}) where ruling in ('confirmed', 'rejected')))"""  # noqa: S608 - a constant of the store
#: Whether the machine's doubt of a refusal comes from a downgraded detector and nobody has decided.
_DOUBTED_REFUSAL = f"""
    call_id in (
        select call_id from flags
        where retired_at is null and kind = 'false_refusal' and verdict = 'flag' and not {_ACCUSES})"""  # noqa: S608 - a constant of this module


def _texts(downgraded: Downgraded) -> list[str]:
    return [key.text for key in downgraded]


def _stretches(stretches: Sequence[Stretch]) -> tuple[list[datetime], list[datetime], list[datetime]]:
    starts = [start for start, _ in stretches]
    return starts, starts, [end for _, end in stretches]


# Counts ----------------------------------------------------------------------


def call_tallies(
    reader: Reader, stretches: Sequence[Stretch], as_of: datetime, counted_from_s: float
) -> tuple[CallTally, ...]:
    """Calls with clients by stretch, agent, direction and what the CRM and the examination say of them."""
    rows = reader.rows(
        f"""
        with {_STRETCHES},
        mine as (
            select call_id, started_at, manager_id, direction, outcome = 'answered' as answered, {COUNTED} as counted
            from calls where {_CLIENT_CALLS}
        )
        select s.stretch, c.manager_id, c.direction, c.answered, c.counted, v.verified_effective as verified,
               count(*) as calls
        from mine c join stretches s on c.started_at >= s.starts_at and c.started_at < s.ends_at
        left join conversations v using (call_id)
        group by all
        """,  # noqa: S608 - constants of this module
        *_stretches(stretches),
        counted_from_s,
        min(start for start, _ in stretches),
        max(end for _, end in stretches),
        as_of,
    )
    return tuple(CallTally(**{**row, "direction": Direction(row["direction"])}) for row in rows)


def deal_tallies(reader: Reader, stretches: Sequence[Stretch]) -> tuple[DealTally, ...]:
    """Deals created, won and lost by stretch, agent and currency. A deal without a closing date: by its last stage."""
    rows = reader.rows(
        f"""
        with {_STRETCHES},
        events as (
            select manager_id, currency, amount, 'created' as event, created_at as happened_at from deals
            union all
            select manager_id, currency, amount, status, coalesce(closed_at, stage_since) from deals
            where status <> 'open'
        )
        select s.stretch, e.manager_id, e.event, coalesce(e.currency, '') as currency, count(*) as deals,
               sum(e.amount) as amount
        from events e join stretches s on e.happened_at >= s.starts_at and e.happened_at < s.ends_at
        group by all
        """,  # noqa: S608 - constants of this module
        *_stretches(stretches),
    )
    return tuple(DealTally(**{**row, "event": DealEvent(row["event"])}) for row in rows)


def drawn_tallies(reader: Reader, within: Stretch, as_of: datetime) -> tuple[DrawnTally, ...]:
    """Calls of the random sample by agent, direction and whether they were answered."""
    rows = reader.rows(
        f"""
        with drawn as (
            select call_id, bool_or(status = 'done') as listened from sample
            where queue = 'random' and status <> 'replaced' group by call_id
        )
        select manager_id, direction, outcome = 'answered' as answered, count(*) as drawn,
               count(*) filter (listened) as listened
        from calls join drawn using (call_id) where {_CLIENT_CALLS} group by all
        """,  # noqa: S608 - constants of this module
        *within,
        as_of,
    )
    return tuple(DrawnTally(**{**row, "direction": Direction(row["direction"])}) for row in rows)


def stratum_tallies(
    reader: Reader, first_day: date, last_day: date, within: Stretch, as_of: datetime, counted_from_s: float
) -> tuple[StratumTally, ...]:
    """Strata of the draws whose period touches the days, narrowed to counted calls, in the order of the draws."""
    rows = reader.rows(
        f"""
        with frames as (
            select draw_id, plan_name, period_from, drawn_at, unnest(from_json(frame, '[["VARCHAR"]]')) as item
            from draws where period_from <= ? and period_to >= ?
        ),
        effective as (select call_id from calls where {_CLIENT_CALLS} and {COUNTED}),
        drawn as (select draw_id, call_id from sample where queue = 'random' and status <> 'replaced')
        select f.plan_name as plan, f.draw_id, f.item[3] as stratum, count(*) as population,
               count(v.verified_effective) filter (d.call_id is not null) as judged,
               count(*) filter (d.call_id is not null and v.verified_effective) as verified
        from frames f join effective e on e.call_id = f.item[1]
        left join drawn d on d.draw_id = f.draw_id and d.call_id = e.call_id
        left join conversations v on v.call_id = e.call_id
        group by f.plan_name, f.draw_id, f.item[3], f.period_from, f.drawn_at
        order by f.period_from, f.plan_name, f.drawn_at, f.draw_id, stratum
        """,  # noqa: S608 - constants of this module
        last_day,
        first_day,
        *within,
        as_of,
        counted_from_s,
    )
    return tuple(StratumTally(**row) for row in rows)


def promise_tallies(reader: Reader, within: Stretch, as_of: datetime) -> tuple[PromiseTally, ...]:
    """Promises made in the span's calls, by agent and outcome."""
    rows = reader.rows(
        f"""
        select manager_id, p.outcome, count(*) as promises
        from (select call_id, manager_id from calls where {_CLIENT_CALLS}) join commitments p using (call_id)
        group by all
        """,  # noqa: S608 - constants of this module
        *within,
        as_of,
    )
    return tuple(PromiseTally(**{**row, "outcome": CommitmentOutcome(row["outcome"])}) for row in rows)


def refusal_tallies(reader: Reader, within: Stretch, as_of: datetime) -> tuple[RefusalTally, ...]:
    """What clients said about buying in the span's calls."""
    rows = reader.rows(
        f"""
        select client_said, count(*) as refusals
        from (select call_id from calls where {_CLIENT_CALLS}) join refusals using (call_id) group by all
        """,  # noqa: S608 - constants of this module
        *within,
        as_of,
    )
    return tuple(RefusalTally(ClientSaid(row["client_said"]), row["refusals"]) for row in rows)


def violation_tallies(reader: Reader, within: Stretch, *, standing: bool = False) -> tuple[ViolationTally, ...]:
    """Breaches of order that happened in the span, suggested (they stand) or confirmed, by agent and kind.

    ``standing``: without confirmed ones that were put right since.
    """
    which = "cleared_at is null" if standing else COUNTED_VIOLATION
    rows = reader.rows(
        f"""
        select manager_id, kind, count(*) as violations from violations
        where happened_at >= ? and happened_at < ? and {which} group by all
        """,  # noqa: S608 - a constant of the store
        *within,
    )
    return tuple(ViolationTally(**{**row, "kind": ViolationKind(row["kind"])}) for row in rows)


def unsure_calls(reader: Reader, within: Stretch, as_of: datetime, downgraded: Downgraded = NONE_DOWNGRADED) -> int:
    """Calls of the span where the detector of padded calls abstained, or is downgraded and nobody decided."""
    return int(
        reader.value(
            f"""
            select count(distinct call_id) from flags
            where retired_at is null and kind = 'fake_effective' and (verdict = 'unsure' or not {_ACCUSES})
              and call_id in (select call_id from calls where {_CLIENT_CALLS})
            """,  # noqa: S608 - constants of this module
            _texts(downgraded),
            *within,
            as_of,
        )
    )


# Rows ------------------------------------------------------------------------


def suspected(
    reader: Reader, within: Stretch, as_of: datetime, downgraded: Downgraded = NONE_DOWNGRADED
) -> tuple[Flag, ...]:
    """Standing flags of padded calls in the span's calls with clients; of downgraded detectors the decided ones."""
    rows = reader.rows(
        f"""
        select * from flags
        where {_SUSPECTED} and {_ACCUSES} and call_id in (select call_id from calls where {_CLIENT_CALLS})
        order by call_id, kind, flag_id
        """,  # noqa: S608 - constants of this module
        _texts(downgraded),
        *within,
        as_of,
    )
    return tuple(map(flag_of, rows))


def broken_promises(reader: Reader, within: Stretch, as_of: datetime) -> tuple[Commitment, ...]:
    """Promises made in the span's calls in which the client was let down."""
    rows = reader.rows(
        f"""
        select * from commitments
        where outcome in (select unnest(?)) and call_id in (select call_id from calls where {_CLIENT_CALLS})
        order by due_to, call_id, start_s, commitment_id
        """,  # noqa: S608 - constants of this module
        _BROKEN,
        *within,
        as_of,
    )
    return tuple(map(commitment_of, rows))


def false_refusals(
    reader: Reader, within: Stretch, as_of: datetime, downgraded: Downgraded = NONE_DOWNGRADED
) -> tuple[Refusal, ...]:
    rows = reader.rows(
        f"""
        select * from refusals
        where false_refusal and not {_DOUBTED_REFUSAL}
          and call_id in (select call_id from calls where {_CLIENT_CALLS}) order by call_id
        """,  # noqa: S608 - constants of this module
        _texts(downgraded),
        *within,
        as_of,
    )
    return tuple(map(refusal_of, rows))


def findings_about(reader: Reader, flags: Collection[Flag]) -> tuple[Finding, ...]:
    """Every ruling on these flags, oldest first."""
    ids = [flag.flag_id for flag in flags]
    rows = reader.rows(
        "select * from findings where flag_id in (select unnest(?::varchar[])) order by ruled_at, finding_id", ids
    )
    return tuple(map(finding_of, rows))


def conversations_of(reader: Reader, flags: Collection[Flag]) -> Mapping[str, Conversation]:
    """What was measured in the calls of these flags, by call."""
    ids = [flag.call_id for flag in flags]
    rows = reader.rows("select * from conversations where call_id in (select unnest(?::varchar[]))", ids)
    return {row["call_id"]: conversation_of(row) for row in rows}


def calls_named(reader: Reader, call_ids: Collection[str]) -> Mapping[str, Call]:
    rows = reader.rows("select * from calls where call_id in (select unnest(?::varchar[]))", list(call_ids))
    return {row["call_id"]: call_of(row) for row in rows}
