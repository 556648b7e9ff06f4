"""What each rule asks, in words and as a query, and what another limit would have found."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from qc_workbench.domain.violation import ViolationKind
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.labels import error_text
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.discipline import OrderChoice, RulePage, rule_page, tried_rule

#: Largest numbers that are asked for; the settings know the rest of what is allowed.
_MOST: Final = 10_000


def rule_pages(room: Room, choice: OrderChoice) -> None:
    """One rule at a time."""
    t = room.t
    kinds = {kind.value: t(f"violation.{kind.value}") for kind in ViolationKind}
    chosen = st.selectbox(
        t("breach.rule"), kinds, format_func=kinds.__getitem__, key="order_rule_page", width=420,
        persist_state="session",
    )  # fmt: skip
    page = rule_page(room.workspace, room.viewer, ViolationKind(chosen))
    st.markdown(t(f"violation.{page.kind.value}.why"))
    rows = [
        {t("discipline.says"): t("discipline.judged"), t("discipline.value"): t(f"discipline.on.{page.rule.enabled}")},
        {
            t("discipline.says"): t("discipline.severity"),
            t("discipline.value"): t(f"severity.{page.rule.severity.value}"),
        },
    ]
    if page.shows_tariff:
        rows.append({t("discipline.says"): t("discipline.tariff"), t("discipline.value"): t.number(page.rule.tariff)})
    if page.parameter:
        name = t(f"discipline_parameter.{page.parameter}")
        rows.append({t("discipline.says"): name, t("discipline.value"): _said(page.value)})
    st.dataframe(rows, hide_index=True, width=640, key=f"order_rule_{page.kind.value}")
    st.caption(t("discipline.where_settings"))
    with st.expander(t("discipline.query")):
        st.caption(t("discipline.query_says"))
        st.code(page.query, language="sql", wrap_lines=True)
    _trial(room, choice, page)


def _said(value: Any) -> str:
    return ", ".join(f"{name}: {days}" for name, days in value.items()) if isinstance(value, dict) else f"{value:g}"


def _trial(room: Room, choice: OrderChoice, page: RulePage) -> None:
    """Another limit on the period that is chosen above: nothing is written."""
    t = room.t
    st.header(t("discipline.try"), anchor=False)
    if page.parameter is None:
        nothing(t("discipline.try_nothing"))
        return
    st.caption(t("discipline.try_says"))
    with st.form(f"order_try_{page.kind.value}", border=False):
        value = _asked(page, room)
        if not st.form_submit_button(t("discipline.try_button")):
            return
    try:
        with st.spinner(t("discipline.trying")):
            found = tried_rule(room.workspace, room.viewer, page.kind, value, choice, room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    if not found:
        nothing(t("discipline.try_none"))
        return
    st.dataframe(
        [
            {t("column.agent"): name, t("discipline.now"): item.now, t("discipline.then"): item.then,
             t("discipline.difference"): f"{item.then - item.now:+d}"}
            for name, item in found
        ],
        hide_index=True,
        width=640,
        key=f"order_tried_{page.kind.value}",
    )  # fmt: skip


def _asked(page: RulePage, room: Room) -> Any:
    """The number to try; of stages one each."""
    t, key = room.t, f"order_value_{page.kind.value}"
    if isinstance(page.value, dict):
        return {
            stage: int(st.number_input(stage, 1, _MOST, int(days), key=f"{key}_{stage}", width=240))
            for stage, days in page.value.items()
        }
    name = t(f"discipline_parameter.{page.parameter}")
    if isinstance(page.value, float):
        return float(st.number_input(name, 0.5, float(_MOST), page.value, step=0.5, key=key, width=320))
    least = 0 if page.parameter == "dragged_days_at_most" else 1
    return int(st.number_input(name, least, _MOST, int(page.value), key=key, width=320))
