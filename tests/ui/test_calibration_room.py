"""The room of calibration: nobody sees another's answers too early, agreeing goes by keys, figures are the rules'."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.calibration import Blindness, CalibrationSession
from qc_workbench.domain.evaluation import Purpose
from qc_workbench.errors import UsageError
from qc_workbench.review.agreement import Level, alpha
from qc_workbench.store import calibration as store
from qc_workbench.store import people
from qc_workbench.store.people import account_with_id
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views import calibration as views
from qc_workbench.ui.views.calibration_figures import figures_view
from qc_workbench.workspace import Workspace
from tests.calibration_cases import (
    HEAD,
    OTHER,
    QC,
    answers,
    evaluate,
    kept,
    named,
    published,
    second_reviewer,
    session_of,
)
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

AT = datetime.now(UTC) - timedelta(days=2)
SECRET = "клиент просил счёт, 0:07"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = company.sample_company(tmp_path / "company")
    second_reviewer(made.store)
    return made


def room(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, employee: str, language: str = "ru", **query: str
) -> AppTest:
    return enter(start(workspace.home, language, monkeypatch, employee), "calibration", **query)


def shown(app: AppTest) -> str:
    """Everything to be read, the table of answers too."""
    return read(app) + "\n".join(str(item.proto.body) for item in app.main.get("html"))


def one_scored(workspace: Workspace, blindness: Blindness = Blindness.BLIND) -> CalibrationSession:
    """The other reviewer has submitted, Глеб has not."""
    version = published(workspace.store)
    session = kept(workspace.store, session_of(company.TALK, blindness=blindness, at=AT))
    given = answers(greeting="no", needs="4", next_step="yes")
    given["greeting"] = named(given["greeting"], comment=SECRET, cause="hurry")
    evaluate(workspace.store, version, company.TALK, OTHER, given, AT + timedelta(minutes=1))
    return session


def both_scored(workspace: Workspace) -> CalibrationSession:
    session = one_scored(workspace)
    with workspace.store.reading() as reader:
        version = views.form_version(reader, "talk", 1)
    assert version is not None
    mine = answers(greeting="yes", needs="2", next_step="yes")
    evaluate(workspace.store, version, company.TALK, QC, mine, AT + timedelta(minutes=30))
    return session


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_before_all_have_submitted_nobody_reads_an_answer_of_another(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    session = one_scored(workspace)
    says = {"ru": ("Оценить · 1", "отправили 1 из 2"), "en": ("To score · 1", "1 of 2 submitted")}[language]
    app = room(workspace, monkeypatch, "q1", language)
    for text in says:
        assert text in shown(app)
    for employee in ("q1", "h1"):
        page = shown(room(workspace, monkeypatch, employee, language, session=session.session_id))
        assert {"ru": "Ответов пока не видно", "en": "No answers to be seen yet"}[language] in page
        assert SECRET not in page
        assert "спешил" not in page
        assert "was in a hurry" not in page


def admitted(workspace: Workspace, login: str, role: AccessRole, teams: frozenset[str] | None = None) -> Viewer:
    """An account beside those of the sample company."""
    person = Person(f"account-{login}", frozenset({role}), None, teams)
    account = Account(person, login, f"Нина {login}", company.AS_OF)
    workspace.store.apply(people.saved(account))
    with workspace.store.reading() as reader:
        return Viewer(account, people.team_of_agents(reader))


def test_a_session_on_another_teams_call_is_not_there_by_its_address(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.store.write(*people.team_saved(Team("north", "Север"), ["m1"]))  # the call is Борис's, m2
    nina = admitted(workspace, "n1", AccessRole.HEAD, frozenset({"north"}))
    version = published(workspace.store)
    session = kept(workspace.store, session_of(company.TALK, participants=(HEAD, OTHER), at=AT))
    assert version.form.code == session.form_code
    app = room(workspace, monkeypatch, "n1", session=session.session_id)
    assert "Такой сессии нет" in shown(app)
    assert "Поздоровался" not in shown(app)
    assert "Сессий калибровки пока нет" in shown(room(workspace, monkeypatch, "n1"))
    for step in (views.open_answers, views.close, views.reopen):
        with pytest.raises(UsageError, match="calibration_not_leader"):
            step(workspace, nina, session.session_id, AT)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_a_session_waits_for_no_one_person_whoever_may_lead_it_and_takes_no_part_opens_and_closes_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    session = one_scored(workspace)
    admitted(workspace, "n1", AccessRole.QC)
    app = room(workspace, monkeypatch, "n1", language, session=session.session_id)
    page = shown(app)
    assert ("ведёт Вера Главная" if language == "ru" else "led by Вера Главная") in page
    assert SECRET.split(",")[0] not in page  # not open yet, for whoever leads neither
    app.button(key="session_open").click().run()
    assert SECRET.split(",")[0] in shown(app)
    app.button(key="session_close").click().run()
    with workspace.store.reading() as reader:
        kept_ = store.session(reader, session.session_id)
        steps = reader.rows("select actor, action from audit where action like 'calibration%' order by happened_at")
    assert kept_ is not None
    assert kept_.led_by == HEAD  # the author stays
    assert [(row["actor"], row["action"]) for row in steps] == [
        ("Нина n1", "calibration_opened"),
        ("Нина n1", "calibration_closed"),
    ]


def test_whoever_takes_part_or_lost_the_right_leads_nothing(workspace: Workspace) -> None:
    session = both_scored(workspace)
    for employee in ("q1", "q2"):
        with workspace.store.reading() as reader:
            account = account_with_id(reader, f"account-{employee}")
        assert account is not None
        with pytest.raises(UsageError, match="calibration_not_leader"):
            views.close(workspace, Viewer(account, {}), session.session_id, AT)
    vera = company.viewer(workspace)
    without = replace(vera.account.person, roles=frozenset({AccessRole.OWNER, AccessRole.ADMIN}))
    with pytest.raises(UsageError, match="calibration_not_leader"):
        views.close(workspace, Viewer(replace(vera.account, person=without), {}), session.session_id, AT)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_an_owner_looks_at_the_figures_and_finds_no_sessions(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    session = both_scored(workspace)
    owner = admitted(workspace, "o1", AccessRole.OWNER)
    app = room(workspace, monkeypatch, "o1", language)
    tabs = next(item for item in app.get("button_group") if item.key == "calibration_tab")
    assert (tabs.value, len(tabs.options)) == ("agreement", 2)
    assert "session_open" not in {button.key for button in app.button}
    assert "calling_form" not in {box.key for box in app.selectbox}
    assert views.session_view(workspace, owner, session.session_id) is None
    assert views.session_list(workspace, owner).lines == ()
    assert figures_view(workspace, owner, 30, AT) is not None


def test_an_unannounced_session_is_nowhere_in_the_participants_room_until_it_is_opened(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = one_scored(workspace, Blindness.UNKNOWN)
    with workspace.store.reading() as reader:
        assert [item.call_id for item in views.unannounced_calls(reader, QC)] == [company.TALK]
        assert views.session_for(reader, company.TALK, QC) == session.session_id
        assert views.unannounced_calls(reader, OTHER) == ()  # has submitted
    assert "Сессий калибровки пока нет" in shown(room(workspace, monkeypatch, "q1"))
    assert "Такой сессии нет" in shown(room(workspace, monkeypatch, "q1", session=session.session_id))
    assert "Ждём остальных · 1" in shown(room(workspace, monkeypatch, "h1"))
    # A reviewer who takes no part might tell; another head may lead it.
    assert views.session_view(workspace, admitted(workspace, "n1", AccessRole.QC), session.session_id) is None
    another = views.session_view(workspace, admitted(workspace, "n2", AccessRole.HEAD), session.session_id)
    assert another is not None
    assert another.may_open

    app = room(workspace, monkeypatch, "h1", session=session.session_id)
    app.button(key="session_open").click().run()
    assert "Обсудить · 1" in shown(room(workspace, monkeypatch, "q1"))
    with workspace.store.reading() as reader:
        assert views.session_for(reader, company.TALK, QC) is None


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_an_open_session_shows_differences_first_and_is_agreed_on_by_keys(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    session = both_scored(workspace)
    app = room(workspace, monkeypatch, "h1", language, session=session.session_id)
    page = shown(app)
    words = {
        "ru": ("Поздоровался?", "Договорился о шаге?", "спешил", "▶ слушать с 0:07", "да", "≠"),
        "en": ("Greeted?", "Agreed a next step?", "was in a hurry", "▶ listen from 0:07", "yes", "≠"),
    }[language]
    for text in (*words[:3], words[4]):
        assert text in page, text
    links = [item.label for item in app.main.get("page_link")]
    assert words[3] in links
    table = page[page.index("qcw-answers") :]
    assert table.index(words[0]) < table.index(words[1])  # the one they differ on stands above the one they don't
    assert [button.proto.shortcut for button in app.button if button.key in ("agreed_yes", "agreed_no")] == ["1", "2"]

    app.button(key="agreed_no").click().run()  # greeting
    app.button(key="agreed_4").click().run()  # needs
    all_alike = next(button for button in app.button if button.proto.shortcut == "ctrl+enter")
    all_alike.click().run()
    with workspace.store.reading() as reader:
        steps = store.steps_of_sessions(reader, [session.session_id])[session.session_id]
    assert [(step.question, step.reply.values if step.reply else None) for step in steps] == [
        ("greeting", ("no",)),
        ("needs", ("4",)),
        ("next_step", ("yes",)),
    ]
    # 0 of 10, (4 − 1) / (5 − 1) of 20, 20 of 20: 35 of 50
    assert ">70<" in shown(app)
    app.button(key="session_close").click().run()
    assert not [button for button in app.button if button.key == "agreed_yes"]
    app.button(key="session_reopen").click().run()
    assert [button for button in app.button if button.key == "agreed_yes"]


def test_a_participant_sees_the_comparison_and_can_agree_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = both_scored(workspace)
    app = room(workspace, monkeypatch, "q1", session=session.session_id)
    assert SECRET.split(",")[0] in shown(app)
    keys = {button.key for button in app.button}
    assert not keys & {"agreed_yes", "session_close", "session_open"}


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_sessions_are_drawn_in_the_room_and_the_draw_is_made_again_on_the_page(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    published(workspace.store)
    app = room(workspace, monkeypatch, "h1", language)
    app.multiselect(key="calling_people").set_value([QC, OTHER]).run()
    app.date_input(key="calling_days").set_value((date(2026, 10, 1), date(2026, 10, 31))).run()
    app.number_input(key="calling_count").set_value(2).run()
    app.button(key="calling_draw").click().run()
    assert [error.value for error in app.error] == []
    with workspace.store.reading() as reader:
        made = store.sessions_of_person(reader, QC, 9)
    assert len(made) == 2
    assert {item.led_by for item in made} == {HEAD}
    page = shown(enter(app, "calibration", session=made[0].session_id))
    again = {"ru": "выходят те же звонки", "en": "the same calls come out"}[language]
    assert again in page
    assert made[0].call_id in page


def test_a_call_that_a_participant_has_scored_is_refused_in_words(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = published(workspace.store)
    given = answers(greeting="yes", needs="2", next_step="yes")
    evaluate(workspace.store, version, company.TALK, QC, given, AT, Purpose.SCORE)
    app = room(workspace, monkeypatch, "h1")
    app.multiselect(key="calling_people").set_value([QC, OTHER]).run()
    app.radio(key="calling_how").set_value("chosen").run()
    app.text_input(key="calling_call").set_value(company.TALK).run()
    app.button(key="calling_choose").click().run()
    assert "Глеб Слушатель" in " ".join(error.value for error in app.error)


def measured(app: AppTest) -> AppTest:
    """Asked again until the figures are there, as the page does by itself."""
    until = time.monotonic() + 60
    while any("Считаем" in item.value or "Working" in item.value for item in app.info) and time.monotonic() < until:
        time.sleep(0.2)
        app.run()
    return app


def a_month_of_sessions(workspace: Workspace) -> list[tuple[str, str]]:
    """Four calls scored by two people; what they answered to the first question."""
    version = published(workspace.store)
    said = [("yes", "yes"), ("no", "no"), ("yes", "no"), ("yes", "yes")]
    calls = [company.TALK, company.PROMISE, company.REFUSED, company.PADDED]
    for place, (call_id, (mine, others)) in enumerate(zip(calls, said, strict=True)):
        at = AT + timedelta(hours=place)
        kept(workspace.store, session_of(call_id, at=at))
        for person, answer, minutes in ((QC, mine, 1), (OTHER, others, 5)):
            given = answers(greeting=answer, needs="3" if person == QC else "5", next_step="yes")
            if answer == "no":
                given["greeting"] = named(given["greeting"], cause="hurry")
            evaluate(workspace.store, version, call_id, person, given, at + timedelta(minutes=minutes))
    return said


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_alpha_on_the_page_is_that_of_the_rules_and_few_calls_are_said_to_be_few(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    said = a_month_of_sessions(workspace)
    expected = alpha(said, Level.NOMINAL)
    assert expected is not None
    # 5 yes and 3 no in 4 pairs, one unlike: 1 − 7 · 2 / (2 · 5 · 3)
    assert round(expected.value, 3) == 0.533
    page = shown(measured(room(workspace, monkeypatch, "h1", language, tab="agreement")))
    number = Translator(language).number
    assert expected.low is not None
    assert expected.high is not None
    assert f"α {number(expected.value, 2)} ({number(expected.low, 2)} … {number(expected.high, 2)})" in page
    assert {"ru": "Мало данных: 4 звонка", "en": "Few data: 4 calls"}[language] in page
    assert {"ru": "Назвал себя и компанию", "en": "Gave name and company"}[language] in page


def test_reviewers_are_named_to_the_head_and_only_oneself_to_a_specialist(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_month_of_sessions(workspace)
    seen = measured(room(workspace, monkeypatch, "h1", tab="reviewers"))
    table = seen.table[0].value
    assert set(table.iloc[:, 0]) == {"Глеб Слушатель", "Галина Вторая"}
    seen = measured(room(workspace, monkeypatch, "q1", tab="reviewers"))
    assert set(seen.table[0].value.iloc[:, 0]) == {"Глеб Слушатель (вы)", "коллега 1"}
    assert "Галина" not in shown(seen)


def test_agents_find_no_way_in(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    session = both_scored(workspace)
    app = start(workspace.home, "ru", monkeypatch, "m2")  # whose call it is
    entered = enter(app, "calibration", session=session.session_id)
    page = "\n".join(str(item.value) for item in (*entered.title, *entered.markdown, *entered.caption, *entered.text))
    assert "Поздоровался" not in page
    assert "Калибровка" not in page
    with workspace.store.reading() as reader:
        account = account_with_id(reader, "account-m2")
    assert account is not None
    assert views.session_view(workspace, Viewer(account, {}), session.session_id) is None
    with pytest.raises(UsageError, match="not_allowed"):
        figures_view(workspace, Viewer(account, {}), 30, AT)
