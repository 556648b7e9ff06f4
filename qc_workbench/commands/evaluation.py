"""What ``qcw evaluate`` says: figures with intervals and targets, kinds of calls, confusion, mistakes, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from qc_workbench.commands.session import Done, Session, Table
from qc_workbench.reporting.quality import DIMENSIONS, Comparison, Evaluation, Figure, Matrix, Mistake
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.quality_words import (
    answer_name,
    cases_text,
    figure_name,
    interval_text,
    matrix_name,
    side_text,
    slice_name,
    target_text,
    task_name,
    value_text,
    visible_changes,
)

if TYPE_CHECKING:
    from pipelines.evaluate_detectors import Evaluated

#: Figures of the table by kind of call; a terminal has no room for all, ``--json`` has.
_OF_SLICES: Final = (
    "padded.precision", "padded.recall", "promises.f1", "promises.due", "outcomes.accuracy", "client_said.accuracy",
    "words.word_error",
)  # fmt: skip
#: Calls named in a line; the whole list is in ``--json``.
_NAMED: Final = 10


def evaluated(session: Session, done: Evaluated) -> Done:
    from pipelines.evaluate_detectors import record_of

    t, evaluation = session.t, done.evaluation
    tables = [_figures(evaluation, t), *_slices(evaluation, t), *_matrices(evaluation, t)]
    if evaluation.mistakes:
        tables.append(_mistakes(t("cli.evaluate.mistakes"), evaluation.mistakes, t))
    lines = [
        t(f"cli.evaluate.{name}", n=len(ids), calls=_named(ids, t))
        for name, ids in (("absent", evaluation.absent), ("unheard", evaluation.unheard))
        if ids
    ]
    if done.compared is not None:
        tables += _changes(done.compared, t)
        if done.other_labels:
            lines.append(t("cli.evaluate.other_labels"))
        if not (done.compared.changed or done.compared.new or done.compared.gone):
            lines.append(t("cli.evaluate.nothing_changed"))
    return Done(data=record_of(done), tables=tuple(tables), lines=tuple(lines), next_step=t("cli.evaluate.kept"))


def _columns(t: Translator, *names: str) -> tuple[str, ...]:
    return tuple(t(f"cli.column.{name}") for name in names)


def _figures(evaluation: Evaluation, t: Translator) -> Table:
    rows = []
    for figure in evaluation.figures:
        reached = figure.reaches_target
        rows.append(
            (
                f"{task_name(t, figure.task)}: {figure_name(t, figure)}",
                value_text(t, figure, figure.value),
                interval_text(t, figure),
                cases_text(t, figure),
                "" if reached is None else f"{'✓' if reached else '✗'} {target_text(t, figure)}",
            )
        )
    columns = _columns(t, "figure", "value", "interval", "cases", "target")
    return Table(t("cli.evaluate.title", n=evaluation.calls), columns, tuple(rows), frozenset({1, 2, 3, 4}))


def _slices(evaluation: Evaluation, t: Translator) -> list[Table]:
    """One table of all kinds of calls: those with few values first."""
    known = {figure.code for figure in evaluation.figures}
    shown = [code for code in _OF_SLICES if code in known]
    rows = []
    for dimension in reversed(DIMENSIONS):
        for item in evaluation.slices:
            if item.dimension == dimension:
                of = {figure.code: figure for figure in item.figures}
                name = slice_name(t, dimension, item.value)
                rows.append((name, t.number(item.calls), *(_short(t, of.get(code)) for code in shown)))
    if not rows:
        return []
    heads = (t("cli.column.kind_of_call"), t("cli.column.calls"), *(t(f"quality.short.{code}") for code in shown))
    return [Table(t("cli.evaluate.slices"), heads, tuple(rows), frozenset(range(1, len(heads))))]


def _short(t: Translator, figure: Figure | None) -> str:
    return t.number(100 * figure.value) if figure is not None and figure.value is not None else ""


def _matrices(evaluation: Evaluation, t: Translator) -> list[Table]:
    """The matrices in which something is wrong; the others say nothing that the figures do not."""
    wrong = {mistake.matrix for mistake in evaluation.mistakes}
    return [_matrix(matrix, t) for matrix in evaluation.matrices if matrix.name in wrong]


def _matrix(matrix: Matrix, t: Translator) -> Table:
    found = sorted({code for row in matrix.counts.values() for code in row})
    rows = [
        (answer_name(t, matrix.name, label), *(t.number(row[code]) if code in row else "" for code in found))
        for label, row in matrix.counts.items()
    ]
    columns = ("", *(answer_name(t, matrix.name, code) for code in found))
    title = t("cli.evaluate.matrix", what=matrix_name(t, matrix.name))
    return Table(title, columns, tuple(rows), frozenset(range(1, len(columns))))


def _mistakes(title: str, mistakes: Sequence[Mistake], t: Translator) -> Table:
    rows = [
        (
            f"{task_name(t, item.task)}: {t(f'cli.mistake.{item.kind}')}",
            item.call_id if item.at_s is None else f"{item.call_id} {clock(item.at_s)}",
            _side(t, item, item.expected, item.expected_text),
            _side(t, item, item.found, item.found_text),
        )
        for item in mistakes
    ]
    return Table(title, _columns(t, "mistake", "call", "expected", "found"), tuple(rows))


def _side(t: Translator, mistake: Mistake, code: str, text: str) -> str:
    return f"{side_text(t, mistake, code)}: {text}" if text else side_text(t, mistake, code)


def _changes(compared: Comparison, t: Translator) -> list[Table]:
    tables = []
    changed = visible_changes(t, compared)
    if changed:
        rows = []
        for item in changed:
            way = {True: "better", False: "worse", None: "moved"}[item.better]
            figure = item.figure
            rows.append(
                (
                    f"{task_name(t, figure.task)}: {figure_name(t, figure)}",
                    value_text(t, figure, item.before),
                    value_text(t, figure, figure.value),
                    t(f"cli.evaluate.{way}"),
                )
            )
        columns = _columns(t, "figure", "before", "after", "change")
        tables.append(Table(t("cli.evaluate.changed"), columns, tuple(rows), frozenset({1, 2})))
    for name, mistakes in (("new", compared.new), ("gone", compared.gone)):
        if mistakes:
            tables.append(_mistakes(t(f"cli.evaluate.{name}_mistakes"), mistakes, t))
    return tables


def _named(call_ids: Sequence[str], t: Translator) -> str:
    first = ", ".join(call_ids[:_NAMED])
    rest = len(call_ids) - _NAMED
    return t("cli.evaluate.and_more", calls=first, rest=t.number(rest)) if rest > 0 else first
