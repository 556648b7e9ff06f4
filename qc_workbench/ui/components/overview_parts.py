"""Parts of the overview."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.plots import effective_by_day
from qc_workbench.ui.i18n import Translator
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


def effective_calls(view: Overview, counted_from_s: float, t: Translator) -> None:
    """What the CRM counted beside what was heard."""
    st.header(t("overview.effective"), anchor=False)
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
