"""The editor's operations: whatever is done, the draft can be written and read again, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.form_rules import CODE, problems_of
from qc_workbench.domain.forms import Form, Kind, Text
from qc_workbench.review import form_editing as editing
from qc_workbench.review.form_differences import ChangeKind, differences
from qc_workbench.review.scoring import score
from qc_workbench.sources.form_files import form_text, read_draft
from tests.form_cases import forms, replies_to, text

Operation = Callable[[Form], Form]
NEW = text("new")


@st.composite
def operations(draw: st.DrawFn, form: Form) -> Operation:
    question = draw(st.sampled_from([item.code for item in form.questions] or [""]))
    section = draw(st.sampled_from([item.code for item in form.sections] or [""]))
    by = draw(st.sampled_from([-1, 1]))
    kind = draw(st.sampled_from(Kind))
    general: list[Operation] = [
        lambda form: editing.add_section(form, NEW, NEW)[0],
        lambda form: editing.set_form(form, title=NEW, bands=editing.added_band(form.bands, NEW)),
    ]
    of_section: list[Operation] = [
        lambda form: editing.add_question(form, section, NEW)[0],
        lambda form: editing.copy_section(form, section)[0],
        lambda form: editing.move_section(form, section, by),
        lambda form: editing.remove_section(form, section),
        lambda form: editing.set_section(form, section, code="renamed_section", critical_below=Decimal(30)),
    ]
    of_question: list[Operation] = [
        lambda form: editing.copy_question(form, question)[0],
        lambda form: editing.move_question(form, question, by),
        lambda form: editing.remove_question(form, question),
        lambda form: editing.set_question(form, question, code="renamed_question", text=Text("", "")),
        lambda form: editing.set_question(
            form, question, kind=editing.with_kind(editing.question_named(form, question), kind).kind
        ),
    ]
    return draw(st.sampled_from([*general, *(of_section if section else []), *(of_question if question else [])]))


@settings(max_examples=40)
@given(st.data(), forms())
def test_a_draft_after_any_operations_is_written_and_read_back_as_it_is(data: st.DataObject, form: Form) -> None:
    for _ in range(data.draw(st.integers(1, 6))):
        operation = data.draw(operations(form))
        if any(item.code.startswith("renamed") for item in (*form.sections, *form.questions)):
            form = editing.set_form(form, about=NEW)  # a second renaming would be refused: the code is taken
            continue
        form = operation(form)
        codes = [item.code for item in form.questions]
        assert len(set(codes)) == len(codes)
        assert all(CODE.fullmatch(code) for code in codes)
    assert read_draft(form_text(form), "draft") == form


@settings(max_examples=30)
@given(st.data(), forms())
def test_up_and_down_again_is_as_it_was(data: st.DataObject, form: Form) -> None:
    for code in [section.code for section in form.sections]:
        moved = editing.move_section(form, code, -1)
        assert moved == form or editing.move_section(moved, code, 1) == form
    code = data.draw(st.sampled_from([question.code for question in form.questions]))
    moved = editing.move_question(form, code, 1)
    assert moved == form or editing.move_question(moved, code, -1) == form


@settings(max_examples=30)
@given(st.data(), forms())
def test_a_new_code_changes_no_score(data: st.DataObject, form: Form) -> None:
    code = data.draw(st.sampled_from([question.code for question in form.questions]))
    replies = data.draw(replies_to(form))
    renamed = editing.set_question(form, code, code="another_name")
    known_as = {old: "another_name" if old == code else old for old in replies}
    moved = {known_as[old]: replace(reply, question=known_as[old]) for old, reply in replies.items()}
    before, after = score(form, replies), score(renamed, moved)
    assert (before.score, before.band, before.sections) == (after.score, after.band, after.sections)
    assert not problems_of(renamed)


@settings(max_examples=30)
@given(forms())
def test_a_copied_section_is_as_sound_as_the_first_and_asks_about_itself(form: Form) -> None:
    first = form.sections[-1]
    copied, new = editing.copy_section(form, first.code)
    assert not problems_of(copied)
    second = editing.section_named(copied, new)
    mine = {question.code for question in second.questions}
    theirs = {question.code for question in first.questions}
    assert not mine & theirs
    assert all(when.question not in theirs for question in second.questions for when in question.show_when)


@settings(max_examples=40)
@given(st.data(), forms())
def test_differences_are_told_exactly_when_there_are_some(data: st.DataObject, form: Form) -> None:
    assert differences(form, form) == []
    changed = data.draw(operations(form))(form)
    assert bool(differences(form, changed)) == (changed != form)


@settings(max_examples=40)
@given(st.data(), forms(), st.sampled_from(Kind))
def test_any_kind_becomes_any_other_without_leaving_what_it_does_not_know(
    data: st.DataObject, form: Form, kind: Kind
) -> None:
    code = data.draw(st.sampled_from([question.code for question in form.questions]))
    changed = editing.with_kind(editing.question_named(form, code), kind)
    alone = replace(
        form, sections=(replace(form.sections[0], show_when=(), questions=(replace(changed, show_when=()),)),)
    )
    allowed = {"nothing_scored", "critical_below", "options_worth", "weight_unused", "bonus"}
    assert {problem.code for problem in problems_of(alone)} <= allowed


def test_points_added_and_removed_questions_are_told_one_by_one() -> None:
    from tests.form_cases import form_of, yes_no

    before = form_of(yes_no("greeted", 10), yes_no("asked", 5))
    after = form_of(yes_no("greeted", 20), yes_no("agreed", 5))
    told = differences(before, after)
    assert [(item.kind, item.part, item.before, item.after) for item in told] == [
        (ChangeKind.QUESTION_REMOVED, "asked", Decimal(5), None),
        (ChangeKind.QUESTION_POINTS, "greeted", Decimal(10), Decimal(20)),
        (ChangeKind.QUESTION_ADDED, "agreed", None, Decimal(5)),
    ]


def test_codes_are_made_of_russian_words_and_never_twice() -> None:
    assert editing.new_code("Назвал своё имя?", set(), "question") == "nazval_svoe_imya"
    assert editing.new_code("???", {"question"}, "question") == "question_2"
    assert editing.new_code("greeted 2", {"greeted", "greeted_2"}, "question") == "greeted_3"
