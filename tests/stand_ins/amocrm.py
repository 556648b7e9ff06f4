"""amoCRM with state: lists by pages, events, filters, one-time refresh tokens. Built from the contract's examples."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins import amocrm_writes
from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

TOKEN = "stand-in-long-lived-token"
CLIENT_ID, CLIENT_SECRET = "stand-in-client", "stand-in-client-secret"
DAY_S = 86_400
PIPELINE = 3177727
NEW, OFFER, WON, LOST = 32392159, 32392165, 142, 143
OLENA, TARAS = 504141, 504142

Row = dict[str, Any]


@dataclass
class AmocrmStandIn(Behaviour):
    """Rows by id. ``on_page`` is called after each page that was given: the world does not stand still meanwhile.

    ``filters_work`` False: an account whose filters are switched off answers with whole lists.
    """

    leads: dict[int, Row] = field(default_factory=dict)
    tasks: dict[int, Row] = field(default_factory=dict)
    contacts: dict[int, Row] = field(default_factory=dict)
    companies: dict[int, Row] = field(default_factory=dict)
    notes: dict[int, Row] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    users: list[Row] = field(default_factory=lambda: [user(OLENA, "Олена Тест"), user(TARAS, "Тарас Тест")])
    filters_work: bool = True
    on_page: Callable[[Question], None] | None = None
    refresh_token: str = "refresh-1"
    access_tokens: set[str] = field(default_factory=lambda: {TOKEN})
    refreshed: int = 0

    def answer(self, question: Question) -> Answer:
        if question.path == "/oauth2/access_token":
            return self._authorise(question.body)
        if question.headers.get("authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return as_json({"title": "Unauthorized", "status": 401}, 401)
        path = question.path.removeprefix("/api/v4/")
        if question.method != "GET":
            return amocrm_writes.written(self, path, question)
        found = self._one(path) or self._list(path, question)
        if self.on_page is not None:
            self.on_page(question)
        return found

    def is_write(self, question: Question) -> bool:
        return question.method != "GET" and question.path != "/oauth2/access_token"

    def error_in_success(self) -> Answer:
        return as_json({"title": "Error", "status": 500, "detail": "something broke"})

    def _authorise(self, body: Row) -> Answer:
        known = body.get("client_id") == CLIENT_ID and body.get("client_secret") == CLIENT_SECRET
        by_code = body.get("grant_type") == "authorization_code" and body.get("code") == "code-1"
        by_refresh = body.get("grant_type") == "refresh_token" and body.get("refresh_token") == self.refresh_token
        if not known or not (by_code or by_refresh):
            return as_json({"hint": "Authorization code has expired", "status": 400}, 400)
        self.refreshed += 1
        self.refresh_token = f"refresh-{self.refreshed + 1}"
        access = f"access-{self.refreshed + 1}"
        self.access_tokens.add(access)
        return as_json(
            {"token_type": "Bearer", "expires_in": DAY_S, "access_token": access, "refresh_token": self.refresh_token}
        )

    def _one(self, path: str) -> Answer | None:
        if path == "account":
            types = [{"id": 1, "name": "Связаться"}, {"id": 2, "name": "Встреча"}, {"id": 77, "name": "Отправить КП"}]
            return as_json({"id": 12345678, "currency": "RUB", "_embedded": {"task_types": types}})
        found = re.fullmatch(r"(leads|tasks|contacts|companies)/(\d+)", path)
        if found is None:
            found = re.fullmatch(r"(?:leads|contacts|companies)/(notes)/(\d+)", path)
        if found is None:
            return None
        row = getattr(self, found[1]).get(int(found[2]))
        return as_json(row) if row is not None else Answer(b"", status=204)

    def _list(self, path: str, question: Question) -> Answer:
        params = question.params
        if path == "leads/pipelines":
            return as_json({"_total_items": 1, "_embedded": {"pipelines": [pipeline()]}})
        at = re.fullmatch(r"(leads|contacts|companies)/(\d+)/notes", path)
        of, _, last = (at[1], "/", "notes") if at else path.rpartition("/")
        name, at_most = ("events", 100) if path == "events" else (last, 250)
        rows = [row for row in self._rows(name, of) if at is None or row["entity_id"] == int(at[2])]
        if self.filters_work:
            rows = [row for row in rows if _fits(row, params)]
        limit = min(int(params.get("limit", 50)), at_most)
        start = (int(params.get("page", 1)) - 1) * limit
        page = rows[start : start + limit]
        if not page:
            return Answer(b"", status=204)
        more = {"next": {"href": "next"}} if start + limit < len(rows) else {}
        return as_json({"_page": 1, "_links": {"self": {"href": "self"}, **more}, "_embedded": {name: page}})

    def _rows(self, name: str, of: str) -> list[Row]:
        if name == "users":
            return self.users
        if name == "events":
            return sorted(self.events, key=lambda row: (-row["created_at"], row["id"]))
        rows = sorted(getattr(self, name).values(), key=lambda row: row["id"])
        if name != "notes":
            return rows
        return [row for row in rows if of in (row["of"], f"{row['of']}/{row['entity_id']}")]


def _fits(row: Row, params: dict[str, str] | Any) -> bool:
    for field_name in ("updated_at", "created_at"):
        since = params.get(f"filter[{field_name}][from]")
        if since is not None and row[field_name] < int(since):
            return False
    for name in ("id", "type", "note_type"):
        wanted = {value for key, value in params.items() if re.fullmatch(rf"filter\[{name}\]\[\d+\]", key)}
        if wanted and str(row.get(name)) not in wanted:
            return False
    return True


def pipeline() -> Row:
    names = [(32392156, "Неразобранное"), (NEW, "Первичный контакт"), (OFFER, "Отправили КП"),
             (WON, "Успешно реализовано"), (LOST, "Закрыто и не реализовано")]  # fmt: skip
    statuses = [
        {"id": key, "name": name, "sort": 10 * (place + 1), "pipeline_id": PIPELINE, "type": int(place == 0)}
        for place, (key, name) in enumerate(names)
    ]
    return {"id": PIPELINE, "name": "Воронка", "sort": 1, "is_main": True, "_embedded": {"statuses": statuses}}


def user(key: int, name: str) -> Row:
    return {"id": key, "name": name, "email": f"user{key}@example.test", "rights": {"is_active": True}}


def lead(key: int, at: int, **changes: object) -> Row:
    return {
        "id": key, "name": "Окна", "price": 12000, "responsible_user_id": OLENA, "status_id": NEW,
        "pipeline_id": PIPELINE, "loss_reason_id": None, "created_by": OLENA, "created_at": at, "updated_at": at,
        "closed_at": None, "is_deleted": False, "custom_fields_values": None,
        "_embedded": {"tags": [], "companies": [], "loss_reason": [], "contacts": [{"id": key + 1, "is_main": True}]},
        **changes,
    }  # fmt: skip


def contact(key: int, at: int, phone: str) -> Row:
    fields = [{"field_id": 1, "field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}]
    return {"id": key, "name": f"Клиент {key}", "created_at": at, "updated_at": at, "custom_fields_values": fields}


def task(key: int, at: int, due: int, of: int, **changes: object) -> Row:
    return {
        "id": key, "created_by": OLENA, "updated_by": OLENA, "created_at": at, "updated_at": at,
        "responsible_user_id": OLENA, "entity_id": of, "entity_type": "leads", "duration": 0, "is_completed": False,
        "task_type_id": 1, "text": "Перезвонить", "result": [], "complete_till": due, **changes,
    }  # fmt: skip


def note(key: int, at: int, of: int, text: str, **changes: object) -> Row:
    return {
        "id": key, "of": "leads", "entity_id": of, "created_by": OLENA, "created_at": at, "updated_at": at,
        "note_type": "common", "params": {"text": text}, "is_pinned": False, **changes,
    }  # fmt: skip


def event(kind: str, number: int, at: int, of: int, before: Any, after: Any) -> Row:
    return {
        "id": f"01pz58t6p04ymgsgfbmf{number:06d}", "type": kind, "entity_id": of,
        "entity_type": "lead" if kind.startswith("lead") else "task", "created_by": TARAS, "created_at": at,
        "value_after": after, "value_before": before,
    }  # fmt: skip


def stage_event(number: int, at: int, lead_id: int, before: int, after: int) -> Row:
    sides = [[{"lead_status": {"id": key, "pipeline_id": PIPELINE}}] for key in (before, after)]
    return event("lead_status_changed", number, at, lead_id, *sides)


def move_event(number: int, at: int, task_id: int, before: int, after: int) -> Row:
    sides = [[{"task_deadline": {"timestamp": moment}}] for moment in (before, after)]
    return event("task_deadline_changed", number, at, task_id, *sides)


def done_event(number: int, at: int, task_id: int) -> Row:
    return event("task_completed", number, at, task_id, [], [{"task": {"id": task_id}}])
