"""The month's investigation: what was claimed before the month, what was found, who was written to, what came of it.

A *hypothesis* is fixed before its evidence exists and never changes: its hash says so. An *examination* counts what it
claims, agent by agent. A *letter* goes to a violator about whom a named person confirmed something. The *repeat check*
looks at calls after the letter; a *verdict* says whether the hypothesis held; a *measure* is only proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from qc_workbench.domain.call import Direction
from qc_workbench.domain.letter import Letter
from qc_workbench.domain.measure import Measure


class Metric(StrEnum):
    """What is counted (``metric.<code>``). Each is a share of something bad, by agent: less is better, always.

    The event that a case is dated by is what stands first: a call begins, a task falls due, a deal is lost.
    """

    PADDED_CALLS = "padded_calls"  # calls the CRM counts as effective | suspected as padded, unless rejected
    BROKEN_PROMISES = "broken_promises"  # promises made in calls | missing, overdue, dragged or scheduled late
    FALSE_REFUSALS = "false_refusals"  # calls whose deal is lost | closed though the client never refused
    CALLS_NOT_LOGGED = "calls_not_logged"  # connected calls | without an activity or note of the client
    NO_NOTES = "no_notes"  # verified conversations | without a note within the time allowed
    OVERDUE_TASKS = "overdue_tasks"  # tasks that fell due | not done by the evening of that day
    DRAGGED_TASKS = "dragged_tasks"  # tasks that fell due | whose due date was moved to a later day
    MISSED_WITHOUT_DEAL = "missed_without_deal"  # missed incoming calls | whose client has no deal
    LATE_CALLBACKS = "late_callbacks"  # missed incoming calls | not called back within the time allowed
    LOW_SCORES = "low_scores"  # calls of the random sample that people scored | below ``Hypothesis.line``

    @property
    def is_about_calls(self) -> bool:
        """Whether a case is a call that can be opened; else it is a task."""
        return self not in (Metric.OVERDUE_TASKS, Metric.DRAGGED_TASKS)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which calls and deals are examined. Empty means all: ``agents`` (employees), ``directions``, ``sources`` (of
    calls, or of the deal of a task). ``random_only``: only calls that the random sample drew.
    """

    agents: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()
    sources: tuple[str, ...] = ()
    random_only: bool = False


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """ "At least ``agents_needed`` agents of the scope have a share of ``metric`` above ``threshold``".

    ``threshold``: 0..1. ``least_cases``: an agent with fewer bad cases is no violator, whatever the share.
    ``least_of``: an agent with fewer calls (promises, tasks) is not judged. ``line``: points of 100, LOW_SCORES only.
    ``content_hash``: sha256 of the canonical JSON of all that is claimed. ``fixed_late``: after the lock day of the
    month, so never "said in advance". ``withdrawn_at``: since when nobody goes on with it; it stays readable.
    """

    hypothesis_id: str
    month: date
    claim: str
    metric: Metric
    threshold: float
    scope: Scope
    least_of: int
    least_cases: int
    agents_needed: int
    line: float | None
    fixed_by: str
    fixed_at: datetime
    content_hash: str
    fixed_late: bool = False
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_because: str = ""


@dataclass(frozen=True, slots=True)
class CaseCount:
    """``bad`` of ``of`` of an agent in a stretch; ``confirmed``: bad ones that a named person confirmed."""

    agent: str
    stretch: int
    bad: int
    of: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class CaseRef:
    """One bad case. ``subject``: id of a call, or of an activity; ``call_id``: the call to open, if there is one.

    ``is_confirmed``: by a named person; else a machine's suspicion.
    """

    agent: str
    subject: str
    call_id: str | None
    happened_at: datetime
    is_confirmed: bool


class Standing(StrEnum):
    """What an agent's figures say against the threshold (``standing.<code>``)."""

    VIOLATOR = "violator"  # above it by more than chance
    UNCLEAR = "unclear"  # the interval holds the threshold
    WITHIN = "within"  # below it by more than chance
    TOO_FEW = "too_few"  # too few calls to say anything


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """An agent in an examination. ``low``, ``high``: exact interval of the share, wide enough for as many agents as
    were looked at. ``cases``: the first ones, confirmed before suspected; ``bad`` counts all.
    """

    agent: str
    bad: int
    of: int
    confirmed: int
    low: float
    high: float
    standing: Standing
    cases: tuple[CaseRef, ...] = ()

    @property
    def share(self) -> float | None:
        return self.bad / self.of if self.of else None

    @property
    def may_get_letter(self) -> bool:
        """A violator about whom a named person confirmed at least one case."""
        return self.standing is Standing.VIOLATOR and self.confirmed > 0


@dataclass(frozen=True, slots=True)
class Examination:
    """What one hypothesis came to in ``[starts_at, ends_at)``. ``versions``: detectors and settings it rests on."""

    examination_id: str
    hypothesis_id: str
    starts_at: datetime
    ends_at: datetime
    made_by: str
    made_at: datetime
    agents: tuple[AgentFigures, ...]
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def violators(self) -> tuple[AgentFigures, ...]:
        return tuple(item for item in self.agents if item.standing is Standing.VIOLATOR)


class LetterOutcome(StrEnum):
    """What the repeat check says of a letter (``letter_outcome.<code>``)."""

    IMPROVED = "improved"
    NOT_IMPROVED = "not_improved"  # still a violator on fresh calls, and no better than chance explains: ignored
    NOT_ENOUGH_DATA = "not_enough_data"


class CheckCaution(StrEnum):
    """What a reader has to know beside the figures of a repeat check (``check_caution.<code>``)."""

    RETURN = "return"  # a part of the fall was to be expected without a letter (regression to the mean)
    RETURN_UNKNOWN = "return_unknown"  # how much of it was, nobody can say
    NO_COLLEAGUES = "no_colleagues"  # too few without a letter to compare with
    FEW_FRESH = "few_fresh"  # too few cases after the letter


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of shares, after less before (negative: better), with its 95 % interval; None: not known."""

    value: float
    low: float | None
    high: float | None

    @property
    def is_certain(self) -> bool:
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class RepeatCheck:
    """One letter and one hypothesis of it on fresh cases in ``[fresh_from, fresh_to)``.

    ``others_*``: those without a letter, together. ``plain``: after less before. ``beyond_others``: less their change
    too (difference in differences). ``expected``: share to be expected without any letter (Kelley);
    ``beyond_expected``: after less that.
    """

    letter_id: str
    hypothesis_id: str
    agent: str
    fresh_from: datetime
    fresh_to: datetime
    before_bad: int
    before_of: int
    after_bad: int
    after_of: int
    others: int
    others_before_bad: int
    others_before_of: int
    others_after_bad: int
    others_after_of: int
    plain: Change | None
    beyond_others: Change | None
    expected: float | None
    beyond_expected: Change | None
    outcome: LetterOutcome
    standing: Standing
    cautions: tuple[CheckCaution, ...] = ()


class VerdictKind(StrEnum):
    """``hypothesis_verdict.<code>``"""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True)
class HypothesisVerdict:
    """On the whole month. ``violators`` are above the threshold by more than chance, ``possible`` may be (those too),
    ``judged`` had enough cases; ``needed`` as claimed. ``checks``: the letters about this hypothesis.
    """

    verdict_id: str
    hypothesis_id: str
    kind: VerdictKind
    examination: Examination
    violators: int
    possible: int
    judged: int
    needed: int
    checks: tuple[RepeatCheck, ...]
    made_by: str
    made_at: datetime


class InvestigationStep(StrEnum):
    """Where the month is (``investigation_step.<code>``), in order."""

    FIX = "fix"
    EXAMINE = "examine"
    LETTERS = "letters"
    CHECK = "check"
    MEASURES = "measures"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class HypothesisState:
    """A hypothesis with all that belongs to it. ``examination``: the one letters stand on; the latest mid-month one."""

    hypothesis: Hypothesis
    examination: Examination | None
    verdict: HypothesisVerdict | None


@dataclass(frozen=True, slots=True)
class MonthInvestigation:
    """All of a month's investigation: sections 2 and 4 of the monthly report.

    ``hypotheses``: withdrawn ones last. ``letters``: those that stand (not superseded), withdrawn ones among them.
    ``checks``: of all letters. ``measures``: proposals with the decisions that stand. ``step``: what is to be done.
    """

    month: date
    hypotheses: tuple[HypothesisState, ...] = ()
    letters: tuple[Letter, ...] = ()
    checks: tuple[RepeatCheck, ...] = ()
    measures: tuple[Measure, ...] = ()
    step: InvestigationStep = InvestigationStep.FIX
