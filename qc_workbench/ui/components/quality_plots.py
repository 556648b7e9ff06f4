"""Plots of evaluations: confusion as heat, kinds of calls with their intervals, a figure over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import streamlit as st

from qc_workbench.reporting.quality import Figure, Matrix, Slice, Unit
from qc_workbench.store.evaluations import EvaluationHead
from qc_workbench.ui.components.plots import BAD, GOOD, NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.quality_words import answer_name, figure_name, interval_text, matrix_name, slice_name, value_text
from qc_workbench.ui.views.quality import cells

_ROW_PX: Final = 40
#: Room for the names of the columns, which the height of a plot includes.
_NAMES_PX: Final = 100
#: A cell with more of its row than this is dark enough for white figures.
_DARK_FROM: Final = 0.55
#: Lightest shade of a cell: one case of very many must still be seen.
_LIGHTEST: Final = 0.12


def heat(matrix: Matrix, t: Translator) -> None:
    """Labelled in rows, found in columns; right cells green, wrong ones red, the darker the more of their row."""
    found = cells(matrix)
    rows = [
        {
            "expected": answer_name(t, matrix.name, cell.expected),
            "found": answer_name(t, matrix.name, cell.found),
            "n": cell.cases,
            "share": t.percent(cell.share),
            "shade": max(_LIGHTEST, cell.share),
            "kind": "right" if cell.is_right else "wrong",
            "dark": cell.share > _DARK_FROM,
        }
        for cell in found
    ]
    # Rows and columns in the same order, so that what is right lies on the diagonal.
    labels = [answer_name(t, matrix.name, code) for code in matrix.counts]
    answers = [answer_name(t, matrix.name, cell.found) for cell in found]
    columns = [*(name for name in labels if name in answers), *(name for name in answers if name not in labels)]
    columns = list(dict.fromkeys(columns))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "found:N",
            title=t("quality.found"),
            sort=columns,
            # A name in lines, a word each: turned or left out it could not be read. Below, where lines grow freely.
            axis=alt.Axis(
                labelAngle=0,
                labelExpr="split(datum.label, ' ')",
                labelLimit=100,
                labelFontSize=10,
                labelOverlap=False,
                labelBaseline="top",
                labelAlign="center",
                labelFlush=False,
                ticks=False,
                domain=False,
            ),
        ),
        y=alt.Y(
            "expected:N",
            title=t("quality.labelled"),
            sort=labels,
            axis=alt.Axis(labelLimit=190, labelFontSize=11, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("expected:N", title=t("quality.labelled")),
            alt.Tooltip("found:N", title=t("quality.found")),
            alt.Tooltip("n:Q", title=t("quality.cases")),
            alt.Tooltip("share:N", title=t("quality.share_of_row")),
        ],
    )
    squares = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["right", "wrong"], range=[GOOD, BAD])),
        opacity=alt.Opacity("shade:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0, 1])),
    )
    numbers = base.mark_text(fontSize=14, fontWeight="bold").encode(
        text="n:Q", color=alt.condition("datum.dark", alt.value("white"), alt.value(UNKNOWN))
    )
    height = _NAMES_PX + _ROW_PX * len(labels)
    st.altair_chart((squares + numbers).properties(height=height), alt=matrix_name(t, matrix.name))


def kinds_of_calls(slices: Sequence[Slice], code: str, overall: Figure, t: Translator) -> None:
    """A figure by kind of call, with its interval; the line is the figure of all calls."""
    rows = []
    for item in slices:
        figure = next((figure for figure in item.figures if figure.code == code), None)
        if figure is None or figure.value is None or not figure.of:
            continue
        name = slice_name(t, item.dimension, item.value)
        rows.append(
            {
                "kind": f"{name} · {t.number(item.calls)}",
                "value": _scaled(figure, figure.value),
                "low": _scaled(figure, figure.value if figure.low is None else figure.low),
                "high": _scaled(figure, figure.value if figure.high is None else figure.high),
                "text": value_text(t, figure, figure.value),
                "interval": interval_text(t, figure),
            }
        )
    if not rows:
        st.caption(t("quality.no_kinds"))
        return
    title = figure_name(t, overall)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("kind:N", title=None, sort=None, axis=alt.Axis(labelLimit=240, ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip("kind:N", title=" "),
            alt.Tooltip("text:N", title=title),
            alt.Tooltip("interval:N", title=t("quality.interval")),
        ],
    )
    axis = alt.Axis(grid=True, tickCount=6)
    scale = alt.Scale(domain=[0, 100], clamp=True) if overall.unit is Unit.SHARE else alt.Scale(zero=True)
    bars = base.mark_rule(strokeWidth=3, color=NEUTRAL, opacity=0.45).encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, color=NEUTRAL, opacity=1).encode(x="value:Q")
    layers = [bars, points]
    if overall.value is not None:
        line = alt.Chart(alt.InlineData(values=[{"all": _scaled(overall, overall.value)}]))
        layers.append(line.mark_rule(color=UNKNOWN, strokeDash=[4, 3]).encode(x="all:Q"))
    st.altair_chart(alt.layer(*layers).properties(height=40 + 28 * len(rows)), alt=title)


def over_time(
    history: Sequence[tuple[EvaluationHead, Sequence[Figure]]], code: str, overall: Figure, t: Translator
) -> None:
    """A figure in every evaluation of the same labels; the interval is the band."""
    rows = []
    for head, figures in history:
        figure = next((figure for figure in figures if figure.code == code), None)
        if figure is None or figure.value is None:
            continue
        rows.append(
            {
                "at": t.moment(head.evaluated_at, "d MMM, HH:mm:ss"),
                "value": _scaled(figure, figure.value),
                "low": _scaled(figure, figure.value if figure.low is None else figure.low),
                "high": _scaled(figure, figure.value if figure.high is None else figure.high),
                "text": value_text(t, figure, figure.value),
                "version": head.program_version,
            }
        )
    title = figure_name(t, overall)
    domain = [0, 100] if overall.unit is Unit.SHARE else [0, max((float(str(row["high"])) for row in rows), default=1)]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("at:N", sort=None, title=None, axis=alt.Axis(labelAngle=-30, labelLimit=120)),
        tooltip=[
            alt.Tooltip("at:N", title=t("quality.when")),
            alt.Tooltip("text:N", title=title),
            alt.Tooltip("version:N", title=t("quality.version")),
        ],
    )
    y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=domain, clamp=True))
    bars = base.mark_rule(strokeWidth=3, color=NEUTRAL, opacity=0.35).encode(y="low:Q", y2="high:Q")
    line = base.mark_line(color=NEUTRAL, point=alt.OverlayMarkDef(filled=True, size=60, color=NEUTRAL)).encode(y=y)
    st.altair_chart((bars + line).properties(height=280), alt=title)


def _scaled(figure: Figure, value: float) -> float:
    """Shares in per cent, the rest as it is."""
    return round(100 * value, 2) if figure.unit is Unit.SHARE else round(value, 2)
