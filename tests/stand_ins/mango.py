"""Mango Office as its document has it: reports are ordered, prepared, given as CSV; every question is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

KEY, SALT = "stand-in-key", "stand-in-secret"
LONGEST_S = 31 * 24 * 3600
KNOWN_FIELDS = frozenset(
    (
        "records", "start", "finish", "answer", "from_extension", "from_number", "to_extension", "to_number",
        "disconnect_reason", "entry_id", "line_number", "location",
    )
)  # fmt: skip


@dataclass
class MangoStandIn(Behaviour):
    """``legs``: rows with the vendor's names. ``not_ready``: questions for a report that are told to wait. ``sounds``
    by recording id; a link is good for one download (``links``), the next ``expire_next`` of them for none.
    """

    legs: list[dict[str, Any]] = field(default_factory=list)
    sounds: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, tuple[str, int]] = field(default_factory=dict)
    not_ready: int = 1
    expire_next: int = 0
    given: int = 0

    def answer(self, question: Question) -> Answer:
        if question.method == "GET":
            content = self.links.pop(question.path, None)
            return Answer(content, "audio/mpeg") if content is not None else Answer(b"gone", "text/html", 404)
        told = question.form.get("json", "")
        if question.form.get("sign") != hashlib.sha256(f"{KEY}{told}{SALT}".encode()).hexdigest():
            return as_json({"result": "refused"}, 401)
        if question.form.get("vpbx_api_key") != KEY:
            return as_json({"result": "refused"}, 401)
        body = json.loads(told)
        match question.path:
            case "/vpbx/stats/request":
                return self._ordered(body)
            case "/vpbx/stats/result":
                return self._report(body)
            case "/vpbx/queries/recording/post/":
                return self._link(body)
        return Answer(b"not found", "text/plain", 404)

    def _ordered(self, body: Mapping[str, str]) -> Answer:
        since, until, fields = int(body["date_from"]), int(body["date_to"]), body["fields"].split(",")
        if until - since > LONGEST_S or not KNOWN_FIELDS.issuperset(fields):
            return as_json({"result": "wrong"})
        key = f"report-{len(self.reports)}"
        lines = [
            ";".join(str(leg.get(name, "")) for name in fields) + "\n"
            for leg in self.legs
            if since <= int(leg["start"]) <= until
        ]
        self.reports[key] = "".join(lines), self.not_ready
        return as_json({"key": key})

    def _report(self, body: Mapping[str, str]) -> Answer:
        if body.get("key") not in self.reports:
            return Answer(b"not found", "text/plain", 404)
        content, waits = self.reports[body["key"]]
        if waits:
            self.reports[body["key"]] = content, waits - 1
            return Answer(b"", "text/csv", 204)
        return Answer(content.encode(), "text/csv")

    def _link(self, body: Mapping[str, str]) -> Answer:
        sound = self.sounds.get(body["recording_id"])
        if sound is None:
            return Answer(b"not found", "text/plain", 404)
        self.given += 1
        path = f"/files/{self.given}.mp3"
        if self.expire_next:
            self.expire_next -= 1
        else:
            self.links[path] = sound
        return Answer(b"", "text/html", 302, {"Location": path})

    def error_in_success(self) -> Answer:
        return as_json({"result": "trouble"})


def leg(number: int, started_at: int, **changes: object) -> dict[str, Any]:
    """One agent's telephone: rung for six seconds, then forty of talk."""
    row = {
        "entry_id": f"e{number}", "records": "[]", "start": started_at, "finish": started_at + 46,
        "answer": started_at + 6, "from_extension": "", "from_number": f"7916{number % 10_000_000:07d}",
        "to_extension": "101", "to_number": "sip:u@example.mangosip.ru", "disconnect_reason": 1110,
        "line_number": "74950000001", "location": "abonent", **changes,
    }  # fmt: skip
    return {name: str(value) for name, value in row.items()}


def call(number: int, started_at: int, **changes: object) -> list[dict[str, Any]]:
    """A call that two agents were rung for, one after the other; the second one answered."""
    missed = leg(number, started_at, to_extension="102", answer=0, finish=started_at + 15, disconnect_reason=1111)
    return [missed, leg(number, started_at + 15, **changes)]
