"""Lost deals and what the head of sales decided about them: lists, errands, warm-up, reasons true and false."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from qc_workbench.domain.commitment import Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.flag import Flag
from qc_workbench.domain.lost_deal import DealDecision, DealFinding, DealVerdict, LostDeal, Recall
from qc_workbench.store.browsing import rows_by_key
from qc_workbench.store.cases import standing_flags
from qc_workbench.store.crm import deal_of
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.lost_deals import STANDING_RECALLS, lost_deal_of, recall_of
from qc_workbench.store.scoping import Agents, among
from qc_workbench.store.verdicts import refusal_of, standing_sql


def decision_row(decision: DealDecision) -> Mapping[str, Any]:
    return {
        "decision_id": decision.decision_id,
        "deal_id": decision.deal_id,
        "verdict": decision.verdict.value,
        "worked_by": decision.worked_by,
        "buy_from": decision.buy_from,
        "comment": decision.comment,
        "finding_id": decision.finding_id,
        "decided_by": decision.by,
        "decided_at": decision.at,
        "supersedes": decision.supersedes,
    }


def decision_of(row: Row) -> DealDecision:
    return DealDecision(
        decision_id=row["decision_id"],
        deal_id=row["deal_id"],
        verdict=DealVerdict(row["verdict"]),
        worked_by=row["worked_by"],
        buy_from=row["buy_from"],
        comment=row["comment"],
        by=row["decided_by"],
        at=row["decided_at"],
        finding_id=row["finding_id"],
        supersedes=row["supersedes"],
    )


class DecisionList(StrEnum):
    """Where a deal of refusal control stands."""

    WAITING = "waiting"  # lost, and nobody has decided
    REWORK = "rework"
    WARM_UP = "warm_up"


@dataclass(frozen=True, slots=True)
class DecisionCase:
    """A deal of refusal control. ``lost``: what was found of it, None where detection has not been there yet;
    ``refusal``: what was said in the conversation that shows the finding; ``flag``: the machine's doubt, if any."""

    deal: Deal
    lost: LostDeal | None
    refusal: Refusal | None
    flag: Flag | None
    recall: Recall | None
    decision: DealDecision | None


#: ``review.lost_deals.standing_decision`` in SQL.
STANDING_DECISIONS: Final = standing_sql(
    "refusal_decisions", "deal_id", said="verdict", entry_id="decision_id", at="decided_at"
)

#: Findings by which the client did not refuse.
_DOUBTED: Final = "('agent_refused', 'client_postponed', 'no_conversation')"
_LISTED: Final = f"""
    decided as ({STANDING_DECISIONS}),
    listed as (
        select d.deal_id, d.manager_id, coalesce(f.finding, 'unsure') as finding,
               coalesce(f.finding in {_DOUBTED}, false) as is_doubted,
               coalesce(v.decided_at, d.closed_at, d.stage_since, d.created_at) as moment,
               case when v.verdict is null then 'waiting' when v.verdict = 'genuine' then 'warm_up' else 'rework' end
                   as list
        from deals d left join deal_findings f using (deal_id) left join decided v using (deal_id)
        where v.verdict is not null or d.status = 'lost'
    )"""  # noqa: S608 - constants of this module
_ORDER: Final = "(list = 'waiting' and is_doubted) desc, moment desc nulls last, deal_id"


def decision_tallies(reader: Reader, agents: Agents = None) -> dict[tuple[DecisionList, DealFinding], int]:
    """How many deals each list holds, by what was found of them."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"with {_LISTED} select list, finding, count(*) as deals from listed where {mine} group by all",  # noqa: S608 - of this module
        *parameters,
    )
    return {(DecisionList(row["list"]), DealFinding(row["finding"])): int(row["deals"]) for row in rows}


def decision_cases(
    reader: Reader,
    which: DecisionList,
    finding: DealFinding | None,
    limit: int,
    offset: int,
    agents: Agents = None,
) -> list[DecisionCase]:
    """A page of a list, of one finding if given: of those waiting the doubted first, then the newest."""
    condition, parameters = among(agents)
    if finding is not None:
        condition, parameters = f"{condition} and finding = ?", [*parameters, finding.value]
    rows = reader.rows(
        f"with {_LISTED} select deal_id from listed where list = ? and {condition} order by {_ORDER} limit ? offset ?",  # noqa: S608 - of this module
        which.value,
        *parameters,
        limit,
        offset,
    )
    return cases_of_deals(reader, [row["deal_id"] for row in rows])


def cases_of_deals(reader: Reader, deal_ids: Collection[str]) -> list[DecisionCase]:
    """The cases of these deals, in their order; deals that are not there are left out."""
    ids = list(deal_ids)
    deals = {row["deal_id"]: deal_of(row) for row in rows_by_key(reader, "deals", "deal_id", ids)}
    lost = {row["deal_id"]: lost_deal_of(row) for row in rows_by_key(reader, "deal_findings", "deal_id", ids)}
    calls = {item.call_id for item in lost.values() if item.call_id}
    said = {row["call_id"]: refusal_of(row) for row in rows_by_key(reader, "refusals", "call_id", calls)}
    doubts = {
        row["deal_id"]: row["flag_id"]
        for row in reader.rows(
            """
            select r.deal_id, max(f.flag_id) as flag_id from refusals r join flags f using (call_id)
            where f.retired_at is null and f.kind = 'false_refusal' and r.deal_id in (select unnest(?::varchar[]))
            group by 1
            """,
            ids,
        )
    }
    flags = {flag.flag_id: flag for flag in standing_flags(reader, list(doubts.values()))}
    recalled = {row["deal_id"]: recall_of(row) for row in _of_deals(reader, STANDING_RECALLS, ids)}
    decided = {row["deal_id"]: decision_of(row) for row in _of_deals(reader, STANDING_DECISIONS, ids)}
    return [
        DecisionCase(
            deals[name],
            lost.get(name),
            said.get((lost[name].call_id if name in lost else None) or ""),
            flags.get(doubts.get(name, "")),
            recalled.get(name),
            decided.get(name),
        )
        for name in ids
        if name in deals
    ]


def _of_deals(reader: Reader, standing: str, deal_ids: list[str]) -> list[Row]:
    return reader.rows(
        f"select * from ({standing}) where deal_id in (select unnest(?::varchar[]))",  # noqa: S608 - of the program
        deal_ids,
    )


def decisions_of_deal(reader: Reader, deal_id: str) -> list[DealDecision]:
    """Every decision on a deal, oldest first."""
    rows = reader.rows("select * from refusal_decisions where deal_id = ? order by decided_at, decision_id", deal_id)
    return [decision_of(row) for row in rows]


# Errands ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Errand:
    """A lost deal that an agent was told to take up again. ``called_at``: the first answered call with its client
    since; ``is_reopened``: the CRM calls it lost no more."""

    deal: Deal
    decision: DealDecision
    called_at: datetime | None
    is_reopened: bool

    @property
    def is_done(self) -> bool:
        return self.is_reopened or self.called_at is not None


def errands(reader: Reader, worked_by: str, since: datetime) -> list[Errand]:
    """What this agent was given, the newest first: what is not done, and what was given at ``since`` or later."""
    rows = reader.rows(
        f"""
        with decided as ({STANDING_DECISIONS}),
        mine as (
            select v.*, d.status, unnest(from_json(d.client_phones, '["VARCHAR"]')) as phone
            from decided v join deals d using (deal_id) where v.worked_by = ?
        ),
        called as (
            select m.deal_id, min(c.started_at) as called_at
            from mine m join calls c on c.client_phone = m.phone
            where c.outcome = 'answered' and c.started_at > m.decided_at group by 1
        )
        select v.deal_id, c.called_at, d.status <> 'lost' as is_reopened
        from decided v join deals d using (deal_id) left join called c using (deal_id)
        where v.worked_by = ? and (v.decided_at >= ? or (c.called_at is null and d.status = 'lost'))
        order by v.decided_at desc, v.deal_id
        """,  # noqa: S608 - constants of this module
        worked_by,
        worked_by,
        since,
    )
    state = {row["deal_id"]: (row["called_at"], bool(row["is_reopened"])) for row in rows}
    ids = list(state)
    deals = {row["deal_id"]: deal_of(row) for row in rows_by_key(reader, "deals", "deal_id", ids)}
    decided = {row["deal_id"]: decision_of(row) for row in _of_deals(reader, STANDING_DECISIONS, ids)}
    return [Errand(deals[name], decided[name], *state[name]) for name in ids]


# Reasons ---------------------------------------------------------------------


class ReasonBy(StrEnum):
    REASON = "reason"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class ReasonTally:
    """Lost deals with one reason as the CRM has it, or of one agent: what was decided, what clients said when called
    back. ``said_none``: they never refused, buy later or would from somebody else."""

    key: str
    lost: int
    genuine: int
    false: int
    called: int
    said_refused: int
    said_none: int
    said_elsewhere: int


_KEYS: Final = {
    ReasonBy.REASON: "coalesce(trim(d.lost_reason), '')",
    ReasonBy.AGENT: "d.manager_id",
}


def reason_tallies(reader: Reader, by: ReasonBy, limit: int, agents: Agents = None) -> list[ReasonTally]:
    """The keys with most lost deals first. A deal that is open again still counts where it was decided on."""
    mine, parameters = among(agents, "d.manager_id")
    rows = reader.rows(
        f"""
        with decided as ({STANDING_DECISIONS}), asked as ({STANDING_RECALLS})
        select {_KEYS[by]} as key, count(*) as lost,
               count(*) filter (v.verdict = 'genuine') as genuine,
               count(*) filter (v.verdict in ('rework_same', 'rework_other')) as "false",
               count(*) filter (a.result <> 'no_contact') as called,
               count(*) filter (a.result = 'refused') as said_refused,
               count(*) filter (a.result in ('never_refused', 'buys_later', 'other_agent')) as said_none,
               count(*) filter (a.result = 'bought_elsewhere') as said_elsewhere
        from deals d left join decided v using (deal_id) left join asked a using (deal_id)
        where (d.status = 'lost' or v.verdict is not null) and {mine}
        group by 1 order by lost desc, key limit ?
        """,  # noqa: S608 - constants of this module
        *parameters,
        limit,
    )
    return [ReasonTally(**row) for row in rows]


#: Deals read at once for the export.
_PAGE: Final = 1_000


def warm_up(reader: Reader, agents: Agents = None) -> Iterator[DecisionCase]:
    """The whole warm-up list, those who said when they would buy first."""
    mine, parameters = among(agents)
    ids = [
        row["deal_id"]
        for row in reader.rows(
            f"""
            with decided as ({STANDING_DECISIONS}), asked as ({STANDING_RECALLS})
            select d.deal_id from deals d join decided v using (deal_id) left join asked a using (deal_id)
            where v.verdict = 'genuine' and {mine}
            order by coalesce(v.buy_from, a.buy_from) nulls last, v.decided_at desc, d.deal_id
            """,  # noqa: S608 - constants of this module
            *parameters,
        )
    ]
    for start in range(0, len(ids), _PAGE):
        yield from cases_of_deals(reader, ids[start : start + _PAGE])


def flag_of_finding(reader: Reader, finding_id: str) -> str | None:
    """Which flag a ruling is about."""
    found: str | None = reader.value("select flag_id from findings where finding_id = ?", finding_id)
    return found
