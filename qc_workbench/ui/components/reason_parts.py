"""Reasons of lost deals, true and false: a table with honest shares and a plot."""

from __future__ import annotations

from typing import Final

import altair as alt
import streamlit as st

from qc_workbench.reporting.document import interval
from qc_workbench.reporting.share import Share
from qc_workbench.ui.components.blocks import nothing, read_table
from qc_workbench.ui.components.plots import BAD, NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.deal_decisions import Reason, ReasonBy, reasons

#: With fewer cases a share says nothing.
_FEW: Final = 5
#: Bars of the plot.
_PLOTTED: Final = 12


def reason_table(room: Room) -> None:
    t = room.t
    st.caption(t("reasons.says"))
    by = st.segmented_control(
        t("reasons.by"), list(ReasonBy), default=ReasonBy.REASON, required=True,
        format_func=lambda one: t(f"reasons.by.{one.value}"), key="reasons_by", label_visibility="collapsed",
    ) or ReasonBy.REASON  # fmt: skip
    found = reasons(room.workspace, room.viewer, by)
    if not found:
        nothing(t("reasons.none"))
        return
    _plot(found, t)
    rows = [
        {
            t(f"reasons.column.{by.value}"): item.name or t("reasons.no_reason"),
            t("reasons.column.lost"): t.number(item.tally.lost),
            t("reasons.column.genuine"): t.number(item.tally.genuine),
            t("reasons.column.false"): t.number(item.tally.false),
            t("reasons.column.false_share"): _share(item.false, t),
            t("reasons.column.called"): t.number(item.tally.called),
            t("reasons.column.none_said"): _share(item.none_said, t),
        }
        for item in found
    ]
    figures = [t(f"reasons.column.{name}") for name in ("lost", "genuine", "false", "called")]
    read_table(rows, t("refusal_part.reasons"), figures)


def _share(share: Share, t: Translator) -> str:
    if share.value is None:
        return "—"
    numbers = {"count": t.number(share.count), "of": t.number(share.of)}
    if share.of < _FEW:
        return t("reasons.few", **numbers)
    return t("reasons.share", **numbers, share=t.percent(share.value), interval=interval(t, share.interval))


def _plot(found: tuple[Reason, ...], t: Translator) -> None:
    names = {code: t(f"reasons.plot.{code}") for code in ("genuine", "false", "undecided")}
    rows = [
        {"name": item.name or t("reasons.no_reason"), "kind": names[code], "order": order, "n": n}
        for item in found[:_PLOTTED]
        for order, (code, n) in enumerate(
            (
                ("genuine", item.tally.genuine),
                ("false", item.tally.false),
                ("undecided", item.tally.lost - item.tally.genuine - item.tally.false),
            )
        )
        if n
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(size=14)
        .encode(
            y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=280, ticks=False, domain=False)),
            x=alt.X("n:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "kind:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[NEUTRAL, BAD, UNKNOWN]),
                legend=alt.Legend(orient="top", labelLimit=260),
            ),
            order="order:Q",
            tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("kind:N", title=" "), alt.Tooltip("n:Q", title=" ")],
        )
        .properties(height=34 * min(len(found), _PLOTTED) + 90)
    )  # fmt: skip
    st.altair_chart(chart, alt=t("reasons.plot"))
