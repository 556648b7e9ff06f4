"""Sounds of one channel that are neither tones nor voices: music, noise, silence."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.detection.spectrum import STEP_S, Frames
from qc_workbench.domain.acoustics import SoundKind

Interval = tuple[float, float]

#: Measured on hold music against speech of the development calls (windows of 3 s): music hardly pauses (level range,
#: 8th to 95th percentile, 1-14 dB; speech 19 and more) and is not flat as line noise is (flatness under 0.06; noise
#: 0.15 and more); persistence (music 0.41-0.79, speech 0.24-0.55) only keeps out continuous babble.
#: The strongest component holds most of what sounds: music 0.36 and more, noise at most 0.22 (steady noise has
#: no pauses either).
_MUSIC_TONE_SHARE: Final = 0.27
_MUSIC_PERSISTENCE: Final = 0.40
_MUSIC_FLATNESS: Final = 0.09
_MUSIC_RANGE_DB: Final = 16.0
_MUSIC_ABOVE_FLOOR_DB: Final = 8.0
_WINDOW_S: Final = 3.0
_SHORTEST_MUSIC_S: Final = 3.0
_NOISE_ABOVE_FLOOR_DB: Final = 9.0


def floor_db(frames: Frames) -> float:
    """Noise floor of the channel: its quietest tenth, but never above what speech pauses can be."""
    return float(np.clip(np.percentile(frames.level_db, 10), -90.0, -32.0))


def find_music(frames: Frames, floor: float, tonal: Sequence[Interval], duration_s: float) -> tuple[Interval, ...]:
    """Intervals of music of at least ``_SHORTEST_MUSIC_S``; the intervals of line tones are left out.

    Continuous music has no pauses to learn the floor from: then the absolute level decides.
    """
    width = round(_WINDOW_S / STEP_S)
    step = width // 6
    found: list[Interval] = []
    quietest = max(min(floor + _MUSIC_ABOVE_FLOOR_DB, -42.0), -62.0)
    for first in range(0, frames.count - width + 1, step):
        part = slice(first, first + width)
        low, high = np.percentile(frames.level_db[part], [8, 95])
        if (
            low > quietest
            and float(np.median(frames.tone_share[part])) > _MUSIC_TONE_SHARE
            and high - low < _MUSIC_RANGE_DB
            and float(np.median(frames.persistence[part])) > _MUSIC_PERSISTENCE
            and float(np.median(frames.flatness[part])) < _MUSIC_FLATNESS
        ):
            found.append((first * STEP_S, min((first + width) * STEP_S, duration_s)))
    merged = subtract(union(found, gap_s=1.0), tonal)
    return tuple(item for item in merged if item[1] - item[0] >= _SHORTEST_MUSIC_S)


def is_voiced(frames: Frames, interval: Interval) -> bool:
    """Whether an interval that the voice model took for a voice holds periodic sound above the floor."""
    part = slice(frames.at(interval[0]), frames.at(interval[1]) + 1)
    return bool(np.sum(frames.periodicity[part] > 0.5) * STEP_S >= 0.06)


def rest_classes(
    frames: Frames, floor: float, taken: Sequence[Interval], duration_s: float
) -> list[tuple[Interval, SoundKind]]:
    """What is left of the channel, as NOISE (typing, breath, street) or SILENCE, in pieces of a second or more."""
    rest: list[tuple[Interval, SoundKind]] = []
    for start, end in subtract(((0.0, duration_s),), taken):
        marks = [start, *np.arange(start + 1.0, end - 1.0, 1.0).tolist(), end]
        for left, right in pairwise(marks):
            part = slice(frames.at(left), frames.at(right) + 1)
            busy = float(np.mean(frames.level_db[part] > max(floor + _NOISE_ABOVE_FLOOR_DB, -62.0)))
            kind = SoundKind.NOISE if busy > 0.08 else SoundKind.SILENCE
            if rest and rest[-1][1] is kind and abs(rest[-1][0][1] - left) < 1e-6:
                rest[-1] = ((rest[-1][0][0], right), kind)
            else:
                rest.append(((left, right), kind))
    return rest


def union(intervals: Iterable[Interval], gap_s: float = 0.0) -> tuple[Interval, ...]:
    """Intervals in time order, those that touch or lie at most ``gap_s`` apart joined."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1] + gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def subtract(intervals: Iterable[Interval], taken: Iterable[Interval]) -> tuple[Interval, ...]:
    """The parts of ``intervals`` outside ``taken``."""
    holes = union(taken)
    ends = [hole_end for _, hole_end in holes]
    left: list[Interval] = []
    for start, end in intervals:
        at = start
        for hole_start, hole_end in islice(holes, bisect_right(ends, at), None):
            if hole_start >= end:
                break
            if hole_start > at:
                left.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            left.append((at, end))
    return tuple(left)


def touching(intervals: Sequence[Interval], frame: Interval) -> Sequence[Interval]:
    """Those of disjoint intervals in time order that share time with ``frame``: found, not searched for, because a
    recording of two hours has thousands and each is asked about."""
    first = bisect_right(intervals, frame[0], key=itemgetter(1))
    return intervals[first : max(first, bisect_left(intervals, frame[1], key=itemgetter(0)))]


def overlap_s(interval: Interval, others: Iterable[Interval]) -> float:
    """Seconds of an interval that lie inside the others (which must not overlap each other)."""
    return sum(max(0.0, min(interval[1], end) - max(interval[0], start)) for start, end in others)


def peaks_of(samples: NDArray[np.float32], step: int) -> tuple[int, ...]:
    """Loudest absolute sample of each ``step`` samples, 0..100."""
    whole = np.pad(np.abs(samples), (0, -samples.size % step)).reshape(-1, step)
    return tuple(int(value) for value in np.clip(np.round(whole.max(axis=1) * 100), 0, 100)) if samples.size else ()
