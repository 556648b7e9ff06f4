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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from qc_workbench.config import Company
from qc_workbench.detection.commitment_lexicon import compiled, forms_of
from qc_workbench.detection.sound_alike import alike, sound_table
from qc_workbench.detection.spoken_words import Sentence, is_dictionary_word, sentences_of
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, ClientSaid, Promiser, SpokenCommitment
from qc_workbench.domain.transcript import Party, Transcript, Turn

DETECTOR = "refusals"
VERSION = "4"

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
    return f"{DETECTOR}-{VERSION}-{refusal_lexicon().fingerprint}"


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


def client_said(transcript: Transcript) -> Said:
    """The strongest thing the client said: an explicit refusal, else a postponement, else nothing.

    The first such sentence is quoted. Sentences that may not be quoted are not used.
    """
    lexicon = refusal_lexicon()
    doubt = None if heard_clearly(transcript) else "client_words_unclear"
    mono = len({turn.channel for turn in transcript.turns}) == 1
    postponed: Sentence | None = None
    explicit: Sentence | None = None
    for sentence in sentences_of(transcript):
        if sentence.party is not Party.CUSTOMER and lexicon.acknowledged.search(sentence.low):
            doubt = doubt or "agent_spoke_of_refusal"
        if sentence.party not in (Party.CUSTOMER, Party.UNKNOWN) or not sentence.quotable:
            continue
        coded = " ".join(_form_of(word.low) for word in sentence.words)
        readings = (coded, sentence.low)  # patterns name verbs by group or, for one phrase only, by the word itself
        stands = lexicon.always.search(sentence.low) or not any(lexicon.unless.search(text) for text in readings)
        if stands and any(lexicon.explicit.search(text) for text in readings) and not sentence.is_question:
            explicit = explicit or sentence
            continue
        if sentence.is_question or _CONDITIONAL.search(sentence.low):
            continue
        match = lexicon.postponed.search(coded)
        if postponed is None and match is not None:
            in_mono = mono and _BUYERS_WORDS.search(match.group()) and not _TO_YOU.search(sentence.low)
            if sentence.party is Party.CUSTOMER or in_mono:
                postponed = sentence
    found = explicit or postponed
    if found is None:
        return Said(ClientSaid.NONE, doubt=doubt)
    said = ClientSaid.EXPLICIT if explicit else ClientSaid.POSTPONED
    return Said(said, found.text, round(found.start_s, 2), round(found.end_s, 2), None if explicit else doubt)


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
