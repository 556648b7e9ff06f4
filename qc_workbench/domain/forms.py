"""Forms that calls are scored on. What the numbers of a form mean together is defined in docs/scoring.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.call import Direction

#: What a reply and a condition write where a question does not apply to the call.
NOT_APPLICABLE = "not_applicable"
YES, NO = "yes", "no"


class Kind(StrEnum):
    """What may be answered. Every scored answer has a credit of 0..1: the part of the points that it earns."""

    YES_NO = "yes_no"  # worded so that *yes* is good: 1 and 0
    SCALE = "scale"  # whole numbers from ``lowest`` (0) to ``highest`` (1), evenly between
    CHOICE = "choice"  # one option: its credit
    MULTI_CHOICE = "multi_choice"  # any options: their credits together, not below 0 and not above 1
    NUMBER = "number"  # 1 from ``lowest`` to ``highest`` (both belong; either may be open), else 0
    TEXT = "text"  # never scored


class Weighing(StrEnum):
    POINTS = "points"  # the score is the share of all points
    WEIGHTS = "weights"  # each section counts by its weight, however many points are in it


class NotApplicable(StrEnum):
    """What an answer "not applicable" does to the points of its question."""

    DROP = "drop"  # out of the maximum as well
    FULL = "full"  # counts as earned
    NOTHING = "nothing"  # counts as not earned


class Critical(StrEnum):
    """What a bad answer sets to zero. The answers stay as they were given."""

    SECTION = "section"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    ru: str
    en: str

    def of(self, language: str) -> str:
        """``language``: ``ru``; anything else is English."""
        return {"ru": self.ru}.get(language, self.en)


@dataclass(frozen=True, slots=True)
class Example:
    """A moment of a recorded call that shows what the question means."""

    call_id: str
    second_s: Decimal
    note: Text


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    text: Text
    credit: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an answer is bad, to be picked from a list: a trend needs words that repeat."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when an earlier question is shown and answered with one of ``values`` and within the borders given."""

    question: str
    values: tuple[str, ...] = ()
    at_least: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """``points``: the most it can earn; with ``bonus`` they are added to the score and never missed.

    An answer is *bad* when its credit is below ``bad_below``: then a cause is required where ``causes`` are given, and
    a critical question fails. ``not_applicable`` None: that answer is not offered. ``show_when``: all must hold.
    ``auto``: the machine's question whose answer is suggested here.
    """

    code: str
    kind: Kind
    text: Text
    points: Decimal = Decimal(0)
    help: Text | None = None
    examples: tuple[Example, ...] = ()
    options: tuple[Option, ...] = ()
    lowest: Decimal | None = None
    highest: Decimal | None = None
    bonus: bool = False
    required: bool = True
    critical: Critical | None = None
    not_applicable: NotApplicable | None = None
    bad_below: Decimal = Decimal("0.5")
    causes: tuple[Cause, ...] = ()
    show_when: tuple[Condition, ...] = ()
    auto: AutoQuestion | None = None

    @property
    def is_judged(self) -> bool:
        """Whether its answers have a credit at all."""
        if self.kind is Kind.NUMBER:
            return self.lowest is not None or self.highest is not None
        return self.kind is not Kind.TEXT


@dataclass(frozen=True, slots=True)
class Section:
    """``weight`` counts in weights mode only. ``critical_below``: percent of the section's points under which the whole
    form fails; None where the section is not critical."""

    code: str
    title: Text
    questions: tuple[Question, ...]
    weight: Decimal = Decimal(0)
    critical_below: Decimal | None = None
    show_when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """A name for scores from ``from_score`` (0..100, belongs) up to the next band."""

    code: str
    text: Text
    from_score: Decimal


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is written. No ``directions`` or ``stages``: for any. :class:`FormVersion` has its life."""

    code: str
    title: Text
    sections: tuple[Section, ...]
    mode: Weighing = Weighing.POINTS
    bands: tuple[Band, ...] = ()
    directions: tuple[Direction, ...] = ()
    stages: tuple[str, ...] = ()
    about: Text | None = None

    @property
    def questions(self) -> Iterator[Question]:
        """All of them, in the order they are asked."""
        return (question for section in self.sections for question in section.questions)

    def question(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)

    def fits(self, direction: Direction, stage: str | None) -> bool:
        """Whether the form is for calls of this direction in a deal at this stage."""
        return (not self.directions or direction in self.directions) and (not self.stages or stage in self.stages)


class FormState(StrEnum):
    DRAFT = "draft"  # may be changed, scores nothing
    PUBLISHED = "published"  # frozen; new evaluations begin with it
    RETIRED = "retired"  # frozen; evaluations that were begun with it stay with it


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One version of a form. ``content_hash``: sha256 of the text it is kept as; it never changes once published."""

    form: Form
    version: int
    state: FormState
    content_hash: str
    changed_by: str
    changed_at: datetime
    published_by: str | None = None
    published_at: datetime | None = None
    retired_at: datetime | None = None
