"""Forms as text: nothing is lost or added on the way there and back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.forms import Form
from qc_workbench.errors import ImportFailed
from qc_workbench.sources.form_files import form_problems, form_text, read_form
from tests.form_cases import forms


@settings(max_examples=30)
@given(forms())
def test_what_is_written_is_read_back_as_it_was(form: Form) -> None:
    text = form_text(form)
    assert read_form(text, "any.yaml") == form
    assert form_text(read_form(text, "any.yaml")) == text


@settings(max_examples=30)
@given(st.text(max_size=200) | forms().map(form_text).flatmap(
    lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut] + "\n  - [" + text[cut:])))  # fmt: skip
def test_any_text_is_a_form_or_refused_with_its_line(text: str) -> None:
    try:
        assert all(line >= 1 for line, _ in form_problems(text, "any.yaml"))
    except ImportFailed as error:
        refused = error.params
    else:
        return
    assert refused["file"] == "any.yaml"
    assert 1 <= int(str(refused["line"])) <= text.count("\n") + 2
