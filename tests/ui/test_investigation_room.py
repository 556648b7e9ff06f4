"""The room of the investigation and an agent's letters: each step pressed, who sees what, both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines import investigate
from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.investigation import InvestigationStep
from qc_workbench.domain.letter import LetterStep
from qc_workbench.domain.measure import MeasureDecision, MeasureKind
from qc_workbench.errors import UsageError
from qc_workbench.store import people
from qc_workbench.ui.views import investigation as views
from qc_workbench.ui.views.my import Shelf
from qc_workbench.workspace import Workspace
from tests.investigation_cases import BEGAN, CLAIM, ENDED, MIDDLE, OCTOBER, plant
from tests.ui import sample_company as company
from tests.ui.test_disputes_room import PAGES, enter, read, start

NOW = datetime.now(UTC)
AGENTS = ["m1", "m2", "m3", "m4", "m5", "m6"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = company.sample_company(tmp_path / "company")
    plant(found, AGENTS, {"m1": (4, 0), "m2": (4, 4)})
    return found


def room(app: AppTest) -> AppTest:
    """The room at October."""
    app.query_params["month"] = "2026-10"
    return app.switch_page(str(PAGES / "investigation.py")).run()


def until_letters(workspace: Workspace) -> None:
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, "Вера", BEGAN)
    for agent in ("m1", "m2"):
        investigate.confirm_case(workspace, hypothesis.hypothesis_id, f"10-{agent}-01-0", True, "Вера", MIDDLE)
    investigate.examine(workspace, OCTOBER, "Вера", MIDDLE)
    investigate.prepare_letters(workspace, OCTOBER, "Вера", MIDDLE)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_an_empty_month_says_what_a_hypothesis_is_and_takes_one(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.empty_company(tmp_path / "empty")
    app = enter(start(workspace.home, "h1", language, monkeypatch), "investigation")
    shown = read(app)
    assert ("ещё ничего не зафиксировано" if language == "ru" else "No hypothesis is locked this month yet") in shown
    app.number_input(key="inv_threshold").set_value(15.0)
    app.button(key="inv_fix").click().run()
    shown = read(app)
    assert ("выше 15" if language == "ru" else "15") in shown.replace("\xa0", " ")
    zone = workspace.settings.company.zone
    (state,) = investigate.read_investigation(workspace, NOW.astimezone(zone).date()).hypotheses
    assert state.hypothesis.threshold == 0.15
    assert state.hypothesis.fixed_late is (NOW.astimezone(zone).day > 5)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_month_is_led_from_examination_to_measures(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, "Вера", BEGAN)
    app = room(start(workspace.home, "h1", language, monkeypatch))
    app.button(key="inv_step_examine").click().run()
    shown = read(app)
    assert ("никто не подтвердил ни одного случая" if language == "ru" else "nobody has confirmed a case") in shown
    (state,) = investigate.read_investigation(workspace, OCTOBER).hypotheses
    assert state.examination is not None
    case = next(item for item in state.examination.agents if item.agent == "m1").cases[0]
    app.button(key=f"inv_confirm_{hypothesis.hypothesis_id}_{case.subject}").click().run()
    app.button(key="inv_step_examine").click().run()
    app.button(key="inv_step_letters").click().run()
    (letter,) = investigate.read_investigation(workspace, OCTOBER).letters
    assert letter.agent == "m1"
    app.text_area(key=f"inv_text_{letter.letter_id}").set_value(letter.text + "\nP. S.")
    app.button(key=f"inv_save_{letter.letter_id}").click().run()
    (letter,) = investigate.read_investigation(workspace, OCTOBER).letters
    assert letter.text.endswith("P. S.")
    app.button(key=f"inv_show_{letter.letter_id}").click().run()
    # m2 is above the threshold too, and nobody has confirmed a case: the month may go on without that letter.
    assert investigate.read_investigation(workspace, OCTOBER).step is InvestigationStep.LETTERS
    app.button(key="inv_step_check").click().run()
    view = investigate.read_investigation(workspace, OCTOBER)
    assert view.step is InvestigationStep.MEASURES
    measure = view.measures[0]
    app.selectbox(key=f"inv_kind_{measure.measure_id}").set_value(MeasureKind.NONE).run()
    app.text_input(key=f"inv_reason_{measure.measure_id}").set_value("первый раз").run()
    app.button(key=f"inv_change_{measure.measure_id}").click().run()
    assert investigate.read_investigation(workspace, OCTOBER).measures[0].stands is MeasureKind.NONE
    app.button(key=f"inv_measure_undo_{measure.measure_id}").click().run()
    app.button(key=f"inv_accept_{measure.measure_id}").click().run()
    assert investigate.read_investigation(workspace, OCTOBER).measures[0].stands is measure.proposed
    read(app)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_a_month_that_was_checked_shows_what_changed_beside_those_without_a_letter(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_letters(workspace)
    for letter in investigate.read_investigation(workspace, OCTOBER).letters:
        investigate.send_letter(workspace, letter.letter_id, LetterStep.SHOWN, "Вера", MIDDLE)
    investigate.check_again(workspace, OCTOBER, "Вера", ENDED)
    shown = read(room(start(workspace.home, "h1", language, monkeypatch))).replace("\xa0", " ")
    for said in {
        "ru": ("стало лучше", "лучше не стало", "регрессия к среднему", "Гипотеза: подтвердилась", "снизить дисцип"),
        "en": ("improved", "not improved", "regression to the mean", "Hypothesis: confirmed", "reduce the discipline"),
    }[language]:
        assert said in shown


def test_an_agent_reads_only_the_own_letter_and_answers_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_letters(workspace)
    letters = {item.agent: item for item in investigate.read_investigation(workspace, OCTOBER).letters}
    alla, boris = company.viewer(workspace, "m1"), company.viewer(workspace, "m2")
    assert views.my_letters(workspace, alla) == ()  # not sent yet
    for letter in letters.values():
        investigate.send_letter(workspace, letter.letter_id, LetterStep.SHOWN, "Вера", MIDDLE)
    assert [item.agent for item in views.my_letters(workspace, alla)] == ["m1"]
    with pytest.raises(UsageError, match="letter_unknown"):
        views.acknowledge(workspace, boris, letters["m1"].letter_id, NOW)
    with pytest.raises(UsageError, match="letter_unknown"):
        views.answer(workspace, boris, letters["m1"].letter_id, "это не я", NOW)
    app = enter(start(workspace.home, "m1", "ru", monkeypatch), "my")
    app.button_group(key="my_shelf").set_value(Shelf.LETTERS).run()
    shown = read(app)
    assert "Алла" in shown
    assert "Борис" not in shown
    mine = letters["m1"].letter_id
    app.button(key=f"my_letter_read_{mine}").click().run()
    app.text_area(key=f"my_letter_answer_{mine}").set_value("Так просил клиент").run()
    app.button(key=f"my_letter_send_{mine}").click().run()
    kept = next(item for item in investigate.read_investigation(workspace, OCTOBER).letters if item.agent == "m1")
    assert kept.acknowledged_at is not None
    assert [item.text for item in kept.answers] == ["Так просил клиент"]


def test_agents_and_reviewers_do_not_investigate(workspace: Workspace) -> None:
    for employee in ("m1", "q1"):
        with pytest.raises(UsageError, match="not_allowed"):
            views.investigation(workspace, company.viewer(workspace, employee), OCTOBER, NOW)
        with pytest.raises(UsageError, match="not_allowed"):
            views.fix(workspace, company.viewer(workspace, employee), replace(CLAIM, month=OCTOBER), BEGAN)


def test_a_head_of_one_team_sees_and_decides_on_that_team_only(workspace: Workspace) -> None:
    until_letters(workspace)
    for letter in investigate.read_investigation(workspace, OCTOBER).letters:
        investigate.send_letter(workspace, letter.letter_id, LetterStep.SHOWN, "Вера", MIDDLE)
    investigate.check_again(workspace, OCTOBER, "Вера", ENDED)
    workspace.store.write(*people.team_saved(Team("north", "Север"), ["m1"]))
    person = Person("account-n1", frozenset({AccessRole.HEAD}), None, frozenset({"north"}))
    workspace.store.apply(people.saved(Account(person, "n1", "Нина Северная", company.AS_OF)))
    nina = company.viewer(workspace, "n1")
    shown = views.investigation(workspace, nina, OCTOBER, NOW)
    (state,) = shown.view.hypotheses
    assert state.verdict is not None
    assert {item.agent for item in state.verdict.examination.agents} == {"m1"}
    assert {item.agent for item in (*shown.view.letters, *shown.view.checks)} == {"m1"}
    assert shown.view.measures == ()  # the one of m2 is another team's
    (measure,) = investigate.read_investigation(workspace, OCTOBER).measures
    with pytest.raises(UsageError, match="not_allowed"):
        views.decide(workspace, nina, measure, MeasureDecision.ACCEPTED, NOW + timedelta(hours=1))
