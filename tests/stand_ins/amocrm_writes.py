"""What amoCRM does with what is written into it. The same question asked twice makes two of everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.stand_ins.serving import Answer, Question, as_json

if TYPE_CHECKING:
    from tests.stand_ins.amocrm import AmocrmStandIn

Row = dict[str, Any]
NOW_S = 1_791_363_600


def written(account: AmocrmStandIn, path: str, question: Question) -> Answer:
    body = question.body
    if found := re.fullmatch(r"leads/(\d+)", path):
        row = account.leads.get(int(found[1]))
        if row is None or question.method != "PATCH":
            return _refused(404)
        row["custom_fields_values"] = [*(row["custom_fields_values"] or ()), *body["custom_fields_values"]]
        return as_json(row)
    if not isinstance(body, list) or not body:
        return _refused(400)
    if path == "tasks":
        return _tasks(account, body)
    if path == "leads/complex":
        return as_json([_lead(account, item) for item in body])
    if found := re.fullmatch(r"leads/(\d+)/notes", path):
        if int(found[1]) not in account.leads:
            return _refused(404)
        return _embedded("notes", [_note(account, int(found[1]), item) for item in body])
    return _refused(404)


def _tasks(account: AmocrmStandIn, body: list[Row]) -> Answer:
    known = {"task_type_id", "text", "complete_till", "entity_id", "entity_type", "responsible_user_id", "request_id"}
    if any(set(item) - known or not item.get("text") or not item.get("complete_till") for item in body):
        return _refused(400)
    if any(item["entity_id"] not in account.leads for item in body):
        return _refused(400)
    made = []
    for item in body:
        number = _next(account.tasks)
        account.tasks[number] = {
            "id": number, "created_by": 0, "updated_by": 0, "created_at": NOW_S, "updated_at": NOW_S, "duration": 0,
            "is_completed": False, "result": [], **{key: value for key, value in item.items() if key != "request_id"},
        }  # fmt: skip
        made.append({"id": number, "request_id": item.get("request_id", "0")})
    return _embedded("tasks", made)


def _lead(account: AmocrmStandIn, item: Row) -> Row:
    (contact,) = item["_embedded"]["contacts"]
    contact_id = contact.get("id")
    if contact_id is None:
        contact_id = _next(account.contacts)
        account.contacts[contact_id] = {"id": contact_id, "created_at": NOW_S, "updated_at": NOW_S, **contact}
    number = _next(account.leads)
    told = {key: value for key, value in item.items() if key not in ("_embedded", "request_id")}
    account.leads[number] = {
        "id": number, "price": 0, "responsible_user_id": 504141, "status_id": 32392159, "pipeline_id": 3177727,
        "loss_reason_id": None, "created_by": 0, "created_at": NOW_S, "updated_at": NOW_S, "closed_at": None,
        "is_deleted": False, "custom_fields_values": None, **told,
        "_embedded": {"tags": [], "companies": [], "contacts": [{"id": contact_id, "is_main": True}]},
    }  # fmt: skip
    return {"id": number, "contact_id": contact_id, "company_id": None, "request_id": [item.get("request_id")]}


def _note(account: AmocrmStandIn, lead: int, item: Row) -> Row:
    number = _next(account.notes)
    account.notes[number] = {
        "id": number, "of": "leads", "entity_id": lead, "created_by": 0, "created_at": NOW_S,
        "updated_at": NOW_S, "is_pinned": False, **item,
    }  # fmt: skip
    return {"id": number, "entity_id": lead, "request_id": "0"}


def _embedded(name: str, rows: list[Row]) -> Answer:
    return as_json({"_links": {"self": {"href": "self"}}, "_embedded": {name: rows}})


def _next(rows: dict[int, Any]) -> int:
    return max(rows, default=1000) + 1


def _refused(status: int) -> Answer:
    return as_json({"title": "Bad Request", "status": status, "validation-errors": []}, status)
