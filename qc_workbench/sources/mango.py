"""Mango Office: ``stats/request`` orders a report, ``stats/result`` gives it when it is ready: CSV, a row a leg.

By the vendor's document of 2017, not tried. Each question is signed: sha256 of key, JSON and salt. Times are unix
seconds. The report tells no direction and no names: who began decides the one, extensions stand for the others. A
recording's link is good for one download, so it is asked for at the moment of downloading.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.telephony import Ending, Leg, RecordingRef, TelephonyCall, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceRefused
from qc_workbench.sources.asked_system import AskedSystem
from qc_workbench.sources.call_values import covered_s, ending_of, text, unix_moment, whose
from qc_workbench.sources.connector import Batch, Capabilities, VendorRow, Window
from qc_workbench.sources.numbers import party
from qc_workbench.sources.problems import BadValueError, Problem, shown
from qc_workbench.sources.wire import Answer, Patience, Shape, Wire

CAPABILITIES: Final = Capabilities(
    longest_window=timedelta(days=7),  # the vendor bears a month; a week keeps answers short and kills cheap
    rows_at_most=None,
    requests_per_s=1.0,  # not documented; assumed
    burst=2,
    has_legs=True,
    rows_come_apart=True,  # legs of one call on both sides of a window's end
    links_live_s=0,  # for one download
)
#: In this order the columns come back. ``finish`` is last because it is always a moment: a report that breaks off
#: within its last row is known by it.
FIELDS: Final = (
    "entry_id", "records", "start", "answer", "from_extension", "from_number", "to_extension", "to_number",
    "disconnect_reason", "line_number", "location", "finish",
)  # fmt: skip
#: The order of the document's own example: a server that has one order of its own has this one.
DOCUMENTED: Final = (
    "records", "start", "finish", "answer", "from_extension", "from_number", "to_extension", "to_number",
    "disconnect_reason", "entry_id", "line_number", "location",
)  # fmt: skip
#: How ``stats/result`` is waited for: 204 every five seconds. Source: contracts.
PATIENCE: Final = Patience(frozenset({202, 204}), pause_s=5.0, longest_s=600.0)
#: Where a person was rung; a menu or a queue is none.
_PERSON: Final = "abonent"
#: Of the words of several attempts the first of these is the call's: any phone that nobody took makes it a missed one.
_WEIGHT: Final = (Ending.MISSED, Ending.DECLINED, Ending.BUSY, Ending.FAILED, Ending.UNKNOWN)
_NO_LINK: Final = frozenset({404, 410})


def ending_of_reason(told: str | None) -> Ending:
    """A ``disconnect_reason``. A normal end (1100, 1110, 1120) is *answered* where there was talk."""
    code = int(told) if told and told.isdigit() else 0
    named = {
        1100: Ending.ANSWERED, 1110: Ending.ANSWERED, 1120: Ending.ANSWERED, 1111: Ending.MISSED, 1121: Ending.BUSY,
        1122: Ending.DECLINED, 1123: Ending.DECLINED, 1164: Ending.MISSED,
    }  # fmt: skip
    if code in named:
        return named[code]
    return {113: Ending.FAILED, 119: Ending.MISSED}.get(code // 10, Ending.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Part:
    """A row, read. ``finish`` is None while it goes on."""

    row: Mapping[str, Any]
    start: datetime
    answer: datetime | None
    finish: datetime | None

    @property
    def from_extension(self) -> str | None:
        return text(self.row, "from_extension")

    @property
    def to_extension(self) -> str | None:
        return text(self.row, "to_extension")

    @property
    def is_person(self) -> bool:
        where = text(self.row, "location")
        return where == _PERSON or (where is None and bool(self.to_extension or self.from_extension))

    @property
    def talk(self) -> tuple[datetime, datetime] | None:
        if not self.is_person or self.answer is None or self.finish is None or self.finish <= self.answer:
            return None
        return self.answer, self.finish

    @property
    def talk_s(self) -> float:
        return (self.talk[1] - self.talk[0]).total_seconds() if self.talk else 0.0

    @property
    def order(self) -> tuple[object, ...]:
        """By time; at one second the leg that came from outside is first, for it began the others."""
        return self.start, bool(self.from_extension), bool(self.to_extension), _identity(self.row)


@dataclass(frozen=True, slots=True)
class MangoMeaning:
    region: str

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        parts = _parts(rows)
        first = parts[0]
        way = _way(first)
        legs = tuple(self._leg(part, way, parts) for part in parts if part.is_person)
        talk_s = covered_s(part.talk for part in parts if part.talk)
        going_on = any(part.finish is None for part in parts)
        words = [ending_of_reason(text(part.row, "disconnect_reason")) for part in parts]
        words = [Ending.MISSED if word is Ending.ANSWERED else word for word in words]  # counts where nobody talked
        word = Ending.IN_PROGRESS if going_on else min(words, key=_WEIGHT.index)
        ended = max(part.finish or part.start for part in parts)
        answered = min((part.talk[0] for part in parts if part.talk), default=None)
        client_raw = _client(parts, way)
        total_s = (ended - first.start).total_seconds()
        return TelephonyCall(
            group_id=str(first.row["entry_id"]),
            way=way,
            way_raw="",
            client=party(client_raw, self.region).phone if way is not Way.INTERNAL else None,
            client_raw=client_raw,
            started_at=first.start,
            talk_s=talk_s,
            total_s=total_s,
            ending=ending_of(way, word, talk_s),
            ending_raw=text(parts[-1].row, "disconnect_reason") or "",
            agent=whose(legs),
            line=text(first.row, "line_number"),
            wait_s=(answered - first.start).total_seconds() if answered else total_s,
            answered_at=answered,
            ended_at=None if going_on else ended,
            legs=legs,
            recording=_recording(parts),
        )

    def _leg(self, part: _Part, way: Way, parts: Sequence[_Part]) -> Leg:
        extension = part.to_extension or (part.from_extension if way is Way.OUT else None)
        # a call that is forwarded to an agent's own phone has its number instead of an extension
        key = extension or (text(part.row, "to_number") if way is not Way.OUT else None)
        word = Ending.IN_PROGRESS if part.finish is None else ending_of_reason(text(part.row, "disconnect_reason"))
        waited_until = part.answer or part.finish
        return Leg(
            agent=VendorAgent(key, None, extension) if key else None,
            started_at=part.start,
            wait_s=(waited_until - part.start).total_seconds() if waited_until else None,
            talk_s=part.talk_s,
            ending=ending_of(way, word, part.talk_s),
            is_transfer=any(other.talk is not None and other.talk[0] < part.start for other in parts),
        )


def _parts(rows: Sequence[Mapping[str, Any]]) -> list[_Part]:
    """Rows of a call, each once, by time. Of the same leg the row with a recording is taken, and the one that says how
    it ended.
    """
    once: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (len(str(row.get("records") or "")), repr(sorted(row.items())))):
        once[_identity(row)] = row
    parts = [
        _Part(
            row, unix_moment(row.get("start")), _moment_or_none(row.get("answer")), _moment_or_none(row.get("finish"))
        )
        for row in once.values()
    ]
    over = {_ends(part) for part in parts if part.finish is not None}
    parts = [part for part in parts if part.finish is not None or _ends(part) not in over]
    for part in parts:
        if part.finish is not None and not timedelta() <= part.finish - part.start <= timedelta(days=2):
            raise BadValueError("vendor_number", name="finish")
    return sorted(parts, key=lambda part: part.order)


def _identity(row: Mapping[str, Any]) -> str:
    """What makes two rows the same leg; a recording may be named later."""
    return "|".join(str(row.get(name) or "") for name in FIELDS if name != "records")


def _ends(part: _Part) -> tuple[object, ...]:
    """Who was connected with whom and since when, whatever came of it."""
    names = ("from_extension", "from_number", "to_extension", "to_number")
    return part.start, *(text(part.row, name) for name in names)


def _way(first: _Part) -> Way:
    """Whoever began: the report itself says nothing about it."""
    if first.from_extension is None:
        return Way.IN
    return Way.INTERNAL if first.to_extension else Way.OUT


def _client(parts: Sequence[_Part], way: Way) -> str:
    name = "to_number" if way is Way.OUT else "from_number"
    outside = [part for part in parts if not (part.to_extension if way is Way.OUT else part.from_extension)]
    return text((outside or parts)[0].row, name) or ""


def _recording(parts: Sequence[_Part]) -> RecordingRef | None:
    """Each agent may be recorded; taken is the recording of the leg with most talk, the first of equals."""
    recorded = [(part, found) for part in parts if (found := _records(part.row)) and part.talk]
    if not recorded:
        return None
    _, records = max(recorded, key=lambda pair: pair[0].talk_s)
    return RecordingRef("", key=records[0])


def _records(row: Mapping[str, Any]) -> list[str]:
    told = (text(row, "records") or "").strip("[]")
    return [item.strip() for item in told.split(",") if item.strip()]


def _moment_or_none(value: Any) -> datetime | None:
    return None if value in (None, "", "0", 0) else unix_moment(value)


class Mango(AskedSystem[MangoMeaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource`."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, meaning: MangoMeaning, key: str, salt: str) -> None:
        super().__init__(wire, meaning)
        self._key = key
        self._salt = salt

    def batches(self, window: Window) -> Iterator[Batch]:
        # a report cut down to nothing looks like one without calls, so that one is believed when it comes twice
        lines = self._report(window) or self._report(window)
        rows, problems = [], []
        for place, cells in enumerate(lines, start=1):
            row = dict(zip(_columns(cells), cells, strict=False))
            if len(cells) == len(FIELDS) and text(row, "entry_id"):
                rows.append(VendorRow(row["entry_id"].strip(), _row_key(cells), row))
            else:
                problems.append(Problem(self._wire.source, place, "entry_id", shown(";".join(cells)), "vendor_row"))
        yield Batch(rows, min(window.until, self._wire.vendor_now()), problems=problems)

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        question = {"recording_id": ref.key, "action": "download"}
        try:
            place = self._post("queries/recording/post/", question, str, shape=Shape.LOCATION)
        except SourceRefused as error:
            if error.params.get("status") in _NO_LINK:
                return None
            raise
        return RecordingRef(place, ref.key, self._wire.clock.now())

    def _report(self, window: Window) -> list[list[str]]:
        since, until = int(window.since.timestamp()), int(window.until.timestamp()) - 1
        order = {"date_from": str(since), "date_to": str(max(since, until)), "fields": ",".join(FIELDS),
                 "request_id": f"{since}-{until}"}  # fmt: skip
        key = self._post("stats/request", order, self._report_key)
        return self._post("stats/result", {"key": key}, self._lines, shape=Shape.TEXT, patience=PATIENCE)

    def _post(
        self,
        method: str,
        question: Mapping[str, str],
        read: Callable[[Any], Answer],
        *,
        shape: Shape = Shape.JSON,
        patience: Patience | None = None,
    ) -> Answer:
        told = json.dumps(question, separators=(",", ":"))
        sign = hashlib.sha256(f"{self._key}{told}{self._salt}".encode()).hexdigest()
        form = {"vpbx_api_key": self._key, "sign": sign, "json": told}
        return self._wire.ask("POST", f"/{method}", read, form=form, shape=shape, patience=patience)

    def _report_key(self, answer: Any) -> str:
        key = answer.get("key") if isinstance(answer, dict) else None
        if not key:
            told = answer.get("result") or answer.get("code") if isinstance(answer, dict) else answer
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=shown(told)[:80])
        return str(key)

    def _lines(self, told: str) -> list[list[str]]:
        if told.lstrip()[:1] == "{":
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=shown(told)[:80])
        lines = [cells for cells in csv.reader(told.splitlines(), delimiter=";") if cells]
        is_whole = told.endswith("\n") or not lines or _is_whole(lines[-1])
        if not is_whole:
            raise SourceAnswerBroken("source_answer_broken_off", source=self._wire.source)
        return lines


def _columns(cells: Sequence[str]) -> tuple[str, ...]:
    """By the list of recordings, which stands in brackets even when it is empty."""
    return DOCUMENTED if cells[0].strip().startswith("[") else FIELDS


def _is_whole(cells: Sequence[str]) -> bool:
    if _columns(cells) is DOCUMENTED:
        return len(cells) == len(DOCUMENTED) and cells[-1].strip() == _PERSON
    finish = cells[-1].strip()
    return len(cells) == len(FIELDS) and (finish == "0" or (len(finish) == 10 and finish.isdigit()))


def _row_key(cells: Sequence[str]) -> str:
    """Two rows of a call are one when they say the same; which of them are one leg is for ``collapse`` to see."""
    return hashlib.blake2b("\0".join(cells).encode(), digest_size=8).hexdigest()
