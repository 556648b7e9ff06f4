"""Times of day in spoken due dates, Russian and English. Bounds come from the company's working day."""

# ruff: noqa: E501, ARG005  (a table: a row stays a line, and a resolver takes a match it may not need)

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from qc_workbench.detection.due_rules import DueRule, Moment, Resolver, Span, rule

_HOUR = r"(?P<h>\d{1,2})(?:[: ](?P<m>00|0[1-9]|[1-5]\d))?(?! \w*(?:тысяч|процент|метр|сантим|рубл|штук|окон|минут|percent|thousand|roubl|panel|door|window|minute|day|week|month|дн|недел|месяц|числ|лет|год))"
_PART = r"(?: (?P<part>утра|вечера|дня|am|pm|oclock|часов|часам|часа|in the (?:morning|evening|afternoon)))*"


def _clock(hour: int, minute: int, part: str | None, moment: Moment) -> time | None:
    """A said hour on the working day: «в шесть» is 18:00 because the company does not work at 6:00."""
    if not 0 <= hour <= 23 or minute > 59:
        return None
    if (part and part.startswith(("вечера", "дня", "pm", "in the evening", "in the afternoon")) and hour < 12) or (
        not (part and part.startswith(("утра", "am", "in the morning")))
        and hour < moment.calendar.day_starts.hour
        and hour < 9
    ):
        hour += 12
    return time(hour, minute) if hour < 24 else None


def _shift(at: time, minutes: int) -> time:
    moved = datetime(2000, 1, 1, at.hour, at.minute) + timedelta(minutes=minutes)  # noqa: DTZ001  a clock face
    return moved.time() if moved.day == 1 else time(23, 59)


def _said(match: re.Match[str], moment: Moment) -> time | None:
    groups = match.groupdict()
    return _clock(int(match["h"]), int(match["m"] or 0), groups.get("part"), moment)


def _about(match: re.Match[str], moment: Moment) -> Span | None:
    # A single hour means half an hour either way: nobody breaks a promise by ten minutes.
    return _near(_said(match, moment))


def _until(match: re.Match[str], moment: Moment) -> Span | None:
    at = _said(match, moment)
    return None if at is None else Span(time_from=min(moment.calendar.day_starts, at), time_to=at)


def _after(match: re.Match[str], moment: Moment) -> Span | None:
    at = _said(match, moment)
    return None if at is None else Span(time_from=at, time_to=max(moment.calendar.day_ends, at))


def _between(match: re.Match[str], moment: Moment) -> Span | None:
    first = _clock(int(match["h"]), int(match["m"] or 0), match.groupdict().get("part"), moment)
    last = _clock(int(match["h2"]), int(match["m2"] or 0), match.groupdict().get("part"), moment)
    if first is None or last is None:
        return None
    return Span(time_from=min(first, last), time_to=max(first, last))


def _half(match: re.Match[str], moment: Moment) -> Span | None:
    # «Полшестого», «в половине шестого»: 17:30.
    words = {"перв": 1, "втор": 2, "трет": 3, "четверт": 4, "пят": 5, "шест": 6, "седьм": 7, "восьм": 8, "девят": 9,
             "десят": 10, "одиннадцат": 11, "двенадцат": 12}  # fmt: skip
    text = match["hour"]
    hour = (
        int(text.removesuffix("го"))
        if text[0].isdigit()
        else next((n for stem, n in words.items() if text.startswith(stem)), 0)
    )
    return _near(_clock(hour - 1, 30, None, moment) if hour else None)


def _minutes_past(match: re.Match[str], moment: Moment, before: int) -> Span | None:
    # «Четверть шестого», «двадцать минут шестого» (``before`` 1): 17:15, 17:20; "quarter past five" (0): 17:15.
    return _near(_clock(int(match["h"]) - before, int(match["m"] or 15), None, moment))


def _minutes_to(match: re.Match[str], moment: Moment) -> Span | None:
    # «Без четверти пять», "ten to five"; «без двадцати шесть» comes as one numeral, "26".
    both = match.groupdict().get("both")
    minutes, hour = (int(both) // 10 * 10, int(both) % 10) if both else (int(match["m"] or 15), int(match["h"]))
    at = _clock(hour, 0, None, moment)
    return None if at is None or not 0 < minutes < 60 else _near(_shift(at, -minutes))


def _near(at: time | None) -> Span | None:
    return None if at is None else Span(time_from=_shift(at, -30), time_to=_shift(at, 30))


def _from_now(match: re.Match[str], moment: Moment) -> Span | None:
    # «Через час», «минут через двадцать»: half an hour either way, not before the call; over midnight: nothing.
    groups = match.groupdict()
    number = next((text for key, text in groups.items() if key.startswith("n") and text), "")
    unit = match.group()
    if re.search(r"пол ?час|half an hour", unit):
        minutes = 30.0
    else:
        words = {"полтор": 1.5, "пар": 2.0, "couple": 2.0, "a couple": 2.0}
        count = float(number) if number.isdigit() else next((n for w, n in words.items() if number.startswith(w)), 1.0)
        count += 0.5 if "с половиной" in unit or "and a half" in unit else 0
        minutes = count * (1 if re.search(r"мин|min", unit) else 60)
    at = moment.said_at + timedelta(minutes=minutes)
    if at.date() != moment.today:
        return None
    last = at + timedelta(minutes=30)
    return Span(
        time_from=max(moment.said_at, at - timedelta(minutes=30)).time().replace(second=0, microsecond=0),
        time_to=last.time().replace(second=0, microsecond=0) if last.date() == at.date() else time(23, 59),
    )


def _fixed(start: str, end: str) -> Resolver:
    span = Span(time_from=time.fromisoformat(start), time_to=time.fromisoformat(end))
    return lambda match, moment: span


_H2 = r"(?P<h2>\d{1,2})(?:[: ](?P<m2>00|0[1-9]|[1-5]\d))?"

TIME_RULES: tuple[DueRule, ...] = (
    rule("time_from_now", r"через (?:(?P<n>\d+|полтор[аы]|пар[уа]|парочку) )?(?:с половиной )?(?:час(?:а|ика|ик|ов|ок|иков)?|мин\w*|пол ?час\w*)(?: с половиной)?|(?:минут\w*|час\w*) через (?P<n2>\d+|пару)|in (?:about |around |roughly )?(?:(?P<n3>\d+|an?|a couple of|couple of) )?(?:half an hour|hours?|minutes?|mins?)(?: and a half)?", _from_now),
    rule("time_minutes_to_ru", r"без (?:(?:четверти|(?P<m>\d{1,2}))(?: минут)? (?P<h>\d{1,2})|(?P<both>2[1-9]))(?! \w*(?:год|рубл|процент|тысяч|шт))", _minutes_to),
    rule("time_minutes_to_en", r"(?:(?:a )?quarter|(?:at|about|around) (?P<m>5|10|20|25)(?: minutes)?) to (?P<h>\d{1,2})", _minutes_to),
    rule("time_minutes_past_ru", r"(?:в )?(?:четверть|(?P<m>\d{1,2}) минут\w*) (?P<h>\d{1,2})го(?! чис)", lambda m, at: _minutes_past(m, at, 1)),
    rule("time_minutes_past_en", r"(?:at )?(?:a )?(?:quarter|(?P<m>\d{1,2})) past (?P<h>\d{1,2})", lambda m, at: _minutes_past(m, at, 0)),
    rule("time_half_past", r"(?:at |around )?half(?: past)? (?P<h>\d{1,2})",
         lambda m, at: _near(_clock(int(m["h"]), 30, None, at))),
    rule("time_between", rf"(?:с|со|от|между|from|between) {_HOUR} (?:до|по|и|to|and|till|until) {_H2}{_PART}", _between),
    rule("time_two_hours", rf"в {_HOUR} (?:или )?{_H2} (?P<part>вечера|утра|часов|дня)", _between),
    rule("time_half_ru", r"(?:в |к )?пол(?:овин[ае] )?(?P<hour>\d{1,2}го|перв\w+|втор\w+|трет\w+|четверт\w+|пят\w+|шест\w+|седьм\w+|восьм\w+|девят\w+|десят\w+|одиннадцат\w+|двенадцат\w+)", _half),
    rule("time_second_half", r"(?:во )?второй половин\w+(?: дня|(?! \w))|после обеда|послеобед\w*|after lunch|(?:in the |this )?afternoon",
         _fixed("13:00", "18:00")),
    rule("time_first_half", r"(?:в )?перв\w+ половин\w+ дня|до обеда|before lunch",
         lambda m, at: Span(time_from=at.calendar.day_starts, time_to=time(13))),
    rule("time_before_noon", r"до полудня|before (?:noon|midday)",
         lambda m, at: Span(time_from=at.calendar.day_starts, time_to=time(12))),
    rule("time_lunch", r"(?:в|к|в районе|около|ближе к) обед\w*|в обеденн\w+ перерыв|(?:at|around|over|about) lunch ?(?:time)?",
         _fixed("12:00", "14:00")),
    rule("time_noon", r"в полдень|(?:at |about |around )?(?:noon|midday)", _fixed("11:30", "12:30")),
    rule("time_first_thing", r"(?:прямо |сразу )?с самого утра|первым делом|1th thing|bright and early",
         lambda m, at: Span(time_from=at.calendar.day_starts, time_to=_shift(at.calendar.day_starts, 120))),
    rule("time_morning", r"(?<!\d )(?<!\d\d )(?<!часов )(?<!часа )(?:с |по )?утр(?:а|ом|ечком|ам|у)(?! до)|с утречка|(?:in the |tomorrow )?mornings?",
         lambda m, at: Span(time_from=at.calendar.day_starts, time_to=time(12))),
    rule("time_midday", r"днем|в середине дня|mid ?day", _fixed("12:00", "16:00")),
    rule("time_evening", r"(?:ближе )?(?:к )?вечер(?:ом|у|ком|очком)|под вечер|до вечера|(?:in the |this )?evening|tonight",
         lambda m, at: Span(time_from=time(17), time_to=max(at.calendar.day_ends, time(19)))),
    rule("time_end_of_day", r"(?:до|к|в) кон(?:ца|цу|це) (?:рабочего )?дня|(?:by |before |at )?(?:the )?(?:end of (?:the )?(?:day|play|business)|close of (?:play|business))",
         lambda m, at: Span(time_from=at.calendar.day_starts, time_to=at.calendar.day_ends)),
    rule("time_until", rf"(?:до|к|не позже|не позднее|before|by|till|until|no later than) (?:часов |часам |about |around )?{_HOUR}{_PART}", _until),
    rule("time_after", rf"(?:после|с|не раньше|начиная с|after|from|past|not before|any time after|anytime after) (?:часов |часиков )?{_HOUR}{_PART}", _after),
    rule("time_about", rf"(?:(?:час\w*|где то|примерно) (?:в|к|на) |(?:в|во|около|в районе|к|на|at|about|around|for) (?:час\w+ )?(?:about |around |say )?){_HOUR}{_PART}", _about),
    rule("time_one", r"(?:в|к|около) час(?:у|ика?)?(?: дня)?(?! \d)", _fixed("12:30", "13:30")),
    rule("time_clock", r"(?P<h>\d{1,2}):(?P<m>\d{2})(?: (?P<part>am|pm))?|(?P<h3>\d{1,2}) (?P<part3>am|pm|oclock|часов|часа)(?: (?:вечера|утра|дня))?",
         lambda m, at: _near(_clock(int(m["h"] or m["h3"]), int(m["m"] or 0), m["part"] or m["part3"], at))),
)  # fmt: skip
