"""When a promise falls due: spoken Russian and English expressions against the moment of the call.

Goal. The window that a fair head of sales would accept: inclusive dates in the company's zone and,
where said, times of day. Conventions are rows of the tables in :mod:`due_rules_ru`, :mod:`due_rules_en`
and :mod:`due_times`; here they are found in text, joined («на следующей неделе … в среду») and chosen
between («в среду… хотя нет, лучше в пятницу»).

Invariants (tested as properties): a window never starts before the call day, never ends before it
starts, and a weekday said is the weekday got, unless a range was said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from qc_workbench.config import Company
from qc_workbench.detection.due_rules import DueRule, Moment, Span
from qc_workbench.detection.due_rules_calendar import CALENDAR_RULES
from qc_workbench.detection.due_rules_en import ENGLISH_RULES
from qc_workbench.detection.due_rules_ru import RUSSIAN_RULES
from qc_workbench.detection.due_times import TIME_RULES
from qc_workbench.detection.spoken_words import SpokenWord, words_of
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.commitment import DueWindow

#: Every convention, in the order of trial; names are unique and shown beside a commitment.
DATE_RULES: tuple[DueRule, ...] = (*CALENDAR_RULES, *RUSSIAN_RULES, *ENGLISH_RULES)


@dataclass(frozen=True, slots=True)
class Mention:
    """A date or a time said. ``start``/``end`` count words of the text; ``refused`` days are named to be excluded."""

    start: int
    end: int
    phrase: str
    rule: str
    span: Span
    refused: bool = False
    corrects: bool = False  # said after «хотя нет», "actually": replaces what was said before

    @property
    def is_day(self) -> bool:
        return self.span.first is not None


@dataclass(frozen=True, slots=True)
class Due:
    """What was understood: days, times or both, the words they come from and the names of the rules."""

    first: date | None
    last: date | None
    time_from: time | None
    time_to: time | None
    phrase: str
    rule: str

    @property
    def has_days(self) -> bool:
        return self.first is not None


#: Rules that name a day only where no other does: "by Wednesday, end of play", «сейчас запишу: в среду».
_WEAK = frozenset({"ru_end_of_day", "en_end_of_day", "ru_minutes", "en_minutes"})
#: Words that take back what was just said.
CORRECTION = re.compile(
    r"\b(?:хотя|нет|не|лучше|стоп|стойте|погоди(?:те)?|подожди(?:те)?|вернее|точнее|ой|вру|давайте тогда|тогда уж|"
    r"actually|wait|rather|hang on|hold on|no|sorry|better|make it|scratch that|let us say|on second thoughts?)\b"
)
#: What is said of a day that does not suit, soon after naming it or just before.
_REFUSED_AFTER = re.compile(
    r"^(?:[^\s]+ ){0,4}?(?:не могу|не смогу|не получ\w+|не удобно|неудобно|не будет|не буду|не надо|не нужно|"
    r"не подход\w+|не выйд\w+|занят\w*|забит\w*|занято|никак|некогда|нереально|исключен\w*|"
    r"вычеркива\w+|вычеркн\w+|отмен\w+|улета\w+|уезжа\w+|уед\w+|в отпуске|в отъезде|в дороге|"
    r"выходной|выходные у|не работа\w+|нельзя|"
    r"поздно|рано|рановато|праздничн\w+|will not (?:work|do)|does not (?:work|suit)|"
    r"is (?:no good|out|bad|tricky|too|not)|"
    r"not (?:possible|good)|am (?:away|out|busy|off|flying|travelling|traveling|in meetings)|"
    r"can not|no good|too (?:soon|early|late))\b"
)
_REFUSED_BEFORE = re.compile(
    r"\b(?:только не|кроме|не|но не|а не|not|except|anything but|just not|or not|other than)"
    r"(?: (?:в|во|на|on|for|by))?$"
)
_NOT_EARLIER = re.compile(r"\bне (?:раньше|позже|позднее)\b|\bnot (?:before|later|earlier)\b")
#: Said about the past: no due date.
_PAST = re.compile(r"^(?:[^\s]+ ){0,1}?(?:назад|тому назад|ago|before last|last)\b")
_PAST_BEFORE = re.compile(
    r"\b(?:прошл\w+|позапрошл\w+|last|past|since)(?: (?:недел\w*|раз\w*|месяц\w*|week|month))?(?: (?:в|во|на|on))?$"
)


def moment_of(said_at: datetime, company: Company) -> Moment:
    """The moment of a call for the rules; ``said_at`` is aware."""
    return Moment(said_at.astimezone(company.zone), WorkingCalendar.of(company))


def find_mentions(words: Sequence[SpokenWord], moment: Moment) -> tuple[Mention, ...]:
    """All dates and times said, in order. A word belongs to one date at most, but a time may share it."""
    text = " ".join(word.low for word in words)
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word.low) + 1)
    found: list[Mention] = []
    for table in (DATE_RULES, TIME_RULES):
        taken: list[tuple[int, int]] = []
        for row in table:
            for match in row.pattern.finditer(text):
                begin, end = match.start(), len(match.group().rstrip()) + match.start()
                if any(begin < last and end > first for first, last in taken):
                    continue
                span = row.resolve(match, moment)
                if span is None:
                    continue
                taken.append((begin, end))
                if _PAST.match(text[end:].strip()) or _PAST_BEFORE.search(text[:begin].strip()):
                    continue
                first, last = _word_range(starts, begin, end)
                found.append(
                    Mention(
                        first, last, " ".join(word.raw for word in words[first:last] if word.raw), row.name, span,
                        refused=_is_refused(text, begin, end),
                    )
                )  # fmt: skip
    found.sort(key=lambda item: (item.start, not item.is_day))
    return tuple(_with_corrections(found, text, starts))


def _word_range(starts: Sequence[int], begin: int, end: int) -> tuple[int, int]:
    first = max(i for i, start in enumerate(starts) if start <= begin)
    last = next(i for i, start in enumerate(starts) if start > end - 1)
    return first, last


def _is_refused(text: str, begin: int, end: int) -> bool:
    before = text[:begin].strip()
    if _NOT_EARLIER.search(text[begin:end]):
        return False
    return bool(_REFUSED_BEFORE.search(before) or _REFUSED_AFTER.match(text[end:].strip()))


def _with_corrections(found: list[Mention], text: str, starts: Sequence[int]) -> list[Mention]:
    result: list[Mention] = []
    for index, mention in enumerate(found):
        earlier = [item for item in found[:index] if item.is_day == mention.is_day]
        if earlier:
            between = text[starts[earlier[-1].end] : starts[mention.start]]
            mention = replace(mention, corrects=bool(CORRECTION.search(between)))
        result.append(mention)
    return result


def choose(mentions: Sequence[Mention], near: int | None = None) -> Due | None:
    """One due expression out of all that a sentence says; ``near`` is the word of the promise.

    Excluded days are dropped; a correction replaces what came before it; neighbouring days («в среду
    или в четверг») make one window; a weekday falls into the week named beside it.
    """
    days = [item for item in mentions if item.is_day and not item.refused]
    if any(item.rule not in _WEAK for item in days):
        days = [item for item in days if item.rule not in _WEAK]
    days = _one_after_another(_week_joined(days))
    times = [item for item in mentions if not item.is_day and not item.refused]
    chosen: list[Mention] = []
    for group in _unions(days):
        if not chosen or group[0].corrects or (near is not None and _distance(group, near) < _distance(chosen, near)):
            chosen = group
    corrected = [i for i, item in enumerate(times) if item.corrects]
    if corrected:
        times = times[corrected[-1] :]
    if chosen and times:
        times = [
            min(times, key=lambda item: min(abs(item.start - day.end) + (item.start < day.start) for day in chosen))
        ]
    if not chosen and not times:
        return None
    parts = sorted([*chosen, *times[:1]], key=lambda item: item.start)
    time_of_day = times[0].span if times else Span()
    firsts = [item.span.first for item in chosen if item.span.first]
    lasts = [item.span.last for item in chosen if item.span.last]
    return Due(
        min(firsts) if firsts else None,
        max(lasts) if lasts else None,
        time_of_day.time_from,
        time_of_day.time_to,
        " ".join(item.phrase for item in parts),
        "+".join(dict.fromkeys(item.rule for item in parts)),
    )


def _distance(group: Sequence[Mention], near: int) -> int:
    return min(min(abs(item.start - near), abs(item.end - 1 - near)) for item in group)


def _week_joined(days: list[Mention]) -> list[Mention]:
    """Weekdays said beside a whole week, moved into that week; the week itself then says nothing more."""
    weeks = [item for item in days if item.span.week is not None]
    bare = [item for item in days if item.span.weekday is not None]
    if not weeks or not bare:
        return days
    week = weeks[-1].span.week
    assert week is not None
    moved = []
    for item in bare:
        assert item.span.weekday is not None
        day = week + timedelta(days=item.span.weekday)
        if item.span.first == item.span.last:
            item = replace(item, span=replace(item.span, first=day, last=day))
        moved.append(item)
    rest = [item for item in days if item.span.week is None and item.span.weekday is None]
    return sorted([*moved, *rest], key=lambda item: item.start)


def _one_after_another(days: list[Mention]) -> list[Mention]:
    """«Во вторник или в среду», said on a Tuesday: the Wednesday is the one after that Tuesday, not tomorrow."""
    result: list[Mention] = []
    for item in days:
        before = result[-1] if result else None
        if (
            before is not None
            and not item.corrects
            and before.span.weekday is not None and item.span.weekday is not None
            and before.span.weekday < item.span.weekday
            and item.start - before.end <= 2
            and before.span.first is not None and item.span.first is not None and item.span.last is not None
            and item.span.first < before.span.first
        ):  # fmt: skip
            week = timedelta(days=7)
            item = replace(item, span=replace(item.span, first=item.span.first + week, last=item.span.last + week))
        result.append(item)
    return result


def _unions(days: Sequence[Mention]) -> list[list[Mention]]:
    groups: list[list[Mention]] = []
    for item in days:
        if groups and not item.corrects and item.start - groups[-1][-1].end <= 2:
            groups[-1].append(item)
        else:
            groups.append([item])
    narrowed: list[list[Mention]] = []
    for group in groups:
        # «Во вторник, третьего числа»: two names of one day; «в пятницу, на следующей неделе»: one inside the other.
        inner = [
            item
            for item in group
            if any(
                other is not item
                and item.span.first is not None and other.span.first is not None
                and item.span.last is not None and other.span.last is not None
                and (item.span.first, item.span.last) != (other.span.first, other.span.last)
                and other.span.first <= item.span.first and item.span.last <= other.span.last
                for other in group
            )
        ]  # fmt: skip
        numbered = [
            item
            for item in group
            if "day_of_month" in item.rule or "numbered_day" in item.rule or "month_day" in item.rule
        ]
        bare = [item for item in group if item.span.weekday is not None]
        if numbered and bare and len(group) == 2:
            narrowed.append(numbered)
        else:
            narrowed.append(inner or group)
    return narrowed


def merged(base: Due | None, refinement: Due | None) -> Due | None:
    """``base`` with what ``refinement`` adds: days where it had none, times where said, the narrower days."""
    if base is None or refinement is None:
        return base or refinement
    first, last = base.first, base.last
    if first is None or last is None:
        first, last = refinement.first, refinement.last
    elif refinement.first is not None and refinement.last is not None:
        low, high = max(first, refinement.first), min(last, refinement.last)
        if low <= high:
            first, last = low, high
    return Due(
        first,
        last,
        refinement.time_from if refinement.time_from else base.time_from,
        refinement.time_to if refinement.time_to else base.time_to,
        base.phrase if base.phrase else refinement.phrase,
        base.rule if base.rule else refinement.rule,
    )


def window(due: Due, moment: Moment) -> DueWindow:
    """The due window; a time without a day is today, or tomorrow where that time has passed."""
    first, last = due.first, due.last
    if first is None or last is None:
        passed = due.time_to is not None and due.time_to <= moment.said_at.time()
        day = moment.calendar.next_working(moment.today + timedelta(days=1)) if passed else moment.today
        first = last = day
    first = max(first, moment.today)
    return DueWindow(first, max(first, last), due.time_from, due.time_to)


def no_date(moment: Moment) -> DueWindow:
    """A promise with no time at all: by the next working day, the latest that «перезвоню» may mean."""
    return DueWindow(moment.today, moment.calendar.add_working(moment.today, 1))


def parse_due(text: str, said_at: datetime, company: Company) -> DueWindow | None:
    """The due window of one utterance, or None where it names no time. ``said_at`` is aware."""
    moment = moment_of(said_at, company)
    due = choose(find_mentions(words_of(text), moment))
    return None if due is None else window(due, moment)
