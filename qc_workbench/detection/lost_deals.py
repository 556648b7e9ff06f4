"""Of every deal that the CRM calls lost: who refused, the client or the agent, and whether anybody spoke with them.

Goal. One :class:`DealFinding` a deal, from all calls with the client between its making and its closing; the first
that holds wins:

1. *client_refused*: an explicit refusal was heard in one of them;
2. *unsure*, where a refusal may be where nobody looked: the client was hardly understood, the agent answers as one
   answers a refusal, a later conversation has no transcript, a note tells of a letter or a visit, there was a meeting
   after the last call, or the calls of that time are not in this store;
3. *client_postponed*, *agent_refused*: they spoke with us and put it off, or said nothing of the kind;
4. *no_conversation*: every answered call was examined and none was live, nobody answered, or nobody called.

A **false refusal** is a deal of (3); the flag stands at the last conversation before the closing. Deals lost as
duplicates, spam, tests or wrong numbers are left out: nobody claims a refusal there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from qc_workbench.detection.refusals import DETECTOR, VERSION, Said
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import ClientSaid, Refusal
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus, Note
from qc_workbench.domain.flag import Evidence, Flag, FlagKind, Side, Verdict
from qc_workbench.domain.lost_deal import DealFinding, LostDeal

#: Connected seconds from which a call without a transcript may have held a refusal.
MAY_HOLD_REFUSAL_S = 20.0

#: A deal is often made some minutes after the call that it is made for.
_MADE_AFTER_CALL = timedelta(days=1)

#: How sure it is (0..1) that the client did not refuse: an order of work, no measured chance; the re-call list is
#: sorted by amount times this. A client who put it off said so; one who said nothing may have been misheard; where
#: nobody spoke, nothing speaks against it.
CERTAINTY = {
    DealFinding.CLIENT_REFUSED: 0.1,
    DealFinding.CLIENT_POSTPONED: 0.9,
    DealFinding.AGENT_REFUSED: 0.7,
    DealFinding.NO_CONVERSATION: 0.6,
    DealFinding.UNSURE: 0.4,
}
FALSE_REFUSALS = frozenset({DealFinding.CLIENT_POSTPONED, DealFinding.AGENT_REFUSED})

#: Reasons of losing a deal that do not claim a refusal: a duplicate, spam, a wrong number.
_NOT_A_REFUSAL = re.compile(
    r"дубл|спам|неверн|ошиб\w* номер|не тот номер|duplicate|spam|wrong number|test|тест", re.IGNORECASE
)
#: A note that tells of words said elsewhere: by letter, in a messenger, on the spot.
_ELSEWHERE = re.compile(
    r"\b(?:напис(?:ал|али|ала)|пишет|прислал[аи]?|сообщени\w+|смс|sms|ват?сап\w*|whats ?app|телеграм\w*|telegram|"
    r"viber|вайбер\w*|мессендж\w+|e-?mail|имейл\w*|письм\w+|при встрече|на встрече|лично|в салоне|в офисе|в шоуруме|"
    r"wrote|texted|messaged|in person|by letter|met with)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Talk:
    """One call with a client as far as refusals go: ``said`` is None where nobody knows what was said in it."""

    call: Call
    said: Said | None
    is_conversation: bool


@dataclass(frozen=True, slots=True)
class JudgedDeal:
    """A lost deal and the last conversation before its closing, None where there was none that was heard."""

    lost: LostDeal
    last: Talk | None


def judge_lost_deals(
    talks: Sequence[Talk],
    deals: Sequence[Deal],
    as_of: datetime,
    *,
    notes: Sequence[Note] = (),
    activities: Sequence[Activity] = (),
    calls_known_from: datetime | None = None,
) -> tuple[JudgedDeal, ...]:
    """Findings of one client's lost deals, by id.

    ``talks``: all calls of the client; ``calls_known_from``: when the store's first call began (None: no calls).
    """
    known = [talk for talk in sorted(talks, key=lambda item: item.call.started_at) if talk.call.started_at <= as_of]
    return tuple(
        _judge(
            deal,
            _talks_of(deal, known),
            [note for note in notes if note.deal_id in (None, deal.deal_id) and note.created_at <= as_of],
            [item for item in activities if item.deal_id in (None, deal.deal_id)],
            calls_known_from,
        )
        for deal in sorted(deals, key=lambda item: item.deal_id)
        if deal.status is DealStatus.LOST and claims_refusal(deal)
    )


def claims_refusal(deal: Deal) -> bool:
    """Whether the reason of losing the deal claims that the client refused."""
    return not (deal.lost_reason and _NOT_A_REFUSAL.search(deal.lost_reason))


def _talks_of(deal: Deal, talks: Sequence[Talk]) -> list[Talk]:
    """Calls before the closing, without those of an earlier deal; all of them where none is later than its making."""
    before = [talk for talk in talks if deal.closed_at is None or talk.call.started_at <= deal.closed_at]
    since = deal.created_at - _MADE_AFTER_CALL if deal.created_at is not None else None
    return [talk for talk in before if since is None or talk.call.started_at >= since] or before


def _judge(
    deal: Deal,
    talks: Sequence[Talk],
    notes: Sequence[Note],
    activities: Sequence[Activity],
    calls_known_from: datetime | None,
) -> JudgedDeal:
    answered = [talk for talk in talks if talk.call.outcome is Outcome.ANSWERED]
    heard = [talk for talk in talks if talk.said is not None and talk.is_conversation]
    last = heard[-1] if heard else None

    def found(finding: DealFinding, reason: str | None = None, shown: Talk | None = None) -> JudgedDeal:
        call_id = shown.call.call_id if shown is not None else None
        return JudgedDeal(LostDeal(deal.deal_id, finding, reason, call_id, len(answered), CERTAINTY[finding]), last)

    refused = [talk for talk in talks if _said(talk) is ClientSaid.EXPLICIT]
    if refused:
        return found(DealFinding.CLIENT_REFUSED, None, refused[-1])
    doubt = _doubt(heard)
    if doubt is not None:
        return found(DealFinding.UNSURE, doubt, last)
    unheard = [
        talk
        for talk in answered
        if talk.said is None
        and talk.is_conversation
        and talk.call.talk_s >= MAY_HOLD_REFUSAL_S
        and (last is None or talk.call.started_at > last.call.started_at)
    ]
    if unheard:
        reason = "later_call_not_transcribed" if last is not None else "calls_not_transcribed"
        return found(DealFinding.UNSURE, reason, last or unheard[-1])
    since = last.call.started_at if last is not None else deal.created_at
    if since is not None:
        elsewhere = _said_elsewhere(notes, activities, since, deal.closed_at)
        if elsewhere is not None:
            return found(DealFinding.UNSURE, elsewhere, last)
    if last is not None:
        postponed = [talk for talk in heard if _said(talk) is ClientSaid.POSTPONED]
        if postponed:
            return found(DealFinding.CLIENT_POSTPONED, None, postponed[-1])
        return found(DealFinding.AGENT_REFUSED, None, last)
    if not deal.client_phones:
        return found(DealFinding.UNSURE, "no_number")
    if calls_known_from is None or deal.created_at is None or deal.created_at < calls_known_from:
        return found(DealFinding.UNSURE, "calls_before_import")
    if answered:
        return found(DealFinding.NO_CONVERSATION, "calls_not_live", answered[-1])
    tried = any(talk.call.direction is Direction.OUTBOUND for talk in talks)
    return found(DealFinding.NO_CONVERSATION, "never_answered" if tried else "never_called")


def _said(talk: Talk) -> ClientSaid | None:
    return talk.said.said if talk.said is not None else None


def _doubt(heard: Sequence[Talk]) -> str | None:
    doubts = [talk.said.doubt for talk in heard if talk.said is not None and talk.said.doubt]
    return doubts[-1] if doubts else None


def _said_elsewhere(
    notes: Sequence[Note], activities: Sequence[Activity], since: datetime, closed_at: datetime | None
) -> str | None:
    """``refusal_may_be_written`` or ``met_in_person``, where the client may have refused outside the telephone."""

    def between(moment: datetime) -> bool:
        return since <= moment and (closed_at is None or moment <= closed_at)

    if any(between(note.created_at) and _ELSEWHERE.search(note.text) for note in notes):
        return "refusal_may_be_written"
    met = [item.done_at for item in activities if item.type is ActivityType.MEETING and item.done_at is not None]
    return "met_in_person" if any(between(moment) for moment in met) else None


# --- calls -----------------------------------------------------------------------------------------------------------


def judge_refusals(
    talks: Sequence[Talk], deals: Sequence[Deal], judged: Sequence[JudgedDeal], as_of: datetime
) -> tuple[tuple[Refusal, Flag | None], ...]:
    """What was said in one client's transcribed calls, oldest first, each with its flag where a closing was false.

    ``judged``: :func:`judge_lost_deals` of the same talks and deals.
    """
    accused = {item.last.call.call_id: item.lost for item in judged if item.last is not None}
    found = []
    for talk in sorted(talks, key=lambda item: item.call.started_at):
        if talk.said is None or talk.call.started_at > as_of:
            continue
        lost = accused.get(talk.call.call_id)
        deal = next((item for item in deals if lost and item.deal_id == lost.deal_id), None) or deal_of(
            talk.call, deals
        )
        refusal = Refusal(
            call_id=talk.call.call_id,
            client_said=talk.said.said,
            deal_id=deal.deal_id if deal else None,
            deal_status=deal.status.value if deal else None,
            false_refusal=lost is not None and lost.finding in FALSE_REFUSALS,
            quote=talk.said.quote,
            start_s=talk.said.start_s,
            end_s=talk.said.end_s,
        )
        found.append((refusal, _flag(talk, talk.said, lost) if lost is not None else None))
    return tuple(found)


def deal_of(call: Call, deals: Sequence[Deal]) -> Deal | None:
    """The client's deal this call belongs to: one that was not closed yet, the newest of them."""
    alive = [deal for deal in deals if deal.closed_at is None or deal.closed_at >= call.started_at]
    started = (
        [deal for deal in alive if deal.created_at is None or deal.created_at <= call.started_at]
        or alive
        or list(deals)
    )
    return max(started, key=lambda deal: (deal.created_at or call.started_at, deal.deal_id), default=None)


def _flag(talk: Talk, said: Said, lost: LostDeal) -> Flag | None:
    if lost.finding in FALSE_REFUSALS:
        verdict, reasons = Verdict.FLAG, ("deal_lost_without_refusal",)
    elif lost.finding is DealFinding.UNSURE and lost.reason is not None:
        verdict, reasons = Verdict.UNSURE, (lost.reason,)
    else:
        return None
    evidence: tuple[Evidence, ...] = ()
    if said.start_s is not None and said.end_s is not None:
        evidence = (Evidence(1, said.start_s, said.end_s, f"client_{said.said.value}", said.quote, Side.AGAINST),)
    identity = repr(
        (talk.call.call_id, FlagKind.FALSE_REFUSAL.value, DETECTOR, VERSION, verdict.value, evidence, reasons)
    )
    return Flag(
        "fl_" + hashlib.sha256(identity.encode()).hexdigest()[:16],
        talk.call.call_id,
        FlagKind.FALSE_REFUSAL,
        verdict,
        lost.certainty,
        evidence,
        DETECTOR,
        VERSION,
        reasons,
    )
