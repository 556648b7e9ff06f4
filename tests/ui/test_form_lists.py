"""Lists of a form in the editor: order, codes, and example clips that are chosen by ear."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.starter_forms import publish_starter_set
from qc_workbench.domain.coaching import Clip, ClipKind
from qc_workbench.domain.forms import Band, Cause, Condition, Example, Kind, Option, Question, Text
from qc_workbench.review import form_editing
from qc_workbench.store import coaching, forms
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.form_examples import Silence, clip_choice, example_sounds
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_form_editor import CODE, NOON, begun, opened, read, version, viewer

NOW = datetime.now(UTC)
GOOD = Clip("aa" * 16, company.PROMISE, 4.5, 8.25, ClipKind.GOOD, "Слушает и молчит", "introduced", "account-q1", NOW)
GONE = Clip("bb" * 16, company.TALK, 1, 3, ClipKind.BAD, "Запись удалена", None, "account-q1", NOW)
ASKED = "introduced"
KEY = f"forms_{CODE}_2_{{turn}}_q_{ASKED}"
STILL = f"forms_{CODE}_2_q_{ASKED}"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = company.sample_company(tmp_path / "company")
    publish_starter_set(found, "Вера Главная", NOON)
    found.store.write(
        *(insert("clips", coaching.clip_row(clip)) for clip in (GOOD, GONE)),
        Statement(
            "update recordings set state = 'expired', path = null, detail = '2026-11-01' where call_id = ?",
            (company.TALK,),
        ),
    )
    begun(found)
    return found


def changed(workspace: Workspace, **fields: object) -> None:
    form_drafts.change(
        workspace, viewer(workspace), CODE, 2, lambda form: form_editing.set_question(form, ASKED, **fields), NOON
    )


def question(workspace: Workspace) -> Question:
    return form_editing.question_named(version(workspace, 2).form, ASKED)


def undo(workspace: Workspace) -> None:
    with workspace.store.reading() as reader:
        step = forms.last_step(reader, CODE, 2)
    assert step is not None
    form_drafts.undo(workspace, viewer(workspace), CODE, 2, step.place, NOON)


def options(*codes: str) -> tuple[Option, ...]:
    return tuple(Option(code, Text(code, code), Decimal(place == 0)) for place, code in enumerate(codes))


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_options_are_carried_up_and_down_and_their_codes_are_made_of_words(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(workspace, kind=Kind.CHOICE, options=options("first", "second", "option"), critical=None, auto=None)
    app = opened(workspace, monkeypatch, language, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:{ASKED}").click().run()
    for _ in range(3):  # at the top it stays
        app.button(key=f"{STILL}_option_option_0_up").click().run()
    assert [item.code for item in question(workspace).options] == ["option", "first", "second"]
    app.text_input(key=f"{KEY.format(turn=3)}_option_0_ru").set_value("Перезвоните позже").run()
    assert [item.code for item in question(workspace).options] == ["perezvonite_pozzhe", "first", "second"]
    app.text_input(key=f"{KEY.format(turn=3)}_options_1_code_first").set_value("at_once").run()
    app.text_input(key=f"{KEY.format(turn=4)}_options_2_code_second").set_value("at_once").run()
    shown = read(app)
    assert ("уже есть в этой анкете" if language == "ru" else "This form has the code") in shown
    assert [item.code for item in question(workspace).options] == ["perezvonite_pozzhe", "at_once", "second"]
    for _ in range(4):
        app.button(key=f"forms_undo_{CODE}_2").click().run()
    read(app)
    assert question(workspace).options == options("first", "second", "option")


def test_a_code_that_is_published_is_shown_and_not_to_be_changed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = version(workspace, 1).form
    published = next(item for item in form.questions if item.causes)
    app = opened(workspace, monkeypatch, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:{published.code}").click().run()
    code = published.causes[0].code
    field = app.text_input(key=f"forms_{CODE}_2_0_q_{published.code}_causes_0_code_{code}")
    assert (field.value, field.disabled) == (code, True)
    app.button(key=f"forms_{CODE}_2_0_q_{published.code}_cause_add").click().run()
    added = form_editing.question_named(version(workspace, 2).form, published.code).causes[-1]
    place = len(published.causes)
    assert not app.text_input(key=f"forms_{CODE}_2_0_q_{published.code}_causes_{place}_code_{added.code}").disabled


def test_a_draft_with_two_options_of_one_code_opens_and_is_put_right(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(workspace, kind=Kind.CHOICE, options=options("same", "same"), critical=None, auto=None)
    app = opened(workspace, monkeypatch, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:{ASKED}").click().run()
    read(app)
    app.button(key=f"{STILL}_option_same_1_up").click().run()
    app.text_input(key=f"{KEY.format(turn=1)}_options_0_code_same").set_value("other").run()
    assert [item.code for item in question(workspace).options] == ["other", "same"]


def test_a_bands_border_that_passes_another_moves_its_row_and_comes_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_form").click().run()
    before = version(workspace, 2).form.bands
    app.number_input(key=f"forms_{CODE}_2_0_form_band_1_from_score").set_value(99.0).run()
    after = version(workspace, 2).form.bands
    assert [band.code for band in after] == [before[0].code, *(band.code for band in before[2:]), before[1].code]
    assert app.number_input(key=f"forms_{CODE}_2_1_form_band_{len(before) - 1}_from_score").value == 99.0
    app.button(key=f"forms_undo_{CODE}_2").click().run()
    assert version(workspace, 2).form.bands == before


def test_every_list_of_a_draft_comes_back_with_undo(workspace: Workspace) -> None:
    first = version(workspace, 2).form
    steps: list[dict[str, object]] = [
        {"kind": Kind.CHOICE, "options": options("one", "two"), "auto": None},
        {"causes": (Cause("hurry", Text("Спешил", "Hurried")),)},
        {"examples": (Example(company.PROMISE, Decimal("4.5"), Text("Слушает", "Listens")),)},
        {"help": Text("Зачем", "Why")},
        {"show_when": (Condition("named_company", ("yes",)),)},
        {"bonus": True},
        {"critical": None, "not_applicable": None, "required": False},
    ]
    seen = []
    for step in steps:
        seen.append(version(workspace, 2).form)
        changed(workspace, **step)
    form_drafts.change(
        workspace,
        viewer(workspace),
        CODE,
        2,
        lambda form: form_editing.set_form(form, bands=(Band("all", Text("Все", "All"), Decimal(0)),), stages=("КП",)),
        NOON,
    )
    undo(workspace)
    for before in reversed(seen):
        undo(workspace)
        assert version(workspace, 2).form == before
    assert version(workspace, 2).form == first


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "запись удалена по сроку хранения"),
        pytest.param("en", "recording removed by retention on", marks=pytest.mark.slow),
    ],
)
def test_an_example_is_chosen_from_the_library_and_one_without_sound_says_why(
    workspace: Workspace, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, language, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:{ASKED}").click().run()
    picker = app.selectbox(key=f"{STILL}_clip_chosen")
    assert [name.split(" · ")[0] for name in picker.options] == [GOOD.title, GONE.title]
    picker.set_value(GONE.clip_id).run()
    assert words in read(app)
    assert app.button(key=f"{STILL}_clip_take").disabled
    app.selectbox(key=f"{STILL}_clip_chosen").set_value(GOOD.clip_id).run()
    assert words not in read(app)
    app.button(key=f"{STILL}_clip_take").click().run()
    read(app)
    made = Example(company.PROMISE, Decimal("4.5"), Text(GOOD.title, GOOD.title))
    assert question(workspace).examples == (made,)
    app.text_input(key=f"{KEY.format(turn=0)}_example_0_en").set_value("Listens").run()
    app.number_input(key=f"{KEY.format(turn=0)}_example_0_second").set_value(5.0).run()
    assert question(workspace).examples == (Example(company.PROMISE, Decimal(5), Text(GOOD.title, "Listens")),)
    app.button(key=f"{STILL}_example_0_remove").click().run()
    assert question(workspace).examples == ()


def test_a_moment_that_is_not_in_the_library_is_named_by_its_call(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:{ASKED}").click().run()
    app.text_input(key=f"{STILL}_example_call").set_value(company.TALK)
    app.number_input(key=f"{STILL}_example_second").set_value(2.0)
    app.button(key=f"{STILL}_example_add").click().run()
    assert [(item.call_id, item.second_s) for item in question(workspace).examples] == [(company.TALK, 2)]
    assert "запись удалена по сроку хранения" in read(app)


def test_each_hears_of_examples_what_they_may(workspace: Workspace) -> None:
    clip, moment, gone, nowhere = (
        Example(call, Decimal(second), Text("а", "a"))
        for call, second in ((company.PROMISE, "4.5"), (company.PROMISE, "1"), (company.TALK, "1"), ("no-call", "0"))
    )
    changed(workspace, examples=(clip, moment, gone, nowhere))
    form = version(workspace, 2).form
    of_head = example_sounds(workspace, viewer(workspace), form)
    assert of_head[clip].clip == GOOD
    assert (of_head[moment].clip, of_head[moment].silent) == (None, None)
    assert of_head[gone].silent is Silence.NO_RECORDING
    assert of_head[nowhere].silent is Silence.NO_CALL
    of_other_agent = example_sounds(workspace, viewer(workspace, "m1"), form)
    whose = "m1" if of_other_agent[moment].silent is None else "m2"
    of_stranger = example_sounds(workspace, viewer(workspace, "m2" if whose == "m1" else "m1"), form)
    assert of_stranger[clip].silent is None  # clips are heard by everybody
    assert of_stranger[moment].silent is Silence.NOT_FOR_YOU
    workspace.store.write(Statement("update person_roles set role = 'admin' where person_id = 'account-m1'"))
    of_admin = clip_choice(workspace, viewer(workspace, "m1"), ASKED, "")
    assert of_admin.sounds[GOOD.clip_id].silent is Silence.NOT_FOR_YOU


def test_the_library_is_looked_through_with_the_questions_own_clips_first(workspace: Workspace) -> None:
    found = clip_choice(workspace, viewer(workspace), ASKED, "")
    assert (list(found.clips), found.total) == ([GOOD.clip_id, GONE.clip_id], 2)
    assert list(clip_choice(workspace, viewer(workspace), "other", "УДАЛЕНА").clips) == [GONE.clip_id]
