"""What an agent says to a machine: a genuine message, a conversation acted out for nobody, or next to nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Final

from qc_workbench.detection.heard import Piece
from qc_workbench.detection.phrases import family_scores, opens_with_backchannel, words_of

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+")
#: A message takes at least this long; less is a sigh or "hello?".
_SHORTEST_MESSAGE_S: Final = 4.0
#: Fluent speech of this length with no answering word in it is a message even if it asks for nothing.
_LONG_MESSAGE_S: Final = 8.0
#: Somebody who dictates breathes for a moment (0.4-0.8 s); who acts a conversation leaves room for the other
#: one's lines (1.5 s and more).
_ROOM_S: Final = 1.4
#: Who acts answers lines that nobody said; a genuine message has at most one such word.
_ACTED_REPLIES: Final = 2
_ACTED_SHARE: Final = 0.25
#: Who leaves a message hardly asks an answering machine anything; who acts does, and waits.
_ACTED_PIECES: Final = 4
#: Answering words in so many of the phrases outweigh what sounds like a message.
_MOSTLY_ANSWERS: Final = 0.4


class Monologue(StrEnum):
    MESSAGE = "message"
    ACTED = "acted"
    TRIFLE = "trifle"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Reading:
    kind: Monologue
    speech_s: float
    replies: int
    pause_s: float
    message_score: float


def read_monologue(pieces: Sequence[Piece], *, mono: bool = False) -> Reading:
    """Judge what one person said with nobody answering.

    Two things tell acting from a message: words that answer something («ага», «понял вас», "right") at the
    beginning of a piece, and pauses long enough for the other side's lines. A message asks to call back, gives
    a number, a name or a reason. What fits neither is UNCLEAR, and nobody is accused of it. In ``mono`` a second
    voice may hide among the pieces: there acting always needs the room that it leaves.
    """
    speech_s = sum(piece.speech_s for piece in pieces)
    told = [piece for piece in pieces if piece.text]
    pauses = [max(0.0, after.start_s - before.end_s) for before, after in pairwise(pieces)]
    pause_s = median(pauses) if pauses else 0.0
    phrases = [phrase for piece in told for phrase in _phrases(piece.text)]
    # the first phrase greets; «да, здравствуйте» there is no answer to anybody
    replies = sum(opens_with_backchannel(phrase) for phrase in phrases[1:])
    joined = " ".join(piece.text for piece in told)
    scores = family_scores(joined)
    message = scores["message"]
    measured = Reading(Monologue.UNCLEAR, round(speech_s, 2), replies, round(pause_s, 2), round(message, 2))
    if speech_s < _SHORTEST_MESSAGE_S and (message < 0.5 or len(words_of(joined)) < 6):
        return replace(measured, kind=Monologue.TRIFLE)
    share = replies / max(len(phrases) - 1, 1)
    if message >= 0.5 and replies < _ACTED_REPLIES and pause_s < _ROOM_S:
        return replace(measured, kind=Monologue.MESSAGE)
    asked = sum(phrase.endswith("?") for phrase in phrases[1:])
    waits = len(pieces) >= _ACTED_PIECES and pause_s >= _ROOM_S and message < 0.5
    if waits and replies >= 1 and replies + asked >= _ACTED_REPLIES:
        return replace(measured, kind=Monologue.ACTED)
    if _is_acted(measured, share, scores["acting"]) and (pause_s >= _ROOM_S or not mono):
        return replace(measured, kind=Monologue.ACTED)
    dictated = (
        replies < _ACTED_REPLIES and scores["acting"] < 0.75 and pause_s < _ROOM_S and speech_s >= _LONG_MESSAGE_S
    )
    if dictated or (message >= 0.75 and share < _ACTED_SHARE):
        return replace(measured, kind=Monologue.MESSAGE)
    return measured


def _is_acted(measured: Reading, share: float, acting: float) -> bool:
    """Answers to nobody with room left for the questions; without the room, half of all that is said."""
    if measured.replies >= _ACTED_REPLIES:
        message = measured.message_score >= 0.75 and share < _MOSTLY_ANSWERS
        return (measured.pause_s >= _ROOM_S and not message) or (share >= 0.5 and measured.message_score < 0.5)
    likely = acting >= 0.5 and measured.replies + 1 >= _ACTED_REPLIES
    return likely and measured.pause_s >= _ROOM_S and measured.message_score < 0.75


def _phrases(text: str) -> list[str]:
    """Sentences as recognised, with their marks (a dozen dots counts as one end)."""
    return [part for part in _SENTENCE_END.split(text) if words_of(part)]
