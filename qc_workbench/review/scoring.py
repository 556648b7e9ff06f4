"""What answers on a form come to: docs/scoring.md in code. ``tests/property/test_scoring.py`` defines it a second time.

Sums are exact (fractions); only what is shown is rounded, to hundredths, halves up. The band follows the rounded score,
so that a score never stands beside a band it does not belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from qc_workbench.domain.evaluation import Reply, Result, SectionResult
from qc_workbench.domain.forms import YES, Condition, Critical, Form, Kind, NotApplicable, Question, Section, Weighing

_HUNDREDTH = Decimal("0.01")


def score(form: Form, replies: Mapping[str, Reply]) -> Result:
    """The result of the replies (question code -> reply); those to questions that are not shown don't count.

    Each reply must be one that ``review.evaluating.checked`` has let through.
    """
    shown = shown_questions(form, replies)
    sums = [_sum(section, shown, replies) for section in form.sections]
    failures = [
        question.code
        for question in form.questions
        if question.critical is Critical.FORM and is_bad(question, replies.get(question.code), question.code in shown)
    ]
    failures += [total.section.code for total in sums if total.fails_form]
    bonus = sum((total.bonus for total in sums), Fraction(0))
    base = _base(form, sums)
    reached = None if base is None else _rounded(min(base + bonus, Fraction(100)))
    final = Decimal("0.00") if failures else reached
    return Result(
        score=final,
        without_failure=reached,
        earned=_rounded(sum((total.earned for total in sums), Fraction(0))),
        possible=_rounded(sum((total.possible for total in sums), Fraction(0))),
        bonus=_rounded(bonus),
        sections=tuple(total.result() for total in sums),
        failures=tuple(failures),
        band=band_of(form, final),
        unanswered=tuple(
            question.code
            for question in form.questions
            if question.required and question.code in shown and question.code not in replies
        ),
        causes_missing=tuple(
            question.code
            for question in form.questions
            if question.causes
            and is_bad(question, replies.get(question.code), question.code in shown)
            and replies[question.code].cause is None
        ),
    )


def shown_questions(form: Form, replies: Mapping[str, Reply]) -> frozenset[str]:
    """Codes of the questions to be asked. Conditions look back only, so one walk is enough."""
    shown: set[str] = set()
    for section in form.sections:
        if not all(_holds(condition, shown, replies) for condition in section.show_when):
            continue
        for question in section.questions:
            if all(_holds(condition, shown, replies) for condition in question.show_when):
                shown.add(question.code)
    return frozenset(shown)


def _holds(condition: Condition, shown: set[str], replies: Mapping[str, Reply]) -> bool:
    reply = replies.get(condition.question)
    if reply is None or condition.question not in shown:
        return False
    if condition.values and not set(condition.values) & set(reply.values):
        return False
    if condition.at_least is None and condition.at_most is None:
        return True
    if reply.is_not_applicable:
        return False
    value = Decimal(reply.values[0])
    return (condition.at_least is None or value >= condition.at_least) and (
        condition.at_most is None or value <= condition.at_most
    )


def credit(question: Question, reply: Reply) -> Fraction | None:
    """The part of its points that an answer earns, 0..1; None where it has none (not applicable, not judged)."""
    if reply.is_not_applicable or not question.is_judged:
        return None
    match question.kind:
        case Kind.YES_NO:
            return Fraction(reply.values == (YES,))
        case Kind.SCALE:
            assert question.lowest is not None
            assert question.highest is not None
            lowest = Fraction(question.lowest)
            return (Fraction(reply.values[0]) - lowest) / (Fraction(question.highest) - lowest)
        case Kind.NUMBER:
            value = Decimal(reply.values[0])
            above = question.lowest is None or value >= question.lowest
            return Fraction(above and (question.highest is None or value <= question.highest))
        case _:
            ticked = (Fraction(option.credit) for option in question.options if option.code in reply.values)
            return min(max(sum(ticked, Fraction(0)), Fraction(0)), Fraction(1))


def is_bad(question: Question, reply: Reply | None, is_shown: bool = True) -> bool:
    """Whether an answer counts as bad: shown, judged, and its credit below the question's border."""
    if reply is None or not is_shown:
        return False
    part = credit(question, reply)
    return part is not None and part < Fraction(question.bad_below)


def band_of(form: Form, reached: Decimal | None) -> str | None:
    """The code of the band a score belongs to."""
    if reached is None:
        return None
    return next((band.code for band in reversed(form.bands) if reached >= band.from_score), None)


@dataclass(frozen=True, slots=True)
class _Sum:
    """Points of a section. ``is_whole``: nothing that it requires is left unanswered."""

    section: Section
    earned: Fraction
    possible: Fraction
    bonus: Fraction
    is_zeroed: bool
    is_whole: bool

    @property
    def share(self) -> Fraction:
        return self.earned / self.possible

    @property
    def fails_form(self) -> bool:
        border = self.section.critical_below
        return border is not None and self.is_whole and self.possible > 0 and 100 * self.share < Fraction(border)

    def result(self) -> SectionResult:
        percent = _rounded(100 * self.share) if self.possible else None
        return SectionResult(self.section.code, _rounded(self.earned), _rounded(self.possible), percent, self.is_zeroed)


def _sum(section: Section, shown: frozenset[str], replies: Mapping[str, Reply]) -> _Sum:
    earned = possible = bonus = Fraction(0)
    is_zeroed, is_whole = False, True
    for question in section.questions:
        if question.code not in shown:
            continue
        reply = replies.get(question.code)
        if reply is None:
            is_whole = is_whole and not question.required
            continue
        points, part = Fraction(question.points), credit(question, reply)
        if part is None:
            if reply.is_not_applicable and question.not_applicable is not NotApplicable.DROP and not question.bonus:
                possible += points
                earned += points if question.not_applicable is NotApplicable.FULL else 0
            continue
        is_zeroed = is_zeroed or (question.critical is Critical.SECTION and is_bad(question, reply))
        if question.bonus:
            bonus += points * part
        else:
            possible += points
            earned += points * part
    if is_zeroed:
        earned = bonus = Fraction(0)
    return _Sum(section, earned, possible, bonus, is_zeroed, is_whole)


def _base(form: Form, sums: list[_Sum]) -> Fraction | None:
    """The score before bonus, in percent; None where no points were at stake."""
    counted = [total for total in sums if total.possible]
    if form.mode is Weighing.POINTS:
        weighed = [(total.possible, total.share) for total in counted]
    else:
        weighed = [(Fraction(total.section.weight), total.share) for total in counted]
    whole = sum((weight for weight, _ in weighed), Fraction(0))
    return 100 * sum((weight * share for weight, share in weighed), Fraction(0)) / whole if whole else None


def _rounded(value: Fraction) -> Decimal:
    """To hundredths, halves up; the fraction itself is what is rounded, not its decimal form."""
    hundredths = int(value * 100 + Fraction(1, 2))  # never negative here, so cutting off is rounding down
    return (Decimal(hundredths) * _HUNDREDTH).quantize(_HUNDREDTH, ROUND_HALF_UP)
