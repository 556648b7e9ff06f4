"""Narrowing a list of lost deals to those of which one thing was found."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from qc_workbench.domain.lost_deal import DealFinding
from qc_workbench.ui.i18n import Translator


def finding_choice(t: Translator, counts: Mapping[DealFinding, int], key: str) -> DealFinding | None:
    """What the reader chose; None: all. Findings of no deal are not offered."""
    return st.selectbox(
        t("recalls.filter"),
        [finding for finding, deals in counts.items() if deals],
        index=None,
        format_func=lambda one: f"{t(f'deal_finding.{one.value}')} · {t.number(counts[one])}",
        placeholder=t("recalls.all_findings"),
        key=key,
        label_visibility="collapsed",
        width=420,
    )
