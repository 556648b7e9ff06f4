"""Binotel as public code knows it: a day a question, errors with 200, links to recordings that soon expire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

KEY, SECRET = "stand-in-key", "stand-in-secret"
LONGEST_S = 24 * 3600


@dataclass
class BinotelStandIn(Behaviour):
    """``calls`` by generalCallID. A link is good for one download (``links`` -> sound); ``address`` is its own."""

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    sounds: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, bytes] = field(default_factory=dict)
    address: str = ""
    expire_next: int = 0
    given: int = 0

    def answer(self, question: Question) -> Answer:
        if question.method == "GET":
            content = self.links.pop(question.path, None)
            return Answer(content, "audio/wav") if content is not None else Answer(b"gone", "text/html", 403)
        if question.body.get("key") != KEY or question.body.get("secret") != SECRET:
            return _error(121)
        if question.path == "/stats/list-of-calls-for-period.json":
            since, until = question.body["startTime"], question.body["stopTime"]
            if until - since > LONGEST_S:
                return _error(103)
            found = {key: call for key, call in self.calls.items() if since <= int(call["startTime"]) <= until}
            return as_json({"status": "success", "callDetails": found or []})
        if question.path == "/stats/call-record.json":
            sound = self.sounds.get(str(question.body["generalCallID"]))
            if sound is None:
                return _error(104)
            self.given += 1
            path = f"/record/{self.given}.wav"
            if self.expire_next:
                self.expire_next -= 1
            else:
                self.links[path] = sound
            return as_json({"status": "success", "url": self.address + path})
        return _error(102)

    def error_in_success(self) -> Answer:
        return _error(106)


def _error(code: int) -> Answer:
    return as_json({"status": "error", "code": code, "message": "error"})


def call(number: int, started_at: int, **changes: object) -> dict[str, Any]:
    """A call that two agents were rung for; the second one answered."""
    attempts = [
        {"waitsec": "15", "billsec": "0", "disposition": "NOANSWER", "internalNumber": "902", "employeeData": None},
        {
            "waitsec": "4", "billsec": "38", "disposition": "ANSWER", "internalNumber": "901",
            "employeeData": {"name": "Олена Тест", "email": "olena@example.test"},
        },
    ]  # fmt: skip
    return {
        "generalCallID": str(number), "startTime": str(started_at), "callType": "0", "internalNumber": "901",
        "externalNumber": f"067{number % 10_000_000:07d}", "waitsec": "4", "billsec": "38", "disposition": "ANSWER",
        "recordingStatus": "", "isNewCall": "1", "historyData": attempts, **changes,
    }  # fmt: skip
