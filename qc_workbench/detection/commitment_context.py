"""Sentences of a call as promises see them, and what is understood from the sentences around one.

A day may be named by the other side, put right a moment later, declined, or taken over in the answer
(«В пятницу давайте» — «Так, в пятницу»). The rules that read one sentence are in :mod:`commitments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from qc_workbench.detection.commitment_lexicon import CommitmentLexicon, Family, FamilyKind, coded, commitment_lexicon
from qc_workbench.detection.due_dates import CORRECTION, Due, Mention, choose, find_mentions, merged
from qc_workbench.detection.due_rules import Moment
from qc_workbench.detection.spoken_words import Sentence, sentences_of
from qc_workbench.domain.commitment import Action, Promiser
from qc_workbench.domain.transcript import Party, Transcript

#: How many sentences around a promise may hold its date, and how long such a sentence may be, in words:
#: longer ones speak of something else.
REACH = 4
SHORT = 12


@dataclass(frozen=True)
class Heard:
    """A sentence with its dates found."""

    sentence: Sentence
    code: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True)
class Found:
    """A promise said in one sentence."""

    heard: Heard
    family: Family
    action: Action
    by: Promiser
    at_word: int  # the words of the phrase that found it
    to_word: int
    due: Due | None
    tied: bool = False  # «как только уйдёт, отзвонюсь»: shares the window of the promise before
    later_today: bool = False
    chance: float = 1.0  # of a promise that only the classifier found


def heard_in(transcript: Transcript, moment: Moment) -> tuple[Heard, ...]:
    """The sentences of a call with their verbs of promises and their dates found."""
    return tuple(
        Heard(sentence, coded(sentence.words), find_mentions(sentence.words, moment))
        for sentence in sentences_of(transcript)
    )


def answered(index: int, heard: Sequence[Heard], family: Family) -> Found | None:
    """The agent asks when; the client's next sentences name a day. The promise is quoted from the answer."""
    asked = heard[index]
    own = choose(asked.mentions)
    for item in heard[index + 1 : index + 1 + REACH]:
        if item.sentence.party is asked.sentence.party and asked.sentence.party is not Party.UNKNOWN:
            if item.sentence.turn != asked.sentence.turn:
                break
            continue
        if commitment_lexicon().guards["own_call"].search(item.code) or _speaks_of_another(item, family):
            return None
        due = choose(item.mentions)
        if due is not None and item.sentence.quotable and (due.has_days or (own is not None and own.has_days)):
            if not due.has_days:
                due = merged(own, due)
            due = revised(item.sentence.position, heard, due)
            return Found(item, family, Action(family.action), Promiser.BOTH, 0, 0, due)
    return None


def _speaks_of_another(item: Heard, family: Family) -> bool:
    """Whether a sentence holds a promise of its own, of another kind."""
    return any(
        other.action != family.action
        and other.kind in (FamilyKind.PROMISE, FamilyKind.REQUEST)
        and other.pattern.search(item.code)
        for other in commitment_lexicon().families
    )


# --- dates from around -----------------------------------------------------------------------------------------------


def from_neighbours(index: int, heard: Sequence[Heard], own: Due | None) -> Due | None:
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
        if abs(position - index) > 1 and not same_turn and len(other.sentence.words) > SHORT:
            continue
        if len(other.sentence.words) > SHORT + 6:
            continue
        # The last day said before the promise, the first one said after it.
        due = choose(other.mentions, near=len(other.sentence.words) if position < index else 0)
        if due is not None and due.has_days:
            return merged(
                replace(own, first=due.first, last=due.last, phrase=due.phrase, rule=due.rule) if own else due, own
            )
    return own


def revised(index: int, heard: Sequence[Heard], due: Due | None) -> Due | None:
    """The due window after what is put right in the next sentences: «хотя нет, лучше в пятницу», «только утром»."""
    for item in heard[index + 1 : index + 1 + REACH]:
        if len(item.sentence.words) > SHORT + 4 or not item.mentions:
            continue
        if any(
            family.pattern.search(item.code)
            for family in commitment_lexicon().families
            if family.kind is not FamilyKind.CANCEL
        ):
            break  # that sentence speaks for itself
        start = " ".join(item.sentence.low.split()[:4])
        new = choose(item.mentions)
        if new is None:
            continue
        corrects = CORRECTION.search(start) is not None or "давайте" in item.code or "лучше" in item.code
        if heard[index].sentence.is_question and item.sentence.party is not heard[index].sentence.party:
            corrects = corrects or item.sentence.is_question or offers(item)  # «в пятницу?» — «Может, в субботу?»
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


def replies_to(index: int, heard: Sequence[Heard]) -> list[Heard]:
    """The first stretch of the other party after a sentence."""
    said = heard[index].sentence
    replies: list[Heard] = []
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


#: «Да не надо завтра» names the day only to refuse it.
_NOT_THEN = re.compile(r"(?:не (?:надо|нужно|стоит)|no need|do not)(?: [^ ]+)?$")


def declined(index: int, heard: Sequence[Heard], lexicon: CommitmentLexicon) -> bool:
    """Whether the other side turned the proposal down: «Давайте наберу весной?» — «Нет, не надо»."""
    said = heard[index]
    replies = replies_to(index, heard)
    if not replies:
        return False
    opening = " ".join(" ".join(item.code for item in replies[:2]).split()[:9])
    refused = lexicon.replies["negative"].match(opening) or lexicon.replies["negative"].search(
        " ".join(opening.split()[:4])
    )
    takes_over = lexicon.guards["own_call"].search(opening) or lexicon.replies["own"].search(opening)
    if takes_over and (said.sentence.is_question or offers(said)):  # «Я позвоню в среду?» — «Я сама к вам загляну»
        return True
    if not refused:
        return False
    counter = any(
        mention.is_day and not mention.refused and not _NOT_THEN.search(" ".join(item.code.split()[: mention.start]))
        for item in replies
        for mention in item.mentions
    )
    at_once = lexicon.replies["refusing"].search(" ".join(opening.split()[:4])) is not None
    return not counter and (
        at_once or said.sentence.is_question or offers(said) or not lexicon.replies["positive"].search(opening)
    )


def offers(item: Heard) -> bool:
    return any(
        word in ("давайте", "может", "хотите", "shall", "should", "could", "would", "want")
        for word in item.code.split()
    )


def accepted(index: int, heard: Sequence[Heard], lexicon: CommitmentLexicon) -> bool:
    replies = replies_to(index, heard)
    return any(lexicon.replies["positive"].match(item.code) or "#send/1" in item.code for item in replies[:3])


def kind_of_family(action: str) -> str:
    return "send" if action == "send" else action


def kind_of_action(action: Action) -> str:
    return "send" if action in (Action.SEND_OFFER, Action.SEND_DOCUMENT) else action.value


# --- days agreed without a verb that was understood ------------------------------------------------------------------

#: Recognition garbles the verb («наберите» becomes «на перерыв») more often than the day; a day that one side
#: names and the other takes over, or that both say goodbye until, is an agreement to speak on it.
_AGREED = Family("agreed_day", "callback", "any", FamilyKind.MUTUAL, re.compile(r"(?!)"))
_FAREWELL = Family("goodbye_until", "callback", "any", FamilyKind.MUTUAL, re.compile(r"(?!)"))
#: Days of something else: deliveries, fittings, trips, pay.
_OTHER_MATTER = re.compile(
    r"достав|привез|отгру|монтаж|установ|забер|заед|приед|подъед|улета|уезжа|вернусь|вернется|прид(?:ет|ут|ем|у к вам)|"
    r"зарплат|аванс|отпуск|"
    r"обещал|готов|плитк|ключи|"
    r"deliver|fitting|install|arriv|ship|pick it up|come in|drop in|holiday|flying|payday|moving"
)
#: Goodbyes are among the last sentences of a call.
_LAST_SENTENCES = 5
#: A longer window is a stretch of time, not an agreed day.
_LONGEST_AGREED_DAYS = 6


def agreed_days(heard: Sequence[Heard], moment: Moment) -> Iterator[Found]:
    """Agreements to speak again that no phrase of the lexicon shows."""
    guards = commitment_lexicon().guards
    for index, item in enumerate(heard):
        due = choose(item.mentions)
        if due is None or due.first is None or due.last is None or due.last <= moment.today:
            continue
        farewell = len(item.sentence.words) <= SHORT and index >= len(heard) - _LAST_SENTENCES
        if farewell and guards["farewell"].search(item.sentence.low):
            named = next((one for one in reversed(heard[:index]) if _names(one, due.last)), item)
            day = replace(due, first=due.last)
            if named.sentence.quotable:
                yield Found(named, _FAREWELL, Action.CALLBACK, Promiser.BOTH, 0, 0, day)
            continue
        if due.first <= moment.today or (due.last - due.first).days > _LONGEST_AGREED_DAYS:
            continue
        if not item.sentence.quotable or _is_other_matter(item):
            continue
        for other in heard[index + 1 : index + 1 + REACH]:
            if other.sentence.turn == item.sentence.turn or len(other.sentence.words) > SHORT:
                continue
            if other.sentence.party is item.sentence.party and other.sentence.party is not Party.UNKNOWN:
                continue
            if any(_NOT_THEN.search(" ".join(other.code.split()[: one.start])) for one in other.mentions):
                continue  # «Да не надо завтра»
            echo = choose([one for one in other.mentions if one.span.first in (due.first, None)])
            if echo is None or (echo.first, echo.last) != (due.first, due.last) or _is_other_matter(other):
                continue
            if (
                guards["taken_over"].search(other.sentence.low)
                or guards["taken_over"].search(item.sentence.low)
                or "#call/" in other.code  # «В субботу я дома» — «В субботу набирали»: a call in whatever form
            ):
                yield Found(item, _AGREED, Action.CALLBACK, Promiser.BOTH, 0, 0, merged(due, echo))
                break


def _names(item: Heard, day: date) -> bool:
    due = choose(item.mentions)
    return due is not None and due.first == day


def _is_other_matter(item: Heard) -> bool:
    guards = commitment_lexicon().guards
    return bool(
        _OTHER_MATTER.search(item.sentence.low)
        or guards["own_call"].search(item.code)
        or guards["reported"].search(item.code)
        or guards["conditional"].search(item.code)
    )
