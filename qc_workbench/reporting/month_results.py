"""Section 4 of the monthly report as blocks: each agent's month, and the measures that people are to decide on."""

from __future__ import annotations

from qc_workbench.domain.measure import Measure
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Link, Table, Words, named
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_agents import AgentResult
from qc_workbench.reporting.month_dynamics import span_of
from qc_workbench.reporting.month_table import month_table


def results(month: Month, words: Words) -> tuple[Block, ...]:
    blocks: list[Block] = [
        doc.Paragraph(words("report.say.results")),
        agents_table(month.agents, words, tuple(_opens(item, month) for item in month.agents)),
        doc.Heading(words("report.month.agent_steps")),
        _steps(month, words),
        doc.Heading(words("report.month.faults")),
        doc.Paragraph(words("month_say.faults")),
        _faults(month, words),
        doc.Heading(words("report.month.measures")),
    ]
    found = month.investigation.found
    if found is None or not found.hypotheses:
        blocks.append(doc.Notice(words("report.month.measures_none")))
    else:
        blocks.append(doc.Paragraph(words("month_say.measures")))
        blocks.append(_measures(found.measures, month, words))
    return tuple(blocks)


def _opens(agent: AgentResult, month: Month) -> Link:
    return Link("call", span_of(month) | {"agent": agent.manager_id})


def _steps(month: Month, words: Words) -> Table:
    rows = []
    for agent in month.agents:
        steps = month.sales.steps.get(agent.manager_id)
        if steps is None:
            continue
        counts = (steps.meetings_set, steps.meetings_held, steps.fell_due, steps.fell_due_held, steps.proposals_sent)
        rows.append(
            (doc.text(agent.name), *(doc.whole(words, count) for count in counts), doc.whole(words, agent.deals_lost))
        )
    columns = (
        "agent",
        "meetings_set",
        "meetings_held",
        "meetings_due",
        "meetings_due_held",
        "proposals_sent",
        "deals_lost",
    )
    return month_table(words, "agent_steps", columns, rows, (3.2, 1.5, 1.5, 1.8, 1.8, 1.8, 1.8), empty="steps")


def _faults(month: Month, words: Words) -> Table:
    rows = tuple(
        (
            doc.text(month.names.get(item.agent, item.agent)),
            doc.whole(words, item.suspected),
            doc.whole(words, item.confirmed),
            doc.whole(words, item.disputed),
            doc.sum_of(words, item.deducted, item.currency),
            doc.text(words("report.bonus_approved") if item.is_approved else None),
        )
        for item in month.faults
    )
    columns = ("agent", "breaches_suspected", "faults_confirmed", "faults_disputed", "deducted", "bonus")
    return month_table(words, "faults", columns, rows, (3, 2.2, 2.2, 1.8, 2.2, 2), empty="faults")


def _measures(measures: tuple[Measure, ...], month: Month, words: Words) -> Table:
    rows = tuple(
        (
            doc.text(month.names.get(item.agent, item.agent)),
            doc.text(named(words, f"measure.{item.proposed.value}")),
            doc.text(named(words, f"measure_reason.{item.because.value}")),
            doc.text(
                words("report.waits_for_decision")
                if item.decided is None
                else named(words, f"measure_decision.{item.decided.decision.value}")
            ),
            doc.text(item.decided.by if item.decided else None),
        )
        for item in measures
    )
    columns = ("agent", "measure", "because", "decision", "decided_by")
    return month_table(words, "measures", columns, rows, (3, 2.6, 4, 2.2, 2.2), empty="measures")


def agents_table(agents: tuple[AgentResult, ...], words: Words, opens: tuple[Link | None, ...] = ()) -> Table:
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
    return month_table(words, "agents", columns, rows, (3.2, *([1.5] * 13), 2.6), empty="agents", opens=opens)
