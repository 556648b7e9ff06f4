"""What the daily page says in words: what is on fire, and how each number compares."""

from __future__ import annotations

from qc_workbench.reporting.comparing import Trend
from qc_workbench.reporting.document import Words
from qc_workbench.reporting.today import Figure, Today, count_of


def alarm_lines(page: Today, words: Words) -> tuple[str, ...]:
    """A sentence for each thing that is on fire; none where nothing is."""
    return tuple(words(f"today.alarm.{alarm.value}", n=count) for alarm, count in page.alarms.items())


def figure_text(page: Today, figure: Figure, words: Words) -> str:
    if figure is Figure.LOST_RATE:
        value = page.lost_rate.value
        return "—" if value is None else words.percent(value)
    if _is_unknown(page, figure):
        return "—"
    return words.number(count_of(page.numbers, figure))


def compared_text(page: Today, figure: Figure, words: Words) -> str:
    """«неделю назад 12, обычно 10,5: как обычно». Nothing to compare with is said, not hidden; "" where the number
    itself is not known, which :func:`note_of` says."""
    if _is_unknown(page, figure):
        return ""
    found = page.compared(figure)
    if found.usual is None:
        return words("today.nothing_before")
    if figure is Figure.LOST_RATE and not page.numbers.inbound:
        return words("today.no_inbound")
    if not count_of(page.numbers, figure) and not found.usual and not found.week_ago:
        return words("trend.usual")
    is_share = figure is Figure.LOST_RATE

    def said(value: float | None, digits: int) -> str:
        if value is None:
            return "—"
        return words.percent(value) if is_share else words.number(value, digits)

    usual = said(found.usual, 0 if found.usual == int(found.usual) else 1)
    ago = said(found.week_ago, 0)
    if found.trend is Trend.UNKNOWN:
        return words("today.too_little", ago=ago)
    return words("today.beside", ago=ago, usual=usual, trend=words(f"trend.{found.trend.value}"))


def note_of(page: Today, figure: Figure, words: Words) -> str | None:
    """What a number is of, where it is of something."""
    numbers = page.numbers
    if figure is Figure.LOST_RATE and numbers.inbound:
        return words("today.of_inbound", missed=words.number(numbers.missed), inbound=words.number(numbers.inbound))
    if _is_unknown(page, figure):
        return words("today.roles_unknown")
    return None


def _is_unknown(page: Today, figure: Figure) -> bool:
    """Calls were answered and telephony says of none by whom: that nobody escalated is then not known."""
    numbers = page.numbers
    return figure is Figure.ESCALATED and not numbers.roles_known and numbers.inbound > numbers.missed


def control_said(page: Today, words: Words) -> str:
    """Of which moment the control is, and how it came to be."""
    control = page.control
    at = words.moment(control.at, "HH:mm")
    if not control.is_frozen or control.taken_at is None:
        return words("today.control_live" if not page.is_over else "today.control_reckoned", at=at)
    taken = words.moment(control.taken_at)
    if control.data_until is None:
        return words("today.control_without_data", at=at, taken=taken)
    return words("today.control_frozen", at=at, taken=taken, data=words.moment(control.data_until))
