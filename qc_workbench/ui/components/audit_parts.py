"""The room of the audit log."""

from __future__ import annotations

import streamlit as st

from qc_workbench.store.audit_log import AuditEntry, AuditQuestion
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.audit import PAGE, audit_menus, audit_page, between


def asked(room: Room) -> AuditQuestion:
    """Who, what, about which, when."""
    t, menus = room.t, audit_menus(room.workspace, room.viewer)
    who, what, about, days = st.columns([2, 2, 2, 2])
    actor = who.selectbox(t("audit.who"), menus.actors, index=None, placeholder=t("audit.anybody"), key="audit_who")
    action = what.selectbox(
        t("audit.what"),
        menus.actions,
        index=None,
        format_func=lambda code: named(t, "audit", code),
        placeholder=t("audit.anything"),
        key="audit_what",
    )
    subject = about.text_input(t("audit.about"), placeholder=t("audit.about_hint"), key="audit_about")
    with days:
        first_side, last_side = st.columns(2)
    first = first_side.date_input(t("audit.since"), value=None, format="DD.MM.YYYY", key="audit_since")
    last = last_side.date_input(t("audit.until"), value=None, format="DD.MM.YYYY", key="audit_until")
    since, until = between(first, last, t.zone)
    return AuditQuestion(actor, action, subject, since, until)


def log(room: Room, question: AuditQuestion) -> None:
    t = room.t
    key = f"audit_page_{hash(question)}"
    found = audit_page(room.workspace, room.viewer, question, page_of(key))
    if not found.total:
        nothing(t("audit.nothing"))
        return
    pager(found.total, PAGE, t, key)
    st.dataframe([_row(entry, t) for entry in found.entries], hide_index=True, key="audit_table", alt=t("room.audit"))


def _row(entry: AuditEntry, t: Translator) -> dict[str, str]:
    detail = [f"{name}: {value}" for name, value in entry.detail.items() if value not in ("", None)]
    return {
        t("column.when"): t.moment(entry.at, "d MMM y, HH:mm:ss"),
        t("audit.who"): entry.actor or "—",
        t("audit.what"): named(t, "audit", entry.action),
        t("audit.about"): entry.subject or "—",
        t("audit.detail"): " · ".join(detail),
    }
