"""Lost deals: what was found of each, and what their clients said when quality control called back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from qc_workbench.domain.commitment import Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.lost_deal import DealFinding, LostDeal, Recall, RecallResult
from qc_workbench.store.browsing import rows_by_key
from qc_workbench.store.crm import deal_of
from qc_workbench.store.database import Reader, Row, rows_of
from qc_workbench.store.scoping import Agents, among
from qc_workbench.store.verdicts import refusal_of, standing_sql


def lost_deal_row(lost: LostDeal) -> Mapping[str, Any]:
    return {**{field.name: getattr(lost, field.name) for field in fields(lost)}, "finding": lost.finding.value}


def lost_deal_of(row: Row) -> LostDeal:
    return LostDeal(**{**row, "finding": DealFinding(row["finding"])})


def recall_row(recall: Recall) -> Mapping[str, Any]:
    return {
        "recall_id": recall.recall_id,
        "deal_id": recall.deal_id,
        "result": recall.result.value,
        "comment": recall.comment,
        "buy_from": recall.buy_from,
        "called_by": recall.by,
        "called_at": recall.at,
        "supersedes": recall.supersedes,
    }


def recall_of(row: Row) -> Recall:
    return Recall(
        recall_id=row["recall_id"],
        deal_id=row["deal_id"],
        result=RecallResult(row["result"]),
        comment=row["comment"],
        buy_from=row["buy_from"],
        by=row["called_by"],
        at=row["called_at"],
        supersedes=row["supersedes"],
    )


class RecallList(StrEnum):
    WAITING = "waiting"  # nobody has reached the client yet
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RecallCase:
    """A lost deal to call back about. ``refusal``: what was said in the conversation that shows the finding."""

    lost: LostDeal
    deal: Deal
    refusal: Refusal | None
    recall: Recall | None


#: ``review.recalls.standing_recall`` in SQL: of each deal the last entry that no later withdrawal took back.
STANDING_RECALLS = standing_sql("recalls", "deal_id", said="result", entry_id="recall_id", at="called_at")

#: Lost deals worth a call: all but those whose client was heard refusing. A client who was not reached is tried again.
_LISTED = f"""
    standing as ({STANDING_RECALLS}),
    listed as (
        select f.deal_id, f.finding,
               case when s.result is null or s.result = 'no_contact' then 'waiting' else 'done' end as list,
               coalesce(d.amount, 0) * f.certainty as worth, f.certainty, s.called_at, d.manager_id
        from deal_findings f join deals d using (deal_id) left join standing s using (deal_id)
        where f.finding <> 'client_refused' or s.result is not null
    )"""  # noqa: S608 - constants of this module
_ORDER = "worth desc, certainty desc, deal_id"


def recall_tallies(reader: Reader, agents: Agents = None) -> dict[tuple[RecallList, DealFinding], int]:
    mine, parameters = among(agents)
    rows = reader.rows(
        f"with {_LISTED} select list, finding, count(*) as deals from listed where {mine} group by all",  # noqa: S608 - of this module
        *parameters,
    )
    return {(RecallList(row["list"]), DealFinding(row["finding"])): int(row["deals"]) for row in rows}


def finding_counts(reader: Reader, agents: Agents = None) -> dict[DealFinding, int]:
    mine, parameters = among(agents)
    rows = reader.rows(
        "select finding, count(*) as deals from deal_findings join deals using (deal_id) "  # noqa: S608 - of the program
        f"where {mine} group by finding",
        *parameters,
    )
    return {DealFinding(row["finding"]): int(row["deals"]) for row in rows}


def recall_cases(
    reader: Reader, which: RecallList, finding: DealFinding | None, limit: int, offset: int, agents: Agents = None
) -> list[RecallCase]:
    """Deals of a list, of one finding if given; those with most to win first: amount times certainty."""
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
    return _cases(reader, [row["deal_id"] for row in rows])


def recall_cases_of(reader: Reader, deal_ids: Collection[str]) -> dict[str, RecallCase]:
    """Lost deals by id, those that were judged."""
    return {case.deal.deal_id: case for case in _cases(reader, list(deal_ids))}


def _cases(reader: Reader, deal_ids: list[str]) -> list[RecallCase]:
    lost = {row["deal_id"]: lost_deal_of(row) for row in rows_by_key(reader, "deal_findings", "deal_id", deal_ids)}
    deals = {row["deal_id"]: deal_of(row) for row in rows_by_key(reader, "deals", "deal_id", deal_ids)}
    calls = {item.call_id for item in lost.values() if item.call_id}
    said = {row["call_id"]: refusal_of(row) for row in rows_by_key(reader, "refusals", "call_id", calls)}
    standing = {
        row["deal_id"]: recall_of(row)
        for row in reader.rows(
            f"select * from ({STANDING_RECALLS}) where deal_id in (select unnest(?::varchar[]))",  # noqa: S608 - of this module
            deal_ids,
        )
    }
    return [
        RecallCase(lost[name], deals[name], said.get(lost[name].call_id or ""), standing.get(name))
        for name in deal_ids
        if name in lost and name in deals
    ]


def recalls_of_deal(reader: Reader, deal_id: str) -> list[Recall]:
    """Every entry about a deal, oldest first."""
    rows = reader.rows("select * from recalls where deal_id = ? order by called_at, recall_id", deal_id)
    return [recall_of(row) for row in rows]


#: Deals read at once for the export.
_PAGE = 1_000


def exported_recalls(reader: Reader) -> Iterator[RecallCase]:
    """The whole list, what is to be called first, then what is done; each by worth."""
    ids = [
        row["deal_id"]
        for batch in reader.batches(f"with {_LISTED} select deal_id from listed order by list desc, {_ORDER}")  # noqa: S608 - of this module
        for row in rows_of(batch)
    ]
    for start in range(0, len(ids), _PAGE):
        yield from _cases(reader, ids[start : start + _PAGE])
