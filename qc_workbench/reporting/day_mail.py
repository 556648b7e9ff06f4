"""The daily page as an e-mail: short, readable without pictures and scripts, phones masked, nothing attached.

Programs that show mail know neither style sheets nor SVG: the HTML is tables with styles of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from qc_workbench.domain.mail import Mail
from qc_workbench.reporting.document import Cell, Words
from qc_workbench.reporting.today import Figure, Today
from qc_workbench.reporting.today_lists import DayList, callback_said, listed, outcomes_said, total_of
from qc_workbench.reporting.today_words import alarm_lines, compared_text, control_said, figure_text, note_of

#: Lines of each list: the mail says what there is, the program shows all of it.
_LISTED: Final = 5
_CONTROL: Final = (DayList.OVERDUE, DayList.MOVED, DayList.STUCK, DayList.UNKEPT)
_SHOWN: Final = (DayList.MISSED, DayList.ESCALATED, DayList.BROKEN, DayList.OVERDUE)


@dataclass(frozen=True, slots=True)
class _Line:
    """``note``: what a number is of, how it compares."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    title: str
    lines: tuple[_Line, ...] = ()
    texts: tuple[str, ...] = ()


def day_mail(page: Today, to: str, words: Words) -> Mail:
    """The mail for one address in the language of ``words``."""
    alarms = alarm_lines(page, words)
    parts = (
        _to_decide(page, words),
        _now(page, words),
        _missed(page, words),
        _control(page, words),
        *_lists(page, words),
    )
    title = words("report.day.title", day=words.day(page.day, "d MMMM y, EEEE"))
    code = "mail.day.subject" if alarms else "mail.day.subject_calm"
    day = words.day(page.day, "d MMMM, EEEE")
    subject = words(code, day=day, n=len(alarms), waits=words.number(page.waits))
    shown = {
        "title": title,
        "company": page.company,
        "alarms": alarms,
        "calm": words("today.calm"),
        "parts": tuple(part for part in parts if part.lines or part.texts),
        "foot": words("mail.day.foot"),
    }
    return Mail(to, subject, _text(shown), _template().render(**shown, language=words.language))


def _to_decide(page: Today, words: Words) -> _Part:
    lines = tuple(
        _Line(words(f"waiting.{item.code}"), words.number(item.count)) for item in page.to_decide if item.count
    )
    return _Part(words("overview.waits"), lines, () if lines else (words("report.day.no_decisions"),))


def _now(page: Today, words: Words) -> _Part:
    lines = [
        _Line(
            words(f"today.figure.{figure.value}"),
            figure_text(page, figure, words),
            "; ".join(filter(None, (note_of(page, figure, words), compared_text(page, figure, words)))),
        )
        for figure in Figure
    ]
    lines += [
        _Line(words(f"today.list.{which.value}"), words.number(total_of(page, which)))
        for which in (DayList.DUE_TODAY, DayList.BROKEN)
    ]
    return _Part(words("report.day.now"), tuple(lines))


def _missed(page: Today, words: Words) -> _Part:
    said = outcomes_said(page, words) if page.numbers.inbound else words("today.no_inbound")
    return _Part(words("report.day.missed"), (), tuple(filter(None, (said, callback_said(page, words)))))


def _control(page: Today, words: Words) -> _Part:
    lines = tuple(_Line(words(f"today.list.{which.value}"), words.number(total_of(page, which))) for which in _CONTROL)
    return _Part(words("today.control"), lines, (control_said(page, words),))


def _lists(page: Today, words: Words) -> list[_Part]:
    """The first lines of what burns most, a line a row."""
    parts = []
    for which in _SHOWN:
        found = listed(page, which, words)
        texts = [_row(found.columns, row) for row in found.rows[:_LISTED]]
        if not texts:
            continue
        if len(texts) < found.total:
            texts.append(words("today.cut", shown=words.number(len(texts)), total=words.number(found.total)))
        parts.append(_Part(words(f"today.list.{which.value}"), (), tuple(texts)))
    return parts


def _row(columns: tuple[str, ...], row: tuple[Cell, ...]) -> str:
    """A line of a list: a number says what it is."""
    cells = [(name, cell) for name, cell in zip(columns, row, strict=True) if cell.text != "—"]
    return " · ".join(f"{name}: {cell.text}" if cell.is_numeric else cell.text for name, cell in cells)


def _text(shown: Mapping[str, object]) -> str:
    """The same as plain text."""
    company, alarms, parts = shown["company"], shown["alarms"], shown["parts"]
    lines = [str(shown["title"]), *([str(company)] if company else []), ""]
    assert isinstance(alarms, tuple)
    assert isinstance(parts, tuple)
    lines += [f"! {alarm}" for alarm in alarms] or [str(shown["calm"])]
    for part in parts:
        lines += ["", part.title.upper()]
        lines += part.texts
        lines += [f"{line.label}: {line.value}{f' ({line.note})' if line.note else ''}" for line in part.lines]
    return "\n".join([*lines, "", str(shown["foot"]), ""])


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("qc_workbench.reporting", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("day_mail.html.j2")
