"""The owner's daily page as a document: is anything on fire first, lists after it."""

from __future__ import annotations

from qc_workbench.reporting import document as doc
from qc_workbench.reporting.day import Day, MissedCaller, Reached
from qc_workbench.reporting.document import Block, Cell, Document, Section, Table, Tile, Words
from qc_workbench.reporting.month_document import broken_table, padded_table


def day_document(page: Day, words: Words) -> Document:
    """The daily page in the language of ``words``."""
    return Document(
        language=words.language,
        title=words("report.day.title", day=words.day(page.day, "d MMMM y, EEEE")),
        subtitle=page.company,
        made=words("report.made", moment=words.moment(page.moment, "d MMMM y, HH:mm")),
        sections=(
            Section(words("report.day.now"), _now(page, words)),
            Section(words("report.day.missed"), _missed(page, words)),
            Section(words("report.day.suspicious"), (padded_table(page.suspicious, page.names, words),)),
            Section(words("report.day.promises"), _promises(page, words)),
            Section(words("report.day.deals"), _deals(page, words)),
        ),
    )


def _now(page: Day, words: Words) -> tuple[Block, ...]:
    now, then = page.now, page.week_ago
    decisions = page.decisions
    say = words(
        "report.day.decisions",
        n=decisions.total,
        suspicious=words.number(decisions.suspicious_calls),
        refusals=words.number(decisions.false_refusals),
        promises=words.number(decisions.broken_promises),
    )
    then_lost = then.lost_calls.value
    week_ago = words("report.day.week_ago", value=words.number(then.calls))
    tiles = (
        Tile(words("report.calls"), doc.whole(words, now.calls), None, week_ago if then.calls else None),
        Tile(
            words("report.lost_call_rate"),
            doc.percent(words, now.lost_calls.value),
            words("report.of", count=words.number(now.lost_calls.count), of=words.number(now.lost_calls.of)),
            None if then_lost is None else words("report.day.week_ago", value=words.percent(then_lost)),
        ),
        Tile(words("report.day.suspicious"), doc.whole(words, len(page.suspicious))),
        Tile(words("report.day.due_today"), doc.whole(words, page.totals.due_today)),
        Tile(words("report.day.broken"), doc.whole(words, page.totals.broken)),
        Tile(words("report.day.overdue"), doc.whole(words, page.totals.overdue)),
    )
    first: Block = doc.Paragraph(say) if decisions.total else doc.Paragraph(words("report.day.no_decisions"))
    return (first, doc.Tiles(tiles))


def _missed(page: Day, words: Words) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if page.missed:
        counts = page.reached_counts
        blocks.append(
            doc.Paragraph(
                words("report.day.missed_say", n=len(page.missed))
                + " "
                + "; ".join(
                    f"{words(f'report.reached.{how.value}')}: {words.number(count)}"
                    for how, count in counts.items()
                    if count
                )
                + "."
            )
        )
        median = page.median_callback_s
        if median is not None:
            blocks.append(doc.Paragraph(words("report.day.median_callback", n=round(median / 60))))
    rows = tuple(
        (
            doc.moment(words, item.missed_at),
            doc.text(item.client_phone or words("report.hidden_number")),
            doc.text(page.names.get(item.manager_id, item.manager_id)),
            doc.whole(words, item.attempts),
            doc.text(words(f"report.reached.{item.reached.value}")),
            _after(item, words),
        )
        for item in page.missed
    )
    columns = ("when", "client", "agent", "attempts", "reached", "after_minutes")
    blocks.append(
        Table(
            words("report.sheet.missed"),
            tuple(words(f"report.{name}") for name in columns),
            rows,
            words("report.empty.missed"),
            (2.4, 3, 3, 1.5, 4, 2),
        )
    )
    return tuple(blocks)


def _after(item: MissedCaller, words: Words) -> Cell:
    if item.after_s is None or item.reached not in (Reached.BY_US, Reached.BY_CLIENT):
        return doc.number(words, None)
    return doc.number(words, item.after_s / 60, 0)


def _promises(page: Day, words: Words) -> tuple[Block, ...]:
    due = broken_table(page.due_today, page.calls, page.names, words)
    broken = broken_table(page.broken, page.calls, page.names, words)
    return (
        doc.Heading(words("report.day.due_today")),
        Table(words("report.sheet.due_today"), due.columns, due.rows, words("report.empty.due_today"), due.widths),
        *_cut(len(page.due_today), page.totals.due_today, words),
        doc.Heading(words("report.day.broken")),
        broken,
        *_cut(len(page.broken), page.totals.broken, words),
    )


def _cut(shown: int, total: int, words: Words) -> tuple[Block, ...]:
    """Says that a list ends before all of it is shown."""
    if shown == total:
        return ()
    return (doc.Notice(words("report.day.listed", shown=words.number(shown), total=words.number(total))),)


def _deals(page: Day, words: Words) -> tuple[Block, ...]:
    overdue = tuple(
        (
            doc.text(page.names.get(item.activity.manager_id, item.activity.manager_id)),
            doc.text(item.activity.subject or item.activity.activity_id),
            doc.text(item.activity.deal_id),
            Cell("—", None, doc.Form.MOMENT)
            if item.activity.due_at is None
            else doc.moment(words, item.activity.due_at),
            doc.number(words, item.late_days, 1),
        )
        for item in page.overdue
    )
    stuck = tuple(
        (
            doc.text(page.names.get(item.deal.manager_id, item.deal.manager_id)),
            doc.text(item.deal.deal_id),
            doc.text(item.deal.stage),
            doc.number(words, item.days_in_stage, 1),
            doc.whole(words, item.limit_days),
        )
        for item in page.stuck
    )
    return (
        doc.Heading(words("report.day.overdue")),
        Table(
            words("report.sheet.overdue"),
            tuple(words(f"report.{name}") for name in ("agent", "task", "deal", "due", "late_days")),
            overdue,
            words("report.empty.overdue"),
            (3, 6, 2.5, 2.5, 2),
        ),
        *_cut(len(page.overdue), page.totals.overdue, words),
        doc.Heading(words("report.day.stuck")),
        Table(
            words("report.sheet.stuck"),
            tuple(words(f"report.{name}") for name in ("agent", "deal", "stage", "days_in_stage", "limit_days")),
            stuck,
            words("report.empty.stuck"),
            (3, 3, 4, 2, 2),
        ),
        *_cut(len(page.stuck), page.totals.stuck, words),
    )
