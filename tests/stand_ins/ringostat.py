"""Ringostat as its document has it: calls/list by wall-clock period, silently cut at 6500 rows, and recordings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

KEY = "stand-in-key"
ROWS_AT_MOST = 6500
#: Fields without which the vendor answers «incorrect field».
KNOWN_FIELDS = frozenset(
    [
        "uniqueid",
        "calldate",
        "caller",
        "caller_number",
        "dst",
        "n_alias",
        "pool_name",
        "scheme_name",
        "disposition",
        "call_type",
        "duration",
        "duration_ms",
        "waittime",
        "billsec",
        "connected_with",
        "additional_number",
        "call_counter",
        "proper_flag",
        "repeated_flag",
        "category_number",
        "category_mark",
        "employee_number",
        "employee_fio",
        "employee_mark",
        "department",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_content",
        "utm_term",
        "client_id",
        "remote_ip",
        "refferrer",
        "landing",
        "has_recording",
        "recording",
        "recording_wav",
        "call_card",
    ]
)


@dataclass
class RingostatStandIn(Behaviour):
    """``calls``: rows with ``calldate`` in the project's zone. ``sounds``: path of a recording -> its file."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    sounds: dict[str, bytes] = field(default_factory=dict)
    sound_kind: str = "audio/wav"
    _sorted: tuple[Sequence[str], Sequence[dict[str, Any]]] | None = None

    def answer(self, question: Question) -> Answer:
        if question.path in self.sounds:
            return self._sound(question)
        if question.path != "/calls/list":
            return Answer(b"not found", "text/plain", 404)
        if question.headers.get("auth-key") != KEY:
            return as_json({"error": "unauthorized"}, 401)
        wanted = question.params["fields"].split(",")
        if not KNOWN_FIELDS.issuperset(wanted):
            return as_json("incorrect field")
        for name in ("from", "to"):
            datetime.strptime(question.params[name], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - as the vendor has it
        found = self._between(question.params["from"], question.params["to"])
        return as_json([{name: row.get(name, "") for name in wanted} for row in found[:ROWS_AT_MOST]])

    def _between(self, since: str, until: str) -> Sequence[dict[str, Any]]:
        if self._sorted is None or len(self._sorted[0]) != len(self.calls):
            rows = sorted(self.calls, key=lambda row: row["calldate"])
            self._sorted = [row["calldate"] for row in rows], rows
        moments, rows = self._sorted
        return rows[bisect_left(moments, since) : bisect_right(moments, until)]

    def _sound(self, question: Question) -> Answer:
        content = self.sounds[question.path]
        asked = question.headers.get("range", "")
        if asked.startswith("bytes="):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            told = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return Answer(content[start:], self.sound_kind, 206, {"Content-Range": told})
        return Answer(content, self.sound_kind)


def row(number: int, at: datetime, **changes: object) -> Mapping[str, Any]:
    """An answered inbound call; ``at`` is the project's wall clock."""
    return {
        "uniqueid": f"ua3-{number}",
        "calldate": at.strftime("%Y-%m-%d %H:%M:%S"),
        "caller": "380671112233",
        "caller_number": f"38067{number % 10_000_000:07d}",
        "dst": "380442220001",
        "disposition": "ANSWERED",
        "call_type": "in",
        "duration": "71",
        "waittime": "10",
        "billsec": "61",
        "connected_with": "acme_manager1",
        "call_counter": "1",
        "employee_number": "501",
        "employee_fio": "Олена Тест",
        "has_recording": "0",
        **changes,
    }
