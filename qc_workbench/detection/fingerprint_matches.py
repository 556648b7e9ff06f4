"""Whether two prints hold the same recording, and what two recordings that share a sound are to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.detection.fingerprint_index import Candidate, LandmarkIndex
from qc_workbench.detection.fingerprints import BIT_STEP_S, PEAKS_PER_STEP, Ints, bits_of_print
from qc_workbench.detection.sound_classes import Interval, overlap_s, union
from qc_workbench.domain.sound_print import PrintMatch, Relation, SoundPrint

#: A candidate has so many landmarks in common at one distance. Measured: docs/detectors.md, "Greeting fingerprints".
FEWEST_VOTES: Final = 12
MOST_CANDIDATES: Final = 8
#: Share of differing bits under which a second of speech is the same, and all of a stretch together. Measured: after
#: the worst codecs and 10 dB of noise up to 0.33, other speech 0.45-0.55. (Haitsma & Kalker 2002 take 0.35 where this
#: is the only proof; here the landmarks are another.)
SAME_SECOND: Final = 0.40
SAME_SOUND: Final = 0.37
#: Speech that must agree for a match at all.
SHORTEST_MATCH_S: Final = 2.0
#: A second of speech that differs ends a stretch; less is a noise over it, or a weak sound under noise.
_BREAK: Final = 31
#: A frame that differs in half of its bits is no part of the match, whatever lies around it.
_OTHER_FRAME: Final = 0.5
#: Frames of speech (32 ms) that are judged together.
_SECOND: Final = 31
#: The landmarks tell the distance to a frame or two; where it is that far off, the same sound still differs in less
#: than half of its bits.
_NEARBY: Final = (0, -1, 1, -2, 2)
_HOPELESS: Final = 0.46
#: A bit's frame begins half a window before the moment it tells of.
_CENTRE_S: Final = 0.128

_MUCH_ELSE_S: Final = 6.0
_MUCH_ELSE_SHARE: Final = 0.6

#: Duplicates: nearly all speech of both agrees, and more of it than one greeting explains.
_NEARLY_ALL: Final = 0.8
_DUPLICATE_S: Final = 6.0
_OTHER_SIDE_S: Final = 1.5
_MONO_DUPLICATE_S: Final = 10.0
#: Encoders add some hundredths of a second before the sound and round up its end.
_ENCODER_S: Final = 0.15
_SAME_LENGTH_S: Final = 0.3
_OTHER_LENGTH_S: Final = 1.0
_VOICE_EDGE_S: Final = 0.3
_MONO_VOICES: Final = 6


def look_up(
    item: SoundPrint, index: LandmarkIndex, prints: Callable[[Sequence[int]], Mapping[int, SoundPrint]]
) -> tuple[PrintMatch, ...]:
    """Every stored sound that holds the same recording as ``item``, most matching speech first.

    ``prints`` gives the stored ones by their numbers in the index; it is asked for a few candidates only.
    """
    candidates = index.find(item, MOST_CANDIDATES, FEWEST_VOTES)
    stored = prints([candidate.number for candidate in candidates]) if candidates else {}
    found = [
        match
        for candidate in candidates
        if candidate.number in stored and (match := decide(item, stored[candidate.number], candidate)) is not None
    ]
    return tuple(sorted(found, key=lambda match: (-match.matched_s, match.found)))


def is_new(item: SoundPrint, found: Sequence[PrintMatch]) -> bool:
    """Whether a print is worth finding: nothing known was found in it, or much else is spoken beside that."""
    known_s = max((match.matched_s for match in found), default=0.0)
    return item.speech_s - known_s >= min(_MUCH_ELSE_S, item.speech_s) and known_s <= _MUCH_ELSE_SHARE * item.speech_s


def decide(item: SoundPrint, stored: SoundPrint, candidate: Candidate) -> PrintMatch | None:
    """The match at the candidate's distance, or None where the bits differ too much."""
    steps = round(candidate.shift / PEAKS_PER_STEP) + stored.first_step - item.first_step
    return match_at(item, stored, steps, candidate.votes)


def match_at(item: SoundPrint, stored: SoundPrint, steps: int, votes: int = 0) -> PrintMatch | None:
    """Compare two prints at a distance of ``steps`` of 32 ms (a moment of ``stored`` less one of ``item``)."""
    compared = _compare(item, stored, steps)
    if compared is None:
        return None
    run = _longest_run(compared.same)
    same = compared.same[run]
    matched_s = float(np.sum(same)) * BIT_STEP_S
    if matched_s < SHORTEST_MATCH_S:
        return None
    error_rate = float(compared.errors[run][same].mean())
    if error_rate > SAME_SOUND:
        return None
    moments_s = compared.frames[run][same] * BIT_STEP_S + _CENTRE_S
    return PrintMatch(
        looked_up=item.key,
        found=stored.key,
        offset_s=round(compared.steps * BIT_STEP_S, 3),
        start_s=round(float(moments_s[0]), 2),
        end_s=round(float(moments_s[-1]) + BIT_STEP_S, 2),
        matched_s=round(matched_s, 2),
        error_rate=round(error_rate, 3),
        votes=votes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Frames that both prints have, the share of bits that differ in each, and whether it is the same sound."""

    steps: int
    frames: Ints
    errors: NDArray[np.float64]
    same: NDArray[np.bool_]


def _compare(item: SoundPrint, stored: SoundPrint, steps: int) -> _Compared | None:
    """At the best distance within two frames of ``steps``; None where hardly any speech lies over the other's."""
    frames, bits = bits_of_print(item)
    others, other_bits = bits_of_print(stored)
    best: tuple[float, _Compared] | None = None
    for distance in (steps + nearby for nearby in _NEARBY):
        common, mine, theirs = np.intersect1d(frames + distance, others, assume_unique=True, return_indices=True)
        if common.size < _SECOND:
            continue
        errors = np.bitwise_count(bits[mine] ^ other_bits[theirs]) / 32
        means = _smooth(errors)
        rate = float(np.sort(means)[: max(1, common.size // 2)].mean())  # of the better half: the rest may be others'
        if best is None and rate > _HOPELESS:
            return None
        if best is None or rate < best[0]:
            same = (means < SAME_SECOND) & (errors < _OTHER_FRAME)
            best = (rate, _Compared(distance, frames[mine], errors, same))
    return best[1] if best else None


def _longest_run(same: NDArray[np.bool_]) -> slice:
    """The frames from first to last of the longest agreement that no :data:`_BREAK` frames in a row interrupt."""
    places = np.flatnonzero(same)
    if not places.size:
        return slice(0, 0)
    parts = np.split(places, np.flatnonzero(np.diff(places) > _BREAK) + 1)
    longest = max(parts, key=len)
    return slice(int(longest[0]), int(longest[-1]) + 1)


def _smooth(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over a second of speech around each frame."""
    width = min(_SECOND, errors.size)
    sums = np.cumsum(np.insert(errors, 0, 0.0))
    starts = np.clip(np.arange(errors.size) - width // 2, 0, errors.size - width)
    means: NDArray[np.float64] = (sums[starts + width] - sums[starts]) / width
    return means


@dataclass(frozen=True, slots=True)
class PrintedRecording:
    """What is known of a recording besides its words: the prints of its channels, length, all its speech."""

    duration_s: float
    prints: tuple[SoundPrint, ...]
    voices: tuple[tuple[Interval, ...], ...]


def relation(one: PrintedRecording, other: PrintedRecording, offset_s: float) -> Relation:
    """What two recordings are that share a sound at ``offset_s`` (a moment of ``other`` less one of ``one``).

    DUPLICATE where nearly all speech of both agrees at this distance: in stereo on both channels; in mono, where
    an announcement may be all there is, only with the same beginning, length and pauses to the end. GREETING where
    speech of either lies beside the other's and differs, or where beginning or length differ although nothing else is
    spoken. UNCLEAR otherwise.
    """
    steps = round(offset_s / BIT_STEP_S)
    mine, theirs = _agreeing(one, other, steps), _agreeing(other, one, -steps)
    matched_s = min(sum(same for _, same in mine), sum(same for _, same in theirs))
    alike = min(_share(mine), _share(theirs))
    stereo = len(one.prints) == len(other.prints) == 2
    both_sides = stereo and all(same >= _OTHER_SIDE_S for _, same in (*mine, *theirs))
    moved = abs(offset_s) > _ENCODER_S
    length_s = abs(one.duration_s - other.duration_s)
    if alike >= _NEARLY_ALL and matched_s >= _DUPLICATE_S and both_sides:
        return Relation.DUPLICATE
    if (
        alike >= _NEARLY_ALL
        and matched_s >= _MONO_DUPLICATE_S
        and not moved
        and length_s <= _SAME_LENGTH_S
        and _same_pauses(one, other, offset_s)
    ):
        return Relation.DUPLICATE
    if any(spoken - same >= _OTHER_SIDE_S for spoken, same in (*mine, *theirs)):
        return Relation.GREETING
    one_sided = stereo and not both_sides
    return Relation.GREETING if one_sided and (moved or length_s >= _OTHER_LENGTH_S) else Relation.UNCLEAR


def _agreeing(one: PrintedRecording, other: PrintedRecording, steps: int) -> list[tuple[float, float]]:
    """Per channel of ``one``: seconds of printed speech that lie inside ``other`` and, of these, that agree with it."""
    found = []
    for item in one.prints:
        frames, _ = bits_of_print(item)
        inside = (frames + steps >= 0) & ((frames + steps) * BIT_STEP_S < other.duration_s - 0.3)
        compared = [_compare(item, stored, steps) for stored in other.prints]
        same_s = max((float(np.sum(result.same)) * BIT_STEP_S for result in compared if result), default=0.0)
        found.append((float(np.sum(inside)) * BIT_STEP_S, same_s))
    return found


def _share(channels: Sequence[tuple[float, float]]) -> float:
    spoken_s = sum(spoken for spoken, _ in channels)
    return sum(min(spoken, same) for spoken, same in channels) / spoken_s if spoken_s else 0.0


def _same_pauses(one: PrintedRecording, other: PrintedRecording, offset_s: float) -> bool:
    """Whether speech begins and ends at the same moments to the end of both recordings, often enough to tell."""
    mine, theirs = (union((i for channel in item.voices for i in channel), gap_s=0.3) for item in (one, other))
    moved = [(start + offset_s, end + offset_s) for start, end in mine]
    if min(len(moved), len(theirs)) < _MONO_VOICES:
        return False
    edges = [moment for interval in theirs for moment in interval]
    near = [min(abs(moment - edge) for edge in edges) <= _VOICE_EDGE_S for item in moved for moment in item]
    covered = sum(overlap_s(item, theirs) for item in moved)
    total = max(sum(end - start for start, end in moved), sum(end - start for start, end in theirs))
    return sum(near) >= _NEARLY_ALL * len(near) and covered >= 0.9 * total
