"""English spoken due dates: one named convention a row. The order is the order of trial."""

# ruff: noqa: E501, ARG001, ARG005  (a table: a row stays a line, and a resolver takes a match it may not need)

from __future__ import annotations

import re
from datetime import date

from qc_workbench.detection.due_rules import (
    DueRule,
    Moment,
    Span,
    add_months,
    after_block,
    after_day,
    around,
    day_of_month,
    from_day,
    in_days,
    in_months,
    in_weeks,
    month_end,
    part_of_month,
    part_of_week,
    rule,
    trimmed,
    until,
    weekday_span,
    whole_month,
)
from qc_workbench.detection.working_calendar import DAY

ENGLISH_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ENGLISH_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_DAY = "|".join(ENGLISH_WEEKDAYS)
_MONTH = "|".join(ENGLISH_MONTHS)
_COUNT = r"\d+|an?|a couple(?: of)?|couple(?: of)?|a few|few|several"
_BY = r"no later than|not later than|by the end of|before the end of|by|before|until|till|not before|after|from|on|around|about|towards|for|this coming|this|come"


def _count(text: str | None) -> int:
    if text is None or text in ("a", "an"):
        return 1
    if text.isdigit():
        return int(text)
    return 2 if "couple" in text else 3


def _weekday(text: str) -> int:
    return next(number for number, pattern in enumerate(ENGLISH_WEEKDAYS) if re.fullmatch(pattern, text))


def _with_preposition(preposition: str | None, span: Span, moment: Moment) -> Span:
    assert span.first is not None
    assert span.last is not None
    if preposition in ("by", "until", "till", "no later than", "not later than", "by the end of", "before the end of"):
        return until(moment, span)
    if preposition == "before":  # "before Thursday" ends on Wednesday; the Russian «до четверга» includes the day
        return Span(moment.today, max(moment.today, span.first - DAY))
    if preposition == "after":
        return after_day(moment, span.last)
    if preposition in ("from", "not before"):
        return from_day(moment, span.first)
    if preposition in ("around", "about", "towards") and span.weekday is None:
        return trimmed(moment, span.first - 2 * DAY, span.last + 2 * DAY)
    return span


def _weekdays(match: re.Match[str], moment: Moment) -> Span:
    span = weekday_span(moment, _weekday(match["day"]), following=bool(match["next"]))
    return _with_preposition(match["prep"], span, moment)


def _weekday_in_weeks(match: re.Match[str], moment: Moment) -> Span:
    # "A week on Monday", "Monday week": a week after the next Monday.
    day = weekday_span(moment, _weekday(match["day"] or match["day2"])).first
    assert day is not None
    return Span(day + 7 * DAY, day + 7 * DAY)


def _numbered(match: re.Match[str], moment: Moment) -> Span | None:
    month = ENGLISH_MONTHS.index(match["month"]) + 1 if match["month"] else None
    day = day_of_month(moment, int(match["day"]), month)
    return None if day is None else _with_preposition(match["prep"], Span(day, day), moment)


_PARTS = {
    "beginning": "start", "start": "start", "early": "start", "first days": "first_days", "first few days": "first_days",
    "mid": "middle", "middle": "middle", "late": "end", "end": "end", "back end": "end", "tail end": "end",
    "last days": "last_days", "first half": "first_half", "second half": "second_half",
}  # fmt: skip
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))


def _first_of_month(match: re.Match[str], moment: Moment) -> date | None:
    name = match["month"]
    if name:
        found = whole_month(moment, ENGLISH_MONTHS.index(name) + 1)
        return found[0].replace(day=1) if found else None
    first = moment.today.replace(day=1)
    return add_months(first, 1) if match["next"] else first


def _month_part(match: re.Match[str], moment: Moment) -> Span | None:
    first = _first_of_month(match, moment)
    if first is None:
        return None
    part = _PARTS[match["part"]]
    if match["prep"] in ("by", "before", "until", "till"):
        last = part_of_month(moment, first, part).last
        return until(moment, Span(first, month_end(first) if part == "end" else last))
    return part_of_month(moment, first, part)


def _week_part(match: re.Match[str], moment: Moment) -> Span:
    coming = bool(match["next"]) or moment.today.weekday() > 4
    monday = moment.monday + (7 * DAY if coming else 0 * DAY)
    part = _PARTS.get(match["part"] or "", "whole")
    if match["prep"] in ("by", "before", "until", "till"):
        return Span(moment.today, max(moment.today, monday + (1 if part == "start" else 4) * DAY))
    return part_of_week(moment, monday, part)


def _month_edge(match: re.Match[str], moment: Moment) -> Span | None:
    found = whole_month(moment, ENGLISH_MONTHS.index(match["month"]) + 1)
    if found is None:
        return None
    if match["prep"] in ("by", "before", "until", "till"):
        return until(moment, Span(found[0], found[0]))
    if match["prep"] == "after":
        return part_of_month(moment, add_months(found[1].replace(day=1), 1), "start")
    return trimmed(moment, *found)


def _weekend(match: re.Match[str], moment: Moment) -> Span:
    saturday = moment.monday + 5 * DAY + (7 * DAY if match["next"] or moment.today.weekday() > 4 else 0 * DAY)
    if match["prep"] == "after":
        first = moment.calendar.next_working(saturday + 2 * DAY)
        return Span(first, moment.calendar.add_working(first, 1))
    if match["prep"] in ("before", "by"):
        return Span(moment.today, max(moment.today, saturday - DAY))
    return Span(saturday, saturday + DAY)


def _after_holidays(match: re.Match[str], moment: Moment) -> Span | None:
    if re.search("new year|christmas|winter|january", match["what"]):
        return after_block(moment, moment.calendar.next_block(moment.today, month_days=((1, 1), (1, 8))))
    if "may" in match["what"]:
        return after_block(moment, moment.calendar.next_block(moment.today, month_days=((5, 1), (5, 12))))
    return after_block(moment, moment.calendar.next_block(moment.today))


def _new_year(match: re.Match[str], moment: Moment) -> Span:
    # "In the new year", "early next year": January after the days off.
    first = moment.calendar.next_working(date(moment.today.year + 1, 1, 2))
    return Span(first, date(moment.today.year + 1, 1, 31))


def _season(match: re.Match[str], moment: Moment) -> Span:
    start = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}[match["season"]]
    first = date(moment.today.year, start, 1)
    if month_end(add_months(first, 2)) < moment.today:
        first = add_months(first, 12)
    if match["prep"] in ("by", "around", "come"):  # «ближе к весне»: the weeks around its first day
        return trimmed(moment, first - 20 * DAY, first + 10 * DAY)
    return trimmed(moment, first, month_end(add_months(first, 2)))


def _units(match: re.Match[str], moment: Moment) -> Span:
    count, unit = _count(match["n"]), match["unit"]
    if unit.startswith("week"):
        return in_weeks(moment, count)
    if unit.startswith("month"):
        return in_months(moment, count)
    if unit.startswith("year"):
        return around(moment, 365 * count, 15)
    if match["n"] and not match["n"].isdigit() and count > 1:
        return in_days(moment, 2, 3) if count == 2 else in_days(moment, 3, 5)
    return in_days(moment, count)


def _within(match: re.Match[str], moment: Moment) -> Span:
    count, unit = _count(match["n"]), match["unit"]
    if unit.startswith(("hour", "minute")):
        return Span(moment.today, moment.today)
    days = count * (7 if unit.startswith("week") else 30 if unit.startswith("month") else 1)
    return Span(moment.today, moment.calendar.next_working(moment.today + days * DAY))


def _relative(match: re.Match[str], moment: Moment) -> Span:
    days = 0 if match["day"].startswith(("today", "tonight", "this")) else 2 if "after" in match["day"] else 1
    day = moment.today + days * DAY
    return _with_preposition(match["prep"] if match["prep"] != "before" else "by", Span(day, day), moment)


_END_OF_DAY = r"(?:(?:the )?end of (?:the )?(?:day|play|business)|close of (?:play|business))"

ENGLISH_RULES: tuple[DueRule, ...] = (
    rule("en_within", rf"(?:within|over) (?:the )?(?:next )?(?P<n>{_COUNT})? ?(?P<unit>hours?|days?|weeks?|months?|minutes?)", _within),
    rule("en_soon", r"in the next (?:couple of |few )?days|(?:over )?the next (?:couple of|few) days|one of these days|in a day or 2|in a day or so",
         lambda m, at: Span(at.calendar.next_working(at.today + DAY), at.calendar.add_working(at.today, 3))),
    rule("en_fortnight", r"(?:in )?a fortnight(?: from now| s time| 's time)?|fortnight 's time", lambda m, at: in_weeks(at, 2)),
    rule("en_in_units_range", r"in (?P<a>\d+) (?:or |to )(?P<b>\d+) weeks",
         lambda m, at: trimmed(at, at.today + (int(m["a"]) * 7 - 1) * DAY, at.today + (int(m["b"]) * 7 + 1) * DAY)),
    rule("en_half_year", r"in (?:about |around )?(?:half a year|6 months)", lambda m, at: in_months(at, 6)),
    rule("en_weekday_in_weeks", rf"(?:a|1) week on (?P<day>{_DAY})|(?P<day2>{_DAY}) week", _weekday_in_weeks),
    rule("en_in_units", rf"(?:in|give (?:it|me|us)) (?:about |around |roughly |like |maybe |say |another |say about )*(?P<n>{_COUNT})(?: more)? (?P<unit>weeks?|months?|days?|years?)(?:'s|s')?(?: or so)?",
         _units),
    # "A week from today" is that very day; "a week from now" is around it.
    rule("en_weeks_from_today", rf"(?:in )?(?P<n>{_COUNT}) weeks? from (?:today|this \w+)",
         lambda m, at: Span(d := at.today + 7 * _count(m["n"]) * DAY, d)),
    rule("en_units_from_now", rf"(?P<n>{_COUNT}) (?P<unit>weeks?|months?|days?) (?:from (?:now|today)|time)", _units),
    rule("en_minutes", rf"in (?:about |around |half )?(?:{_COUNT})? ?(?:minutes?|hours?|bit|moment|sec\w*|mo|hour or so|while today)",
         lambda m, at: Span(at.today, at.today)),
    rule("en_week_after_next", r"(?:the )?week after next|the week after",
         lambda m, at: part_of_week(at, at.monday + 14 * DAY, "whole")),
    rule("en_week_part", rf"(?:(?P<prep>by|before|until|till|at|in|on|towards?) )?(?:the )?(?P<part>{_PART}) (?:of )?(?:the |this )?(?P<next>next |following |coming )?(?:working )?week", _week_part),
    rule("en_month_part", rf"(?:(?P<prep>by|before|until|till|at|in|on|towards?|around) )?(?:the )?(?P<part>{_PART})(?: of)? (?:(?:the |this )?(?P<next>next |following )?month|(?P<month>{_MONTH}))",
         _month_part),
    rule("en_week", r"(?:(?P<prep>by|before|until|till|at|in|on|for|sometime|some time) )?(?P<part>)?(?:(?:the )?(?P<next>next|following|coming) week|this week)(?! on)", _week_part),
    rule("en_next_month", r"(?:(?:in|sometime|some time) )?next month",
         lambda m, at: part_of_month(at, add_months(at.today.replace(day=1), 1), "whole")),
    rule("en_after_holidays", r"(?:straight |right |just |soon )?(?:after|following|once) (?:all )?(?:the |these )?(?P<what>(?:new year|christmas|winter|may|january|november|bank|public|long)(?:'s)?(?: \w+)? ?(?:holidays?|break)?|holidays?(?: are over)?|festivities|break)",
         _after_holidays),
    rule("en_new_year", r"(?:early )?(?:in |into )?(?:the new year|next year|early january)", _new_year),
    rule("en_weekend", r"(?:(?P<prep>after|before|over|by|at|on|during) )(?:the |this )?(?P<next>next )?weekend", _weekend),
    rule("en_this_weekend", r"(?P<prep>)?(?:this|the) (?P<next>next )?weekend", _weekend),
    rule("en_day_of_month", rf"(?:(?P<prep>{_BY}) )?(?:the )?(?P<day>\d{{1,2}})(?:th)?(?: of)? (?P<month>{_MONTH})", _numbered),
    rule("en_month_day", rf"(?:(?P<prep>{_BY}) )?(?P<month>{_MONTH}) (?:the )?(?P<day>\d{{1,2}})(?:th)?(?! oclock)", _numbered),
    rule("en_numbered_day", rf"(?:(?P<prep>{_BY}) )?(?:the )(?P<day>\d{{1,2}})th(?P<month>)?", _numbered),
    rule("en_weekday", rf"(?:(?P<prep>{_BY}) )?(?P<next>next )?(?P<day>{_DAY})", _weekdays),
    rule("en_relative_day", r"(?:(?P<prep>by|before|until|till|after) )?(?P<day>the day after tomorrow|day after tomorrow|tomorrow|today|tonight|this (?:morning|afternoon|evening))",
         _relative),
    rule("en_end_of_day", rf"(?:by |before |at )?{_END_OF_DAY}(?: today)?|later today",
         lambda m, at: Span(at.today, at.today)),
    rule("en_by_month", rf"(?P<prep>by|before|until|till|after|in|around|sometime in) (?P<month>{_MONTH})", _month_edge),
    rule("en_season", r"(?P<prep>in|by|around|come) (?:the )?(?:early )?(?P<season>spring|summer|autumn|winter)", _season),
)  # fmt: skip
