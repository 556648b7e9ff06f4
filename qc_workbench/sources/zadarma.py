"""Zadarma, and Novofon with the interface of version 1: ``/v1/statistics/pbx/``, a row an attempt, signed requests.

Verified against the vendor's public client and classes only. Two things those leave open are taken on the safe side:
``seconds`` count only where the row says ``answered``, and nothing tells how long a client waited or which of our
numbers was called. Times carry no zone: the zone of the source.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled, SourceUnreachable
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.call_values import (
    covered_s,
    ending_of,
    joined,
    local_bounds,
    local_moment,
    number,
    text,
    whose,
)
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import Party, PartyKind, party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.wire import Wire

#: The longest that any answer holds; the rest comes with ``skip``.
PAGE_ROWS: Final = 1000
CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(days=28),  # "a month", of which the shortest has so many
    rows_at_most=None,
    requests_per_s=0.05,  # public code keeps 3 to 10 questions of statistics a minute: the slowest of them
    burst=3,
    has_legs=True,
    rows_come_apart=True,
    links_live_s=1800,
)
#: Asking for recordings bears more (public code: 100 a minute in all).
RECORDS: Final = Capabilities(None, None, requests_per_s=1.0, burst=5, has_legs=False)
#: No recording is there sooner after the end of a call. Source: the vendor's description of the webhook.
RECORD_AFTER: Final = timedelta(seconds=40)
#: Later than this, "no such file" is believed.
RECORD_AT_LAST: Final = timedelta(hours=24)
ENDINGS: Final[Mapping[str, Ending]] = {
    "answered": Ending.ANSWERED, "busy": Ending.BUSY, "cancel": Ending.MISSED, "no answer": Ending.MISSED,
    "failed": Ending.FAILED, "no money": Ending.FAILED, "unallocated number": Ending.FAILED, "no limit": Ending.FAILED,
    "no day limit": Ending.FAILED, "line limit": Ending.FAILED, "no money, no limit": Ending.FAILED,
}  # fmt: skip
_WALL: Final = "%Y-%m-%d %H:%M:%S"
_STATISTICS: Final = "/v1/statistics/pbx/"
#: As the vendor's public client writes it; the document writes it without the slash at its end.
_RECORD: Final = "/v1/pbx/record/request/"
_NO_SUCH_PATH: Final = frozenset({301, 302, 307, 308, 404, 405})
#: A paging that goes on beyond this is no paging.
_MOST_PAGES: Final = 2_000


def signed(path: str, params: Mapping[str, str], key: str, secret: str, *, of_bytes: bool = False) -> tuple[str, str]:
    """The path with its query, and the ``Authorization`` that goes with it.

    ``key:base64(hmac_sha1(path + query + md5(query)))`` of the query sorted by name, spaces as ``+``. What is encoded
    in base64 is the *hexadecimal* digest, as in both of the vendor's public clients; ``of_bytes``: the digest itself,
    as the document may be read too.
    """
    query = urlencode(sorted(params.items()))
    checksum = hashlib.md5(query.encode(), usedforsecurity=False).hexdigest()
    digest = hmac.new(secret.encode(), (path + query + checksum).encode(), hashlib.sha1)
    told = digest.digest() if of_bytes else digest.hexdigest().encode()
    return f"{path}?{query}", f"{key}:{base64.b64encode(told).decode()}"


@dataclass(frozen=True, slots=True)
class ZadarmaMeaning:
    """What its rows mean; ``region`` completes numbers without a country."""

    zone: ZoneInfo
    region: str

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        once = {repr(sorted(row.items(), key=str)): row for row in rows}
        parts = sorted(once.values(), key=_order)
        way, way_raw = self._way(parts)
        legs = tuple(self._leg(row, way, place, parts) for place, row in enumerate(parts))
        talks = [(leg, row) for leg, row in zip(legs, parts, strict=True) if leg.talk_s]
        talk_s = covered_s((leg.started_at, leg.started_at + timedelta(seconds=leg.talk_s)) for leg, _ in talks)
        main = max(talks, key=lambda pair: pair[0].talk_s)[1] if talks else parts[-1]
        ending_raw = str(main.get("disposition") or "")
        began = legs[0].started_at
        over = max(leg.started_at + timedelta(seconds=leg.talk_s) for leg in legs)
        client = self._client(parts, way)
        return TelephonyCall(
            group_id=_group(main),
            way=way,
            way_raw=way_raw,
            client=client.phone,
            client_raw=client.raw,
            started_at=began,
            talk_s=talk_s,
            total_s=(over - began).total_seconds(),
            ending=ending_of(way, ENDINGS.get(ending_raw.lower(), Ending.UNKNOWN), talk_s),
            ending_raw=ending_raw,
            agent=whose(legs),
            ended_at=over if talk_s else None,
            legs=legs,
            recording=_recording(talks, over),
        )

    def _way(self, parts: Sequence[Mapping[str, Any]]) -> tuple[Way, str]:
        """The id of the call begins with its direction; where it does not, the ends tell."""
        word = str(parts[0].get("pbx_call_id") or "").partition("_")[0]
        near, far = self._end(parts[0], "clid"), self._end(parts[0], "destination")
        inside = self._end(parts[0], "sip").kind is PartyKind.EXTENSION
        if word == "in":
            return Way.IN, word
        if far.kind is PartyKind.EXTENSION and (word == "out" or near.kind is PartyKind.EXTENSION):
            return Way.INTERNAL, word
        if word == "out" or (inside and far.kind is PartyKind.PHONE):
            return Way.OUT, word
        if near.kind is PartyKind.PHONE and far.kind is PartyKind.EXTENSION:
            return Way.IN, word
        raise BadValueError("vendor_word", name="pbx_call_id")

    def _end(self, row: Mapping[str, Any], name: str) -> Party:
        return party(text(row, name) or "", self.region)

    def _client(self, parts: Sequence[Mapping[str, Any]], way: Way) -> Party:
        """A forwarded call tells the agent's number as ``destination``, so inbound only the caller's are looked at."""
        names = ("clid", "sip") if way is Way.IN else ("destination",)
        ends = [self._end(row, name) for name in names for row in parts]
        return next((end for end in ends if end.kind is PartyKind.PHONE), ends[0])

    def _leg(self, row: Mapping[str, Any], way: Way, place: int, parts: Sequence[Mapping[str, Any]]) -> Leg:
        word = ENDINGS.get(str(row.get("disposition") or "").lower(), Ending.UNKNOWN)
        agent = self._agent(row, way)
        # a row without an agent is a menu or a queue: what it connected was a machine
        talk_s = number(row, "seconds") if word is Ending.ANSWERED and agent else 0.0
        talked_before = any(number(item, "seconds") and _is_answered(item) for item in parts[:place])
        began = local_moment(str(row.get("callstart") or ""), self.zone)
        ending = Ending.ANSWERED if talk_s else Ending.MISSED if word is Ending.ANSWERED else word
        return Leg(agent, began, None, talk_s, ending, is_transfer=talked_before)

    def _agent(self, row: Mapping[str, Any], way: Way) -> VendorAgent | None:
        """Inbound whoever was rung: an extension, else the number or account that the call was forwarded to."""
        ends = [self._end(row, "destination"), self._end(row, "sip")]
        if way is not Way.IN:
            ends = ends[1:]
        found = next((end for end in ends if end.kind is PartyKind.EXTENSION), ends[0])
        if found.kind is PartyKind.HIDDEN:
            return None
        return VendorAgent(found.value, None, found.value if found.kind is PartyKind.EXTENSION else None)


def _is_answered(row: Mapping[str, Any]) -> bool:
    return str(row.get("disposition") or "").lower() == "answered"


def _group(row: Mapping[str, Any]) -> str:
    return str(row.get("pbx_call_id") or row.get("call_id") or "")


def _row_key(row: Mapping[str, Any]) -> str:
    """Attempts of one call differ in id, moment or who was rung; the same row read twice does not."""
    return joined(row, "call_id", "callstart", "sip", "destination")


def _order(row: Mapping[str, Any]) -> tuple[object, ...]:
    return str(row.get("callstart")), -number(row, "seconds"), _row_key(row), repr(sorted(row.items(), key=str))


def _recording(talks: Sequence[tuple[Leg, Mapping[str, Any]]], over: datetime) -> RecordingRef | None:
    """That of the longest talk that has one. A recording is asked for by its id, and not before its time."""
    recorded = [pair for pair in talks if str(pair[1].get("is_recorded")).lower() in ("true", "1")]
    if not recorded:
        return None
    _, row = max(recorded, key=lambda pair: pair[0].talk_s)
    return RecordingRef("", key=f"{row.get('call_id')}|{int(over.timestamp())}")


class Zadarma(AskedSystem[ZadarmaMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, records: Wire, meaning: ZadarmaMeaning, key: str, secret: str) -> None:
        self._wire = wire
        self._records = records
        self._meaning = meaning
        self._key, self._secret = key, secret
        self._of_bytes: bool | None = None  # which signature it takes; None until one was taken

    def batches(self, window: Window) -> Iterator[Batch]:
        """A page a batch. Rows are only ever added while pages are turned, so that none is skipped: at worst one
        comes twice. Complete is only the last page.
        """
        since, until = local_bounds(window.since, window.until, self._meaning.zone)
        params = {"start": since.strftime(_WALL), "end": until.strftime(_WALL), "version": "2", "format": "json"}
        reached = min(window.until, self._wire.vendor_now())
        skip, before = 0, list[Any]()
        for _ in range(_MOST_PAGES):
            page = {**params, "skip": str(skip), "limit": str(PAGE_ROWS)}
            found = self._ask(self._wire, _STATISTICS, page, self._stats)
            # More than was asked for, or the same again: it knows no pages, and this is everything. Fewer are no sign
            # of the end: how many it gives at once is the vendor's to say, and what is left out is left out silently.
            is_last = not found or len(found) > PAGE_ROWS or found == before
            before = found
            rows, problems = self._read(found, skip)
            reached = min(reached, self._wire.vendor_now())
            yield Batch(rows, reached if is_last else window.since, problems=problems)
            if is_last:
                return
            skip += len(found)
        raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="skip")

    def _read(self, found: Sequence[Any], skip: int) -> tuple[list[VendorRow], list[Problem]]:
        rows, problems = [], []
        for place, row in enumerate(found, start=skip + 1):
            if isinstance(row, dict) and _group(row):
                rows.append(VendorRow(_group(row), _row_key(row), row))
            else:
                problems.append(Problem(self._wire.source, place, "pbx_call_id", shown(row), "vendor_row"))
        return rows, problems

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        call_id, _, told = ref.key.partition("|")
        over = datetime.fromtimestamp(int(told), UTC)
        now = self._records.clock.now()
        if now < over + RECORD_AFTER:
            raise SourceUnreachable("source_recording_not_yet", source=self._wire.source)
        lifetime_s = int(CAPABILITIES.links_live_s or 0)
        params = {"call_id": call_id, "lifetime": str(lifetime_s), "format": "json"}
        try:
            link = self._ask(self._records, _RECORD, params, _link)
        except SourceRefused as error:
            if error.params.get("status") not in _NO_SUCH_PATH:
                raise
            link = self._ask(self._records, _RECORD.rstrip("/"), params, _link)
        if link is None and now < over + RECORD_AT_LAST:
            raise SourceUnreachable("source_recording_not_yet", source=self._wire.source)
        return RecordingRef(link, ref.key, now + timedelta(seconds=lifetime_s)) if link else None

    def close(self) -> None:
        super().close()
        self._records.close()

    def _ask(self, wire: Wire, path: str, params: Mapping[str, str], pick: Any) -> Any:
        """The document leaves open what the signature encodes, so that one that is refused is tried the other way
        before the key is said to be wrong."""
        if self._of_bytes is not None:
            return self._ask_signed(wire, path, params, pick, of_bytes=self._of_bytes)
        try:
            found = self._ask_signed(wire, path, params, pick, of_bytes=False)
        except SourceRefused:
            found = self._ask_signed(wire, path, params, pick, of_bytes=True)
            self._of_bytes = True
            return found
        self._of_bytes = False
        return found

    def _ask_signed(self, wire: Wire, path: str, params: Mapping[str, str], pick: Any, *, of_bytes: bool) -> Any:
        address, authorization = signed(path, params, self._key, self._secret, of_bytes=of_bytes)

        def read(answer: Any) -> Any:
            if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
                raise SourceAnswerBroken("source_answer_error", source=wire.source, detail="status")
            if answer["status"] == "error" and not (pick is _link and "not found" in _message(answer)):
                raise _error(wire.source, answer)
            return pick(answer)

        return wire.ask("GET", address, read, headers={"Authorization": authorization})

    def _stats(self, answer: Mapping[str, Any]) -> list[Any]:
        found = answer.get("stats")
        if not isinstance(found, list):
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="stats")
        return found


def _link(answer: Mapping[str, Any]) -> str | None:
    links = answer.get("links")
    found = answer.get("link") or (links[0] if isinstance(links, list) and links else None)
    return str(found) if found else None


def _message(answer: Mapping[str, Any]) -> str:
    return str(answer.get("message") or "").lower()


def _error(source: str, answer: Mapping[str, Any]) -> SourceError:
    told = _message(answer)
    if "limit" in told:
        return SourceThrottled("source_throttled", source=source, wait_s=60.0)
    if "authoriz" in told or "access" in told:
        return SourceRefused("source_refused", source=source, status=200)
    return SourceAnswerBroken("source_answer_error", source=source, detail=shown(told)[:80])
