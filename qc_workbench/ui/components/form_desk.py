"""One version of a form, opened: on the left the outline with the open question, on the right what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from qc_workbench.domain.forms import FormState
from qc_workbench.errors import QcwError
from qc_workbench.review.form_differences import differences
from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.form_outline import outline
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.components.form_preview import preview
from qc_workbench.ui.components.form_publishing import checks, versions
from qc_workbench.ui.components.form_text import form_yaml
from qc_workbench.ui.form_words import change_text, problem_part, words_of
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import go, link
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.forms import FormDesk, form_desk

_SIDES: Final = ("preview", "check", "text", "versions")
#: Not the plain key: it takes back letters within a field.
_UNDO: Final = "Alt+Z"

#: An outline is read as a list: lines close together, from the left. What it comes to stays beside the open question.
_LAYOUT: Final = """
<style>
.stMainBlockContainer .st-key-forms_outline.st-key-forms_outline { gap: 0.15rem; }
.st-key-forms_outline [class*="st-key-forms_part_"] button, .st-key-forms_checks button[kind=tertiary]
    { text-align: left; justify-content: flex-start; padding: 0.1rem 0; min-height: 1.7rem; }
.st-key-forms_outline [class*="st-key-forms_part_"] button p, .st-key-forms_checks button[kind=tertiary] p
    { text-align: left; }
.st-key-forms_outline [class*="st-key-forms_add_question"] button { min-height: 1.6rem; padding: 0; opacity: 0.75; }
.st-key-forms_outline :is([class*="_up"], [class*="_down"], [class*="_remove"]) button[kind=tertiary]
    { padding: 0.3rem 0.25rem; min-width: 1.3rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-forms_side) { position: sticky; top: 3.6rem; }
.st-key-forms_side { max-height: calc(100vh - 4.4rem); overflow-y: auto; flex-wrap: nowrap; padding: 2px 4px 2px 2px; }
</style>
"""


def form_room(code: str, version: int | None) -> None:
    """The version that the address names, with its frame."""
    room = enter()
    desk = form_desk(room.workspace, room.viewer, code, version)
    link("forms", room.t, room.t("form_editor.to_list"))
    if desk is None:
        heading(room.t("room.forms"))
        nothing(room.t("form_editor.unknown", form=plain(code)))
        return
    _desk(code, desk.version.version)


@st.fragment
def _desk(code: str, version: int) -> None:
    """All of it is one fragment: an edit draws this anew and not the page around it."""
    room = enter()
    desk = form_desk(room.workspace, room.viewer, code, version)
    if desk is None:  # thrown away, by this person or another
        go("forms", room.t)
        return
    pen = Pen(room.t, code, version, settled=desk.settled.form if desk.settled else None)
    if desk.is_writable:
        pen.notice(desk.form, desk.version.changed_by)
    _head(room, desk, pen)
    if not desk.is_writable:
        _side(room, desk, pen)
        return
    st.html(_LAYOUT)
    left, right = st.columns([11, 9], gap="medium")
    with left, st.container(key="forms_outline"):
        wrong = frozenset(problem_part(desk.form, problem)[0] for problem in desk.problems)
        outline(pen, desk.form, wrong)
    with right, st.container(key="forms_side"):
        _side(room, desk, pen)


def _head(room: Room, desk: FormDesk, pen: Pen) -> None:
    t, form = room.t, desk.form
    heading(plain(words_of(form.title, t)), plain(words_of(form.about, t)) if form.about else None)
    state = t(f"form_state.{desk.version.state.value}")
    who, when = plain(desk.version.changed_by), t.moment(desk.version.changed_at)
    code = {
        FormState.DRAFT: "form_editor.draft_line",
        FormState.PUBLISHED: "form_editor.published_line",
        FormState.RETIRED: "form_editor.published_line",
    }[desk.version.state]
    if desk.version.published_at is not None:
        who, when = plain(desk.version.published_by or "—"), t.moment(desk.version.published_at)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t(code, state=state, version=desk.version.version, who=who, when=when), width="content")
        if desk.is_writable:
            _undo(desk, pen)
        elif not desk.may_edit:
            st.caption(t("form_editor.read_only"), width="content")
    pen.said()


def _undo(desk: FormDesk, pen: Pen) -> None:
    t, step = pen.t, desk.step
    st.button(
        t("form_editor.undo"),
        key=f"forms_undo_{pen.name}",
        icon=":material/undo:",
        shortcut=_UNDO,
        disabled=step is None,
        on_click=pen.take_back,
        args=(step.place if step else 0,),
    )
    if step is not None:
        made = [change_text(change, t) for change in differences(step.form, desk.form)]
        if made:
            st.caption(f"{made[0]}{' …' if len(made) > 1 else ''} · {plain(step.changed_by)}", width="stretch")


def _side(room: Room, desk: FormDesk, pen: Pen) -> None:
    t = room.t
    labels: dict[str, Callable[[], str]] = {name: lambda name=name: t(f"form_editor.side.{name}") for name in _SIDES}  # type: ignore[misc]
    if desk.problems:
        labels["check"] = lambda: t("form_editor.side.check_problems", n=len(desk.problems))
    sides = [name for name in _SIDES if name != "check" or desk.is_writable]
    side = st.segmented_control(
        t("form_editor.side"),
        sides,
        default="preview",
        required=True,
        format_func=lambda name: labels[name](),
        key=f"forms_side_{pen.name}",
        label_visibility="collapsed",
    )
    try:
        match side:
            case "check":
                checks(desk, pen)
            case "text":
                form_yaml(desk, pen)
            case "versions":
                versions(desk, pen)
            case _:
                preview(desk.form, t, pen.name)
    except QcwError as error:
        st.error(error_text(error, t))
