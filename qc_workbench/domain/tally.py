"""Counts that reports are made from: rows that are alike, and how many of them there are.

A *stretch* is the number of a span of days among those that the report asked for (0, 1, …).
The store counts these in SQL, because a year of calls is not read to print ten numbers;
``reporting.counting`` counts the same from domain values, and a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid, CommitmentOutcome
from qc_workbench.domain.violation import ViolationKind


@dataclass(frozen=True, slots=True)
class CallTally:
    """Calls with clients. ``counted``: the CRM counts them as effective; ``verified`` as in ``Conversation``."""

    stretch: int
    manager_id: str
    direction: Direction
    answered: bool
    counted: bool
    verified: bool | None
    calls: int


class DealEvent(StrEnum):
    CREATED = "created"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DealTally:
    """What happened to deals. ``amount`` in ``currency`` ("" where the deal names none); None: no deal has one."""

    stretch: int
    manager_id: str
    event: DealEvent
    currency: str
    deals: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class DrawnTally:
    """Calls of the random sample, each once however many plans drew it. ``listened``: those of them judged."""

    manager_id: str
    direction: Direction
    answered: bool
    drawn: int
    listened: int


@dataclass(frozen=True, slots=True)
class StratumTally:
    """One stratum of one draw, narrowed to counted calls: how many, how many judged, and judged as conversations."""

    plan: str
    draw_id: str
    stratum: str
    population: int
    judged: int
    verified: int


@dataclass(frozen=True, slots=True)
class PromiseTally:
    manager_id: str
    outcome: CommitmentOutcome
    promises: int


@dataclass(frozen=True, slots=True)
class RefusalTally:
    client_said: ClientSaid
    refusals: int


@dataclass(frozen=True, slots=True)
class ViolationTally:
    manager_id: str
    kind: ViolationKind
    violations: int
