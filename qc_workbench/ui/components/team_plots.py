"""Plots of scores: dots with the limits within which they hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import altair as alt
import streamlit as st

from qc_workbench.domain.forms import Form
from qc_workbench.sampling.breakdown import Band
from qc_workbench.sampling.estimates import Estimate
from qc_workbench.ui.components.plots import NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.team_words import limits, place_text, points
from qc_workbench.ui.views.team import AgentRow

_SCALE: Final = alt.Scale(domain=[0, 100], clamp=True)
_ROW_PX: Final = 28


def scores_plot(rows: Sequence[AgentRow], team: Estimate, t: Translator) -> None:
    """Agents on one scale, in the order of the table; the line is all of them together."""
    values = [
        _point(row.estimate, t) | {"agent": row.name, "place": place_text(row.place, t)}
        for row in rows
        if row.estimate.value is not None
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y(
            "agent:N", title=None, sort=None, axis=alt.Axis(labelLimit=240, ticks=False, domain=False, labelFontSize=12)
        ),
        tooltip=[
            alt.Tooltip("agent:N", title=t("column.agent")),
            alt.Tooltip("text:N", title=t("team.column.score")),
            alt.Tooltip("limits:N", title=t("team.column.interval")),
            alt.Tooltip("place:N", title=t("team.column.place")),
        ],
    )
    axis = alt.Axis(grid=True, values=list(range(0, 101, 10)), orient="top")
    whiskers = base.mark_rule(strokeWidth=5, color=NEUTRAL, opacity=0.35).encode(
        x=alt.X("low:Q", title=None, scale=_SCALE, axis=axis), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=80, color=NEUTRAL, opacity=1).encode(x=alt.X("value:Q", scale=_SCALE))
    layers: list[alt.Chart] = [whiskers, dots]
    if team.value is not None:
        own = alt.Chart(alt.InlineData(values=[_point(team, t)])).encode(
            tooltip=[
                alt.Tooltip("text:N", title=t("team.together")),
                alt.Tooltip("limits:N", title=t("team.column.interval")),
            ]
        )
        layers = [
            own.mark_rect(color=UNKNOWN, opacity=0.18).encode(x=alt.X("low:Q", scale=_SCALE), x2="high:Q"),
            own.mark_rule(color=UNKNOWN, strokeDash=[5, 3], strokeWidth=2).encode(x=alt.X("value:Q", scale=_SCALE)),
            *layers,
        ]
    st.altair_chart(alt.layer(*layers).properties(height=30 + _ROW_PX * len(values)), alt=t("team.plot_alt"))


def weeks_plot(weeks: Sequence[tuple[date, Estimate]], t: Translator) -> None:
    """A point a week with its limits as a band; a week without a score leaves a gap."""
    values = [
        _point(estimate, t) | {"week": monday.isoformat(), "day": t.day(monday, "d MMM"), "calls": estimate.judged}
        if estimate.value is not None
        else {"week": monday.isoformat(), "day": t.day(monday, "d MMM"), "value": None, "low": None, "high": None}
        for monday, estimate in weeks
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("day:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False)),
        tooltip=[
            alt.Tooltip("day:N", title=t("team.week")),
            alt.Tooltip("text:N", title=t("team.column.score")),
            alt.Tooltip("limits:N", title=t("team.column.interval")),
            alt.Tooltip("calls:Q", title=t("team.scored")),
        ],
    )
    axis = alt.Axis(values=[0, 20, 40, 60, 80, 100])
    y = alt.Y("low:Q", title=None, scale=_SCALE, axis=axis)
    band = base.mark_area(color=NEUTRAL, opacity=0.18).encode(y=y, y2="high:Q")
    ends = base.mark_rule(color=NEUTRAL, opacity=0.5, strokeWidth=3).encode(y=y, y2="high:Q")
    line = base.mark_line(color=NEUTRAL, point=alt.OverlayMarkDef(filled=True, size=60, color=NEUTRAL))
    chart = band + ends + line.encode(y=alt.Y("value:Q", scale=_SCALE))
    st.altair_chart(chart.properties(height=230), alt=t("team.weeks_alt"))


def bands_plot(bands: Sequence[Band], form: Form, t: Translator) -> None:
    """The share of calls in each band of the form, with its limits."""
    named = {float(band.from_score): band.text.of(t.language) for band in form.bands}
    values = []
    for band in bands:
        low, high = t.number(band.low), t.number(band.high)
        name = named.get(band.low)
        share = band.share
        values.append(
            {
                "band": t("team.band", name=name, low=low, high=high)
                if name
                else t("team.band_plain", low=low, high=high),
                "value": share.value or 0.0,
                "low": share.low or 0.0,
                "high": share.high or 0.0,
                "text": t.percent(share.value or 0.0),
                "limits": t("team.interval", low=t.percent(share.low or 0.0), high=t.percent(share.high or 0.0)),
            }
        )
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("band:N", title=None, sort=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip("band:N", title=t("team.column.band")),
            alt.Tooltip("text:N", title=t("team.share")),
            alt.Tooltip("limits:N", title=t("team.column.interval")),
        ],
    )
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(tickCount=5, labelExpr=f"format(datum.value * 100, 'd') + '{t.percent_sign}'")
    bars = base.mark_bar(color=NEUTRAL, opacity=0.55, size=16).encode(
        x=alt.X("value:Q", title=None, scale=scale, axis=axis)
    )
    whiskers = base.mark_rule(color=UNKNOWN, strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    st.altair_chart((bars + whiskers).properties(height=50 + 34 * len(values)), alt=t("team.bands_alt"))


def _point(estimate: Estimate, t: Translator) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "text": points(estimate.value, t),
        "limits": limits(estimate, t),
    }
