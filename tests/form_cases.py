"""Forms and replies for tests: one small form by hand, and any that the rules let through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.call import Direction
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import (
    NOT_APPLICABLE,
    Band,
    Cause,
    Condition,
    Critical,
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


def text(words: str) -> Text:
    return Text(f"{words} по-русски", f"{words} in English")


def yes_no(code: str, points: int = 10, **more: object) -> Question:
    return replace(Question(code, Kind.YES_NO, text(code), Decimal(points)), **more)  # type: ignore[arg-type]


def form_of(*questions: Question, **more: object) -> Form:
    """One section of these questions."""
    form = Form("small", text("Small"), (Section("only", text("Only"), questions),))
    return replace(form, **more)  # type: ignore[arg-type]


BANDS = (Band("low", text("low"), Decimal(0)), Band("high", text("high"), Decimal(80)))
CAUSES = (Cause("knowledge", text("does not know")), Cause("attitude", text("does not care")))


def replies(**given: str | tuple[str, ...]) -> dict[str, Reply]:
    return {code: Reply(code, (values,) if isinstance(values, str) else values) for code, values in given.items()}


_parts = st.sampled_from(["0", "0.25", "1", "0.5", "0.333"]).map(Decimal)
_points = st.sampled_from(["1", "2.5", "7", "10", "0.1"]).map(Decimal)
#: What trips writers and readers of YAML.
_words = st.sampled_from(
    [
        "Поздоровался?", "yes", "null", "12", "1e3", "a: b", "# c", "- d", "{e", "[f", "*g", "&h", "!i", "%j", "@k",
        "'", '"', "two\nlines", "end\n", " lead", "trail ", "tab\tin", "a\x85b", "a\u2028b", "\ufeff", "\x00", "😀",
        "«ёлочки» — да", "long " * 40, "2026-01-01", "0x1F", "=", "<<", "? q", "| r", "> s", "\\", "---",
        "...", "~",
    ]
)  # fmt: skip
_texts = st.builds(Text, _words, _words)


@st.composite
def questions(draw: st.DrawFn, code: str, before: tuple[Question, ...]) -> Question:
    kind = draw(st.sampled_from(Kind))
    question = Question(code, kind, draw(_texts), help=draw(st.none() | _texts))
    if kind is Kind.TEXT:
        return replace(question, required=draw(st.booleans()), show_when=draw(_conditions(before)))
    if kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        credits = [Decimal(1), draw(_parts), draw(_parts)]
        if kind is Kind.MULTI_CHOICE:
            credits.append(Decimal("-0.5"))
        made = tuple(Option(f"o{place}", draw(_texts), part) for place, part in enumerate(credits))
        question = replace(question, options=made)
    elif kind in (Kind.SCALE, Kind.NUMBER):
        low = draw(st.integers(-2, 3))
        question = replace(question, lowest=Decimal(low), highest=Decimal(low + draw(st.integers(1, 6))))
    bonus = draw(st.integers(0, 5)) == 0
    return replace(
        question,
        points=draw(_points),
        bonus=bonus,
        required=draw(st.booleans()),
        critical=None if bonus else draw(st.none() | st.sampled_from(Critical)),
        not_applicable=draw(st.sampled_from([None, NotApplicable.DROP] if bonus else [None, *NotApplicable])),
        bad_below=draw(st.sampled_from([Decimal("0.5"), Decimal(1), Decimal("0.3")])),
        causes=draw(st.sampled_from([(), CAUSES])),
        examples=draw(st.sampled_from([(), (Example("c1", Decimal("12.5"), text("listen")),)])),
        show_when=draw(_conditions(before)),
        auto=draw(st.none() | st.sampled_from(AutoQuestion)) if kind is Kind.YES_NO else None,
    )


@st.composite
def _conditions(draw: st.DrawFn, before: tuple[Question, ...]) -> tuple[Condition, ...]:
    if not before or draw(st.integers(0, 2)):
        return ()
    asked = draw(st.sampled_from(before))
    listed = [step for step in _answers(asked) if step and asked.kind not in (Kind.TEXT, Kind.NUMBER)]
    values = tuple(sorted({value for step in listed for value in step}))
    if asked.kind in (Kind.SCALE, Kind.NUMBER) and draw(st.booleans()):
        return (Condition(asked.code, at_least=asked.lowest, at_most=draw(st.none() | st.just(asked.highest))),)
    return (Condition(asked.code, tuple(draw(st.lists(st.sampled_from(values), min_size=1)))),) if values else ()


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """A form that breaks no rule; up to three sections of three questions."""
    mode = draw(st.sampled_from(Weighing))
    sections: list[Section] = []
    asked: tuple[Question, ...] = ()
    for place in range(draw(st.integers(1, 3))):
        before, mine = asked, []
        for number in range(draw(st.integers(1, 3))):
            mine.append(draw(questions(f"q{place}_{number}", asked)))
            asked = (*asked, mine[-1])
        scored = any(question.points and not question.bonus for question in mine)
        section = Section(
            f"s{place}",
            draw(_texts),
            tuple(mine),
            weight=draw(_points) if mode is Weighing.WEIGHTS else Decimal(0),
            critical_below=draw(st.none() | st.just(Decimal(50))) if scored else None,
            show_when=draw(_conditions(before)),
        )
        sections.append(section)
    first = sections[0].questions
    if not any(question.points and not question.bonus for section in sections for question in section.questions):
        sections[0] = replace(sections[0], questions=(*first, yes_no("extra", 3)))
    return Form(
        "any_form",
        draw(_texts),
        tuple(sections),
        mode,
        draw(st.sampled_from([(), BANDS])),
        tuple(draw(st.sets(st.sampled_from(Direction)))),
        tuple(draw(st.lists(_words, max_size=2))),
        draw(st.none() | _texts),
    )


def _answers(question: Question) -> list[tuple[str, ...]]:
    """A few answers to a question that may be given."""
    na = [(NOT_APPLICABLE,)] if question.not_applicable else []
    match question.kind:
        case Kind.YES_NO:
            return [("yes",), ("no",), *na]
        case Kind.TEXT:
            return [("said",), *na]
        case Kind.SCALE:
            assert question.lowest is not None
            assert question.highest is not None
            return [(str(step),) for step in range(int(question.lowest), int(question.highest) + 1)] + na
        case Kind.NUMBER:
            assert question.lowest is not None
            return [(f"{question.lowest}",), (f"{question.lowest - 1}",), ("99.5",), *na]
        case Kind.CHOICE:
            return [(option.code,) for option in question.options] + na
        case _:
            codes = tuple(option.code for option in question.options)
            return [(), codes[:1], codes[1:], codes, codes[-1:], *na]


@st.composite
def replies_to(draw: st.DrawFn, form: Form) -> dict[str, Reply]:
    """Some of the questions answered, shown or not, with and without causes."""
    given: dict[str, Reply] = {}
    for question in form.questions:
        values = draw(st.none() | st.sampled_from(_answers(question)))
        if values is not None:
            cause = draw(st.sampled_from([None, *(cause.code for cause in question.causes)]))
            given[question.code] = Reply(question.code, values, cause)
    return given


@st.composite
def scored(draw: st.DrawFn) -> tuple[Form, dict[str, Reply]]:
    form = draw(forms())
    return form, draw(replies_to(form))
