"""Zadarma (and Novofon 1) as its public client and classes have it: signed questions, pages of at most 1000 attempts,
at most a month a question, recordings that are there a while after the call, links that expire.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

KEY, SECRET = "stand-in-key", "stand-in-secret"
LONGEST = timedelta(days=31)
_WALL = "%Y-%m-%d %H:%M:%S"


@dataclass
class ZadarmaStandIn(Behaviour):
    """``rows``: attempts with ``callstart`` in the account's zone. ``sounds`` by call_id; ``links`` -> sound, each good
    for one download. ``page_rows``: what it gives at most, however much is asked for."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    sounds: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, bytes] = field(default_factory=dict)
    address: str = ""
    expire_next: int = 0
    given: int = 0
    newest_first: bool = False
    repeat_last_of_page: bool = False
    signs_bytes: bool = False
    knows_pages: bool = True

    def answer(self, question: Question) -> Answer:
        if question.path in self.links:
            return Answer(self.links.pop(question.path), "audio/mpeg")
        if question.path.startswith("/record/"):
            return Answer(b"gone", "text/html", 410)
        if not self._is_signed(question):
            return as_json({"status": "error", "message": "Not authorized"}, 401)
        if question.path == "/v1/statistics/pbx/":
            return self._statistics(question.params)
        if question.path == "/v1/pbx/record/request/":
            return self._record(question.params)
        return as_json({"status": "error", "message": "Wrong method"}, 404)

    def error_in_success(self) -> Answer:
        return as_json({"status": "error", "message": "You exceeded the limit of requests"})

    def _is_signed(self, question: Question) -> bool:
        """Counted anew from the decoded query, as a server does."""
        query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sorted(question.params.items()))
        text = question.path + query + hashlib.md5(query.encode(), usedforsecurity=False).hexdigest()
        digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha1)
        told = base64.b64encode(digest.digest() if self.signs_bytes else digest.hexdigest().encode()).decode()
        return question.headers.get("authorization") == f"{KEY}:{told}"

    def _statistics(self, params: Any) -> Answer:
        since, until = (datetime.strptime(params[name], _WALL) for name in ("start", "end"))  # noqa: DTZ007
        limit, skip = int(params["limit"]), int(params["skip"])
        if params["version"] != "2" or limit > 1000 or until - since > LONGEST:
            return as_json({"status": "error", "message": "Wrong parameters"}, 400)
        found = [row for row in self.rows if params["start"] <= row["callstart"] <= params["end"]]
        found.sort(key=lambda row: row["callstart"], reverse=self.newest_first)
        page = found[skip : skip + limit] if self.knows_pages else found
        if self.repeat_last_of_page and 0 < skip < len(found):
            page = [found[skip - 1], *page][:limit]
        return as_json(
            {"status": "success", "start": params["start"], "end": params["end"], "version": 2, "stats": page}
        )

    def _record(self, params: Any) -> Answer:
        sound = self.sounds.get(params["call_id"])
        if sound is None:
            return as_json({"status": "error", "message": "Requested file not found"})
        self.given += 1
        path = f"/record/{self.given}.mp3"
        if self.expire_next:
            self.expire_next -= 1
        else:
            self.links[path] = sound
        return as_json({"status": "success", "link": self.address + path, "lifetime_till": "2026-03-02 11:00:00"})


def queue_call(number: int, at: datetime, **changes: object) -> list[dict[str, Any]]:
    """An inbound call that two agents were rung for; the second one answered. ``at``: the account's wall clock."""
    shared = {
        "clid": f"38067{number % 10_000_000:07d}", "is_recorded": "false", "pbx_call_id": f"in_{number:040d}",
    }  # fmt: skip
    first = {
        **shared, "call_id": f"{1_772_000_000 + number}.1", "sip": "102", "callstart": at.strftime(_WALL),
        "destination": "102", "disposition": "no answer", "seconds": 0,
    }  # fmt: skip
    second = {
        **shared, "call_id": f"{1_772_000_000 + number}.2", "sip": "101",
        "callstart": (at + timedelta(seconds=15)).strftime(_WALL), "destination": "101", "disposition": "answered",
        "seconds": 61, **changes,
    }  # fmt: skip
    return [first, second]
