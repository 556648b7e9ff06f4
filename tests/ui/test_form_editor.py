"""The room of forms: written, tried, published, retired; who may, and what two people at once do to each other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.starter_forms import publish_starter_set
from qc_workbench.domain.forms import FormState, FormVersion
from qc_workbench.errors import ImportFailed, UsageError
from qc_workbench.review import form_editing
from qc_workbench.sources.form_files import form_text
from qc_workbench.store import forms, people
from qc_workbench.store.database import Statement
from qc_workbench.ui.server import SCRIPT
from qc_workbench.ui.state import HOME_VARIABLE, LANGUAGE_KEY, TOKEN_KEY
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import form_drafts
from qc_workbench.ui.views.forms import form_desk, forms_room
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

PAGES = SCRIPT.parent.parent / "pages"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CODE = "cold_call"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = company.empty_company(tmp_path / "forms")
    company.admit(found)
    publish_starter_set(found, "Вера Главная", NOON)
    return found


def viewer(workspace: Workspace, employee: str = "h1") -> Viewer:
    with workspace.store.reading() as reader:
        account = people.account_with_id(reader, f"account-{employee}")
    assert account is not None
    return Viewer(account, {})


def opened(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru", employee: str = "h1", **query: str
) -> AppTest:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    app.session_state[LANGUAGE_KEY] = language
    app.session_state[TOKEN_KEY] = company.token(workspace, employee)
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page(str(PAGES / "forms.py")).run()


def read(app: AppTest) -> str:
    assert [error.value for error in app.exception] == []
    kinds = ("title", "markdown", "caption", "text", "info", "warning", "error", "success", "code")
    parts = [str(element.value) for kind in kinds for element in app.main.get(kind)]
    parts += [element.label for element in app.button]
    parts += [element.proto.label for element in app.main.get("page_link")]
    return "\n".join(parts)


def version(workspace: Workspace, number: int, code: str = CODE) -> FormVersion:
    with workspace.store.reading() as reader:
        found = forms.form_version(reader, code, number)
    assert found is not None
    return found


def begun(workspace: Workspace) -> FormVersion:
    return version(workspace, form_drafts.begin_draft(workspace, viewer(workspace), CODE, 1, NOON))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "ru",
            (
                "Холодный звонок",
                "Версия 1, действует",
                "Звонки: исходящие",
                "0 оценок",
                "Черновик ждёт публикации",
                "Черновик на её основе",
            ),
        ),
        ("en", ("Cold call", "Version 1, published", "0 evaluations", "A draft waits", "Draft based on it")),
    ],
)
def test_the_list_says_what_is_in_force_and_what_waits(
    workspace: Workspace, language: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(workspace)
    shown = read(opened(workspace, monkeypatch, language))
    for words in expected:
        assert words in shown


def test_the_starter_set_is_one_click_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.empty_company(tmp_path / "none")
    company.admit(workspace)
    app = opened(workspace, monkeypatch)
    assert "Анкет пока нет" in read(app)
    app.button(key="forms_starters").click().run()
    assert "Входящая заявка" in read(app)
    with workspace.store.reading() as reader:
        states = [head.state for head in forms.version_heads(reader)]
        told = reader.value("select count(*) from audit where action = 'form_published' and actor = 'Вера Главная'")
    assert states == [FormState.PUBLISHED] * 4
    assert told == 4


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_every_part_of_a_form_opens(workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(workspace)
    app = opened(workspace, monkeypatch, language, form=CODE)
    parts = [str(button.key) for button in app.button if str(button.key).startswith("forms_part_")]
    assert len(parts) == 1 + 5 + 14
    for part in (parts[0], parts[1], *parts[6:9], parts[-1]):
        app.button(key=part).click().run()
        read(app)


def test_an_edit_is_kept_at_once_and_undone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(workspace)
    app = opened(workspace, monkeypatch, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:introduced").click().run()
    key = f"forms_{CODE}_2_0_q_introduced"
    app.number_input(key=f"{key}_points").set_value(12.5).run()
    app.text_area(key=f"{key}_text_ru").set_value("Представился?").run()
    question = version(workspace, 2).form.question("introduced")
    assert question is not None
    assert (question.points, question.text.ru) == (Decimal("12.5"), "Представился?")
    shown = read(app)
    assert "1. Представился? · :small[да или нет · 12,5 балла" in shown
    app.button(key=f"forms_undo_{CODE}_2").click().run()
    app.button(key=f"forms_undo_{CODE}_2").click().run()
    read(app)
    assert version(workspace, 2).form == version(workspace, 1).form
    assert app.button(key=f"forms_undo_{CODE}_2").disabled
    assert app.number_input(key=f"forms_{CODE}_2_2_q_introduced_points").value == 5.0


def test_questions_are_added_moved_copied_and_removed_and_all_of_it_comes_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(workspace)
    app = opened(workspace, monkeypatch, form=CODE)

    def order() -> list[str]:
        return [question.code for question in version(workspace, 2).form.sections[0].questions]

    before = order()
    app.button(key=f"forms_part_{CODE}_2_q:{before[0]}").click().run()
    app.button(key=f"forms_add_question_{CODE}_2_{version(workspace, 2).form.sections[0].code}").click().run()
    assert order() == [before[0], "new_question", *before[1:]]
    app.button(key=f"forms_{CODE}_2_0_q:new_question_down").click().run()
    assert order() == [*before[:2], "new_question", *before[2:]]
    app.button(key=f"forms_{CODE}_2_0_q:new_question_copy").click().run()
    assert order() == [*before[:2], "new_question", "new_question_2", *before[2:]]
    app.button(key=f"forms_{CODE}_2_0_q:new_question_remove").click().run()
    assert order() == [*before[:2], "new_question_2", *before[2:]]
    for _ in range(4):
        app.button(key=f"forms_undo_{CODE}_2").click().run()
    read(app)
    assert order() == before


def test_the_preview_scores_what_is_answered_for_trial(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(workspace)
    app = opened(workspace, monkeypatch, form=CODE)
    name = f"forms_try_{CODE}_2_0"

    def answer(code: str, value: str) -> None:
        group = next(item for item in app.get("button_group") if item.key == f"{name}_{code}_yes_no")
        group.set_value(value).run()

    answer("introduced", "yes")
    assert next(item for item in app.metric if item.label == "Оценка").value == "100"
    answer("named_company", "no")
    assert next(item for item in app.metric if item.label == "Оценка").value == "50"
    answer("respectful", "no")
    assert next(item for item in app.metric if item.label == "Оценка").value == "0"
    assert "Без этого было бы 50" in read(app)


def test_publishing_freezes_the_draft_says_what_changed_and_keeps_what_was_scored(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(workspace)
    who = viewer(workspace)
    workspace.store.write(
        Statement(
            "insert into evaluations (evaluation_id, call_id, form_code, version, reviewer, state, begun_at, spent_s) "
            "values ('e1', 'c1', ?, 1, 'anna', 'draft', ?, 0)",
            (CODE, NOON),
        )
    )
    form_drafts.change(
        workspace, who, CODE, 2, lambda form: form_editing.set_question(form, "introduced", points=Decimal(7)), NOON
    )
    app = opened(workspace, monkeypatch, form=CODE)
    next(item for item in app.get("button_group") if item.key == f"forms_side_{CODE}_2").set_value("check").run()
    shown = read(app)
    assert "баллов было 5, стало 7" in shown
    assert "1 оценка по версии 1 останется с ней" in shown
    app.button(key=f"forms_publish_{CODE}_2").click().run()
    read(app)
    assert [version(workspace, number).state for number in (1, 2)] == [FormState.RETIRED, FormState.PUBLISHED]
    with pytest.raises(UsageError, match="form_draft_gone"):
        form_drafts.change(workspace, who, CODE, 2, lambda form: form_editing.set_form(form, about=None), NOON)
    next(item for item in app.get("button_group") if item.key == f"forms_side_{CODE}_2").set_value("versions").run()
    app.button(key=f"forms_retire_{CODE}_2_2").click().run()
    assert version(workspace, 2).state is FormState.RETIRED
    app.button(key=f"forms_restore_{CODE}_2_1").click().run()
    read(app)
    assert version(workspace, 1).state is FormState.PUBLISHED
    with workspace.store.reading() as reader:
        rows = reader.rows("select action from audit where object = ? order by happened_at, action", CODE)
    told = {row["action"] for row in rows}
    assert told == {"form_published", "form_draft_begun", "form_retired", "form_restored"}


def test_a_form_with_problems_is_not_published_and_each_problem_leads_to_its_place(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, who = begun(workspace), viewer(workspace)
    form_drafts.change(
        workspace, who, CODE, 2, lambda form: form_editing.set_question(form, "introduced", points=Decimal(-1)), NOON
    )
    newer = version(workspace, 2)
    with pytest.raises(UsageError, match="form_has_problems"):
        form_drafts.publish(workspace, who, CODE, 2, newer.content_hash, NOON)
    with pytest.raises(UsageError, match="form_draft_newer"):
        form_drafts.publish(workspace, who, CODE, 2, draft.content_hash, NOON)
    app = opened(workspace, monkeypatch, form=CODE)
    next(item for item in app.get("button_group") if item.key == f"forms_side_{CODE}_2").set_value("check").run()
    assert app.button(key=f"forms_publish_{CODE}_2").disabled
    app.button(key=f"forms_problem_{CODE}_2_0").click().run()
    read(app)
    assert app.number_input(key=f"forms_{CODE}_2_0_q_introduced_points").value == -1.0


def test_two_people_write_in_one_draft_and_nothing_is_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(workspace)
    app = opened(workspace, monkeypatch, form=CODE)
    app.button(key=f"forms_part_{CODE}_2_q:introduced").click().run()
    workspace.store.write(Statement("update people set name = 'Ольга Вторая' where person_id = 'account-m1'"))
    workspace.store.write(Statement("update person_roles set role = 'head' where person_id = 'account-m1'"))
    other = viewer(workspace, "m1")
    form_drafts.change(
        workspace,
        other,
        CODE,
        2,
        lambda form: form_editing.set_question(form, "named_company", points=Decimal(9)),
        NOON,
    )
    app.number_input(key=f"forms_{CODE}_2_0_q_introduced_points").set_value(8).run()
    shown = read(app)
    assert "Ольга Вторая тоже меняет этот черновик" in shown
    assert "баллов было 5, стало 9" in shown
    form = version(workspace, 2).form
    assert [form_editing.question_named(form, code).points for code in ("introduced", "named_company")] == [8, 9]
    form_drafts.change(workspace, other, CODE, 2, lambda form: form_editing.remove_question(form, "introduced"), NOON)
    app.number_input(key=f"forms_{CODE}_2_1_q_introduced_points").set_value(3).run()
    assert "В черновике больше нет introduced" in read(app)


def test_whoever_may_only_read_sees_the_form_and_no_pen(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(workspace)
    app = opened(workspace, monkeypatch, employee="q1")
    shown = read(app)
    assert "открыты для чтения" in shown
    assert not any(str(button.key).startswith(("forms_begin", "forms_new", "forms_starters")) for button in app.button)
    app = opened(workspace, monkeypatch, employee="q1", form=CODE, version="2")
    assert "Назвал своё имя?" in read(app)
    pens = ("forms_part", "forms_undo", "forms_add", "forms_publish", "forms_drop")
    assert not any(str(button.key).startswith(pens) for button in app.button)


def test_nobody_edits_without_the_right_whatever_they_call(workspace: Workspace) -> None:
    draft, qc, agent = begun(workspace), viewer(workspace, "q1"), viewer(workspace, "m1")
    text = form_text(draft.form)
    attempts = [
        lambda who: form_drafts.change(workspace, who, CODE, 2, lambda form: form, NOON),
        lambda who: form_drafts.undo(workspace, who, CODE, 2, 1, NOON),
        lambda who: form_drafts.begin_draft(workspace, who, "follow_up", 1, NOON),
        lambda who: form_drafts.begin_form(workspace, who, draft.form.title, (draft.form.title,) * 2, NOON),
        lambda who: form_drafts.bring(workspace, who, text, "x.yaml", NOON),
        lambda who: form_drafts.publish(workspace, who, CODE, 2, draft.content_hash, NOON),
        lambda who: form_drafts.retire(workspace, who, CODE, 1, NOON),
        lambda who: form_drafts.restore(workspace, who, CODE, 1, NOON),
        lambda who: form_drafts.drop(workspace, who, CODE, 2, draft.content_hash, NOON),
        lambda who: form_drafts.bring_back(workspace, who, draft.form, NOON),
        lambda who: form_drafts.take_starter_set(workspace, who, NOON),
    ]
    for attempt in attempts:
        for who in (qc, agent):
            with pytest.raises(UsageError, match="not_allowed"):
                attempt(who)
    for look in (lambda: forms_room(workspace, agent), lambda: form_desk(workspace, agent, CODE)):
        with pytest.raises(UsageError, match="not_allowed"):
            look()
    assert forms_room(workspace, qc).may_edit is False
    desk = form_desk(workspace, qc, CODE)
    assert desk is not None
    assert (desk.version.version, desk.is_writable) == (1, False)
    assert version(workspace, 2) == draft


def test_a_text_takes_the_place_of_the_draft_or_is_refused_with_its_line(workspace: Workspace) -> None:
    draft, who = begun(workspace), viewer(workspace)
    text = form_text(draft.form).replace("points: 5", "points: 6", 1)
    assert form_drafts.bring(workspace, who, text, "cold.yaml", NOON) == CODE
    assert form_text(version(workspace, 2).form) == text
    with pytest.raises(ImportFailed) as refused:
        form_drafts.bring(workspace, who, text.replace("kind: yes_no", "kind: maybe", 1), "cold.yaml", NOON)
    assert int(str(refused.value.params["line"])) > 1
    with pytest.raises(ImportFailed, match="code_twice"):
        form_drafts.bring(workspace, who, text.replace("code: named_company", "code: introduced"), "cold.yaml", NOON)
    with pytest.raises(UsageError, match="form_code_other"):
        form_drafts.read_text(text.replace("form: cold_call", "form: other"), "cold.yaml", CODE)
    with pytest.raises(ImportFailed, match="form_not_text"):
        form_drafts.text_of(b"form: \xff", "cold.yaml")
    with pytest.raises(ImportFailed, match="form_too_long"):
        form_drafts.text_of(b"x" * 2_000_000, "cold.yaml")


def test_a_draft_thrown_away_comes_back(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = begun(workspace)
    app = opened(workspace, monkeypatch, form=CODE)
    next(item for item in app.get("button_group") if item.key == f"forms_side_{CODE}_2").set_value("check").run()
    app.button(key=f"forms_drop_{CODE}_2").click().run()
    app = app.switch_page(str(PAGES / "forms.py"))
    app.query_params.clear()
    app.run()
    app.button(key="forms_bring_back").click().run()
    read(app)
    assert version(workspace, 2).form == draft.form
