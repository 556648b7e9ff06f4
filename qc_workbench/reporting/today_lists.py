"""The lists that the numbers of the daily page count, as tables: one content for the app, the file and the e-mail.

Phones are masked everywhere: the page travels by e-mail. Whoever may know the client opens the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Commitment
from qc_workbench.domain.contacts import masked_phone, without_contacts
from qc_workbench.domain.crm import Activity
from qc_workbench.domain.evening import Unkept
from qc_workbench.reporting import document as doc
from qc_workbench.reporting.callbacks import CALLED
from qc_workbench.reporting.document import Cell, Form, Table, Words
from qc_workbench.reporting.month_document import due_text, evidence_text
from qc_workbench.reporting.today import Today


class DayList(StrEnum):
    """``today.list.<code>``"""

    MISSED = "missed"
    ESCALATED = "escalated"
    SUSPICIOUS = "suspicious"
    DUE_TODAY = "due_today"
    BROKEN = "broken"
    OVERDUE = "overdue"
    MOVED = "moved"
    STUCK = "stuck"
    UNKEPT = "unkept"
    MEETINGS_SET = "meetings_set"
    MEETINGS_HELD = "meetings_held"
    PROPOSALS_SENT = "proposals_sent"


@dataclass(frozen=True, slots=True)
class ListedRows:
    """A list as rows of cells; ``calls``: of each row the call it is about, if any; ``total``: how many there are."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    calls: tuple[str | None, ...]
    total: int
    widths: tuple[float, ...]


_Rows = tuple[tuple[str, ...], Sequence[tuple[tuple[Cell, ...], str | None]], tuple[float, ...]]


def total_of(page: Today, which: DayList) -> int:
    """What the number of the list says."""
    numbers, totals = page.numbers, page.control.totals
    return {
        DayList.MISSED: len(page.callers), DayList.ESCALATED: numbers.escalated,
        DayList.SUSPICIOUS: numbers.suspicious, DayList.DUE_TODAY: page.due_total, DayList.BROKEN: page.broken_total,
        DayList.OVERDUE: totals.get(Unkept.OVERDUE, 0), DayList.MOVED: totals.get(Unkept.MOVED, 0),
        DayList.STUCK: totals.get(Unkept.STUCK, 0), DayList.UNKEPT: totals.get(Unkept.PROMISE, 0),
        DayList.MEETINGS_SET: numbers.meetings_set, DayList.MEETINGS_HELD: numbers.meetings_held,
        DayList.PROPOSALS_SENT: numbers.proposals_sent,
    }[which]  # fmt: skip


def listed(page: Today, which: DayList, words: Words) -> ListedRows:
    """The rows of a list in the language of ``words``."""
    columns, rows, widths = _MAKERS[which](page, which, words)
    return ListedRows(
        tuple(words(f"today.column.{name}") for name in columns),
        tuple(cells for cells, _ in rows),
        tuple(call_id for _, call_id in rows),
        total_of(page, which),
        widths,
    )


def table_of(page: Today, which: DayList, words: Words) -> Table:
    found = listed(page, which, words)
    name = words(f"today.list.{which.value}")
    return Table(name, found.columns, found.rows, words("today.none_on_paper"), found.widths)


def _agent(page: Today, manager_id: str) -> Cell:
    return doc.text(page.names.get(manager_id, manager_id))


def _subject(task: Activity) -> str:
    return without_contacts(task.subject) if task.subject else task.activity_id


def _missed(page: Today, _which: DayList, words: Words) -> _Rows:
    rows = [
        (
            (
                doc.moment(words, item.caller.started_at),
                doc.text(
                    masked_phone(item.caller.client_phone)
                    if item.caller.client_phone
                    else words("report.hidden_number")
                ),
                _agent(page, item.caller.manager_id),
                doc.whole(words, item.caller.attempts),
                doc.text(words(f"callback.{item.how.value}")),
                doc.number(words, None if item.caller.after_s is None else item.caller.after_s / 60, 0),
            ),
            item.caller.reached_call_id or item.caller.call_id,
        )
        for item in page.callers
    ]
    return ("when", "client", "agent", "attempts", "callback", "after"), rows, (2.4, 2.6, 3, 1.4, 4, 1.8)


def _escalated(page: Today, _which: DayList, words: Words) -> _Rows:
    rows = [
        (
            (
                doc.moment(words, call.started_at),
                doc.text(masked_phone(call.client_phone)),
                _agent(page, call.manager_id),
                doc.text(words(f"today.role.{call.answered_by_role.value}") if call.answered_by_role else None),
                _wait(call, words),
            ),
            call.call_id,
        )
        for call in page.escalated
    ]
    return ("when", "client", "agent", "answered_by", "waited"), rows, (2.4, 2.6, 3, 3, 1.8)


def _wait(call: Call, words: Words) -> Cell:
    return doc.number(words, call.wait_s, 0)


def _suspicious(page: Today, _which: DayList, words: Words) -> _Rows:
    rows = [
        (
            (
                doc.moment(words, item.started_at),
                _agent(page, item.manager_id),
                Cell(doc.clock(item.talk_s), item.talk_s, Form.NUMBER),
                doc.text(evidence_text(item.evidence, words)),
                doc.text(words(f"report.ruling.{item.ruling.value if item.ruling else 'waiting'}")),
            ),
            item.call_id,
        )
        for item in page.suspicious
    ]
    return ("when", "agent", "connected", "evidence", "decision"), rows, (2.4, 3, 1.6, 6, 2.4)


def _promises(page: Today, which: DayList, words: Words) -> _Rows:
    found: Sequence[Commitment] = page.due_today if which is DayList.DUE_TODAY else page.broken
    if which is DayList.UNKEPT:
        ids = [item.commitment_id or "" for item in page.control.of(Unkept.PROMISE)]
        found = [page.promises[name] for name in ids if name in page.promises]
    rows = []
    for item in found:
        call = page.calls.get(item.spoken.call_id)
        rows.append(
            (
                (
                    doc.text(due_text(item, words)),
                    _agent(page, call.manager_id) if call else doc.text(None),
                    doc.text(f"«{without_contacts(item.spoken.quote)}»" if item.spoken.quote else None),
                    doc.text(words(f"outcome.{item.outcome.value}")),
                ),
                item.spoken.call_id,
            )
        )
    return ("due", "agent", "quote", "outcome"), rows, (2.6, 3, 6.5, 3)


def _tasks(page: Today, which: DayList, words: Words) -> _Rows:
    kind = Unkept.OVERDUE if which is DayList.OVERDUE else Unkept.MOVED
    rows = []
    for item in page.control.of(kind):
        task = page.tasks.get(item.activity_id or "")
        cells = (
            _agent(page, item.manager_id),
            doc.text(_subject(task) if task else words("today.gone")),
            doc.text(item.deal_id),
            doc.moment(words, item.since),
            doc.number(words, item.days),
        )
        more = (doc.whole(words, item.moves),) if kind is Unkept.MOVED else ()
        rows.append(((*cells, *more), None))
    if kind is Unkept.MOVED:
        return ("agent", "task", "deal", "first_due", "days_moved", "moves"), rows, (3, 5, 2.5, 2.5, 1.8, 1.8)
    return ("agent", "task", "deal", "due", "late_days"), rows, (3, 6, 2.5, 2.5, 2)


def _stuck(page: Today, _which: DayList, words: Words) -> _Rows:
    rows = []
    for item in page.control.of(Unkept.STUCK):
        deal = page.deals.get(item.deal_id or "")
        rows.append(
            (
                (
                    _agent(page, item.manager_id),
                    doc.text(item.deal_id),
                    doc.text(deal.stage if deal else words("today.gone")),
                    doc.moment(words, item.since),
                    doc.number(words, item.days),
                ),
                None,
            )
        )
    return ("agent", "deal", "stage", "stage_since", "days_in_stage"), rows, (3, 3, 4, 2.5, 2)


def _steps(page: Today, which: DayList, words: Words) -> _Rows:
    def moment(item: Activity) -> Cell:
        found = item.created_at if which is DayList.MEETINGS_SET else item.done_at
        return doc.text(None) if found is None else doc.moment(words, found)

    rows = [
        (
            (
                moment(item),
                _agent(page, item.manager_id),
                doc.text(_subject(item)),
                doc.text(item.deal_id),
            ),
            None,
        )
        for item in page.steps.get(which.value, ())
    ]
    return ("when", "agent", "task", "deal"), rows, (2.4, 3, 6, 2.6)


_MAKERS: Final[Mapping[DayList, Callable[[Today, DayList, Words], _Rows]]] = {
    DayList.MISSED: _missed, DayList.ESCALATED: _escalated, DayList.SUSPICIOUS: _suspicious,
    DayList.DUE_TODAY: _promises, DayList.BROKEN: _promises, DayList.UNKEPT: _promises, DayList.OVERDUE: _tasks,
    DayList.MOVED: _tasks, DayList.STUCK: _stuck, DayList.MEETINGS_SET: _steps, DayList.MEETINGS_HELD: _steps,
    DayList.PROPOSALS_SENT: _steps,
}  # fmt: skip


def outcomes_said(page: Today, words: Words) -> str:
    """«Не дозвонились 5: перезвонили вовремя 2, позже 1, …»"""
    parts = [f"{words(f'callback.{how.value}')} {words.number(n)}" for how, n in page.outcomes.items() if n]
    return (
        words("today.missed_said", n=len(page.callers), parts=", ".join(parts)) if parts else words("today.no_missed")
    )


def callback_said(page: Today, words: Words) -> str | None:
    """How long callers waited whom we called back; None where nobody was."""
    minutes = page.median_callback_min
    reached = sum(page.outcomes[how] for how in CALLED)
    if minutes is None:
        return None
    return words(
        "today.median", n=round(minutes), reached=words.number(reached), allowed=words.number(page.callback_minutes)
    )
