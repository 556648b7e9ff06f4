"""What CDR rows of Asterisk and FreePBX mean: all rows of one ``linkedid`` in any order to one call.

A row joins two channels. A queue writes one row for itself and one for each attempt to reach an agent, so an attempt
that nobody took is a leg and never a missed call; the queue's own row repeats the talk of the agent it names and is
left out where that agent has a row. Seconds with a machine (a menu, music, voicemail) are rows without an agent and
no talk. FreePBX rows from SQL have ``calldate`` and no ``answer`` and ``end``: they follow from duration and billsec.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.sources.call_values import covered_s, joined, local_moment, number, text, whose
from qc_workbench.sources.connector import Capabilities
from qc_workbench.sources.numbers import LONGEST_EXTENSION, PartyKind, party
from qc_workbench.sources.problems import BadValueError

CAPABILITIES: Final = Capabilities(
    longest_window=None, rows_at_most=None, requests_per_s=0, burst=0, has_legs=True, rows_come_apart=True
)
#: Today's serial of a channel has eight digits, that of older versions fewer; one of ``DAHDI/1-1`` is a line's.
_CHANNEL: Final = re.compile(r"^(?P<technology>[A-Za-z0-9]+)/(?P<peer>.+?)(-[0-9a-fA-F]{4,8})?(;[12])?$")
#: The worst ending that a row may have, from what says most to what says least.
_ENDINGS_IN: Final = (
    ("NO ANSWER", Ending.MISSED), ("ANSWERED", Ending.MISSED), ("CANCEL", Ending.MISSED), ("BUSY", Ending.BUSY),
    ("FAILED", Ending.FAILED), ("CONGESTION", Ending.FAILED),
)  # fmt: skip
_ENDINGS_OUT: Final = (
    ("BUSY", Ending.BUSY), ("NO ANSWER", Ending.NO_ANSWER_CLIENT), ("CANCEL", Ending.CANCELLED),
    ("ANSWERED", Ending.NO_ANSWER_CLIENT), ("FAILED", Ending.FAILED), ("CONGESTION", Ending.FAILED),
)  # fmt: skip


class _At(Enum):
    NOBODY = auto()
    AGENT = auto()
    PROXY = auto()  # Local/…: stands for an agent or for the caller, never for itself
    OUTSIDE = auto()


@dataclass(frozen=True, slots=True)
class _Row:
    fields: Mapping[str, Any]
    order: tuple[Any, ...]
    start: datetime
    stretch: tuple[datetime, datetime] | None  # connected
    end: datetime
    near: tuple[_At, str]
    far: tuple[_At, str]

    @property
    def word(self) -> str:
        return str(self.fields.get("disposition") or "").upper()


@dataclass(frozen=True, slots=True)
class _Part:
    """A leg with its stretch of talk, before those that say the same are joined."""

    extension: str
    row: _Row
    is_direct: bool


@dataclass(frozen=True, slots=True)
class AsteriskMeaning:
    """``sip_names``: agents whose channel is a name and no extension (``PJSIP/anna``); other names are trunks."""

    zone: ZoneInfo
    region: str
    longest_extension: int = LONGEST_EXTENSION
    outside_prefix: str = ""
    sip_names: frozenset[str] = frozenset()

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        """See :class:`~qc_workbench.sources.connector.CallMeaning`."""
        once = {row_key(row): row for row in rows}
        found = sorted((self._row(row) for row in once.values()), key=lambda row: row.order)
        first, last = found[0], found[-1]
        way = self._way(found)
        legs, stretches = self._legs(found, way)
        talk_s = covered_s(stretches)
        started, ended = min(row.start for row in found), max(row.end for row in found)
        answered = min((start for start, _ in stretches), default=None)
        client_raw = self._client_raw(found, way)
        return TelephonyCall(
            group_id=group_of(first.fields),
            way=way,
            way_raw=str(first.fields.get("dcontext") or ""),
            client=None if way is Way.INTERNAL else party(client_raw, self.region, self.longest_extension).phone,
            client_raw=client_raw,
            started_at=started,
            talk_s=talk_s,
            total_s=(ended - started).total_seconds(),
            ending=Ending.ANSWERED if talk_s > 0 else _ending(found, way),
            ending_raw=last.word,
            agent=whose(legs),
            line=self._line(found, way),
            wait_s=((answered or ended) - started).total_seconds(),
            answered_at=answered,
            ended_at=ended,
            legs=legs,
            recording=_recording(found, way, started, ended) if talk_s > 0 else None,
        )

    def _row(self, fields: Mapping[str, Any]) -> _Row:
        start = local_moment(str(fields.get("start") or fields.get("calldate") or ""), self.zone)
        duration_s, billsec = number(fields, "duration"), number(fields, "billsec")
        # seconds rather than the written end: a wall clock that is put back in the middle can't shorten them
        end = start + timedelta(seconds=duration_s)
        connected = str(fields.get("disposition") or "").upper() == "ANSWERED" and billsec > 0
        sequence = str(fields.get("sequence") or "")
        order = (
            start,
            int(sequence) if sequence.isdigit() else 0,
            *(str(fields.get(name) or "") for name in ("uniqueid", "channel", "dstchannel", "disposition", "lastapp")),
            billsec,
        )
        return _Row(
            fields=fields,
            order=order,
            start=start,
            stretch=(end - timedelta(seconds=billsec), end) if connected else None,
            end=end,
            near=self._side(fields.get("channel")),
            far=self._side(fields.get("dstchannel")),
        )

    def _side(self, channel: Any) -> tuple[_At, str]:
        found = _CHANNEL.match(str(channel or ""))
        if found is None:
            return _At.NOBODY, ""
        peer = found["peer"].partition("@")[0]
        is_ours = peer in self.sip_names or (peer.isdigit() and len(peer) <= self.longest_extension)
        if found["technology"].casefold() == "local":
            return _At.PROXY, peer if is_ours else ""
        return (_At.AGENT, peer) if is_ours else (_At.OUTSIDE, "")

    def _is_outside(self, dialled: str) -> bool:
        return party(self._dialled(dialled), self.region, self.longest_extension).kind is PartyKind.PHONE

    def _dialled(self, written: str) -> str:
        prefix = self.outside_prefix
        is_prefixed = prefix and written.startswith(prefix) and len(written) > len(prefix) + self.longest_extension
        return written[len(prefix) :] if is_prefixed else written

    def _way(self, rows: Sequence[_Row]) -> Way:
        """By who began: the first row whose near side is somebody and not a stand-in."""
        first = next((row for row in rows if row.near[0] in (_At.AGENT, _At.OUTSIDE)), None)
        if first is not None and first.near[0] is _At.OUTSIDE:
            return Way.IN
        if any(
            row.far[0] is _At.OUTSIDE or self._is_outside(str(row.fields.get("dst") or ""))
            for row in rows
            if first is None or row.near[0] is _At.AGENT
        ):
            return Way.OUT
        if first is None and self._is_outside(str(rows[0].fields.get("src") or "")):
            return Way.IN
        return Way.INTERNAL

    def _client_raw(self, rows: Sequence[_Row], way: Way) -> str:
        if way is Way.IN:
            row = next((row for row in rows if row.near[0] is _At.OUTSIDE), rows[0])
            return text(row.fields, "src") or text(row.fields, "clid") or ""
        outside = (row for row in rows if row.far[0] is _At.OUTSIDE)
        numbers = (row for row in rows if self._is_outside(str(row.fields.get("dst") or "")))
        row = next(outside, None) or next(numbers, rows[0])
        return self._dialled(text(row.fields, "dst") or "")

    def _line(self, rows: Sequence[_Row], way: Way) -> str | None:
        """The company's number: FreePBX tells it, plain Asterisk only where the trunk dials it."""
        told = next((found for row in rows if (found := text(row.fields, "did"))), None)
        dialled = text(rows[0].fields, "dst") or ""
        return told or (dialled if way is Way.IN and self._is_outside(dialled) else None)

    def _legs(self, rows: Sequence[_Row], way: Way) -> tuple[tuple[Leg, ...], list[tuple[datetime, datetime]]]:
        parts = [part for row in rows if (part := self._part(row, way)) is not None]
        direct = {part.extension for part in parts if part.is_direct and part.row.stretch}
        parts = [part for part in parts if part.is_direct or part.extension not in direct]
        legs: list[Leg] = []
        spoken: list[tuple[str, tuple[datetime, datetime]]] = []
        for part in parts:
            row, stretch = part.row, part.row.stretch
            known = [old for extension, old in spoken if extension == part.extension]
            fresh = covered_s([*known, stretch]) - covered_s(known) if stretch else 0.0
            if stretch and fresh <= 0:
                continue  # the same talk, written for another pair of channels
            transferred = bool(stretch) and any(extension != part.extension for extension, _ in spoken)
            wait_s = ((stretch[0] if stretch else row.end) - row.start).total_seconds()
            ending = Ending.ANSWERED if stretch else _WORDS.get(row.word, Ending.UNKNOWN)
            agent = VendorAgent(part.extension, text(row.fields, "dst_cnam"), part.extension)
            legs.append(Leg(agent, row.start, wait_s, fresh, ending, transferred))
            if stretch:
                spoken.append((part.extension, stretch))
        return tuple(legs), [stretch for _, stretch in spoken]

    def _part(self, row: _Row, way: Way) -> _Part | None:
        """The agent of a row; None for rows of the client alone and for agents who talk among themselves."""
        (near, near_name), (far, far_name) = row.near, row.far
        if way is Way.INTERNAL:
            return _Part(near_name, row, is_direct=True) if near is _At.AGENT else None
        if way is Way.OUT:
            if near is _At.AGENT and far is not _At.AGENT:
                return _Part(near_name, row, is_direct=True)
            # a system that rings the agent first, then the client; or a transfer to another agent
            return _Part(far_name, row, is_direct=True) if far is _At.AGENT and near is not _At.AGENT else None
        if near is _At.AGENT:
            return None
        if far is _At.AGENT:
            return _Part(far_name, row, is_direct=str(row.fields.get("lastapp") or "").casefold() != "queue")
        if far is _At.PROXY and far_name:
            return _Part(far_name, row, is_direct=False)
        dialled = str(row.fields.get("dst") or "")
        if far is _At.NOBODY and str(row.fields.get("lastapp") or "").casefold() == "dial":
            found = party(dialled, self.region, self.longest_extension)
            return _Part(found.value, row, is_direct=True) if found.kind is PartyKind.EXTENSION else None
        return None


_WORDS: Final[Mapping[str, Ending]] = {
    "ANSWERED": Ending.ANSWERED, "NO ANSWER": Ending.MISSED, "BUSY": Ending.BUSY, "FAILED": Ending.FAILED,
    "CONGESTION": Ending.FAILED, "CANCEL": Ending.MISSED,
}  # fmt: skip


def _ending(rows: Sequence[_Row], way: Way) -> Ending:
    """Of a call in which no agent talked to the client."""
    if way is Way.IN and any(
        row.stretch and str(row.fields.get("lastapp") or "").casefold().startswith("voicemail") for row in rows
    ):
        return Ending.VOICEMAIL
    words = {row.word for row in rows}
    order = _ENDINGS_OUT if way is Way.OUT else _ENDINGS_IN
    return next((ending for word, ending in order if word in words), Ending.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a recording's key tells beside unique ids: by it a file is found that is named by time and numbers, and the
    sides of two tracks are told apart."""

    began: datetime
    ended: datetime
    way: Way
    parties: tuple[str, ...]

    @classmethod
    def of(cls, key: str) -> Hint | None:
        written = next((part for part in key.split() if part.startswith("~")), None)
        if written is None:
            return None
        began, ended, way, *parties = written[1:].split("~")
        first, last = (datetime.fromtimestamp(int(value), UTC) for value in (began, ended))
        return cls(first, last, Way(way), tuple(parties))

    def written(self) -> str:
        whole = (str(int(moment.timestamp())) for moment in (self.began, self.ended))
        return "~" + "~".join((*whole, self.way.value, *self.parties))


def _recording(rows: Sequence[_Row], way: Way, began: datetime, ended: datetime) -> RecordingRef | None:
    """The name that FreePBX tells, and the unique ids by which a file is found where nobody tells it."""
    named = next((found for row in rows if (found := text(row.fields, "recordingfile"))), "")
    ids = dict.fromkeys(found for row in rows for name in ("linkedid", "uniqueid") if (found := text(row.fields, name)))
    sides = [row.near[1] for row in rows] + [row.far[1] for row in rows]
    numbers = [text(row.fields, name) or "" for row in rows for name in ("src", "dst", "cnum")]
    parties = sorted({digits for part in (*sides, *numbers) if (digits := "".join(filter(str.isdigit, part)))})
    hint = Hint(began, ended, way, tuple(parties)).written()
    return RecordingRef(named, key=" ".join((*ids, hint))) if named or ids else None


def group_of(fields: Mapping[str, Any]) -> str:
    """What rows of one call share; a row without any id, as the smallest Master.csv has them, is a call of its own.

    Raises :class:`BadValueError` for a row that says neither when nor on which channel it was.
    """
    found = text(fields, "linkedid") or text(fields, "uniqueid")
    if found is not None:
        return found
    began, channel = text(fields, "start") or text(fields, "calldate"), text(fields, "channel")
    if began is None or channel is None:
        raise BadValueError("vendor_row")
    return f"{began} {channel}"


def row_key(fields: Mapping[str, Any]) -> str:
    return joined(
        fields, "uniqueid", "sequence", "start", "calldate", "channel", "dstchannel", "disposition", "billsec"
    )


def epoch_day(unique_id: str) -> datetime | None:
    """The moment inside a unique id (``[system-]1772439304.12``); None where there is none."""
    written = unique_id.rpartition("-")[2].partition(".")[0]
    return datetime.fromtimestamp(int(written), UTC) if written.isdigit() and 9 <= len(written) <= 10 else None
