"""Words to turns: grouped by pauses, channels merged by time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from qc_workbench.domain.transcript import Party, Suspicion, Turn, Word
from qc_workbench.transcription.phantoms import suspicion
from qc_workbench.transcription.voice_activity import overlap_s

Intervals = tuple[tuple[float, float], ...]

#: A longer pause of a party ends its turn.
PAUSE_S: Final = 0.9
#: A shorter one does when another party speaks meanwhile.
ANSWERED_PAUSE_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the speech model says against the window that a word came from (see ``engine.Passage``)."""

    no_speech: float = 0.0
    mean_log_probability: float = 0.0


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with where it was heard and who is taken to have said it."""

    word: Word
    channel: int
    party: Party
    doubts: Doubts = Doubts()


def turns_of(words: Sequence[HeardWord], speech: Mapping[int, Intervals]) -> tuple[Turn, ...]:
    """All turns in time order.

    ``speech``: voiced intervals by channel. Words are first moved onto the voice they overlap
    most: the model draws a word after a pause out over the pause. Turns whose words have no voice
    under them are left out; other suspect ones are marked.
    """
    placed = [replace(item, word=on_voice(item.word, speech.get(item.channel, ()))) for item in words]
    placed.sort(key=lambda item: (item.word.start_s, item.channel, item.word.end_s))
    lanes: dict[int, list[list[HeardWord]]] = {}
    for item in placed:
        lane = lanes.setdefault(item.channel, [])
        if lane and _continues(lane[-1][-1], item, placed):
            lane[-1].append(item)
        else:
            lane.append([item])
    turns = [_turn(group, speech.get(channel, ())) for channel, lane in lanes.items() for group in lane]
    kept = [turn for turn in turns if turn.text and turn.suspicion is not Suspicion.NO_VOICE]
    return tuple(sorted(kept, key=lambda turn: (turn.start_s, turn.channel)))


def on_voice(word: Word, voiced: Intervals) -> Word:
    """The word cut to the voiced interval that it overlaps most; unchanged when it overlaps none."""
    touched = [(min(word.end_s, end) - max(word.start_s, start), start, end) for start, end in voiced]
    touched = [item for item in touched if item[0] > 0]
    if not touched:
        return word
    _, start, end = max(touched, key=lambda item: (item[0], -item[1]))
    return replace(word, start_s=round(max(word.start_s, start), 2), end_s=round(min(word.end_s, end), 2))


def _continues(last: HeardWord, item: HeardWord, everything: Sequence[HeardWord]) -> bool:
    if last.party is not item.party:
        return False
    pause = item.word.start_s - last.word.end_s
    if pause >= PAUSE_S:
        return False
    if pause < ANSWERED_PAUSE_S:
        return True
    return not any(
        other.channel != item.channel and other.word.start_s < item.word.start_s and other.word.end_s > last.word.end_s
        for other in everything
    )


def _turn(group: Sequence[HeardWord], voiced: Intervals) -> Turn:
    words = tuple(item.word for item in group)
    voiced_s = sum(overlap_s(word.start_s, word.end_s, voiced) for word in words)
    worst = max((item.doubts for item in group), key=lambda doubts: doubts.no_speech)
    return Turn(
        party=group[0].party,
        channel=group[0].channel,
        start_s=min(word.start_s for word in words),
        end_s=max(word.end_s for word in words),
        text=" ".join("".join(word.text for word in words).split()),
        confidence=round(sum(word.probability for word in words) / len(words), 4),
        words=words,
        suspicion=suspicion(
            words, voiced_s, no_speech=worst.no_speech, mean_log_probability=worst.mean_log_probability
        ),
    )
