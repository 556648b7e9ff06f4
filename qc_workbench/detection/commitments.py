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
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qc_workbench.config import Company
from qc_workbench.detection.commitment_lexicon import CommitmentLexicon, Family, FamilyKind, coded, commitment_lexicon
from qc_workbench.detection.due_dates import (
    CORRECTION,
    Due,
    Mention,
    choose,
    find_mentions,
    merged,
    moment_of,
    no_date,
    window,
)
from qc_workbench.detection.due_rules import Moment
from qc_workbench.detection.spoken_words import Sentence, sentences_of
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, DueWindow, Promiser, SpokenCommitment
from qc_workbench.domain.transcript import Party, Transcript

VERSION = "1"

#: How many sentences around a promise may hold its date, and how long such a sentence may be, in words:
#: longer ones speak of something else.
_REACH = 4
_SHORT = 12
#: Longest quote, in words.
_QUOTE_WORDS = 22


def fingerprint() -> str:
    """Names the rules that found the commitments."""
    return f"commitments-{VERSION}-{commitment_lexicon().fingerprint}"


@dataclass(frozen=True)
class _Heard:
    """A sentence with its dates found."""

    sentence: Sentence
    code: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True)
class _Found:
    """A promise said in one sentence."""

    heard: _Heard
    family: Family
    action: Action
    by: Promiser
    at_word: int
    due: Due | None
    tied: bool = False  # «как только уйдёт, отзвонюсь»: shares the window of the promise before
    later_today: bool = False


def find_commitments(call: Call, transcript: Transcript, company: Company) -> tuple[SpokenCommitment, ...]:
    """Commitments of one call in the order they were made. ``call.started_at`` is the moment dates count from."""
    moment = moment_of(call.started_at, company)
    lexicon = commitment_lexicon()
    heard = tuple(
        _Heard(sentence, coded(sentence.words), find_mentions(sentence.words, moment))
        for sentence in sentences_of(transcript)
    )
    if not _has_live_client(heard):
        return ()
    kept: list[_Found] = []
    for index, item in enumerate(heard):
        cancelled = _cancelled(item, lexicon)
        if cancelled:
            kept = [found for found in kept if _kind_of_action(found.action) not in cancelled]
        for found in _said_in(index, heard, lexicon, moment):
            if _kind_of_action(found.action) in cancelled:
                continue
            _join(kept, found, moment)
    return tuple(_spoken(call, found, moment, number) for number, found in enumerate(kept))


def _has_live_client(heard: Sequence[_Heard]) -> bool:
    """Whether somebody answers the agent at all: a promise dictated to an answering machine binds nobody."""
    parties = {item.sentence.party for item in heard}
    if Party.AGENT not in parties or Party.CUSTOMER not in parties:
        return Party.UNKNOWN in parties or Party.CUSTOMER in parties
    first_agent = next(item.sentence.start_s for item in heard if item.sentence.party is Party.AGENT)
    return any(item.sentence.party is Party.CUSTOMER and item.sentence.end_s > first_agent for item in heard)


# --- what one sentence says ------------------------------------------------------------------------------------------


def _said_in(index: int, heard: Sequence[_Heard], lexicon: CommitmentLexicon, moment: Moment) -> list[_Found]:
    item = heard[index]
    if not item.sentence.quotable:
        return []
    found: list[_Found] = []
    taken: set[str] = set()
    for family in lexicon.families:
        if family.kind is FamilyKind.CANCEL or not _may_say(item.sentence.party, family):
            continue
        for match in family.pattern.finditer(item.code):
            at = item.code[: match.start()].count(" ")
            end = at + match.group().strip().count(" ")
            if family.kind is FamilyKind.QUESTION:
                answer = _answered(index, heard, family, moment, end)
            else:
                answer = _stated(index, heard, family, match.group(), at, end, lexicon, moment)
            if answer is None:
                continue
            kind = _kind_of_action(answer.action)
            if kind in taken or (answer.action is Action.CALLBACK and "decide" in taken and answer.due is None):
                continue
            taken.add(kind)
            found.append(answer)
            break
    if "callback" in taken:  # «позвоню, запишу вас на замер»: the visit is arranged in that call
        found = [one for one in found if one.action is not Action.VISIT]
    if "decide" in taken:  # «примем решение, и я вам сообщу» is one promise
        found = [one for one in found if one.action is not Action.CALLBACK]
    return found


def _may_say(party: Party, family: Family) -> bool:
    return family.speaker == "any" or party is Party.UNKNOWN or party.value == family.speaker


def _stated(
    index: int,
    heard: Sequence[_Heard],
    family: Family,
    phrase: str,
    at: int,
    end: int,
    lexicon: CommitmentLexicon,
    moment: Moment,
) -> _Found | None:
    item = heard[index]
    tokens = item.code.split()
    before, after = " ".join(tokens[:at]), " ".join(tokens[end + 1 :])
    guards = lexicon.guards
    if guards["negation_before"].search(before) or phrase.startswith("не "):
        return None
    if guards["reported"].search(" ".join(tokens[max(0, at - 9) : at])) and not guards["reported_but"].search(
        item.sentence.low
    ):
        return None
    if guards["own_call"].search(item.code) and item.sentence.party is not Party.AGENT:
        return None
    around = " ".join(tokens[max(0, at - 3) : end + 5])
    if family.action == "callback" and guards["others"].search(around):
        return None
    if family.action == "callback" and family.kind is FamilyKind.PROMISE and _goes_elsewhere(after, before):
        return None
    action = _action(family, index, heard, lexicon)
    if action is None:
        return None
    own = choose(item.mentions, moment, near=end)
    due = own if own is not None and own.has_days else _from_neighbours(index, heard, own, moment)
    conditional = guards["conditional"].search(item.code)
    exempt = guards["conditional_but"].search(item.code) or (
        index + 1 < len(heard) and guards["conditional_but"].search(heard[index + 1].code)
    )
    if conditional and not exempt:
        return None
    later = guards["later_today"].search(item.code) is not None
    if family.needs_date and due is None and not (later and family.kind is FamilyKind.REQUEST):
        return None
    if (
        family.kind is FamilyKind.REQUEST
        and family.action == "send"
        and due is None
        and not _accepted(index, heard, lexicon)
    ):
        return None
    if _declined(index, heard, family, lexicon):
        return None
    by = {Party.AGENT: Promiser.AGENT, Party.CUSTOMER: Promiser.CUSTOMER}.get(
        item.sentence.party, Promiser.CUSTOMER if family.kind is FamilyKind.REQUEST else Promiser.AGENT
    )
    if family.kind is FamilyKind.MUTUAL:
        by = Promiser.BOTH
    revised = _revised(index, heard, due, moment)
    tied = due is None and guards["once_done"].search(before) is not None
    return _Found(item, family, action, by, end, revised, tied, later)


def _goes_elsewhere(after: str, before: str) -> bool:
    """«Позвоню на склад»: a call, but not to the client."""
    patterns = commitment_lexicon().guards
    addressed = any(word in ("вам", "вас", "тебе", "тебя") for word in [*before.split()[-3:], *after.split()[:2]])
    return not addressed and patterns["elsewhere_after"].match(after) is not None


def _action(family: Family, index: int, heard: Sequence[_Heard], lexicon: CommitmentLexicon) -> Action | None:
    if family.action != "send":
        return Action(family.action)
    own = heard[index].sentence.low
    if lexicon.words["offer"].search(own):
        return Action.SEND_OFFER
    if lexicon.words["document"].search(own):
        return Action.SEND_DOCUMENT
    if family.needs_object:
        return None
    for distance in range(1, 5):
        for neighbour in (index - distance, index + distance):
            if 0 <= neighbour < len(heard):
                low = heard[neighbour].sentence.low
                if lexicon.words["offer"].search(low):
                    return Action.SEND_OFFER
                if lexicon.words["document"].search(low):
                    return Action.SEND_DOCUMENT
    return Action.SEND_OFFER


def _answered(index: int, heard: Sequence[_Heard], family: Family, moment: Moment, end: int) -> _Found | None:
    """The agent asks when; the client's next sentences name a day. The promise is quoted from the answer."""
    asked = heard[index]
    own = choose(asked.mentions, moment)
    for item in heard[index + 1 : index + 1 + _REACH]:
        if item.sentence.party is asked.sentence.party and asked.sentence.party is not Party.UNKNOWN:
            if item.sentence.turn != asked.sentence.turn:
                break
            continue
        if commitment_lexicon().guards["own_call"].search(item.code):
            return None
        due = choose(item.mentions, moment)
        if due is not None and item.sentence.quotable and (due.has_days or (own is not None and own.has_days)):
            if not due.has_days:
                due = merged(own, due)
            due = _revised(item.sentence.position, heard, due, moment)
            return _Found(item, family, Action(family.action), Promiser.BOTH, 0, due)
    return None


# --- dates from around -----------------------------------------------------------------------------------------------


def _from_neighbours(index: int, heard: Sequence[_Heard], own: Due | None, moment: Moment) -> Due | None:
    """Days for a promise that names none: from the same stretch of speech, or from a short remark beside it."""
    item = heard[index]
    order = [index - 1, index - 2, index + 1, index - 3, index + 2]
    for position in order:
        if not 0 <= position < len(heard):
            continue
        other = heard[position]
        same_turn = other.sentence.turn == item.sentence.turn
        if not same_turn and abs(other.sentence.turn - item.sentence.turn) > 1:
            continue
        if abs(position - index) > 1 and not same_turn and len(other.sentence.words) > _SHORT:
            continue
        if len(other.sentence.words) > _SHORT + 6:
            continue
        due = choose(other.mentions, moment)
        if due is not None and due.has_days:
            return merged(
                replace(own, first=due.first, last=due.last, phrase=due.phrase, rule=due.rule) if own else due, own
            )
    return own


def _revised(index: int, heard: Sequence[_Heard], due: Due | None, moment: Moment) -> Due | None:
    """The due window after what is put right in the next sentences: «хотя нет, лучше в пятницу», «только утром»."""
    for item in heard[index + 1 : index + 1 + _REACH]:
        if len(item.sentence.words) > _SHORT + 4 or not item.mentions:
            continue
        if any(
            family.pattern.search(item.code)
            for family in commitment_lexicon().families
            if family.kind is not FamilyKind.CANCEL
        ):
            break  # that sentence speaks for itself
        start = " ".join(item.sentence.low.split()[:4])
        new = choose(item.mentions, moment)
        if new is None:
            continue
        corrects = CORRECTION.search(start) is not None or "давайте" in item.code or "лучше" in item.code
        if new.has_days and corrects and due is not None and due.has_days:
            due = replace(new, time_from=new.time_from or due.time_from, time_to=new.time_to or due.time_to)
        elif (
            not new.has_days
            and due is not None
            and (
                corrects
                or len(item.sentence.words) <= 5
                or start.split()[0] in ("и", "только", "утром", "значит", "короче", "but", "only", "so", "and")
            )
        ):
            due = merged(due, new)
    return due


# --- acceptance ------------------------------------------------------------------------------------------------------


def _replies(index: int, heard: Sequence[_Heard]) -> list[_Heard]:
    """The first stretch of the other party after a sentence."""
    said = heard[index].sentence
    replies: list[_Heard] = []
    for item in heard[index + 1 : index + 6]:
        other = item.sentence.party is not said.party or (
            said.party is Party.UNKNOWN and item.sentence.turn != said.turn
        )
        if other:
            if replies and item.sentence.turn != replies[0].sentence.turn:
                break
            replies.append(item)
        elif replies:
            break
    return replies


def _declined(index: int, heard: Sequence[_Heard], family: Family, lexicon: CommitmentLexicon) -> bool:
    """Whether the other side turned the proposal down: «Давайте наберу весной?» — «Нет, не надо»."""
    said = heard[index]
    replies = _replies(index, heard)
    if not replies:
        return False
    opening = " ".join(" ".join(item.code for item in replies[:2]).split()[:9])
    refused = lexicon.replies["negative"].match(opening) or lexicon.replies["negative"].search(
        " ".join(opening.split()[:4])
    )
    if not refused:
        return False
    counter = any(mention.is_day and not mention.refused for item in replies for mention in item.mentions)
    return not counter and (
        said.sentence.is_question or _offers(said) or not lexicon.replies["positive"].search(opening)
    )


def _offers(item: _Heard) -> bool:
    return any(
        word in ("давайте", "может", "хотите", "shall", "should", "could", "would", "want")
        for word in item.code.split()
    )


def _accepted(index: int, heard: Sequence[_Heard], lexicon: CommitmentLexicon) -> bool:
    replies = _replies(index, heard)
    return any(lexicon.replies["positive"].match(item.code) or "#send/1" in item.code for item in replies[:3])


def _cancelled(item: _Heard, lexicon: CommitmentLexicon) -> frozenset[str]:
    """Kinds of promise that this sentence takes back. A ban on one time («до обеда не звоните») is none."""
    if item.mentions and not any(word in item.code for word in ("отмен", "cancel")):
        return frozenset()
    return frozenset(
        _kind_of_family(family.action)
        for family in lexicon.families
        if family.kind is FamilyKind.CANCEL and family.pattern.search(item.code)
    )


def _kind_of_family(action: str) -> str:
    return "send" if action == "send" else action


def _kind_of_action(action: Action) -> str:
    return "send" if action in (Action.SEND_OFFER, Action.SEND_DOCUMENT) else action.value


# --- one promise out of several mentions -----------------------------------------------------------------------------


def _join(kept: list[_Found], found: _Found, moment: Moment) -> None:
    """Add a mention: it repeats, narrows or moves the promise of the same kind, or is a new one."""
    kind = _kind_of_action(found.action)
    same = [position for position, other in enumerate(kept) if _kind_of_action(other.action) == kind]
    if not same:
        if found.due is None and found.tied and kept and kept[-1].due is not None:
            found = replace(found, due=kept[-1].due)
        kept.append(found)
        return
    position = same[-1]
    old = kept[position]
    by = old.by if old.by is found.by else Promiser.BOTH
    if found.due is None or not found.due.has_days:
        kept[position] = replace(old, by=by, due=merged(old.due, found.due))
        return
    if old.due is None or not old.due.has_days:
        kept[position] = replace(found, by=by, due=merged(found.due, old.due))
        return
    assert old.due.first is not None
    assert old.due.last is not None
    assert found.due.first is not None
    assert found.due.last is not None
    said_old, said_new = _says_day(old), _says_day(found)
    overlap = found.due.first <= old.due.last and old.due.first <= found.due.last
    if overlap:
        # Quoted is the sentence that names the day itself.
        quoted = found if said_new and not said_old else old
        kept[position] = replace(quoted, by=by, due=merged(old.due, found.due))
    else:  # moved within the call: the last word counts
        kept[position] = replace(found, by=by)


def _says_day(found: _Found) -> bool:
    return any(mention.is_day and not mention.refused for mention in found.heard.mentions)


def _spoken(call: Call, found: _Found, moment: Moment, number: int) -> SpokenCommitment:
    due: DueWindow
    rule = found.family.name
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
