"""Twilio: ``Calls.json``, a row a leg, pages that follow each other, recordings asked for by call.

Verified against the vendor's OpenAPI description only. A parent's ``completed`` may only mean that a menu answered, so
inbound it is the legs to agents that decide. Days in the question are taken whole: the description names dates, and
whether it takes times as well is not said.
"""

from __future__ import annotations

import base64
import email.utils
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceUnreachable
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.call_values import covered_s, ending_of, number, text, whose
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import Party, PartyKind, party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.values import believable
from qc_workbench.sources.wire import Wire

CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(days=7),  # so that a window's rows, read as one, fit into memory
    rows_at_most=None,
    requests_per_s=2.0,  # not documented; 429 tells when it is too much
    burst=5,
    has_legs=True,
    rows_come_apart=True,
)
PAGE_ROWS: Final = 1000
#: While a recording may still come into being.
RECORD_AT_LAST: Final = timedelta(hours=24)
FIELDS: Final = (
    "sid", "parent_call_sid", "direction", "status", "from", "to", "start_time", "end_time", "date_created",
    "duration", "answered_by", "caller_name", "forwarded_from",
)  # fmt: skip
#: A leg's own direction says nothing about the call's.
WAYS: Final[Mapping[str, Way | None]] = {
    "inbound": Way.IN, "outbound-api": Way.OUT, "outbound-dial": None, "trunking-originating": Way.OUT,
    "trunking-terminating": Way.IN,
}  # fmt: skip
ENDINGS: Final[Mapping[str, Ending]] = {
    "completed": Ending.ANSWERED, "busy": Ending.BUSY, "no-answer": Ending.MISSED, "canceled": Ending.MISSED,
    "failed": Ending.FAILED, "queued": Ending.IN_PROGRESS, "initiated": Ending.IN_PROGRESS,
    "ringing": Ending.IN_PROGRESS, "in-progress": Ending.IN_PROGRESS,
}  # fmt: skip
_MOST_PAGES: Final = 2_000


def login(user: str, token: str) -> dict[str, str]:
    """The header of Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


@dataclass(frozen=True, slots=True)
class TwilioMeaning:
    """``agents``: numbers and accounts that settings name as agents, so that they are not taken for clients.
    ``answered_without_leg``: an inbound call without a leg was answered by somebody.
    """

    region: str
    agents: frozenset[str] = frozenset()
    answered_without_leg: bool = False

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        newest: dict[str, Mapping[str, Any]] = {}
        for row in sorted(rows, key=_age):
            newest[str(row.get("sid"))] = row
        parent = next((row for row in newest.values() if not text(row, "parent_call_sid")), None)
        if parent is None:
            # A direction of its own makes a row a call whatever stands above it; else it is a leg of a call that began
            # before anything that was asked for.
            parent = min((row for row in newest.values() if WAYS.get(_direction(row))), key=_order, default=None)
        if parent is None:
            return None
        parts = sorted((row for row in newest.values() if row is not parent), key=_order)
        way_raw = _direction(parent)
        if WAYS.get(way_raw) is None:
            raise BadValueError("vendor_word", name="direction")
        way, client = self._ends(parent, parts, WAYS[way_raw] or Way.IN)
        began = _moment(parent)
        legs = self._legs(parent, parts, way)
        talks = [(leg.started_at, leg.talk_s) for leg in legs if leg.talk_s]
        talk_s = covered_s((at, at + timedelta(seconds=length)) for at, length in talks)
        words = [_word(row) for row in newest.values()]
        word = _word(parent)
        if Ending.IN_PROGRESS in words:
            word, talk_s = Ending.IN_PROGRESS, 0.0
        elif not talk_s and parts and word is Ending.ANSWERED:
            word = _word(parts[-1])
        answered_at = min((at for at, _ in talks), default=None)
        total_s = number(parent, "duration")
        over = max([_moment(parent, "end_time"), *(at + timedelta(seconds=length) for at, length in talks)])
        return TelephonyCall(
            group_id=text(parent, "parent_call_sid") or str(parent["sid"]),
            way=way,
            way_raw=way_raw,
            client=client.phone,
            client_raw=client.raw,
            started_at=began,
            talk_s=talk_s,
            total_s=max(total_s, talk_s),
            ending=ending_of(way, word, talk_s),
            ending_raw=str(parent.get("status") or ""),
            agent=whose(legs),
            line=text(parent, "to" if way is Way.IN else "from"),
            wait_s=max(0.0, (answered_at - began).total_seconds()) if answered_at else None,
            answered_at=answered_at,
            ended_at=over,
            legs=legs,
            recording=RecordingRef("", key=f"{parent['sid']}|{int(over.timestamp())}") if talk_s else None,
        )

    def _ends(self, parent: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], way: Way) -> tuple[Way, Party]:
        """Which way the call went for us, and the client. An agent's browser or SIP telephone calls *in*; a call that
        the program makes may ring the agent first. Inferred: the description does not tell of either.
        """
        near, far = self._end(parent, "from"), self._end(parent, "to")
        others = [self._end(part, "to") for part in parts]
        clients = [end for end in others if not self._is_agent(end)]
        if way is Way.IN and not self._is_agent(near):
            return Way.IN, near
        if way is Way.OUT and not self._is_agent(far):
            return Way.OUT, far
        if clients:
            return Way.OUT, clients[0]
        return (Way.INTERNAL, others[0]) if others else (Way.OUT, far)

    def _end(self, row: Mapping[str, Any], name: str) -> Party:
        told = text(row, name) or ""
        return party(told, self.region)

    def _is_agent(self, end: Party) -> bool:
        if end.kind in (PartyKind.NAME, PartyKind.EXTENSION):
            return True
        return bool(end.value) and (end.value in self.agents or end.raw in self.agents)

    def _legs(self, parent: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], way: Way) -> tuple[Leg, ...]:
        legs: list[Leg] = []
        for part in parts or [parent]:
            word = _word(part)
            by_human = (text(part, "answered_by") or "").lower() == "human"
            counts = bool(parts) or way is not Way.IN or self.answered_without_leg or by_human
            talk_s = number(part, "duration") if word is Ending.ANSWERED and counts else 0.0
            ended = _moment(part, "end_time")
            at = ended - timedelta(seconds=talk_s) if talk_s else _moment(part)
            wait_s = max(0.0, (at - _moment(part)).total_seconds()) if talk_s else None
            ending = Ending.ANSWERED if talk_s else Ending.MISSED if word is Ending.ANSWERED else word
            transferred = any(leg.talk_s for leg in legs)
            legs.append(Leg(self._agent(parent, part, way), at, wait_s, talk_s, ending, transferred))
        return tuple(legs)

    def _agent(self, parent: Mapping[str, Any], part: Mapping[str, Any], way: Way) -> VendorAgent | None:
        """Whoever of the leg's ends is ours; inbound the called one always is."""
        if part is parent and way is Way.IN:
            return None
        ends = [self._end(part, "to"), self._end(parent, "to"), self._end(parent, "from")]
        ours = [end for end in ends if self._is_agent(end)]
        if not ours and way is Way.IN:
            ours = [end for end in ends[:1] if end.kind is PartyKind.PHONE]
        if not ours:
            return None
        found = ours[0]
        return VendorAgent(found.value, None, found.value if found.kind is PartyKind.EXTENSION else None)


def _direction(row: Mapping[str, Any]) -> str:
    return str(row.get("direction") or "").lower()


def _word(row: Mapping[str, Any]) -> Ending:
    return ENDINGS.get(str(row.get("status") or "").lower(), Ending.UNKNOWN)


def _age(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Read again later the same leg knows more."""
    return _word(row) is not Ending.IN_PROGRESS, number(row, "duration"), repr(sorted(row.items(), key=str))


def _order(row: Mapping[str, Any]) -> tuple[object, ...]:
    return _moment(row), str(row.get("sid"))


def _moment(row: Mapping[str, Any], name: str = "start_time") -> datetime:
    """RFC 2822. What was never dialled has no start, and what is going on no end: then what is known before it."""
    told = text(row, name) or text(row, "start_time") or text(row, "date_created") or ""
    try:
        found = email.utils.parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadValueError("vendor_time") from error
    return believable(found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)


class Twilio(AskedSystem[TwilioMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`; recordings are handed out with the key only."""

    capabilities = CAPABILITIES

    def __init__(
        self, wire: Wire, meaning: TwilioMeaning, account: str, address: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(wire, meaning)
        self._base = f"/2010-04-01/Accounts/{account}"
        self._address = address.rstrip("/")
        self._headers = headers

    def batches(self, window: Window) -> Iterator[Batch]:
        """All pages as one batch: legs are listed before the call that they belong to."""
        reached = min(window.until, self._wire.vendor_now())
        first = window.since.astimezone(UTC).date()
        last = (window.until - timedelta(seconds=1)).astimezone(UTC).date() + timedelta(days=1)
        params = {
            "StartTime>": first.isoformat(), "StartTime<": last.isoformat(), "PageSize": str(PAGE_ROWS),
        }  # fmt: skip
        rows, problems = [], []
        for place, row in enumerate(self._pages(f"{self._base}/Calls.json", params, "calls"), start=1):
            if isinstance(row, dict) and row.get("sid"):
                told = {name: row.get(name) for name in FIELDS}
                rows.append(VendorRow(str(row.get("parent_call_sid") or row["sid"]), str(row["sid"]), told))
            else:
                problems.append(Problem(self._wire.source, place, "sid", shown(row), "vendor_row"))
        yield Batch(rows, min(reached, self._wire.vendor_now()), problems=problems)

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        """Both channels where there are two. Absent is what the system calls so, or what never came."""
        sid, _, told = ref.key.partition("|")
        found = [
            item for item in self._pages(f"{self._base}/Calls/{sid}/Recordings.json", {}, "recordings")
            if isinstance(item, dict) and item.get("sid")
        ]  # fmt: skip
        ready = [item for item in found if item.get("status") == "completed"]
        if ready:
            best = max(ready, key=lambda item: (number(item, "channels"), number(item, "duration"), str(item["sid"])))
            place = f"{self._address}{self._base}/Recordings/{best['sid']}.wav"
            two = "?RequestedChannels=2" if number(best, "channels") == 2 else ""
            return RecordingRef(place + two, ref.key)
        is_early = self._wire.clock.now() < datetime.fromtimestamp(int(told), UTC) + RECORD_AT_LAST
        final = found and all(item.get("status") in ("absent", "failed") for item in found)
        if is_early and not final:
            raise SourceUnreachable("source_recording_not_yet", source=self._wire.source)
        return None

    def download_headers(self, place: str) -> Mapping[str, str]:
        return self._headers if urlsplit(place)[:2] == urlsplit(self._address)[:2] else {}

    def _pages(self, path: str, params: Mapping[str, str], name: str) -> Iterator[Any]:
        def read(answer: Any) -> tuple[list[Any], str | None]:
            found = answer.get(name) if isinstance(answer, dict) else None
            if not isinstance(found, list):
                detail = str(answer.get("code") or name) if isinstance(answer, dict) else name
                raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=shown(detail)[:80])
            return found, self._next(answer.get("next_page_uri"))

        seen: set[str] = set()
        found, following = self._wire.ask("GET", path, read, params=params)
        yield from found
        while following is not None:
            if following in seen or len(seen) > _MOST_PAGES:
                raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="next_page_uri")
            seen.add(following)
            found, following = self._wire.ask("GET", following, read)
            yield from found

    def _next(self, told: Any) -> str | None:
        """The path of the next page: of the same host and account, whatever stands there."""
        if told in (None, ""):
            return None
        parts = urlsplit(str(told))
        is_foreign = parts.netloc != "" and parts[:2] != urlsplit(self._address)[:2]
        if is_foreign or not parts.path.startswith(self._base + "/") or "/../" in parts.path:
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="next_page_uri")
        return f"{parts.path}?{parts.query}"
