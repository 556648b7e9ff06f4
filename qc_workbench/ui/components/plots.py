"""Small plots of the overview and the month. Colours mean the same on every page."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import streamlit as st

from qc_workbench.store.browsing import DayCounts
from qc_workbench.ui.i18n import Translator

#: Readable on white and on dark ground, and apart for the colour-blind (Okabe & Ito, darkened).
GOOD, BAD, UNKNOWN, NEUTRAL = "#2f8f6b", "#d0542f", "#7f8a98", "#4d86c9"


def effective_by_day(days: Sequence[DayCounts], t: Translator) -> None:
    """Calls the CRM counts as effective, by day, split by what was heard in them."""
    names = {code: t(f"plot.{code}") for code in ("verified", "refuted", "unexamined")}
    rows = [
        {"day": day.day.isoformat(), "kind": names[code], "order": order, "n": getattr(day, code)}
        for day in days
        for order, code in enumerate(names)
    ]
    day_title, count_title = t("plot.day"), t("plot.calls")
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(width={"band": 0.85})
        .encode(
            x=alt.X("utcyearmonthdate(day):T", title=None, axis=alt.Axis(format="%d.%m", tickCount=8, grid=False)),
            y=alt.Y("n:Q", title=count_title, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[GOOD, BAD, UNKNOWN]),
                legend=alt.Legend(orient="top", labelLimit=260),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("utcyearmonthdate(day):T", title=day_title, format="%d.%m.%Y"),
                alt.Tooltip("kind:N", title=" "),
                alt.Tooltip("n:Q", title=count_title),
            ],
        )
        .properties(height=240)
    )
    st.altair_chart(chart, alt=t("overview.effective"))
