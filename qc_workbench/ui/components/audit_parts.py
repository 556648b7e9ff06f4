"""The room of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from qc_workbench.domain.audit import group_of
from qc_workbench.store.audit_log import AuditEntry, AuditQuestion
from qc_workbench.ui.components.blocks import nothing, picked
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.audit import PAGE, audit_menus, audit_page, between

#: Key of a detail -> families of the catalogue whose codes it holds.
_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "entity": ("entity",),
    "kind": ("violation", "measure", "crm_write_kind", "access_report.subject"),
    "roles": ("access_role",),
    "verdict": ("hypothesis_verdict",),
    "way": ("audit_way",),
}


def asked(room: Room) -> AuditQuestion:
    """Who, what, about which, when."""
    t, menus = room.t, audit_menus(room.workspace, room.viewer)
    who, what, about, days = st.columns([2, 2, 2, 3.6])  # two whole dates at 1024 px
    actor = who.selectbox(
        t("audit_room.who"), menus.actors, index=None, placeholder=t("audit_room.anybody"), key="audit_who"
    )
    action = what.selectbox(
        t("audit_room.what"),
        menus.actions,
        index=None,
        format_func=lambda code: action_name(code, t),
        placeholder=t("audit_room.anything"),
        key="audit_what",
    )
    subject = about.text_input(t("audit_room.about"), placeholder=t("audit_room.about_hint"), key="audit_about")
    with days:
        first_side, last_side = st.columns(2)
    first = first_side.date_input(t("audit_room.since"), value=None, format="DD.MM.YYYY", key="audit_since")
    last = last_side.date_input(t("audit_room.until"), value=None, format="DD.MM.YYYY", key="audit_until")
    since, until = between(first, last, t.zone)
    return AuditQuestion(actor, action, subject, since, until)


def log(room: Room, question: AuditQuestion) -> None:
    t = room.t
    key = f"audit_page_{hash(question)}"
    found = audit_page(room.workspace, room.viewer, question, page_of(key))
    if not found.total:
        nothing(t("audit_room.untouched" if question == AuditQuestion() else "audit_room.nothing"))
        return
    pager(found.total, PAGE, t, key)
    rows = [_row(entry, t) for entry in found.entries]
    chosen = picked(rows, {}, f"audit_table_{key}_{page_of(key)}", t("room.audit"))
    if chosen is not None and chosen < len(rows):
        _whole(found.entries[chosen], t)


def _whole(entry: AuditEntry, t: Translator) -> None:
    """The line that was clicked, with all its details: a table cuts long ones off."""
    with st.container(border=True):
        st.markdown(f"**{plain(action_name(entry.action, t))}**")
        st.text("\n".join((t.moment(entry.at, "d MMM y, HH:mm:ss"), *detail_parts(entry.detail, t))))


def _row(entry: AuditEntry, t: Translator) -> dict[str, str]:
    return {
        t("column.when"): t.moment(entry.at, "d MMM y, HH:mm:ss"),
        t("audit_room.who"): entry.actor or "—",
        t("audit_room.what"): named(t, "audit", entry.action),
        t("audit_room.about"): entry.subject or "—",
        t("audit_room.detail"): detail_text(entry.detail, t),
    }


def action_name(code: str, t: Translator) -> str:
    """«Выгрузки: Отчёт выгружен»."""
    group = group_of(code)
    name = named(t, "audit", code)
    return name if group is None else f"{t(f'audit_group.{group}')}: {name}"


def detail_text(detail: Mapping[str, Any], t: Translator) -> str:
    return " · ".join(detail_parts(detail, t))


def detail_parts(detail: Mapping[str, Any], t: Translator) -> list[str]:
    """What a line says beside who, what and when; changes as «key: before → after»."""
    parts = []
    for name, value in detail.items():
        if name == "changed" and isinstance(value, Mapping):
            parts += [
                f"{_name(key, t)}: {_value(key, old, t)} → {_value(key, new, t)}" for key, (old, new) in value.items()
            ]
        elif value not in ("", None, []):
            parts.append(f"{_name(name, t)}: {_value(name, value, t)}")
    return parts


def _name(key: str, t: Translator) -> str:
    """Keys of settings stand as they are written in qcw.toml."""
    code = f"audit_detail.{key}"
    return t(code) if t.knows(code) else key


def _value(key: str, value: Any, t: Translator) -> str:
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return t("audit_room.yes" if value else "audit_room.no")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(_value(key, item, t) for item in value)
    codes = (f"{family}.{value}" for family in _FAMILIES.get(key, ()))
    return next((t(code) for code in codes if t.knows(code)), str(value))
