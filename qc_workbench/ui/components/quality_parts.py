"""Parts of the room of detector quality: figures, confusion with its calls, kinds of calls, changes, live agreement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from qc_workbench.reporting.quality import DIMENSIONS, Figure, Mistake
from qc_workbench.review.standing import DetectorStanding
from qc_workbench.store.evaluations import EvaluationHead
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.quality_plots import heat, kinds_of_calls, over_time
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.quality_words import (
    answer_name,
    cases_text,
    figure_name,
    interval_text,
    matrix_name,
    side_text,
    target_text,
    task_name,
    value_text,
    visible_changes,
)
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.people import call_line
from qc_workbench.ui.views.quality import PAGE, EvaluationView, QualityRoom, shown_page, wrong_cells, wrong_count

#: Fingerprints are told apart by their first digits; the whole ones are in ``qcw evaluate --json``.
_LONG_HASH: Final = re.compile(r"\b([0-9a-f]{6})[0-9a-f]{6,}\b")
_SHORT: Final = r"\1"
#: A matrix with more columns than this needs the width of the page.
_MOST_BESIDE: Final = 4


def how_to_begin(t: Translator) -> None:
    """No evaluation yet: what labels are, and the command."""
    nothing(t("quality.none"))
    st.code('{"id": "call-17", "truth": {"answered_by": "voicemail", "fake_effective": true}}', language="json")
    st.code("qcw evaluate --truth truth.jsonl", language="bash")
    st.caption(t("quality.none_more"))


def choose_evaluation(room: Room, view: QualityRoom) -> str:
    """The id of the evaluation to show; the newest at first."""
    t = room.t
    by_id = {head.evaluation_id: head for head in view.heads}
    chosen = st.selectbox(
        t("quality.which"),
        list(by_id),
        format_func=lambda key: _head_text(by_id[key], t),
        key="quality_which",
        width=520,
    )
    return str(chosen or next(iter(by_id)))


def _head_text(head: EvaluationHead, t: Translator) -> str:
    moment = t.moment(head.evaluated_at, "d MMM y, HH:mm")
    return t("quality.head", moment=moment, name=head.truth_name, calls=t("quality.calls", n=head.calls))


def about(view: EvaluationView, t: Translator) -> None:
    """By what it was judged, and what was missing."""
    head = view.kept.head
    versions = " · ".join(
        f"{named(t, 'quality.detector', name)} {_LONG_HASH.sub(_SHORT, version)}"
        for name, version in head.detectors.items()
    )
    st.caption(plain(t("quality.made_by", version=head.program_version, detectors=versions)))
    if head.absent:
        st.warning(t("quality.absent", n=head.absent))
    if head.unheard:
        st.info(t("quality.unheard", n=head.unheard))


def sections(room: Room, view: EvaluationView, found: QualityRoom) -> None:
    """One part of an evaluation at a time: together they are a very long page."""
    t = room.t
    changed = len(view.compared.new) + len(view.compared.gone) if view.compared else 0
    names = {
        "figures": t("quality.figures_title"),
        "confusion": t("quality.confusion_title"),
        "others": t("quality.others_title", n=t.number(len(view.others))),
        "kinds": t("quality.kinds_title"),
        "changes": t("quality.changes_title", n=t.number(changed)),
        "live": t("quality.live_title"),
    }
    if not view.others:
        del names["others"]
    if view.compared is None:
        del names["changes"]
    chosen = st.segmented_control(
        t("quality.section"),
        list(names),
        default="figures",
        required=True,
        format_func=names.__getitem__,
        key="quality_section",
        label_visibility="collapsed",
        wrap=True,
    )
    match chosen:
        case "confusion":
            confusion(room, view)
        case "others":
            mistake_list(room, view, view.others, "others")
        case "kinds":
            by_kind(room, view)
        case "changes":
            changes(room, view)
        case "live":
            live_agreement(found.standings, t)
        case _:
            figures_table(view, t)


def figures_table(view: EvaluationView, t: Translator) -> None:
    rows = [_figure_row(view, figure, t) for figure in view.kept.figures]
    st.dataframe(rows, hide_index=True, height="content", alt=t("quality.figures_title"))


def _figure_row(view: EvaluationView, figure: Figure, t: Translator) -> dict[str, Any]:
    reached = figure.reaches_target
    before = view.before(figure.code)
    row = {
        t("quality.task"): task_name(t, figure.task),
        t("quality.figure_column"): figure_name(t, figure),
        t("quality.value"): value_text(t, figure, figure.value),
        t("quality.interval"): interval_text(t, figure),
        t("quality.cases"): cases_text(t, figure),
        t("quality.target"): "" if reached is None else f"{'✓' if reached else '✗'} {target_text(t, figure)}",
    }
    if view.previous is not None:
        row[t("quality.before")] = value_text(t, figure, before.value) if before else "—"
    return row


def confusion(room: Room, view: EvaluationView) -> None:
    """What is taken for what, and the calls of each mistake."""
    t = room.t
    st.caption(t("quality.confusion_says"))
    matrices = {matrix.name: matrix for matrix in view.kept.matrices}
    if not matrices:
        nothing(t("quality.no_matrices"))
        return
    worst = max(matrices.values(), key=wrong_count).name
    chosen = st.selectbox(
        t("quality.which_matrix"),
        list(matrices),
        index=list(matrices).index(worst),
        format_func=lambda name: f"{matrix_name(t, name)} · {t('quality.wrong', n=wrong_count(matrices[name]))}",
        key=f"quality_matrix_{view.kept.head.evaluation_id}",
        label_visibility="collapsed",
        width=420,
    )
    matrix = matrices[chosen or worst]
    answers = {code for row in matrix.counts.values() for code in row}
    narrow = len(answers) <= _MOST_BESIDE
    left, right = st.columns(2, gap="medium") if narrow else (st.container(), st.container())
    with left:
        heat(matrix, t)
    with right:
        wrong = wrong_cells(matrix)
        if not wrong:
            st.caption(t("quality.all_right"))
            return
        pairs = {(cell.expected, cell.found): cell.cases for cell in wrong}
        cell = st.selectbox(
            t("quality.which_cell"),
            list(pairs),
            index=None,
            placeholder=t("quality.all_cells"),
            format_func=lambda pair: (
                f"{answer_name(t, matrix.name, pair[0])} → {answer_name(t, matrix.name, pair[1])}"
                f" · {t.number(pairs[pair])}"
            ),
            key=f"quality_cell_{matrix.name}",
            label_visibility="collapsed",
        )
        found = view.wrong(matrix.name, cell)
        if not found:
            st.caption(t("quality.calls_gone"))
        mistake_list(room, view, found, f"{matrix.name}_{cell}")


def mistake_list(room: Room, view: EvaluationView, mistakes: Sequence[Mistake], key: str) -> None:
    page = pager(len(mistakes), PAGE, room.t, f"quality_page_{key}")
    for mistake in shown_page(mistakes, page):
        _mistake(room, view, mistake)


def _mistake(room: Room, view: EvaluationView, mistake: Mistake) -> None:
    """A link to the call at the second, what it should have been and what it was."""
    t = room.t
    call = view.calls.get(mistake.call_id)
    at = f"{clock(mistake.at_s)} · " if mistake.at_s is not None else ""
    kind = f"{task_name(t, mistake.task)}: {t(f'cli.mistake.{mistake.kind}')}"
    with st.container(border=True, gap=None):
        if call is None:
            st.text(mistake.call_id)
        else:
            label = plain(at + call_line(call, view.people, t))
            call_link(t, label, mistake.call_id, mistake.at_s)
        expected = _side(t, mistake, mistake.expected, mistake.expected_text)
        found = _side(t, mistake, mistake.found, mistake.found_text)
        st.markdown(t("quality.sides", expected=expected, found=found))
        st.caption(plain(" · ".join(part for part in (kind, mistake.scenario) if part)))


def _side(t: Translator, mistake: Mistake, code: str, text: str) -> str:
    name = f"**{plain(side_text(t, mistake, code))}**"
    return f"{name} «{plain(text)}»" if text else name


def by_kind(room: Room, view: EvaluationView) -> None:
    """One figure by kind of call, and over time."""
    t = room.t
    dimensions = [name for name in DIMENSIONS if view.slices(name)]
    figures = {figure.code: figure for figure in view.kept.figures}
    if not figures:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.selectbox(
            t("quality.which_figure"),
            list(figures),
            format_func=lambda key: f"{task_name(t, figures[key].task)}: {figure_name(t, figures[key])}",
            key="quality_figure",
            width=420,
        )
        dimension = (
            st.segmented_control(
                t("quality.which_dimension"),
                dimensions,
                default=dimensions[0],
                required=True,
                format_func=lambda name: t(f"quality.dimension.{name}").capitalize(),
                key="quality_dimension",
            )
            if dimensions
            else None
        )
    figure = figures[code or next(iter(figures))]
    left, right = st.columns(2, gap="large")
    with left:
        kinds_of_calls(view.slices(dimension) if dimension else (), figure.code, figure, t)
    with right:
        if len(view.history) > 1:
            over_time(view.history, figure.code, figure, t)
        else:
            st.caption(t("quality.no_history"))


def changes(room: Room, view: EvaluationView) -> None:
    """What got better and worse since the evaluation before of the same labels."""
    t = room.t
    if view.compared is None or view.previous is None:
        return
    st.caption(t("quality.since", moment=t.moment(view.previous.evaluated_at, "d MMM y, HH:mm")))
    compared = view.compared
    if not (compared.changed or compared.new or compared.gone):
        st.caption(t("cli.evaluate.nothing_changed"))
        return
    lines = []
    for item in visible_changes(t, compared):
        way = {True: "better", False: "worse", None: "moved"}[item.better]
        figure = item.figure
        name = f"{task_name(t, figure.task)}: {figure_name(t, figure)}"
        values = f"{value_text(t, figure, item.before)} → **{value_text(t, figure, figure.value)}**"
        lines.append(f"- {name}: {values}, {t(f'cli.evaluate.{way}')}")
    if lines:
        st.markdown("\n".join(lines))
    for name, mistakes in (("new", compared.new), ("gone", compared.gone)):
        if mistakes:
            title = t(f"quality.{name}_mistakes", n=t.number(len(mistakes)))
            with st.expander(title, expanded=name == "new"):
                mistake_list(room, view, mistakes, name)


def live_agreement(standings: Sequence[DetectorStanding], t: Translator) -> None:
    """How people rule on the flags at work: the same detectors on calls that nobody labelled beforehand."""
    st.caption(t("quality.live_says"))
    if not standings:
        st.caption(t("quality.live_none"))
        return
    rows = [
        {
            t("quality.task"): t(f"flag.{item.key.kind.value}"),
            t("quality.version"): item.key.version,
            t("quality.confirmed"): f"{t.number(item.confirmed)}/{t.number(item.ruled)}",
            t("quality.value"): t.percent(item.share) if item.share is not None else "—",
            t("quality.interval"): f"{t.number(100 * item.interval[0])}–{t.number(100 * item.interval[1])} %",
            t("quality.target"): f"≥ {t.percent(item.target)}",
            t("quality.state"): t("quality.downgraded" if item.is_downgraded else "quality.in_force"),
        }
        for item in standings
    ]
    st.dataframe(rows, hide_index=True, height="content", alt=t("quality.live_title"))
