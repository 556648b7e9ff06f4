"""Data API 2.0 of UIS, CoMagic and Novofon as its document has it: two reports, pages, limits, errors with 200."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

KEY = "stand-in-key"
PATH = "/v2.0"
WALL = "%Y-%m-%d %H:%M:%S"
LIMIT_AT_MOST, OFFSET_AT_MOST = 10_000, 100_000


@dataclass
class DataApiStandIn(Behaviour):
    """``calls`` and ``legs`` with times of the account's zone. ``minute_limit``: questions until it says -32029 once,
    as if the next minute had come then. ``sounds``: path of a recording -> its file.
    """

    calls: list[dict[str, Any]] = field(default_factory=list)
    legs: list[dict[str, Any]] = field(default_factory=list)
    sounds: dict[str, bytes] = field(default_factory=dict)
    day_limit: int = 100_000
    minute_limit: int = 100_000
    in_minute: int = 0
    rows_at_most: int = LIMIT_AT_MOST
    _sorted: dict[str, tuple[int, Sequence[str], Sequence[dict[str, Any]]]] = field(default_factory=dict)

    def answer(self, question: Question) -> Answer:
        if question.path in self.sounds:
            return Answer(self.sounds[question.path], "audio/mpeg")
        if question.path != PATH or question.method != "POST":
            return Answer(b"not found", "text/html", 404)
        body = question.body
        if body.get("jsonrpc") != "2.0":
            return _error(body.get("id"), -32600)
        params = body["params"]
        if params.get("access_token") != KEY:
            return _error(body["id"], -32001)
        if self.in_minute >= self.minute_limit or self.day_limit <= 0:
            self.in_minute = 0  # the next minute has come when it asks again
            return _error(body["id"], -32029)
        self.in_minute += 1
        self.day_limit -= 1
        rows = {"get.calls_report": self.calls, "get.call_legs_report": self.legs}.get(body["method"])
        if rows is None:
            return _error(body["id"], -32601)
        limit, offset = params.get("limit", 10_000), params.get("offset", 0)
        if limit > LIMIT_AT_MOST or offset > OFFSET_AT_MOST or not _known(params["fields"], body["method"]):
            return _error(body["id"], -32602)
        for name in ("date_from", "date_till"):
            datetime.strptime(params[name], WALL)  # noqa: DTZ007 - as the vendor has it
        found = self._between(body["method"], rows, params["date_from"], params["date_till"])
        page = found[offset : offset + min(limit, self.rows_at_most)]
        meta = {"total_items": len(found)} if body["method"] == "get.calls_report" else {}
        data = [{name: row.get(name) for name in params["fields"]} for row in page]
        limits = {
            "day_limit": 100_000, "day_remaining": self.day_limit, "day_reset": 40_000,
            "minute_limit": self.minute_limit, "minute_remaining": self.minute_limit - self.in_minute,
            "minute_reset": 30,
        }  # fmt: skip
        return as_json({"jsonrpc": "2.0", "id": body["id"], "result": {"metadata": {**meta, "limits": limits},
                                                                       "data": data}})  # fmt: skip

    def _between(self, method: str, rows: list[dict[str, Any]], since: str, until: str) -> Sequence[dict[str, Any]]:
        kept = self._sorted.get(method)
        if kept is None or kept[0] != len(rows):
            ordered = sorted(rows, key=lambda row: row["start_time"])
            kept = len(rows), [row["start_time"] for row in ordered], ordered
            self._sorted[method] = kept
        _, moments, in_order = kept
        return in_order[bisect_left(moments, since) : bisect_right(moments, until)]

    def error_in_success(self) -> Answer:
        return _error(1, -32603)


def _known(fields: Sequence[str], method: str) -> bool:
    return set(fields) <= (_CALL_FIELDS if method == "get.calls_report" else _LEG_FIELDS)


def _error(question_id: Any, code: int) -> Answer:
    return as_json({"jsonrpc": "2.0", "id": question_id, "error": {"code": code, "message": "error", "data": {}}})


def call(number: int, at: datetime, **changes: object) -> dict[str, Any]:
    """A call that two employees were rung for; ``at`` is the account's wall clock."""
    return {
        "id": number, "start_time": at.strftime(WALL), "finish_time": (at + timedelta(seconds=61)).strftime(WALL),
        "virtual_phone_number": "74950000001", "contact_phone_number": f"7916{number % 10_000_000:07d}",
        "finish_reason": "subscriber_disconnects", "direction": "in", "communication_id": 500_000 + number,
        "communication_number": 1, "is_lost": False, "wait_duration": 21, "total_wait_duration": 21,
        "talk_duration": 40, "total_duration": 61, "utm_source": "google", "employees": [
            {"employee_id": 2, "employee_full_name": "Борис Тест", "is_answered": False, "is_talked": False},
            {"employee_id": 1, "employee_full_name": "Анна Тест", "is_answered": True, "is_talked": True},
        ],
        "call_records": [], "full_record_file_link": None, "voice_mail_records": [], **changes,
    }  # fmt: skip


def leg(number: int, call_number: int, at: datetime, **changes: object) -> dict[str, Any]:
    """Six seconds of ringing, forty of talk."""
    return {
        "id": number, "call_session_id": call_number, "start_time": at.strftime(WALL),
        "connect_time": (at + timedelta(seconds=6)).strftime(WALL), "duration": 40, "total_duration": 46,
        "finish_reason": "subscriber_disconnects", "direction": "in",
        "calling_phone_number": f"7916{call_number % 10_000_000:07d}", "called_phone_number": "101",
        "virtual_phone_number": "74950000001", "is_transfered": False, "is_operator": True, "employee_id": 1,
        "employee_full_name": "Анна Тест", "is_failed": False, "is_talked": True, **changes,
    }  # fmt: skip


def legs(call_number: int, at: datetime) -> list[dict[str, Any]]:
    """Of :func:`call`: the first did not take it, the second did."""
    attempt = leg(
        2 * call_number, call_number, at, connect_time=None, duration=0, total_duration=15, called_phone_number="102",
        employee_id=2, employee_full_name="Борис Тест", is_talked=False, finish_reason="no_answer",
    )  # fmt: skip
    return [attempt, leg(2 * call_number + 1, call_number, at + timedelta(seconds=15))]


_AT = datetime(2026, 3, 2)  # noqa: DTZ001 - a wall clock
_CALL_FIELDS = {
    *call(1, _AT), "is_transfer", "source", "communication_type", "lost_call_processing_duration", "ext_id",
    "clean_talk_duration", "postprocess_duration", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    "search_query", "campaign_id", "campaign_name", "visitor_type", "attributes", "tags", "wav_call_records",
    "first_answered_employee_id", "last_answered_employee_id", "operator_phone_number",
}  # fmt: skip
_LEG_FIELDS = {*leg(1, 1, _AT), "call_records", "wav_call_records"}
