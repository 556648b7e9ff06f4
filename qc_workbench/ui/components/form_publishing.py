"""From a draft to a form in force: what is wrong, what it changes, what stays with older versions."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from qc_workbench.domain.forms import FormState
from qc_workbench.errors import QcwError
from qc_workbench.sources.form_files import form_text
from qc_workbench.store.forms import VersionHead
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.form_words import change_text, problem_part, problem_text
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import go, link
from qc_workbench.ui.state import Room, enter, remember
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.forms import FormDesk

#: Under which a page remembers the draft that was thrown away last.
DROPPED = "forms_dropped"


def checks(desk: FormDesk, pen: Pen) -> None:
    """Problems with links to what has them, then what is new, then the button."""
    t = pen.t
    if desk.problems:
        st.warning(t("form_editor.problems", n=len(desk.problems)))
        with st.container(key="forms_checks"):
            for place, problem in enumerate(desk.problems):
                st.button(
                    problem_text(desk.form, problem, t),
                    key=f"forms_problem_{pen.name}_{place}",
                    type="tertiary",
                    icon=":material/error:",
                    on_click=pen.turn_to,
                    args=(problem_part(desk.form, problem)[0],),
                    wrap=True,
                )
    else:
        st.success(t("form_editor.no_problems"))
    _changes(desk, pen)
    is_same = desk.published is not None and not desk.changes
    with st.container(horizontal=True):
        st.button(
            t("form_editor.publish"),
            key=f"forms_publish_{pen.name}",
            type="primary",
            disabled=bool(desk.problems) or is_same,
            help=t("form_editor.publish_same") if is_same else t("form_editor.publish_help"),
            on_click=_acting(pen, lambda room: _publish(room, desk)),
        )
        st.button(
            t("form_editor.drop"),
            key=f"forms_drop_{pen.name}",
            type="tertiary",
            on_click=_acting(pen, lambda room: _drop(room, desk)),
        )


def _changes(desk: FormDesk, pen: Pen) -> None:
    t, published = pen.t, desk.published
    if published is None:
        st.caption(t("form_editor.first_version"))
        return
    st.markdown(f"**{t('form_editor.changes_title', version=published.version)}**")
    if not desk.changes:
        st.caption(t("form_editor.no_changes"))
    else:
        st.markdown("\n".join(f"- {change_text(change, t)}" for change in desk.changes))
    scored = next((head.evaluations for head in desk.heads if head.version == published.version), 0)
    st.caption(t("form_editor.stay", n=scored, version=published.version))


def versions(desk: FormDesk, pen: Pen) -> None:
    """All versions, what was scored on each, and what may be done with them."""
    for head in desk.heads:
        with st.container(border=True):
            _version(desk, head, pen)


def _version(desk: FormDesk, head: VersionHead, pen: Pen) -> None:
    t = pen.t
    state = t(f"form_state.{head.state.value}")
    st.markdown(f"**{t('form_editor.version', version=head.version)}** · {state}")
    who, when = head.published_by or head.changed_by, head.published_at or head.changed_at
    lines = [t("form_editor.by", who=plain(who), when=t.moment(when)), t("form_editor.evaluations", n=head.evaluations)]
    if head.retired_at is not None:
        lines.append(t("form_editor.retired_at", when=t.moment(head.retired_at)))
    st.caption(" · ".join(lines))
    with st.container(horizontal=True, vertical_alignment="center"):
        if head.version != desk.version.version:
            link("forms", t, t("form_editor.open"), form=head.form_code, version=str(head.version))
        if not desk.may_edit:
            return
        if head.state is FormState.PUBLISHED:
            _button(pen, head, "retire", lambda room: _call(form_drafts.retire, room, head))
        in_force = any(item.state is FormState.PUBLISHED for item in desk.heads)
        if head.state is FormState.RETIRED and not in_force:
            _button(pen, head, "restore", lambda room: _call(form_drafts.restore, room, head))
        if head.state is not FormState.DRAFT and desk.draft is None:
            begin_button(pen, head)


def begin_button(pen: Pen, head: VersionHead) -> None:
    """A draft with the text of this version; the page goes there."""
    if st.button(pen.t("form_editor.begin"), key=f"forms_begin_{pen.name}_{head.version}", type="tertiary"):
        room = enter()
        try:
            number = form_drafts.begin_draft(room.workspace, room.viewer, head.form_code, head.version, room.now)
        except QcwError as error:
            st.error(error_text(error, room.t))
            return
        go("forms", pen.t, form=head.form_code, version=str(number))


def _button(pen: Pen, head: VersionHead, name: str, act: Callable[[Room], None]) -> None:
    label = pen.t("form_editor.retire") if name == "retire" else pen.t("form_editor.restore")
    key = f"forms_{name}_{pen.name}_{head.version}"
    st.button(label, key=key, type="tertiary", on_click=_acting(pen, act))


def _acting(pen: Pen, act: Callable[[Room], None]) -> Callable[[], None]:
    """A callback that does something to the form and says what kept it from that."""

    def press() -> None:
        room = enter()
        try:
            act(room)
        except QcwError as error:
            pen.say(error_text(error, room.t), is_error=True)

    return press


def _call(act: Callable[..., None], room: Room, head: VersionHead) -> None:
    act(room.workspace, room.viewer, head.form_code, head.version, room.now)


def _publish(room: Room, desk: FormDesk) -> None:
    version = desk.version
    form_drafts.publish(room.workspace, room.viewer, version.form.code, version.version, version.content_hash, room.now)


def _drop(room: Room, desk: FormDesk) -> None:
    version = desk.version
    form = form_drafts.drop(
        room.workspace, room.viewer, version.form.code, version.version, version.content_hash, room.now
    )
    remember(DROPPED, form_text(form))
