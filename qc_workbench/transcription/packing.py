"""Packing the speech of one channel into windows of at most 24 seconds, and mapping times back.

A recognition window costs the same however little speech is in it, and silence is where
the model invents words. So long pauses are shortened (never removed: words on both sides
must not glue together) and windows are filled evenly. Pure: numbers in, numbers out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Whisper reads at most 30 s. The work grows faster than the length (attention), but the words get better with it: 24 s
#: cost a tenth less than 29 s and make as many errors; 15 s make a tenth more (docs/transcription.md).
LONGEST_WINDOW_S: Final = 24.0
#: Sound kept before and after each stretch of speech; a longer pause becomes twice this.
MARGIN_S: Final = 0.3

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording inside a window. ``packed_s`` is where it begins in the window."""

    start_s: float
    end_s: float
    packed_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces of one channel, in time order, recognised together."""

    channel: int
    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        return self.pieces[-1].packed_s + self.pieces[-1].duration_s

    def original(self, start_s: float, end_s: float) -> Interval:
        """Where a word found at these seconds of the window lies in the recording.

        Both ends go to the piece that holds the word's middle and are kept inside it, so that
        a word never spans a pause that was cut out.
        """
        middle = (start_s + end_s) / 2
        piece = self.pieces[0]
        for candidate in self.pieces[1:]:
            if middle < candidate.packed_s:
                break
            piece = candidate
        shift = piece.start_s - piece.packed_s
        start = min(max(start_s + shift, piece.start_s), piece.end_s)
        return start, min(max(end_s + shift, start), piece.end_s)


def pack(
    channel: int, speech: Sequence[Interval], length_s: float, longest_s: float = LONGEST_WINDOW_S
) -> list[Window]:
    """Windows that together hold all ``speech`` of a channel whose recording lasts ``length_s``.

    ``speech``: intervals in time order without overlap. Windows are filled about equally, because a
    batch takes as long as its longest member.
    """
    stretches = [part for stretch in _with_margins(speech, length_s) for part in _split(stretch, speech, longest_s)]
    total_s = sum(end - start for start, end in stretches)
    if total_s <= 0:
        return []
    target_s = total_s / math.ceil(total_s / longest_s)
    windows: list[list[Interval]] = [[]]
    filled_s = 0.0
    for start, end in stretches:
        width = end - start
        # the nearer border of an even share, but never beyond what a window can hold
        if windows[-1] and (filled_s + width > longest_s or filled_s + width / 2 > target_s):
            windows.append([])
            filled_s = 0.0
        windows[-1].append((start, end))
        filled_s += width
    return [_window(channel, parts) for parts in windows]


def unread(window: Window, read_until_s: float, speech: Sequence[Interval], least_s: float) -> Window | None:
    """What a window holds after a second of the recording, as a window of its own, when at least ``least_s`` of it is
    ``speech``: the model sometimes ends after one voice although another follows in the same window.
    """
    parts = [(max(piece.start_s, read_until_s), piece.end_s) for piece in window.pieces if piece.end_s > read_until_s]
    voiced_s = sum(max(0.0, min(end, stop) - max(start, begin)) for start, end in parts for begin, stop in speech)
    return _window(window.channel, parts) if parts and voiced_s >= least_s else None


def _with_margins(speech: Sequence[Interval], length_s: float) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in speech:
        wide = (max(0.0, start - MARGIN_S), min(length_s, end + MARGIN_S))
        if merged and wide[0] <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], wide[1]))
        elif wide[1] > wide[0]:
            merged.append(wide)
    return merged


def _split(stretch: Interval, speech: Sequence[Interval], longest_s: float) -> list[Interval]:
    """Cut a stretch that no window can hold: in its pauses when it has some, else evenly."""
    start, end = stretch
    parts = []
    while end - start > longest_s:
        pauses = [
            (before[1] + after[0]) / 2
            for before, after in itertools.pairwise(speech)
            if start + longest_s / 2 < (before[1] + after[0]) / 2 <= start + longest_s
        ]
        even = start + (end - start) / math.ceil((end - start) / longest_s)
        cut = min(pauses, key=lambda pause: abs(pause - even)) if pauses else even
        parts.append((start, cut))
        start = cut
    parts.append((start, end))
    return parts


def _window(channel: int, parts: Sequence[Interval]) -> Window:
    pieces = []
    packed_s = 0.0
    for start, end in parts:
        pieces.append(Piece(start, end, packed_s))
        packed_s += end - start
    return Window(channel, tuple(pieces))
