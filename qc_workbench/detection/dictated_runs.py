"""Runs of digits that were dictated together, and the cues said around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qc_workbench.detection.dictated_digits import Dictated, dictated
from qc_workbench.detection.secret_cues import FILLERS, PATTERNS, Cue, is_unit
from qc_workbench.detection.spoken_stream import Said, Stream

#: Longest silence within one number, in seconds, and fillers between its digits.
_PAUSE_S: Final = 12.0
_MOST_FILLERS: Final = 5
#: Words that recognition may have put in the place of a digit.
_MOST_STRANGE: Final = 3
#: How far a cue reaches: words, seconds.
_REACH: Final[dict[Cue, tuple[int, float]]] = {
    Cue.CARD: (60, 90.0), Cue.CARD_CODE: (15, 25.0), Cue.CARD_EXPIRY: (12, 20.0), Cue.ONE_TIME_CODE: (25, 40.0),
    Cue.PASSPORT: (30, 60.0), Cue.SERIES: (12, 20.0), Cue.PHONE: (15, 20.0), Cue.OTHER: (15, 20.0),
    Cue.PASSWORD: (8, 15.0),
}  # fmt: skip
#: Cues between two numbers that make them two.
_BORDERS: Final = frozenset({Cue.CARD_CODE, Cue.CARD_EXPIRY, Cue.ONE_TIME_CODE, Cue.PASSPORT, Cue.PASSWORD})


@dataclass(frozen=True, slots=True)
class CueSaid:
    """A cue: its kind, the place of its last word among all words, when it was said."""

    cue: Cue
    place: int
    first_place: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """Digits of one stream that were dictated together; ``numbers`` hold indices into the stream."""

    stream: Stream
    numbers: tuple[Dictated, ...]

    @property
    def digits(self) -> str:
        return "".join(number.digits for number in self.numbers)

    @property
    def first(self) -> Said:
        return self.stream.words[self.numbers[0].first]

    @property
    def last(self) -> Said:
        return self.stream.words[self.numbers[-1].last]


def cues_of(streams: Sequence[Stream]) -> list[CueSaid]:
    """Every cue said by anybody, in order; of two at one place the first pattern's."""
    marks: dict[int, CueSaid] = {}
    for stream in streams:
        taken: set[int] = set()
        for cue, pattern in PATTERNS:
            for match in pattern.finditer(stream.text):
                first, last = stream.index_at(match.start()), stream.index_at(match.end() - 1)
                if taken & set(range(first, last + 1)) and cue is not Cue.CARD:
                    continue
                taken |= set(range(first, last + 1))
                word = stream.words[last]
                marks.setdefault(word.place, CueSaid(cue, word.place, stream.words[first].place, word.start_s))
    return [marks[place] for place in sorted(marks)]


def runs_of(stream: Stream, cues: Sequence[CueSaid]) -> list[Run]:
    """The runs of a stream without amounts and measures; a cue for something else ends a run."""
    borders = [mark.place for mark in cues if mark.cue in _BORDERS]
    lows = [word.low for word in stream.words]
    runs: list[list[Dictated]] = []
    for number in dictated(lows):
        after = lows[number.last + 1] if number.last + 1 < len(lows) else ""
        raw_after = stream.words[number.last].raw
        if is_unit(after) or raw_after.endswith(("%", "₽", "$", "€")) or raw_after[:1] in "$€₽":
            continue
        before = runs[-1][-1] if runs else None
        if before is not None and _continues(stream, before, number, borders):
            runs[-1].append(number)
        else:
            runs.append([number])
    return [Run(stream, tuple(numbers)) for numbers in runs]


def _continues(stream: Stream, before: Dictated, number: Dictated, borders: Sequence[int]) -> bool:
    between = stream.words[before.last + 1 : number.first]
    pause_s = stream.words[number.first].start_s - stream.words[before.last].end_s
    if any(stream.words[before.last].place < place < stream.words[number.first].place for place in borders):
        return False  # somebody asked for something else meanwhile
    return len(between) <= _MOST_FILLERS and pause_s <= _PAUSE_S and all(word.low in FILLERS for word in between)


def joined_runs(runs: Sequence[Run], cues: Sequence[CueSaid]) -> list[Run]:
    """Runs of a card's digits between which recognition heard something strange, together."""
    joined: list[Run] = []
    for run in runs:
        before = joined[-1] if joined and joined[-1].stream is run.stream else None
        if before is not None and len(before.digits) < 16 and len(run.digits) >= 2:
            strange = run.numbers[0].first - before.numbers[-1].last - 1
            pause_s = run.first.start_s - before.last.end_s
            cue = nearest(run, cues)
            near = strange <= _MOST_STRANGE and pause_s <= _PAUSE_S
            if near and cue is not None and cue.cue is Cue.CARD and cue.place < before.first.place:
                joined[-1] = Run(run.stream, (*before.numbers, *run.numbers))
                continue
        joined.append(run)
    return joined


def nearest(run: Run, cues: Sequence[CueSaid]) -> CueSaid | None:
    """The last cue before a run whose reach it is in."""
    for mark in reversed(cues):
        if mark.place >= run.first.place:
            continue
        words, seconds = _REACH[mark.cue]
        if run.first.place - mark.place <= words and run.first.start_s - mark.at_s <= seconds:
            return mark
        if run.first.place - mark.place > 60:
            return None
    return None


def is_said_near(cues: Sequence[CueSaid], kind: Cue, run: Run, before_s: float, after_s: float = 0.0) -> bool:
    """Whether such a cue was said within ``before_s`` before the run, in it, or ``after_s`` after it."""
    return any(
        mark.cue is kind and run.first.start_s - before_s <= mark.at_s <= run.last.end_s + after_s for mark in cues
    )
