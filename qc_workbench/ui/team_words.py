"""Scores, limits and places in words."""

from __future__ import annotations

from datetime import date, timedelta

from qc_workbench.sampling.estimates import Estimate
from qc_workbench.sampling.ranking import Place
from qc_workbench.sampling.trends import Change, Span, first_of
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.team import Part


def points(value: float | None, t: Translator) -> str:
    """A score as people say it: no more digits than it deserves, and 100 only where it is 100."""
    if value is None:
        return "—"
    return t.number(min(value, 99.0) if 99 < value < 100 else value)


def limits(estimate: Estimate, t: Translator) -> str:
    if estimate.low is None or estimate.high is None:
        return "—"
    return t("team.interval", low=points(estimate.low, t), high=points(estimate.high, t))


def signed(value: float, t: Translator, digits: int = 0) -> str:
    rounded = round(value, digits)
    text = t.number(abs(rounded), digits)
    return f"+{text}" if rounded > 0 else f"−{text}" if rounded < 0 else text


def change_text(change: Change | None, t: Translator, digits: int = 0) -> str:
    """The change with its limits."""
    if change is None:
        return "—"
    value, low, high = (signed(each, t, digits) for each in (change.value, change.low, change.high))
    return t("team.value_interval", value=value, low=low, high=high)


def change_code(change: Change) -> str:
    """``up``, ``down``, or ``same`` where it is not certain that there is a change."""
    return "same" if not change.is_certain else "up" if change.value > 0 else "down"


def judged_change(change: Change | None, t: Translator) -> str:
    """The change and whether there is one at all."""
    if change is None:
        return "—"
    return t(f"team.{change_code(change)}", text=change_text(change, t))


def place_text(place: Place[str] | None, t: Translator) -> str:
    if place is None:
        return "—"
    return t.number(place.first) if place.first == place.last else f"{t.number(place.first)}–{t.number(place.last)}"


def part_text(part: Part, t: Translator) -> str:
    return t("team.of", n=t.number(part.n), of=t.number(part.of)) if part.of else "—"


def needed_text(needed: int, t: Translator) -> str:
    return t("team.needed", n=needed) if needed else t("team.enough")


def period_name(first: date, span: Span, t: Translator, today: date) -> str:
    match span:
        case Span.WEEK:
            last = first + timedelta(days=6)
            begin = t.day(first, "d" if first.month == last.month else "d MMM")
            name = f"{begin}–{t.day(last, 'd MMM y')}"
        case Span.MONTH:
            name = t.day(first, "LLLL y")
        case Span.QUARTER:
            name = t("team.quarter", number=(first.month + 2) // 3, year=first.year)
    return t("team.running", period=name) if first == first_of(today, span) else name
