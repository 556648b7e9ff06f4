"""What section 1 of the monthly report is made from: how deals went, when callers who got no answer were called back.

A *stretch* numbers a span of days among those asked for: 0 is the month before, 1 the month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.missed_caller import MissedCaller


@dataclass(frozen=True, slots=True)
class ClosedDeal:
    """A deal won or lost. ``source``: the deal's own, else that of the client's first call that names one."""

    stretch: int
    deal_id: str
    manager_id: str
    status: DealStatus
    stage: str
    source: str | None
    amount: Decimal | None
    currency: str | None
    created_at: datetime | None
    closed_at: datetime
    lost_reason: str | None

    @property
    def cycle_days(self) -> float | None:
        """From its creation to its closing; None where the source has no creation, or a later one."""
        if self.created_at is None or self.created_at > self.closed_at:
            return None
        return (self.closed_at - self.created_at).total_seconds() / 86_400


@dataclass(frozen=True, slots=True)
class SourceTally:
    """Deals created, inbound calls and those of them nobody answered, by source; ``source`` None: not named."""

    stretch: int
    source: str | None
    created: int = 0
    inbound: int = 0
    lost_calls: int = 0


@dataclass(frozen=True, slots=True)
class StageTally:
    """Deals that entered a stage in a stretch, each once, and what came of them until now.

    ``moved`` went on to another stage; of the rest ``won`` and ``lost`` were closed from here, ``waiting`` are still
    here. ``won_ever``: of all of them those won by now. ``step``: mean number of the stage on the way of its deals.
    """

    stretch: int
    stage: str
    entered: int
    moved: int
    won: int
    lost: int
    waiting: int
    won_ever: int
    step: float


@dataclass(frozen=True, slots=True)
class StepTally:
    """Meetings set and held, proposals sent: activities by when they were created and done.

    ``fell_due`` meetings of the stretch, ``fell_due_held`` of them done by now, on whatever day.
    """

    stretch: int
    manager_id: str
    meetings_set: int
    meetings_held: int
    fell_due: int
    fell_due_held: int
    proposals_sent: int


@dataclass(frozen=True, slots=True)
class SalesFacts:
    """Of the month and the month before. Empty: the company has no CRM.

    ``calls_from``, ``deals_from``, ``steps_from``: when the oldest call, deal and activity that we know of began.
    """

    closed: tuple[ClosedDeal, ...] = ()
    sources: tuple[SourceTally, ...] = ()
    stages: tuple[StageTally, ...] = ()
    steps: tuple[StepTally, ...] = ()
    missed: tuple[MissedCaller, ...] = ()
    has_stage_history: bool = False
    calls_from: datetime | None = None
    deals_from: datetime | None = None
    steps_from: datetime | None = None
