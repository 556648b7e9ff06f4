"""The warm-up list for marketing as CSV or XLSX: genuine refusals with their reason and when they would buy."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Cell, Document, Form, Section, Table, Words
from qc_workbench.reporting.exports import safe_cell
from qc_workbench.store.calls import managers
from qc_workbench.store.deal_decisions import DecisionCase, warm_up
from qc_workbench.store.scoping import Agents
from qc_workbench.workspace import Workspace

#: Columns of the list (``warm_up.<code>``). The order is part of the contract; more may follow at the end.
COLUMNS = (
    "deal_id", "client", "phone", "agent", "lost_reason", "client_said", "quote", "buy_from", "amount", "currency",
    "closed_at", "decided_by", "decided_at", "comment",
)  # fmt: skip


def warm_up_file(workspace: Workspace, agents: Agents, form: str, words: Words, now: datetime) -> bytes:
    """The list of deals of these agents (None: everybody's) as ``csv`` or ``xlsx``."""
    with workspace.store.reading() as reader:
        names = {manager_id: manager.name for manager_id, manager in managers(reader).items()}
        rows = [
            _row(case, names.get(case.deal.manager_id, case.deal.manager_id), words) for case in warm_up(reader, agents)
        ]
    columns = tuple(words(f"warm_up.{code}") for code in COLUMNS)
    if form == "csv":
        return _csv(columns, rows)
    from qc_workbench.reporting.render_xlsx import render_xlsx

    table = Table(words("warm_up.sheet"), columns, tuple(rows), words("refusal_shelf_none.DecisionList.warm_up"))
    made = words("report.made", moment=words.moment(now, "d MMMM y, HH:mm"))
    section = Section(words("warm_up.title"), (table,))
    document = Document(words.language, words("warm_up.title"), workspace.settings.company.name, made, (section,))
    return render_xlsx(document, words, workspace.settings.company.zone)


def _row(case: DecisionCase, agent: str, words: Words) -> tuple[Cell, ...]:
    deal, decision, recall, refusal = case.deal, case.decision, case.recall, case.refusal
    assert decision is not None  # the list holds decided deals
    buy_from = decision.buy_from or (recall.buy_from if recall else None)
    said = words(f"recall_result.{recall.result.value}") if recall else ""
    if not said and case.lost is not None:
        said = words(f"deal_finding.{case.lost.finding.value}")
    return (
        doc.text(deal.deal_id),
        Cell(deal.client_name or "", deal.client_name or ""),
        Cell(", ".join(deal.client_phones), ", ".join(deal.client_phones)),
        doc.text(agent),
        Cell(deal.lost_reason or "", deal.lost_reason or ""),
        Cell(said, said),
        Cell(refusal.quote or "" if refusal else "", refusal.quote or "" if refusal else ""),
        Cell("", None, Form.DATE) if buy_from is None else doc.day(words, buy_from),
        Cell("" if deal.amount is None else str(deal.amount), deal.amount, Form.MONEY),
        Cell(deal.currency or "", deal.currency or ""),
        Cell("", None, Form.MOMENT) if deal.closed_at is None else doc.moment(words, deal.closed_at),
        doc.text(decision.by),
        doc.moment(words, decision.at),
        Cell(decision.comment, decision.comment),
    )


def _csv(columns: tuple[str, ...], rows: list[tuple[Cell, ...]]) -> bytes:
    """UTF-8 with a byte-order mark, which spreadsheets need to see Cyrillic; dates as ISO, text never a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if cell.value is None else _plain(cell.value) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return safe_cell(value) if isinstance(value, str) else value
