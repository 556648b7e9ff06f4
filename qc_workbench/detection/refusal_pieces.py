"""What a client says, cut into pieces that are judged: the phrases of the lexicon, and what stands around a piece.

Recognised words are matched as spoken words are: one that no dictionary has counts as the word of the lexicon
it sounds like. A piece knows what the agent asked before it, what the agent answered, and how many turns of the
client follow.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from qc_workbench.detection.commitment_lexicon import compiled, forms_of
from qc_workbench.detection.refusal_features import context_of, features_of
from qc_workbench.detection.sound_alike import alike, sound_table
from qc_workbench.detection.spoken_words import Sentence, is_dictionary_word, sentences_of
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.transcript import Party, Transcript

#: «Если не поможет, сама наберу» postpones nothing.
_CONDITIONAL = re.compile(r"\b(?:если(?! нет\b)|if(?! not\b))\b")

#: In mono, where the speaker is unknown, «я вам позвоню» is as well the agent's.
_TO_YOU = re.compile(r"\b(?:вам|вас|вами|you|your)\b")

#: What only a buyer says of themselves; «не горит», «позже» either side may say.
_BUYERS_WORDS = re.compile(r"#(?:self|ponder|wait)/|дума|посовету|обсу[дж]|после|think|discuss|talk")


@dataclass(frozen=True)
class RefusalLexicon:
    explicit: re.Pattern[str]
    unless: re.Pattern[str]
    always: re.Pattern[str]
    postponed: re.Pattern[str]
    acknowledged: re.Pattern[str]
    forms: Mapping[str, str]
    fingerprint: str


@cache
def refusal_lexicon() -> RefusalLexicon:
    text = (resources.files("models") / "lexicons" / "refusals.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    words = raw["words"]

    def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
        return compiled("|".join(f"(?:{pattern})" for pattern in patterns), words)

    return RefusalLexicon(
        any_of([*raw["explicit"]["ru"], *raw["explicit"]["en"]]),
        compiled(raw["explicit"]["unless"], words),
        compiled(raw["explicit"]["always"], words),
        any_of([*raw["postponed"]["ru"], *raw["postponed"]["en"]]),
        any_of([*raw["acknowledged"]["ru"], *raw["acknowledged"]["en"]]),
        forms_of(raw["verbs"]),
        hashlib.sha256(text.encode()).hexdigest()[:16],
    )


#: Likeness of sound (0..100) from which a word that no dictionary has is taken for one of the lexicon's verbs.
_LIKENESS = 88.0


@cache
def _sounds() -> Mapping[str, str]:
    forms = refusal_lexicon().forms
    # Not those of thinking it over: «сравним» and «ровно» sound too much alike.
    return sound_table([form for form, code in forms.items() if len(form) >= 6 and not code.startswith("#ponder")])


@lru_cache(maxsize=50_000)
def _form_of(low: str) -> str:
    """``#group/form`` of a verb of the lexicon, also of one that recognition wrote as it sounds; else the word."""
    forms = refusal_lexicon().forms
    if low in forms or len(low) < 6 or not "а" <= low[0] <= "я" or is_dictionary_word(low):
        return forms.get(low, low)
    sounding = alike(low, _sounds(), _LIKENESS)
    return forms[sounding] if sounding is not None else low


#: Words of a whole turn that are judged together, besides its sentences and pairs of sentences.
_WHOLE_TURN = 30


#: Sentences of the agent's answer that are looked at.
_ANSWERED = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """One or more sentences of a client's turn that are judged together.

    ``said``: what the lexicon finds in it. ``turn`` numbers the stretches of one party, ``turns_after`` counts the
    client's own that follow. ``is_whole`` where it is all that was said in the turn.
    """

    sentences: tuple[Sentence, ...]
    features: frozenset[str]
    said: ClientSaid
    turn: int = 0
    turns_after: int = 0
    is_whole: bool = True

    @property
    def is_question(self) -> bool:
        return all(sentence.is_question for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Talk:
    """A call as the judge of refusals reads it: stretches of one party in order, the client's cut into pieces."""

    stretches: tuple[tuple[Sentence, ...], ...]
    pieces: tuple[Piece, ...]
    is_mono: bool

    def words(self, *, of_agent: bool) -> list[list[str]]:
        """``low`` words of each stretch of the agent, or of everybody else."""
        return [
            [word.low for sentence in stretch for word in sentence.words]
            for stretch in self.stretches
            if (stretch[0].party is Party.AGENT) is of_agent
        ]


def talk_of(transcript: Transcript) -> Talk:
    """The call, with every sentence, pair of sentences and short turn of the client as a piece."""
    mono = len({turn.channel for turn in transcript.turns}) == 1
    stretches: list[list[Sentence]] = []
    for sentence in sentences_of(transcript):
        if stretches and stretches[-1][0].turn == sentence.turn:
            stretches[-1].append(sentence)
        else:
            stretches.append([sentence])
    pieces: list[Piece] = []
    left = sum(stretch[0].party is not Party.AGENT for stretch in stretches)
    for at, stretch in enumerate(stretches):
        if stretch[0].party is Party.AGENT:
            continue
        left -= 1
        before = stretches[at - 1][-1:] if at else []
        after = stretches[at + 1][:_ANSWERED] if at + 1 < len(stretches) else []
        pieces += _pieces(stretch, _of_agent(before), _of_agent(after), left, mono)
    return Talk(tuple(tuple(stretch) for stretch in stretches), tuple(pieces), mono)


def _of_agent(sentences: Sequence[Sentence]) -> list[str]:
    return [word.low for sentence in sentences if sentence.party is Party.AGENT for word in sentence.words]


def _pieces(
    stretch: Sequence[Sentence], asked: Sequence[str], answered: Sequence[str], left: int, mono: bool
) -> list[Piece]:
    turn = [sentence for sentence in stretch if sentence.quotable]
    spans = [(at, at + 1) for at in range(len(turn))] + [(at, at + 2) for at in range(len(turn) - 1)]
    if len(turn) > 2 and sum(len(sentence.words) for sentence in turn) <= _WHOLE_TURN:
        spans.append((0, len(turn)))
    return [
        piece_of(
            turn[start:end],
            asked if start == 0 else (),
            mono,
            context=context_of(answered if end == len(turn) else (), left),
            turns_after=left,
            is_whole=end - start == len(turn),
        )
        for start, end in spans
    ]


def piece_of(
    sentences: Sequence[Sentence],
    asked: Sequence[str],
    mono: bool = False,
    *,
    context: frozenset[str] = frozenset(),
    turns_after: int = 0,
    is_whole: bool = True,
) -> Piece:
    """``context``: features of what follows, none where a piece stands alone."""
    words = [word.low for sentence in sentences for word in sentence.words]
    low, coded = " ".join(words), " ".join(_form_of(word) for word in words)
    lexicon = refusal_lexicon()
    parts = {
        "explicit": lexicon.explicit, "unless": lexicon.unless, "always": lexicon.always,
        "postponed": lexicon.postponed,
    }  # fmt: skip
    features = features_of(
        words,
        asked,
        is_question=all(sentence.is_question for sentence in sentences),
        is_conditional=_CONDITIONAL.search(low) is not None,
        # patterns name verbs by group or, for one phrase only, by the word itself
        matches=[name for name, pattern in parts.items() if pattern.search(low) or pattern.search(coded)],
    )
    said = _by_lexicon(sentences[0], mono) if len(sentences) == 1 else ClientSaid.NONE
    return Piece(tuple(sentences), features | context, said, sentences[0].turn, turns_after, is_whole)


def _by_lexicon(sentence: Sentence, mono: bool) -> ClientSaid:
    lexicon = refusal_lexicon()
    coded = " ".join(_form_of(word.low) for word in sentence.words)
    readings = (coded, sentence.low)
    stands = lexicon.always.search(sentence.low) or not any(lexicon.unless.search(text) for text in readings)
    if sentence.is_question:
        return ClientSaid.NONE
    if stands and any(lexicon.explicit.search(text) for text in readings):
        return ClientSaid.EXPLICIT
    match = lexicon.postponed.search(coded)
    if match is None or _CONDITIONAL.search(sentence.low):
        return ClientSaid.NONE
    in_mono = mono and _BUYERS_WORDS.search(match.group()) and not _TO_YOU.search(sentence.low)
    return ClientSaid.POSTPONED if sentence.party is Party.CUSTOMER or in_mono else ClientSaid.NONE
