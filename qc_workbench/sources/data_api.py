"""UIS, CoMagic and Novofon 2: JSON-RPC "Data API" 2.0, a report of calls and a report of their legs.

By the vendor's document, not tried. Errors come with status 200. Times carry no zone: the zone of the account, set for
the source. Pages of a list without a promised order shift while calls come in, so none are asked for: a period with
more rows than one answer holds is asked in halves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, Tracking, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.call_values import covered_s, ending_of, local_bounds, local_moment, number, text, whose
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import PartyKind, party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.windows import halves
from qc_workbench.sources.wire import LONGEST_PAUSE_S, Wire

CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(days=1),
    rows_at_most=10_000,
    requests_per_s=1.0,  # the document's example allows 60 a minute; answers tell what is left
    burst=10,
    has_legs=True,
    rows_come_apart=True,  # a transferred call may have legs on both sides of midnight
)
CALL_FIELDS: Final = (
    "id", "start_time", "finish_time", "virtual_phone_number", "contact_phone_number", "finish_reason", "direction",
    "communication_number", "is_lost", "wait_duration", "total_wait_duration", "talk_duration", "total_duration",
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "search_query", "campaign_name",
    "employees", "call_records", "full_record_file_link", "voice_mail_records",
)  # fmt: skip
LEG_FIELDS: Final = (
    "id", "call_session_id", "start_time", "connect_time", "duration", "total_duration", "finish_reason",
    "direction", "calling_phone_number", "called_phone_number", "is_transfered", "is_operator", "employee_id",
    "employee_full_name", "is_failed", "is_talked",
)  # fmt: skip
WAYS: Final[Mapping[str, Way]] = {"in": Way.IN, "out": Way.OUT}
HANGUPS: Final[Mapping[str, str]] = {"operator_disconnects": "agent", "subscriber_disconnects": "client"}
_THROTTLED: Final = -32029
#: JSON-RPC 2.0: a wrong question stays wrong.
_WRONG_QUESTION: Final = frozenset({-32600, -32601, -32602})
_WALL: Final = "%Y-%m-%d %H:%M:%S"
#: Between the id and the beginning of a call in the key of its recording.
_BETWEEN: Final = "@"


@dataclass(frozen=True, slots=True)
class DataApiMeaning:
    zone: ZoneInfo
    region: str

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        told = [row for row in rows if "call_session_id" not in row]
        if not told:
            return None  # a leg of a call that began before the period
        row = told[0] if len(told) == 1 else max(told, key=_newest)
        way = WAYS.get(str(row.get("direction")))
        if way is None:
            raise BadValueError("vendor_word", name="direction")
        began = self._moment(row, "start_time")
        ended = self._moment(row, "finish_time") if text(row, "finish_time") else None
        legs = self._legs(rows, way)
        staff = [item for item in row.get("employees") or () if isinstance(item, dict)]
        talk_s = _talk_s(row, legs, staff)
        mail = bool(row.get("voice_mail_records")) and not talk_s
        word = Ending.IN_PROGRESS if ended is None else Ending.VOICEMAIL if mail else Ending.MISSED
        total_s = number(row, "total_duration")
        wait_s = number(row, "wait_duration") if talk_s else number(row, "total_wait_duration") or total_s
        client_raw = text(row, "contact_phone_number") or ""
        ending = ending_of(way, word, talk_s)
        agent = whose(legs) or _agent_of_staff(staff)
        return TelephonyCall(
            group_id=str(row["id"]),
            way=way,
            way_raw=str(row.get("direction")),
            client=party(client_raw, self.region).phone,
            client_raw=client_raw,
            started_at=began,
            talk_s=talk_s,
            total_s=total_s,
            ending=ending,
            ending_raw=text(row, "finish_reason") or "",
            agent=agent,
            line=text(row, "virtual_phone_number"),
            wait_s=wait_s,
            answered_at=began + timedelta(seconds=wait_s) if talk_s else None,
            ended_at=ended,
            hangup_by=HANGUPS.get(text(row, "finish_reason") or ""),
            first_time=None if row.get("communication_number") is None else str(row["communication_number"]) == "1",
            tracking=Tracking(
                source=text(row, "utm_source"),
                medium=text(row, "utm_medium"),
                campaign=text(row, "utm_campaign") or text(row, "campaign_name"),
                term=text(row, "utm_term") or text(row, "search_query"),
                content=text(row, "utm_content"),
            ),
            legs=legs,
            recording=_recording(row) if ending is Ending.ANSWERED else None,
        )

    def _legs(self, rows: Sequence[Mapping[str, Any]], way: Way) -> tuple[Leg, ...]:
        """Attempts to connect agents, by time. A leg with a client, a menu or a queue is none."""
        legs = [row for row in rows if "call_session_id" in row]
        newest = {str(row.get("id")): row for row in legs}
        if len(newest) < len(legs):
            newest = {str(row.get("id")): row for row in sorted(legs, key=_newest_leg)}
        found = [row for row in newest.values() if _is(row, "is_operator")]
        found.sort(key=lambda row: (str(row.get("start_time")), _sortable(row.get("id"))))
        return tuple(self._leg(row, way) for row in found)

    def _leg(self, row: Mapping[str, Any], way: Way) -> Leg:
        began = self._moment(row, "start_time")
        connected = self._moment(row, "connect_time") if text(row, "connect_time") else None
        talk_s = number(row, "duration") if _is(row, "is_talked") else 0.0
        wait_s = (connected - began).total_seconds() if connected else number(row, "total_duration")
        return Leg(
            agent=self._agent(row, way),
            started_at=began,
            wait_s=max(0.0, wait_s),
            talk_s=talk_s,
            ending=ending_of(way, Ending.MISSED, talk_s),
            is_transfer=_is(row, "is_transfered"),
        )

    def _agent(self, row: Mapping[str, Any], way: Way) -> VendorAgent | None:
        ends = ("called_phone_number", "calling_phone_number")
        for name in ends if way is Way.IN else ends[::-1]:
            end = party(text(row, name) or "", self.region)
            if end.kind is PartyKind.EXTENSION:
                break
        extension = end.value if end.kind is PartyKind.EXTENSION else None
        key = text(row, "employee_id") or extension
        return VendorAgent(key, text(row, "employee_full_name"), extension) if key else None

    def _moment(self, row: Mapping[str, Any], name: str) -> datetime:
        return local_moment(str(row.get(name) or ""), self.zone)


def _talk_s(row: Mapping[str, Any], legs: Sequence[Leg], staff: Sequence[Mapping[str, Any]]) -> float:
    """Legs and employees tell whether anybody talked, the call itself how long. Seconds with a menu are no talk."""
    talked = any(leg.talk_s > 0 for leg in legs) or any(_is(item, "is_talked") for item in staff)
    told = bool(legs) or any(item.get("is_talked") is not None for item in staff)
    nothing_known = not told and str(row.get("is_lost")).lower() in ("false", "0")
    if not talked and not nothing_known:
        return 0.0
    stretches = ((leg.started_at + timedelta(seconds=leg.wait_s or 0.0), leg.wait_s or 0.0, leg.talk_s) for leg in legs)
    return number(row, "talk_duration") or covered_s(
        (start, start + timedelta(seconds=talk_s)) for start, _, talk_s in stretches if talk_s
    )


def _is(row: Mapping[str, Any], name: str) -> bool:
    """A flag, also one that is written as a word or a number."""
    return str(row.get(name)).lower() in ("true", "1")


def _whole(value: Any) -> int:
    """A whole number, also one that is written as a text; 0 for anything else."""
    try:
        return int(str(value))
    except ValueError:
        return 0


def _newest(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Read again later the same call knows more."""
    recorded = bool(text(row, "full_record_file_link"))
    return bool(text(row, "finish_time")), number(row, "total_duration"), recorded, repr(sorted(row.items()))


def _newest_leg(row: Mapping[str, Any]) -> tuple[object, ...]:
    return number(row, "total_duration"), repr(sorted(row.items()))


def _sortable(value: Any) -> tuple[int, str]:
    told = str(value)
    return len(told), told  # numbers by size, without trusting that they are numbers


def _agent_of_staff(staff: Sequence[Mapping[str, Any]]) -> VendorAgent | None:
    named = [item for item in staff if text(item, "employee_id")]
    if not named:
        return None
    one = max(named, key=lambda item: (_is(item, "is_talked"), _is(item, "is_answered")))
    return VendorAgent(str(one["employee_id"]), text(one, "employee_full_name"))


def _recording(row: Mapping[str, Any]) -> RecordingRef | None:
    link = text(row, "full_record_file_link")
    if not link and not row.get("call_records"):
        return None
    return RecordingRef(link or "", key=f"{row['id']}{_BETWEEN}{row.get('start_time')}")


class DataApi(AskedSystem[DataApiMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`. ``address`` is the whole address: there is but one."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, meaning: DataApiMeaning, address: str, token: str) -> None:
        super().__init__(wire, meaning)
        self._address = address
        self._token = token
        self._ids = itertools.count(1)
        self._day_is_over: float | None = None

    def batches(self, window: Window) -> Iterator[Batch]:
        since, until = local_bounds(window.since, window.until, self._meaning.zone)
        calls = self._rows("get.calls_report", since, until, CALL_FIELDS)
        legs = self._rows("get.call_legs_report", since, until, LEG_FIELDS) if calls is not None else None
        if calls is None or legs is None:
            parts = halves(window)
            if parts is None:
                raise SourceAnswerBroken("source_window_too_dense", source=self._wire.source, at=since.isoformat(" "))
            for part in parts:
                yield from self.batches(part)
            return
        problems: list[Problem] = []
        rows = [*self._named(calls, "id", "call", problems), *self._named(legs, "call_session_id", "leg", problems)]
        yield Batch(rows, min(window.until, self._wire.vendor_now()), problems=problems)

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        """The call is asked for anew: by the second in which it began, there being no other documented way."""
        call_id, _, began = ref.key.partition(_BETWEEN)
        try:
            at = datetime.strptime(began, _WALL)  # noqa: DTZ007 - on the wall clock, as the vendor has it
        except ValueError:
            return None
        until = at + timedelta(seconds=1)  # whether the end counts is not said
        for row in self._rows("get.calls_report", at, until, CALL_FIELDS) or ():
            link = text(row, "full_record_file_link") if str(row.get("id")) == call_id else None
            if link:
                return RecordingRef(link, ref.key)
        return None

    def _named(self, found: Sequence[Any], group: str, kind: str, problems: list[Problem]) -> Iterator[VendorRow]:
        for place, row in enumerate(found, start=1):
            if isinstance(row, dict) and text(row, group) and text(row, "id"):
                kept = {name: value for name, value in row.items() if value not in (None, "", [])}
                yield VendorRow(str(row[group]), "call" if kind == "call" else f"leg:{row['id']}", kept)
            else:
                problems.append(Problem(self._wire.source, place, group, shown(row)[:80], "vendor_row"))

    def _rows(self, method: str, since: datetime, until: datetime, fields: Sequence[str]) -> list[Any] | None:
        """Every row of a period on the wall clock, both ends inclusive; None when one answer does not hold them."""
        if self._day_is_over is not None and self._wire.clock.monotonic() < self._day_is_over:
            raise self._throttled(None)
        question_id = next(self._ids)
        limit = CAPABILITIES.rows_at_most or 0
        params = {
            "access_token": self._token, "date_from": since.strftime(_WALL), "date_till": until.strftime(_WALL),
            "limit": limit, "offset": 0, "fields": list(fields),
        }  # fmt: skip

        def read(answer: Any) -> list[Any] | None:
            result = self._result(answer)
            found, meta = result.get("data"), result.get("metadata") or {}
            if not isinstance(found, list):
                raise self._broken("data")
            self._heed(meta.get("limits") or {})
            total = _whole(meta.get("total_items"))
            if total > len(found) and not found:
                raise self._broken(f"{len(found)} < {total}")
            # also where the server gives fewer at once than it was asked for
            return None if len(found) >= limit or total > len(found) else found

        body = {"jsonrpc": "2.0", "id": question_id, "method": method, "params": params}
        return self._wire.ask("POST", self._address, read, body=body)

    def _result(self, answer: Any) -> Mapping[str, Any]:
        """Its ``id`` is not looked at: over HTTP an answer belongs to its question, and some servers say 1 to all."""
        if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0":
            raise self._broken("jsonrpc")
        if answer.get("error") is not None:
            raise self._error(answer["error"])
        result = answer.get("result")
        if not isinstance(result, dict):
            raise self._broken("result")
        return result

    def _error(self, told: Any) -> SourceError:
        code = _whole(told.get("code")) if isinstance(told, dict) else None
        if code == _THROTTLED:
            return self._throttled(LONGEST_PAUSE_S)
        if code in _WRONG_QUESTION:
            return SourceRefused("source_wrong_question", source=self._wire.source, status=code)
        return self._broken(str(code))

    def _heed(self, limits: Mapping[str, Any]) -> None:
        """What is left by the vendor's own count: at the end of a minute's worth it waits, of a day's it stops."""
        if limits.get("minute_remaining") == 0:
            self._wire.clock.sleep(min(_seconds(limits.get("minute_reset")), LONGEST_PAUSE_S))
        if limits.get("day_remaining") == 0:
            self._day_is_over = self._wire.clock.monotonic() + _seconds(limits.get("day_reset"))

    def _throttled(self, wait_s: float | None) -> SourceThrottled:
        return SourceThrottled("source_throttled", source=self._wire.source, wait_s=wait_s)

    def _broken(self, detail: str) -> SourceAnswerBroken:
        return SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=detail)


def _seconds(value: Any) -> float:
    return max(0.0, float(value)) if isinstance(value, int | float) else LONGEST_PAUSE_S
