"""Every room opens in both languages, on a full and on an empty workspace, and says what it should."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.sampling import Queue
from qc_workbench.store.database import Statement
from qc_workbench.ui.components.rows import period_text, queue_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.ui.server import SCRIPT
from qc_workbench.ui.state import HOME_VARIABLE, LANGUAGE_KEY, TOKEN_KEY
from qc_workbench.ui.views.queue import drawn_pages
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.busy_ledger import busy

PAGES = SCRIPT.parent.parent / "pages"

#: room -> what must be read there, by language.
EXPECTED = {
    "overview": {
        "ru": ("Ждёт решения", "Вечерний контроль", "7 звонков"),
        "en": ("Waiting for you", "Evening control", "7 calls"),
    },
    "queue": {"ru": ("Случайная выборка · 1", "Следующий звонок"), "en": ("Random sample · 1", "Next call")},
    "my": {"ru": ("не для вашей роли",), "en": ("not for your role",)},  # Вера is no agent
    "call": {"ru": ("Показано 7 звонков",), "en": ("7 calls shown",)},
    "search": {"ru": ("Например:", "Сохранённые поиски"), "en": ("For example:", "Saved searches")},
    "suspicious": {
        "ru": ("Алла Пробная", "Подтвердить: разговора не было", "В защиту"),
        "en": ("Алла Пробная", "Confirm: no conversation", "In defence"),
    },
    "promises": {
        "ru": ("«Перезвоните мне, пожалуйста, в четверг после обеда»", "8 октября", ", 13:00–18:00"),
        "en": ("«Перезвоните мне, пожалуйста, в четверг после обеда»", "8 October", ", 13:00–18:00"),
    },
    "refusals": {
        "ru": ("Сначала те, где отказа клиента не слышно", "вернёмся к этому весной", "Дорого"),
        "en": ("Those without an audible refusal come first", "вернёмся к этому весной", "Дорого"),
    },
    "disputes": {
        "ru": ("Споров, которые ждут вашего решения, нет",),
        "en": ("No disputes wait for your ruling",),
    },
    "coaching": {"ru": ("Заданий в работе нет",), "en": ("No tasks are open",)},
    "discipline": {
        "ru": ("Порядок в CRM", "нарушений не найдено"),
        "en": ("CRM discipline", "No breaches were found"),
    },
    "team": {"ru": ("Оценок пока нет",), "en": ("No scores yet",)},
    "calibration": {"ru": ("Сессий калибровки пока нет",), "en": ("No calibration sessions yet",)},
    "month": {"ru": ("Большая сестра", "Скачать PDF"), "en": ("Big Sister", "Download PDF")},
    "investigation": {
        "ru": ("В этом месяце ещё ничего не зафиксировано", "Зафиксировать"),
        "en": ("No hypothesis is locked this month yet", "Lock"),
    },
    "bonus": {
        "ru": ("ничего не стоит, пока", "Отклонить: "),
        "en": ("nothing until a person confirms", "Reject "),
    },
    "forms": {"ru": ("Анкет пока нет", "Взять готовый набор"), "en": ("No forms yet", "Take the starter set")},
    "quality": {
        "ru": ("Оценок пока нет", "qcw evaluate --truth truth.jsonl"),
        "en": ("No evaluations yet", "qcw evaluate --truth truth.jsonl"),
    },
    "people": {"ru": ("Кто сюда входит",), "en": ("Who gets in",)},
    "import_files": {
        "ru": ("Файлов ещё не загружали", "Перетащите выгрузку"),
        "en": ("No files yet", "Drop an export"),
    },
    "audit": {"ru": ("Кто входил, слушал",), "en": ("Who logged in, listened",)},
    "crm_writes": {"ru": ("Запись в CRM выключена",), "en": ("Writing into the CRM is off",)},
    "connections": {"ru": ("Пока не подключено",), "en": ("No system is connected yet",)},
    "schedule": {"ru": ("Ночная обработка", "каждый день в 02:00"), "en": ("The nightly run", "every day at 02:00")},
    "data": {"ru": ("Сроки хранения", "Удалить данные клиента"), "en": ("Retention", "Erase a client's data")},
    "work": {"ru": ("Сейчас в работе · 1", "файл повреждён"), "en": ("Running now · 1", "the file is damaged")},
}

EMPTY = {
    "overview": {"ru": "Пример компании", "en": "The sample company"},
    "queue": {"ru": "нет непрослушанных", "en": "No calls of the random sample wait"},
    "my": {"ru": "не для вашей роли", "en": "not for your role"},
    "call": {"ru": "Звонков пока нет. Они появятся", "en": "No calls yet. They appear"},
    "search": {"ru": "Искать пока не в чем", "en": "There is nothing to search yet"},
    "suspicious": {"ru": "Подозрительных звонков нет", "en": "No suspicious calls"},
    "promises": {"ru": "Обещаний пока нет", "en": "No promises yet"},
    "refusals": {"ru": "Все проигранные сделки рассмотрены", "en": "Every lost deal has been decided on"},
    "disputes": {"ru": "Споров, которые ждут вашего решения, нет", "en": "No disputes wait for your ruling"},
    "coaching": {"ru": "Заданий в работе нет", "en": "No tasks are open"},
    "discipline": {"ru": "нарушений не найдено", "en": "No breaches were found"},
    "team": {"ru": "Оценок пока нет", "en": "No scores yet"},
    "calibration": {"ru": "Сессий калибровки пока нет", "en": "No calibration sessions yet"},
    "month": {"ru": "Отчёт появится", "en": "The report appears"},
    "investigation": {"ru": "ещё ничего не зафиксировано", "en": "No hypothesis is locked this month yet"},
    "bonus": {"ru": "Ведомость появится", "en": "The statements appear"},
    "forms": {"ru": "Анкет пока нет", "en": "No forms yet"},
    "quality": {"ru": "Оценок пока нет", "en": "No evaluations yet"},
    "people": {"ru": "Кто сюда входит", "en": "Who gets in"},
    "import_files": {"ru": "Файлов ещё не загружали", "en": "No files yet"},
    "audit": {"ru": "Отказано в доступе", "en": "Access refused"},  # the walk itself went to a room of others
    "crm_writes": {"ru": "Запись в CRM выключена", "en": "Writing into the CRM is off"},
    "connections": {"ru": "Пока не подключено", "en": "No system is connected yet"},
    "schedule": {"ru": "Запусков ещё не было", "en": "No runs yet"},
    "data": {"ru": "Сроки хранения", "en": "Retention"},
    "work": {"ru": "Работы ещё не было", "en": "No work yet"},
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return busy(company.sample_company(tmp_path_factory.mktemp("full")), datetime.now(UTC)).home


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company.empty_company(tmp_path_factory.mktemp("empty")).home


def start(home: Path, language: str, monkeypatch: pytest.MonkeyPatch, employee: str = "h1") -> AppTest:
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    app.session_state[LANGUAGE_KEY] = language
    if home.exists():
        app.session_state[TOKEN_KEY] = company.admit(Workspace.open(home), employee)
    return app.run()


def enter(app: AppTest, room: str, **query: str) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page(str(PAGES / f"{room}.py")).run()


def read(app: AppTest) -> str:
    """Everything a person could read, without the sidebar."""
    assert [error.value for error in app.exception] == []
    parts = []
    for kind in ("title", "header", "subheader", "markdown", "caption", "text", "info", "warning", "error", "code"):
        parts += [str(element.value) for element in app.main.get(kind)]
    for element in app.metric:
        parts += [element.label, str(element.value)]
    parts += [element.label for element in (*app.button, *app.get("download_button"))]
    for box in app.selectbox:
        parts += [str(option) for option in box.options]
    return "\n".join(parts)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_every_room_says_what_it_holds(full: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = start(full, language, monkeypatch)
    for room in ROOMS:
        shown = read(enter(app, room))
        for text in EXPECTED[room][language]:
            assert text in shown, room


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_an_empty_workspace_says_how_to_begin_in_every_room(
    empty: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(empty, language, monkeypatch)
    for room in ROOMS:
        assert EMPTY[room][language] in read(enter(app, room)), room


def test_the_call_page_shows_the_deal_the_moved_task_and_the_other_calls(
    full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = read(enter(start(full, "ru", monkeypatch), "call", id=company.PROMISE))
    assert "Борис Образцов · Ирина, квартира" in shown
    assert "Думают · в работе · 84 000 ₽".replace(" ₽", "") in shown.replace("\xa0", " ")
    assert "срок переносили 1 раз: 8 окт." in shown
    assert "Ждёт расчёт по двум окнам" in shown
    assert "Ежедневная выборка, 7 окт." in shown


def test_a_call_that_does_not_exist_is_said_so(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Звонка nobody здесь нет" in read(enter(start(full, "ru", monkeypatch), "call", id="nobody"))


def test_a_call_without_a_recording_says_why_there_is_no_sound(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Слушать нечего: без записи" in read(enter(start(full, "ru", monkeypatch), "call", id=company.MISSED))


@pytest.mark.parametrize(
    ("language", "mine", "found"),
    [
        ("ru", "Вас ещё не спрашивали", "**Сомнительный отказ**"),
        ("en", "You were not asked yet", "**Doubtful refusal**"),
    ],
)
def test_an_agent_reads_of_themself_on_the_page_of_their_call_and_of_each_suspicion_once(
    full: Path, monkeypatch: pytest.MonkeyPatch, language: str, mine: str, found: str
) -> None:
    shown = read(enter(start(full, language, monkeypatch, "m2"), "call", id=company.REFUSED))
    assert (mine in shown, shown.count(found)) == (True, 1), shown


def test_the_list_of_calls_finds_a_client_by_name(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(full, "en", monkeypatch), "call")
    app.text_input(key="calls_search").set_value("ирина").run()
    assert "4 calls shown" in read(app)


def test_a_missing_workspace_is_explained_in_the_language_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = read(start(tmp_path / "nowhere", "en", monkeypatch))
    assert "nowhere" in shown


def test_only_whoever_may_rule_can_rule(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(full, "ru", monkeypatch, "q1"), "suspicious")
    assert all(app.button(key=f"rule_{ruling}").disabled for ruling in ("confirmed", "rejected", "asked", "withdrawn"))


def test_a_ruling_leaves_the_waiting_list_and_an_undo_brings_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "ruling")
    app = start(workspace.home, "ru", monkeypatch)
    enter(app, "suspicious")
    app.text_input(key="reason_flag-padded").set_value("тишина после сигнала").run()
    app.button(key="rule_confirmed").click().run()
    assert "В этом списке пусто." in read(app)
    with workspace.store.reading() as reader:
        row = reader.row("select * from findings")
        audit = reader.row("select * from audit where action = 'flag_confirmed'")
    assert row is not None
    assert (row["flag_id"], row["ruling"], row["ruled_by"], row["reason"]) == (
        "flag-padded",
        "confirmed",
        "Вера Главная",
        "тишина после сигнала",
    )
    assert audit is not None
    assert audit["object"] == company.PADDED
    app.button(key="rule_withdrawn").click().run()
    assert "Алла Пробная" in read(app)
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from findings") == 2


def test_a_drawn_call_is_replaced_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.sample_company(tmp_path / "replacing")
    app = start(workspace.home, "ru", monkeypatch, "q1")
    enter(app, "queue")
    app.button(key="queue_replace").click().run()
    app.button(key="queue_replacement.silent").click().run()
    read(app)
    with workspace.store.reading() as reader:
        row = reader.row("select status, reason from sample where call_id = ? and draw_id = 'draw-1'", company.PROMISE)
        newcomer = reader.row("select call_id, replaces from sample where replaces is not null")
    assert row == {"status": "replaced", "reason": "silent"}
    assert newcomer == {"call_id": company.REFUSED, "replaces": company.PROMISE}


def test_a_folder_is_imported_from_the_page_and_the_overview_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "managers.csv").write_text("manager_id,name,role\nm1,Алла Пробная,manager\n", encoding="utf-8")
    (folder / "calls.csv").write_text(
        "call_id,started_at,direction,manager_id,client_phone,talk_s,outcome\n"
        "c1,2026-10-05T11:00:00+03:00,inbound,m1,+74950000001,0,missed\n",
        encoding="utf-8",
    )
    app = enter(start(company.empty_company(tmp_path / "fresh").home, "ru", monkeypatch), "overview")
    app.text_input(key="bring_folder_path").set_value(str(folder)).run()
    app.button(key="bring_folder").click().run()
    shown = read(app)
    assert "1 звонок" in shown
    assert "100 %" in shown.replace("\xa0", " ")  # the one inbound call was lost


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(company.empty_company(tmp_path / "fresh").home, "ru", monkeypatch), "overview")
    app.text_input(key="bring_folder_path").set_value(str(tmp_path / "nowhere")).run()
    app.button(key="bring_folder").click().run()
    assert "nowhere" in read(app)


def test_a_doubtful_refusal_is_sent_back_to_work_and_that_can_be_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "refusals")
    app = start(workspace.home, "ru", monkeypatch)
    enter(app, "refusals", list="RefusalList.doubtful")
    app.button(key="refusal_confirmed_flag-refused").click().run()
    shown = read(app)
    assert "Сомнительных отказов нет" in shown
    app.query_params["list"] = "RefusalList.ruled"
    app.run()
    assert "Вера Главная" in read(app)
    app.button(key="refusal_withdrawn_flag-refused").click().run()
    app.query_params["list"] = "RefusalList.doubtful"
    app.run()
    assert "Вернуть в работу" in read(app)


def test_a_name_from_the_crm_is_text_and_never_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture in a client's name must not make every reader's browser call an address outside."""
    workspace = company.sample_company(tmp_path / "names")
    hostile = "![x](https://example.com/p.png) **b** :red[c]"
    workspace.store.write(Statement("update deals set client_name = ?, lost_reason = ?", (hostile, hostile)))
    app = start(workspace.home, "ru", monkeypatch)
    for room, query in (("call", {"id": company.REFUSED}), ("promises", {}), ("refusals", {})):
        enter(app, room, **query)
        marked = [str(element.value) for kind in ("title", "markdown", "caption") for element in app.main.get(kind)]
        marked += [element.proto.label for element in app.main.get("page_link")]
        assert any("example" in text for text in marked), room
        assert not any("![x](" in text or ":red[" in text or "**b**" in text for text in marked), room


def test_the_targeted_queue_is_apart_and_names_its_reviewer_and_reason(tmp_path: Path) -> None:
    workspace = company.sample_company(tmp_path / "targeted")
    workspace.store.write(Statement("update sample set assigned_to = 'q1' where draw_id = 'draw-2'"))
    drawn = drawn_pages(workspace)
    assert [item.call.call_id for item in drawn[Queue.RANDOM].calls] == [company.PROMISE]
    view = drawn[Queue.TARGETED]
    targeted = {item.call.call_id: item for item in view.calls}
    assert set(targeted) == {company.PADDED, company.UNSURE, company.REFUSED}
    row = queue_row(targeted[company.PADDED], view.people, {"q1": "Глеб Слушатель"}, Translator("ru"))
    assert row["Кому"] == "Глеб Слушатель"
    assert row["Почему"] == "Ответил автоответчик"


@pytest.mark.parametrize(
    ("period", "expected"),
    [("2026-10-07", "7 окт."), ("2026-W41", "5–11 окт."), ("2026-W40", "28 сент.–4 окт."), ("q3", "q3")],
)
def test_the_period_of_a_draw_is_said_in_days(period: str, expected: str) -> None:
    assert period_text(period, Translator("ru")) == expected


def test_a_call_marked_as_listened_to_leaves_the_queue_and_counts_in_its_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "listened")
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "call", id=company.PROMISE)
    app.button(key="listened").click().run()
    read(app)
    assert "Мои звонки на сегодня · 0" in read(enter(app, "queue"))
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from sample where status = 'done'") == 2
        assert reader.value("select actor from audit where action = 'call_listened'") == "Глеб Слушатель"
