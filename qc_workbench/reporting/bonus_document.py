"""Statements of the discipline bonus as a document: all agents of a month, or one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from qc_workbench.domain.bonus import Difference, Fault, Line, LineState
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Document, Form, Section, Table, Tile, Words
from qc_workbench.review.bonus_month import AgentBonus


def bonus_document(
    company: str,
    month: date,
    agents: Sequence[AgentBonus],
    names: Mapping[str, str],
    as_of: datetime,
    words: Words,
) -> Document:
    """``agents`` in the order they are to be read in; ``names`` by id."""
    alone = len(agents) == 1
    sections = [Section(names[item.agent_id], _one(item, names[item.agent_id], words, alone)) for item in agents]
    if not alone:
        sections.insert(0, Section(words("bonus.everybody"), _everybody(agents, names, words)))
    return Document(
        language=words.language,
        title=words("bonus.document"),
        subtitle=", ".join(filter(None, (company, words.day(month, "LLLL y")))),
        made=words("report.made", moment=words.moment(as_of, "d MMMM y, HH:mm")),
        sections=tuple(sections),
    )


def amount_text(words: Words, amount: Decimal, currency: str) -> str:
    """An exact amount: with its hundredths where it has any."""
    if amount == amount.to_integral_value():
        return words.money(amount, currency).replace("-", "−")
    return f"{words.number(amount, 2)} {currency}"


def fault_name(words: Words, kind: str) -> str:
    return doc.named(words, f"violation.{kind}", f"fault.{kind}")


def state_text(words: Words, line: Line) -> str:
    """What became of the line, and why where it costs less than its tariff."""
    if line.why is None:
        return words(f"bonus_state.{line.state.value}")
    return words("bonus.state_why", state=words(f"bonus_state.{line.state.value}"), why=words(f"bonus_why.{line.why}"))


def proof_text(words: Words, fault: Fault) -> str:
    """What the line stands on, as it is called in the telephony and the CRM."""
    said = [
        words(f"bonus.proof_{name}", id=value)
        for name, value in (("call", fault.call_id), ("deal", fault.deal_id), ("task", fault.activity_id))
        if value
    ]
    return ", ".join(said) or "—"


def approval_text(words: Words, item: AgentBonus) -> str:
    """Whether the statement is approved, by whom, and whether that still holds."""
    approval = item.approval
    if approval is None:
        return words("bonus.not_approved")
    said = words(
        "bonus.approved",
        revision=approval.revision,
        who=approval.by,
        moment=words.moment(approval.at, "d MMMM y, HH:mm"),
    )
    if not item.changes:
        return said
    paid = item.approved or Decimal(0)
    change = amount_text(words, item.statement.payable - paid, item.statement.terms.currency)
    return f"{said} {words('bonus.changed_since', n=len(item.changes), change=change)}"


def _amount(words: Words, amount: Decimal, currency: str) -> Cell:
    return Cell(amount_text(words, amount, currency), amount, Form.MONEY)


def _everybody(agents: Sequence[AgentBonus], names: Mapping[str, str], words: Words) -> tuple[Block, ...]:
    rows = []
    for item in agents:
        made = item.statement
        currency = made.terms.currency
        rows.append(
            (
                doc.text(names[item.agent_id]),
                _amount(words, made.terms.pool, currency),
                doc.whole(words, made.count(LineState.COUNTED, LineState.CAPPED)),
                _amount(words, made.deducted, currency),
                _amount(words, made.suspended, currency),
                _amount(words, made.payable, currency),
                doc.text(item.approval.by if item.approval else None),
            )
        )
    if rows:
        total = [sum((item.statement.payable for item in agents), Decimal(0))]
        said = words("bonus.total", amount=amount_text(words, total[0], agents[0].statement.terms.currency))
    columns = ("agent", "pool", "faults", "deducted", "suspended", "payable", "approved_by")
    table = Table(
        words("bonus.sheet"),
        tuple(words(f"bonus.column.{name}") for name in columns),
        tuple(rows),
        words("bonus.nobody"),
        (4, 2, 2, 2, 2, 2, 3),
    )
    return (doc.Paragraph(words("bonus.how")), table, *((doc.Paragraph(said),) if rows else ()))


def _one(item: AgentBonus, name: str, words: Words, alone: bool) -> tuple[Block, ...]:
    """The sums as tiles where the statement stands alone, else as a sentence: tiles name no agent in a sheet."""
    made = item.statement
    currency = made.terms.currency
    tiles = [
        Tile(words("bonus.column.pool"), _amount(words, made.terms.pool, currency)),
        Tile(words("bonus.column.deducted"), _amount(words, made.deducted, currency)),
        Tile(words("bonus.column.payable"), _amount(words, made.payable, currency)),
    ]
    if made.terms.fixed:
        tiles.insert(
            0, Tile(words("bonus.column.fixed"), _amount(words, made.terms.fixed, currency), words("bonus.fixed_says"))
        )
    rows = tuple(
        (
            doc.day(words, line.day),
            doc.text(fault_name(words, line.fault.kind)),
            _amount(words, line.tariff, currency),
            _amount(words, line.amount, currency),
            doc.text(state_text(words, line)),
            doc.text(words("bonus.by_at", who=line.confirmed_by, moment=words.moment(line.confirmed_at))),
            doc.text(proof_text(words, line.fault)),
        )
        for line in made.lines
    )
    columns = ("day", "fault", "tariff", "amount", "state", "confirmed", "proof")
    blocks: list[Block] = [
        doc.Tiles(tuple(tiles)) if alone else doc.Paragraph(_sums(item, words)),
        doc.Paragraph(approval_text(words, item)),
        Table(
            name, tuple(words(f"bonus.column.{column}") for column in columns), rows, words("bonus.no_lines"),
            (1.2, 3, 1.4, 1.4, 3, 3, 2.6),
        ),
    ]  # fmt: skip
    if made.suspended:
        blocks.insert(2, doc.Notice(words("bonus.suspended", amount=amount_text(words, made.suspended, currency))))
    if item.changes:
        blocks += [doc.Heading(words("bonus.changes")), changes_table(item.changes, name, currency, words)]
    return tuple(blocks)


def _sums(item: AgentBonus, words: Words) -> str:
    made = item.statement
    amounts = {"pool": made.terms.pool, "deducted": made.deducted, "payable": made.payable}
    said = {name: amount_text(words, amount, made.terms.currency) for name, amount in amounts.items()}
    return words("bonus.sums", **said)


def changes_table(changes: Sequence[Difference], name: str, currency: str, words: Words) -> Table:
    """What differs from the approved statement."""

    def state(value: LineState | None) -> Cell:
        return doc.text(words("bonus.not_there" if value is None else f"bonus_state.{value.value}"))

    rows = tuple(
        (
            doc.day(words, item.day),
            doc.text(fault_name(words, item.kind)),
            state(item.state_before),
            _amount(words, item.amount_before, currency),
            state(item.state_after),
            _amount(words, item.amount_after, currency),
        )
        for item in changes
    )
    columns = ("day", "fault", "state_before", "amount_before", "state_after", "amount_after")
    return Table(
        words("bonus.changes_sheet", name=name), tuple(words(f"bonus.column.{column}") for column in columns), rows, ""
    )
