"""Words of one party one after the other, with the place of each among all words of the call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from qc_workbench.detection.dictated_digits import bare
from qc_workbench.domain.redaction import MARK, Secret
from qc_workbench.domain.transcript import Turn, Word


@dataclass(frozen=True, slots=True)
class Said:
    """``turn``, ``index``: where it stands in the transcript; ``place``: among all words of the call, by time."""

    turn: int
    index: int
    place: int
    low: str
    raw: str
    start_s: float
    end_s: float
    channel: int


@dataclass(frozen=True, slots=True)
class Found:
    """A secret, and the words that say it."""

    kind: Secret
    words: tuple[Said, ...]


@dataclass(frozen=True)
class Stream:
    """Words of a channel in order. A turn's end is no border: people dictate over several."""

    words: tuple[Said, ...]
    text: str = field(init=False)
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        starts, at = [], 0
        for word in self.words:
            starts.append(at)
            at += len(word.low) + 1
        object.__setattr__(self, "text", " ".join(word.low for word in self.words))
        object.__setattr__(self, "_starts", starts)

    def index_at(self, offset: int) -> int:
        """The word at a place of ``text``."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def as_words(self) -> list[Word]:
        return [Word(word.start_s, word.end_s, f" {word.raw}", 1.0) for word in self.words]


def streams_of(turns: Sequence[Turn]) -> list[Stream]:
    """A stream of each channel; one of everybody in a mono recording, where parties are often told apart wrongly."""
    words: list[tuple[float, int, int, str, float, int]] = []
    for number, turn in enumerate(turns):
        if turn.words:
            words += [(w.start_s, number, index, w.text, w.end_s, turn.channel) for index, w in enumerate(turn.words)]
            continue
        raw = MARK.sub(lambda match: match.group().replace(" ", "\0"), turn.text).split()
        step = (turn.end_s - turn.start_s) / max(1, len(raw))
        words += [
            (turn.start_s + step * index, number, index, text.replace("\0", " "), turn.start_s + step * (index + 1),
             turn.channel)
            for index, text in enumerate(raw)
        ]  # fmt: skip
    words.sort(key=lambda item: (item[0], item[1], item[2]))
    streams: dict[int, list[Said]] = {}
    for place, (start_s, number, index, text, end_s, channel) in enumerate(words):
        said = Said(number, index, place, _low(text), text.strip(), start_s, end_s, channel)
        streams.setdefault(channel, []).append(said)
    return [Stream(tuple(said)) for _, said in sorted(streams.items())]


def _low(text: str) -> str:
    """A mark is one strange word that no rule knows."""
    return "\0" if MARK.search(text) else bare(text) or "\0"
