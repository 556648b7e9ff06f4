"""The room of writes into the CRM: a readable plan, decisions by name, undo, and who sees what of a call."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.crm_write import CrmWrite, KeptWrite, WriteKind, WriteState, WriteVerdict
from qc_workbench.errors import UsageError
from qc_workbench.store import crm_writes, people
from qc_workbench.ui.components.crm_write_parts import all_text
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import first_room
from qc_workbench.ui.views.crm_writes import PAGE, Shelf, crm_write_room, decide, waiting_ids, write_page
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)
SETTINGS = '[crm_write]\ninto = "pipedrive"\ncallback_task = {mode = "approved"}\nnew_deal = {mode = "approved"}\n'
QUOTE = "Перезвоню вам завтра"


def task(call_id: str, manager: str) -> CrmWrite:
    fields = {
        "subject": "Перезвонить", "text": f"Обещали: «{QUOTE}» +7 916 000-00-01", "due_day": "2026-10-08",
        "due_at": "2026-10-08T12:00:00+00:00",
    }  # fmt: skip
    return CrmWrite("pipedrive", WriteKind.CALLBACK_TASK, f"{call_id}:due", call_id, manager, "+79160000001", None,
                    fields, 64.5, QUOTE)  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two tasks of Алла (m1) and Борис (m2), a deal of Алла and a call that is only planned."""
    home = company.sample_company(tmp_path / "office").home
    with (home / "qcw.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    found = Workspace.open(home)
    deal = CrmWrite("pipedrive", WriteKind.NEW_DEAL, "n", company.PADDED, "m1", "+79160000009", None,
                    {"title": "Новый клиент", "field:a1b2": "google"})  # fmt: skip
    dry = CrmWrite("pipedrive", WriteKind.CALL_ACTIVITY, "c", company.PADDED, "m1", None, None,
                   {"subject": "Звонок", "started_at": "2026-10-06T08:59:00+00:00", "talk_s": "61"})  # fmt: skip
    planned = [task(company.PADDED, "m1"), task(company.TALK, "m2"), deal, dry]
    found.store.write(*crm_writes.planned(planned, NOW))
    found.store.write(*people.team_saved(Team("north", "Север"), ["m2"]))
    person = Person("account-n1", frozenset({AccessRole.HEAD}), None, frozenset({"north"}))
    found.store.apply(people.saved(Account(person, "n1", "Нина Северная", company.AS_OF)))
    admin = Person("account-a1", frozenset({AccessRole.ADMIN}), None, frozenset())
    found.store.apply(people.saved(Account(admin, "a1", "Олег Системный", company.AS_OF)))
    return found


def kept(workspace: Workspace, write: CrmWrite) -> KeptWrite:
    with workspace.store.reading() as reader:
        found = crm_writes.kept_write(reader, write.write_id)
    assert found is not None
    return found


def room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru") -> AppTest:
    return enter(start(workspace.home, language, monkeypatch), "crm_writes")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("Задача перезвонить", "8 октября 2026, 15", "Поле сделки a1b2", "на 1:04", "Одобрить все: 3")),
        ("en", ("Task to call back", "8 October 2026, 15", "Field of the deal a1b2", "at 1:04", "Approve all: 3")),
    ],
)
def test_the_plan_says_what_where_and_why(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    said = read(room(workspace, monkeypatch, language))
    assert [word for word in words if word not in said] == []


def test_approving_names_the_person_and_can_be_taken_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = task(company.PADDED, "m1")
    app = room(workspace, monkeypatch)
    app.button(key=f"crm_write_approved_{write.write_id}").click().run()
    assert (kept(workspace, write).state, kept(workspace, write).decided_by) == (WriteState.APPROVED, "Вера Главная")
    app.button(key="crm_write_undo").click().run()
    assert kept(workspace, write).state is WriteState.PLANNED
    assert app.button(key="crm_write_undo").disabled
    with workspace.store.reading() as reader:
        lines = reader.rows("select actor, action from audit where action like 'crm%' order by happened_at")
    assert [(row["actor"], row["action"]) for row in lines] == [
        ("Вера Главная", "crm_write_approved"), ("Вера Главная", "crm_write_withdrawn"),
    ]  # fmt: skip


def test_one_button_decides_on_all_that_may_be_approved(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = room(workspace, monkeypatch)
    app.button(key="crm_write_approve_all").click().run()
    view = crm_write_room(workspace, company.viewer(workspace))
    assert (view.count(Shelf.APPROVED), view.count(Shelf.WAITING)) == (3, 1), "what is only planned is left"
    app.button(key="crm_write_undo").click().run()
    assert crm_write_room(workspace, company.viewer(workspace)).count(Shelf.WAITING) == 4


@pytest.mark.parametrize("what", ["approve", "decline"])
def test_a_button_over_the_list_says_when_it_reaches_beyond_the_page(what: str) -> None:
    for language, pages in (("ru", "на всех страницах"), ("en", "on all pages")):
        t = Translator(language)
        assert pages not in all_text(t, what, PAGE)
        assert pages in all_text(t, what, PAGE + 1)
        assert str(PAGE + 1) in all_text(t, what, PAGE + 1)


def test_what_is_only_planned_cannot_be_approved(workspace: Workspace) -> None:
    page = write_page(workspace, company.viewer(workspace), Shelf.WAITING, WriteKind.CALL_ACTIVITY, 1)
    assert [item.may_approve for item in page.shown] == [False]


def test_a_head_sees_and_decides_the_own_team(workspace: Workspace) -> None:
    nina = company.viewer(workspace, "n1")
    assert [item.kept.write.manager_id for item in write_page(workspace, nina, Shelf.WAITING, None, 1).shown] == ["m2"]
    assert crm_write_room(workspace, nina).count(Shelf.WAITING) == 1
    assert waiting_ids(workspace, nina, None) == [task(company.TALK, "m2").write_id]
    with pytest.raises(UsageError, match="not_allowed"):
        decide(workspace, nina, [task(company.PADDED, "m1").write_id], WriteVerdict.APPROVED, NOW)
    for who in ("q1", "m1"):
        with pytest.raises(UsageError, match="not_allowed"):
            decide(workspace, company.viewer(workspace, who), [task(company.PADDED, "m1").write_id],
                   WriteVerdict.APPROVED, NOW)  # fmt: skip


def test_an_administrator_decides_without_the_words_of_the_call(workspace: Workspace) -> None:
    shown = write_page(workspace, company.viewer(workspace, "a1"), Shelf.WAITING, WriteKind.CALLBACK_TASK, 1).shown
    assert len(shown) == 2
    assert all(item.hides_words and item.recording is None for item in shown)
    assert not any(QUOTE in value or "916" in value for item in shown for _, value in item.diff)
    assert decide(workspace, company.viewer(workspace, "a1"), [shown[0].kept.write_id], WriteVerdict.DECLINED, NOW) == 1


def test_a_refusal_says_why_and_what_to_do(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write = task(company.PADDED, "m1")
    params = {"crm": "pipedrive", "status": "422"}
    workspace.store.write(crm_writes.refused(write.write_id, "crm_write_not_accepted", params, NOW))
    app = enter(start(workspace.home, "ru", monkeypatch), "crm_writes", shelf="refused")
    assert "не приняла запись (ответ 422)" in read(app)
    app.button(key=f"crm_write_again_{write.write_id}").click().run()
    assert kept(workspace, write).state is WriteState.APPROVED


def test_without_a_crm_the_room_says_how_to_switch_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = company.sample_company(tmp_path / "office")
    assert "docs/write-back.md" in read(enter(start(office.home, "ru", monkeypatch), "crm_writes"))


def test_what_is_written_by_itself_is_not_said_to_be_switched_off(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (workspace.home / "qcw.toml").open("a", encoding="utf-8") as settings:
        settings.write('call_activity = {mode = "automatic"}\n')
    said = read(room(workspace, monkeypatch))
    assert "запишется само" in said
    assert "Только план" not in said


def test_a_refused_write_can_be_declined(workspace: Workspace) -> None:
    write, head = task(company.PADDED, "m1"), company.viewer(workspace)
    workspace.store.write(crm_writes.refused(write.write_id, "crm_write_gone", {"crm": "p", "status": "404"}, NOW))
    assert decide(workspace, head, [write.write_id], WriteVerdict.DECLINED, NOW) == 1
    assert kept(workspace, write).state is WriteState.DECLINED
    assert decide(workspace, head, [write.write_id], WriteVerdict.WITHDRAWN, NOW) == 1


@pytest.mark.parametrize(("who", "first"), [("a1", "people"), ("h1", "overview"), ("m1", "my")])
def test_nobody_comes_in_at_the_writes(workspace: Workspace, who: str, first: str) -> None:
    assert first_room(company.viewer(workspace, who)) == first
