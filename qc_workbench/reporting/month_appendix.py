"""The proof of a monthly report: how each figure was counted, on what, and the rows behind it."""

from __future__ import annotations

from typing import Final

from qc_workbench.domain.crm import ActivityType
from qc_workbench.domain.missed_caller import CALLBACK_DAYS
from qc_workbench.domain.sales import ClosedDeal
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Block, Cell, Link, Table, Words
from qc_workbench.reporting.indicators import ENOUGH
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_basis import BOOK_ROWS, PAPER_ROWS
from qc_workbench.reporting.month_dynamics import source_name
from qc_workbench.reporting.month_table import month_table

#: Figures in the order of their definitions, and the sheet with the rows behind each.
_DEFINED: Final = {
    "revenue": "closed", "deals_won": "closed", "deals_lost": "closed", "win_rate": "closed",
    "average_deal": "closed", "cycle_days": "closed", "stages": "stages", "meetings_set": "steps",
    "meetings_held": "steps", "held_share": "steps", "proposals_sent": "steps", "calls": "effective",
    "crm_effective": "effective", "verified": "effective", "verified_share": "effective", "padded": "padded",
    "lost_call_rate": "callers_list", "response_minutes": "callers_list", "never_called_back": "callers_list",
    "sources": "sources", "promises": "promises", "refusals": "refusals", "scores": "forms",
    "consent": "consent", "changes": "indicators",
}  # fmt: skip


def appendix(month: Month, words: Words) -> tuple[Block, ...]:
    return (
        doc.Paragraph(words("month_proof.says")),
        _basis(month, words),
        doc.Heading(words("report.month.definitions")),
        _definitions(month, words),
        doc.Heading(words("report.month.closed_list")),
        _closed(month, words),
        doc.Heading(words("report.month.steps_list")),
        _steps(month, words),
        doc.Heading(words("report.month.callers_list")),
        _callers(month, words),
        doc.Heading(words("report.month.effective_list")),
        _effective(month, words),
    )


def _basis(month: Month, words: Words) -> Table:
    basis = month.basis
    rows: list[tuple[str, str]] = [
        ("span", words("month_proof.span", first=words.day(month.days.first_day, "d MMMM y"),
                       last=words.day(month.days.last_day, "d MMMM y"))),
        ("as_of", words.moment(month.as_of, "d MMMM y, HH:mm")),
        ("calls", words("month_proof.calls_filter")),
        ("threshold", words("month_proof.threshold", counted=words.number(basis.counted_from_s),
                            live=words.number(basis.conversation_from_s))),
        *(("detector", words("month_proof.detector", name=_detector(item.detector, words), version=item.version,
                             calls=words.number(item.calls))) for item in basis.detectors),
        *(("form", words("month_proof.forms" if len(item.versions) > 1 else "month_proof.form",
                         form=item.title.of(words.language) or item.title.ru,
                         versions=", ".join(map(str, item.versions))))
          for item in month.forms),
        ("program", basis.program),
    ]  # fmt: skip
    return month_table(
        words,
        "basis",
        ("what", "value"),
        tuple((doc.text(words(f"month_proof.row_{name}")), doc.text(said)) for name, said in rows),
        (1, 3),
    )


def _detector(code: str, words: Words) -> str:
    return doc.named(words, f"detector.{code}")


def _definitions(month: Month, words: Words) -> Table:
    params = {
        "counted": words.number(month.basis.counted_from_s), "live": words.number(month.basis.conversation_from_s),
        "days": CALLBACK_DAYS, "enough": ENOUGH,
    }  # fmt: skip
    rows = tuple(
        (
            doc.text(words(f"indicator.{code}")),
            doc.text(words(f"month_proof.{code}", **params)),
            doc.text(words(f"report.sheet.{sheet}")),
        )
        for code, sheet in _DEFINED.items()
    )
    columns = ("metric", "how_counted", "rows_in")
    return month_table(words, "definitions", columns, rows, (2.2, 6, 2), proofs=tuple(_DEFINED))


def definition(code: str, month: Month, words: Words) -> str:
    """How a figure was counted, for a note beside it; "" for what has no definition."""
    if code not in _DEFINED:
        return ""
    return words(
        f"month_proof.{code}", counted=words.number(month.basis.counted_from_s),
        live=words.number(month.basis.conversation_from_s), days=CALLBACK_DAYS, enough=ENOUGH,
    )  # fmt: skip


def _cut(words: Words, total: int) -> str:
    shown = min(total, PAPER_ROWS)
    if total > BOOK_ROWS:
        return words("month_proof.cut_book", shown=words.number(shown), book=words.number(BOOK_ROWS), n=total)
    return words("month_proof.cut", shown=words.number(shown), n=total)


def _closed(month: Month, words: Words) -> Table:
    deals = month.sales.closed[:BOOK_ROWS]
    columns = ("deal", "agent", "status", "source", "amount", "created", "closed", "cycle_days")
    return month_table(
        words,
        "closed",
        columns,
        tuple(_deal(item, month, words) for item in deals),
        (2, 2.6, 1.6, 1.8, 2, 1.6, 1.6, 1.3),
        empty="closed",
        on_paper=PAPER_ROWS,
        cut=_cut(words, len(month.sales.closed)),
    )


def _deal(item: ClosedDeal, month: Month, words: Words) -> tuple[Cell, ...]:
    return (
        doc.text(item.deal_id),
        doc.text(month.names.get(item.manager_id, item.manager_id)),
        doc.text(words(f"deal_status.{item.status.value}")),
        doc.text(source_name(item.source, words)),
        doc.sum_of(words, item.amount, item.currency or ""),
        Cell("—", None, doc.Form.MOMENT) if item.created_at is None else doc.moment(words, item.created_at),
        doc.moment(words, item.closed_at),
        doc.number(words, item.cycle_days),
    )


def _steps(month: Month, words: Words) -> Table:
    def moment(value: object) -> Cell:
        return Cell("—", None, doc.Form.MOMENT) if value is None else doc.moment(words, value)  # type: ignore[arg-type]

    rows = tuple(
        (
            doc.text(item.activity_id),
            doc.text(words("report.meeting" if item.type is ActivityType.MEETING else "report.proposal")),
            doc.text(month.names.get(item.manager_id, item.manager_id)),
            doc.text(item.deal_id),
            moment(item.created_at),
            moment(item.due_at),
            moment(item.done_at),
        )
        for item in month.basis.steps
    )
    columns = ("activity", "what", "agent", "deal", "created", "due", "done")
    return month_table(
        words,
        "steps",
        columns,
        rows,
        (2.2, 1.8, 2.6, 2, 1.8, 1.8, 1.8),
        empty="steps",
        on_paper=PAPER_ROWS,
        cut=_cut(words, month.basis.steps_all),
    )


def _callers(month: Month, words: Words) -> Table:
    missed = month.sales.missed[:BOOK_ROWS]
    rows = tuple(
        (
            doc.text(caller.call_id),
            doc.moment(words, caller.started_at),
            doc.text(month.names.get(caller.manager_id, caller.manager_id)),
            doc.text(source_name(caller.source, words)),
            doc.whole(words, caller.attempts),
            doc.text(words(f"callback.{item.how.value}")),
            doc.number(words, None if caller.after_s is None else caller.after_s / 60),
            doc.text(caller.reached_call_id),
        )
        for item in missed
        for caller in (item.caller,)
    )
    columns = ("call", "when", "agent", "source", "attempts", "reached", "after_minutes", "reached_call")
    return month_table(
        words,
        "callers_list",
        columns,
        rows,
        (2.2, 1.9, 2.4, 1.7, 1.2, 2.2, 1.4, 2.2),
        empty="callers",
        opens=tuple(Link("call", {"id": item.caller.call_id}) for item in missed),
        on_paper=PAPER_ROWS,
        cut=_cut(words, len(month.sales.missed)),
    )


def _effective(month: Month, words: Words) -> Table:
    verdicts = {True: "live", False: "not_live", None: "unknown"}
    rows = tuple(
        (
            doc.text(item.call_id),
            doc.moment(words, item.started_at),
            doc.text(month.names.get(item.manager_id, item.manager_id)),
            doc.number(words, item.talk_s, 0),
            doc.number(words, item.conversation_s, 0),
            doc.text(words(f"report.verdict.{verdicts[item.verified]}")),
        )
        for item in month.basis.effective
    )
    columns = ("call", "when", "agent", "connected_s", "live_s", "verdict")
    return month_table(
        words,
        "effective",
        columns,
        rows,
        (2.4, 2, 3, 1.6, 1.8, 2.4),
        empty="effective",
        opens=tuple(Link("call", {"id": item.call_id}) for item in month.basis.effective),
        on_paper=PAPER_ROWS,
        cut=_cut(words, month.basis.effective_all),
    )
