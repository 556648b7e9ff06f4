"""The definition of search, word by word: what it means that a call fits a question. Slow and plain.

The store answers the same with its index (:mod:`qc_workbench.store.searching`); tests hold the two together. Results
are marked by this one, on the few calls of a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from qc_workbench.domain.redaction import without_marks
from qc_workbench.domain.transcript import Party, Turn
from qc_workbench.searching.forms import comparable, dictionary_words, pieces
from qc_workbench.searching.query import AllOf, AnyOf, Leaf, Match, Near, Pattern, Phrase, Query, Scope, Without

#: Places of a call that are searched; more than six hours of talk.
MOST_PLACES: Final = 130_000
#: Longest time kept with a word, in seconds; a longer call counts as this long from either end.
MOST_SECONDS: Final = 65_535


@dataclass(frozen=True, slots=True)
class SaidWord:
    """A word of a call. ``place`` counts words through the call, a change of turn as one; ``turn`` is the turn's
    position, ``start``/``end`` the word's characters in its text. ``after_s``: whole seconds from the beginning of the
    first word that counts to this one's, rounded down; ``before_s``: from its beginning to the end, rounded up."""

    word: str
    place: int
    turn: int
    start: int
    end: int
    party: Party
    begins_s: float
    after_s: int
    before_s: int


def said_words(turns: Sequence[Turn]) -> tuple[SaidWord, ...]:
    """The words of a call that count. Turns that the speech model may have invented do not."""
    told = [(position, turn) for position, turn in enumerate(turns) if turn.is_quotable]
    if not told:
        return ()
    first_s = min(turn.start_s for _, turn in told)
    end_s = max(turn.end_s for _, turn in told)
    found: list[SaidWord] = []
    place = 0
    for position, turn in told:
        cut = pieces(without_marks(turn.text))
        for piece, begins_s in zip(cut, _beginnings(turn, [piece.start for piece in cut]), strict=True):
            if place >= MOST_PLACES:
                return tuple(found)
            after = min(MOST_SECONDS, max(0, math.floor(begins_s - first_s)))
            before = min(MOST_SECONDS, max(0, math.ceil(end_s - begins_s)))
            found.append(
                SaidWord(piece.word, place, position, piece.start, piece.end, turn.party, begins_s, after, before)
            )
            place += 1
        place += 1
    return tuple(found)


def _beginnings(turn: Turn, starts: Sequence[int]) -> Iterator[float]:
    """When the words at these characters begin: by the recognised words, else in proportion to the text."""
    length = max(1, len(turn.text))
    timed: list[tuple[int, float]] = []
    low, after = comparable(turn.text), 0
    for word in turn.words:
        at = low.find(comparable(word.text).strip(), after)
        if at >= 0:
            timed.append((at, word.start_s))
            after = at + 1
    reached = 0
    for start in starts:
        while reached < len(timed) and timed[reached][0] <= start:
            reached += 1
        if reached:
            yield timed[reached - 1][1]
        else:
            yield turn.start_s + (turn.end_s - turn.start_s) * start / length


def fits(query: Query, call: Sequence[SaidWord]) -> bool:
    """Whether a call fits a question."""
    match query:
        case AllOf(parts):
            return all(fits(part, call) for part in parts)
        case AnyOf(parts):
            return any(fits(part, call) for part in parts)
        case Without(part):
            return not fits(part, call)
        case _:
            return next(occurrences(query, call), None) is not None


def occurrences(leaf: Leaf, call: Sequence[SaidWord]) -> Iterator[tuple[SaidWord, ...]]:
    """Every way in which a phrase or a neighbourhood is in a call, as its words in the order of the question."""
    places = [{word.place: word for word in call if word_fits(pattern, word, leaf.scope)} for pattern in leaf.words]
    for first in places[0].values():
        if isinstance(leaf, Phrase):
            row = [places[step].get(first.place + step) for step in range(len(places))]
            whole = tuple(word for word in row if word is not None)
            if len(whole) == len(row):
                yield whole
        else:
            yield from _neighbours(leaf, places[1:], (first,))


def _neighbours(
    leaf: Near, places: Sequence[dict[int, SaidWord]], chosen: tuple[SaidWord, ...]
) -> Iterator[tuple[SaidWord, ...]]:
    if not places:
        yield chosen
        return
    for word in places[0].values():
        if all(0 < abs(word.place - other.place) <= leaf.distance for other in chosen):
            yield from _neighbours(leaf, places[1:], (*chosen, word))


def word_fits(pattern: Pattern, said: SaidWord, scope: Scope) -> bool:
    """Whether a word that was said is one that is looked for, and counts."""
    if (
        (scope.party is not None and said.party is not scope.party)
        or (scope.first_s is not None and said.after_s >= scope.first_s)
        or (scope.last_s is not None and said.before_s > scope.last_s)
    ):
        return False
    match pattern.match:
        case Match.EXACT:
            return said.word == pattern.word
        case Match.PREFIX:
            return said.word.startswith(pattern.word)
        case Match.ANY_FORM:
            return said.word == pattern.word or not set(dictionary_words(said.word)).isdisjoint(
                dictionary_words(pattern.word)
            )
