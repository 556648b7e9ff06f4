"""Parts of the overview."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.plots import effective_by_day, promises_by_outcome
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import link
from qc_workbench.ui.views.overview import Overview


def period(view: Overview, t: Translator) -> None:
    counts = view.counts
    assert counts.first_at is not None
    assert counts.last_at is not None
    st.markdown(
        t(
            "overview.period",
            first=t.day(counts.first_at, "d MMMM y"),
            last=t.day(counts.last_at, "d MMMM y"),
            calls=t("count.calls", n=counts.calls),
            recordings=t("count.recordings", n=counts.audible),
            transcribed=t("count.transcribed", n=counts.transcribed),
        )
    )


def waiting(view: Overview, t: Translator) -> None:
    """A tile for each list that waits for a person; the tile opens exactly what it counts."""
    st.subheader(t("overview.waits"), anchor=False)
    tiles = st.grid(len(view.waiting), min_column_width=150)
    for item in view.waiting:
        with tiles.container(border=True):
            st.metric(t(f"waiting.{item.code}"), t.number(item.count), help=t(f"waiting.{item.code}.help"))
            link(item.room, t, t("button.open_list"), **dict(item.query))


def effective_calls(view: Overview, counted_from_s: float, t: Translator) -> None:
    """What the CRM counted beside what was heard."""
    st.subheader(t("overview.effective"), anchor=False)
    st.caption(t("overview.effective_help", seconds=t.number(counted_from_s)))
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


def lost_calls(view: Overview, t: Translator) -> None:
    rate = view.lost_call_rate
    st.subheader(t("overview.lost_calls"), anchor=False)
    with st.container(border=True):
        st.metric(t("overview.lost_rate"), "—" if rate is None else t.percent(rate), help=t("overview.lost_rate_help"))
        missed, inbound = t.number(view.counts.missed_inbound), t.number(view.counts.inbound)
        st.caption(t("overview.lost_of", missed=missed, inbound=inbound))


def promises(view: Overview, t: Translator) -> None:
    st.subheader(t("overview.promises"), anchor=False)
    if not view.promises:
        st.caption(t("promises.none_yet"))
        return
    promises_by_outcome(view.promises, t)
    if view.promises_as_of:
        st.caption(t("promises.as_of", moment=t.moment(view.promises_as_of)))
    link("promises", t, t("button.open_list"))
