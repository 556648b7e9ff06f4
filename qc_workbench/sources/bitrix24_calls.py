"""Telephony of Bitrix24: ``voximplant.statistic.get``, a row an attempt, pages of 50.

A call's rows share ``CALL_ID`` [I]. The duration is that of talk; how long the client waited is told nowhere, so a call
has no wait. The outcome is a code of SIP, corrected by seconds of talk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.bitrix24_portal import Portal
from qc_workbench.sources.bitrix24_rows import moment
from qc_workbench.sources.call_values import ending_of, number, text, whose
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.wire import Wire

CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(days=7),  # not documented: a week keeps a broken answer cheap to ask again
    rows_at_most=None,
    requests_per_s=2,
    burst=2,
    has_legs=True,
    rows_come_apart=True,
    links_live_s=900,  # not documented; a link to a file of the disk carries a key of its own
)
WAYS: Final[Mapping[str, Way]] = {"1": Way.OUT, "2": Way.IN, "3": Way.IN, "4": Way.CALLBACK, "5": Way.INFO}
ENDINGS: Final[Mapping[str, Ending]] = {
    "200": Ending.ANSWERED, "304": Ending.MISSED, "603": Ending.DECLINED, "603-S": Ending.CANCELLED,
    "403": Ending.FAILED, "404": Ending.FAILED, "486": Ending.BUSY, "484": Ending.FAILED, "503": Ending.FAILED,
    "480": Ending.MISSED, "402": Ending.FAILED, "423": Ending.FAILED, "OTHER": Ending.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bitrix24CallsMeaning:
    region: str

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        once = {int(row["ID"]): row for row in sorted(rows, key=_fullness)}  # read again later a row knows more
        in_order = sorted(once.values(), key=lambda row: (_began(row), int(row["ID"])))
        first = in_order[0]
        way = WAYS.get(str(first.get("CALL_TYPE")))
        if way is None:
            raise BadValueError("vendor_word", name="CALL_TYPE")
        legs = tuple(_leg(row, is_later=place > 0) for place, row in enumerate(in_order))
        talk_s = sum(leg.talk_s for leg in legs)
        last = max(in_order, key=lambda row: (_leg(row, is_later=False).talk_s, _began(row), int(row["ID"])))
        code = str(last.get("CALL_FAILED_CODE") or "").upper()
        ending = ending_of(way, ENDINGS.get(code, Ending.UNKNOWN), talk_s)
        began = _began(first)
        client_raw = text(first, "PHONE_NUMBER") or ""
        return TelephonyCall(
            group_id=str(first["CALL_ID"]),
            way=way,
            way_raw=str(first.get("CALL_TYPE")),
            client=party(client_raw, self.region).phone,
            client_raw=client_raw,
            started_at=began,
            talk_s=talk_s,
            total_s=talk_s,
            ending=ending,
            ending_raw=code,
            agent=whose(legs),
            line=text(first, "PORTAL_NUMBER"),
            ended_at=began + timedelta(seconds=talk_s) if len(legs) == 1 else None,
            crm_refs=_crm_refs(in_order),
            legs=legs,
            recording=next((ref for row in in_order if (ref := _recording(row)) is not None), None) if talk_s else None,
        )


def _fullness(row: Mapping[str, Any]) -> tuple[int, str]:
    return sum(value not in (None, "", "0") for value in row.values()), repr(sorted(row.items()))


def _began(row: Mapping[str, Any]) -> datetime:
    try:
        found = moment(row.get("CALL_START_DATE"))
    except BadValueError:
        found = None
    if found is None:
        raise BadValueError("vendor_time", name="CALL_START_DATE")
    return found


def _leg(row: Mapping[str, Any], *, is_later: bool) -> Leg:
    word = ENDINGS.get(str(row.get("CALL_FAILED_CODE") or "").upper(), Ending.UNKNOWN)
    # of a code that says nothing the seconds decide; with another one they may be those of ringing
    talk_s = number(row, "CALL_DURATION") if word in (Ending.ANSWERED, Ending.UNKNOWN) else 0.0
    word = Ending.ANSWERED if talk_s else Ending.UNKNOWN if word is Ending.ANSWERED else word
    user = text(row, "PORTAL_USER_ID")
    return Leg(VendorAgent(user) if user else None, _began(row), None, talk_s, word, is_transfer=is_later)


def _crm_refs(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    refs: dict[str, str] = {}
    for row in rows:
        kind, entity, activity = (text(row, name) for name in ("CRM_ENTITY_TYPE", "CRM_ENTITY_ID", "CRM_ACTIVITY_ID"))
        if kind and entity and entity != "0":
            refs[kind.lower()] = entity
        if activity and activity != "0":
            refs["activity"] = activity
    return refs


def _recording(row: Mapping[str, Any]) -> RecordingRef | None:
    """A file of the portal's disk first: its link is asked for at the moment of downloading."""
    key, place = text(row, "RECORD_FILE_ID"), text(row, "CALL_RECORD_URL")
    if key and key != "0":
        return RecordingRef("", key=key)
    return RecordingRef(place) if place else None


class Bitrix24Calls(AskedSystem[Bitrix24CallsMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, meaning: Bitrix24CallsMeaning) -> None:
        super().__init__(wire, meaning)
        self._portal = Portal(wire)

    def batches(self, window: Window) -> Iterator[Batch]:
        """By id within the window: rows that are written meanwhile come to the end."""
        asked = {
            "FILTER": {">=CALL_START_DATE": window.since.isoformat(), "<CALL_START_DATE": window.until.isoformat()},
            "SORT": "ID",
            "ORDER": "ASC",
        }
        complete: datetime | None = None
        for page in self._portal.pages("voximplant.statistic.get", asked):
            rows, problems = [], []
            for place, row in enumerate(page, start=1):
                if row.get("CALL_ID") and str(row.get("ID", "")).isdigit():
                    rows.append(VendorRow(str(row["CALL_ID"]), str(row["ID"]), row))
                else:
                    problems.append(Problem(self._wire.source, place, "CALL_ID", shown(row.get("ID")), "vendor_row"))
            complete = complete or min(window.until, self._wire.vendor_now())
            yield Batch(rows, window.since, problems=problems)
        yield Batch((), complete)

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        if not ref.key:
            return ref if ref.place else None
        found = self._portal.ask("disk.file.get", {"id": ref.key}, self._file)
        if found is None:
            return None
        expires_at = self._wire.clock.now() + timedelta(seconds=CAPABILITIES.links_live_s or 0)
        return RecordingRef(found, ref.key, expires_at)

    def _file(self, result: Any) -> str | None:
        if not isinstance(result, dict):
            raise self._portal.broken("file")
        found = result.get("DOWNLOAD_URL")
        return str(found) if found else None
