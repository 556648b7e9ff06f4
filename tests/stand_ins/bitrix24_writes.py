"""What a Bitrix24 portal does with what is written into it. The same question asked twice makes two of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.stand_ins.bitrix24 import Bitrix24StandIn

Row = dict[str, Any]
AT = "2026-10-07T12:00:00+03:00"
METHODS = frozenset(
    {
        "crm.activity.todo.add", "crm.activity.add", "crm.timeline.comment.add", "crm.deal.add", "crm.deal.update",
        "crm.contact.add",
    }
)  # fmt: skip


def written(portal: Bitrix24StandIn, method: str, params: Row) -> Row:
    fields = params.get("fields", {})
    match method:
        case "crm.activity.todo.add":
            if not {"ownerTypeId", "ownerId", "deadline"} <= params.keys() or params["ownerId"] not in portal.deals:
                return {"error": "NOT_FOUND"}
            key = _next(portal.activities)
            portal.activities[key] = {
                "ID": str(key), "OWNER_ID": str(params["ownerId"]), "OWNER_TYPE_ID": "2", "TYPE_ID": "6",
                "PROVIDER_ID": "CRM_TODO", "ASSOCIATED_ENTITY_ID": "0", "SUBJECT": params.get("title", ""),
                "DESCRIPTION": params.get("description", ""), "CREATED": AT, "LAST_UPDATED": AT, "START_TIME": AT,
                "END_TIME": AT, "DEADLINE": params["deadline"], "COMPLETED": "N", "DIRECTION": "0",
                "RESPONSIBLE_ID": str(params.get("responsibleId", "505")), "AUTHOR_ID": "505", "COMMUNICATIONS": [],
            }  # fmt: skip
            return {"result": {"id": key}}
        case "crm.activity.add":
            needed = {"OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "COMMUNICATIONS", "RESPONSIBLE_ID"}
            if not needed <= fields.keys() or fields["OWNER_ID"] not in portal.deals:
                return {"error": "ERROR_CORE"}
            key = _next(portal.activities)
            told = {name: value if isinstance(value, list) else str(value) for name, value in fields.items()}
            portal.activities[key] = {
                "ID": str(key), "PROVIDER_ID": "CRM_CALL", "ASSOCIATED_ENTITY_ID": "0", "CREATED": AT,
                "LAST_UPDATED": AT, "DEADLINE": fields["START_TIME"], "AUTHOR_ID": "505", **told,
            }  # fmt: skip
            return {"result": key}
        case "crm.timeline.comment.add":
            if fields.get("ENTITY_ID") not in portal.deals or not fields.get("COMMENT"):
                return {"error": "NOT_FOUND"}
            key = _next(portal.comments)
            portal.comments[key] = {
                "ID": str(key), "ENTITY_ID": str(fields["ENTITY_ID"]), "ENTITY_TYPE": "deal", "CREATED": AT,
                "COMMENT": fields["COMMENT"], "AUTHOR_ID": "505", "FILES": {},
            }  # fmt: skip
            return {"result": key}
        case "crm.contact.add":
            key = _next(portal.contacts)
            portal.contacts[key] = {"ID": str(key), "DATE_MODIFY": AT, "LAST_NAME": "", **fields}
            return {"result": key}
        case "crm.deal.add":
            key = _next(portal.deals)
            (contact,) = fields["CONTACT_IDS"]
            portal.deals[key] = {
                "ID": str(key), "CATEGORY_ID": "0", "STAGE_ID": "NEW", "STAGE_SEMANTIC_ID": "P", "MOVED_TIME": AT,
                "OPPORTUNITY": "0", "CURRENCY_ID": "RUB", "ASSIGNED_BY_ID": "505", "COMPANY_ID": "0",
                "DATE_CREATE": AT, "DATE_MODIFY": AT, "CLOSED": "N", "CLOSEDATE": AT, "SOURCE_ID": "",
                "LAST_ACTIVITY_TIME": AT, **fields, "CONTACT_ID": str(contact),
            }  # fmt: skip
            return {"result": key}
    row = portal.deals.get(int(params["id"]))
    if row is None:
        return {"error": "NOT_FOUND"}
    row.update(fields)
    return {"result": True}


def found_by_phone(portal: Bitrix24StandIn, params: Row) -> Row:
    wanted = ["".join(filter(str.isdigit, value))[-9:] for value in params["values"]]
    found = [
        int(key)
        for key, row in portal.contacts.items()
        if any("".join(filter(str.isdigit, item["VALUE"]))[-9:] in wanted for item in row["PHONE"])
    ]
    return {"result": {"CONTACT": found} if found else []}


def _next(rows: dict[int, Any]) -> int:
    return max(rows, default=100) + 1
