"""Ringostat: ``GET /calls/list``, a row a call (several for one ``uniqueid`` are legs), at most 6500 rows an answer.

Verified against the vendor's document only; the values of ``call_type`` and ``disposition`` were seen in public code.
Times carry no zone: the zone of the source. A longer answer than 6500 rows is cut without a word, so a full one is
asked again in halves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceRefused
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.call_values import (
    ending_of,
    joined,
    local_bounds,
    local_moment,
    number,
    text,
    utm_tracking,
    whose,
)
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import PartyKind, party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.windows import halves

CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(days=7),
    rows_at_most=6500,
    requests_per_s=1.0,  # not documented; a pace that public clients keep
    burst=4,
    has_legs=False,
)
FIELDS: Final = (
    "uniqueid", "calldate", "caller", "caller_number", "dst", "call_type", "disposition", "duration", "waittime",
    "billsec", "connected_with", "call_counter", "employee_number", "employee_fio", "department", "pool_name",
    "scheme_name", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "client_id", "landing",
    "has_recording", "recording", "recording_wav", "call_card",
)  # fmt: skip
WAYS: Final[Mapping[str, Way]] = {
    "in": Way.IN, "transitin": Way.IN, "out": Way.OUT, "transitout": Way.OUT, "callback": Way.CALLBACK,
}  # fmt: skip
ENDINGS: Final[Mapping[str, Ending]] = {
    "PROPER": Ending.ANSWERED,
    "ANSWERED": Ending.ANSWERED,
    "REPEATED": Ending.ANSWERED,  # an answered repeat, not a missed call
    "NO ANSWER": Ending.MISSED,
    "VOICEMAIL": Ending.VOICEMAIL,
    "BUSY": Ending.BUSY,
    "FAILED": Ending.FAILED,
    "NO-FORWARD": Ending.FAILED,
    "WRONG EXTENSION": Ending.MISSED,
    "NO EXTENSION": Ending.MISSED,
    "CLIENT NO ANSWER": Ending.NO_ANSWER_CLIENT,
    "FAILED FORBIDDEN DESTINATION": Ending.FAILED,
    "DECLINE": Ending.MISSED,
    "IN PROGRESS": Ending.IN_PROGRESS,
    "CALLING": Ending.IN_PROGRESS,
}
_WALL: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class RingostatMeaning:
    """What its rows mean; ``region`` completes numbers without a country."""

    zone: ZoneInfo
    region: str

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        once = {repr(sorted(row.items())): row for row in rows}
        parts = sorted(once.values(), key=_order)
        legs = tuple(self._leg(row) for row in parts)
        talk_s = sum(leg.talk_s for leg in legs)
        # the row of the longest talk speaks for the call; where nobody talked, the last one says how it ended
        main = max(parts, key=lambda row: number(row, "billsec")) if talk_s else parts[-1]
        way_raw = str(main.get("call_type") or "")
        way = WAYS.get(way_raw.lower())
        if way is None:
            raise BadValueError("vendor_word", name="call_type")
        words = [ENDINGS.get(str(row.get("disposition") or "").upper(), Ending.UNKNOWN) for row in parts]
        word = ENDINGS.get(str(main.get("disposition") or "").upper(), Ending.UNKNOWN)
        ending = Ending.IN_PROGRESS if Ending.IN_PROGRESS in words else ending_of(way, word, talk_s)
        if ending is not Ending.ANSWERED:
            talk_s = 0.0
        client_raw = self._client_raw(main, way)
        began = min(leg.started_at for leg in legs)
        first = parts[0]
        wait_s = number(main, "waittime") if talk_s else max(number(row, "waittime") for row in parts)
        counter = text(first, "call_counter")
        return TelephonyCall(
            group_id=str(main["uniqueid"]),
            way=way,
            way_raw=way_raw,
            client=party(client_raw, self.region).phone,
            client_raw=client_raw,
            started_at=began,
            talk_s=talk_s,
            total_s=max(number(row, "duration") for row in parts),
            ending=ending,
            ending_raw=str(main.get("disposition") or ""),
            agent=whose(legs),
            line=text(first, "dst") if way is Way.IN else text(first, "n_alias"),
            wait_s=wait_s,
            answered_at=began + timedelta(seconds=wait_s) if talk_s else None,
            ended_at=began + timedelta(seconds=max(number(row, "duration") for row in parts)),
            first_time=None if counter is None or way is Way.OUT else counter == "1",
            tracking=utm_tracking(main, "landing", "client_id"),
            legs=legs,
            recording=_recording(main),
        )

    def _leg(self, row: Mapping[str, Any]) -> Leg:
        word = ENDINGS.get(str(row.get("disposition") or "").upper(), Ending.UNKNOWN)
        talk_s = 0.0 if word in (Ending.VOICEMAIL, Ending.IN_PROGRESS) else number(row, "billsec")
        return Leg(
            agent=_agent(row),
            started_at=local_moment(str(row.get("calldate") or ""), self.zone),
            wait_s=number(row, "waittime"),
            talk_s=talk_s,
            ending=Ending.ANSWERED if talk_s else word,
        )

    def _client_raw(self, row: Mapping[str, Any], way: Way) -> str:
        """Whoever is not ours. Of a callback the document does not say where the client is: whichever is a number."""
        ends = [text(row, name) or "" for name in ("caller_number", "caller", "dst")]
        if way is Way.OUT:
            return ends[2]
        if way is Way.IN:
            return ends[0] or ends[1]
        phones = [end for end in ends if party(end, self.region).kind is PartyKind.PHONE]
        return phones[0] if phones else ""


class Ringostat(AskedSystem[RingostatMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`."""

    capabilities = CAPABILITIES

    def batches(self, window: Window) -> Iterator[Batch]:
        since, until = local_bounds(window.since, window.until, self._meaning.zone)
        params = {
            "export_type": "json",
            "from": since.strftime(_WALL),
            "to": until.strftime(_WALL),
            "fields": ",".join(FIELDS),
            "order": "calldate asc",
        }
        found = self._wire.ask("GET", "/calls/list", self._rows, params=params)
        if len(found) >= (CAPABILITIES.rows_at_most or 0):
            parts = halves(window)
            if parts is None:
                raise SourceAnswerBroken("source_window_too_dense", source=self._wire.source, at=since.isoformat(" "))
            for part in parts:
                yield from self.batches(part)
            return
        rows, problems = [], []
        for place, row in enumerate(found, start=1):
            if isinstance(row, dict) and row.get("uniqueid"):
                rows.append(VendorRow(str(row["uniqueid"]), _row_key(row), row))
            else:
                problems.append(Problem(self._wire.source, place, "uniqueid", shown(row), "vendor_row"))
        yield Batch(rows, min(window.until, self._wire.vendor_now()), problems=problems)

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        return ref

    def _rows(self, answer: Any) -> list[Any]:
        if isinstance(answer, list):
            return answer
        told = answer if isinstance(answer, str) else ""
        if isinstance(answer, dict):
            told = str(answer.get("error") or answer.get("message") or answer.get("status") or "")
        if "incorrect" in told.lower():
            raise SourceRefused("source_wrong_question", source=self._wire.source, status=200)
        raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=shown(told)[:80])


def _row_key(row: Mapping[str, Any]) -> str:
    """Rows of one call differ in time or agent; the same row read twice does not."""
    return joined(row, "calldate", "employee_number", "connected_with")


def _order(row: Mapping[str, Any]) -> tuple[object, ...]:
    return str(row.get("calldate")), -number(row, "billsec"), _row_key(row), repr(sorted(row.items()))


def _agent(row: Mapping[str, Any]) -> VendorAgent | None:
    """The staff id stays when a name or SIP account changes; without it the account is what there is."""
    key = text(row, "employee_number") or text(row, "connected_with")
    return VendorAgent(key, text(row, "employee_fio"), text(row, "connected_with")) if key else None


def _recording(row: Mapping[str, Any]) -> RecordingRef | None:
    place = text(row, "recording_wav") or text(row, "recording")  # both channels where there are two; mp3 is second
    return RecordingRef(place) if place and str(row.get("has_recording", "1")) not in ("0", "") else None
