"""«Обзор»: what happened, what waits."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, tile
from qc_workbench.ui.components.first_steps import first_steps
from qc_workbench.ui.components.plots import effective_by_day, promises_by_outcome
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.overview import overview

room = enter()
t = room.t
view = overview(room.workspace)

heading(t("room.overview"), None if view.is_empty else t("overview.says"))
if view.is_empty:
    first_steps(room)
    st.stop()

assert view.counts.first_at is not None
assert view.counts.last_at is not None
st.markdown(
    t(
        "overview.period",
        first=t.day(view.counts.first_at, "d MMMM y"),
        last=t.day(view.counts.last_at, "d MMMM y"),
        calls=t("count.calls", n=view.counts.calls),
        recordings=t("count.recordings", n=view.counts.audible),
        transcribed=t("count.transcribed", n=view.counts.transcribed),
    )
)

st.subheader(t("overview.waits"), anchor=False)
tiles = st.grid(len(view.waiting), min_column_width=150)
for item in view.waiting:
    with tiles.container(border=True):
        st.metric(t(f"waiting.{item.code}"), t.number(item.count), help=t(f"waiting.{item.code}.help"))
        link(item.room, t, t("button.open_list"), **dict(item.query))

left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader(t("overview.effective"), anchor=False)
    st.caption(t("overview.effective_help", seconds=t.number(room.workspace.settings.effective.counted_from_s)))
    effective_by_day(view.days, t)
    st.markdown(
        t(
            "overview.effective_sum",
            counted=t.number(view.counted),
            verified=t.number(view.verified),
            refuted=t.number(view.refuted),
            unexamined=t.number(view.unexamined),
        )
    )
with right:
    st.subheader(t("overview.lost_calls"), anchor=False)
    rate = view.lost_call_rate
    tile(
        t("overview.lost_rate"),
        "—" if rate is None else t.percent(rate),
        help_text=t("overview.lost_rate_help"),
    )
    st.caption(
        t("overview.lost_of", missed=t.number(view.counts.missed_inbound), inbound=t.number(view.counts.inbound))
    )
    st.subheader(t("overview.promises"), anchor=False)
    if view.promises:
        promises_by_outcome(view.promises, t)
        if view.promises_as_of:
            st.caption(t("promises.as_of", moment=t.moment(view.promises_as_of)))
        link("promises", t, t("button.open_list"))
    else:
        st.caption(t("promises.none_yet"))
