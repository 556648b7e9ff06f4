"""One promise out of several mentions: what repeats, narrows or moves one found already, and what is another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from qc_workbench.detection.commitment_context import Found, Heard, kind_of_action
from qc_workbench.detection.commitment_lexicon import commitment_lexicon
from qc_workbench.detection.due_dates import CORRECTION, Due, Mention, choose, merged
from qc_workbench.detection.due_rules import Moment
from qc_workbench.domain.commitment import Promiser
from qc_workbench.domain.transcript import Party

#: Sentences so near to a promise are about it.
_BESIDE = 3
#: Sentences after a promise in which it may be moved.
_MOVED_WITHIN = 6
#: Sentences after a promise in which the agent may say it again.
RESTATED_WITHIN = 5
#: The classifier must be surer of what names no day of its own, and of «сегодня» and «весной»: much is said of them.
_SURE = 0.6
_LONGEST_DAYS = 31
#: An explicit act of contact: a call, a message, papers.
_CONTACT = re.compile(r"#(?:call|tell|together|send)/(?:1i?|2|3|inf)(?= |$)")


def overlap(a: Due, b: Due) -> bool:
    return holds(a, b.first, b.last)


def holds(due: Due, first: date | None, last: date | None) -> bool:
    """Whether the due days and the days from first to last have one in common."""
    if due.first is None or due.last is None or first is None or last is None:
        return False
    return due.first <= last and first <= due.last


def join(kept: list[Found], found: Found) -> None:
    """Add a mention: it repeats, narrows or moves the promise of the same kind, or is a new one."""
    kind = kind_of_action(found.action)
    same = [position for position, other in enumerate(kept) if kind_of_action(other.action) == kind]
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
    said_old, said_new = _says_day(old), _says_day(found)
    if overlap(old.due, found.due):
        # Quoted is the sentence that names the day itself, and the last of them where the hour was put right.
        quoted = found if said_new and (not said_old or _put_right(old, found.due)) else old
        kept[position] = replace(quoted, by=by, due=merged(old.due, found.due))
    elif _is_another(old, found):
        kept.append(found)
    else:  # moved within the call: the last word counts
        kept[position] = replace(found, by=by)


def _says_time(found: Found, due: Due) -> bool:
    """Whether a sentence names the day that is due, or an hour and no other day."""
    return any(not one.is_day or overlap_of(due, one) for one in found.heard.mentions if not one.refused)


def overlap_of(due: Due, mention: Mention) -> bool:
    return holds(due, mention.span.first, mention.span.last)


def _put_right(found: Found, new: Due) -> bool:
    """Whether a sentence names another hour than was agreed in the end: «до двенадцати» — «после трёх»."""
    old = choose(found.heard.mentions)
    if old is None:
        return False
    late = old.time_to is not None and new.time_from is not None and old.time_to <= new.time_from
    early = old.time_from is not None and new.time_to is not None and new.time_to <= old.time_from
    return late or early


def restated(found: Found, others: Sequence[Found], heard: Sequence[Heard]) -> Found:
    """The promise quoted where the agent says its day for the last time, a few remarks on.

    «В субботу могу» — «Всё, замерщика в субботу на десять ставлю»: the second is what was agreed.
    """
    due = found.due
    said = found.heard.sentence
    if due is None or not due.has_days:
        return found
    if said.party is Party.AGENT and not said.is_question and _says_time(found, due):
        return found
    taken = {other.heard.sentence.position for other in others}
    at = found.heard.sentence.position
    for item in reversed(heard[at + 1 : at + 1 + RESTATED_WITHIN]):
        said = item.sentence
        if said.position in taken or said.party is not Party.AGENT or not said.quotable or said.is_question:
            continue
        days = [one for one in item.mentions if one.is_day and not one.refused]
        if any((one.span.first, one.span.last) == (due.first, due.last) for one in days):
            return replace(found, heard=item, at_word=days[-1].start, to_word=days[-1].start)
    return found


def _is_another(old: Found, found: Found) -> bool:
    """Whether a promise of the same kind for another day is one more: «ещё раз», or another thing to be sent.

    Both must name their day themselves, and nothing may be put right between: a moved promise is far commoner.
    """
    if not (_says_day(old) and _says_day(found)) or CORRECTION.search(found.heard.sentence.low):
        return False
    guards = commitment_lexicon().guards
    return guards["once_more"].search(found.heard.code) is not None or old.action is not found.action


def _says_day(found: Found) -> bool:
    return any(mention.is_day and not mention.refused for mention in found.heard.mentions)


def add_overheard(kept: list[Found], found: Found, heard: Sequence[Heard], moment: Moment) -> None:
    """Add a promise that the classifier found, or move one of the same kind to its day.

    What stands beside a promise found already, or names the same day, is that promise said again; what names another
    day for the same kind was proposed on the way to it, unless «ещё раз» is said.
    """
    at = found.heard.sentence.position
    kind = kind_of_action(found.action)
    due = found.due if found.due is not None and found.due.has_days else None
    if due is not None and any(other.due is not None and overlap(other.due, due) for other in kept):
        return
    if found.due is None and _CONTACT.search(found.heard.code) is None:
        return  # neither a time nor an act that a person could check
    if found.chance < _SURE and (due is None or _is_vague(due, found.heard, moment)):
        return
    if any(
        abs(at - other.heard.sentence.position) <= _BESIDE and kind_of_action(other.action) != kind for other in kept
    ):
        return
    same = [position for position, other in enumerate(kept) if kind_of_action(other.action) == kind]
    once_more = commitment_lexicon().guards["once_more"].search(found.heard.code) is not None
    if not same or (due is not None and once_more):
        kept.append(found)
        return
    other = kept[same[-1]]
    first = other.heard.sentence.position
    between = " ".join(item.sentence.low for item in heard[first : at + 1])
    if due is not None and 0 < at - first <= _MOVED_WITHIN and found.chance >= _SURE and CORRECTION.search(between):
        kept[same[-1]] = replace(found, action=other.action)


def _is_vague(due: Due, heard: Heard, moment: Moment) -> bool:
    """Whether a day says little: today, a season, or one that only a neighbour names."""
    if due.first is None or due.last is None or due.last <= moment.today:
        return True
    return (due.last - due.first).days > _LONGEST_DAYS or not any(one.is_day for one in heard.mentions)
