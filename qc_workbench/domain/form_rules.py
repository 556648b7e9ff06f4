"""What a form must keep to before anybody is scored on it: every problem with its place, for editor and file alike."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from qc_workbench.domain.forms import (
    NO,
    NOT_APPLICABLE,
    YES,
    Band,
    Condition,
    Example,
    Form,
    Kind,
    NotApplicable,
    Option,
    Question,
    Section,
    Text,
    Weighing,
)

#: From the form down: names of fields and numbers in lists, e.g. ``("sections", 0, "questions", 2, "points")``.
Path = tuple[str | int, ...]

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Most a question may earn; more is a slip of the finger.
MOST_POINTS = Decimal(1000)
#: Longest scale: keys 1 to 9 and 0 answer it.
MOST_STEPS = 10
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class FormProblem:
    """``code`` names the text ``form_problem.<code>``: what is wrong, what was expected, the next step."""

    path: Path
    code: str
    params: dict[str, str] = field(default_factory=dict)


def problems_of(form: Form) -> list[FormProblem]:
    """All that is wrong with a form, from top to bottom; nothing for a form that may be published."""
    return [*_head(form), *_sections(form), *_bands(form.bands)]


def _head(form: Form) -> Iterator[FormProblem]:
    yield from _codes([form.code], ("form",), is_list=False)
    yield from _text(form.title, ("title",))
    if form.about:
        yield from _text(form.about, ("about",))
    for place, stage in enumerate(form.stages):
        if not stage.strip():
            yield FormProblem(("stages", place), "blank")
    if not any(question.points and not question.bonus for question in form.questions):
        yield FormProblem(("sections",), "nothing_scored")


def _sections(form: Form) -> Iterator[FormProblem]:
    yield from _codes([section.code for section in form.sections], ("sections",))
    known = [question.code for question in form.questions]
    before: dict[str, Question] = {}
    for place, section in enumerate(form.sections):
        at: Path = ("sections", place)
        yield from _section(form, section, at)
        yield from _conditions(section.show_when, before, known, at)
        for number, question in enumerate(section.questions):
            where = (*at, "questions", number)
            if question.code in before:
                yield FormProblem((*where, "code"), "code_twice", {"value": question.code})
            yield from _question(question, where)
            yield from _conditions(question.show_when, before, known, where)
            before.setdefault(question.code, question)


def _section(form: Form, section: Section, at: Path) -> Iterator[FormProblem]:
    yield from _text(section.title, (*at, "title"))
    scored = any(question.points and not question.bonus for question in section.questions)
    if not section.questions:
        yield FormProblem((*at, "questions"), "no_questions", {"section": section.code})
    if form.mode is Weighing.WEIGHTS and scored and not 0 < section.weight <= MOST_POINTS:
        yield FormProblem((*at, "weight"), "weight_needed", {"value": f"{section.weight}", "most": f"{MOST_POINTS}"})
    if form.mode is Weighing.POINTS and section.weight:
        yield FormProblem((*at, "weight"), "weight_unused", {"value": f"{section.weight}"})
    border = section.critical_below
    if border is not None and not (scored and 0 < border <= 100):
        yield FormProblem((*at, "critical_below"), "critical_below", {"value": f"{border}"})


def _question(question: Question, at: Path) -> Iterator[FormProblem]:
    if not CODE.fullmatch(question.code) or question.code == NOT_APPLICABLE:
        yield FormProblem((*at, "code"), "code", {"value": question.code})
    yield from _text(question.text, (*at, "text"))
    if question.help:
        yield from _text(question.help, (*at, "help"))
    for place, example in enumerate(question.examples):
        yield from _example(example, (*at, "examples", place))
    yield from _codes([cause.code for cause in question.causes], (*at, "causes"))
    for place, named in enumerate(question.causes):
        yield from _text(named.text, (*at, "causes", place))
    yield from _worth(question, at)
    yield from _answers(question, at)


def _worth(question: Question, at: Path) -> Iterator[FormProblem]:
    if not 0 <= question.points <= MOST_POINTS:
        yield FormProblem((*at, "points"), "points", {"value": f"{question.points}", "most": f"{MOST_POINTS}"})
    if not 0 < question.bad_below <= 1:
        yield FormProblem((*at, "bad_below"), "bad_below", {"value": f"{question.bad_below}"})
    if not question.is_judged:
        for name, is_set in (("points", question.points), ("critical", question.critical), ("causes", question.causes)):
            if is_set:
                yield FormProblem((*at, name), "not_judged", {"name": name})
    if question.bonus and (
        not question.points or question.critical or question.not_applicable not in (None, NotApplicable.DROP)
    ):
        yield FormProblem((*at, "bonus"), "bonus")
    if question.auto and question.kind is not Kind.YES_NO:
        yield FormProblem((*at, "auto"), "auto")


def _answers(question: Question, at: Path) -> Iterator[FormProblem]:
    """What belongs to the kind of the question: options, borders."""
    has_options = question.kind in (Kind.CHOICE, Kind.MULTI_CHOICE)
    if question.options and not has_options:
        yield FormProblem((*at, "options"), "options_unused", {"kind": question.kind.value})
    if has_options:
        yield from _options(question, at)
    low, high = question.lowest, question.highest
    if question.kind is Kind.SCALE:
        whole = low is not None and high is not None and low == int(low) and high == int(high)
        if not whole or not 0 < (high or 0) - (low or 0) <= MOST_STEPS - 1:
            yield FormProblem((*at, "highest"), "scale", {"lowest": f"{low}", "highest": f"{high}"})
    elif question.kind is Kind.NUMBER:
        if low is not None and high is not None and low > high:
            yield FormProblem((*at, "highest"), "number", {"lowest": f"{low}", "highest": f"{high}"})
    elif low is not None or high is not None:
        yield FormProblem(
            (*at, "highest" if low is None else "lowest"), "borders_unused", {"kind": question.kind.value}
        )


def _options(question: Question, at: Path) -> Iterator[FormProblem]:
    where = (*at, "options")
    least = 0 if question.kind is Kind.CHOICE else -1
    yield from _codes([option.code for option in question.options], where)
    for place, option in enumerate(question.options):
        yield from _text(option.text, (*where, place))
        if not least <= option.credit <= 1:
            yield FormProblem((*where, place, "credit"), "credit", {"value": f"{option.credit}", "least": f"{least}"})
    if len(question.options) < 2:
        yield FormProblem(where, "options_needed")
    elif question.points and _best(question.kind, question.options) < 1:
        yield FormProblem(where, "options_worth", {"best": f"{_best(question.kind, question.options)}"})


def _best(kind: Kind, options: Sequence[Option]) -> Decimal:
    """The credit of the best answer there is."""
    if kind is Kind.CHOICE:
        return max(option.credit for option in options)
    return sum((max(option.credit, Decimal(0)) for option in options), Decimal(0))


def _conditions(
    conditions: Sequence[Condition], before: dict[str, Question], known: Collection[str], at: Path
) -> Iterator[FormProblem]:
    for place, condition in enumerate(conditions):
        where = (*at, "show_when", place)
        asked = before.get(condition.question)
        if asked is None:
            code = "condition_later" if condition.question in known else "condition_unknown"
            yield FormProblem((*where, "question"), code, {"value": condition.question})
            continue
        possible = possible_values(asked)
        for number, value in enumerate(condition.values):
            if value not in possible:
                params = {"value": value, "question": asked.code, "possible": ", ".join(sorted(possible)) or "-"}
                yield FormProblem((*where, "is", number), "condition_value", params)
        has_borders = condition.at_least is not None or condition.at_most is not None
        if not condition.values and not has_borders:
            yield FormProblem(where, "condition_empty", {"question": asked.code})
        if has_borders and asked.kind not in (Kind.SCALE, Kind.NUMBER):
            yield FormProblem(where, "condition_borders", {"question": asked.code, "kind": asked.kind.value})


def possible_values(question: Question) -> frozenset[str]:
    """Answers that can be listed beforehand: none for numbers and texts but "not applicable"."""
    listed: set[str] = {NOT_APPLICABLE} if question.not_applicable else set()
    if question.kind is Kind.YES_NO:
        listed |= {YES, NO}
    elif question.kind is Kind.SCALE and question.lowest is not None and question.highest is not None:
        lowest, highest = int(question.lowest), int(question.highest)
        listed |= {str(step) for step in range(lowest, min(highest, lowest + MOST_STEPS) + 1)}
    return frozenset(listed | {option.code for option in question.options})


def _bands(bands: Sequence[Band]) -> Iterator[FormProblem]:
    yield from _codes([band.code for band in bands], ("bands",))
    last: Decimal | None = None
    for place, band in enumerate(bands):
        yield from _text(band.text, ("bands", place))
        is_next = band.from_score == 0 if last is None else last < band.from_score <= 100
        if not is_next:
            params = {"value": f"{band.from_score}", "before": "-" if last is None else f"{last}"}
            yield FormProblem(("bands", place, "from"), "band", params)
        last = band.from_score


def _codes(codes: Sequence[str], at: Path, *, is_list: bool = True) -> Iterator[FormProblem]:
    for place, code in enumerate(codes):
        where = (*at, place, "code") if is_list else at
        if not CODE.fullmatch(code) or code == NOT_APPLICABLE:
            yield FormProblem(where, "code", {"value": code})
        elif code in codes[:place]:
            yield FormProblem(where, "code_twice", {"value": code})


def _text(text: Text, at: Path) -> Iterator[FormProblem]:
    for name, words in (("ru", text.ru), ("en", text.en)):
        if not words.strip():
            yield FormProblem((*at, name), "blank")
        elif len(words) > LONGEST_TEXT:
            yield FormProblem((*at, name), "long", {"length": f"{len(words)}", "most": f"{LONGEST_TEXT}"})


def _example(example: Example, at: Path) -> Iterator[FormProblem]:
    yield from _text(example.note, at)
    if not example.call_id.strip():
        yield FormProblem((*at, "call"), "blank")
    if example.second_s < 0:
        yield FormProblem((*at, "second"), "second", {"value": f"{example.second_s}"})
