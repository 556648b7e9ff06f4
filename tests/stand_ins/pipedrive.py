"""Pipedrive as its OpenAPI descriptions have it: a company with state, pages by cursor and by numbers, and its limits.

Every entity is kept as the vendor's row. ``now`` is the vendor's clock: a change made through the methods below moves
``update_time`` to it. Beside the faults of every stand-in: ``budget`` requests, after which each answer is 429;
``answer_late_s``: so long after it was done a write is answered.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stand_ins import pipedrive_writes
from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

KEY = "stand-in-key"
LISTS = {"/api/v2/deals": "deals", "/api/v2/deals/archived": "archived", "/api/v2/activities": "activities",
         "/api/v2/persons": "persons", "/api/v2/stages": "stages", "/api/v2/pipelines": "pipelines"}  # fmt: skip
_ONE = re.compile(r"/api/v2/(deals|activities|persons)/(\d+)$")
_NOTE = re.compile(r"/v1/notes/(\d+)$")
_CHANGELOG = re.compile(r"/v1/deals/(\d+)/changelog$")


def stamp(moment: datetime) -> str:
    """As v2 writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def old_stamp(moment: datetime) -> str:
    """As v1 writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class PipedriveStandIn(Behaviour):
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    pipelines: dict[int, dict[str, Any]] = field(default_factory=dict)
    stages: dict[int, dict[str, Any]] = field(default_factory=dict)
    persons: dict[int, dict[str, Any]] = field(default_factory=dict)
    deals: dict[int, dict[str, Any]] = field(default_factory=dict)
    activities: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: dict[int, dict[str, Any]] = field(default_factory=dict)
    changelogs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    budget: int | None = None
    page: int = 500
    endless: bool = False
    #: Lists that are being paged through, as they were at their first page.
    lists: dict[tuple[Any, ...], list[dict[str, Any]]] = field(default_factory=dict)
    answer_late_s: float = 0.0

    def stamp_now(self) -> str:
        return stamp(self.now)

    # What happens in the company ----------------------------------------------------------------------------------

    def passes(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now

    def furnish(self) -> None:
        """Two users, one pipeline of three stages."""
        for number, name, email in ((11, "Олена Тест", "olena@example.test"), (12, "Иван Тест", "ivan@example.test")):
            self.users[number] = user(number, name, email)
        self.pipelines[1] = {"id": 1, "name": "Окна", "order_nr": 1, "is_deleted": False,
                             "is_deal_probability_enabled": True, "add_time": stamp(self.now),
                             "update_time": stamp(self.now)}  # fmt: skip
        for number, name in ((1, "Новая"), (2, "КП отправлено"), (3, "Договор")):
            self.stages[number] = {
                "id": number, "order_nr": number, "name": name, "is_deleted": False, "deal_probability": 100,
                "pipeline_id": 1, "is_deal_rot_enabled": False, "days_to_rotten": None, "add_time": stamp(self.now),
                "update_time": stamp(self.now),
            }  # fmt: skip

    def person(self, number: int, *phones: str, **changes: object) -> dict[str, Any]:
        told = [{"value": phone, "primary": place == 0, "label": "work"} for place, phone in enumerate(phones)]
        row = {"id": number, "name": f"Клиент {number}", "owner_id": 11, "phones": told, "emails": [],
               "is_deleted": False, "add_time": stamp(self.now), "update_time": stamp(self.now), **changes}  # fmt: skip
        self.persons[number] = row
        return row

    def deal(self, number: int, **changes: object) -> dict[str, Any]:
        row = {
            "id": number, "title": f"Окна {number}", "owner_id": 11, "person_id": None, "org_id": None,
            "pipeline_id": 1, "stage_id": 1, "value": 1000.5, "currency": "UAH", "add_time": stamp(self.now),
            "update_time": stamp(self.now), "stage_change_time": stamp(self.now), "is_deleted": False,
            "is_archived": False, "status": "open", "probability": None, "lost_reason": None, "visible_to": 3,
            "close_time": None, "won_time": None, "lost_time": None, "expected_close_date": None, "label_ids": [],
            "origin": "ManuallyCreated", "origin_id": None, "channel": None, "channel_id": None, "custom_fields": {},
            **changes,
        }  # fmt: skip
        self.deals[number] = row
        return row

    def activity(self, number: int, **changes: object) -> dict[str, Any]:
        row = {
            "id": number, "subject": "Перезвонить", "type": "call", "owner_id": 11, "creator_user_id": 11,
            "is_deleted": False, "add_time": stamp(self.now), "update_time": stamp(self.now), "deal_id": None,
            "lead_id": None, "person_id": None, "org_id": None, "project_id": None, "due_date": None, "due_time": None,
            "duration": "00:15:00", "busy": False, "done": False, "marked_as_done_time": None, "participants": [],
            "attendees": [], "public_description": "", "priority": None, "note": None, **changes,
        }  # fmt: skip
        self.activities[number] = row
        return row

    def note(self, number: int, content: str, **changes: object) -> dict[str, Any]:
        row = {
            "id": number, "active_flag": True, "add_time": old_stamp(self.now), "update_time": old_stamp(self.now),
            "content": content, "deal_id": None, "person_id": None, "org_id": None, "lead_id": None, "user_id": 11,
            "pinned_to_deal_flag": False, "pinned_to_organization_flag": False, "pinned_to_person_flag": False,
            **changes,
        }  # fmt: skip
        self.notes[number] = row
        return row

    def change(self, row: dict[str, Any], **changes: object) -> None:
        """A person of the company changes a row; a move between stages goes to the deal's change log."""
        new_style = "T" in row["update_time"]
        if "stage_id" in changes and changes["stage_id"] != row["stage_id"]:
            self.changelogs.setdefault(row["id"], []).append({
                "field_key": "stage_id", "old_value": str(row["stage_id"]), "new_value": str(changes["stage_id"]),
                "actor_user_id": 12, "time": old_stamp(self.now), "change_source": "app",
                "change_source_user_agent": None, "is_bulk_update_flag": False,
            })  # fmt: skip
            row["stage_change_time"] = stamp(self.now)
        row.update(changes)
        row["update_time"] = stamp(self.now) if new_style else old_stamp(self.now)

    # What it answers ----------------------------------------------------------------------------------------------

    def answer(self, question: Question) -> Answer:
        if question.headers.get("x-api-token") != KEY:
            return as_json({"success": False, "error": "unauthorized access", "errorCode": 401}, 401)
        if self.budget is not None:
            self.budget -= 1
            if self.budget < 0:
                return as_json({"success": False, "error": "request over limit", "errorCode": 429}, 429)
        path, params = question.path, question.params
        if question.method in ("POST", "PATCH"):
            told = pipedrive_writes.written(self, question)
            time.sleep(self.answer_late_s)
            return told
        if path == "/api/v2/persons/search":
            return pipedrive_writes.searched(self, params)
        if path in LISTS:
            return self._list(LISTS[path], params)
        if path == "/v1/users":
            return as_json({"success": True, "data": list(self.users.values())})
        if path == "/v1/notes":
            return self._notes(params)
        if found := _NOTE.match(path):
            return _one(self.notes.get(int(found[1])))
        if found := _ONE.match(path):
            return _one(getattr(self, found[1]).get(int(found[2])))
        if found := _CHANGELOG.match(path):
            if int(found[1]) not in self.deals:
                return _one(None)
            return self._page(list(reversed(self.changelogs.get(int(found[1]), []))), params)
        return as_json({"success": False, "error": "Unknown method ."}, 404)

    def error_in_success(self) -> Answer:
        return as_json({"success": False, "error": "Something went wrong", "errorCode": 500, "data": None})

    def _list(self, name: str, params: Mapping[str, str]) -> Answer:
        asked = (name, *sorted(item for item in params.items() if item[0] not in ("cursor", "limit")))
        if "cursor" in params and asked in self.lists:
            return self._page(self.lists[asked], params)
        rows = list((self.deals if name == "archived" else getattr(self, name)).values())
        statuses = params.get("status", "").split(",") if params.get("status") else None
        if name in ("deals", "archived"):
            rows = [row for row in rows if row["is_archived"] == (name == "archived")]
            shown = [row for row in rows if (statuses is None and not row["is_deleted"]) or
                     (statuses and ("deleted" if row["is_deleted"] else row["status"]) in statuses)]  # fmt: skip
            rows = shown
        elif name in ("activities", "persons"):
            rows = [row for row in rows if not row["is_deleted"]]
        if "ids" in params:
            wanted = params["ids"].split(",")
            if len(wanted) > 100:
                return as_json({"success": False, "error": "ids: at most 100"}, 400)
            rows = [row for row in rows if str(row["id"]) in wanted]
        if "deal_id" in params:
            rows = [row for row in rows if str(row["deal_id"]) == params["deal_id"]]
        if "updated_since" in params:
            rows = [row for row in rows if row["update_time"] >= params["updated_since"]]
        self.lists[asked] = sorted(rows, key=lambda row: row["id"])
        return self._page(self.lists[asked], params)

    def _page(self, rows: list[dict[str, Any]], params: Mapping[str, str]) -> Answer:
        limit = int(params.get("limit", 100))
        if limit > 500:
            return as_json({"success": False, "error": "limit: at most 500"}, 400)
        limit = min(limit, self.page)
        start = int(base64.b64decode(params["cursor"])) if "cursor" in params and not self.endless else 0
        following = base64.b64encode(str(start + limit).encode()).decode() if start + limit < len(rows) else None
        if self.endless:
            following = "always the same"
        return as_json({
            "success": True, "data": rows[start : start + limit], "additional_data": {"next_cursor": following},
        })  # fmt: skip

    def _notes(self, params: Mapping[str, str]) -> Answer:
        rows = sorted(self.notes.values(), key=lambda row: row["id"])
        if "deal_id" in params:
            rows = [row for row in rows if str(row["deal_id"]) == params["deal_id"]]
        if "updated_since" in params:
            since = datetime.fromisoformat(params["updated_since"])
            rows = [row for row in rows if datetime.fromisoformat(row["update_time"]).replace(tzinfo=UTC) >= since]
        start, limit = int(params.get("start", 0)), min(int(params.get("limit", 100)), self.page)
        page, more = rows[start : start + limit], start + limit < len(rows)
        pagination = {"start": start, "limit": limit, "more_items_in_collection": more}
        if more:
            pagination["next_start"] = start + limit
        return as_json({"success": True, "data": page or None, "additional_data": {"pagination": pagination}})


def user(number: int, name: str, email: str, **changes: object) -> dict[str, Any]:
    return {
        "id": number, "name": name, "default_currency": "UAH", "locale": "uk_UA", "lang": 1, "email": email,
        "phone": None, "activated": True, "last_login": "2026-03-01 08:00:00", "created": "2020-01-01 08:00:00",
        "modified": None, "has_created_company": False, "access": [], "active_flag": True,
        "timezone_name": "Europe/Kyiv", "timezone_offset": "+02:00", "role_id": 1, "icon_url": None, "is_you": False,
        "is_deleted": False, **changes,
    }  # fmt: skip


def _one(row: Mapping[str, Any] | None) -> Answer:
    if row is None:
        return as_json({"success": False, "error": "not found", "error_info": "", "data": None}, 404)
    return as_json({"success": True, "data": row})
