"""The room of order in the CRM: rules by agents, the breaches behind each number, their proof and a person's word."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.errors import UsageError
from qc_workbench.sampling.trends import Span
from qc_workbench.store import crm, verdicts
from qc_workbench.store.order import rule_text
from qc_workbench.store.people import team_saved
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.breaches import BreachState, breaches
from qc_workbench.ui.views.discipline import (
    lead_exchange,
    logged_calls,
    order_board,
    order_choice,
    rule_page,
    trend,
    tried_rule,
)
from qc_workbench.ui.views.violation_ruling import rule_on_faults, undo_rulings
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

#: The sample company's October; the room is asked in it and looked at later.
NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def breach(number: int, kind: ViolationKind, agent: str, day: int, **more: object) -> Violation:
    found = Violation(f"v{number}", kind, agent, datetime(2026, 10, day, 16, tzinfo=UTC))
    return replace(found, seen_at=found.happened_at, **more)  # type: ignore[arg-type]


BREACHES = (
    breach(1, ViolationKind.NO_TASK, "m1", 6, deal_id="d-7", cleared_at=datetime(2026, 10, 8, 16, tzinfo=UTC)),
    breach(2, ViolationKind.NO_TASK, "m1", 7, deal_id="d-8"),
    breach(3, ViolationKind.NO_NOTE, "m1", 7, call_id=company.TALK),
    breach(4, ViolationKind.NO_NOTE, "m2", 9, call_id=company.PROMISE),
    breach(5, ViolationKind.OVER_OPEN_DEALS, "m2", 9, deal_id="d-9", detail="61 / 60"),
    breach(6, ViolationKind.NO_DEAL, "m1", 20, call_id=company.TALK),
    breach(7, ViolationKind.CALL_NOT_LOGGED, "m2", 12, call_id=company.PROMISE),
)
STUCK = Deal("d-9", ("+79161112233",), "m2", "Думают", DealStatus.OPEN, datetime(2026, 9, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """For tests that only read."""
    return october_of(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return october_of(tmp_path)


def october_of(folder: Path) -> Workspace:
    made = company.sample_company(folder / "home")
    made.store.insert_many("violations", [verdicts.violation_row(item) for item in BREACHES])
    made.store.insert_many("deals", [crm.deal_row(STUCK)])
    return made


@pytest.fixture(scope="module")
def vera(kept: Workspace) -> Viewer:
    return company.viewer(kept)


def nina(workspace: Workspace) -> Viewer:
    """Head of the northern team, which Борис (m2) alone is in."""
    workspace.store.write(*team_saved(Team("north", "Север"), ["m2"]))
    person = Person("n1", frozenset({AccessRole.HEAD}), None, frozenset({"north"}))
    return Viewer(Account(person, "n1", "Нина Северная", NOW), {"m2": "north"})


def test_a_number_of_the_table_is_the_number_of_breaches_it_opens(kept: Workspace, vera: Viewer) -> None:
    choice = order_choice(kept, vera, NOW)
    board = order_board(kept, vera, choice)
    assert choice.first == date(2026, 10, 1)
    assert (board.opened, board.standing) == (7, 6)
    assert board.kinds[0] is ViolationKind.NO_DEAL  # the gravest stands on top
    assert board.agents == ("m1", "m2")  # most breaches first
    for standing in (True, False):
        for agent in (*board.agents, None):
            for kind in (*board.kinds, None):
                shown = breaches(kept, vera, agent, choice.within, kind, 1, only_standing=standing)
                cells = [
                    board.cell(one, who)
                    for one in board.kinds
                    for who in board.agents
                    if kind in (one, None) and agent in (who, None)
                ]
                counted = sum(cell.standing if standing else cell.opened for cell in cells)
                assert shown.count(kind) == counted
                if counted:
                    assert len(shown.listed) == counted


def test_a_breach_is_suspected_until_a_person_rules_and_again_after_the_undo(
    workspace: Workspace, vera: Viewer
) -> None:
    within = order_choice(workspace, vera, NOW).within

    def states() -> dict[str, BreachState]:
        shown = breaches(workspace, vera, None, within, None, 1, only_standing=False)
        return {item.violation_id: shown.state(item) for item in shown.listed}

    assert states()["v1"] is BreachState.CLEARED
    assert states()["v2"] is BreachState.STANDING
    rule_on_faults(workspace, vera, ["v1"], Ruling.CONFIRMED, NOW, "")
    made = rule_on_faults(workspace, vera, ["v2"], Ruling.REJECTED, NOW + DAY, "задача в другой системе")
    assert states()["v1"] is BreachState.CONFIRMED  # put right since, and it happened all the same
    assert states()["v2"] is BreachState.REJECTED
    undo_rulings(workspace, vera, made[0].batch, NOW + 2 * DAY)
    assert states()["v2"] is BreachState.STANDING


def test_the_head_of_a_team_sees_that_team_and_an_agent_nobody(workspace: Workspace) -> None:
    head = nina(workspace)
    choice = order_choice(workspace, head, NOW)
    assert choice.agents == frozenset({"m2"})
    assert order_board(workspace, head, choice).agents == ("m2",)
    assert {one.agent_id for one in logged_calls(workspace, head, choice)} <= {"m2"}
    shown = breaches(workspace, head, None, choice.within, None, 1, only_standing=False)
    assert {item.manager_id for item in shown.listed} == {"m2"}
    with pytest.raises(UsageError, match="not_allowed"):
        breaches(workspace, head, "m1", choice.within, None, 1)
    with pytest.raises(UsageError, match="not_allowed"):
        rule_on_faults(workspace, head, ["v2"], Ruling.CONFIRMED, NOW, "")
    agent = Viewer(Account(Person("a", frozenset({AccessRole.AGENT}), "m1", None), "a", "Алла", NOW), {})
    with pytest.raises(UsageError, match="not_allowed"):
        order_board(workspace, agent, order_choice(workspace, agent, NOW))


def test_the_days_count_what_was_opened_put_right_and_left_standing(kept: Workspace, vera: Viewer) -> None:
    choice = order_choice(kept, vera, NOW)
    days = {item.day.day: item for item in trend(kept, choice, NOW, "m1", ViolationKind.NO_TASK)}
    assert len(days) == 30  # up to today, which is the thirtieth
    assert (days[6].opened, days[6].standing) == (1, 1)
    assert (days[7].opened, days[7].standing) == (1, 2)
    assert (days[8].cleared, days[8].standing) == (1, 1)
    everybody = trend(kept, choice, NOW, None, None)
    assert sum(item.opened for item in everybody) == len(BREACHES)


def test_deals_beyond_the_limit_are_listed_for_the_exchange(kept: Workspace, vera: Viewer) -> None:
    (returned,) = lead_exchange(kept, vera, None)
    assert (returned.name, returned.deal_id, returned.deal and returned.deal.stage) == (
        "Борис Образцов", "d-9", "Думают",
    )  # fmt: skip
    assert lead_exchange(kept, vera, {"m1"}) == ()


def test_calls_made_stand_beside_calls_entered_day_by_day(workspace: Workspace, vera: Viewer) -> None:
    entered = Activity("log-1", "m2", ActivityType.CALL, NOW, done_at=datetime(2026, 10, 12, 9, tzinfo=UTC))
    meeting = replace(entered, activity_id="meeting-1", type=ActivityType.MEETING)
    workspace.store.insert_many("activities", [crm.activity_row(item) for item in (entered, meeting)])
    choice = order_choice(workspace, vera, NOW)
    counted = {one.agent_id: one for one in logged_calls(workspace, vera, choice)}
    with workspace.store.reading() as reader:
        made = reader.rows(
            "select manager_id, count(*) as n from calls where outcome = 'answered' and direction <> 'internal' "
            "and started_at >= ? and started_at < ? group by 1",
            *choice.within,
        )
    assert {row["manager_id"]: row["n"] for row in made} == {
        agent: one.made for agent, one in counted.items() if one.made
    }
    day = next(item for item in counted["m2"].days if item.day == date(2026, 10, 12))
    assert (day.entered, day.without_trace) == (1, 1)


def test_a_rule_says_what_it_asks_and_shows_its_query(kept: Workspace, vera: Viewer) -> None:
    page = rule_page(kept, vera, ViolationKind.NO_NOTE)
    assert (page.parameter, page.value) == ("note_within_hours", 24)
    assert page.query == rule_text(ViolationKind.NO_NOTE)
    assert page.shows_tariff
    qc = Viewer(Account(Person("q", frozenset({AccessRole.QC}), None, None), "q", "Глеб", NOW), {})
    assert not rule_page(kept, qc, ViolationKind.NO_NOTE).shows_tariff


def test_another_limit_is_tried_and_nothing_is_written(workspace: Workspace, vera: Viewer) -> None:
    first = datetime(2026, 10, 5, 9, tzinfo=UTC)
    deals = [
        replace(STUCK, deal_id=f"o-{n}", stage_since=first - n * DAY, created_at=first - n * DAY) for n in range(5)
    ]
    workspace.store.insert_many("deals", [crm.deal_row(item) for item in deals])
    choice = order_choice(workspace, vera, NOW, Span.QUARTER)
    with workspace.store.reading() as reader:
        before = reader.rows("select * from violations order by all")
    found = dict(tried_rule(workspace, vera, ViolationKind.OVER_OPEN_DEALS, 3, choice, NOW))
    with workspace.store.reading() as reader:
        held = reader.value("select count(*) from deals where manager_id = 'm2' and status = 'open'")
        assert reader.rows("select * from violations order by all") == before
    assert (found["Борис Образцов"].now, found["Борис Образцов"].then) == (0, held - 3)


@pytest.mark.parametrize(
    ("language", "words", "parts"),
    [
        (
            "ru",
            ("Случилось", "Порядок в CRM", "Нарушения · 7", "Пока это подозрение"),
            {"logged": "Борис Образцов", "exchange": "Скачать список CSV", "rules": "Примерить", "rulings": "Ждут"},
        ),
        (
            "en",
            ("Happened", "CRM discipline", "Breaches · 7", "Only suspected so far"),
            {"logged": "Борис Образцов", "exchange": "Download the list", "rules": "Try", "rulings": "wait"},
        ),
    ],
)
def test_the_room_shows_the_table_the_list_the_breach_that_is_open_and_its_other_parts(
    workspace: Workspace,
    language: str,
    words: tuple[str, ...],
    parts: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = start(workspace.home, language, monkeypatch)
    app.session_state["order_first_month"] = date(2026, 10, 1)  # the breaches' month, whenever the test runs
    enter(app, "discipline")
    shown = read(app)
    for text in words:
        assert text in shown
    table = app.dataframe[0].value
    assert list(table.columns) == ["m1", "m2"]
    assert table.to_numpy().sum() == 7
    app.button(key="order_confirmed").click().run()
    assert "Вера Главная" in read(app)
    app.button(key="order_withdrawn").click().run()
    assert words[-1] in read(app)
    assert "Вера Главная" not in read(app)
    app.session_state["order_rule_page"] = "note_not_pinned"
    for part, text in parts.items():
        app.segmented_control(key="order_part").set_value(part).run()
        shown = read(app) + "".join(str(frame.value) for frame in app.dataframe)
        assert text in shown, part
        assert (rule_text(ViolationKind.NOTE_NOT_PINNED).strip() in shown) == (part == "rules")


def test_an_address_opens_the_breaches_of_a_field_and_the_choice_goes_into_it(
    kept: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(kept.home, "ru", monkeypatch), "discipline", agent="m1", rule="no_task")
    assert "Нарушения · 2" in read(app)
    app.toggle(key="order_standing").set_value(True).run()
    assert "Нарушения · 1" in read(app)
    app.selectbox(key="order_rule").set_value(None).run()
    assert "Нарушения · 3" in read(app)
    assert app.query_params.get("agent") == "m1"
    assert "rule" not in app.query_params


def test_an_address_nobody_can_read_shows_everything(kept: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(kept.home, "ru", monkeypatch), "discipline", agent="nobody", rule="no_rule")
    assert "Нарушения · 7" in read(app)


def test_the_file_for_the_exchange_opens_in_a_table_program() -> None:
    from qc_workbench.ui.components.discipline_parts import _csv

    rows = list(csv.reader(io.StringIO(_csv([{"Сделка": "=1+1", "Этап": "Думают"}]).decode("utf-8-sig"))))
    assert rows == [["Сделка", "Этап"], ["'=1+1", "Думают"]]


@pytest.mark.parametrize(("language", "words"), [("ru", "нарушений не найдено"), ("en", "No breaches were found")])
def test_an_empty_company_has_no_breaches(
    tmp_path: Path, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = company.empty_company(tmp_path / "home").home
    assert words in read(enter(start(home, language, monkeypatch), "discipline"))
