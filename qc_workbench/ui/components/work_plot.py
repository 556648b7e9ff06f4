"""Work done in the last hours, in slices of some minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import altair as alt
import streamlit as st

from qc_workbench.domain.progress import in_order
from qc_workbench.store.job_progress import SLICE, WorkSlice
from qc_workbench.ui.components.plots import BAD, GOOD, NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.work import PLOTTED
from qc_workbench.ui.work_words import step_name

_MINUTES, _UNITS = "minutes", "units"
#: Width of a bar: the hours of the plot have 72 slices, and a narrow page some 600 pixels for them.
_BAR_PX = 7


def work_plot(slices: Sequence[WorkSlice], now: datetime, t: Translator) -> None:
    st.header(t("work.plot_title"), anchor=False)
    if not slices:
        st.caption(t("work.plot_none"))
        return
    shown = _MINUTES
    if any(item.cost_s for item in slices):
        shown = st.segmented_control(
            t("work.plot_what"),
            (_MINUTES, _UNITS),
            default=_MINUTES,
            required=True,
            format_func=lambda name: t(f"work.plot_of_{name}"),
            key="work_plot_of",
            label_visibility="collapsed",
        )
    else:
        shown = _UNITS  # nothing of it has a sound
    steps = sorted({item.step for item in slices if shown == _UNITS or item.cost_s}, key=in_order)
    names = {step: step_name(t, step) for step in steps}
    title = t(f"work.plot_{shown}")
    chart = (
        alt.Chart(alt.InlineData(values=_bars(slices, names, shown, t)))
        .mark_bar(size=_BAR_PX)
        .encode(
            x=alt.X(
                "at:T",
                title=None,
                scale=alt.Scale(type="utc", domain=[_clock(now - PLOTTED, t), _clock(now, t)]),
                axis=alt.Axis(format="%H:%M", tickCount=8, grid=False),
            ),
            y=alt.Y("low:Q", title=title),
            y2="high:Q",
            color=alt.Color(
                "step:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[NEUTRAL, GOOD, BAD, UNKNOWN]),
                legend=alt.Legend(orient="top", labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip("time:N", title=t("work.plot_time")),
                alt.Tooltip("step:N", title=" "),
                alt.Tooltip("n:Q", title=title),
            ],
        )
        .properties(height=180)
    )
    st.altair_chart(chart, alt=t("work.plot_title"))


def _bars(
    slices: Sequence[WorkSlice], names: Mapping[str, str], shown: str, t: Translator
) -> list[dict[str, str | float]]:
    """A rectangle for each step and slice, those of one slice upon each other."""
    rows: list[dict[str, str | float]] = []
    high: dict[datetime, float] = {}
    for item in slices:
        if item.step not in names:
            continue
        n = round(item.cost_s / 60, 1) if shown == _MINUTES else item.units
        low = high.get(item.at, 0.0)
        high[item.at] = low + n
        rows.append(
            {
                "at": _local(item.at + SLICE / 2, t),
                "time": t.time(item.at),
                "step": names[item.step],
                "n": n,
                "low": low,
                "high": high[item.at],
            }
        )
    return rows


def _clock(moment: datetime, t: Translator) -> alt.DateTime:
    """The company's time, named as UTC: the plot shows it as it is, wherever the browser is."""
    local = moment.astimezone(t.zone)
    return alt.DateTime(
        year=local.year, month=local.month, date=local.day, hours=local.hour, minutes=local.minute, utc=True
    )


def _local(moment: datetime, t: Translator) -> str:
    return moment.astimezone(t.zone).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
