"""How figures, answers and mistakes of evaluations are said, in the terminal and on the page."""

from __future__ import annotations

from typing import Final

from qc_workbench.reporting.quality import Change, Comparison, Figure, Mistake, Unit
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named

#: Confusion matrix -> the family of names of its codes; others have names of their own.
_FAMILIES: Final = {
    "answered": "answered_by",
    "promise_actions": "action",
    "promise_parties": "promiser",
    "outcomes": "outcome",
    "client_said": "client_said",
    "parties": "party",
}
_OWN: Final = "quality.answer"
#: Mistakes without a matrix whose two sides are numbers of seconds.
_IN_SECONDS: Final = frozenset({"seconds", "quote"})


def task_name(t: Translator, task: str) -> str:
    return named(t, "quality.task", task)


def figure_name(t: Translator, figure: Figure) -> str:
    return named(t, "quality.figure", figure.code)


def matrix_name(t: Translator, matrix: str) -> str:
    return named(t, "quality.matrix", matrix)


def value_text(t: Translator, figure: Figure, value: float | None) -> str:
    """A value of this figure's kind: a share in per cent, seconds, or a count; a dash where there is none."""
    if value is None:
        return "—"
    if figure.unit is Unit.SHARE:
        return t.percent(value, 1)
    if figure.unit is Unit.SECONDS:
        return t("quality.seconds", value=t.number(value, 1))
    return t.number(value)


def visible_changes(t: Translator, compared: Comparison) -> list[Change]:
    """The changes that can be seen in the figures as they are written: «1,0 s → 1,0 s» says nothing."""
    return [
        item
        for item in compared.changed
        if value_text(t, item.figure, item.before) != value_text(t, item.figure, item.figure.value)
    ]


def interval_text(t: Translator, figure: Figure) -> str:
    if figure.low is None or figure.high is None or not figure.of:
        return "—"
    if figure.unit is Unit.SECONDS:
        return f"{t.number(figure.low, 1)}–{t.number(figure.high, 1)}"
    return f"{t.number(100 * figure.low)}–{t.number(100 * figure.high)} %"


def cases_text(t: Translator, figure: Figure) -> str:
    """What the figure stands on."""
    if figure.unit is Unit.SECONDS:
        return t.number(figure.of)
    return f"{t.number(figure.count)}/{t.number(figure.of)}"


def target_text(t: Translator, figure: Figure) -> str:
    if figure.target is None:
        return ""
    value = t.percent(figure.target) if figure.unit is Unit.SHARE else value_text(t, figure, figure.target)
    return f"{'≤' if figure.lower_is_better else '≥'} {value}"


def answer_name(t: Translator, matrix: str, code: str) -> str:
    """The name of a code of a confusion matrix: of its own, of its family, or a common one."""
    own = f"{_OWN}.{matrix}.{code}"
    if t.knows(own):
        return t(own)
    family = _FAMILIES.get(matrix)
    if family and t.knows(f"{family}.{code}"):
        return t(f"{family}.{code}")
    return named(t, _OWN, code)


def side_text(t: Translator, mistake: Mistake, code: str) -> str:
    """What was expected or found in a mistake."""
    if mistake.kind in _IN_SECONDS and code != "none":
        return t("quality.seconds", value=code)
    if mistake.kind == "due":
        return code.replace("..", " – ")
    family = "parties" if mistake.kind == "phantom" else mistake.matrix
    return answer_name(t, family, code)


def slice_name(t: Translator, dimension: str, value: str) -> str:
    """The value of a dimension; scenarios and codecs keep the names they have in the labels and files."""
    if not value:
        return t("quality.unsaid")
    code = f"quality.{dimension}.{value}"
    return t(code) if t.knows(code) else value
