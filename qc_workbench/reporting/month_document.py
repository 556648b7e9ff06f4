"""«Большая сестра» as a document: the four sections, in words, tables and plots."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import BROKEN_OUTCOMES, Commitment, CommitmentOutcome
from qc_workbench.domain.flag import Evidence, Side
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Document, Section, Table, Tile, Words, named
from qc_workbench.reporting.month import AgentResult, Figures, Month, PaddedCall
from qc_workbench.reporting.month_sentences import in_words
from qc_workbench.reporting.plots import BLUE, GREEN, GREY, ORANGE, RED, bars, grouped_bars


def month_document(month: Month, words: Words) -> Document:
    """The report in the language of ``words``."""
    return Document(
        language=words.language,
        title=words("report.month.title"),
        subtitle=", ".join(filter(None, (month.company, words.day(month.days.first_day, "LLLL y")))),
        made=words("report.made", moment=words.moment(month.as_of, "d MMMM y, HH:mm")),
        sections=(
            Section(words("report.month.dynamics"), _dynamics(month, words)),
            Section(words("report.month.investigation"), (doc.Notice(words("report.month.investigation_none")),)),
            Section(words("report.month.analysis"), _analysis(month, words)),
            Section(words("report.month.results"), _results(month, words)),
        ),
    )


def _dynamics(month: Month, words: Words) -> tuple[Block, ...]:
    now, before = month.dynamics.now, month.dynamics.before
    blocks: list[Block] = []
    if not month.is_complete:
        blocks.append(doc.Notice(words("report.month.goes_on", moment=words.moment(month.as_of, "d MMMM, HH:mm"))))
    if not now.calls:
        blocks.append(doc.Notice(words("report.month.no_calls")))
    blocks.append(doc.Paragraph(in_words(now, month.dynamics.verified_share, words)))
    blocks.append(doc.Tiles(_tiles(now, before, words)))
    weeks = month.dynamics.weeks
    labels = [
        f"{words.day(week.days.first_day, 'd')}–{words.day(week.days.last_day, 'd MMM')}"
        if week.days.first_day != week.days.last_day
        else words.day(week.days.first_day, "d MMM")
        for week in weeks
    ]
    blocks.append(doc.Heading(words("report.month.weeks")))
    blocks.append(
        doc.Plot(
            grouped_bars(
                labels,
                {
                    words("report.crm_effective"): [week.crm_effective for week in weeks],
                    words("report.examined"): [week.examined for week in weeks],
                    words("report.verified"): [week.verified for week in weeks],
                },
                (GREY, ORANGE, BLUE),
                words("report.calls"),
            ),
            words("report.month.weeks_plot"),
        )
    )
    blocks.append(_weeks_table(labels, weeks, words))
    return tuple(blocks)


def _tiles(now: Figures, before: Figures | None, words: Words) -> tuple[Tile, ...]:
    def change(then: int | None, value: int) -> str | None:
        if then is None:
            return None
        return words("report.before", value=words.number(then), change=_signed(value - then, words))

    before_lost = before.lost_calls.value if before else None
    return (
        Tile(
            words("report.calls"),
            doc.whole(words, now.calls),
            None,
            change(before.calls if before else None, now.calls),
        ),
        Tile(
            words("report.lost_call_rate"),
            doc.percent(words, now.lost_calls.value),
            words("report.of", count=words.number(now.lost_calls.count), of=words.number(now.lost_calls.of)),
            None if before_lost is None else words("report.before_share", value=words.percent(before_lost)),
        ),
        Tile(
            words("report.crm_effective"),
            doc.whole(words, now.crm_effective),
            None,
            change(before.crm_effective if before else None, now.crm_effective),
        ),
        Tile(
            words("report.verified"),
            doc.whole(words, now.verified),
            words("report.of_examined", n=now.examined),
            change(before.verified if before else None, now.verified),
        ),
        Tile(
            words("report.deals_won"),
            doc.whole(words, now.deals_won),
            _amount(now.amount_won, words),
            change(before.deals_won if before else None, now.deals_won),
        ),
        Tile(
            words("report.deals_lost"),
            doc.whole(words, now.deals_lost),
            _amount(now.amount_lost, words),
            change(before.deals_lost if before else None, now.deals_lost),
        ),
    )


def _amount(amounts: Mapping[str, Decimal], words: Words) -> str | None:
    return doc.money(words, amounts).text if amounts else None


def _signed(value: int, words: Words) -> str:
    return f"+{words.number(value)}" if value > 0 else words.number(value).replace("-", "−")


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
    return Table(words("report.sheet.weeks"), tuple(words(f"report.{name}") for name in columns), rows)


def _analysis(month: Month, words: Words) -> tuple[Block, ...]:
    analysis = month.analysis
    sampled_rows = tuple(
        (
            doc.text(words(f"report.direction.{item.direction.value}")),
            doc.whole(words, item.drawn.of),
            doc.whole(words, item.drawn.count),
            doc.percent(words, item.drawn.value),
            doc.whole(words, item.listened),
        )
        for item in analysis.sampled
    )
    outcomes = [(outcome, count) for outcome, count in analysis.promises.items() if count]
    false_rows = tuple(
        (
            doc.text(item.deal_id),
            doc.text(_manager_name(item.call_id, month.calls, month.names)),
            doc.text(item.call_id),
            doc.text(words(f"report.refusal.{item.client_said.value}")),
            doc.text(f"«{item.quote}»" if item.quote else None),
        )
        for item in analysis.false_refusals
    )
    promises: list[Block] = [doc.Heading(words("report.month.promises"))]
    if outcomes:
        plot = bars(
            ((words(f"outcome.{code.value}"), count, _colour(code)) for code, count in outcomes),
            words("report.promises"),
        )
        promises.append(doc.Plot(plot, words("report.month.promises_plot")))
    promises.append(broken_table(analysis.broken, month.calls, month.names, words))
    refusals: list[Block] = []
    if any(analysis.refusals.values()):
        counts = {code.value: words.number(count) for code, count in analysis.refusals.items()}
        refusals.append(doc.Paragraph(words("report.say.refusals", **counts)))
    return (
        doc.Heading(words("report.month.padded")),
        *_suspicious(month, words),
        doc.Heading(words("report.month.sampled")),
        Table(
            words("report.sheet.sampled"),
            tuple(words(f"report.{name}") for name in ("direction", "answered", "drawn", "drawn_share", "listened")),
            sampled_rows,
        ),
        *promises,
        doc.Heading(words("report.month.refusals")),
        *refusals,
        Table(
            words("report.sheet.refusals"),
            tuple(words(f"report.{name}") for name in ("deal", "agent", "call", "client_said", "quote")),
            false_rows,
            words("report.empty.false_refusals"),
            (2, 2, 2, 2, 5),
        ),
    )


def _suspicious(month: Month, words: Words) -> list[Block]:
    """What was found, and how much of the month it was looked for in: silence is no verdict."""
    analysis, now = month.analysis, month.dynamics.now
    unknown = now.crm_effective - now.examined
    blocks: list[Block] = []
    if unknown and unknown == now.crm_effective:
        blocks.append(doc.Notice(words("report.say.all_unknown")))
    if analysis.padded:
        blocks.append(doc.Paragraph(words("report.say.padded", n=len(analysis.padded))))
    if analysis.padded or now.examined:
        blocks.append(padded_table(analysis.padded, month.names, words))
    rest = []
    if unknown and unknown != now.crm_effective:
        rest.append(words("report.say.unknown", n=unknown))
    if analysis.unsure:
        rest.append(words("report.say.unsure", n=analysis.unsure))
    if analysis.rejected:
        rest.append(words("report.say.rejected", n=analysis.rejected))
    if rest:
        blocks.append(doc.Paragraph(" ".join(rest)))
    return blocks


def _colour(outcome: CommitmentOutcome) -> str:
    if outcome in BROKEN_OUTCOMES:
        return RED
    return BLUE if outcome is CommitmentOutcome.SCHEDULED else GREEN


def padded_table(padded: tuple[PaddedCall, ...], names: Mapping[str, str], words: Words) -> Table:
    """Suspicious calls with the evidence against the agent and for them, and where the decision stands."""
    rows = tuple(
        (
            doc.text(names.get(item.manager_id, item.manager_id)),
            doc.moment(words, item.started_at),
            doc.text(item.call_id),
            Cell(doc.clock(item.talk_s), item.talk_s, doc.Form.NUMBER),
            Cell("—", None, doc.Form.NUMBER)
            if item.conversation_s is None
            else Cell(doc.clock(item.conversation_s), round(item.conversation_s, 1), doc.Form.NUMBER),
            doc.text(evidence_text(item.evidence, words)),
            doc.text(words(f"report.ruling.{item.ruling.value if item.ruling else 'waiting'}")),
        )
        for item in padded
    )
    columns = ("agent", "when", "call", "connected", "live", "evidence", "decision")
    return Table(
        words("report.sheet.padded"),
        tuple(words(f"report.{name}") for name in columns),
        rows,
        words("report.empty.padded"),
        (3, 2.4, 2, 1.6, 1.6, 6, 2.2),
    )


def evidence_text(evidence: tuple[Evidence, ...], words: Words) -> str:
    """«Приветствие автоответчика 0:01–0:07 «Оставьте сообщение…»; Тишина 0:09–0:48 и ещё 2».

    One part a kind in order of appearance: its longest stretch, its first words, how many stretches more.
    What speaks for the agent is marked. The call page has every stretch.
    """
    kinds: dict[tuple[str, Side], list[Evidence]] = {}
    for item in evidence:
        kinds.setdefault((item.kind, item.side), []).append(item)
    parts = []
    for (kind, side), stretches in kinds.items():
        longest = max(stretches, key=lambda item: item.end_s - item.start_s)
        part = f"{named(words, f'evidence.{kind}')} {doc.clock(longest.start_s)}–{doc.clock(longest.end_s)}"
        if len(stretches) > 1:
            part += " " + words("report.more_stretches", count=words.number(len(stretches) - 1))
        quote = next((item.quote for item in stretches if item.quote), None)
        part += f" «{quote}»" if quote else ""
        parts.append(words("report.evidence_for", evidence=part) if side is Side.FOR else part)
    return "; ".join(parts)


def broken_table(
    broken: tuple[Commitment, ...], calls: Mapping[str, Call], names: Mapping[str, str], words: Words
) -> Table:
    """Promises that were broken: the words, when they fell due, what the CRM shows."""
    rows = tuple(
        (
            doc.text(_manager_name(item.spoken.call_id, calls, names)),
            doc.text(item.spoken.call_id),
            doc.text(f"«{item.spoken.quote}»"),
            doc.text(due_text(item, words)),
            doc.text(words(f"outcome.{item.outcome.value}")),
        )
        for item in broken
    )
    columns = ("agent", "call", "quote", "due", "outcome")
    return Table(
        words("report.sheet.promises"),
        tuple(words(f"report.{name}") for name in columns),
        rows,
        words("report.empty.broken"),
        (3, 2, 6, 2.5, 3),
    )


def _manager_name(call_id: str, calls: Mapping[str, Call], names: Mapping[str, str]) -> str:
    call = calls.get(call_id)
    return names.get(call.manager_id, call.manager_id) if call else "—"


def due_text(commitment: Commitment, words: Words) -> str:
    due = commitment.spoken.due
    first, last = words.day(due.due_from, "d MMM"), words.day(due.due_to, "d MMM")
    return first if due.due_from == due.due_to else f"{first} – {last}"


def _results(month: Month, words: Words) -> tuple[Block, ...]:
    return (
        doc.Paragraph(words("report.say.results")),
        agents_table(month.agents, words),
        doc.Notice(words("report.month.measures_none")),
    )


def agents_table(agents: tuple[AgentResult, ...], words: Words) -> Table:
    """One line an agent."""
    rows = tuple(
        (
            doc.text(agent.name),
            doc.whole(words, agent.calls),
            doc.whole(words, agent.crm_effective),
            doc.whole(words, agent.examined),
            doc.whole(words, agent.verified),
            doc.whole(words, agent.padded),
            doc.whole(words, agent.padded_confirmed),
            doc.whole(words, agent.sampled),
            doc.whole(words, agent.promises),
            doc.whole(words, agent.promises_kept),
            doc.whole(words, agent.promises_broken),
            doc.whole(words, agent.false_refusals),
            doc.whole(words, sum(agent.violations.values())),
            doc.whole(words, agent.deals_won),
            doc.money(words, agent.amount_won),
        )
        for agent in agents
    )
    columns = (
        "agent", "calls", "crm_effective", "examined", "verified", "padded", "padded_confirmed", "drawn", "promises",
        "promises_kept", "promises_broken", "false_refusals", "violations", "deals_won", "amount_won",
    )  # fmt: skip
    return Table(
        words("report.sheet.agents"),
        tuple(words(f"report.{name}") for name in columns),
        rows,
        words("report.empty.agents"),
        (3.2, *([1.5] * 13), 2.6),
    )
