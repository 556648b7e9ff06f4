"""Deals, stages, activities, notes and sales: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qc_workbench.domain.crm import (
    Activity,
    ActivityChange,
    ActivityType,
    ChangeOrigin,
    Deal,
    DealStatus,
    Note,
    Sale,
    StageChange,
)
from qc_workbench.store.database import Reader, Row, from_json, to_json


def deal_of(row: Row) -> Deal:
    return Deal(
        **{
            **row,
            "client_phones": tuple(from_json(row["client_phones"])),
            "status": DealStatus(row["status"]),
            "attributes": from_json(row["attributes"]),
        }
    )


def deal_row(deal: Deal) -> Mapping[str, Any]:
    return {
        "deal_id": deal.deal_id,
        "client_phones": to_json(list(deal.client_phones)),
        "manager_id": deal.manager_id,
        "stage": deal.stage,
        "status": deal.status.value,
        "stage_since": deal.stage_since,
        "lost_reason": deal.lost_reason,
        "amount": deal.amount,
        "currency": deal.currency,
        "created_at": deal.created_at,
        "closed_at": deal.closed_at,
        "source": deal.source,
        "client_name": deal.client_name,
        "attributes": to_json(dict(deal.attributes)),
    }


def deals(reader: Reader) -> list[Deal]:
    return [deal_of(row) for row in reader.rows("select * from deals order by deal_id")]


def activity_of(row: Row) -> Activity:
    return Activity(**{**row, "type": ActivityType(row["type"]), "attributes": from_json(row["attributes"])})


def activity_row(activity: Activity) -> Mapping[str, Any]:
    return {
        "activity_id": activity.activity_id,
        "manager_id": activity.manager_id,
        "type": activity.type.value,
        "created_at": activity.created_at,
        "deal_id": activity.deal_id,
        "client_phone": activity.client_phone,
        "subject": activity.subject,
        "due_at": activity.due_at,
        "done_at": activity.done_at,
        "result": activity.result,
        "attributes": to_json(dict(activity.attributes)),
    }


def activities(reader: Reader) -> list[Activity]:
    return [activity_of(row) for row in reader.rows("select * from activities order by created_at, activity_id")]


def activity_changes(reader: Reader) -> list[ActivityChange]:
    rows = reader.rows("select * from activity_changes order by changed_at, activity_id, field")
    return [activity_change_of(row) for row in rows]


def activity_change_of(row: Row) -> ActivityChange:
    return ActivityChange(**{**row, "origin": _origin(row["origin"])})


def _origin(text: str | None) -> ChangeOrigin | None:
    return ChangeOrigin(text) if text else None


def activity_change_row(change: ActivityChange) -> Mapping[str, Any]:
    return {
        "activity_id": change.activity_id,
        "changed_at": change.changed_at,
        "field": change.field,
        "old_value": change.old_value,
        "new_value": change.new_value,
        "changed_by": change.changed_by,
        "origin": change.origin.value if change.origin else None,
    }


def stage_changes(reader: Reader) -> list[StageChange]:
    return [stage_change_of(row) for row in reader.rows("select * from stage_changes order by changed_at, deal_id")]


def stage_change_of(row: Row) -> StageChange:
    return StageChange(**{**row, "origin": _origin(row["origin"])})


def stage_change_row(change: StageChange) -> Mapping[str, Any]:
    return {
        "deal_id": change.deal_id,
        "changed_at": change.changed_at,
        "from_stage": change.from_stage,
        "to_stage": change.to_stage,
        "changed_by": change.changed_by,
        "origin": change.origin.value if change.origin else None,
    }


def notes(reader: Reader) -> list[Note]:
    return [Note(**row) for row in reader.rows("select * from notes order by created_at, note_id")]


def note_row(note: Note) -> Mapping[str, Any]:
    return {
        "note_id": note.note_id,
        "created_at": note.created_at,
        "text": note.text,
        "deal_id": note.deal_id,
        "client_phone": note.client_phone,
        "author_id": note.author_id,
        "pinned": note.pinned,
    }


def sales(reader: Reader) -> list[Sale]:
    return [Sale(**row) for row in reader.rows("select * from sales order by sold_at, sale_id")]


def sale_row(sale: Sale) -> Mapping[str, Any]:
    return {
        "sale_id": sale.sale_id,
        "sold_at": sale.sold_at,
        "amount": sale.amount,
        "client_phone": sale.client_phone,
        "client_name": sale.client_name,
        "manager_id": sale.manager_id,
    }
