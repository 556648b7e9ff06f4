"""A form as its YAML: to read, to download, to paste or upload in its place."""

from __future__ import annotations

import streamlit as st

from qc_workbench.errors import QcwError
from qc_workbench.sources.form_files import LONGEST_FORM, form_problems, form_text
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.form_words import problem_text
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import enter
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.forms import FormDesk

#: Of an uploaded file; what it holds is limited again, in characters.
LARGEST_MIB = 2
_PASTED = "yaml"


def form_yaml(desk: FormDesk, pen: Pen) -> None:
    t, text, room = pen.t, form_text(desk.form), enter()
    name = f"{desk.form.code}-v{desk.version.version}.yaml"
    data = form_drafts.form_file(room.workspace, room.viewer, desk.version)
    st.download_button(
        t("form_editor.download"), data, name, "application/yaml", icon=":material/download:", on_click="ignore"
    )
    if not desk.is_writable:
        st.code(text, "yaml", wrap_lines=True, height=640)
        return
    st.caption(t("form_editor.text_says"))
    key = pen.key("yaml")
    with st.form(pen.key("yaml_form"), border=False):
        st.text_area(
            t("form_editor.side.text"), text, key=key, height=560, max_chars=LONGEST_FORM, label_visibility="collapsed"
        )
        st.form_submit_button(t("form_editor.take_text"), on_click=lambda: _take(pen, st.session_state[key], _PASTED))
    _upload(pen)
    for line, problem in form_problems(text, name):
        st.caption(t("form_editor.line", line=line, problem=problem_text(desk.form, problem, t)))


def _upload(pen: Pen) -> None:
    key = pen.key("upload")

    def take() -> None:
        file = st.session_state[key]
        if file is None:
            return
        try:
            text = form_drafts.text_of(file.getvalue(), file.name)
        except QcwError as error:
            pen.say(error_text(error, pen.t), is_error=True)
            return
        _take(pen, text, file.name)

    st.file_uploader(pen.t("form_editor.upload"), ["yaml", "yml"], key=key, on_change=take, max_upload_size=LARGEST_MIB)


def _take(pen: Pen, text: str, file: str) -> None:
    """The text becomes the draft's; what is wrong with it is said with its line and place, and nothing changes."""
    try:
        form = form_drafts.read_text(text, plain(file), pen.code)
    except QcwError as error:
        pen.say(error_text(error, enter().t), is_error=True)
        return
    if pen.write(lambda _: form):
        pen.afresh()
