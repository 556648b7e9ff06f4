"""Calibration: several people score the same call by themselves, then agree on each answer. All of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from qc_workbench.domain.evaluation import Evaluation, Reply


class Blindness(StrEnum):
    """What participants know of each other and of the session while they score (``calibration_blindness.<code>``)."""

    BLIND = "blind"  # nobody sees another's answers until all have submitted or the leader opens the session
    UNKNOWN = "unknown"  # the same, and to its participants the call is one of their queue until the leader opens it
    SEEN = "seen"  # whoever has submitted sees the others: for learning, no measure of agreement


@dataclass(frozen=True, slots=True)
class FrameCall:
    """A call that could have been drawn. ``number``: its random number, kept where the id it was made of is gone."""

    call_id: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class CalibrationDraw:
    """All that is needed to draw the calls again: the first ``wanted`` of the frame in the order of their numbers.

    ``frame_hash``: sha256 of the ids as they were when drawn. ``drawn_from`` and ``drawn_to``: days, both included.
    """

    draw_id: str
    seed: str
    frame: tuple[FrameCall, ...]
    frame_hash: str
    drawn_from: date
    drawn_to: date
    wanted: int
    drawn_by: str
    drawn_at: datetime


@dataclass(frozen=True, slots=True)
class CalibrationSession:
    """One call on one version of a form. ``participants`` and ``led_by``, who called it, are accounts; ``draw_id``
    None: the call was chosen by the leader. ``due``: until when to score; nothing shuts by itself then.
    """

    session_id: str
    call_id: str
    form_code: str
    version: int
    participants: tuple[str, ...]
    led_by: str
    blindness: Blindness
    due: datetime
    called_at: datetime
    draw_id: str | None = None


class StepKind(StrEnum):
    OPENED = "opened"  # answers are shown; what is submitted later is not blind and counts in no statistic
    AGREED = "agreed"  # the answer to a question that the leader wrote down; without a reply it is taken back
    CLOSED = "closed"
    REOPENED = "reopened"  # the undo of a closing


@dataclass(frozen=True, slots=True)
class CalibrationStep:
    """Append-only; ``step`` counts those of the session from 1. ``note``: why the answer is the right one."""

    session_id: str
    step: int
    kind: StepKind
    question: str | None
    reply: Reply | None
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What one participant submitted (or began): the evaluation and the answers that stand in it."""

    evaluation: Evaluation
    replies: tuple[Reply, ...]

    @property
    def reviewer(self) -> str:
        return self.evaluation.reviewer


@dataclass(frozen=True, slots=True)
class Agreed:
    """The agreed answer to a question, by whom and why."""

    reply: Reply
    note: str
    by: str
    at: datetime


class Stage(StrEnum):
    """Where a session is for one person (``calibration_stage.<code>``)."""

    DO_NOW = "do_now"
    WAITING = "waiting"  # for the others, or for the leader
    DISCUSS = "discuss"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Spread:
    """One question beside itself. ``given``: answers by participant, those who were asked and answered.

    ``unlike``: share (0..1) of unlike pairs, 0 where all agree. ``middle``: the agreed answer, else the median of
    numbers or the commonest answer; None where there is no one commonest. ``apart``: who answered otherwise.
    """

    question: str
    given: tuple[tuple[str, Reply], ...]
    unlike: float
    middle: tuple[str, ...] | None
    apart: tuple[str, ...]
    agreed: Agreed | None


@dataclass(frozen=True, slots=True)
class AgreedScore:
    """What the agreed answers come to, beside what each participant gave. ``missing``: questions not agreed on yet."""

    score: Decimal | None
    missing: tuple[str, ...]
