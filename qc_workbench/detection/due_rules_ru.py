"""Russian spoken due dates: one named convention a row. The order is the order of trial."""

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

RUSSIAN_WEEKDAYS = (r"понедельник(?:а|у|ом|е|и)?", r"вторник(?:а|у|ом|е)?", r"сред(?:а|у|ы|е|ой)", r"четверг(?:а|у|ом|е)?", r"пятниц(?:а|у|ы|е|ей)", r"суббот(?:а|у|ы|е)",
             r"воскресень\w*")  # fmt: skip
RUSSIAN_MONTHS = (r"январ\w+", r"феврал\w+", r"март\w*", r"апрел\w+", r"ма(?:й|я|е|ю|ем)", r"июн\w+", r"июл\w+", r"август\w*",
           r"сентябр\w+", r"октябр\w+", r"ноябр(?!ьск)\w+", r"декабр\w+")  # fmt: skip
_DAY = "|".join(RUSSIAN_WEEKDAYS)
_MONTH = "|".join(RUSSIAN_MONTHS)
_COUNT = r"\d+|пар[ауы]|парочк[ау]|полтор[аы]|несколько"
_RANGE = r"(?P<n>\d+|пар[ауы]|парочк[ау]|полтор[аы]|несколько)(?: (?:или |до )?(?P<n2>\d+))?"
_WEEKS = r"недел(?:и|ю|ь|ек|ьки|ьку|ечку|ечки|ька)"
_NEXT = r"(?:следующ\w+|след|будущ\w+|той|ту|другой|другую|ближайш\w+)"
#: «С третьего раза», «до пятого этажа»: an ordinal, but no date.
_NOT_A_DAY = r"(?:раз|этаж|подъезд|дом|корпус|цех|окн|звонк|уровн|класс|сорт|ряд|тип|размер|цвет|вариант|человек|лиц|сын|ребен|кабинет|участк|отдел|филиал|склад|объект|дубл|заход|час|утра|вечера)"
_FILLER = r"(?:(?:где то|примерно|так|ну|уже|как раз|вот|ровно|аж|там|буквально|около|может|этак) )*"


def _count(text: str | None) -> float:
    if text is None:
        return 1
    if text.isdigit():
        return int(text)
    return 1.5 if text.startswith("полтор") else 3 if text == "несколько" else 2


def _weekday(text: str) -> int:
    return next(number for number, pattern in enumerate(RUSSIAN_WEEKDAYS) if re.fullmatch(pattern, text))


def _month(text: str) -> int:
    return next(number for number, pattern in enumerate(RUSSIAN_MONTHS, 1) if re.fullmatch(pattern, text))


def _weeks(match: re.Match[str], moment: Moment) -> Span:
    low = _count(match["n"])
    high = _count(match["n2"]) if match["n2"] else low
    if high == low:
        return in_weeks(moment, low)
    return trimmed(moment, moment.today + round(low * 7 - 1) * DAY, moment.today + round(high * 7 + 1) * DAY)


def _months(match: re.Match[str], moment: Moment) -> Span:
    low = _count(match["n"])
    high = _count(match["n2"]) if match["n2"] else low
    if low == 1.5:
        return around(moment, 45, 6)
    if high == low:
        return in_months(moment, int(low))
    return trimmed(moment, moment.today + round(low * 30) * DAY, moment.today + round(high * 30 + 3) * DAY)


def _days(match: re.Match[str], moment: Moment) -> Span:
    # «Через три дня» exactly; «через пару дней» 2..3; «через несколько дней» 3..5; «дня через два-три» 2..3.
    text = match["n"]
    if text and not text.isdigit():
        return in_days(moment, 3, 5) if text == "несколько" else in_days(moment, 2, 3)
    low = int(_count(text))
    return in_days(moment, low, int(match["n2"]) if match["n2"] else None)


def _about_days(match: re.Match[str], moment: Moment) -> Span:
    # «Дней через пять», «денька через три»: the inversion makes it approximate, a day either way.
    low = int(_count(match["n"]))
    high = int(match["n2"]) if match["n2"] else low
    return trimmed(moment, moment.today + max(1, low - 1) * DAY, moment.today + (high + 1) * DAY)


_PARTS = {
    "в начале": "start", "к началу": "start", "в середине": "middle", "к середине": "middle", "в конце": "end",
    "под конец": "end", "ближе к концу": "end", "ближе к середине": "middle", "ближе к началу": "start",
    "в первых числах": "first_days", "с первых чисел": "first_days", "в последних числах": "last_days",
    "в первой половине": "first_half", "во второй половине": "second_half", "на": "whole", "в": "whole",
    "в районе середины": "middle", "в районе конца": "end", "с начала": "start", "с середины": "middle",
    "где то в середине": "middle", "ближе к": "whole", "в течение": "whole", "в течении": "whole",
}  # fmt: skip
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))


def _span_of_part(part: str | None) -> str:
    return _PARTS[part] if part else "whole"


def _week(match: re.Match[str], moment: Moment) -> Span:
    which = match["which"] or ""
    coming = bool(re.match(r"следующ|след|будущ|той|ту|друг|ближайш", which))
    monday = moment.monday + (7 * DAY if coming or moment.today.weekday() > 4 else 0 * DAY)
    part = match["part"] or "на"
    if part.startswith(("до конца", "к концу")):
        # To or by the end of the week: from the call day (or that Monday) to its Friday.
        return Span(max(moment.today, monday) if coming else moment.today, max(monday + 4 * DAY, moment.today))
    if part.startswith(("до начала", "до")):
        return until(moment, Span(monday, monday))
    return part_of_week(moment, monday, _span_of_part(part))


def _month_named(match: re.Match[str], moment: Moment) -> date | None:
    name = match["month"]
    if name is not None:
        found = whole_month(moment, _month(name))
        return found[0].replace(day=1) if found else None
    which = match["which"] or ""
    this_month = moment.today.replace(day=1)
    return add_months(this_month, 1) if re.match("следующ|след|будущ|того", which) else this_month


def _month_part(match: re.Match[str], moment: Moment) -> Span | None:
    first = _month_named(match, moment)
    if first is None:
        return None
    part = match["part"]
    if part.startswith(("до конца", "к концу")):
        # «До конца месяца»: any day up to the last; «к концу месяца»: its last third.
        if part.startswith("к"):
            return part_of_month(moment, first, "end")
        return Span(moment.today, max(month_end(first), moment.today))
    if part == "до середины":
        return until(moment, Span(first, first.replace(day=15)))
    if match["month"] is None and match["which"] is None and part in ("в", "на"):
        return None
    passed = part_of_month(moment, first, _span_of_part(part)).last == moment.today and moment.today.day > 10
    if match["month"] is None and passed and _span_of_part(part) in ("start", "first_days", "middle"):
        first = add_months(first, 1)  # «в начале месяца» said on the 25th means the next month
    return part_of_month(moment, first, _span_of_part(part))


def _month_edge(match: re.Match[str], moment: Moment) -> Span | None:
    found = whole_month(moment, _month(match["month"]))
    if found is None:
        return None
    if match["prep"] == "после":  # «после октября»: the start of the month that follows
        return part_of_month(moment, add_months(found[1].replace(day=1), 1), "start")
    return until(moment, Span(found[0], found[0]))  # «к декабрю», «до декабря»: up to its first day


def _numbered(match: re.Match[str], moment: Moment) -> Span | None:
    month = _month(match["month"]) if match["month"] else None
    first = day_of_month(moment, int(match["day"]), month)
    if first is None:
        return None
    last = first
    if match["day2"]:
        last = day_of_month(moment, int(match["day2"]), month) or first
        last = last if last >= first else first
    return _with_preposition(match["prep"], Span(first, last), moment)


def _numbered_about(match: re.Match[str], moment: Moment) -> Span | None:
    # «Числа двадцатого»: the inversion makes it approximate, two days either way.
    month = _month(match["month"]) if match["month"] else None
    first = day_of_month(moment, int(match["day"]), month)
    if first is None:
        return None
    last = (day_of_month(moment, int(match["day2"]), month) if match["day2"] else None) or first
    if match["prep"] and match["prep"] != "в":
        return _with_preposition(match["prep"], Span(first, max(first, last)), moment)
    return trimmed(
        moment, first - (0 if match["day2"] else 2) * DAY, max(first, last) + (0 if match["day2"] else 2) * DAY
    )


def _with_preposition(preposition: str | None, span: Span, moment: Moment) -> Span:
    assert span.first is not None
    assert span.last is not None
    if preposition in ("до", "к", "ко", "не позднее", "не позже", "максимум до", "максимум к", "крайний срок"):
        return until(moment, span)
    if preposition in ("после", "с после"):
        return after_day(moment, span.last)
    if preposition in ("с", "со", "не раньше", "начиная с"):
        return from_day(moment, span.first) if span.first == span.last else span
    if preposition in ("около", "в районе", "ближе к"):
        return trimmed(moment, span.first - 2 * DAY, span.last + 2 * DAY)
    return span


_PREPOSITION = r"(?:(?P<prep>не раньше|не позднее|не позже|максимум до|максимум к|ближе к|в районе|около|после|до|ко|к|со|с|в|во|на) )?"


def _weekdays(match: re.Match[str], moment: Moment) -> Span:
    first = _weekday(match["day"])
    which = match["which"] or ""
    following = which.startswith(("следующ", "будущ", "след"))
    if re.match(r"следующей|той|будущей", match["week"] or ""):
        following = True
    span = weekday_span(moment, first, following=following)
    if match["day2"]:
        assert span.first is not None
        last = span.first + (_weekday(match["day2"]) - first) % 7 * DAY
        return Span(span.first, last)
    preposition = match["prep"]
    if preposition and preposition not in ("в", "во", "на"):
        return _with_preposition(preposition, span, moment)
    return span


def _relative(match: re.Match[str], moment: Moment) -> Span:
    days = {"сегодня": 0, "седня": 0, "завтра": 1, "послезавтра": 2}[match["day"]]
    span = Span(moment.today + days * DAY, moment.today + days * DAY)
    if match["prep"] in ("до", "к", "не позднее", "не позже"):
        return until(moment, span)
    if match["prep"] == "после" and days:
        return after_day(moment, moment.today + days * DAY)
    return span


def _weekend(match: re.Match[str], moment: Moment) -> Span:
    saturday = moment.monday + 5 * DAY + (7 * DAY if moment.today.weekday() > 4 else 0 * DAY)
    preposition = match["prep"]
    if preposition == "после":  # the two working days after it
        first = moment.calendar.next_working(saturday + 2 * DAY)
        return Span(first, moment.calendar.add_working(first, 1))
    if preposition in ("до", "к", "перед"):
        return Span(moment.today, max(moment.today, saturday - DAY))
    return Span(saturday, saturday + DAY)


#: «Майские», «новогодние», «ноябрьские» as (month, day) from and to.
_NAMED_HOLIDAYS = (
    (r"нов|рождеств|январ|каникул", ((1, 1), (1, 8))),
    (r"майск|ма[яй]", ((5, 1), (5, 12))),
    (r"ноябрьск", ((11, 3), (11, 5))),
    (r"8|март|женск", ((3, 7), (3, 9))),
    (r"23|феврал", ((2, 21), (2, 25))),
)


def _after_holidays(match: re.Match[str], moment: Moment) -> Span | None:
    words = match["what"]
    if words.startswith("старого"):
        first = moment.calendar.next_working(date(moment.today.year + 1, 1, 14))
        return Span(first, moment.calendar.add_working(first, 4))
    for pattern, days in _NAMED_HOLIDAYS:
        if re.search(pattern, words):
            return after_block(moment, moment.calendar.next_block(moment.today, month_days=days))
    return after_block(moment, moment.calendar.next_block(moment.today))


def _before_holidays(match: re.Match[str], moment: Moment) -> Span | None:
    if match["what"].startswith("нов"):
        return Span(moment.today, date(moment.today.year, 12, 31))
    last = moment.calendar.next_block(moment.today)
    if last is None:
        return None
    day = last
    while not moment.calendar.is_working(day) and day > moment.today:
        day -= DAY
    return Span(moment.today, max(day, moment.today))


def _new_year(match: re.Match[str], moment: Moment) -> Span:
    # «В новом (следующем) году»: its first working month.
    first = moment.calendar.next_working(date(moment.today.year + 1, 1, 9))
    return Span(first, date(moment.today.year + 1, 1, 31))


_SEASONS = {"весн": 3, "лет": 6, "осен": 9, "зим": 12}


def _season(match: re.Match[str], moment: Moment) -> Span | None:
    start = next(month for stem, month in _SEASONS.items() if match["season"].startswith(stem))
    first = date(moment.today.year, start, 1)
    last = month_end(add_months(first, 2))
    if last < moment.today:
        first, last = add_months(first, 12), month_end(add_months(first, 14))
    if match["prep"] in ("к", "ближе к", "до"):  # «ближе к весне»: the weeks around its first day
        return trimmed(moment, first - 20 * DAY, first + 10 * DAY)
    if match["prep"] in ("в начале",):
        last = month_end(first)
    return trimmed(moment, first, last)


def _within(match: re.Match[str], moment: Moment) -> Span:
    unit = match["unit"]
    count = _count(match["n"])
    if unit.startswith(("дн", "ден", "сут", "рабоч")):
        return Span(
            moment.today, moment.calendar.next_working(moment.today + round(count) * DAY) if count > 1 else moment.today
        )
    if unit.startswith("нед"):
        return Span(moment.today, moment.today + round(count * 7) * DAY)
    if unit.startswith("мес"):
        return Span(moment.today, add_months(moment.today, round(count)))
    return Span(moment.today, moment.today)


RUSSIAN_RULES: tuple[DueRule, ...] = (
    # -- so much time from now
    rule("ru_half_year", r"через пол ?год\w*|месяцев через 6|через 6 месяцев", lambda m, at: in_months(at, 6)),
    rule("ru_half_month", r"через пол ?месяца", lambda m, at: around(at, 15, 2)),
    rule("ru_in_year", r"через (?:1 )?год(?:ик)?|через годик", lambda m, at: around(at, 365, 15)),
    rule("ru_week_after_next", r"через неделю на следующей|не на этой неделе а на следующей",
         lambda m, at: part_of_week(at, at.monday + 7 * DAY, "whole")),
    rule("ru_week_exactly", r"(?:ровно через (?:1 )?недел\w+|через неделю (?:в это же время|день в день))",
         lambda m, at: Span(at.today + 7 * DAY, at.today + 7 * DAY)),
    rule("ru_in_weeks", rf"(?:через|спустя) {_FILLER}(?:{_RANGE} )?{_WEEKS}(?: другую)?", _weeks),
    rule("ru_weeks_in", rf"{_WEEKS} через {_FILLER}{_RANGE}", _weeks),
    rule("ru_weeks_in_one", r"недел\w+ через(?! 1)", lambda m, at: in_weeks(at, 1)),
    rule("ru_in_months", rf"(?:через|спустя) {_FILLER}(?:{_RANGE} )?мес(?:яц\w*|яч\w+)", _months),
    rule("ru_months_in", rf"месяц\w* через {_FILLER}{_RANGE}", _months),
    rule("ru_in_workdays", r"через (?P<n>\d+) рабоч\w+ д\w+",
         lambda m, at: Span(d := at.calendar.add_working(at.today, int(m["n"])), d)),
    rule("ru_every_other_day", r"через (?:ден\w+ )?(?:день|денек) (?:другой|2)|через денек другой",
         lambda m, at: in_days(at, 1, 2)),
    rule("ru_in_days", rf"(?:через|спустя) {_FILLER}(?:{_RANGE} )?(?:дн(?:я|ей|и)|день(?:ка|ков)?|денек|деньк\w+|суток|сутки)",
         lambda m, at: in_days(at, 2) if m["n"] is None and "ден" in m.group() else _days(m, at)),
    rule("ru_days_in", rf"(?:дн(?:я|ей)|деньк\w+) через {_FILLER}{_RANGE}", _about_days),
    # -- weeks
    rule("ru_week", rf"(?:(?P<part>до конца|до начала|к концу|{_PART}) (?:к |на )?)?(?P<which>{_NEXT}) недел\w+", _week),
    rule("ru_week_in_one", r"(?:на )?недел[еюи] через 1(?!\d)",
         lambda m, at: part_of_week(at, at.monday + 14 * DAY, "whole")),
    rule("ru_this_week", rf"(?P<part>до конца|к концу|{_PART}) (?P<which>(?:этой|эту|текущей|нашей) )?недел(?:и|е|ю|ьки)", _week),
    # -- parts of a month
    rule("ru_month_part", rf"(?P<part>до конца|к концу|до середины|{_PART}) (?:(?P<which>следующ\w+|след|будущ\w+|этого|того|текущего) )?(?:месяц\w*|(?P<month>{_MONTH}))",
         _month_part),
    rule("ru_first_days", r"в первых числах|после первого числа|с первого числа|в начале следующего",
         lambda m, at: part_of_month(at, add_months(at.today.replace(day=1), 1), "first_days")),
    # -- numbered days
    rule("ru_about_day_of_month", rf"{_PREPOSITION}чис(?:ла|ел|лах) (?:до )?(?P<day>\d{{1,2}})(?:го|ое)?(?: (?:или |по )?(?P<day2>\d{{1,2}})(?:го|ое)?)?(?: (?P<month>{_MONTH}))?",
         _numbered_about),
    rule("ru_numbered_day_and_part", r"(?<!в )(?<!к )(?<!до )(?<!после )(?<!на )(?P<day>\d{1,2})(?= (?:с утра|с утречка|утром|утречком|вечером|днем|после обеда|в обед|до обеда))(?P<day2>)(?P<month>)(?P<prep>)",
         lambda m, at: _numbered(m, at)),
    rule("ru_day_range", rf"(?P<prep>с|со) (?P<day>\d{{1,2}})(?:го|ое)? (?:по|до) (?P<day2>\d{{1,2}})(?:го|ое)(?: числ\w+)?(?: (?P<month>{_MONTH}))?",
         _numbered),
    rule("ru_day_of_month", rf"{_PREPOSITION}(?P<day>\d{{1,2}})(?:го|ое)?(?: (?:или |по )?(?P<day2>\d{{1,2}})(?:го|ое)?)? (?P<month>{_MONTH})",
         _numbered),
    rule("ru_numbered_day", rf"(?<!половине )(?<!половина )(?<!четверть )(?<!минут ){_PREPOSITION}(?P<day>\d{{1,2}})(?:го (?:или |по )?(?P<day2>\d{{1,2}})го|(?:го|ое) числ\w+|го(?! {_NOT_A_DAY})(?! (?:{_MONTH}))| числ[ао])(?P<month>)?",
         lambda m, at: _numbered(m, at)),
    rule("ru_for_numbered_day", r"на (?P<day>\d{1,2})ое(?P<day2>)(?P<month>)(?P<prep>)", lambda m, at: _numbered(m, at)),
    # -- holidays
    rule("ru_after_holidays", r"(?:сразу )?после (?:всех |этих |длинных |наших |самих |долгих )*(?P<what>(?:новогодн\w+|майск\w+|ноябрьск\w+|январск\w+|мартовск\w+)(?: праздник\w*| каникул\w*| выходн\w+)?|праздник\w*|каникул\w*|(?:старого )?нов\w+ год\w*|рождеств\w+|8(?:го|ое)? марта|23(?:го|ое)? феврал\w+)",
         _after_holidays),
    rule("ru_before_holidays", r"(?:до|перед|под) (?:самыми |самого )?(?P<what>праздник\w*|нов\w+ год\w*|новогодн\w+|майск\w+)",
         _before_holidays),
    rule("ru_new_year", r"(?:уже )?(?:в|с) (?:начале )?(?:нов\w+|следующ\w+|будущ\w+) год\w*", _new_year),
    # -- weekdays
    rule("ru_weekday_range", rf"(?P<prep>с|со) (?P<day>{_DAY}) (?:по|до) (?P<day2>{_DAY})(?P<which>)?(?P<week>)?", _weekdays),
    rule("ru_today_is", rf"(?:сегодня|сейчас)(?: же| уже| ведь)? (?:{_DAY})", lambda m, at: Span(at.today, at.today)),
    rule("ru_weekday", rf"{_PREPOSITION}(?:(?P<which>эту|эта|этот|следующ\w+|след|будущ\w+|ближайш\w+|тот|ту|сам\w+) )?(?P<day>{_DAY})(?P<day2>)?(?: (?:уже )?(?P<week>следующей|той|будущей|этой) недел\w+)?",
         _weekdays),
    rule("ru_weekend", r"(?:(?P<prep>после|до|к|на|в|перед) )(?:эт\w+ |ближайш\w+ )?выходн\w+", _weekend),
    # -- today and near
    rule("ru_relative_day", r"(?:(?P<prep>до|к|не позднее|не позже|после|на) )?(?P<day>сегодня|седня|послезавтра|завтра)", _relative),
    rule("ru_within", rf"в течени[еи] (?:(?P<n>{_COUNT}) )?(?P<unit>рабоч\w+ дня|дня|дней|недел\w+|месяц\w*|час\w*|суток)", _within),
    rule("ru_minutes", r"через (?:\d+ |пару |несколько |минут\w* )*(?:минут\w*|час(?:ик|а|ика|ов|ок)?|полчас\w*|полчасик\w*|пол часа)|(?:минут|час\w*)\w* через \d+|в течение (?:получаса|часа)",
         lambda m, at: Span(at.today, at.today)),
    rule("ru_soon", r"на днях|в ближайши[ей] (?:дни|дня|время)|в ближайшее время|со дня на день",
         lambda m, at: Span(at.calendar.next_working(at.today + DAY), at.calendar.add_working(at.today, 3))),
    rule("ru_end_of_day", r"до конца (?:рабочего )?дня|до вечера|к вечеру|попозже сегодня|сегодня попозже",
         lambda m, at: Span(at.today, at.today)),
    rule("ru_by_month", rf"(?P<prep>к|до|после) (?P<month>{_MONTH})", _month_edge),
    rule("ru_season", r"(?P<prep>ближе к|в начале|к|до|уже|на|) ?(?P<season>весной|весне|весны|весну|летом|лету|лета|осенью|осени|зимой|зиме|зимы)", _season),
)  # fmt: skip
