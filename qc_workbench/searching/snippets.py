"""The lines of a call that answer a question, with the words marked that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from qc_workbench.domain.transcript import Party, Turn
from qc_workbench.searching.matching import SaidWord, occurrences, said_words
from qc_workbench.searching.query import Query, shown_leaves

#: Characters of a turn that are shown around the marked words.
WIDTH: Final = 220
#: Occurrences of one part of the question that are looked at in a call.
MOST_OCCURRENCES: Final = 200


@dataclass(frozen=True, slots=True)
class Snippet:
    """A turn or a part of it. ``pieces``: text and whether it is marked, in order; a cut end has an ellipsis.

    ``begins_s``/``ends_s``: what to play, from the first marked word to the end of the turn.
    """

    turn: int
    party: Party
    begins_s: float
    ends_s: float
    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


def snippets(query: Query, turns: Sequence[Turn], most: int) -> tuple[Snippet, ...]:
    """At most ``most`` turns in which the question's words are, every part of it before any part twice.

    Where nothing was asked to be there, the first turn that counts stands for the call.
    """
    said = said_words(turns)
    if not said:
        return ()
    marked: dict[int, set[SaidWord]] = {}
    chosen: list[int] = []
    further: list[int] = []
    for leaf in shown_leaves(query):
        places: list[int] = []
        for words in islice(occurrences(leaf, said), MOST_OCCURRENCES):
            for word in words:
                marked.setdefault(word.turn, set()).add(word)
            places.append(words[0].turn)
        if places and not set(places) & set(chosen):
            chosen.append(places[0])
        further += places
    if not marked:
        return (_snippet(said[0].turn, turns[said[0].turn], []),)
    for turn in further:
        if turn not in chosen:
            chosen.append(turn)
    return tuple(
        _snippet(turn, turns[turn], sorted(marked[turn], key=lambda word: word.start)) for turn in sorted(chosen[:most])
    )


def _snippet(position: int, turn: Turn, words: Sequence[SaidWord]) -> Snippet:
    text = turn.text
    first = words[0].start if words else 0
    start = _word_border(text, max(0, first - WIDTH // 3)) if len(text) > WIDTH else 0
    stop = len(text) if start + WIDTH >= len(text) else _word_border(text, start + WIDTH)
    pieces: list[tuple[str, bool]] = [("… ", False)] if start else []
    place = start
    for word in words:
        if word.start < place or word.end > stop:
            continue
        if word.start > place:
            pieces.append((text[place : word.start], False))
        pieces.append((text[word.start : word.end], True))
        place = word.end
    if place < stop:
        pieces.append((text[place:stop], False))
    if stop < len(text):
        pieces.append((" …", False))
    return Snippet(position, turn.party, words[0].begins_s if words else turn.start_s, turn.end_s, tuple(pieces))


def _word_border(text: str, place: int) -> int:
    """The beginning of the word that holds a place; the place itself in a word without end."""
    border = text.rfind(" ", max(0, place - 40), place)
    return place if border < 0 else border + 1
