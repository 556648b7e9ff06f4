"""A source's settings filled into its form, to be changed; and the table of whose its people are."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import streamlit as st

from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.connection_form import widgets, wrong_text
from qc_workbench.ui.components.connection_parts import remember_changed, remember_removed
from qc_workbench.ui.components.flash import done
from qc_workbench.ui.connection_words import field_name
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.connection_change import Filled, People, Person, change, change_people, filled, people
from qc_workbench.ui.views.connections import Connection, remove
from qc_workbench.ui.views.new_connection import FieldKind

_COLUMNS = ("agent", "told", "manager", "since", "until")


def settings_tab(room: Room, item: Connection) -> None:
    t = room.t
    st.caption(t("connections.settings_says", file=str(room.workspace.settings_file)))
    if item.places:
        said = (f"{field_name(t, key)} `{place}`" for key, place in item.places.items())
        st.markdown(f"**{t('connections.keys')}**: {', '.join(said)}")
    try:
        found = filled(room.workspace, room.viewer, item.name)
    except QcwError as error:
        st.info(error_text(error, t))
    else:
        _form(room, item, found)
    if st.button(t("connections.remove"), icon=":material/link_off:", key=f"connections_remove_{item.name}"):
        _remove(room, item)


def _form(room: Room, item: Connection, found: Filled) -> None:
    t = room.t
    everything = st.toggle(t("connections.everything"), key=f"connections_everything_{item.name}")
    fields = [field for field in found.form.fields if everything or not field.is_further or field.name in found.written]
    prefix = f"connections_change_{_digest(item.name, found.stamp)}"
    with st.form(prefix, border=False):
        typed = widgets(t, found.form, fields, prefix, item.places)
        secrets = [field for field in fields if field.kind is FieldKind.SECRET]
        can_go = [field.name for field in secrets if not field.is_required and field.name in item.places]
        without = can_go and st.multiselect(
            t("connections.without"), can_go, format_func=lambda name: field_name(t, name), key=f"{prefix}_without",
            help=t("connections.without_says"), placeholder=t("connections.without_none"),
        )  # fmt: skip
        if not st.form_submit_button(t("connections.change"), type="primary"):
            return
    try:
        before = change(room.workspace, room.viewer, item.name, typed, room.now, without=without)
    except QcwError as error:
        st.error(wrong_text(t, error))
        return
    _changed(t, item.name, before)


def _remove(room: Room, item: Connection) -> None:
    try:
        entry = remove(room.workspace, room.viewer, item.name, room.now)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    remember_removed(item.name, entry)
    st.rerun()


def people_tab(room: Room, item: Connection) -> None:
    """Who of ours is behind which line or user of the system, and from when to when."""
    t = room.t
    if not item.has_people:
        nothing(t("connections.people_none"))
        return
    found = people(room.workspace, room.viewer, item.name)
    st.caption(t("connections.people_says"))
    if found.strangers:
        st.markdown(t("connections.strangers", n=found.strangers))
    key = f"connections_people_{_digest(item.name, repr(found.people))}"
    with st.form(key, border=False):
        typed = st.data_editor(
            [_row(person, found) for person in found.people] or [dict.fromkeys(_COLUMNS)],
            num_rows="dynamic", hide_index=True, key=f"{key}_table", column_config=_columns(t, found),
            column_order=_COLUMNS, width="stretch", placeholder="",
        )  # fmt: skip
        if not st.form_submit_button(t("connections.people_save"), type="primary"):
            return
    wanted = [_person(row, found) for row in typed]
    try:
        before = change_people(room.workspace, room.viewer, item.name, wanted, room.now)
    except QcwError as error:
        st.error(wrong_text(t, error))
        return
    _changed(t, item.name, before)


def _changed(t: Translator, name: str, before: str | None) -> None:
    if before is None:
        st.info(t("connections.same"))
        return
    remember_changed(name, before)
    done(t("connections.changed", name=name))
    st.rerun()


def _columns(t: Translator, found: People) -> dict[str, Any]:
    def named(name: str) -> str:
        return t(f"connections.people.{name}")

    return {
        "agent": st.column_config.TextColumn(named("agent"), help=named("agent_says")),
        "told": st.column_config.TextColumn(named("told"), disabled=True),
        "manager": st.column_config.SelectboxColumn(
            named("manager"), options=[_named(key, found) for key in found.managers]
        ),
        "since": st.column_config.DateColumn(named("since"), format="DD.MM.YYYY"),
        "until": st.column_config.DateColumn(named("until"), help=named("until_says"), format="DD.MM.YYYY"),
    }


def _named(manager: str, found: People) -> str:
    """Two may have one name: the id stands with it."""
    return f"{found.managers[manager]} ({manager})" if manager in found.managers else ""


def _row(person: Person, found: People) -> dict[str, Any]:
    return {"agent": person.agent, "told": person.told, "manager": _named(person.manager, found) or None,
            "since": person.since, "until": person.until}  # fmt: skip


def _person(row: dict[str, Any], found: People) -> Person:
    managers = {_named(key, found): key for key in found.managers}
    return Person(
        str(row.get("agent") or ""), "", managers.get(str(row.get("manager") or ""), ""),
        _day(row.get("since")), _day(row.get("until")),
    )  # fmt: skip


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else date.fromisoformat(value[:10]) if value else None


def _digest(*parts: str) -> str:
    """What is shown is what is written: another entry is another form, with nothing typed in it."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
