"""The search room: finding, hearing, keeping, watching, taking back; nobody finds what they may not see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.assign_reviews import assign_reviews
from pipelines.index_words import index_words
from pipelines.progress import Silent
from pipelines.tell_watchers import tell_watchers
from qc_workbench.domain.access import Action
from qc_workbench.domain.search import CallFilters
from qc_workbench.domain.transcript import Party, Transcript, Turn
from qc_workbench.errors import UsageError
from qc_workbench.store import listening, word_index
from qc_workbench.ui.accounts import viewer_of
from qc_workbench.ui.address import SEARCH
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import room_title
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.saved_searches import (
    listed_searches,
    new_calls,
    remove_search,
    restore_search,
    save_search,
    watch,
)
from qc_workbench.ui.views.search import results
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "company")


def viewer(workspace: Workspace, employee: str) -> Viewer:
    found = viewer_of(workspace, company.token(workspace, employee), datetime.now(UTC))
    assert found is not None
    return found


def say(workspace: Workspace, call_id: str, text: str, at: datetime) -> None:
    """The call gets a transcript of one turn of the client, and the index knows it."""
    turn = Turn(Party.CUSTOMER, 1, 1.0, 5.0, text, 0.9)
    transcript = Transcript(call_id, f"hash-{call_id}", "new", "ru", "sample", "sample", (turn,))
    workspace.store.write(*listening.save_transcript(transcript, at))
    index_words(workspace, Silent())


def ask(app: AppTest, question: str) -> str:
    return read(app.text_input(key="search_question").set_value(question).run())


def said(app: AppTest) -> dict[str, str]:
    """What of the search the address says."""
    found = {name: value for name, value in app.query_params.items() if name in SEARCH}
    return {name: value if isinstance(value, str) else value[0] for name, value in found.items()}


@pytest.mark.parametrize(
    ("language", "found", "client"), [("ru", "Найден 1 звонок", "Клиент"), ("en", "1 call found", "Client")]
)
def test_a_word_in_another_form_is_found_and_marked_with_who_said_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str, found: str, client: str
) -> None:
    app = enter(start(workspace.home, language, monkeypatch), "search")
    shown = ask(app, "дверь две")
    assert found in shown
    assert f"{client}: Да, нужны :orange-background[две] :orange-background[двери]" in shown
    (link,) = [item.proto for item in app.main.get("page_link")]
    assert f"id={company.TALK}" in link.query_string
    assert "at=" in link.query_string


def test_the_address_asks_a_question(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch), "search", q='клиент:"в четверг"')
    assert "Найден 1 звонок" in read(app)


@pytest.mark.parametrize(
    ("question", "says"),
    [("(дверь", "Знак 1: скобка"), ("начало:x дверь", "ожидается число секунд"), ("...", "ни одного слова")],
)
def test_a_question_that_cannot_be_read_says_where_and_what_was_expected(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, question: str, says: str
) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch), "search")
    assert says in ask(app, question).replace("\\", "")
    assert not [button for button in app.button if button.key == "search_save"]


def test_an_example_is_asked_by_a_press(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch), "search")
    app.button(key="search_example_prefix").click().run()
    assert app.text_input(key="search_question").value == "перезвон* конец:30"
    assert "Найден 1 звонок" in read(app)


def test_an_agent_finds_only_their_own_calls(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = results(workspace, "да OR алло OR четверг", CallFilters(), None)
    assert {found.call.manager_id for found in everybody.calls} == {"m1", "m2"}
    app = enter(start(workspace.home, "ru", monkeypatch, "m1"), "search")
    assert "Найден 1 звонок" in ask(app, "да OR алло OR четверг")
    assert "Борис Образцов" not in read(app)
    own = results(
        workspace, "да OR алло OR четверг", CallFilters(agent_id="m2"), viewer(workspace, "m1").agents(Action.SEE_CALL)
    )
    assert own.total == 0


def test_conditions_on_calls_narrow_what_is_found(workspace: Workspace) -> None:
    def total(**conditions: object) -> int:
        return results(workspace, "-окно", CallFilters(**conditions), None).total  # type: ignore[arg-type]

    from qc_workbench.domain.call import Direction
    from qc_workbench.domain.commitment import ClientSaid
    from qc_workbench.domain.flag import FlagKind

    assert total() == 5
    assert total(agent_id="m1") == 2
    assert total(direction=Direction.INBOUND) == 2
    assert total(day_from=datetime(2026, 10, 6).date(), day_to=datetime(2026, 10, 7).date()) == 2  # noqa: DTZ001
    assert total(talk_from_s=45, talk_to_s=50) == 2
    assert total(flag=FlagKind.FAKE_EFFECTIVE) == 1
    assert total(client_said=ClientSaid.POSTPONED) == 1


def test_a_search_is_kept_watched_and_tells_what_is_new(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "search")
    ask(app, "рассрочка")
    app.text_input(key="search_name").set_value("Рассрочка").run()
    app.button(key="search_save").click().run()
    assert "только мой" in read(app)
    assert "нов" not in read(app).split("Сохранённые поиски")[1]
    author = viewer(workspace, "q1")
    assert new_calls(workspace, author) == 0
    say(workspace, company.LATER, "А рассрочку дадите?", datetime.now(UTC))
    assert new_calls(workspace, author) == 1
    assert new_calls(workspace, viewer(workspace, "h1")) == 0, "nobody is told of what others watch"
    assert "1 новый звонок" in read(app.run())
    (search,) = listed_searches(workspace, author)
    opened = enter(start(workspace.home, "ru", monkeypatch, "q1"), "search", saved=search.search.search_id)
    assert "Найден 1 звонок" in read(opened)
    assert said(opened) == {"saved": search.search.search_id}
    assert listed_searches(workspace, author)[0].new == new_calls(workspace, author) == 0


def test_what_is_new_is_counted_among_the_calls_of_whoever_watches(workspace: Workspace) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    for name in ("h1", "m1"):
        save_search(
            workspace, viewer(workspace, name), "Цена", "цена", CallFilters(), before, is_shared=False,
            targeted_a_day=None,
        )  # fmt: skip
    for call_id in (company.LATER, company.TALK, company.PADDED):  # the last one is m1's
        say(workspace, call_id, "Какая цена?", datetime.now(UTC))
    assert [new_calls(workspace, viewer(workspace, name)) for name in ("h1", "m1")] == [3, 1]
    assert tell_watchers(workspace) == 0, "nothing is new since"
    workspace.store.write(*word_index.forget_calls([company.PADDED]))
    assert tell_watchers(workspace) == 2
    assert [new_calls(workspace, viewer(workspace, name)) for name in ("h1", "m1")] == [2, 0]


def test_the_sidebar_says_how_much_is_new_and_nothing_where_nothing_is() -> None:
    assert room_title("search", Translator("ru"), 1200) == "Поиск · 1\xa0200"
    assert room_title("search", Translator("en")) == "Search"


def test_the_address_holds_the_question_and_the_conditions(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"q": "дверь OR алло", "agent": "m2", "direction": "outbound", "from": "2026-10-01", "to": "2026-10-31"}
    app = enter(start(workspace.home, "en", monkeypatch), "search", **asked)
    assert "1 call found" in read(app)
    assert app.selectbox(key="search_agent").value == "m2"
    app.selectbox(key="search_agent").set_value(None).run()
    assert said(app) == {name: value for name, value in asked.items() if name != "agent"}
    app.query_params["q"] = "четверг"  # the way back, or an address typed: it is asked, not what stood in the field
    app.query_params["direction"] = "inbound"
    assert "1 call found" in read(app.run())
    assert app.text_input(key="search_question").value == "четверг"


def test_a_page_of_results_that_is_not_there_is_the_first(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, "en", monkeypatch), "search", q="-окно", page="7")
    assert len(app.main.get("page_link")) == 5


def test_an_agent_of_others_in_the_address_finds_nothing_rather_than_everything(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch, "m1"), "search", q="да OR алло OR четверг", agent="m2")
    assert "Таких звонков нет" in read(app)
    assert "Борис Образцов" not in read(app)


def test_the_address_of_a_search_of_somebody_else_opens_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = save_search(
        workspace, viewer(workspace, "h1"), "Цены", "дверь", CallFilters(), NOW, is_shared=False, targeted_a_day=None
    )
    shown = read(enter(start(workspace.home, "en", monkeypatch, "q1"), "search", saved=kept.search_id))
    assert "no longer there" in shown
    assert "orange-background" not in shown


def test_a_removed_search_comes_back_by_undo(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    author = viewer(workspace, "h1")
    kept = save_search(
        workspace, author, "Цены", "цена", CallFilters(agent_id="m1"), NOW, is_shared=True, targeted_a_day=None
    )
    app = enter(start(workspace.home, "ru", monkeypatch), "search")
    assert "общий, автор: Вера Главная" in read(app)
    app.button(key=f"search_remove_{kept.search_id}").click().run()
    assert listed_searches(workspace, author) == ()
    app.button(key="search_undo").click().run()
    assert [item.search for item in listed_searches(workspace, author)] == [kept]


def test_agents_do_not_see_shared_searches_and_only_planners_fill_the_queue(workspace: Workspace) -> None:
    head, qc, agent = (viewer(workspace, name) for name in ("h1", "q1", "m1"))
    kept = save_search(workspace, head, "Цены", "цена", CallFilters(), NOW, is_shared=True, targeted_a_day=3)
    assert [item.search.search_id for item in listed_searches(workspace, qc)] == [kept.search_id]
    assert listed_searches(workspace, agent) == ()
    for refused in (
        lambda: watch(workspace, agent, kept.search_id, NOW),
        lambda: remove_search(workspace, qc, kept.search_id, NOW),
        lambda: restore_search(workspace, agent, kept.search_id, NOW),
        lambda: save_search(workspace, qc, "Моё", "цена", CallFilters(), NOW, is_shared=True, targeted_a_day=3),
        lambda: save_search(workspace, head, " ", "цена", CallFilters(), NOW, is_shared=True, targeted_a_day=None),
        lambda: save_search(workspace, head, "Цены", "(цена", CallFilters(), NOW, is_shared=True, targeted_a_day=None),
    ):
        with pytest.raises(UsageError):
            refused()


def test_a_targeted_search_puts_new_calls_on_the_queue_and_no_more_than_its_number_a_day(workspace: Workspace) -> None:
    now = datetime.now(UTC)
    assign_reviews(workspace, now, Silent())
    search = save_search(
        workspace, viewer(workspace, "h1"), "Рассрочка", "рассрочка", CallFilters(), now - timedelta(seconds=1),
        is_shared=False, targeted_a_day=2,
    )  # fmt: skip
    for call_id in (company.TALK, company.PROMISE, company.LATER):
        say(workspace, call_id, "Рассрочка есть?", now)

    def queued() -> list[dict[str, object]]:
        with workspace.store.reading() as reader:
            return reader.rows(
                "select call_id, plan, queue, status from sample where draw_id = ? order by call_id",
                f"search:{search.search_id}",
            )

    assign_reviews(workspace, now, Silent())
    first = queued()
    assert [(row["call_id"], row["plan"], row["queue"]) for row in first] == [
        (company.LATER, "Рассрочка", "targeted"),
        (company.TALK, "Рассрочка", "targeted"),
    ]
    assign_reviews(workspace, now, Silent())
    assert queued() == first, "the day is full, and what waits is not taken off for want of a flag"
    assign_reviews(workspace, now + timedelta(days=1), Silent())
    assert {row["call_id"] for row in queued()} == {company.LATER, company.TALK, company.PROMISE}
