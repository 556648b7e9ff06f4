"""Forms as YAML: what a person writes and what the store keeps is the same text.

Values are read by the field they stand in, never by YAML's own guesses, so ``yes`` is the answer and not a boolean.
``read_form(form_text(form), …) == form``, and ``form_text`` of what was read from its own output is that output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar

import yaml

from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.call import Direction
from qc_workbench.domain.form_rules import FormProblem, Path, problems_of
from qc_workbench.domain.forms import (
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
from qc_workbench.errors import ImportFailed, Phrase
from qc_workbench.sources.form_places import Place, Wrong, line_of, written

#: Characters of a form: some hundred questions with everything.
LONGEST_FORM: Final = 400_000
#: A form is seven levels deep; a file of ten thousand brackets is no form.
_DEEPEST: Final = 12

_Value = TypeVar("_Value")


def content_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_form(text: str, file: str) -> Form:
    """A form from its text; ``file`` is its name in messages.

    Raises :class:`ImportFailed` ``form_syntax`` (line, column) or ``form_wrong`` (line, place in the form, what is
    wrong, what was expected and how many more problems there are); the text of the first problem comes first.
    """
    form, problems, lines = _read(text, file)
    if problems:
        _refuse(problems, lines, file)
    return form


def read_draft(text: str, file: str) -> Form:
    """A form that may break rules, because somebody is still writing it. Raises like :func:`form_problems`."""
    form, _, _ = _read(text, file)
    return form


def form_problems(text: str, file: str) -> list[tuple[int, FormProblem]]:
    """Everything that a readable form breaks, each with its line, for an editor.

    Raises :class:`ImportFailed` like :func:`read_form` for a text that can't be read as a form at all.
    """
    _, problems, lines = _read(text, file)
    return [(line_of(problem.path, lines), problem) for problem in problems]


def _read(text: str, file: str) -> tuple[Form, list[FormProblem], dict[Path, int]]:
    lines: dict[Path, int] = {}
    try:
        form = _form(Place(_tree(text, file), (), lines))
    except Wrong as wrong:
        _refuse([wrong.problem], lines, file)
    return form, problems_of(form), lines


@cache
def starter_forms() -> Mapping[str, Form]:
    """The forms that come with the program, by code."""
    folder = resources.files("models") / "forms"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)
    forms = [read_form(item.read_text(encoding="utf-8"), item.name) for item in files]
    return MappingProxyType({form.code: form for form in forms})


# --- reading ---------------------------------------------------------------------------------------------------------


def _tree(text: str, file: str) -> yaml.Node:
    """The text as nodes; aliases and bottomless nesting are refused before they can grow."""
    if len(text) > LONGEST_FORM:
        raise ImportFailed("form_too_long", file=file, length=len(text), most=LONGEST_FORM)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise ImportFailed("form_alias", file=file, line=line)
            if depth > _DEEPEST:
                raise ImportFailed("form_deep", file=file, line=line)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        detail = error.problem or error.context or ""
        raise ImportFailed("form_syntax", file=file, line=line, column=column, detail=detail) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ImportFailed("form_syntax", file=file, line=line, column=1, detail=str(error.reason)) from error
    except (ValueError, OverflowError) as error:  # an escape that names no character: the library lets it through
        raise ImportFailed("form_syntax", file=file, line=1, column=1, detail=str(error)) from error
    if node is None:
        raise ImportFailed("form_empty", file=file, line=1)
    return node


def _form(place: Place) -> Form:
    found = place.fields(
        "form", "title", "about", "for", "mode", "bands", "sections", required=("form", "title", "sections")
    )
    fits = found["for"].fields("directions", "stages") if "for" in found else {}
    return Form(
        code=found["form"].text(),
        title=_text(found["title"]),
        about=_maybe(found, "about", _text),
        directions=_several(fits, "directions", lambda item: item.member(Direction)),
        stages=_several(fits, "stages", Place.text),
        mode=found["mode"].member(Weighing) if "mode" in found else Weighing.POINTS,
        bands=_several(found, "bands", _band),
        sections=_several(found, "sections", _section),
    )


def _section(place: Place) -> Section:
    found = place.fields(
        "code", "title", "weight", "critical_below", "show_when", "questions", required=("code", "title", "questions")
    )
    return Section(
        code=found["code"].text(),
        title=_text(found["title"]),
        weight=found["weight"].number() if "weight" in found else Decimal(0),
        critical_below=_maybe(found, "critical_below", Place.number),
        show_when=_several(found, "show_when", _condition),
        questions=_several(found, "questions", _question),
    )


def _question(place: Place) -> Question:
    found = place.fields(
        "code", "kind", "text", "help", "examples", "points", "bonus", "required", "critical", "not_applicable",
        "options", "lowest", "highest", "bad_below", "causes", "show_when", "auto", required=("code", "kind", "text"),
    )  # fmt: skip
    return Question(
        code=found["code"].text(),
        kind=found["kind"].member(Kind),
        text=_text(found["text"]),
        help=_maybe(found, "help", _text),
        examples=_several(found, "examples", _example),
        points=found["points"].number() if "points" in found else Decimal(0),
        bonus=found["bonus"].flag() if "bonus" in found else False,
        required=found["required"].flag() if "required" in found else True,
        critical=_maybe(found, "critical", lambda item: item.member(Critical)),
        not_applicable=_maybe(found, "not_applicable", lambda item: item.member(NotApplicable)),
        options=_several(found, "options", _option),
        lowest=_maybe(found, "lowest", Place.number),
        highest=_maybe(found, "highest", Place.number),
        bad_below=found["bad_below"].number() if "bad_below" in found else Decimal("0.5"),
        causes=_several(found, "causes", _cause),
        show_when=_several(found, "show_when", _condition),
        auto=_maybe(found, "auto", lambda item: item.member(AutoQuestion)),
    )


def _text(place: Place) -> Text:
    return _words(place.fields("ru", "en", required=("ru", "en")))


def _words(found: Mapping[str, Place]) -> Text:
    return Text(found["ru"].text(), found["en"].text())


def _option(place: Place) -> Option:
    found = place.fields("code", "ru", "en", "credit", required=("code", "ru", "en"))
    credit = found["credit"].number() if "credit" in found else Decimal(0)
    return Option(found["code"].text(), _words(found), credit)


def _cause(place: Place) -> Cause:
    found = place.fields("code", "ru", "en", required=("code", "ru", "en"))
    return Cause(found["code"].text(), _words(found))


def _band(place: Place) -> Band:
    found = place.fields("code", "ru", "en", "from", required=("code", "ru", "en", "from"))
    return Band(found["code"].text(), _words(found), found["from"].number())


def _example(place: Place) -> Example:
    found = place.fields("call", "second", "ru", "en", required=("call", "second", "ru", "en"))
    return Example(found["call"].text(), found["second"].number(), _words(found))


def _condition(place: Place) -> Condition:
    found = place.fields("question", "is", "at_least", "at_most", required=("question",))
    return Condition(
        question=found["question"].text(),
        values=_several(found, "is", Place.text),
        at_least=_maybe(found, "at_least", Place.number),
        at_most=_maybe(found, "at_most", Place.number),
    )


def _maybe(found: Mapping[str, Place], name: str, read: Callable[[Place], _Value]) -> _Value | None:
    return read(found[name]) if name in found else None


def _several(found: Mapping[str, Place], name: str, read: Callable[[Place], _Value]) -> tuple[_Value, ...]:
    return tuple(read(item) for item in found[name].items()) if name in found else ()


def _refuse(problems: Sequence[FormProblem], lines: Mapping[Path, int], file: str) -> NoReturn:
    first = problems[0]
    raise ImportFailed(
        "form_wrong",
        file=file,
        line=line_of(first.path, lines),
        place=written(first.path) or "form",
        problem=Phrase(f"form_problem.{first.code}", first.params),
        more=Phrase("form_problem.more", {"n": len(problems) - 1}) if len(problems) > 1 else "",
    )


# --- writing ---------------------------------------------------------------------------------------------------------


class _Writer(yaml.SafeDumper):  # type: ignore[misc]  # no types published
    """Numbers as they are, lists indented under their field, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - overrides
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - overrides
        return True


def _number_node(writer: _Writer, value: Decimal) -> yaml.Node:
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return writer.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in plain else 'int'}", plain)


def _text_node(writer: _Writer, value: str) -> yaml.Node:
    """Text; the rare kinds of line break are escaped, because a reader takes each for an ordinary one."""
    style = '"' if set(value) & set("\x85\u2028\u2029") else None
    return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Writer.add_representer(Decimal, _number_node)
_Writer.add_representer(str, _text_node)


def form_text(form: Form) -> str:
    """The canonical text of a form: fields in one order, what has its ordinary value left out."""
    fits = _without_defaults({"directions": [item.value for item in form.directions], "stages": list(form.stages)})
    tree = {
        "form": form.code,
        "title": _text_tree(form.title),
        "about": _text_tree(form.about),
        "for": fits,
        "mode": form.mode.value if form.mode is not Weighing.POINTS else None,
        "bands": [{"code": band.code, "from": band.from_score, **_pair(band.text)} for band in form.bands],
        "sections": [_section_tree(section) for section in form.sections],
    }
    kept = {**_without_defaults(tree), "sections": tree["sections"]}
    return str(yaml.dump(kept, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=110))


def _section_tree(section: Section) -> dict[str, Any]:
    return _without_defaults(
        {
            "code": section.code,
            "title": _text_tree(section.title),
            "weight": section.weight or None,
            "critical_below": section.critical_below,
            "show_when": [_condition_tree(item) for item in section.show_when],
        }
    ) | {"questions": [_question_tree(question) for question in section.questions]}


def _question_tree(question: Question) -> dict[str, Any]:
    return _without_defaults(
        {
            "code": question.code,
            "kind": question.kind.value,
            "text": _text_tree(question.text),
            "help": _text_tree(question.help),
            "examples": [
                {"call": item.call_id, "second": item.second_s, **_pair(item.note)} for item in question.examples
            ],
            "options": [{"code": item.code, **_pair(item.text), "credit": item.credit} for item in question.options],
            "lowest": question.lowest,
            "highest": question.highest,
            "points": question.points or None,
            "bonus": question.bonus or None,
            "required": None if question.required else False,
            "critical": question.critical and question.critical.value,
            "not_applicable": question.not_applicable and question.not_applicable.value,
            "bad_below": question.bad_below if question.bad_below != Decimal("0.5") else None,
            "causes": [{"code": item.code, **_pair(item.text)} for item in question.causes],
            "show_when": [_condition_tree(item) for item in question.show_when],
            "auto": question.auto and question.auto.value,
        }
    )


def _condition_tree(condition: Condition) -> dict[str, Any]:
    tree = {"is": list(condition.values), "at_least": condition.at_least, "at_most": condition.at_most}
    return {"question": condition.question, **_without_defaults(tree)}


def _text_tree(text: Text | None) -> dict[str, str] | None:
    return None if text is None else _pair(text)


def _pair(text: Text) -> dict[str, str]:
    return {"ru": text.ru, "en": text.en}


def _without_defaults(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if value is not None and value != [] and value != {}}
