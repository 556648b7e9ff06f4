"""What the client said about buying: refused, put it off, or neither.

Goal. *Explicit*: the client said they will not buy. *Postponed*: not now, thinking, no money yet, will ring
themselves. *None*: neither. Only the client's own words count: an agent who repeats «значит, отказываетесь»
proves nothing, and in mono recordings, where the speaker is unknown, only whole-sentence statements in the
first person count as much.

Recognised words are matched as spoken words are: one that no dictionary has counts as the word of the lexicon
it sounds like. Where the client's words came out too poor to judge, *none* means nothing: no closing is called
false on such a call, the detector abstains.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from qc_workbench.config import Company
from qc_workbench.detection.commitment_lexicon import compiled, forms_of
from qc_workbench.detection.refusal_classifier import refusal_classifier
from qc_workbench.detection.refusal_features import features_of
from qc_workbench.detection.sound_alike import alike, sound_table
from qc_workbench.detection.spoken_words import Sentence, is_dictionary_word, sentences_of
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, ClientSaid, Promiser, SpokenCommitment
from qc_workbench.domain.transcript import Party, Transcript, Turn

DETECTOR = "refusals"
VERSION = "6"

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


def fingerprint() -> str:
    """Names the rules that judged what the client said."""
    return f"{DETECTOR}-{VERSION}-{refusal_lexicon().fingerprint}-{refusal_classifier().fingerprint}"


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


@dataclass(frozen=True, slots=True)
class Said:
    """What the client said about buying, with the sentence that shows it (None for ``none``)."""

    said: ClientSaid
    quote: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    #: Why the lack of a refusal proves nothing here (a reason code), or None: client_words_unclear where they were
    #: hardly recognised, agent_spoke_of_refusal where the agent answers a refusal that was not heard.
    doubt: str | None = None


#: Mean probability (0..1, weighted by words) of the client's recognised words, below which a refusal among them may
#: well have been lost. Well recognised development and validation calls have 0.77 and more; at 0.65 every third
#: word is wrong.
CLEAR_FROM = 0.65
#: The same for the client's last words, where refusals are said or repeated, and how many turns those are.
CLEAR_END_FROM = 0.5
_LAST_TURNS = 3


def heard_clearly(transcript: Transcript) -> bool:
    """Whether the client's part of a call was recognised well enough to say that no refusal was in it."""
    theirs = [
        turn
        for turn in sorted(transcript.turns, key=lambda item: item.start_s)
        if turn.party in (Party.CUSTOMER, Party.UNKNOWN) and turn.text.strip()
    ]

    def mean(turns: Sequence[Turn]) -> float:
        words = sum(len(turn.text.split()) for turn in turns)
        return sum(turn.confidence * len(turn.text.split()) for turn in turns) / words if words else 0.0

    return bool(theirs) and mean(theirs) >= CLEAR_FROM and mean(theirs[-_LAST_TURNS:]) >= CLEAR_END_FROM


#: Probability from which the classifier's word alone makes a refusal or a postponement, and the least it must give
#: to one that the lexicon finds. Chosen on the calls of three sets for the fourth, and on another author's pieces.
SURE_FROM = {ClientSaid.EXPLICIT: 0.7, ClientSaid.POSTPONED: 0.88}
BELIEVED_FROM = 0.08
#: In mono, where the words may be the agent's, it must be surer.
SURE_IN_MONO_FROM = 0.95
#: From this probability of a refusal on, a closing is not called false: the client may have refused.
DOUBT_FROM = 0.3
#: Words of a whole turn that are judged together, besides its sentences and pairs of sentences.
_WHOLE_TURN = 30


@dataclass(frozen=True, slots=True)
class Piece:
    """One or more sentences of a client's turn that are judged together. ``said``: what the lexicon finds in it."""

    sentences: tuple[Sentence, ...]
    features: frozenset[str]
    said: ClientSaid

    @property
    def is_question(self) -> bool:
        return all(sentence.is_question for sentence in self.sentences)


def pieces_of(transcript: Transcript) -> Iterator[Piece]:
    """What a client says, as sentences, pairs of them and short turns; agents are read for what they ask."""
    mono = len({turn.channel for turn in transcript.turns}) == 1
    asked: tuple[str, ...] = ()
    theirs: list[Sentence] = []
    for sentence in (*sentences_of(transcript), None):
        if theirs and (sentence is None or sentence.turn != theirs[0].turn):
            yield from _pieces(theirs, asked, mono)
            theirs = []
        if sentence is None:
            return
        if sentence.party is Party.AGENT:
            asked = tuple(word.low for word in sentence.words)
        elif sentence.quotable:
            theirs.append(sentence)


def _pieces(turn: Sequence[Sentence], asked: Sequence[str], mono: bool) -> Iterator[Piece]:
    spans = [(at, at + 1) for at in range(len(turn))] + [(at, at + 2) for at in range(len(turn) - 1)]
    if len(turn) > 2 and sum(len(sentence.words) for sentence in turn) <= _WHOLE_TURN:
        spans.append((0, len(turn)))
    for start, end in spans:
        yield piece_of(turn[start:end], asked if start == 0 else (), mono)


def piece_of(sentences: Sequence[Sentence], asked: Sequence[str], mono: bool = False) -> Piece:
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
    return Piece(tuple(sentences), features, said)


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


def client_said(transcript: Transcript) -> Said:
    """The strongest thing the client said: an explicit refusal, else a postponement, else nothing.

    Lexicon and classifier judge together: a phrase of the lexicon needs the classifier not to object, the
    classifier alone must be sure. The surest piece is quoted, the first of equals. Sentences that may not be quoted
    are not used.
    """
    doubt = None if heard_clearly(transcript) else "client_words_unclear"
    for sentence in sentences_of(transcript):
        if sentence.party is not Party.CUSTOMER and refusal_lexicon().acknowledged.search(sentence.low):
            doubt = doubt or "agent_spoke_of_refusal"
    best: dict[ClientSaid, tuple[float, Piece]] = {}
    for piece in pieces_of(transcript):
        if piece.is_question:
            continue
        likely = refusal_classifier().probabilities(piece.features)
        for said in (ClientSaid.EXPLICIT, ClientSaid.POSTPONED):
            if _stands(piece, said, likely[said]):
                # a phrase of the lexicon is quoted rather than what stands around it
                weight = likely[said] + (piece.said is said)
                if said not in best or weight > best[said][0] + 1e-9:
                    best[said] = (weight, piece)
        if likely[ClientSaid.EXPLICIT] >= DOUBT_FROM:
            doubt = doubt or "refusal_may_be_heard"
    for said in (ClientSaid.EXPLICIT, ClientSaid.POSTPONED):
        if said in best:
            sentences = best[said][1].sentences
            return Said(
                said,
                " ".join(sentence.text for sentence in sentences),
                round(sentences[0].start_s, 2),
                round(sentences[-1].end_s, 2),
                None if said is ClientSaid.EXPLICIT else doubt,
            )
    return Said(ClientSaid.NONE, doubt=doubt)


def _stands(piece: Piece, said: ClientSaid, likely: float) -> bool:
    if piece.said is said:
        return likely >= BELIEVED_FROM
    if said is ClientSaid.EXPLICIT and "r unless" in piece.features and "r always" not in piece.features:
        return False  # «мы не отказываемся», «если …»: what the lexicon takes back, the classifier does not bring back
    if piece.sentences[0].party is Party.CUSTOMER:
        return likely >= SURE_FROM[said]
    return said is ClientSaid.EXPLICIT and likely >= SURE_IN_MONO_FROM


#: A client who asks to be called again only in so many days, or later, has put the purchase off.
POSTPONED_FROM_DAYS = 10


def with_postponing(said: Said, spoken: Sequence[SpokenCommitment], call: Call, company: Company) -> Said:
    """``said``, or *postponed* where the client said nothing of the kind but asked for a call much later."""
    if said.said is not ClientSaid.NONE:
        return said
    today = call.started_at.astimezone(company.zone).date()
    for item in spoken:
        far = (item.due.due_from - today).days >= POSTPONED_FROM_DAYS
        if far and item.action is Action.CALLBACK and item.by is not Promiser.AGENT:
            return Said(ClientSaid.POSTPONED, item.quote, item.start_s, item.end_s, said.doubt)
    return said
