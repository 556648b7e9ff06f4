"""Section 1 of the monthly report as blocks: how the month went, in words, figures, plots and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qc_workbench.reporting import document as doc
from qc_workbench.reporting import month_indicators
from qc_workbench.reporting.callbacks import CallBack
from qc_workbench.reporting.document import Block, Cell, Link, Table, Words
from qc_workbench.reporting.indicators import ENOUGH
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_figures import Figures
from qc_workbench.reporting.month_sentences import in_words
from qc_workbench.reporting.month_table import month_table
from qc_workbench.reporting.plots import BLUE, GREEN, GREY, ORANGE, RED, plot_of_bars, plot_of_groups
from qc_workbench.reporting.sales import Sales, Spread
from qc_workbench.reporting.share import Share

_COLOUR_OF: Final[Mapping[CallBack, str]] = {
    CallBack.IN_TIME: GREEN, CallBack.LATE: BLUE, CallBack.OWN_TRY: BLUE, CallBack.TRIED: ORANGE,
    CallBack.NEVER: RED, CallBack.HIDDEN: GREY,
}  # fmt: skip


def dynamics(month: Month, words: Words) -> tuple[Block, ...]:
    now, sales = month.dynamics.now, month.sales
    blocks: list[Block] = []
    if not month.is_complete:
        blocks.append(doc.Notice(words("report.month.goes_on", moment=words.moment(month.as_of, "d MMMM, HH:mm"))))
    if not now.calls:
        blocks.append(doc.Notice(words("report.month.no_calls")))
    blocks.append(doc.Paragraph(in_words(now, month.dynamics.verified_share, words)))
    blocks += month_indicators.paragraphs(_sales_in_words(sales, words))
    blocks += month_indicators.paragraphs(
        [
            *month_indicators.changes_in_words(sales.indicators, words),
            *month_indicators.targets_in_words(sales.indicators, words),
        ]
    )
    blocks.append(doc.Tiles(month_indicators.tiles(sales.indicators, words, _opens(month))))
    blocks.append(doc.Heading(words("report.month.indicators")))
    blocks.append(month_indicators.table(sales.indicators, words))
    return (*blocks, *_weeks(month.dynamics.weeks, words), *_stages(sales, words), *_sources(sales, words),
            *_missed(sales, words))  # fmt: skip


def span_of(month: Month) -> dict[str, str]:
    """The month as the address of a room says it."""
    return {"from": month.days.first_day.isoformat(), "to": month.days.last_day.isoformat()}


def _opens(month: Month) -> dict[str, Link]:
    span = span_of(month)
    return {
        "crm_effective": Link("call", span | {"talk": "examined"}),
        "verified_share": Link("call", span | {"talk": "real"}),
        "lost_call_rate": Link("call", span),
    }


def _sales_in_words(sales: Sales, words: Words) -> list[str]:
    sentences = []
    rate = sales.indicator("win_rate")
    if rate is not None and rate.now.value is not None:
        interval = month_indicators.interval_text(rate, rate.now, words)
        sentences.append(
            words(
                "month_say.win_rate", n=rate.now.cases,
                share=words.percent(float(rate.now.value)), interval=interval or "—",
            )
        )  # fmt: skip
        if rate.now.cases < ENOUGH:
            sentences.append(words("month_say.win_rate_few"))
    average = sales.indicator("average_deal")
    if average is not None and average.now.value is not None:
        said = month_indicators.said_value(average, average.now.value, words)
        sentences.append(words("month_say.average", value=said, n=average.now.cases))
    if sales.cycle is not None:
        sentences.append(_spread_says("month_say.cycle", sales.cycle, words))
    steps = {code: sales.indicator(code) for code in ("meetings_set", "meetings_held", "proposals_sent")}
    counts = {code: int(item.now.value or 0) for code, item in steps.items() if item is not None}
    if any(counts.values()):
        said_counts = {code: words.number(count) for code, count in counts.items()}
        sentences.append(words("month_say.steps", **said_counts))
    return sentences


def _spread_says(code: str, spread: Spread, words: Words) -> str:
    """The median, and the quartiles where there are enough for them to mean anything."""
    middle = doc.hundredth(words, spread.middle).text
    if spread.cases < ENOUGH:
        return words(f"{code}_few", n=spread.cases, middle=middle)
    low, high = doc.hundredth(words, spread.low).text, doc.hundredth(words, spread.high).text
    return words(code, n=spread.cases, middle=middle, low=low, high=high)


def _weeks(weeks: tuple[Figures, ...], words: Words) -> tuple[Block, ...]:
    labels = [
        f"{words.day(week.days.first_day, 'd')}–{words.day(week.days.last_day, 'd MMM')}"
        if week.days.first_day != week.days.last_day
        else words.day(week.days.first_day, "d MMM")
        for week in weeks
    ]
    title = words("report.month.weeks")
    plot = plot_of_groups(
        labels,
        {
            words("report.crm_effective"): [week.crm_effective for week in weeks],
            words("report.examined"): [week.examined for week in weeks],
            words("report.verified"): [week.verified for week in weeks],
        },
        (GREY, ORANGE, BLUE),
        words("report.calls"),
        title,
        words("report.month.weeks_plot"),
    )
    return doc.Heading(title), plot, _weeks_table(labels, weeks, words)


def _weeks_table(labels: list[str], weeks: tuple[Figures, ...], words: Words) -> Table:
    rows = tuple(
        (
            doc.text(label),
            doc.whole(words, week.calls),
            doc.whole(words, week.answered),
            doc.percent(words, week.lost_calls.value),
            doc.whole(words, week.crm_effective),
            doc.whole(words, week.examined),
            doc.whole(words, week.verified),
            doc.whole(words, week.deals_won),
            doc.money(words, week.amount_won),
            doc.whole(words, week.deals_lost),
        )
        for label, week in zip(labels, weeks, strict=True)
    )
    columns = (
        "week", "calls", "answered", "lost_call_rate", "crm_effective", "examined", "verified", "deals_won",
        "amount_won", "deals_lost",
    )  # fmt: skip
    return month_table(words, "weeks", columns, rows)


def _shared(share: Share, words: Words) -> tuple[Cell, Cell]:
    """A share and its interval."""
    return (
        doc.percent(words, share.value),
        doc.text(doc.interval(words, share.interval) if share.of else None),
    )


def _stages(sales: Sales, words: Words) -> tuple[Block, ...]:
    heading = doc.Heading(words("report.month.stages"))
    if not sales.has_stage_history:
        return heading, doc.Notice(words("month_say.no_stage_history"))
    rows = tuple(
        (
            doc.text(line.now.stage),
            doc.whole(words, line.now.entered),
            doc.whole(words, line.now.moved),
            doc.whole(words, line.now.won),
            doc.whole(words, line.now.lost),
            doc.whole(words, line.now.waiting),
            *_shared(line.conversion, words),
            doc.percent(words, line.conversion_before.value),
            doc.whole(words, line.now.won_ever),
        )
        for line in sales.stages
    )
    columns = (
        "stage", "entered", "moved", "stage_won", "stage_lost", "waiting", "conversion", "interval", "month_before",
        "won_ever",
    )  # fmt: skip
    table = month_table(
        words, "stages", columns, rows, (2.6, 1.4, 1.4, 1.4, 1.5, 1.6, 1.6, 1.8, 1.7, 1.7), empty="stages"
    )
    blocks: list[Block] = [heading, doc.Paragraph(words("month_say.stages"))]
    if sales.stages:
        blocks.append(
            plot_of_groups(
                [line.now.stage for line in sales.stages],
                {
                    words("report.on"): [line.now.moved + line.now.won for line in sales.stages],
                    words("report.waiting"): [line.now.waiting for line in sales.stages],
                    words("report.stage_lost"): [line.now.lost for line in sales.stages],
                },
                (GREEN, GREY, RED),
                words("report.deals"),
                words("report.month.stages"),
                words("report.month.stages_plot"),
            )
        )
    return (*blocks, table)


def source_name(source: str | None, words: Words) -> str:
    return source or words("report.no_source")


def _sources(sales: Sales, words: Words) -> tuple[Block, ...]:
    rows = tuple(
        (
            doc.text(source_name(line.source, words)),
            doc.whole(words, line.created),
            doc.whole(words, line.won),
            doc.whole(words, line.lost),
            *_shared(line.win_rate, words),
            doc.money(words, line.revenue),
            doc.whole(words, line.lost_calls.of),
            doc.whole(words, line.lost_calls.count),
            doc.percent(words, line.lost_calls.value),
        )
        for line in sales.sources
    )
    columns = (
        "source", "deals_created", "deals_won", "deals_lost", "win_rate", "interval", "amount_won", "inbound",
        "lost_calls", "lost_call_rate",
    )  # fmt: skip
    blocks: list[Block] = [doc.Heading(words("report.month.sources"))]
    if len(sales.sources) > 1:  # one alone has nothing to stand beside
        blocks.append(
            plot_of_groups(
                [source_name(line.source, words) for line in sales.sources[:12]],
                {
                    words("report.deals_created"): [line.created for line in sales.sources[:12]],
                    words("report.deals_won"): [line.won for line in sales.sources[:12]],
                    words("report.deals_lost"): [line.lost for line in sales.sources[:12]],
                },
                (GREY, GREEN, RED),
                words("report.deals"),
                words("report.month.sources"),
                words("report.month.sources_plot"),
            )
        )
    return (
        *blocks,
        month_table(
            words, "sources", columns, rows, (2.4, 1.4, 1.5, 1.5, 1.5, 1.8, 2.4, 1.5, 1.5, 1.5), empty="sources"
        ),
    )


def _missed(sales: Sales, words: Words) -> tuple[Block, ...]:
    heading = doc.Heading(words("report.month.callers"))
    total = sum(sales.callers.values())
    if not total:
        return heading, doc.Paragraph(words("report.empty.callers"))
    sentences = [words("month_say.callers", n=total)]
    if sales.response is not None:
        sentences.append(_spread_says("month_say.response", sales.response, words))
        in_time, late = (words.number(sales.callers[how]) for how in (CallBack.IN_TIME, CallBack.LATE))
        sentences.append(words("month_say.in_time", n=sales.callback_minutes, in_time=in_time, late=late))
    never = sales.indicator("never_called_back")
    if never is not None and never.now.value is not None:
        count = sales.callers[CallBack.NEVER] + sales.callers[CallBack.TRIED]
        sentences.append(words("month_say.never", n=count, of=words.number(never.now.cases)))
    named = [(words(f"callback.{how.value}"), count, _COLOUR_OF[how]) for how, count in sales.callers.items()]
    rows = tuple(
        (
            doc.text(words(f"callback.{how.value}")),
            doc.whole(words, count),
            doc.percent(words, count / total),
            doc.whole(words, sales.callers_before[how]),
        )
        for how, count in sales.callers.items()
    )
    columns = ("reached", "callers", "drawn_share", "month_before")
    return (
        heading,
        doc.Paragraph(" ".join(sentences)),
        plot_of_bars(
            [item for item in named if item[1]], words("report.callers"), words("report.month.callers"),
            words("report.month.callers_plot"),
        ),
        month_table(words, "callers", columns, rows),
    )  # fmt: skip
