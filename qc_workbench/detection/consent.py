"""Was the client told that the call is recorded, before the conversation's substance?

Goal: save people the listening, accuse nobody. *Told* needs a sentence of the company's machine or of the agent within
the first seconds, before the client said more than :data:`SUBSTANCE_WORDS`. *Not told* needs an opening that was
understood: enough words, none of them suspect, all of known people. Everything else is *unsure* with its reason.
Words that nearly tell it were perhaps misheard: unsure too. A question of the client ("do you record this?") tells
nobody, nor does a machine at the client's end of an outgoing call. Phrases are data
(``models/lexicons/consent.toml``); measured by ``python -m pipelines.evaluate_consent``.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from rapidfuzz.distance import Levenshtein

from qc_workbench.domain.call import Call, Direction
from qc_workbench.domain.consent import ConsentLine, ConsentReason, ConsentVerdict
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word

VERSION: Final = "1"
#: A client who has said more than this has begun with what they called about.
SUBSTANCE_WORDS: Final = 20
#: "Not told" needs so many understood words of the company's side in the first seconds.
_ENOUGH_WORDS: Final = 8
#: An incoming call is recorded from its answer: first words later than this mean that the beginning is missing.
_BEGINS_WITHIN_S: Final = 12.0
_UNDERSTOOD_FROM: Final = 0.55
#: A stem of so many letters may have one letter misheard, or two.
_ONE_WRONG_FROM: Final = 6
_TWO_WRONG_FROM: Final = 10
#: … and one more where a near miss is enough to abstain.
_LOOSE_FROM: Final = 5
_WORD: Final = re.compile(r"[a-zа-я0-9']+")


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    stems: tuple[tuple[str, ...], ...]
    between: int
    unless: frozenset[str]
    ordered: bool


@cache
def _lexicon() -> tuple[str, tuple[_Entry, ...]]:
    text = (resources.files("models") / "lexicons" / "consent.toml").read_text(encoding="utf-8")
    entries = tuple(
        _Entry(
            item["name"],
            tuple(tuple(stem.split("|")) for stem in item["stems"]),
            item["between"],
            frozenset(item["unless"]),
            item.get("ordered", False),
        )
        for item in tomllib.loads(text)["told"]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12], entries


def fingerprint() -> str:
    """Names the rules that judged whether the client was told."""
    return f"consent-{VERSION}-{_lexicon()[0]}"


@dataclass(frozen=True, slots=True)
class _Spoken:
    low: str
    start_s: float
    end_s: float
    turn: Turn


def consent_line(call: Call, transcript: Transcript | None, within_s: float) -> ConsentLine:
    """``transcript`` with the turns of machines marked; None: no words are known."""
    words = tuple(_words(transcript.turns if transcript else ()))

    def found(
        verdict: ConsentVerdict, reason: ConsentReason, at: tuple[str, float, float] | None = None
    ) -> ConsentLine:
        rule, start_s, end_s = at or (None, None, None)
        return ConsentLine(call.call_id, verdict, reason, start_s, end_s, rule, within_s, VERSION)

    if not words:
        return found(ConsentVerdict.UNSURE, ConsentReason.NO_OPENING)
    until_s = within_s + words[0].start_s
    for told in _told(words, call):
        rule, turn = told[0], told[3]
        at = (rule, told[1], told[2])
        if turn.party is Party.UNKNOWN or not turn.is_quotable:
            if told[1] <= until_s:
                return found(ConsentVerdict.UNSURE, ConsentReason.WHO_UNKNOWN, at)
            continue
        if told[1] > until_s or _client_words(words, told[1]) > SUBSTANCE_WORDS:
            return found(ConsentVerdict.NOT_TOLD, ConsentReason.LATE, at)
        by_machine = turn.party is Party.MACHINE
        return found(ConsentVerdict.TOLD, ConsentReason.BY_MACHINE if by_machine else ConsentReason.BY_AGENT, at)
    nearly = next(_told(words, call, loosely=True), None)
    if nearly is not None and nearly[1] <= until_s:
        return found(ConsentVerdict.UNSURE, ConsentReason.NOT_UNDERSTOOD, nearly[:3])
    return found(*_silence(call, words, until_s))


def _silence(call: Call, words: Sequence[_Spoken], until_s: float) -> tuple[ConsentVerdict, ConsentReason]:
    """No sentence was found: was there an opening in which it would have been?"""
    opening = [item for item in words if item.start_s <= until_s]
    if call.direction is Direction.INBOUND and words[0].start_s > _BEGINS_WITHIN_S:
        return ConsentVerdict.UNSURE, ConsentReason.NO_OPENING
    turns = {id(item.turn): item.turn for item in opening}.values()
    if any(turn.party is Party.UNKNOWN for turn in turns):
        return ConsentVerdict.UNSURE, ConsentReason.WHO_UNKNOWN
    ours = [item for item in opening if item.turn.party in (Party.AGENT, Party.MACHINE)]
    if any(not turn.is_quotable or turn.confidence < _UNDERSTOOD_FROM for turn in turns):
        return ConsentVerdict.UNSURE, ConsentReason.NOT_UNDERSTOOD
    if len(ours) < _ENOUGH_WORDS:
        return ConsentVerdict.UNSURE, ConsentReason.NO_OPENING
    return ConsentVerdict.NOT_TOLD, ConsentReason.NEVER


def _words(turns: Iterable[Turn]) -> Iterator[_Spoken]:
    for turn in turns:
        spoken = turn.words or (Word(turn.start_s, turn.end_s, turn.text, turn.confidence),)
        for word in spoken:
            for low in _WORD.findall(word.text.lower().replace("ё", "е").replace("’", "'")):
                yield _Spoken(low, word.start_s, word.end_s, turn)


def _client_words(words: Sequence[_Spoken], before_s: float) -> int:
    return sum(item.turn.party is Party.CUSTOMER and item.start_s < before_s for item in words)


def _told(words: Sequence[_Spoken], call: Call, *, loosely: bool = False) -> Iterator[tuple[str, float, float, Turn]]:
    """Sentences that tell it, in order of time: the rule, its seconds, the turn."""
    by_turn: dict[int, list[_Spoken]] = {}
    for item in words:
        by_turn.setdefault(id(item.turn), []).append(item)
    for spoken in by_turn.values():
        if not _tells_the_client(spoken[0].turn, call):
            continue
        for entry in _lexicon()[1]:
            span = _occurs(entry, [item.low for item in spoken], loosely=loosely)
            if span is not None:
                yield entry.name, spoken[span[0]].start_s, spoken[span[1]].end_s, spoken[0].turn
                break


def _tells_the_client(turn: Turn, call: Call) -> bool:
    """Our side: the agent, the machine that took the client's call, somebody unknown. Of an outgoing call the machine
    is the client's."""
    if turn.party is Party.MACHINE:
        return call.direction is Direction.INBOUND
    return turn.party in (Party.AGENT, Party.UNKNOWN)


def _occurs(entry: _Entry, words: Sequence[str], *, loosely: bool) -> tuple[int, int] | None:
    """The first and the last word of the entry, if it is there; words cut in two count as joined as well. ``loosely``:
    with more letters misheard."""
    places = [
        [
            index
            for index, word in enumerate(words)
            if any(_is(word, stem, loosely=loosely) for stem in options)
            or (index + 1 < len(words) and any(_is_joined(word + words[index + 1], stem) for stem in options))
        ]
        for options in entry.stems
    ]
    for first in sorted({index for found in places for index in found}):
        chosen = _chosen(places, first, first + len(places) + entry.between, entry.ordered)
        if chosen is not None:
            low, high = min(chosen), max(chosen)
            if not entry.unless & set(words[max(0, low - 1) : high + 1]):
                return low, high
    return None


def _chosen(places: Sequence[Sequence[int]], first: int, end: int, ordered: bool) -> tuple[int, ...] | None:
    """A place for each stem between ``first`` and ``end``."""
    taken: list[int] = []
    for found in places:
        least = taken[-1] + 1 if ordered and taken else first
        place = next((index for index in found if least <= index < end and index not in taken), None)
        if place is None:
            return None
        taken.append(place)
    return tuple(taken)


def _is(word: str, stem: str, *, loosely: bool) -> bool:
    """Whether a word begins with the stem, a letter or two misheard in a long one; ``=stem``: is the stem."""
    if stem.startswith("="):
        return word == stem[1:] or (loosely and len(stem) > _LOOSE_FROM and Levenshtein.distance(word, stem[1:]) == 1)
    if word.startswith(stem):
        return True
    wrong = 2 if len(stem) >= _TWO_WRONG_FROM else 1 if len(stem) >= _ONE_WRONG_FROM else 0
    if loosely:
        wrong += len(stem) >= _LOOSE_FROM
    elif word[:1] != stem[:1]:
        return False
    if not wrong or len(word) < len(stem) - wrong:
        return False
    return min(Levenshtein.distance(word[: len(stem) + more], stem) for more in (-1, 0, 1)) <= wrong


def _is_joined(word: str, stem: str) -> bool:
    return not stem.startswith("=") and len(stem) >= _ONE_WRONG_FROM and word.startswith(stem)
