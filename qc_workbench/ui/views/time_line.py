"""Who or what was on the line, moment by moment, as the player draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qc_workbench.detection.segments import HUMAN, Segment, SegmentKind, TimeLine
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import named

#: Pauses within one speaker's talk up to this long are drawn as talk: the eye reads turns, not breaths.
_BREATH_S = 0.8


@dataclass(frozen=True, slots=True)
class ShownSegment:
    channel: int
    start_s: float
    end_s: float
    kind: str
    label: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class ShownKind:
    """An entry of the legend; the seconds of all entries add up to the recording."""

    kind: str
    label: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ShownTimeLine:
    """``summary``: live conversation of connected time, in words."""

    segments: tuple[ShownSegment, ...]
    kinds: tuple[ShownKind, ...]
    summary: str


def shown_time_line(line: TimeLine, connected_s: float | None, t: Translator) -> ShownTimeLine:
    """The strips, the legend and the summary."""
    segments = tuple(
        ShownSegment(
            item.channel, item.start_s, item.end_s, item.kind.value, named(t, "segment", item.kind.value), item.is_live
        )
        for channel in range(line.channels)
        for item in _turns(line.of(channel))
        if item.kind is not SegmentKind.SILENCE
    )
    kinds = tuple(
        ShownKind(kind.value, named(t, "segment", kind.value), seconds)
        for kind, seconds in line.seconds().items()
        if seconds >= 0.1
    )
    total = clock(connected_s if connected_s is not None else line.duration_s)
    return ShownTimeLine(segments, kinds, t("player.conversation", live=clock(line.conversation_s), total=total))


def _turns(row: Sequence[Segment]) -> list[Segment]:
    """The segments of a channel with breaths joined to the talk around them."""
    turns: list[Segment] = []
    for item in row:
        if (
            len(turns) >= 2
            and turns[-1].kind in (SegmentKind.SILENCE, SegmentKind.NOISE)
            and turns[-1].duration_s <= _BREATH_S
            and item.kind is turns[-2].kind
            and item.kind in HUMAN | {SegmentKind.MACHINE}
            and item.is_live == turns[-2].is_live
        ):
            turns.pop()
            turns[-1] = replace(turns[-1], end_s=item.end_s)
        else:
            turns.append(item)
    return turns
