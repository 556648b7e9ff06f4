"""Indicators in words: a value, its change, its target. Nothing is said that the rule of its kind does not allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Link, Table, Tile, Words
from qc_workbench.reporting.indicators import ENOUGH, Change, Indicator, Kind, Reach, Reading
from qc_workbench.reporting.month_table import month_table

#: The tiles, in order; the table has all.
_TILES: Final = (
    "revenue", "deals_won", "win_rate", "average_deal", "cycle_days", "meetings_held", "proposals_sent",
    "crm_effective", "verified_share", "lost_call_rate", "response_minutes", "never_called_back",
)  # fmt: skip


def label(item: Indicator, words: Words, several: bool = False) -> str:
    """``several``: there are other currencies, so this one is named."""
    name = words(f"indicator.{item.code}")
    return f"{name}, {item.currency}" if several and item.currency else name


def value_cell(item: Indicator, value: Decimal | float | int | None, words: Words) -> Cell:
    """A value in the unit of its kind."""
    match item.kind:
        case Kind.COUNT:
            return Cell("—", None, doc.Form.INTEGER) if value is None else doc.whole(words, int(value))
        case Kind.SHARE:
            return doc.percent(words, None if value is None else float(value))
        case Kind.MONEY:
            return doc.sum_of(words, value, item.currency or "")
        case Kind.DAYS | Kind.MINUTES:
            return doc.hundredth(words, None if value is None else float(value))


def said_value(item: Indicator, value: Decimal | float | int | None, words: Words) -> str:
    """With its unit, for a sentence or a tile."""
    text = value_cell(item, value, words).text
    if value is None or item.kind not in (Kind.DAYS, Kind.MINUTES):
        return text
    if item.kind is Kind.MINUTES and float(value) >= 120:
        return words("month_say.hours", value=doc.hundredth(words, float(value) / 60).text)
    return words(f"month_say.{item.kind.value}", value=text)


def interval_text(item: Indicator, reading: Reading, words: Words) -> str | None:
    """The 95 % interval of a share or a middle value; None where there is none or it says nothing."""
    if reading.low is None or reading.high is None or reading.value is None:
        return None
    if item.kind is Kind.SHARE:
        return doc.interval(words, (reading.low, reading.high))
    if reading.cases < ENOUGH:
        return None
    if item.kind is Kind.MONEY:
        low = max(Decimal(0), Decimal(str(round(reading.low, 2))))
        return f"{words.number(low)}–{said_value(item, Decimal(str(round(reading.high, 2))), words)}"
    return f"{doc.hundredth(words, reading.low).text}–{said_value(item, reading.high, words)}"


def tiles(items: Sequence[Indicator], words: Words, opens: dict[str, Link]) -> tuple[Tile, ...]:
    found: list[Tile] = []
    for code in _TILES:
        item = next((one for one in items if one.code == code and one.now.value is not None), None)
        if item is None:
            continue
        interval = interval_text(item, item.now, words) if item.kind is not Kind.MONEY else None
        notes = [
            words("month_say.interval", interval=interval) if interval else None,
            words("month_say.thin", n=item.now.cases) if _is_thin(item) else None,
            words("month_say.target", target=said_value(item, item.target, words), reach=words(f"reach.{item.reach}"))
            if item.reach
            else None,
        ]
        found.append(
            Tile(
                label(item, words),
                Cell(said_value(item, item.now.value, words), *_book(item, words)),
                "; ".join(filter(None, notes)) or None,
                against(item, words),
                item.code,
                opens.get(item.code),
            )
        )
    return tuple(found)


def _book(item: Indicator, words: Words) -> tuple[str | int | float | Decimal | None, doc.Form]:
    cell = value_cell(item, item.now.value, words)
    assert not hasattr(cell.value, "year")
    return cell.value, cell.form


def _is_thin(item: Indicator) -> bool:
    return item.kind is not Kind.COUNT and 0 < item.now.cases < ENOUGH


def against(item: Indicator, words: Words) -> str | None:
    """«Месяцем раньше 42 000 ₽: мало случаев, чтобы судить»."""
    if item.before is None or item.before.value is None:
        return None
    then = said_value(item, item.before.value, words)
    return words("month_say.before", value=then, change=words(f"change.{item.change.value}"))


def table(items: Sequence[Indicator], words: Words) -> Table:
    """All of them: this month, the month before, what may be said of the change, the target."""
    several = len({item.currency for item in items if item.currency}) > 1
    has_targets = any(item.target for item in items)
    rows = []
    for item in items:
        row = [
            doc.text(label(item, words, several) + _unit(item, words)),
            value_cell(item, item.now.value, words),
            doc.whole(words, item.now.cases),
            doc.text(interval_text(item, item.now, words)),
            value_cell(item, item.before.value if item.before else None, words),
            doc.text(words(f"change.{item.change.value}")),
        ]
        if has_targets:
            row.append(value_cell(item, item.target, words) if item.target else Cell("—", None, doc.Form.NUMBER))
            row.append(doc.text(words(f"reach.{item.reach.value}") if item.reach else None))
        rows.append(tuple(row))
    columns = ("metric", "value", "cases", "interval", "month_before", "change", "target", "reach")
    widths = (4, 2.2, 1.5, 2.2, 2.2, 3.2, 2, 2.2)
    shown = len(columns) if has_targets else len(columns) - 2
    return month_table(words, "indicators", columns[:shown], rows, widths[:shown])


def _unit(item: Indicator, words: Words) -> str:
    return words(f"month_say.unit_{item.kind.value}") if item.kind in (Kind.DAYS, Kind.MINUTES) else ""


def _within(item: Indicator, words: Words) -> str:
    """The name inside a sentence: only its first letter small, as CRM stays CRM."""
    name = words(f"indicator.{item.code}")
    return name[:1].lower() + name[1:]


def changes_in_words(items: Iterable[Indicator], words: Words) -> list[str]:
    """What rose, what fell, what stayed within chance, of what there is too little: a sentence each, where it is so."""
    known = [item for item in items if item.before is not None and item.before.value is not None]
    sentences = []
    for change in (Change.UP, Change.DOWN):
        named = [
            words(
                "month_say.from_to",
                name=_within(item, words),
                then=said_value(item, item.before.value if item.before else None, words),
                now=said_value(item, item.now.value, words),
            )
            for item in known
            if item.change is change
        ]
        if named:
            sentences.append(words(f"month_say.{change.value}", list="; ".join(named)))
    for change in (Change.CHANCE, Change.FEW, Change.PARTIAL):
        names = [_within(item, words) for item in known if item.change is change]
        if names:
            sentences.append(words(f"month_say.{change.value}", list=", ".join(dict.fromkeys(names))))
    return sentences


def targets_in_words(items: Iterable[Indicator], words: Words) -> list[str]:
    wanted = [item for item in items if item.reach is not None]
    sentences = []
    for reach in Reach:
        named = [
            words(
                "month_say.of_target", name=_within(item, words),
                now=said_value(item, item.now.value, words), target=said_value(item, item.target, words),
            )
            for item in wanted
            if item.reach is reach
        ]  # fmt: skip
        if named:
            sentences.append(words(f"month_say.reach_{reach.value}", list="; ".join(named)))
    return sentences


def paragraphs(sentences: Sequence[str]) -> tuple[Block, ...]:
    return (doc.Paragraph(" ".join(sentences)),) if sentences else ()
