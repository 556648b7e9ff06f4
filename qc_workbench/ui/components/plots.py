"""Small plots of the overview and the month. Colours mean the same on every page."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import streamlit as st

from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.store.browsing import DayCounts
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named
from qc_workbench.ui.views.overview import BROKEN

#: Readable on white and on dark ground, and apart for the colour-blind (Okabe & Ito, darkened).
GOOD, BAD, UNKNOWN, NEUTRAL = "#2f8f6b", "#d0542f", "#9aa4b1", "#4d86c9"


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


def promises_by_outcome(counts: Sequence[tuple[CommitmentOutcome, int]], t: Translator) -> None:
    """How many promises ended how; broken ones in the warning colour."""
    rows = [
        {"outcome": named(t, "outcome", outcome.value), "n": count, "broken": outcome in BROKEN}
        for outcome, count in counts
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("outcome:N", title=None, sort=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False)),
        x=alt.X("n:Q", title=None, axis=None),
    )
    bars = base.mark_bar(size=14).encode(
        color=alt.Color("broken:N", legend=None, scale=alt.Scale(domain=[True, False], range=[BAD, NEUTRAL]))
    )
    # A plot draws its own text: this grey reads on both grounds.
    numbers = base.mark_text(align="left", dx=4, color=UNKNOWN, fontSize=13).encode(text="n:Q")
    st.altair_chart((bars + numbers).properties(height=max(60, 26 * len(rows))), alt=t("overview.promises"))
