"""The discipline bonus: confirmed faults in, a statement of exact amounts out. No finding, no deduction.

A line is every fault that a named person confirmed at least once, in the month it happened in. It costs its tariff
unless it is

1. dropped: a later ruling took the confirmation back, a dispute was decided for the agent, or it was confirmed more
   than ``validity_days`` after it happened;
2. suspended: the agent disputes it and nobody has ruled on the dispute yet, or it was confirmed before the agent was
   asked and could answer (:mod:`qc_workbench.review.right_of_reply`);
3. the lesser one of several about the same call, the same task or the closing of the same deal: one deed is charged
   once a month, at the highest tariff (on equal ones, for what happened first);
4. capped: lines are taken in the order of what happened first, and each gets what the limits of its kind, its day,
   the month and the bonus itself leave.

So the sum is exact, never more than the bonus, and the same in whatever order people ruled.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.bonus import (
    BROKEN_PROMISE,
    Approval,
    Difference,
    Fault,
    FaultMove,
    Line,
    LineState,
    Statement,
    Terms,
    Why,
)
from qc_workbench.domain.flag import Finding, FlagKind, Ruling
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.errors import UsageError
from qc_workbench.review.objections import is_open, was_granted
from qc_workbench.review.right_of_reply import Deadline, calendar_days, was_heard
from qc_workbench.review.rulings import standing
from qc_workbench.review.undoing import last_standing

_ZERO: Final = Decimal(0)
#: Faults that are all about how a deal was closed.
_OF_DEALS: Final = frozenset(
    {
        FlagKind.FALSE_REFUSAL.value,
        ViolationKind.LOST_WITHOUT_REFUSAL.value,
        ViolationKind.UNREVIEWED_REFUSAL.value,
    }
)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything people said about one fault. Rulings name the fault (``Finding.flag_id`` is the ``fault_id``, or of
    a suspicion one of the flags about its call). ``answers``: when the agent answered about it."""

    fault: Fault
    findings: tuple[Finding, ...]
    moves: tuple[FaultMove, ...] = ()
    answers: tuple[datetime, ...] = ()

    @property
    def in_order(self) -> list[Finding]:
        return sorted(self.findings, key=lambda item: (item.at, item.finding_id))

    @property
    def ruling(self) -> Finding | None:
        """The one that counts now; of several flags about one call, the last."""
        now = standing(self.in_order).values()
        return max(now, key=lambda item: (item.at, item.finding_id), default=None)

    @property
    def standing_confirmation(self) -> Finding | None:
        ruling = self.ruling
        return ruling if ruling is not None and ruling.ruling is Ruling.CONFIRMED else None

    @property
    def confirmation(self) -> Finding | None:
        """The standing confirmation, or the last one there ever was."""
        if (stands := self.standing_confirmation) is not None:
            return stands
        return next((item for item in reversed(self.in_order) if item.ruling is Ruling.CONFIRMED), None)


def month_of(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the month that a moment is in, in the company's zone."""
    return at.astimezone(zone).date().replace(day=1)


def statement(
    agent_id: str,
    month: date,
    records: Iterable[Record],
    terms: Terms,
    zone: ZoneInfo,
    deadline: Deadline = calendar_days,
) -> Statement:
    """The bonus of an agent and month. ``records`` of other agents and months are passed over; ``deadline``: until
    when an agent who was asked may answer."""
    lines = [
        line
        for record in records
        if record.fault.agent_id == agent_id and month_of(record.fault.happened_at, zone) == month
        if (line := _line(record, terms, zone, deadline)) is not None
    ]
    lines.sort(key=_order)
    return Statement(agent_id, month, terms, tuple(_capped(_once_a_deed(lines), terms)))


def _order(line: Line) -> tuple[datetime, str, str]:
    return line.fault.happened_at, line.fault.kind, line.fault.fault_id


def _line(record: Record, terms: Terms, zone: ZoneInfo, deadline: Deadline) -> Line | None:
    """The fault by itself: whether it costs anything at all. None where nobody ever confirmed it."""
    confirmed, ruling = record.confirmation, record.ruling
    if confirmed is None:
        return None
    fault = record.fault
    day = fault.happened_at.astimezone(zone).date()
    state, why = LineState.COUNTED, None
    if ruling is not confirmed:
        state, why = LineState.DROPPED, Why.WITHDRAWN if ruling is None else Why(ruling.ruling.value)
    elif was_granted(record.moves, confirmed):
        state, why = LineState.DROPPED, Why.GRANTED
    elif terms.validity_days and (confirmed.at.astimezone(zone).date() - day).days > terms.validity_days:
        state, why = LineState.DROPPED, Why.EXPIRED
    elif is_open(record.moves):
        state, why = LineState.SUSPENDED, Why.DISPUTED
    elif not was_heard(confirmed, record.findings, record.answers, terms.reply_days, deadline):
        state, why = LineState.SUSPENDED, Why.NOT_HEARD
    tariff = terms.tariffs.get(fault.kind, _ZERO)
    amount = tariff if state is LineState.COUNTED else _ZERO
    return Line(fault, day, tariff, amount, state, why, confirmed.by, confirmed.at)


def _once_a_deed(lines: Sequence[Line]) -> list[Line]:
    """``lines`` in their order. What is suspended takes no part: should it stand, it is weighed then."""
    dearest: dict[tuple[Why, str], Line] = {}
    for line in lines:
        deed = _deed(line.fault)
        if deed is not None and line.state is LineState.COUNTED:
            best = dearest.get(deed)
            if best is None or line.tariff > best.tariff:
                dearest[deed] = line
    found = []
    for line in lines:
        deed = _deed(line.fault)
        if deed is None or line.state is not LineState.COUNTED or dearest[deed] is line:
            found.append(line)
        else:
            found.append(replace(line, amount=_ZERO, state=LineState.DROPPED, why=deed[0]))
    return found


def _deed(fault: Fault) -> tuple[Why, str] | None:
    """What was done, where several rules speak of the same: a deal closed, a call, a task."""
    if fault.kind in _OF_DEALS and fault.deal_id is not None:
        return Why.SAME_DEAL, fault.deal_id
    if fault.kind == BROKEN_PROMISE and fault.activity_id is not None:
        return Why.SAME_TASK, fault.activity_id  # the call is only where the promise was made
    if fault.call_id is not None:
        return Why.SAME_CALL, fault.call_id
    return (Why.SAME_TASK, fault.activity_id) if fault.activity_id is not None else None


def _capped(lines: Sequence[Line], terms: Terms) -> list[Line]:
    of_kind: dict[str, Decimal] = defaultdict(Decimal)
    of_day: dict[date, Decimal] = defaultdict(Decimal)
    taken = _ZERO
    found = []
    for line in lines:
        kind = line.fault.kind
        limits = [(terms.pool - taken, Why.POOL)]
        if terms.most_a_month is not None:
            limits.append((terms.most_a_month - taken, Why.MONTH_LIMIT))
        if terms.most_a_day is not None:
            limits.append((terms.most_a_day - of_day[line.day], Why.DAY_LIMIT))
        if kind in terms.most_by_kind:
            limits.append((terms.most_by_kind[kind] - of_kind[kind], Why.KIND_LIMIT))
        # On equal limits the narrowest is named: what would have to change first.
        left, why = min(reversed(limits), key=lambda limit: limit[0])
        if line.amount > left:
            line = replace(line, amount=left, state=LineState.CAPPED, why=why)
        taken += line.amount
        of_day[line.day] += line.amount
        of_kind[kind] += line.amount
        found.append(line)
    return found


# Approvals -------------------------------------------------------------------------------------------------------


def frozen(made: Statement) -> str:
    """The statement as JSON that reads the same every time. Neither ids nor words of clients are in it."""
    terms = made.terms
    said = {
        "agent": made.agent_id,
        "month": made.month.isoformat(),
        "terms": {
            "currency": terms.currency,
            "pool": str(terms.pool),
            "fixed": str(terms.fixed),
            "tariffs": _texts(terms.tariffs),
            "most_by_kind": _texts(terms.most_by_kind),
            "most_a_day": None if terms.most_a_day is None else str(terms.most_a_day),
            "most_a_month": None if terms.most_a_month is None else str(terms.most_a_month),
            "validity_days": terms.validity_days,
            "step": str(terms.step),
            **({"reply_days": terms.reply_days} if terms.reply_days else {}),
        },
        "lines": [
            {
                "day": line.day.isoformat(),
                "kind": line.fault.kind,
                "tariff": str(line.tariff),
                "amount": str(line.amount),
                "state": line.state.value,
                "why": line.why.value if line.why else None,
                "confirmed_by": line.confirmed_by,
                "confirmed_at": line.confirmed_at.isoformat(),
            }
            for line in made.lines
        ],
        "deducted": str(made.deducted),
        "payable": str(made.payable),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {kind: str(amount) for kind, amount in sorted(amounts.items())}


def frozen_terms(text: str) -> Terms:
    """The terms that a statement was approved under: a later change of the settings changes no approved month."""
    said: dict[str, Any] = json.loads(text)["terms"]
    day, month = said["most_a_day"], said["most_a_month"]
    return Terms(
        currency=said["currency"],
        pool=Decimal(said["pool"]),
        fixed=Decimal(said["fixed"]),
        tariffs={kind: Decimal(amount) for kind, amount in said["tariffs"].items()},
        most_by_kind={kind: Decimal(amount) for kind, amount in said["most_by_kind"].items()},
        most_a_day=None if day is None else Decimal(day),
        most_a_month=None if month is None else Decimal(month),
        validity_days=said["validity_days"],
        step=Decimal(said["step"]),
        reply_days=said.get("reply_days", 0),
    )


def frozen_payable(text: str) -> Decimal:
    return Decimal(json.loads(text)["payable"])


def standing_approval(approvals: Iterable[Approval]) -> Approval | None:
    """The approval of one agent and month that counts now. ``approvals`` in the order they were made."""
    standing = last_standing(
        approvals,
        about=lambda item: (item.agent_id, item.month),
        entry_id=lambda item: item.approval_id,
        is_undo=lambda item: item.is_undo,
    )
    return next(iter(standing.values()), None)


def approve(made: Statement, by: str, at: datetime, earlier: Sequence[Approval], zone: ZoneInfo) -> Approval:
    """A named person approves the statement; a second time only what differs, as the next revision.

    Raises :class:`UsageError`: ``bonus_needs_name``, ``bonus_month_not_over``, ``bonus_approved_already``.
    """
    if month_of(at, zone) <= made.month:
        raise UsageError("bonus_month_not_over")
    current, text = standing_approval(earlier), frozen(made)
    if current is not None and not differences(current.frozen, made):
        raise UsageError("bonus_approved_already", by=current.by)
    revision = 1 + sum(not item.is_undo for item in earlier)
    return _approval(made.agent_id, made.month, revision, text, by, at, None)


def undo_approval(by: str, at: datetime, earlier: Sequence[Approval]) -> Approval:
    """Take back the approval that stands. Raises :class:`UsageError` ``bonus_nothing_to_undo`` where there is none."""
    current = standing_approval(earlier)
    if current is None:
        raise UsageError("bonus_nothing_to_undo")
    return _approval(current.agent_id, current.month, current.revision, current.frozen, by, at, current.approval_id)


def _approval(
    agent_id: str, month: date, revision: int, text: str, by: str, at: datetime, undoes: str | None
) -> Approval:
    who = by.strip()
    if not who:
        raise UsageError("bonus_needs_name")
    digest = hashlib.sha256(text.encode()).hexdigest()
    content = "\n".join((agent_id, month.isoformat(), str(revision), digest, who, at.isoformat(), undoes or ""))
    approval_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    return Approval(approval_id, agent_id, month, revision, text, digest, who, at, undoes is not None, undoes)


#: Day, kind, who confirmed and when.
_LineKey = tuple[str, str, str, str]


def differences(text: str, now: Statement) -> tuple[Difference, ...]:
    """What changed since a statement was approved, the earliest day first.

    Lines are known by day, kind and confirmation, not by ids: an erasure changes ids and must not look like a change.
    """
    was: dict[_LineKey, list[tuple[LineState, Decimal]]] = defaultdict(list)
    for line in json.loads(text)["lines"]:
        key = (line["day"], line["kind"], line["confirmed_by"], line["confirmed_at"])
        was[key].append((LineState(line["state"]), Decimal(line["amount"])))
    is_now: dict[_LineKey, list[tuple[LineState, Decimal]]] = defaultdict(list)
    for item in now.lines:
        key = (item.day.isoformat(), item.fault.kind, item.confirmed_by, item.confirmed_at.isoformat())
        is_now[key].append((item.state, item.amount))
    found = []
    for key in sorted(was.keys() | is_now.keys()):
        before, after = was[key], is_now[key]
        for same in list(before):
            if same in after:
                before.remove(same)
                after.remove(same)
        before.sort()
        after.sort()
        for place in range(max(len(before), len(after))):
            old = before[place] if place < len(before) else (None, _ZERO)
            new = after[place] if place < len(after) else (None, _ZERO)
            found.append(Difference(date.fromisoformat(key[0]), key[1], key[2], *old, *new))
    return tuple(found)
