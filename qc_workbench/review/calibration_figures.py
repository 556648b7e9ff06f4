"""What calibrations and silent second looks say about questions and about reviewers, put together.

Only what was scored independently is measured: answers given before a blind session opened, and second looks, whose
reviewers do not know that the call was scored before. Sessions that are not open yet are left out: a figure of one
session would tell its answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from qc_workbench.domain.calibration import Blindness
from qc_workbench.domain.evaluation import Evaluation, Purpose, Reply
from qc_workbench.domain.forms import Form, FormVersion, Kind, Question
from qc_workbench.review.agreement import (
    RELIABLE,
    RESAMPLES,
    TENTATIVE,
    Answer,
    Level,
    QuestionAgreement,
    Rating,
    agreement,
)
from qc_workbench.review.calibrating import CalibrationCase
from qc_workbench.review.calibration_comparison import agreed_score
from qc_workbench.review.reviewers import Measured, PairedScore, Repeatability, bias, drift, repeatability
from qc_workbench.review.scoring import shown_questions
from qc_workbench.review.strictness import GivenScore, Strictness, strictness

#: With fewer calls the interval of alpha is too short (J. Hughes, arXiv 2210.13265, 2022).
FEW_CALLS: Final = 20
_LEVELS: Final[Mapping[Kind, Level]] = {
    Kind.YES_NO: Level.NOMINAL,
    Kind.CHOICE: Level.NOMINAL,
    Kind.MULTI_CHOICE: Level.NOMINAL,
    Kind.SCALE: Level.ORDINAL,
    Kind.NUMBER: Level.ORDINAL,
}


class Source(StrEnum):
    """Where the answers compared come from (``calibration_source.<code>``)."""

    TOGETHER = "together"
    CALIBRATION = "calibration"
    SECOND_LOOK = "second_look"


class Advice(StrEnum):
    """What to do about a question (``calibration_advice.<code>``)."""

    REWORD = "reword"  # reviewers read it differently
    WATCH = "watch"  # tentative
    FINE = "fine"
    ALIKE = "alike"  # everybody always answered the same: it has told no call from another
    NOTHING = "nothing"  # no call with two answers


@dataclass(frozen=True, slots=True)
class Scored:
    """A submitted evaluation with the answers that stand in it; ``agent``: whose call it is."""

    evaluation: Evaluation
    agent: str
    replies: Mapping[str, Reply]


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """Agreement on one question of a form, as the newest version asks it."""

    form_code: str
    question: Question
    by_source: Mapping[Source, QuestionAgreement]

    @property
    def whole(self) -> QuestionAgreement:
        return self.by_source[Source.TOGETHER]


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """``scores``: calls scored in the time; each other figure is None where there is too little to tell."""

    reviewer: str
    scores: int
    bias: Measured | None
    strictness: Strictness | None
    drift: Measured | None
    repeatability: Repeatability | None


@dataclass(frozen=True, slots=True)
class Figures:
    """``sessions``: opened blind ones; ``second_looks``: submitted. Worst questions first, reviewers by scores."""

    sessions: int
    second_looks: int
    questions: tuple[QuestionFigures, ...]
    reviewers: tuple[ReviewerFigures, ...]


def level_of(question: Question) -> Level | None:
    """On which level answers to the question are compared; None for a text."""
    return _LEVELS.get(question.kind)


def answer_of(question: Question, reply: Reply) -> Answer | None:
    """An answer as agreement compares it. "Not applicable" is a code among codes and no number among numbers."""
    level = level_of(question)
    if level is None:
        return None
    if level is Level.ORDINAL:
        return None if reply.is_not_applicable else float(Decimal(reply.values[0]))
    return reply.values if question.kind is Kind.MULTI_CHOICE else reply.values[0]


def advice(found: QuestionAgreement) -> Advice:
    """By the value of alpha; whether there are enough calls to trust it is said beside it (:data:`FEW_CALLS`)."""
    if not found.calls:
        return Advice.NOTHING
    if found.alpha is None:
        return Advice.ALIKE
    if found.alpha.value < TENTATIVE:
        return Advice.REWORD
    return Advice.WATCH if found.alpha.value < RELIABLE else Advice.FINE


def figures(
    versions: Iterable[FormVersion],
    cases: Sequence[CalibrationCase],
    agents: Mapping[str, str],
    scored: Sequence[Scored],
    firsts: Sequence[Scored],
    resamples: int = RESAMPLES,
) -> Figures:
    """``cases``: sessions of the time; ``agents``: call -> whose it is; ``scored``: everything submitted in the time,
    of calibrations only what belongs to ``cases`` counts; ``firsts``: the scores that second looks look at again.
    """
    by_version = {(item.form.code, item.version): item.form for item in versions}
    measured = [case for case in cases if case.session.blindness is not Blindness.SEEN and case.opened_at is not None]
    calibrated = [
        Scored(item.evaluation, agents.get(case.session.call_id, ""), {reply.question: reply for reply in item.replies})
        for case in measured
        for item in case.in_time
    ]
    seconds = [item for item in scored if item.evaluation.purpose is Purpose.SECOND_LOOK]
    looked = [*firsts, *seconds]
    usual = [item for item in scored if item.evaluation.purpose is not Purpose.CALIBRATION]
    return Figures(
        len(measured),
        len(seconds),
        _questions(
            by_version,
            {
                Source.TOGETHER: [*looked, *calibrated],
                Source.CALIBRATION: calibrated,
                Source.SECOND_LOOK: looked,
            },
            resamples,
        ),
        _reviewers(by_version, measured, [*usual, *calibrated], _again(firsts, seconds)),
    )


def _unit(evaluation: Evaluation) -> str:
    return f"{evaluation.call_id}\0{evaluation.form_code}"


def _questions(
    forms: Mapping[tuple[str, int], Form], sources: Mapping[Source, Sequence[Scored]], resamples: int
) -> tuple[QuestionFigures, ...]:
    newest: dict[str, int] = {}
    for item in sources[Source.TOGETHER]:
        code, version = item.evaluation.form_code, item.evaluation.version
        newest[code] = max(version, newest.get(code, 0))
    asked = {
        f"{code}\0{question.code}": (code, question)
        for code, version in sorted(newest.items())
        if (code, version) in forms
        for question in forms[code, version].questions
        if level_of(question) is not None
    }
    levels = {key: level for key, (_, question) in asked.items() if (level := level_of(question)) is not None}
    by_source: dict[Source, dict[str, QuestionAgreement]] = {}
    for source, of in sources.items():
        same = next((known for known in by_source if list(sources[known]) == list(of)), None)
        ratings = [rating for item in of for rating in _ratings(forms, item, asked)] if same is None else []
        by_source[source] = (
            {found.question: found for found in agreement(ratings, levels, resamples)}
            if same is None
            else by_source[same]
        )
    found = [
        QuestionFigures(code, question, {source: by_source[source][key] for source in Source})
        for key, (code, question) in asked.items()
    ]
    return tuple(sorted(found, key=_worst_first))


def _worst_first(item: QuestionFigures) -> tuple[int, float]:
    whole = item.whole
    if not whole.calls:
        return 2, 0.0
    return (1, whole.equal or 0.0) if whole.alpha is None else (0, whole.alpha.value)


def _ratings(
    forms: Mapping[tuple[str, int], Form], item: Scored, asked: Mapping[str, tuple[str, Question]]
) -> list[Rating]:
    """Answers to questions that were shown, as far as the newest version still asks them in the same way."""
    form = forms.get((item.evaluation.form_code, item.evaluation.version))
    if form is None:
        return []
    found = []
    for code in shown_questions(form, item.replies):
        question, reply = form.question(code), item.replies.get(code)
        key = f"{item.evaluation.form_code}\0{code}"
        if question is None or reply is None or key not in asked or not _same_way(question, asked[key][1]):
            continue
        answer = answer_of(question, reply)
        if answer is not None:
            found.append(Rating(_unit(item.evaluation), key, item.evaluation.reviewer, answer))
    return found


def _same_way(one: Question, other: Question) -> bool:
    options = [[option.code for option in question.options] for question in (one, other)]
    return (one.kind, one.lowest, one.highest) == (other.kind, other.lowest, other.highest) and options[0] == options[1]


def _again(firsts: Sequence[Scored], seconds: Sequence[Scored]) -> list[PairedScore]:
    """First and second score of calls served to the same person again."""
    earlier = {(_unit(item.evaluation), item.evaluation.reviewer): item.evaluation for item in reversed(firsts)}
    found = []
    for item in seconds:
        again = item.evaluation
        first = earlier.get((_unit(again), again.reviewer))
        if first is not None and first.score is not None and again.score is not None:
            found.append(PairedScore(again.reviewer, again.call_id, float(first.score), float(again.score)))
    return found


def _reviewers(
    forms: Mapping[tuple[str, int], Form],
    cases: Sequence[CalibrationCase],
    scored: Sequence[Scored],
    again: Sequence[PairedScore],
) -> tuple[ReviewerFigures, ...]:
    given: dict[tuple[str, str], GivenScore] = {}
    counts: dict[str, set[str]] = defaultdict(set)
    for item in sorted(scored, key=lambda each: (each.evaluation.begun_at, each.evaluation.evaluation_id)):
        evaluation = item.evaluation
        counts[evaluation.reviewer].add(evaluation.call_id)
        if evaluation.score is not None and evaluation.submitted_at is not None:
            points = GivenScore(
                evaluation.call_id, item.agent, evaluation.reviewer, float(evaluation.score), evaluation.submitted_at
            )
            given.setdefault((evaluation.call_id, evaluation.reviewer), points)
    to_agreed = [pair for case in cases for pair in _beside_agreed(forms, case)]
    biased = {item.reviewer: item for item in bias(to_agreed)}
    strict = {item.reviewer: item for item in strictness(given.values())}
    drifting = {item.reviewer: item for item in drift(given.values())}
    repeated = {item.reviewer: item for item in repeatability(again)}
    rows = [
        ReviewerFigures(name, len(calls), biased.get(name), strict.get(name), drifting.get(name), repeated.get(name))
        for name, calls in counts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.scores, row.reviewer)))


def _beside_agreed(forms: Mapping[tuple[str, int], Form], case: CalibrationCase) -> list[PairedScore]:
    """Own and agreed score of a session that is closed with everything agreed on."""
    form = forms.get((case.session.form_code, case.session.version))
    if form is None or case.closed_at is None:
        return []
    agreed = agreed_score(form, case)
    if agreed.missing or agreed.score is None:
        return []
    return [
        PairedScore(item.reviewer, case.session.call_id, float(item.evaluation.score), float(agreed.score))
        for item in case.in_time
        if item.evaluation.score is not None
    ]
