"""Spoken due dates by the parts of the calendar, Russian and English: years, quarters, decades of a month, the n-th
weekday, a weekday some weeks ahead. Tried before the plain rules, because each holds a word of a plain one."""

# ruff: noqa: E501, ARG001, ARG005  (a table: a row stays a line, and a resolver takes a match it may not need)

from __future__ import annotations

import re
from datetime import date
from typing import Final

from qc_workbench.detection.due_rules import (
    DueRule,
    Moment,
    Span,
    add_months,
    after_block,
    in_days,
    month_end,
    next_weekday,
    rule,
    trimmed,
    until,
)
from qc_workbench.detection.due_rules_en import ENGLISH_MONTHS, ENGLISH_WEEKDAYS
from qc_workbench.detection.due_rules_ru import RUSSIAN_MONTHS, RUSSIAN_WEEKDAYS
from qc_workbench.detection.working_calendar import DAY

_RU_DAY: Final = "|".join(RUSSIAN_WEEKDAYS)
_EN_DAY: Final = "|".join(ENGLISH_WEEKDAYS)
_RU_MONTH: Final = "|".join(RUSSIAN_MONTHS)
_EN_MONTH: Final = "|".join(ENGLISH_MONTHS)
_RU_WHICH: Final = r"перв\w+|1(?:й|го|ю)?|втор\w+|2(?:й|го|ю)?|трет\w+|3(?:й|го|ю)?|четверт\w+|4(?:й|го|ю)?|последн\w+"
_EN_WHICH: Final = r"1th|2th|3th|4th|last"
#: The month an n-th weekday or week is of: said by name, "next", or this one.
_RU_OF_MONTH: Final = rf"(?:(?P<month>{_RU_MONTH})|(?P<next>следующ\w+ |будущ\w+ )?(?:этого )?месяц\w*)"
_EN_OF_MONTH: Final = rf"(?:of|in) (?:(?P<month>{_EN_MONTH})|(?:the |this )?(?P<next>next |following )?month)"


def _number(text: str) -> int | None:
    """Which one: 1 to 4; None for the last."""
    stems = {"перв": 1, "втор": 2, "трет": 3, "четверт": 4}
    if text[0].isdigit():
        return int(text[0])
    return next((number for stem, number in stems.items() if text.startswith(stem)), None)


def _weekday(text: str) -> int:
    return next(
        number
        for days in (RUSSIAN_WEEKDAYS, ENGLISH_WEEKDAYS)
        for number, pattern in enumerate(days)
        if re.fullmatch(pattern, text)
    )


def _month_named(match: re.Match[str], moment: Moment) -> date:
    """First day of the month said: the coming one of that name, the next, or this one."""
    first = moment.today.replace(day=1)
    name = match["month"]
    if name is None:
        return add_months(first, 1) if match["next"] else first
    number = next(
        number
        for months in (RUSSIAN_MONTHS, ENGLISH_MONTHS)
        for number, pattern in enumerate(months, 1)
        if re.fullmatch(pattern, name)
    )
    while first.month != number:
        first = add_months(first, 1)
    return first


def _nth_weekday(match: re.Match[str], moment: Moment) -> Span | None:
    first, weekday, number = _month_named(match, moment), _weekday(match["day"]), _number(match["nth"])
    for _ in range(2):  # this month's may have passed
        if number is None:
            last = month_end(first)
            day = last - (last.weekday() - weekday) % 7 * DAY
        else:
            day = first + ((weekday - first.weekday()) % 7 + 7 * (number - 1)) * DAY
        if day >= moment.today:
            return Span(day, day)
        first = add_months(first, 1)
    return None


def _nth_week(match: re.Match[str], moment: Moment) -> Span:
    # «В первую неделю ноября»: its first seven days, the last: its last seven, without days off at the ends.
    first, number = _month_named(match, moment), _number(match["nth"])
    if number is None:
        return trimmed(moment, month_end(first) - 6 * DAY, month_end(first))
    return trimmed(moment, first + 7 * (number - 1) * DAY, min(first + (7 * number - 1) * DAY, month_end(first)))


def _half_of_month(match: re.Match[str], moment: Moment) -> Span:
    first = _month_named(match, moment)
    if match["nth"].startswith("1"):
        return trimmed(moment, first, first.replace(day=15))
    return trimmed(moment, first.replace(day=16), month_end(first))


def _decade(match: re.Match[str], moment: Moment) -> Span:
    # «В десятых числах»: 10 to 19; «в двадцатых»: 20 to 29; of the coming month once they have passed.
    low = 10 if match["decade"].startswith("дес") else 20
    first = moment.today.replace(day=1)
    if match["month"]:
        first = _month_named(match, moment)
    elif moment.today.day > low + 9:
        first = add_months(first, 1)
    last = month_end(first)
    return trimmed(moment, first.replace(day=low), first.replace(day=min(low + 9, last.day)))


def _end_of_year(match: re.Match[str], moment: Moment) -> Span:
    # "By (до) the end of the year": up to its last day; "at the end" («в конце», «к концу»): December.
    last = date(moment.today.year, 12, 31)
    if re.match(r"до|by|before|until|till", match["part"]):
        return Span(moment.today, last)
    return trimmed(moment, last.replace(day=1), last)


def _start_of_year(match: re.Match[str], moment: Moment) -> Span:
    first = moment.calendar.next_working(date(moment.today.year + 1, 1, 2))
    return Span(first, date(moment.today.year + 1, 1, 31))


def _quarter(moment: Moment, part: str, nth: str | None, following: bool) -> Span:
    first = moment.today.replace(month=(moment.today.month - 1) // 3 * 3 + 1, day=1)
    if nth:
        while (first.month + 2) // 3 != _number(nth):
            first = add_months(first, 3)
    elif following:
        first = add_months(first, 3)
    last = month_end(add_months(first, 2))
    if re.match(r"до|by|before|until|till", part):
        return Span(moment.today, last)
    if part.startswith(("в нач", "start", "beginning", "early")):
        return trimmed(moment, first, month_end(first))
    if part.startswith(("в конце", "к концу", "at the end", "end", "late")):
        return trimmed(moment, last.replace(day=1), last)
    return trimmed(moment, first, last)


def _weekday_ahead(match: re.Match[str], moment: Moment) -> Span:
    # «Через неделю в среду», «в среду через две недели»: that day of the calendar week so many weeks ahead.
    text = match["n"] or match["n2"] or "1"
    weeks = int(text) if text.isdigit() else 2
    day = moment.monday + (7 * weeks + _weekday(match["day"] or match["day2"])) * DAY
    return Span(day, day)


def _week_on(match: re.Match[str], moment: Moment) -> Span:
    day = moment.monday + (7 + _weekday(match["day"])) * DAY
    return Span(day, day)


def _from_to(match: re.Match[str], moment: Moment) -> Span:
    first = next_weekday(moment, _weekday(match["day"]))
    return Span(first, first + (_weekday(match["day2"]) - _weekday(match["day"])) % 7 * DAY)


def _weekday_and_number(match: re.Match[str], moment: Moment) -> Span | None:
    # «Во вторник, первого», "Tuesday the first": the next month in which that number is that day; where the two never
    # agree within half a year one of them was misspoken or misheard, and the number alone decides.
    number, weekday = int(match["number"]), _weekday(match["day"])
    if not 1 <= number <= 31:
        return None
    first = moment.today.replace(day=1)
    dates = []
    for _ in range(7):
        if number <= month_end(first).day and first.replace(day=number) >= moment.today:
            dates.append(first.replace(day=number))
        first = add_months(first, 1)
    day = next((day for day in dates if day.weekday() == weekday), dates[0] if dates else None)
    return None if day is None else Span(day, day)


def _until_then(match: re.Match[str], moment: Moment) -> Span:
    # "Give me till Monday", «дайте мне подумать до понедельника»: who asks for time is rung when it is over.
    day = next_weekday(moment, _weekday(match["day"]))
    return Span(day, day)


def _weeks_after_holidays(match: re.Match[str], moment: Moment) -> Span | None:
    # «Через неделю после праздников»: the five working days a week (or two) after they are over.
    block = after_block(moment, moment.calendar.next_block(moment.today))
    if block is None or block.first is None:
        return None
    weeks = int(match["n"]) if (match["n"] or "").isdigit() else 2 if match["n"] else 1
    first = moment.calendar.next_working(block.first + 7 * weeks * DAY)
    return Span(first, moment.calendar.add_working(first, 4))


def _before_christmas(match: re.Match[str], moment: Moment) -> Span:
    return until(moment, Span(date(moment.today.year, 12, 24), date(moment.today.year, 12, 24)))


def _after_weekend(match: re.Match[str], moment: Moment) -> Span:
    first = moment.calendar.next_working(moment.monday + 7 * DAY)
    return Span(first, moment.calendar.add_working(first, 1))


def _in_workdays(match: re.Match[str], moment: Moment) -> Span:
    day = moment.calendar.add_working(moment.today, int(match["n"]))
    return Span(day, day)


CALENDAR_RULES: Final[tuple[DueRule, ...]] = (
    rule("ru_weeks_after_holidays", r"через (?:(?P<n>\d+|пару) )?недел\w+ после (?:всех |этих )?праздник\w*", _weeks_after_holidays),
    rule("ru_weekday_ahead", rf"через (?:(?P<n>\d+|пару) )?недел\w+ (?:в|во) (?P<day>{_RU_DAY})|(?:в|во) (?P<day2>{_RU_DAY}) через (?:(?P<n2>\d+|пару) )?недел\w+", _weekday_ahead),
    rule("ru_weekday_and_number", rf"(?:(?:в|во) )?(?P<day>{_RU_DAY}) (?P<number>\d{{1,2}})(?:го|ое)(?: чис\w+)?(?! (?:{_RU_MONTH}))", _weekday_and_number),
    rule("ru_time_asked_until", rf"(?:дай|дайте) (?:мне |нам )?(?:время |срок |подумать |пару дней )?до (?P<day>{_RU_DAY})", _until_then),
    rule("ru_nth_weekday", rf"(?:в|во) (?P<nth>{_RU_WHICH}) (?P<day>{_RU_DAY}) {_RU_OF_MONTH}", _nth_weekday),
    rule("ru_nth_week", rf"(?:в|на) (?P<nth>{_RU_WHICH}) недел[юе]\w* {_RU_OF_MONTH}", _nth_week),
    rule("ru_last_day_of_month", rf"(?:в|к|до) (?P<nth>последн\w+) д(?:ень|ню|ня) {_RU_OF_MONTH}",
         lambda m, at: Span(d := month_end(_month_named(m, at)), d)),
    rule("ru_decade", rf"(?:в|с) (?P<decade>десятых|двадцатых) чис(?:лах|ел)(?: (?P<month>{_RU_MONTH}))?", _decade),
    rule("ru_end_of_year", r"(?P<part>до конца|к концу|в конце|под конец|ближе к концу|до окончания)(?: этого| текущего)? года", _end_of_year),
    rule("ru_start_of_year", r"(?:в|с) начал[еа] (?:следующ\w+ |нов\w+ |будущ\w+ )?года", _start_of_year),
    rule("ru_quarter", rf"(?:(?P<part>до конца|к концу|в конце|в начале|до|в|на) )(?:(?P<nth>{_RU_WHICH}) |(?P<next>следующ\w+ |будущ\w+ )|эт\w+ |текущ\w+ )?квартал\w*",
         lambda m, at: _quarter(at, m["part"], m["nth"], bool(m["next"]))),
    rule("ru_through_weekend", r"через выходные|(?:только )?за выходными", _after_weekend),
    rule("ru_few_days", r"через пар[ауы] тройк[ау] дней|через парочку дней", lambda m, at: in_days(at, 2, 3)),
    rule("en_weekday_and_number", rf"(?:on )?(?P<day>{_EN_DAY}) the (?P<number>\d{{1,2}})th(?! (?:of )?(?:{_EN_MONTH}))", _weekday_and_number),
    rule("en_time_asked_until", rf"give (?:me|us) (?:till|until|to) (?P<day>{_EN_DAY})", _until_then),
    rule("en_weekday_of_week", rf"(?:next|the following) week on (?P<day>{_EN_DAY})", _week_on),
    rule("en_weekday_range", rf"(?:from |between )?(?P<day>{_EN_DAY}) (?:through|to|till|until|and|thru) (?P<day2>{_EN_DAY})", _from_to),
    rule("en_tomorrow_week", r"tomorrow week|a week (?:from )?tomorrow",
         lambda m, at: Span(d := at.today + 8 * DAY, d)),
    rule("en_in_workdays", r"(?:in|within) (?P<n>\d+) (?:working|business) days", _in_workdays),
    rule("en_in_days_range", r"in (?P<a>\d+) (?:or |to )(?P<b>\d+) days", lambda m, at: in_days(at, int(m["a"]), int(m["b"]))),
    rule("en_nth_weekday", rf"(?:the )?(?P<nth>{_EN_WHICH}) (?P<day>{_EN_DAY}) {_EN_OF_MONTH}", _nth_weekday),
    rule("en_nth_week", rf"(?:the )?(?P<nth>{_EN_WHICH}) (?:full )?week {_EN_OF_MONTH}", _nth_week),
    rule("en_half_of_month", rf"(?:the )?(?P<nth>1th|2th) half {_EN_OF_MONTH}", _half_of_month),
    rule("en_last_day_of_month", rf"(?:the )?last day {_EN_OF_MONTH}", lambda m, at: Span(d := month_end(_month_named(m, at)), d)),
    rule("en_end_of_year", r"(?P<part>by|before|until|till|at|towards|around) (?:the )?(?:end of (?:the |this )?year|year end|years end)", _end_of_year),
    rule("en_start_of_year", r"(?:at |in )?(?:the )?(?:beginning|start) of (?:the )?(?:next )?year", _start_of_year),
    rule("en_quarter", r"(?:(?P<part>by the end of|before the end of|by|before|until|till|at the end of|end of|early|late|start of|beginning of|in|during|for|sometime) )?(?:the )?(?:(?P<next>next|following|coming) quarter|(?P<nth>1th|2th|3th|4th) quarter|q (?P<q>[1-4]))",
         lambda m, at: _quarter(at, m["part"] or "", m["nth"] or m["q"], bool(m["next"]))),
    rule("en_before_christmas", r"(?:before|by|until) (?:christmas|xmas)", _before_christmas),
    rule("en_coming_days", r"(?:in|over|within) the coming days", lambda m, at: Span(at.calendar.next_working(at.today + DAY), at.calendar.add_working(at.today, 3))),
)  # fmt: skip
