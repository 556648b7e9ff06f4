"""The time line of a call: at every moment of every channel, who or what was heard.

Per channel the segments cover the recording from its start to its end without overlap. They are derived from the
same pieces of speech as the verdict (``heard``, ``answering``, ``effective``), so that what is drawn and what is judged
cannot disagree: live two-way conversation is the sum of the segments with ``is_live``, as ``effective`` defines it.
A pure function of a few milliseconds: computed when a call is looked at, never stored.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qc_workbench.detection.answering import Answering, answering_of
from qc_workbench.detection.effective import live_pieces, sides
from qc_workbench.detection.heard import Heard, Piece, hear
from qc_workbench.detection.sound_classes import Interval, overlap_s, subtract, touching, union
from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.call import Recording
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.domain.transcript import Party, Transcript


class SegmentKind(StrEnum):
    """What a stretch holds, the most telling first."""

    AGENT = "agent"
    CUSTOMER = "customer"
    PERSON = "person"  # mono: somebody speaks, and neither sound nor words tell which of the two
    MACHINE = "machine"
    RINGBACK = "ringback"
    BUSY = "busy"  # busy, congestion and dial tone
    SIT = "sit"
    BEEP = "beep"
    DTMF = "dtmf"
    MUSIC = "music"
    NOISE = "noise"
    SILENCE = "silence"


#: Speech of people; the other kinds are machines, the line, or nobody.
HUMAN: Final = frozenset({SegmentKind.AGENT, SegmentKind.CUSTOMER, SegmentKind.PERSON})
_OF_SOUND: Final[Mapping[SoundKind, SegmentKind]] = {
    SoundKind.RINGBACK: SegmentKind.RINGBACK,
    SoundKind.BUSY: SegmentKind.BUSY,
    SoundKind.SIT: SegmentKind.SIT,
    SoundKind.BEEP: SegmentKind.BEEP,
    SoundKind.DTMF: SegmentKind.DTMF,
    SoundKind.MUSIC: SegmentKind.MUSIC,
    SoundKind.NOISE: SegmentKind.NOISE,
    SoundKind.SILENCE: SegmentKind.SILENCE,
}
#: A rest of voice without words belongs to the piece of speech that is so near; further away it is nobody's.
_BESIDE_S: Final = 0.5
_LEAST_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of one kind on one channel. ``is_live``: part of the two-way conversation."""

    channel: int
    start_s: float
    end_s: float
    kind: SegmentKind
    is_live: bool = False

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class TimeLine:
    """All segments in time order; those of each channel cover the recording."""

    duration_s: float
    channels: int
    segments: tuple[Segment, ...]

    @property
    def conversation_s(self) -> float:
        """Live two-way conversation: seconds of speech of both sides in an exchange."""
        return sum(segment.duration_s for segment in self.segments if segment.is_live)

    def of(self, channel: int) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.segments if segment.channel == channel)

    def seconds(self) -> dict[SegmentKind, float]:
        """How much of the recording each kind fills, most telling first; they add up to its length.

        Where several sound at once (both talk, or noise beside a voice), the first of ``SegmentKind`` is counted.
        """
        left: tuple[Interval, ...] = ((0.0, self.duration_s),)
        found: dict[SegmentKind, float] = {}
        for kind in SegmentKind:
            spans = union((item.start_s, item.end_s) for item in self.segments if item.kind is kind)
            rest = subtract(left, spans)
            if seconds := _total_s(left) - _total_s(rest):
                found[kind] = seconds
            left = rest
        return found


def time_line(recording: Recording, acoustics: Acoustics, transcript: Transcript | None) -> TimeLine:
    """The time line of a recording; without a transcript machines are known by sure signs of the sound only."""
    heard = hear(recording, acoustics, transcript)
    return time_line_of(heard, answering_of(heard))


def time_line_of(heard: Heard, answering: Answering) -> TimeLine:
    """The same from what was heard and who answered."""
    labelled = _labelled(heard, answering)
    live = _live(heard, answering)
    segments: list[Segment] = []
    for channel in range(len(heard.voices)):
        parts = [
            *_spoken(channel, heard, [item for item in labelled if item[0].channel == channel]),
            *(
                (max(sound.start_s, 0.0), min(sound.end_s, heard.duration_s), _OF_SOUND[sound.kind])
                for sound in heard.sounds
                if sound.channel == channel and sound.kind is not SoundKind.VOICE
            ),
        ]
        segments.extend(_marked(channel, _covering(parts, heard.duration_s), live))
    ordered = tuple(sorted(segments, key=lambda segment: (segment.start_s, segment.channel)))
    return TimeLine(heard.duration_s, len(heard.voices), ordered)


def _labelled(heard: Heard, answering: Answering) -> list[tuple[Piece, SegmentKind]]:
    """Every piece of speech with who spoke it, in time order."""
    machine = set(answering.machine)
    agent, human = (set(side) for side in sides(heard, answering))
    kinds: list[tuple[Piece, SegmentKind]] = []
    for piece in heard.pieces:
        if piece in machine:
            kind = SegmentKind.MACHINE
        elif heard.mono and piece.party not in (Party.AGENT, Party.CUSTOMER) and _may_be_either(answering):
            kind = SegmentKind.PERSON
        elif piece in human:
            kind = SegmentKind.CUSTOMER
        elif piece in agent:
            kind = SegmentKind.AGENT
        else:  # a rustle that no side claims
            kind = SegmentKind.NOISE
        kinds.append((piece, kind))
    return kinds


def _may_be_either(answering: Answering) -> bool:
    return answering.answered_by in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN)


def _spoken(
    channel: int, heard: Heard, labelled: Sequence[tuple[Piece, SegmentKind]]
) -> list[tuple[float, float, SegmentKind]]:
    """The voice of a channel, each part by the piece that it is in, or beside; voice beside none is noise."""
    voices = heard.voices[channel]
    parts: list[tuple[float, float, SegmentKind]] = []
    taken: list[Interval] = []  # disjoint and in order, because the pieces come by their beginnings
    for piece, kind in labelled:
        frame = (piece.start_s, piece.end_s)
        for start, end in subtract(_within(voices, frame), touching(taken, frame)):
            parts.append((start, end, kind))
        if taken and frame[0] <= taken[-1][1]:
            taken[-1] = (taken[-1][0], max(taken[-1][1], frame[1]))
        else:
            taken.append(frame)
    starts = [piece.start_s for piece, _ in labelled]
    longest_s = max((piece.end_s - piece.start_s for piece, _ in labelled), default=0.0)
    for start, end in subtract(voices, taken):
        first = bisect_left(starts, start - _BESIDE_S - longest_s - _LEAST_S)
        around = labelled[first : bisect_right(starts, end + _BESIDE_S)]
        near = min(around, key=lambda item: _apart_s((start, end), item[0]), default=None)
        beside = near is not None and _apart_s((start, end), near[0]) <= _BESIDE_S
        parts.append((start, end, near[1] if near is not None and beside else SegmentKind.NOISE))
    return parts


def _within(intervals: Sequence[Interval], frame: Interval) -> list[Interval]:
    """The parts inside ``frame`` of disjoint intervals in time order."""
    return [(max(a, frame[0]), min(b, frame[1])) for a, b in touching(intervals, frame)]


def _apart_s(interval: Interval, piece: Piece) -> float:
    return max(piece.start_s - interval[1], interval[0] - piece.end_s, 0.0)


def _covering(
    parts: list[tuple[float, float, SegmentKind]], duration_s: float
) -> list[tuple[float, float, SegmentKind]]:
    """The parts in time order with silence between them; an overlap goes to the earlier part; neighbours of one kind
    are joined."""
    row: list[tuple[float, float, SegmentKind]] = []

    def add(start: float, end: float, kind: SegmentKind) -> None:
        if row and row[-1][2] is kind:
            row[-1] = (row[-1][0], end, kind)
        elif end > start:
            row.append((start, end, kind))

    at = 0.0
    for start, end, kind in sorted(parts):
        start = max(start, at)
        end = min(end, duration_s)
        if end - start < _LEAST_S:
            continue
        if start - at >= _LEAST_S:
            add(at, start, SegmentKind.SILENCE)
        add(at if start - at < _LEAST_S else start, end, kind)
        at = end
    if duration_s - at >= _LEAST_S:
        add(at, duration_s, SegmentKind.SILENCE)
    elif row:
        row[-1] = (row[-1][0], duration_s, row[-1][2])
    return row


def _live(heard: Heard, answering: Answering) -> list[tuple[int, Interval]]:
    """(channel, interval) of the voice that counts as conversation; a farewell to a dead line counts in part."""
    found: list[tuple[int, Interval]] = []
    for piece, counted_s in live_pieces(heard, answering):
        left_s = counted_s
        for start, end in _within(heard.voices[piece.channel], (piece.start_s, piece.end_s)):
            if left_s <= 0:
                break
            found.append((piece.channel, (start, min(end, start + left_s))))
            left_s -= end - start
    return found


def _marked(
    channel: int, row: Iterable[tuple[float, float, SegmentKind]], live: Sequence[tuple[int, Interval]]
) -> list[Segment]:
    """The row of a channel as segments, cut where live conversation begins and ends."""
    spans = union(interval for where, interval in live if where == channel)
    marked: list[Segment] = []
    for start, end, kind in row:
        if kind not in HUMAN or overlap_s((start, end), touching(spans, (start, end))) <= _LEAST_S:
            marked.append(Segment(channel, start, end, kind))
            continue
        inside = [(a, b) for a, b in _within(spans, (start, end)) if b - a > _LEAST_S]
        for a, b in subtract([(start, end)], inside):
            marked.append(Segment(channel, a, b, kind))
        marked.extend(Segment(channel, a, b, kind, is_live=True) for a, b in inside)
    return marked


def _total_s(intervals: Iterable[Interval]) -> float:
    return sum(end - start for start, end in intervals)
