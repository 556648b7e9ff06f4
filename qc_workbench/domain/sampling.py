"""Draws of calls for listening: plans, frames, draws and what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Period(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Plan:
    """A sampling plan. ``shares`` maps a direction to the fraction (0..1) drawn from it, rounded up.

    ``strata`` are the fields within which the share is taken (``direction`` is always one of them).
    """

    name: str
    period: Period
    shares: Mapping[str, float]
    strata: tuple[str, ...] = ("direction", "manager_id")
    minimum_per_agent: int = 1
    minimum_talk_s: float = 0.0  # shorter calls are not in the frame
    seed: str = ""


class SampleStatus(StrEnum):
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    REPLACED = "replaced"


class Queue(StrEnum):
    RANDOM = "random"  # the unbiased sample; the only base of estimates
    TARGETED = "targeted"  # calls the machine finds risky; never mixed into estimates


@dataclass(frozen=True, slots=True)
class FrameItem:
    """One call of the population a draw is made from."""

    call_id: str
    started_at: datetime
    stratum: str
    agent_id: str
    #: Place in the drawing order of its stratum, for a call whose id was replaced at its client's request.
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """The passport of a draw: all that is needed to make it again and get the same calls."""

    draw_id: str
    plan: Plan
    period_from: date
    period_to: date  # inclusive
    seed: str
    frame_hash: str
    frame: tuple[FrameItem, ...]
    drawn_at: datetime
    program_version: str
    #: sha256 of the frame as it is after ids of erased calls were replaced; None where none were.
    amended_hash: str | None = None


@dataclass(frozen=True, slots=True)
class SampledCall:
    draw_id: str
    plan: str
    period: str
    stratum: str
    call_id: str
    inclusion_probability: float
    drawn_at: datetime
    queue: Queue = Queue.RANDOM
    status: SampleStatus = SampleStatus.WAITING
    assigned_to: str | None = None
    replaces: str | None = None
    reason: str | None = None
