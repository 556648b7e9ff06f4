"""Reviewers beside the agreed scores, beside each other, against time and themselves, on one scale of points."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import streamlit as st

from qc_workbench.review.calibration_figures import ReviewerFigures
from qc_workbench.ui.components.blocks import nothing, read_table
from qc_workbench.ui.components.calibration_agreement import chosen_figures
from qc_workbench.ui.components.plots import GOOD, NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.calibration_figures import FiguresView

#: What is plotted: points above or below, each on the same scale.
_MEASURES: Final = ("bias", "strictness", "drift")
_COLOURS: Final = (GOOD, NEUTRAL, "#8a63c4")
_Row = tuple[float, float | None, float | None, int]


def reviewers_compared(room: Room) -> None:
    t = room.t
    view = chosen_figures(room)
    if view is None:
        return
    rows = view.own_first()
    if not rows:
        nothing(t("reviewers.none"))
        return
    st.caption(t("reviewers.fair"))
    _plot(view, rows, t)
    own = next((row for row in rows if row.reviewer == view.own), None)
    if own is not None:
        _sentences(own, t("reviewers.you"), t)
    with st.expander(t("reviewers.table"), expanded=True):
        read_table([_line(view, row, t) for row in rows], t("reviewers.table"), {t("reviewers.scores")})
    st.caption(t("reviewers.method"))
    for row in rows:
        if row.reviewer != view.own and row.reviewer in view.names:
            _sentences(row, plain(_name(view, row, t)), t)


def measures(row: ReviewerFigures) -> dict[str, _Row]:
    """What is known of a reviewer: the value in points, its limits, over how many."""
    found: dict[str, _Row] = {}
    if row.bias is not None:
        found["bias"] = (row.bias.value, row.bias.low, row.bias.high, row.bias.count)
    if row.strictness is not None:
        found["strictness"] = (
            row.strictness.effect, row.strictness.low, row.strictness.high, row.strictness.scores,
        )  # fmt: skip
    if row.drift is not None:
        found["drift"] = (row.drift.value, row.drift.low, row.drift.high, row.drift.count)
    return found


def _name(view: FiguresView, row: ReviewerFigures, t: Translator) -> str:
    if row.reviewer == view.own:
        return t("reviewers.own", name=view.names.get(view.own, ""))
    return view.names.get(row.reviewer) or t("reviewers.unnamed", n=row.reviewer)


def _plot(view: FiguresView, rows: tuple[ReviewerFigures, ...], t: Translator) -> None:
    drawn: list[dict[str, Any]] = []
    for row in rows:
        for measure, (value, low, high, count) in measures(row).items():
            drawn.append(
                {
                    "who": _name(view, row, t),
                    "measure": t(f"reviewers.measure.{measure}"),
                    "value": round(value, 2),
                    "low": None if low is None else round(low, 2),
                    "high": None if high is None else round(high, 2),
                    "n": count,
                }
            )
    if not drawn:
        st.caption(t("reviewers.too_few"))
        return
    limits = [abs(float(item[side])) for item in drawn for side in ("low", "high", "value") if item[side] is not None]
    reach = min(50.0, max(5.0, *limits))
    scale = alt.Scale(domain=[-reach, reach], clamp=True)
    names = [t(f"reviewers.measure.{measure}") for measure in _MEASURES]
    base = alt.Chart(alt.InlineData(values=drawn)).encode(
        y=alt.Y(
            "who:N",
            title=None,
            sort=[_name(view, row, t) for row in rows],
            axis=alt.Axis(labelLimit=220, ticks=False, domain=False),
        ),
        yOffset=alt.YOffset("measure:N", sort=names),
        color=alt.Color(
            "measure:N",
            title=None,
            scale=alt.Scale(domain=names, range=list(_COLOURS)),
            legend=alt.Legend(orient="top", labelLimit=260, symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("who:N", title=" "),
            alt.Tooltip("measure:N", title=" "),
            alt.Tooltip("value:Q", title=t("reviewers.points")),
            alt.Tooltip("low:Q", title=t("reviewers.from")),
            alt.Tooltip("high:Q", title=t("reviewers.to")),
            alt.Tooltip("n:Q", title=t("figures.calls")),
        ],
    )
    x = alt.X("low:Q", title=t("reviewers.points"), scale=scale, axis=alt.Axis(tickCount=7))
    arms = base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=x, x2="high:Q")
    points = base.mark_point(filled=True, size=55, opacity=1).encode(x=alt.X("value:Q", scale=scale))
    zero = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(color=UNKNOWN, strokeDash=[4, 3])
    lines = zero.encode(x=alt.X("at:Q", scale=scale))
    st.altair_chart((arms + points + lines).properties(height=80 + 48 * len(rows)), alt=t("reviewers.table"))


def _sentences(row: ReviewerFigures, name: str, t: Translator) -> None:
    """The figures in words that say no more than the intervals do."""
    known = measures(row)
    parts = [_sentence(measure, known[measure], t) for measure in _MEASURES if measure in known]
    if row.repeatability is not None:
        again = row.repeatability
        parts.append(
            t(
                "reviewers.repeats",
                n=again.calls,
                error=t.number(again.error, 1),
                low=t.number(again.low, 1),
                high=t.number(again.high, 1),
            )
        )
    if not parts:
        parts = [t("reviewers.nothing_yet")]
    st.markdown(f"**{name}** · {t('reviewers.scored', n=row.scores)}\n" + "".join(f"\n- {part}" for part in parts))


def _sentence(measure: str, found: _Row, t: Translator) -> str:
    value, low, high, count = found
    if low is None or high is None:
        return t(f"reviewers.single.{measure}", value=signed(value, t), n=count)
    side = "none" if low <= 0 <= high else "up" if value > 0 else "down"
    return t(
        f"reviewers.says.{measure}.{side}",
        value=t.number(abs(value), 1),
        low=signed(low, t),
        high=signed(high, t),
        n=count,
    )


def signed(value: float, t: Translator) -> str:
    """Points with their sign; the minus is a minus, not a hyphen."""
    sign = "+" if value > 0.05 else "−" if value < -0.05 else ""
    return sign + t.number(abs(value), 1)


def _line(view: FiguresView, row: ReviewerFigures, t: Translator) -> dict[str, str]:
    known = measures(row)
    line = {t("reviewers.who"): _name(view, row, t), t("reviewers.scores"): t.number(row.scores)}
    for measure in _MEASURES:
        text = "—"
        if measure in known:
            value, low, high, _ = known[measure]
            text = signed(value, t)
            if low is not None and high is not None:
                text += f" ({signed(low, t)} … {signed(high, t)})"
        line[t(f"reviewers.measure.{measure}")] = text
    again = row.repeatability
    line[t("reviewers.measure.repeats")] = (
        "—" if again is None else f"± {t.number(again.error, 1)} ({t.number(again.low, 1)} … {t.number(again.high, 1)})"
    )
    return line
