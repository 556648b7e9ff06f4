"""Scores in section 3 of the monthly report: what the random sample says of all calls, form by form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qc_workbench.domain.coaching import Clip
from qc_workbench.domain.forms import Form, Text
from qc_workbench.sampling.breakdown import worst_questions
from qc_workbench.sampling.estimates import Estimate, StratumSample
from qc_workbench.sampling.scores import estimate_score
from qc_workbench.sampling.trends import Change, difference

#: Questions and calls of each end that the report names.
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class ScoredCall:
    call_id: str
    agent: str
    started_at: datetime
    score: float
    failed: bool


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What one plan drew and people scored on one form. ``now`` and ``before``: strata of the two months.

    ``answers``: of each question that earns points, as :func:`~qc_workbench.sampling.breakdown.worst_questions` takes
    them; ``bad``: how many bad answers; ``versions`` of the form that were used; ``failed`` calls.
    """

    form: Form
    plan: str
    versions: tuple[int, ...]
    now: tuple[StratumSample, ...]
    before: tuple[StratumSample, ...]
    answers: Mapping[str, Sequence[StratumSample]]
    bad: Mapping[str, int]
    calls: tuple[ScoredCall, ...]
    failed: int


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """``first`` and ``last``: the places, 1 being the worst, that the intervals leave possible."""

    code: str
    text: Text
    estimate: Estimate
    first: int
    last: int
    answered: int
    bad: int


@dataclass(frozen=True, slots=True)
class FormResult:
    """``estimate``: the mean score of all calls of the frame, 0..100. ``best`` and ``worst`` of those heard."""

    code: str
    title: Text
    plan: str
    versions: tuple[int, ...]
    estimate: Estimate
    before: Estimate
    change: Change | None
    failed: int
    questions: tuple[QuestionResult, ...]
    best: tuple[ScoredCall, ...]
    worst: tuple[ScoredCall, ...]


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A passage of a call of the month that somebody kept; ``agent`` whose call it is."""

    clip: Clip
    agent: str
    started_at: datetime


def form_result(found: FormFacts) -> FormResult:
    estimate, before = estimate_score(found.now), estimate_score(found.before)
    questions = []
    for place in worst_questions(found.answers)[:NAMED]:
        asked = found.form.question(place.who)
        assert asked is not None
        answered = sum(len(group.values) for group in found.answers[place.who])
        questions.append(
            QuestionResult(
                place.who, asked.text, place.estimate, place.first, place.last, answered, found.bad.get(place.who, 0)
            )
        )
    ranked = sorted(found.calls, key=lambda call: (call.score, call.started_at, call.call_id))
    half = min(NAMED, len(ranked) // 2)
    return FormResult(
        found.form.code, found.form.title, found.plan, found.versions, estimate, before, difference(estimate, before),
        found.failed, tuple(questions), tuple(reversed(ranked[len(ranked) - half :])), tuple(ranked[:half]),
    )  # fmt: skip
