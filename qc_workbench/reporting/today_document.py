"""The daily page as a document: what needs a decision first, then whether it burns, then the lists."""

from __future__ import annotations

from qc_workbench.reporting import document as doc
from qc_workbench.reporting.day_plots import history_plot, hours_plot
from qc_workbench.reporting.document import Block, Document, Heading, Notice, Paragraph, Section, Tile, Tiles, Words
from qc_workbench.reporting.today import Figure, Today
from qc_workbench.reporting.today_lists import DayList, callback_said, listed, outcomes_said, table_of, total_of
from qc_workbench.reporting.today_words import alarm_lines, compared_text, control_said, figure_text, note_of

_CONTROL = (DayList.OVERDUE, DayList.MOVED, DayList.STUCK, DayList.UNKEPT)
_STEPS = (DayList.MEETINGS_SET, DayList.MEETINGS_HELD, DayList.PROPOSALS_SENT)


def today_document(page: Today, words: Words) -> Document:
    """The page in the language of ``words``."""
    return Document(
        language=words.language,
        title=words("report.day.title", day=words.day(page.day, "d MMMM y, EEEE")),
        subtitle=page.company,
        made=words("report.made", moment=words.moment(page.moment, "d MMMM y, HH:mm")),
        sections=(
            Section(words("overview.waits"), _to_decide(page, words)),
            Section(words("report.day.now"), _now(page, words)),
            Section(words("report.day.missed"), _missed(page, words)),
            Section(words("today.list.escalated"), _lists(page, (DayList.ESCALATED,), words)),
            Section(words("report.day.suspicious"), _lists(page, (DayList.SUSPICIOUS,), words)),
            Section(
                words("report.day.promises"), _lists(page, (DayList.DUE_TODAY, DayList.BROKEN), words, headed=True)
            ),
            Section(words("today.control"), _control(page, words)),
            Section(words("today.steps"), _lists(page, _STEPS, words, headed=True)),
        ),
    )


def _to_decide(page: Today, words: Words) -> tuple[Block, ...]:
    waiting = [item for item in page.to_decide if item.count]
    if not waiting:
        return (Paragraph(words("report.day.no_decisions")),)
    return (Tiles(tuple(Tile(words(f"waiting.{item.code}"), doc.whole(words, item.count)) for item in waiting)),)


def _now(page: Today, words: Words) -> tuple[Block, ...]:
    alarms = alarm_lines(page, words)
    first: tuple[Block, ...] = tuple(map(Notice, alarms)) or (Paragraph(words("today.calm")),)
    tiles = [
        Tile(
            words(f"today.figure.{figure.value}"),
            doc.percent(words, page.lost_rate.value)
            if figure is Figure.LOST_RATE
            else doc.text(figure_text(page, figure, words)),
            note_of(page, figure, words),
            compared_text(page, figure, words),
        )
        for figure in Figure
    ]
    tiles += [
        Tile(words(f"today.list.{which.value}"), doc.whole(words, total_of(page, which)))
        for which in (DayList.DUE_TODAY, DayList.BROKEN, *_CONTROL)
    ]
    return (*first, Tiles(tuple(tiles)), Paragraph(words("today.compared_how")))


def _missed(page: Today, words: Words) -> tuple[Block, ...]:
    said = callback_said(page, words)
    plot = hours_plot(page, words)
    return (
        Paragraph(outcomes_said(page, words)),
        *((Paragraph(said),) if said else ()),
        *((plot,) if plot else ()),
        *_lists(page, (DayList.MISSED,), words),
    )


def _control(page: Today, words: Words) -> tuple[Block, ...]:
    plot = history_plot(page, words)
    return (
        Paragraph(control_said(page, words)),
        *((plot,) if plot else ()),
        *_lists(page, _CONTROL, words, headed=True),
    )


def _lists(page: Today, lists: tuple[DayList, ...], words: Words, *, headed: bool = False) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for which in lists:
        if headed:
            blocks.append(Heading(words(f"today.list.{which.value}")))
        blocks.append(table_of(page, which, words))
        found = listed(page, which, words)
        if len(found.rows) < found.total:
            shown, total = words.number(len(found.rows)), words.number(found.total)
            blocks.append(Notice(words("report.day.listed", shown=shown, total=total)))
    return tuple(blocks)
