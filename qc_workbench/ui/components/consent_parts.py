"""Were clients told of the recording: the share, by whom or when, and the calls where they were not."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from qc_workbench.domain.consent import ConsentTally, ConsentVerdict
from qc_workbench.store.consent import ConsentBy
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.consent import PAGE, ConsentBoard, consent_board
from qc_workbench.ui.views.discipline import OrderChoice
from qc_workbench.ui.views.people import call_line

_LISTED: Final = (ConsentVerdict.NOT_TOLD, ConsentVerdict.UNSURE)


def consent_lists(room: Room, choice: OrderChoice) -> None:
    t = room.t
    wanted = room.workspace.settings.consent
    if not wanted.directions:
        nothing(t("consent.off"))
        return
    st.caption(t("consent.says", seconds=t.number(wanted.within_s)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.segmented_control(
            t("consent.by"), list(ConsentBy), default=ConsentBy.AGENT, required=True, key="consent_by",
            format_func=lambda item: t(f"consent_by.{item.value}"),
        ) or ConsentBy.AGENT  # fmt: skip
        verdict = st.segmented_control(
            t("consent.which"), _LISTED, default=_LISTED[0], required=True, key="consent_verdict",
            format_func=lambda item: t(f"consent_verdict.{item.value}"),
        ) or _LISTED[0]  # fmt: skip
    key = f"consent_{choice.first}_{choice.span}_{verdict.value}"
    found = consent_board(room.workspace, room.viewer, choice.within, choice.agents, by, verdict, page_of(key))
    if not found.tallies:
        nothing(t("consent.none"))
        return
    if found.share is not None:
        st.metric(t("consent.share"), t.percent(found.share))
    st.dataframe([_row(item, by, found, t) for item in found.tallies], hide_index=True, key=f"{key}_{by.value}")
    total = found.count(verdict)
    st.header(t(f"consent_list.{verdict.value}", n=total), anchor=False)
    pager(total, PAGE, t, key)
    for call, line in found.calls:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            call_link(t, plain(call_line(call, found.people, t)), call.call_id, line.start_s)
            st.caption(t(f"consent_reason.{line.reason.value}"))


def _row(item: ConsentTally, by: ConsentBy, found: ConsentBoard, t: Translator) -> dict[str, str]:
    return {
        t(f"consent_by.{by.value}"): _name(item.key, by, found, t),
        t("consent_verdict.told"): t.number(item.told),
        t("consent_verdict.not_told"): t.number(item.not_told),
        t("consent_verdict.unsure"): t.number(item.unsure),
        t("consent.share"): "—" if item.share is None else t.percent(item.share),
    }


def _name(key: str, by: ConsentBy, found: ConsentBoard, t: Translator) -> str:
    if by is ConsentBy.AGENT:
        return found.people.agent(key)
    if by is ConsentBy.DIRECTION:
        return t(f"report.direction.{key}")
    if by is ConsentBy.WEEK:
        return t("consent.week", day=t.day(date.fromisoformat(key)))
    return key or t("consent.no_source")
