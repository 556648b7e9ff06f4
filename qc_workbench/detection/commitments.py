"""Commitments that oblige this company: to call again, to send, to come, to pay, to decide.

Goal. What a head of sales would write down while listening: who promised what, and when it falls due.
Not found on purpose: reproaches for old promises, refusals to be called, «я сам вас наберу», «если что —
звоните», other people's promises retold. A promise moved in the call has its last date; one taken back
is none. A date may come from a neighbouring turn («Когда набрать?» — «В четверг» — «Договорились»).

Phrases: ``models/lexicons/commitments.toml``. Dates: :mod:`due_dates`. Quotes come only from turns that
may be quoted; machine turns are never heard.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from qc_workbench.config import Company
from qc_workbench.detection.commitment_classifier import PromiseClassifier, classifier_fingerprint, promise_classifier
from qc_workbench.detection.commitment_context import (
    Found,
    Heard,
    accepted,
    agreed_days,
    answered,
    declined,
    from_neighbours,
    heard_in,
    kind_of_action,
    kind_of_family,
    revised,
)
from qc_workbench.detection.commitment_features import SentencesSeen
from qc_workbench.detection.commitment_judging import CLASSIFIER, believed, overheard
from qc_workbench.detection.commitment_lexicon import CommitmentLexicon, Family, FamilyKind, commitment_lexicon
from qc_workbench.detection.commitment_merging import add_overheard, holds, join, overlap, restated
from qc_workbench.detection.commitment_parties import promiser
from qc_workbench.detection.due_dates import choose, moment_of, no_date, window
from qc_workbench.detection.due_rules import Moment
from qc_workbench.detection.refusals import client_said
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, ClientSaid, DueWindow, Promiser, SpokenCommitment
from qc_workbench.domain.transcript import Party, Transcript

VERSION = "6"

#: Said with the day a promise is moved to.
_MOVES = re.compile(r"\b(?:давайте|лучше|тогда|нет|вычеркива\w*|make it|rather|instead|better|then)\b")
#: What follows is the speaker's own again: "they said Wednesday, so give me a ring on Thursday".
_CONCLUSION = re.compile(r"\b(?:so|поэтому|так что|короче|давайте)\b")
_WORKER = re.compile(r"\b(?:замерщик|мастер|бригад|монтажник|специалист|инженер|surveyor|fitter|installer|technician)")
#: The family of what arrives by mail.
_BY_MAIL = "ru_will_be_in_the_mail_then"
#: Longest quote, in words.
_QUOTE_WORDS = 22


def fingerprint() -> str:
    """Names the rules that found the commitments."""
    return f"commitments-{VERSION}-{commitment_lexicon().fingerprint}-{classifier_fingerprint()}"


def find_commitments(
    call: Call, transcript: Transcript, company: Company, classifier: PromiseClassifier | None = None
) -> tuple[SpokenCommitment, ...]:
    """Commitments of one call in the order they were made. ``call.started_at`` is the moment dates count from.

    ``classifier``: another one than the program's, for measuring.
    """
    judge = classifier or promise_classifier()
    moment = moment_of(call.started_at, company)
    lexicon = commitment_lexicon()
    heard = heard_in(transcript, moment)
    if not _has_live_client(heard):
        return ()
    kept: list[Found] = []
    seen = SentencesSeen(heard)
    stated = [stated_in(index, heard) for index in range(len(heard))]
    for index, item in enumerate(heard):
        cancelled = _cancelled(item, lexicon) | _taken_back(item, kept, lexicon)
        if cancelled:
            kept = [found for found in kept if kind_of_action(found.action) not in cancelled]
        for found in believed(index, stated[index], seen, judge):
            if kind_of_action(found.action) in cancelled:
                continue
            join(kept, found)
    for found in agreed_days(heard, moment):
        _add_agreed(kept, found, heard, lexicon)
    for found in overheard(heard, stated, seen, judge):
        if not _cancelled_later(found, heard, lexicon):
            add_overheard(kept, found, heard, moment)
    kept = [restated(found, kept, heard) for found in kept]
    kept = [replace(found, by=promiser(found, heard)) for found in kept]
    kept.sort(key=lambda found: found.heard.sentence.position)
    refused_at = client_said(transcript)
    if refused_at.said is ClientSaid.EXPLICIT and refused_at.start_s is not None:
        # «Нет, мы отказались»: what the agent offered is owed no more, except money. What the client asked for or
        # agreed to stands until they take it back in words: «потом не надо» said of a colour is heard as a refusal too.
        kept = [
            item
            for item in kept
            if item.action is Action.PAY
            or item.by is not Promiser.AGENT
            or item.heard.sentence.start_s > refused_at.start_s
        ]
    return tuple(_spoken(call, found, moment, number) for number, found in enumerate(kept))


def stated_in(index: int, heard: Sequence[Heard]) -> list[Found]:
    """What the rules find in one sentence."""
    return _said_in(index, heard, commitment_lexicon())


def _add_agreed(kept: list[Found], found: Found, heard: Sequence[Heard], lexicon: CommitmentLexicon) -> None:
    """A day agreed without a phrase: a promise where there is none to meet or speak, or the day one was moved to."""
    if _cancelled_later(found, heard, lexicon):
        return
    if found.due is None or any(item.due is not None and overlap(item.due, found.due) for item in kept):
        return  # that day is spoken for
    others = [item for item in kept if item.action in (Action.CALLBACK, Action.VISIT, Action.MEETING)]
    if not others:
        kept.append(found)
        return
    last = others[-1]
    later = found.heard.sentence.start_s > last.heard.sentence.start_s
    moved = _MOVES.search(found.heard.sentence.low) is not None
    if (
        later
        and moved
        and last.due is not None
        and last.due.has_days
        and found.due is not None
        and not overlap(last.due, found.due)
    ):
        kept[kept.index(last)] = replace(found, action=last.action)


def _cancelled_later(found: Found, heard: Sequence[Heard], lexicon: CommitmentLexicon) -> bool:
    return any(
        kind_of_action(found.action) in _cancelled(item, lexicon) | _taken_back(item, [found], lexicon)
        for item in heard
        if item.sentence.start_s > found.heard.sentence.start_s
    )


def _has_live_client(heard: Sequence[Heard]) -> bool:
    """Whether somebody answers the agent at all: a promise dictated to an answering machine binds nobody."""
    parties = {item.sentence.party for item in heard}
    if Party.AGENT not in parties or Party.CUSTOMER not in parties:
        return Party.UNKNOWN in parties or Party.CUSTOMER in parties
    first_agent = next(item.sentence.start_s for item in heard if item.sentence.party is Party.AGENT)
    return any(item.sentence.party is Party.CUSTOMER and item.sentence.end_s > first_agent for item in heard)


# --- what one sentence says ------------------------------------------------------------------------------------------


def _said_in(index: int, heard: Sequence[Heard], lexicon: CommitmentLexicon) -> list[Found]:
    item = heard[index]
    if not item.sentence.quotable:
        return []
    found: list[Found] = []
    taken: set[str] = set()
    for family in lexicon.families:
        if family.kind is FamilyKind.CANCEL or not _may_say(item.sentence.party, family):
            continue
        for match in family.pattern.finditer(item.code):
            at = item.code[: match.start()].count(" ")
            end = at + match.group().strip().count(" ")
            if family.kind is FamilyKind.QUESTION:
                answer = answered(index, heard, family)
            else:
                answer = _stated(index, heard, family, match.group(), at, end, lexicon)
            if answer is None:
                continue
            kind = kind_of_action(answer.action)
            if kind in taken or (answer.action is Action.CALLBACK and "decide" in taken and answer.due is None):
                continue
            taken.add(kind)
            found.append(answer)
            break
    sent = next((one for one in found if kind_of_action(one.action) == "send"), None)
    if sent is not None:  # "I'll drop you a line with the drawings": one phrase, one promise
        found = [one for one in found if one.action is not Action.CALLBACK or not _share_words(one, sent)]
        visit = next((one for one in found if one.action is Action.VISIT), None)
        if visit is not None and _share_words(visit, sent):
            # «Подошлю к вам слесаря» sends a person; «придёт вам на почту» is no visitor.
            found.remove(visit if sent.family.name == _BY_MAIL else sent)
    if "callback" in taken:  # «позвоню, запишу вас на замер»: the visit is arranged in that call
        found = [one for one in found if one.action is not Action.VISIT]
    if "pay" in taken:  # «деньги придут» is no visit
        found = [one for one in found if one.action is not Action.VISIT]
    if "decide" in taken:  # «примем решение, и я вам сообщу» is one promise
        found = [one for one in found if one.action is not Action.CALLBACK]
    return found


def _share_words(first: Found, second: Found) -> bool:
    return first.at_word <= second.to_word and second.at_word <= first.to_word


def _may_say(party: Party, family: Family) -> bool:
    return family.speaker == "any" or party is Party.UNKNOWN or party.value == family.speaker


def _stated(
    index: int,
    heard: Sequence[Heard],
    family: Family,
    phrase: str,
    at: int,
    end: int,
    lexicon: CommitmentLexicon,
) -> Found | None:
    item = heard[index]
    tokens = item.code.split()
    before, after = " ".join(tokens[:at]), " ".join(tokens[end + 1 :])
    guards = lexicon.guards
    if guards["negation_before"].search(before) or phrase.startswith("не "):
        return None
    if guards["reported"].search(_CONCLUSION.split(" ".join(tokens[max(0, at - 9) : at]))[-1]) and not guards[
        "reported_but"
    ].search(item.sentence.low):
        return None
    if guards["broken"].search(item.sentence.low) or guards["standing"].search(item.sentence.low):
        return None
    # In mono the parties are guessed, so there «я сам вас наберу» is taken for the client's.
    if guards["own_call"].search(item.code) and (item.sentence.party is not Party.AGENT or _is_mono(heard)):
        return None
    around = " ".join(tokens[max(0, at - 3) : end + 5])
    if family.action == "callback" and guards["others"].search(around):
        return None
    if family.action == "callback" and family.kind is FamilyKind.PROMISE and _goes_elsewhere(after, before):
        return None
    action = _action(family, index, heard, lexicon)
    if action is None:
        return None
    own = choose(item.mentions, near=end)
    if family.own_date and (own is None or not own.has_days):
        return None
    due = own if own is not None and own.has_days else from_neighbours(index, heard, own)
    conditional = guards["conditional"].search(item.code)
    exempt = guards["conditional_but"].search(item.code) or (
        index + 1 < len(heard) and guards["conditional_but"].search(heard[index + 1].code)
    )
    if conditional and not exempt:
        return None
    later = guards["later_today"].search(item.code) is not None
    if (
        item.sentence.party is Party.UNKNOWN
        and item.sentence.is_question
        and family.kind is FamilyKind.REQUEST
        and family.action == "send"
        and (own is None or not own.has_days)
    ):
        return None  # in mono: «Снимок пришлёте?» is rather asked of the client
    if family.needs_date and due is None and not (later and family.kind is FamilyKind.REQUEST):
        return None
    if (
        family.kind is FamilyKind.REQUEST
        and family.action == "send"
        and due is None
        and not accepted(index, heard, lexicon)
    ):
        return None
    if declined(index, heard, lexicon):
        return None
    by = {Party.AGENT: Promiser.AGENT, Party.CUSTOMER: Promiser.CUSTOMER}.get(
        item.sentence.party, Promiser.CUSTOMER if family.kind is FamilyKind.REQUEST else Promiser.AGENT
    )
    if family.kind is FamilyKind.MUTUAL:
        by = Promiser.BOTH
    final = revised(index, heard, due)
    tied = due is None and guards["once_done"].search(before) is not None
    return Found(item, family, action, by, at, end, final, tied, later)


def _is_mono(heard: Sequence[Heard]) -> bool:
    return len({item.sentence.channel for item in heard}) == 1 and len({item.sentence.party for item in heard}) > 1


def _goes_elsewhere(after: str, before: str) -> bool:
    """«Позвоню на склад»: a call, but not to the client."""
    patterns = commitment_lexicon().guards
    addressed = any(word in ("вам", "вас", "тебе", "тебя") for word in [*before.split()[-3:], *after.split()[:2]])
    return not addressed and patterns["elsewhere_after"].match(after) is not None


def _action(family: Family, index: int, heard: Sequence[Heard], lexicon: CommitmentLexicon) -> Action | None:
    if family.action != "send":
        return Action(family.action)
    own = heard[index].sentence.low
    if lexicon.words["offer"].search(own):
        return Action.SEND_OFFER
    if lexicon.words["document"].search(own):
        return Action.SEND_DOCUMENT
    if family.needs_object:
        return None
    if any(_WORKER.search(heard[position].sentence.low) for position in range(max(0, index - 2), index + 1)):
        return Action.VISIT  # «мне замерщика прислать надо» — «Ну, присылайте»
    for distance in range(1, 5):
        for neighbour in (index - distance, index + distance):
            if 0 <= neighbour < len(heard):
                low = heard[neighbour].sentence.low
                if lexicon.words["offer"].search(low):
                    return Action.SEND_OFFER
                if lexicon.words["document"].search(low):
                    return Action.SEND_DOCUMENT
    return Action.SEND_OFFER


def _cancelled(item: Heard, lexicon: CommitmentLexicon) -> frozenset[str]:
    """Kinds of promise that this sentence takes back. A ban on one time («до обеда не звоните») is none."""
    if item.mentions and not any(word in item.code for word in ("отмен", "cancel")):
        return frozenset()
    return _forbidden(item, lexicon)


def _taken_back(item: Heard, kept: Sequence[Found], lexicon: CommitmentLexicon) -> frozenset[str]:
    """Kinds of promise whose very day this sentence takes back: «Тогда и звонить в понедельник не нужно»."""
    if len({(one.span.first, one.span.last) for one in item.mentions if one.is_day}) > 1:
        return frozenset()  # «Понедельник убираю, ставлю вторник»: moved
    promised = {
        kind_of_action(found.action)
        for found in kept
        for mention in item.mentions
        if found.due is not None and holds(found.due, mention.span.first, mention.span.last)
    }
    return _forbidden(item, lexicon) & promised


def _forbidden(item: Heard, lexicon: CommitmentLexicon) -> frozenset[str]:
    return frozenset(
        kind_of_family(family.action)
        for family in lexicon.families
        if family.kind is FamilyKind.CANCEL
        and (match := family.pattern.search(item.code)) is not None
        # «Директору не звоните» forbids a call to somebody else.
        and not lexicon.guards["elsewhere_after"].match(item.code[match.end() :].strip())
    )


def _spoken(call: Call, found: Found, moment: Moment, number: int) -> SpokenCommitment:
    due: DueWindow
    rule = found.family.name
    if rule == CLASSIFIER:
        rule = f"{rule}_{found.chance:.2f}"
    if found.due is not None:
        due = window(found.due, moment)
        rule = f"{rule}/{found.due.rule}"
    else:
        due = no_date(moment)
    words = found.heard.sentence.words
    first, last = 0, len(words)
    if last > _QUOTE_WORDS:
        first = max(0, found.at_word - _QUOTE_WORDS // 2)
        last = min(len(words), first + _QUOTE_WORDS)
        quote = " ".join(word.raw for word in words[first:last] if word.raw)
    else:
        quote = found.heard.sentence.text
    identity = "|".join((call.call_id, found.action.value, quote, f"{words[first].start_s:.2f}", str(number)))
    return SpokenCommitment(
        commitment_id="cm_" + hashlib.sha256(identity.encode()).hexdigest()[:16],
        call_id=call.call_id,
        by=found.by,
        action=found.action,
        quote=quote,
        start_s=round(words[first].start_s, 2),
        end_s=round(words[last - 1].end_s, 2),
        due=due,
        rule=rule,
        date_phrase=found.due.phrase if found.due is not None else None,
    )
