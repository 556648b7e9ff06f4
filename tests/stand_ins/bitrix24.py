"""A Bitrix24 portal with state behind an incoming webhook. Built from the vendor's specifications of its methods.

Filters with prefixes, order, pages of 50 by ``start`` or by ``>ID``, batches of 50 with errors of their own, the limit
of two questions a second told as 503 QUERY_LIMIT_EXCEEDED.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.stand_ins import bitrix24_writes
from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

PATH = "/rest/1/stand-in-secret/"
PAGE = 50
OLENA, TARAS = "505", "506"

Row = dict[str, Any]


@dataclass
class Bitrix24StandIn(Behaviour):
    """Rows by id. ``refused``: methods that answer with a word of refusal. ``limit_at``: numbers of questions that meet
    the limit. ``on_page`` is called after each list that was given. ``deaf_to``: fields whose filters do nothing."""

    deals: dict[int, Row] = field(default_factory=dict)
    stages: dict[int, Row] = field(default_factory=dict)
    activities: dict[int, Row] = field(default_factory=dict)
    comments: dict[int, Row] = field(default_factory=dict)
    contacts: dict[int, Row] = field(default_factory=dict)
    companies: dict[int, Row] = field(default_factory=dict)
    calls: dict[int, Row] = field(default_factory=dict)
    histories: dict[int, list[Row]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, bytes] = field(default_factory=dict)
    users: list[Row] = field(default_factory=lambda: [user(OLENA, "Олена"), user(TARAS, "Тарас")])
    refused: dict[str, str] = field(default_factory=dict)
    limit_at: set[int] = field(default_factory=set)
    deaf_to: set[str] = field(default_factory=set)
    on_page: Callable[[str], None] | None = None
    address: str = ""

    def answer(self, question: Question) -> Answer:
        if question.method == "GET":
            content = self.links.pop(question.path, None)
            return Answer(content, "audio/wav") if content is not None else Answer(b"gone", "text/html", 403)
        if not question.path.startswith(PATH):
            return as_json({"error": "INVALID_CREDENTIALS", "error_description": "wrong webhook"}, 401)
        if len(self.asked) in self.limit_at:
            return as_json({"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}, 503)
        method = question.path.removeprefix(PATH).removesuffix(".json")
        if method != "batch":
            told = self._call(method, question.body or {})
            return as_json(told, 400 if "error" in told else 200)
        return as_json({"result": self._batch(question.body["cmd"])})

    def is_write(self, question: Question) -> bool:
        return question.path.removeprefix(PATH).removesuffix(".json") in bitrix24_writes.METHODS

    def error_in_success(self) -> Answer:
        return as_json({"error": "INTERNAL_SERVER_ERROR", "error_description": "something broke"})

    def _batch(self, commands: dict[str, str]) -> Row:
        if len(commands) > PAGE:
            return {"result": [], "result_error": {"_": {"error": "ERROR_BATCH_LENGTH_EXCEEDED"}}}
        result: Row = {}
        errors: Row = {}
        following: Row = {}
        for key, command in commands.items():
            method, _, query = command.partition("?")
            told = self._call(method, _nested(query))
            if "error" in told:
                errors[key] = {"error": told["error"], "error_description": ""}
            else:
                result[key] = told["result"]
                if "next" in told:
                    following[key] = told["next"]
        # PHP writes an empty object as a list
        return {"result": result or [], "result_error": errors or [], "result_next": following or [],
                "result_total": [], "result_time": []}  # fmt: skip

    def _call(self, method: str, params: Row) -> Row:
        if method in self.refused:
            return {"error": self.refused[method], "error_description": ""}
        lists: dict[str, tuple[list[Row], str | None]] = {
            "crm.deal.list": (list(self.deals.values()), None),
            "crm.stagehistory.list": (list(self.stages.values()), "items"),
            "crm.activity.list": (list(self.activities.values()), None),
            "crm.contact.list": (list(self.contacts.values()), None),
            "crm.company.list": (list(self.companies.values()), None),
            "crm.timeline.comment.list": (list(self.comments.values()), None),
            "voximplant.statistic.get": (list(self.calls.values()), None),
            "user.get": (self.users, None),
        }
        if method in lists:
            rows, name = lists[method]
            told = self._page(rows, params, name)
            if self.on_page is not None:
                self.on_page(method)
            return told
        if method in bitrix24_writes.METHODS:
            return bitrix24_writes.written(self, method, params)
        match method:
            case "crm.duplicate.findbycomm":
                return bitrix24_writes.found_by_phone(self, params)
            case "crm.status.list":
                return {"result": statuses(), "total": len(statuses())}
            case "crm.category.list":
                return {"result": {"categories": [{"id": 0, "name": "Общая", "sort": 300, "entityTypeId": 2}]}}
            case "tasks.task.history.list":
                return {"result": {"list": self.histories.get(int(params["taskId"]), [])}}
            case "crm.timeline.comment.get":
                row = self.comments.get(int(params["id"]))
                return {"result": row} if row else {"error": "NOT_FOUND"}
            case "disk.file.get":
                path = f"/download/{params['id']}.wav"
                sound = self.files.get(str(params["id"]))
                if sound is None:
                    return {"result": {"ID": str(params["id"])}}
                self.links[path] = sound
                return {"result": {"ID": str(params["id"]), "DOWNLOAD_URL": self.address + path}}
        return {"error": "ERROR_METHOD_NOT_FOUND", "error_description": ""}

    def _page(self, rows: list[Row], params: Row, name: str | None) -> Row:
        filters = params.get("filter") or params.get("FILTER") or {}
        fit = [row for row in rows if all(self._fits(row, key, value) for key, value in filters.items())]
        fit.sort(key=lambda row: int(row["ID"]))
        start = int(params.get("start", 0))
        page = fit[max(0, start) : max(0, start) + PAGE]
        told: Row = {"result": {name: page} if name else page, "total": len(fit)}
        if start >= 0 and start + PAGE < len(fit):
            told["next"] = start + PAGE
        return told

    def _fits(self, row: Row, key: str, wanted: Any) -> bool:
        name = key.lstrip("<>=@!%")
        prefix = key[: len(key) - len(name)]
        if name in self.deaf_to:
            return True
        value = row.get(name)
        if prefix == "@" or isinstance(wanted, list | dict):
            options = wanted.values() if isinstance(wanted, dict) else wanted
            return str(value) in {str(item) for item in options}
        if prefix not in (">", ">=", "<", "<="):
            return str(value) == str(wanted)
        left, right = _comparable(value), _comparable(wanted)
        if left is None:
            return False
        match prefix:
            case ">":
                return bool(left > right)
            case ">=":
                return bool(left >= right)
            case "<":
                return bool(left < right)
        return bool(left <= right)


def _comparable(value: Any) -> Any:
    if value is None:
        return None
    text = str(value)
    return float(text) if text.isdigit() else datetime.fromisoformat(text)


def _nested(query: str) -> Row:
    """What PHP reads from ``filter[ENTITY_ID]=2&order[ID]=ASC``."""
    found: Row = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        first, *rest = key.replace("]", "").split("[")
        at = found
        parts = [first, *rest]
        for part in parts[:-1]:
            at = at.setdefault(part, {})
        at[parts[-1]] = value
    return found


def statuses() -> list[Row]:
    names = [("NEW", "Новая", None), ("OFFER", "Отправлено КП", None), ("WON", "Сделка успешна", "S"),
             ("LOSE", "Дорого", "F")]  # fmt: skip
    rows = [
        {"ID": str(101 + place), "ENTITY_ID": "DEAL_STAGE", "STATUS_ID": key, "NAME": name,
         "SORT": str(10 * (place + 1)), "CATEGORY_ID": None, "SEMANTICS": meaning}
        for place, (key, name, meaning) in enumerate(names)
    ]  # fmt: skip
    return [*rows, {"ID": "201", "ENTITY_ID": "SOURCE", "STATUS_ID": "WEB", "NAME": "Сайт", "SORT": "10"}]


def user(key: str, name: str) -> Row:
    return {"ID": key, "ACTIVE": True, "NAME": name, "LAST_NAME": "Тест", "EMAIL": f"user{key}@example.test",
            "TIME_ZONE": "", "TIMESTAMP_X": {}, "USER_TYPE": "employee"}  # fmt: skip


def deal(key: int, at: str, **changes: object) -> Row:
    return {
        "ID": str(key), "TITLE": "Окна", "CATEGORY_ID": "0", "STAGE_ID": "NEW", "STAGE_SEMANTIC_ID": "P",
        "MOVED_TIME": at, "OPPORTUNITY": "19999.99", "CURRENCY_ID": "RUB", "ASSIGNED_BY_ID": OLENA,
        "CONTACT_ID": str(key + 1000), "COMPANY_ID": "0", "DATE_CREATE": at, "DATE_MODIFY": at, "CLOSED": "N",
        "CLOSEDATE": at, "SOURCE_ID": "WEB", "LAST_ACTIVITY_TIME": at, **changes,
    }  # fmt: skip


def stage(number: int, deal_id: int, at: str, key: str, type_id: int = 2) -> Row:
    return {"ID": number, "TYPE_ID": type_id, "OWNER_ID": deal_id, "CREATED_TIME": at, "CATEGORY_ID": 0,
            "STAGE_SEMANTIC_ID": "P", "STAGE_ID": key}  # fmt: skip


def contact(key: int, at: str, phone: str) -> Row:
    return {"ID": str(key), "NAME": "Клиент", "LAST_NAME": str(key), "DATE_MODIFY": at,
            "PHONE": [{"ID": "1", "VALUE_TYPE": "WORK", "VALUE": phone, "TYPE_ID": "PHONE"}]}  # fmt: skip


def activity(key: int, at: str, due: str, of: int, **changes: object) -> Row:
    """A plain one of the timeline; with ``ASSOCIATED_ENTITY_ID`` and its type, a task."""
    return {
        "ID": str(key), "OWNER_ID": str(of), "OWNER_TYPE_ID": "2", "TYPE_ID": "6", "PROVIDER_ID": "CRM_TODO",
        "ASSOCIATED_ENTITY_ID": "0", "SUBJECT": "Перезвонить", "CREATED": at, "LAST_UPDATED": at, "START_TIME": at,
        "END_TIME": at, "DEADLINE": due, "COMPLETED": "N", "RESPONSIBLE_ID": OLENA, "AUTHOR_ID": OLENA,
        "DIRECTION": "0", "COMMUNICATIONS": [], **changes,
    }  # fmt: skip


def task(key: int, at: str, due: str, of: int, task_id: int, **changes: object) -> Row:
    told = {"TYPE_ID": "3", "PROVIDER_ID": "CRM_TASKS_TASK", "ASSOCIATED_ENTITY_ID": str(task_id), **changes}
    return activity(key, at, due, of, **told)


def history(number: int, at: str, name: str, old: object, new: object, by: str = TARAS) -> Row:
    return {"id": str(number), "createdDate": at, "field": name, "value": {"from": old, "to": new},
            "user": {"id": by, "name": "Тарас"}}  # fmt: skip


def comment(key: int, at: str, of: int, words: str) -> Row:
    return {"ID": str(key), "ENTITY_ID": str(of), "ENTITY_TYPE": "deal", "CREATED": at, "COMMENT": words,
            "AUTHOR_ID": OLENA, "FILES": {}}  # fmt: skip


def call(number: int, at: str, **changes: object) -> Row:
    return {
        "ID": str(number), "PORTAL_USER_ID": OLENA, "PORTAL_NUMBER": "reg133788", "PHONE_NUMBER": f"+7963{number:07d}",
        "CALL_ID": f"externalCall.{number}", "CALL_DURATION": "95", "CALL_START_DATE": at, "CALL_RECORD_URL": "",
        "CALL_FAILED_CODE": "200", "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": "275", "CRM_ACTIVITY_ID": "7739",
        "RECORD_FILE_ID": None, "CALL_TYPE": "2", **changes,
    }  # fmt: skip
