"""«Большая сестра» as a document: the four sections, in words, tables and plots."""

from __future__ import annotations

from collections.abc import Mapping

from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import BROKEN_OUTCOMES, Commitment, CommitmentOutcome
from qc_workbench.domain.flag import Evidence, Side
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Document, Link, Section, Table, Words, named
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_appendix import appendix
from qc_workbench.reporting.month_calls import PaddedCall
from qc_workbench.reporting.month_dynamics import dynamics
from qc_workbench.reporting.month_investigation import investigation
from qc_workbench.reporting.month_quality import quality
from qc_workbench.reporting.month_results import results
from qc_workbench.reporting.month_table import month_table
from qc_workbench.reporting.plots import BLUE, GREEN, RED, plot_of_bars


def month_document(month: Month, words: Words) -> Document:
    """The report in the language of ``words``."""
    return Document(
        language=words.language,
        title=words("report.month.title"),
        subtitle=", ".join(filter(None, (month.company, words.day(month.days.first_day, "LLLL y")))),
        made=words("report.made", moment=words.moment(month.as_of, "d MMMM y, HH:mm")),
        sections=(
            Section(words("report.month.dynamics"), dynamics(month, words)),
            Section(words("report.month.investigation"), investigation(month, words)),
            Section(words("report.month.analysis"), _analysis(month, words)),
            Section(words("report.month.results"), results(month, words)),
            Section(words("report.month.appendix"), appendix(month, words)),
        ),
    )


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
            doc.said(item.quote),
        )
        for item in analysis.false_refusals
    )
    promises: list[Block] = [doc.Heading(words("report.month.promises"))]
    if outcomes:
        named_outcomes = [(words(f"outcome.{code.value}"), count, _colour(code)) for code, count in outcomes]
        promises.append(
            plot_of_bars(
                named_outcomes,
                words("report.promises"),
                words("report.month.promises"),
                words("report.month.promises_plot"),
            )
        )
    promises.append(broken_table(analysis.broken, month.calls, month.names, words))
    refusals: list[Block] = []
    if any(analysis.refusals.values()):
        counts = {code.value: words.number(count) for code, count in analysis.refusals.items()}
        refusals.append(doc.Paragraph(words("report.say.refusals", **counts)))
    return (
        *quality(month, words),
        doc.Heading(words("report.month.padded")),
        *_suspicious(month, words),
        doc.Heading(words("report.month.sampled")),
        month_table(words, "sampled", ("direction", "answered", "drawn", "drawn_share", "listened"), sampled_rows),
        *promises,
        doc.Heading(words("report.month.refusals")),
        *refusals,
        month_table(
            words,
            "refusals",
            ("deal", "agent", "call", "client_said", "quote"),
            false_rows,
            (2, 2, 2, 2, 5),
            empty="false_refusals",
            opens=tuple(Link("call", {"id": item.call_id}) for item in analysis.false_refusals),
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
            Cell(evidence := evidence_text(item.evidence, words), evidence, is_said=True),
            doc.text(words(f"report.ruling.{item.ruling.value if item.ruling else 'waiting'}")),
        )
        for item in padded
    )
    columns = ("agent", "when", "call", "connected", "live", "evidence", "decision")
    return month_table(
        words,
        "padded",
        columns,
        rows,
        (3, 2.4, 2, 1.6, 1.6, 6, 2.2),
        empty="padded",
        opens=tuple(Link("call", {"id": item.call_id, "at": f"{_worst_moment(item):.1f}"}) for item in padded),
    )


def _worst_moment(item: PaddedCall) -> float:
    """Where the longest stretch against the agent begins."""
    against = [one for one in item.evidence if one.side is Side.AGAINST]
    longest = max(against, key=lambda one: one.end_s - one.start_s, default=None)
    return longest.start_s if longest else 0.0


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
            doc.said(item.spoken.quote),
            doc.text(due_text(item, words)),
            doc.text(words(f"outcome.{item.outcome.value}")),
        )
        for item in broken
    )
    columns = ("agent", "call", "quote", "due", "outcome")
    return month_table(
        words,
        "promises",
        columns,
        rows,
        (3, 2, 6, 2.5, 3),
        empty="broken",
        opens=tuple(Link("call", {"id": item.spoken.call_id, "at": f"{item.spoken.start_s:.1f}"}) for item in broken),
    )


def _manager_name(call_id: str, calls: Mapping[str, Call], names: Mapping[str, str]) -> str:
    call = calls.get(call_id)
    return names.get(call.manager_id, call.manager_id) if call else "—"


def due_text(commitment: Commitment, words: Words) -> str:
    due = commitment.spoken.due
    first, last = words.day(due.due_from, "d MMM"), words.day(due.due_to, "d MMM")
    return first if due.due_from == due.due_to else f"{first} – {last}"
