"""What Pipedrive does with what is written into it: fields as its OpenAPI descriptions have them, nothing made unique.

The same question asked twice makes two of everything, as it does there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.stand_ins.serving import Answer, Question, as_json

if TYPE_CHECKING:
    from tests.stand_ins.pipedrive import PipedriveStandIn

#: Path -> fields that may stand in a body, with their types; those that must (from the OpenAPI descriptions).
_BODIES: Mapping[str, tuple[Mapping[str, type | tuple[type, ...]], frozenset[str]]] = {
    "/api/v2/activities": (
        {"subject": str, "type": str, "owner_id": int, "deal_id": int, "person_id": int, "due_date": str,
         "due_time": str, "duration": str, "done": bool, "note": str}, frozenset(),
    ),
    "/api/v2/deals": (
        {"title": str, "owner_id": int, "person_id": int, "pipeline_id": int, "stage_id": int, "custom_fields": dict},
        frozenset({"title"}),
    ),
    "/api/v2/persons": ({"name": str, "owner_id": int, "phones": list}, frozenset({"name"})),
    "/v1/notes": ({"content": str, "deal_id": int, "person_id": int}, frozenset({"content"})),
}  # fmt: skip


def written(company: PipedriveStandIn, question: Question) -> Answer:
    body = question.body
    if found := re.match(r"/api/v2/deals/(\d+)$", question.path):
        row = company.deals.get(int(found[1]))
        if row is None or row["is_deleted"]:
            return _refused(404, "not found")
        company.change(row, custom_fields={**row["custom_fields"], **body.get("custom_fields", {})})
        return as_json({"success": True, "data": row})
    if question.path not in _BODIES:
        return _refused(404, "Unknown method .")
    known, needed = _BODIES[question.path]
    wrong = [name for name, value in body.items() if name not in known or not isinstance(value, known[name])]
    if wrong or not needed <= body.keys():
        return _refused(400, f"wrong: {wrong}")
    if "deal_id" in body and (body["deal_id"] not in company.deals or company.deals[body["deal_id"]]["is_deleted"]):
        return _refused(404, "deal not found")
    if "stage_id" in body and body["stage_id"] not in company.stages:
        return _refused(400, "stage not found")
    return as_json({"success": True, "data": _made(company, question.path, body)}, 201)


def searched(company: PipedriveStandIn, params: Mapping[str, str]) -> Answer:
    digits = "".join(char for char in params["term"] if char.isdigit())
    items = [
        {"result_score": 0.5, "item": {"id": row["id"], "type": "person", "name": row["name"],
         "phones": [item["value"] for item in row["phones"]]}}
        for row in company.persons.values()
        if not row["is_deleted"]
        and any(digits in "".join(filter(str.isdigit, item["value"])) for item in row["phones"])
    ]  # fmt: skip
    return as_json({"success": True, "data": {"items": items}, "additional_data": {"next_cursor": None}})


def _made(company: PipedriveStandIn, path: str, body: dict[str, Any]) -> dict[str, Any]:
    match path:
        case "/api/v2/activities":
            done = {"marked_as_done_time": company.stamp_now()} if body.get("done") else {}
            return company.activity(_next(company.activities), **{**body, **done})
        case "/api/v2/deals":
            return company.deal(_next(company.deals), **body)
        case "/api/v2/persons":
            row = company.person(_next(company.persons), **{k: v for k, v in body.items() if k != "phones"})
            row["phones"] = body.get("phones", [])
            return row
    number = _next(company.notes)
    return company.note(number, body["content"], **{key: value for key, value in body.items() if key != "content"})


def _next(rows: Mapping[int, Any]) -> int:
    return max(rows, default=0) + 1


def _refused(status: int, why: str) -> Answer:
    return as_json({"success": False, "error": why, "data": None}, status)
