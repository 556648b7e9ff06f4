"""Adding a source: a form made of the fields that its kind has in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from qc_workbench.errors import QcwError
from qc_workbench.ui.components.connection_parts import remember_added
from qc_workbench.ui.components.flash import done
from qc_workbench.ui.connection_words import choice_name, field_name, kind_name, lacking_lines
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.new_connection import FieldKind, FormField, SourceForm, add, source_forms

#: How many sources this page has written down.
_WRITTEN: Final = "connections_written"


def adding(room: Room) -> None:
    t = room.t
    with st.expander(t("connections.add"), icon=":material/add_link:"):
        forms = {form.kind: form for form in source_forms()}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox(
                t("connections.kind"),
                list(forms),
                format_func=lambda kind: (
                    f"{t(f'connections.family.{forms[kind].family.value}')} · {kind_name(t, kind)}"
                ),
                key="connections_kind",
            )
            everything = st.toggle(t("connections.everything"), key="connections_everything")
        lacks = lacking_lines(t, kind)
        if lacks:
            st.caption(t("connections.before", text=" ".join(lacks)))
        _form(room, forms[kind], everything=everything)


def _form(room: Room, form: SourceForm, *, everything: bool) -> None:
    t = room.t
    written = remembered(_WRITTEN)  # a form that was written down is a new one: no key stays in the page
    prefix = f"connections_{form.kind}" + (f"_{written}" if written else "")
    with st.form(prefix, border=False):
        fields = [field for field in form.fields if everything or not field.is_further]
        typed = widgets(t, form, fields, prefix)
        st.caption(t("connections.form_says"))
        if not st.form_submit_button(t("connections.save"), type="primary"):
            return
    missing = [_label(t, field) for field in fields if field.is_required and not typed[field.name]]
    if missing:
        st.error(t("connections.missing", fields=", ".join(missing)))
        return
    try:
        add(room.workspace, room.viewer, form.kind, typed, room.now)
    except QcwError as error:
        st.error(wrong_text(t, error))
        return
    remember(_WRITTEN, str(int(written or 0) + 1))
    remember_added(typed["name"])
    done(t("connections.added", name=typed["name"]))
    st.rerun()


def wrong_text(t: Translator, error: QcwError) -> str:
    """What is wrong with what was typed, by the field's name on the page."""
    if error.code == "source_field_wrong":
        return t("error.source_field_wrong", field=field_name(t, str(error.params["field"])))
    return error_text(error, t)


def widgets(
    t: Translator, form: SourceForm, fields: Sequence[FormField], prefix: str, places: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The fields in two columns, and what is typed there. ``places``: where secrets are already."""
    typed: dict[str, Any] = {}
    columns = st.columns(2)
    for number, field in enumerate(fields):
        with columns[number % 2]:
            typed[field.name] = _widget(t, form, field, f"{prefix}_{field.name}", (places or {}).get(field.name))
    return typed


def _widget(t: Translator, form: SourceForm, field: FormField, key: str, place: str | None) -> Any:
    label = _label(t, field) + (" *" if field.is_required else "")
    says = _says(t, form, field)
    match field.kind:
        case FieldKind.SECRET:
            hint = t("connections.secret_stays", place=place) if place else t("connections.secret_hint")
            return st.text_input(label, type="password", key=key, help=says, placeholder=hint, autocomplete="off")
        case FieldKind.SWITCH:
            return st.checkbox(label, value=bool(field.default), key=key, help=says)
        case FieldKind.NUMBER:
            number = field.default if isinstance(field.default, int | float) else None
            return st.number_input(label, value=number, key=key, help=says)
        case FieldKind.CHOICE:
            at = field.choices.index(str(field.default)) if field.default in field.choices else 0
            return st.selectbox(
                label, field.choices, index=at, key=key, help=says,
                format_func=lambda choice: choice_name(t, field.name, choice),
            )  # fmt: skip
        case FieldKind.LINES:
            return st.text_area(label, "\n".join(field.default or ()), key=key, help=says, height=80)
        case FieldKind.DAY:
            return st.date_input(label, value=field.default if isinstance(field.default, date) else None, key=key)
    return st.text_input(label, value=str(field.default or ""), key=key, help=says)


def _label(t: Translator, field: FormField) -> str:
    code = f"source_field.{field.name}_required"
    return t(code) if field.is_required and t.knows(code) else field_name(t, field.name)


def _says(t: Translator, form: SourceForm, field: FormField) -> str:
    """What the field is for: in the language of the page where it is said there, else as the settings say it."""
    of_kind = f"source_field_says.{field.name}.{form.kind}"
    if t.knows(of_kind):
        return t(of_kind)
    code = f"source_field_says.{field.name}"
    if field.is_required and t.knows(f"{code}_required"):
        code += "_required"  # where there is no default that suits most
    return t(code) if t.knows(code) else plain(field.meaning)
