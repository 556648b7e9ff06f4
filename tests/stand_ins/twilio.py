"""Twilio as its OpenAPI description has it: Basic authentication, days in the filter, pages that name the next one,
legs listed before the call they belong to, recordings by call and handed out with the key only.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

ACCOUNT = "AC" + "0" * 32
TOKEN = "stand-in-secret"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"


@dataclass
class TwilioStandIn(Behaviour):
    """``recordings`` by call SID; ``sounds`` by recording SID. ``elsewhere``: where the next page is."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    recordings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sounds: dict[str, bytes] = field(default_factory=dict)
    page_rows: int = 1000
    elsewhere: str = ""
    repeat_last_of_page: bool = False

    def answer(self, question: Question) -> Answer:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if question.headers.get("authorization") != expected:
            return as_json({"code": 20003, "message": "Authenticate", "status": 401}, 401)
        if question.path == f"{BASE}/Calls.json":
            return self._calls(question)
        if question.path.endswith("/Recordings.json"):
            sid = question.path.split("/")[-2]
            return self._page(question, self.recordings.get(sid, []), "recordings")
        name = question.path.rsplit("/", 1)[-1].removesuffix(".wav")
        if name in self.sounds:
            return Answer(self.sounds[name], "audio/x-wav")
        return as_json({"code": 20404, "message": "not found", "status": 404}, 404)

    def error_in_success(self) -> Answer:
        return as_json({"code": 20500, "message": "Internal server error", "status": 500})

    def _calls(self, question: Question) -> Answer:
        since, until = (date.fromisoformat(question.params[name]) for name in ("StartTime>", "StartTime<"))
        first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (since, until))
        found = [row for row in self.calls if first <= parsedate_to_datetime(row["start_time"]) <= last]
        found.sort(key=lambda row: (parsedate_to_datetime(row["start_time"]), row["sid"]), reverse=True)
        return self._page(question, found, "calls")

    def _page(self, question: Question, found: list[dict[str, Any]], name: str) -> Answer:
        size = min(int(question.params.get("PageSize", 50)), self.page_rows)
        page = int(question.params.get("Page", 0))
        start = page * size
        part = found[start : start + size]
        if self.repeat_last_of_page and page:
            part = [found[start - 1], *part]
        following = None
        if start + size < len(found):
            told = {**question.params, "Page": str(page + 1), "PageToken": f"PA{found[start + size - 1]['sid']}"}
            query = "&".join(f"{quote(key)}={quote(value)}" for key, value in told.items())
            following = f"{self.elsewhere}{question.path}?{query}"
        return as_json({name: part, "page": page, "page_size": size, "next_page_uri": following})


def sid(kind: str, number: int) -> str:
    return f"{kind}{number:032x}"


def inbound(number: int, at: datetime, **changes: object) -> list[dict[str, Any]]:
    """An inbound call with two legs: nobody took the first one, the second one talked for 61 s."""
    parent = {
        "sid": sid("CA", number * 10), "parent_call_sid": None, "direction": "inbound", "status": "completed",
        "from": f"+38067{number % 10_000_000:07d}", "to": "+13055550100", "start_time": told(at),
        "end_time": told(at + timedelta(seconds=91)), "duration": "91", "answered_by": None,
    }  # fmt: skip
    leg = {**parent, "parent_call_sid": parent["sid"], "direction": "outbound-dial", "from": parent["from"]}
    first = {
        **leg, "sid": sid("CA", number * 10 + 1), "to": "client:petro", "status": "no-answer", "duration": "0",
        "start_time": told(at + timedelta(seconds=5)), "end_time": told(at + timedelta(seconds=20)),
    }  # fmt: skip
    second = {
        **leg, "sid": sid("CA", number * 10 + 2), "to": "client:olena", "duration": "61",
        "start_time": told(at + timedelta(seconds=20)), "end_time": told(at + timedelta(seconds=91)), **changes,
    }  # fmt: skip
    return [parent, first, second]


def told(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
