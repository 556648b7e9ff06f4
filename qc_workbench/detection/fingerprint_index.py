"""The index of landmarks: which stored sounds have pairs of peaks in common with this one, at which distance in time.

A base of sorted arrays (they may be memory-mapped: a lookup touches some thousand places of them) and a small tail
that takes additions one by one. A landmark is a number under :data:`CELLS`; ``starts[number]`` is where its places
begin in ``places``, each the number of a sound and a frame in one 64-bit integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.detection.fingerprints import Ints, peaks_of_print
from qc_workbench.domain.sound_print import SoundPrint

#: A pair: two peaks at most 1.3 s and 1250 Hz apart, not in the same moment. Each peak begins at most three.
_LONGEST: Final = 80
_SHORTEST: Final = 2
_WIDEST: Final = 80
_PAIRS_OF_A_PEAK: Final = 3
_LOOKED_AT: Final = 12
#: Frequencies count in steps of two bins (31 Hz), so that a peak that moved by one often stays the same.
_STEP: Final = 2
CELLS: Final = 1 << 21
#: Frames of one print are fewer: 45 s and a last stretch of speech.
_FRAME_BITS: Final = 13
_HALF: Final = 1 << (_FRAME_BITS - 1)
#: The rarest landmarks of a print are followed, up to so many places together: common ones tell nobody apart, and
#: a look-up takes the same time however large the library grows.
_MOST_PLACES: Final = 60_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored sound with ``votes`` landmarks in common. ``shift``: its frame less the same moment's frame of the
    sound looked up, in steps of 16 ms from the beginnings of both prints."""

    number: int
    shift: int
    votes: int


def landmarks(item: SoundPrint) -> tuple[Ints, Ints]:
    """Landmarks of a print and the frames they begin at."""
    frames, bins = peaks_of_print(item)
    numbers: list[Ints] = []
    begins: list[Ints] = []
    begun = np.zeros(frames.size, dtype=np.int64)
    for apart in range(1, min(_LOOKED_AT, frames.size - 1) + 1):
        later = frames[apart:] - frames[:-apart]
        wide = bins[apart:] - bins[:-apart]
        fits = (later >= _SHORTEST) & (later <= _LONGEST) & (np.abs(wide) <= _WIDEST)
        fits &= begun[:-apart] < _PAIRS_OF_A_PEAK
        begun[:-apart] += fits
        first, change = bins[:-apart][fits] // _STEP, (wide[fits] + _WIDEST) // _STEP
        numbers.append((first << 14) | (change << 7) | later[fits])
        begins.append(frames[:-apart][fits])
    if not numbers:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(numbers), np.concatenate(begins)


@dataclass(eq=False)
class LandmarkIndex:
    """``starts`` (CELLS + 1) and ``places`` of the sounds numbered from 0; additions go on from there.

    ``gone``: numbers that are no longer found.
    """

    starts: NDArray[np.int64]
    places: NDArray[np.int64]
    size: int
    gone: set[int] = field(default_factory=set)
    _tail: dict[int, list[int]] = field(default_factory=dict)

    def add(self, item: SoundPrint) -> int:
        """Store one more sound; its number. Found from now on."""
        number = self.size
        for landmark, frame in zip(*(part.tolist() for part in landmarks(item)), strict=True):
            self._tail.setdefault(landmark, []).append(number << _FRAME_BITS | frame)
        self.size += 1
        return number

    def find(self, item: SoundPrint, most: int, fewest_votes: int) -> tuple[Candidate, ...]:
        """Sounds with at least ``fewest_votes`` landmarks in common at one distance; the most likely first."""
        numbers, frames = landmarks(item)
        begins = np.asarray(self.starts[numbers])
        lengths = self.starts[numbers + 1] - begins
        rarest = np.argsort(lengths, kind="stable")
        lengths[rarest[np.cumsum(lengths[rarest]) > _MOST_PLACES]] = 0
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1] if ends.size else 0) + np.repeat(begins - ends + lengths, lengths)
        found = [self.places[places] - np.repeat(frames, lengths)]
        found += [
            np.array(self._tail[landmark], dtype=np.int64) - frame
            for landmark, frame in zip(numbers.tolist(), frames.tolist(), strict=True)
            if landmark in self._tail
        ]
        if not sum(part.size for part in found):
            return ()
        # one integer of sound and distance; a negative distance borrows from the number of the sound
        return _best(np.concatenate(found), most, fewest_votes, self.gone)


def _best(together: Ints, most: int, fewest_votes: int, gone: set[int]) -> tuple[Candidate, ...]:
    values, counts = np.unique(together, return_counts=True)
    next_to = np.diff(values, append=values[-1] + 2) == 1
    votes = counts + np.where(next_to, np.append(counts[1:], 0), 0)
    places = np.flatnonzero(votes >= fewest_votes)
    found: dict[int, Candidate] = {}
    for place in places[np.argsort(-votes[places], kind="stable")].tolist():
        number = (int(values[place]) + _HALF) >> _FRAME_BITS
        if number in found or number in gone:
            continue
        found[number] = Candidate(number, int(values[place]) - (number << _FRAME_BITS), int(votes[place]))
        if len(found) == most:
            break
    return tuple(found.values())


def build(prints: Sequence[SoundPrint]) -> LandmarkIndex:
    """An index of prints, numbered in their order."""
    numbers: list[Ints] = []
    places: list[Ints] = []
    for number, item in enumerate(prints):
        found, frames = landmarks(item)
        numbers.append(found.astype(np.int32))
        places.append(frames | (number << _FRAME_BITS))
    every = np.concatenate(numbers) if numbers else np.zeros(0, np.int32)
    order = np.argsort(every, kind="stable")
    starts = np.zeros(CELLS + 1, np.int64)
    np.cumsum(np.bincount(every, minlength=CELLS), out=starts[1:])
    where = np.concatenate(places)[order] if places else np.zeros(0, np.int64)
    return LandmarkIndex(starts, where, len(prints))
