"""Binotel: ``stats/list-of-calls-for-period``, a call an entry with its attempts in ``historyData``, a day an answer.

The protocol was seen in public code, not tried. Errors come with status 200. Times are unix seconds. A recording's link
lives for a quarter of an hour, so it is asked for at the moment of downloading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled, SourceUnreachable
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.call_values import ending_of, number, text, unix_moment, utm_tracking, whose
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.windows import OVERLAP
from qc_workbench.sources.wire import Wire

CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(hours=24),
    rows_at_most=None,
    requests_per_s=0.5,  # not documented; error 106 tells when it is too much
    burst=2,
    has_legs=True,
    has_final_event=True,
    links_live_s=900,
)
WAYS: Final[Mapping[str, Way]] = {"0": Way.IN, "1": Way.OUT}
ENDINGS: Final[Mapping[str, Ending]] = {
    "ANSWER": Ending.ANSWERED, "TRANSFER": Ending.ANSWERED, "ONLINE": Ending.IN_PROGRESS, "CALLING": Ending.IN_PROGRESS,
    "BUSY": Ending.BUSY, "NOANSWER": Ending.MISSED, "CANCEL": Ending.MISSED, "CONGESTION": Ending.FAILED,
    "CHANUNAVAIL": Ending.FAILED, "VM": Ending.MISSED, "VM-SUCCESS": Ending.VOICEMAIL,
    "SMS-SENDING": Ending.NOT_A_CALL, "SMS-SUCCESS": Ending.NOT_A_CALL, "SMS-FAILED": Ending.NOT_A_CALL,
    "SUCCESS": Ending.NOT_A_CALL, "FAILED": Ending.FAILED,
}  # fmt: skip
_THROTTLED: Final = 106
#: No data, disabled, wrong key: asking again does not help.
_REFUSED: Final = frozenset({102, 103, 120, 121})
_NO_RECORD: Final = 104
#: Behind the id in the key of a recording that is being uploaded, with when its call was over.
_UPLOADING: Final = "|uploading|"
#: So long a recording that is being uploaded is not asked for: the call itself is read again by then and says so.
UPLOADED_BY: Final = OVERLAP
#: Later than this, "no such record" is believed of a call that was last seen with its recording being uploaded.
RECORD_AT_LAST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class BinotelMeaning:
    region: str

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        row = max(rows, key=_newest)  # read again later the same call knows more
        way = WAYS.get(str(row.get("callType")))
        if way is None:
            raise BadValueError("vendor_word", name="callType")
        began = unix_moment(row.get("startTime"))
        word = ENDINGS.get(str(row.get("disposition") or "").upper(), Ending.UNKNOWN)
        legs = _legs(row, began)
        talk_s = number(row, "billsec")
        ending = ending_of(way, word, talk_s)
        if ending is not Ending.ANSWERED:
            talk_s = 0.0
        # the entry's own wait is that of its last attempt; the client waited through all of them until somebody talked
        first = next((place for place, leg in enumerate(legs) if leg.talk_s > 0), len(legs) - 1)
        wait_s = sum(leg.wait_s or 0.0 for leg in legs[: first + 1])
        over = began + timedelta(seconds=sum(leg.wait_s or 0.0 for leg in legs) + talk_s)
        tracking = row.get("callTrackingData") or {}
        client_raw = text(row, "externalNumber") or ""
        pbx = row.get("pbxNumberData") or {}
        return TelephonyCall(
            group_id=str(row["generalCallID"]),
            way=way,
            way_raw=str(row.get("callType")),
            client=party(client_raw, self.region).phone,
            client_raw=client_raw,
            started_at=began,
            talk_s=talk_s,
            total_s=(over - began).total_seconds(),
            ending=ending,
            ending_raw=str(row.get("disposition") or ""),
            agent=whose(legs),
            line=text(pbx, "number"),
            wait_s=wait_s,
            answered_at=began + timedelta(seconds=wait_s) if talk_s else None,
            ended_at=over,
            hangup_by=text(row, "whoHungUp"),
            first_time={"1": True, "0": False}.get(str(row.get("isNewCall"))),
            tracking=utm_tracking(tracking, "fullUrl", "gaClientId"),
            legs=legs,
            recording=_recording(row, over) if talk_s > 0 else None,
        )


def _recording(row: Mapping[str, Any], over: datetime) -> RecordingRef | None:
    """Another key while it is being uploaded: once it is there it is waited for anew, whatever came of it before."""
    key, status = str(row["generalCallID"]), (text(row, "recordingStatus") or "").lower()
    if status == "uploading":
        key += f"{_UPLOADING}{int(over.timestamp())}"
    return RecordingRef("", key=key) if status in ("uploaded", "uploading") else None


def _newest(row: Mapping[str, Any]) -> tuple[bool, float, bool, str]:
    word = ENDINGS.get(str(row.get("disposition") or "").upper(), Ending.UNKNOWN)
    recorded = (text(row, "recordingStatus") or "").lower() == "uploaded"
    return word is not Ending.IN_PROGRESS, number(row, "billsec"), recorded, repr(sorted(row.items(), key=str))


def _legs(row: Mapping[str, Any], began: datetime) -> tuple[Leg, ...]:
    """Attempts in the order in which they were made; each begins when the one before it was over."""
    told = row.get("historyData")
    found = list(told.values()) if isinstance(told, dict) else told if isinstance(told, list) else []
    history: list[Mapping[str, Any]] = [part for part in found if isinstance(part, dict)] or [row]
    legs: list[Leg] = []
    at = began
    for part in history:
        wait_s, talk_s = number(part, "waitsec"), number(part, "billsec")
        word = ENDINGS.get(str(part.get("disposition") or "").upper(), Ending.UNKNOWN)
        talk_s = 0.0 if word in (Ending.VOICEMAIL, Ending.NOT_A_CALL, Ending.IN_PROGRESS) else talk_s
        agent = _agent(part)
        transferred = bool(legs) and legs[-1].talk_s > 0
        legs.append(Leg(agent, at, wait_s, talk_s, Ending.ANSWERED if talk_s else word, transferred))
        at += timedelta(seconds=wait_s + talk_s)
    return tuple(legs)


def _agent(part: Mapping[str, Any]) -> VendorAgent | None:
    extension = text(part, "internalNumber")
    employee = part.get("employeeData") or {}
    key = extension or text(employee, "email")
    return VendorAgent(key, text(employee, "name"), extension) if key else None


class Binotel(AskedSystem[BinotelMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, meaning: BinotelMeaning, key: str, secret: str) -> None:
        super().__init__(wire, meaning)
        self._keys = {"key": key, "secret": secret}

    def batches(self, window: Window) -> Iterator[Batch]:
        period = {"startTime": int(window.since.timestamp()), "stopTime": int(window.until.timestamp()) - 1}
        found = self._post("stats/list-of-calls-for-period", period, self._details)
        rows, problems = [], []
        for place, (key, row) in enumerate(found.items(), start=1):
            named = str(row.get("generalCallID") or key) if isinstance(row, dict) else ""
            if named:
                rows.append(VendorRow(named, "", {**row, "generalCallID": row.get("generalCallID") or key}))
            else:
                problems.append(Problem(self._wire.source, place, "generalCallID", shown(key), "vendor_row"))
        yield Batch(rows, min(window.until, self._wire.vendor_now()), problems=problems)

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        call_id, uploading, told = ref.key.partition(_UPLOADING)
        now = self._wire.clock.now()
        over = datetime.fromtimestamp(int(told), UTC) if uploading else None
        answer = None
        if over is None or now >= over + UPLOADED_BY:
            answer = self._post("stats/call-record", {"generalCallID": call_id}, self._link)
        if answer is None:
            if over is not None and now < over + RECORD_AT_LAST:
                raise SourceUnreachable("source_recording_not_yet", source=self._wire.source)
            return None
        return RecordingRef(answer, ref.key, self._wire.clock.now() + timedelta(seconds=CAPABILITIES.links_live_s or 0))

    def _post(self, method: str, question: Mapping[str, Any], read: Any) -> Any:
        return self._wire.ask("POST", f"/{method}.json", read, body={**self._keys, **question})

    def _checked(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="status")
        if answer["status"] == "error":
            raise self._error(answer)
        return answer

    def _error(self, answer: Mapping[str, Any]) -> SourceError:
        told = str(answer.get("code", ""))
        code = int(told) if told.isdigit() else 0
        if code == _THROTTLED:
            return SourceThrottled("source_throttled", source=self._wire.source, wait_s=5.0)
        if code in _REFUSED:
            return SourceRefused("source_refused", source=self._wire.source, status=code)
        return SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=told)

    def _details(self, answer: Any) -> Mapping[str, Any]:
        found = self._checked(answer).get("callDetails")
        if isinstance(found, dict):
            return found
        if found == []:  # PHP writes an empty object so
            return {}
        raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="callDetails")

    def _link(self, answer: Any) -> str | None:
        if isinstance(answer, dict) and answer.get("status") == "error" and str(answer.get("code")) == str(_NO_RECORD):
            return None
        found = self._checked(answer).get("url")
        return str(found) if found else None
