"""The discipline bonus: faults that a named person confirmed, what each costs, statements and their approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.violation import ViolationKind

#: A promise that died. Promises carry no flag: whoever rules on one rules on the promise itself.
BROKEN_PROMISE: Final = "broken_promise"
#: Everything that may cost money, by code: suspicions about calls, promises, breaches of order in the CRM.
FAULT_KINDS: Final = (
    *(kind.value for kind in FlagKind),
    BROKEN_PROMISE,
    *(kind.value for kind in ViolationKind),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing of one agent that a person can confirm. Not yet a guilt: rulings say that.

    ``fault_id``: a violation_id, a commitment_id, or of a suspicion ``<kind>:<call_id>``, because a newer detector may
    replace the flag. ``kind``: one of :data:`FAULT_KINDS`.
    """

    fault_id: str
    kind: str
    agent_id: str
    happened_at: datetime
    call_id: str | None = None
    deal_id: str | None = None
    activity_id: str | None = None


class Objection(StrEnum):
    """What is done about a confirmed fault: the agent objects, another person decides."""

    DISPUTE = "dispute"
    WITHDRAW = "withdraw"  # the agent takes the objection back
    KEEP = "keep"  # the fault stands
    GRANT = "grant"  # the agent is right: it costs nothing


@dataclass(frozen=True, slots=True)
class FaultMove:
    """One step. Append-only; ``step`` counts from 1 within the fault."""

    fault_id: str
    step: int
    move: Objection
    reason: str
    by: str
    at: datetime


class LineState(StrEnum):
    """``bonus_state.<code>``"""

    COUNTED = "counted"
    CAPPED = "capped"  # a limit left less than the tariff, or nothing
    SUSPENDED = "suspended"  # disputed, or confirmed before the agent could answer: costs nothing until it is ruled on
    DROPPED = "dropped"  # confirmed once, costs nothing


class Why(StrEnum):
    """Why a line costs less than its tariff: ``bonus_why.<code>``."""

    DISPUTED = "disputed"
    NOT_HEARD = "not_heard"  # confirmed before the agent was asked and could answer
    REJECTED = "rejected"  # a later ruling says it was no fault
    WITHDRAWN = "withdrawn"
    ASKED = "asked"  # the agent was asked again since
    GRANTED = "granted"  # the dispute was decided for the agent
    EXPIRED = "expired"  # confirmed too late
    SAME_CALL = "same_call"  # another fault of the same call costs as much or more
    SAME_TASK = "same_task"
    SAME_DEAL = "same_deal"  # another fault about the closing of the same deal
    KIND_LIMIT = "kind_limit"
    DAY_LIMIT = "day_limit"
    MONTH_LIMIT = "month_limit"
    POOL = "pool"  # nothing of the bonus is left


@dataclass(frozen=True, slots=True)
class Terms:
    """What one agent's bonus is counted by. Amounts in ``currency``, none negative.

    ``tariffs`` and ``most_by_kind`` by kind of fault: a kind without a tariff costs nothing, one without a limit has
    none. ``most_a_day``, ``most_a_month``: None is no limit. ``validity_days``: a fault confirmed later than this many
    days after it happened costs nothing; 0: always valid. ``step``: amounts are whole multiples of it. ``reply_days``:
    working days that the agent had to answer before it was confirmed; 0: the agent need not be asked.
    """

    currency: str
    pool: Decimal
    fixed: Decimal
    tariffs: Mapping[str, Decimal]
    most_by_kind: Mapping[str, Decimal]
    most_a_day: Decimal | None
    most_a_month: Decimal | None
    validity_days: int
    step: Decimal
    reply_days: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A fault that a person confirmed and what it costs. ``amount`` is taken off, from 0 to ``tariff``."""

    fault: Fault
    day: date
    tariff: Decimal
    amount: Decimal
    state: LineState
    why: Why | None
    confirmed_by: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """The bonus of an agent and a calendar month of the company's zone. ``month``: its first day."""

    agent_id: str
    month: date
    terms: Terms
    lines: tuple[Line, ...]

    @property
    def deducted(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def payable(self) -> Decimal:
        """Of the bonus; the fixed part is never touched."""
        return self.terms.pool - self.deducted

    @property
    def suspended(self) -> Decimal:
        """The tariffs of suspended lines: the most that may still be taken off."""
        return sum((line.tariff for line in self.lines if line.state is LineState.SUSPENDED), Decimal(0))

    def count(self, *states: LineState) -> int:
        return sum(line.state in states for line in self.lines)


@dataclass(frozen=True, slots=True)
class Approval:
    """A statement as a named person approved it, or the undo of that. Append-only.

    ``frozen``: the statement as JSON, which names no client, call or deal; ``sha256`` of it. ``supersedes``: of an
    undo, the approval taken back.
    """

    approval_id: str
    agent_id: str
    month: date
    revision: int
    frozen: str
    sha256: str
    by: str
    at: datetime
    is_undo: bool = False
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a line of an approved statement is now. None: it was not there, or is not there any more."""

    day: date
    kind: str
    confirmed_by: str
    state_before: LineState | None
    amount_before: Decimal
    state_after: LineState | None
    amount_after: Decimal
