"""The list of forms: what each is for, what is in force, what waits; and the ways to a new one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from qc_workbench.domain.forms import Text
from qc_workbench.errors import QcwError
from qc_workbench.sources.form_files import read_draft
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.components.form_publishing import DROPPED, begin_button
from qc_workbench.ui.components.form_text import LARGEST_MIB
from qc_workbench.ui.form_words import both, for_whom, words_of
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import go, link
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.forms import FormLine, FormsRoom, forms_room


def form_list(room: Room) -> None:
    t = room.t
    view = forms_room(room.workspace, room.viewer)
    if not view.may_edit:
        st.caption(t("form_editor.read_only"))
    _dropped(room)
    if not view.lines:
        nothing(t("form_editor.none" if view.may_edit else "form_editor.none_yet"))
    for line in view.lines:
        _card(room, view, line)
    if view.may_edit:
        _starters(room, view)
        _new(room)


def _card(room: Room, view: FormsRoom, line: FormLine) -> None:
    t, form, shown = room.t, line.form, line.published or line.heads[0]
    with st.container(border=True):
        words, actions = st.columns([3, 1], vertical_alignment="center")
        with words:
            link("forms", t, f"**{plain(words_of(form.title, t))}**", form=form.code, version=str(shown.version))
            if form.about:
                st.caption(plain(words_of(form.about, t)))
            st.markdown(_facts(line, t))
        with actions:
            if line.draft is not None and line.draft is not shown:
                link("forms", t, t("form_editor.to_draft"), form=form.code, version=str(line.draft.version))
            elif line.draft is None and view.may_edit:
                begin_button(Pen(t, form.code, shown.version), shown)


def _facts(line: FormLine, t: Translator) -> str:
    head = line.published or line.heads[0]
    who, when = head.published_by or head.changed_by, head.published_at or head.changed_at
    state = t(f"form_state.{head.state.value}")
    parts = [
        f"{t('form_editor.version', version=head.version)}, {state.lower()}",
        t("form_editor.by", who=plain(who), when=t.moment(when)),
        t("form_editor.for", whom=for_whom(line.form, t)),
        t("form_editor.evaluations", n=line.evaluations),
    ]
    draft = line.draft
    if draft is not None and draft is not head:
        parts.append(t("form_editor.draft_waits", who=plain(draft.changed_by), when=t.moment(draft.changed_at)))
    return " · ".join(parts)


def _starters(room: Room, view: FormsRoom) -> None:
    if not view.starters:
        return
    label = room.t("form_editor.take_starters", n=len(view.starters))
    if st.button(
        label,
        key="forms_starters",
        type="secondary" if view.lines else "primary",
        help=room.t("form_editor.starters_help"),
    ):
        _try(room, lambda: form_drafts.take_starter_set(room.workspace, room.viewer, room.now))


def _new(room: Room) -> None:
    t = room.t
    with st.expander(t("form_editor.new_form")), st.container():
        with st.form("forms_new", border=False, clear_on_submit=True):
            left, right = st.columns(2)
            with left:
                ru = st.text_input(t("form_editor.title_ru"), key="forms_new_ru")
            with right:
                en = st.text_input(t("form_editor.title_en"), key="forms_new_en")
            made = st.form_submit_button(t("form_editor.create"))
        if made and (ru.strip() or en.strip()):
            title = Text(ru.strip() or en.strip(), en.strip() or ru.strip())
            words = (both("form_editor.new_section"), both("form_editor.new_question"))
            code = _try(room, lambda: form_drafts.begin_form(room.workspace, room.viewer, title, words, room.now))
            if isinstance(code, str):
                go("forms", t, form=code)
        elif made:
            st.warning(t("form_editor.title_needed"))
        file = st.file_uploader(
            t("form_editor.upload_new"), ["yaml", "yml"], key="forms_upload", max_upload_size=LARGEST_MIB
        )
        if file is not None and st.button(t("form_editor.bring"), key="forms_bring"):
            code = _try(room, lambda: _brought(room, file.getvalue(), file.name))
            if isinstance(code, str):
                go("forms", t, form=code)


def _brought(room: Room, data: bytes, name: str) -> str:
    text = form_drafts.text_of(data, plain(name))
    return form_drafts.bring(room.workspace, room.viewer, text, plain(name), room.now)


def _dropped(room: Room) -> None:
    """The way back of a draft that was thrown away."""
    text = remembered(DROPPED)
    if text is None:
        return
    form = read_draft(text, DROPPED)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(room.t("form_editor.dropped", form=plain(words_of(form.title, room.t))), width="content")
        if st.button(room.t("form_editor.bring_back"), key="forms_bring_back", icon=":material/undo:"):
            _try(room, lambda: form_drafts.bring_back(room.workspace, room.viewer, form, room.now), after=_forget)


def _forget() -> None:
    remember(DROPPED, None)


def _try(room: Room, act: Callable[[], object], after: Callable[[], None] | None = None) -> object:
    """Do it and draw the list anew; or say what kept it from that. A code of a form is given back instead."""
    try:
        found = act()
    except QcwError as error:
        st.error(error_text(error, room.t))
        return None
    if after is not None:
        after()
    if not isinstance(found, str):
        st.rerun()
    return found
