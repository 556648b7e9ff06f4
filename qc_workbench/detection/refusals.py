"""What the client said about buying, and deals closed as lost although the client never refused.

Goal. *Explicit*: the client said they will not buy. *Postponed*: not now, thinking, no money yet, will ring
themselves. *None*: neither. Only the client's own words count: an agent who repeats «значит, отказываетесь»
proves nothing, and in mono recordings, where the speaker is unknown, only whole-sentence statements in the
first person count as much.

Recognised words are matched as spoken words are: one that no dictionary has counts as the word of the lexicon
it sounds like. Where the client's words came out too poor to judge, *none* means nothing: no closing is called
false on such a call, the detector abstains.

A **false refusal** is a lost deal whose client did not refuse in the last conversation before the closing
(nor in an earlier one). Where a later conversation before the closing was not transcribed, the refusal may
have been there: the detector abstains. So it does where the client
was hardly understood, and where the agent answers as one answers a refusal («жаль, удачи вам с ними»).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources

from qc_workbench.config import Company
from qc_workbench.detection.commitment_lexicon import compiled, forms_of
from qc_workbench.detection.sound_alike import alike, sound_table
from qc_workbench.detection.spoken_words import Sentence, is_dictionary_word, sentences_of
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, ClientSaid, Promiser, Refusal, SpokenCommitment
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.flag import Evidence, Flag, FlagKind, Side, Verdict
from qc_workbench.domain.transcript import Party, Transcript, Turn

DETECTOR = "refusals"
VERSION = "4"

#: «Если не поможет, сама наберу» postpones nothing.
_CONDITIONAL = re.compile(r"\b(?:если(?! нет\b)|if(?! not\b))\b")

#: In mono, where the speaker is unknown, «я вам позвоню» is as well the agent's.
_TO_YOU = re.compile(r"\b(?:вам|вас|вами|you|your)\b")

#: What only a buyer says of themselves; «не горит», «позже» either side may say.
_BUYERS_WORDS = re.compile(r"#(?:self|ponder|wait)/|дума|посовету|обсу[дж]|после|think|discuss|talk")

#: Connected seconds from which a call without a transcript may have held a refusal.
MAY_HOLD_REFUSAL_S = 20.0


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


@dataclass(frozen=True, slots=True)
class Talk:
    """One call with a client as far as refusals go: ``said`` is None where nobody knows what was said in it."""

    call: Call
    said: Said | None
    is_conversation: bool


#: Reasons of losing a deal that do not claim a refusal: a duplicate, spam, a wrong number.
_NOT_A_REFUSAL = re.compile(
    r"дубл|спам|неверн|ошиб\w* номер|не тот номер|duplicate|spam|wrong number|test|тест", re.IGNORECASE
)


def judge_refusals(
    talks: Sequence[Talk], deals: Sequence[Deal], as_of: datetime
) -> tuple[tuple[Refusal, Flag | None], ...]:
    """Refusals of one client's transcribed calls, oldest first, each with its flag where the closing was false.

    ``talks`` are all calls of the client, ``deals`` all deals. The deal of a call is the lost one that the
    call was the last conversation of, else the newest.
    """
    known = [talk for talk in sorted(talks, key=lambda item: item.call.started_at) if talk.call.started_at <= as_of]
    judged = []
    for talk in known:
        if talk.said is None:
            continue
        deal = _deal_of(talk.call, deals)
        verdict = _false_refusal(talk, known, deal)
        refusal = Refusal(
            call_id=talk.call.call_id,
            client_said=talk.said.said,
            deal_id=deal.deal_id if deal else None,
            deal_status=deal.status.value if deal else None,
            false_refusal=verdict is Verdict.FLAG,
            quote=talk.said.quote,
            start_s=talk.said.start_s,
            end_s=talk.said.end_s,
        )
        judged.append((refusal, _flag(talk, talk.said, verdict, known)))
    return tuple(judged)


def _deal_of(call: Call, deals: Sequence[Deal]) -> Deal | None:
    """The client's deal this call belongs to: one that was not closed yet, the newest of them."""
    alive = [deal for deal in deals if deal.closed_at is None or deal.closed_at >= call.started_at]
    started = (
        [deal for deal in alive if deal.created_at is None or deal.created_at <= call.started_at]
        or alive
        or list(deals)
    )
    return max(started, key=lambda deal: (deal.created_at or call.started_at, deal.deal_id), default=None)


def _false_refusal(talk: Talk, talks: Sequence[Talk], deal: Deal | None) -> Verdict | None:
    """FLAG, UNSURE or None (no false refusal here)."""
    if deal is None or deal.status is not DealStatus.LOST or not talk.is_conversation or talk.said is None:
        return None
    if deal.lost_reason and _NOT_A_REFUSAL.search(deal.lost_reason):
        return None
    closed = deal.closed_at
    if closed is not None and talk.call.started_at > closed:
        return None
    before_closing = [item for item in talks if closed is None or item.call.started_at <= closed]
    later = [item for item in before_closing if item.call.started_at > talk.call.started_at]
    if any(item.is_conversation and item.said is not None for item in later):
        return None  # a later conversation is the last one
    refused = [item for item in before_closing if item.said is not None and item.said.said is ClientSaid.EXPLICIT]
    if refused:
        return None
    if any(item.said.doubt for item in before_closing if item.said is not None and item.is_conversation):
        return Verdict.UNSURE
    if any(item.said is None and item.call.talk_s >= MAY_HOLD_REFUSAL_S for item in later):
        return Verdict.UNSURE
    return Verdict.FLAG


def _why_unsure(talk: Talk, talks: Sequence[Talk]) -> str:
    doubts = [
        item.said.doubt
        for item in talks
        if item.said is not None and item.said.doubt and item.call.started_at <= talk.call.started_at
    ]
    return doubts[-1] if doubts else "later_call_not_transcribed"


def _flag(talk: Talk, said: Said, verdict: Verdict | None, talks: Sequence[Talk]) -> Flag | None:
    if verdict is None:
        return None
    evidence: tuple[Evidence, ...] = ()
    if said.start_s is not None and said.end_s is not None:
        evidence = (Evidence(1, said.start_s, said.end_s, f"client_{said.said.value}", said.quote, Side.AGAINST),)
    reasons = ("deal_lost_without_refusal",) if verdict is Verdict.FLAG else (_why_unsure(talk, talks),)
    score = {ClientSaid.POSTPONED: 0.9, ClientSaid.NONE: 0.7}[said.said] if verdict is Verdict.FLAG else 0.4
    identity = repr(
        (talk.call.call_id, FlagKind.FALSE_REFUSAL.value, DETECTOR, VERSION, verdict.value, evidence, reasons)
    )
    return Flag(
        "fl_" + hashlib.sha256(identity.encode()).hexdigest()[:16],
        talk.call.call_id,
        FlagKind.FALSE_REFUSAL,
        verdict,
        score,
        evidence,
        DETECTOR,
        VERSION,
        reasons,
    )
