"""The evening control: frozen, taken once, shows its own moment however late it is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from pipelines.build_today import read_today
from pipelines.evening_control import control_moment, take_due_controls, take_evening_control
from pipelines.send_day import is_sent_on, recipients, send_day
from qc_workbench.domain.call import Direction, Outcome
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, StageChange
from qc_workbench.domain.evening import ControlOutcome, Unkept
from qc_workbench.domain.today import DayNumbers
from qc_workbench.reporting.facts import Facts, span
from qc_workbench.reporting.today import Figure
from qc_workbench.reporting.today_lists import DayList, listed, total_of
from qc_workbench.store import crm
from qc_workbench.store.database import Statement, insert_all
from qc_workbench.store.evening import control_history, control_items, control_of
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.property.test_tallies import companies
from tests.report_cases import at, call, promise
from tests.whole_store import write_facts

SIXTH = date(2026, 10, 6)
EMPTY = ("evening_controls", "evening_counts", "evening_items", "activity_changes", "stage_changes", "applied_writes")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home: Path = tmp_path_factory.mktemp("control")
    (home / "qcw.toml").write_text(
        '[[day.recipients]]\naddress = "Owner@example.com"\n[[day.recipients]]\naddress = "head@example.com"\n'
        'language = "en"\n',
        encoding="utf-8",
    )
    return Workspace.open(home)


@pytest.fixture
def workspace(home: Workspace) -> Workspace:
    home.store.write(*(Statement(f"delete from {table}") for table in EMPTY))
    write_facts(home, Facts(as_of=at(7)))
    return home


def task(name: str, due: datetime | None, done: datetime | None = None, **more: object) -> Activity:
    found = Activity(name, "m1", ActivityType.TASK, at(1), due_at=due, done_at=done)
    return replace(found, **more)  # type: ignore[arg-type]


def known(workspace: Workspace, *, tasks: tuple[Activity, ...] = (), deals: tuple[Deal, ...] = ()) -> None:
    write_facts(workspace, Facts(as_of=at(7), activities=tasks, deals=deals))


def moved(workspace: Workspace, name: str, when: datetime, old: datetime, new: datetime) -> None:
    change = ActivityChange(name, when, "due_at", old.isoformat(), new.isoformat(), "m1")
    workspace.store.write(*insert_all("activity_changes", [crm.activity_change_row(change)]))


def found(workspace: Workspace, kind: Unkept, day: date = SIXTH) -> list[str | None]:
    with workspace.store.reading() as reader:
        items = control_items(reader, day, kind, 100)
    return [item.commitment_id or item.activity_id or item.deal_id for item in items]


def test_what_was_overdue_at_seven_stays_so_whatever_is_closed_at_five_past(workspace: Workspace) -> None:
    known(workspace, tasks=(task("a", at(6, 12)), task("b", at(6, 20)), task("c", at(5, 12), done=at(6, 18))))
    report = take_evening_control(workspace, SIXTH, at(6, 19))
    assert report.outcome is ControlOutcome.TAKEN
    assert found(workspace, Unkept.OVERDUE) == ["a"]
    known(workspace, tasks=(task("a", at(6, 12), done=at(6, 19, 5)),))
    again = take_evening_control(workspace, SIXTH, at(6, 23))
    assert again.outcome is ControlOutcome.ALREADY
    assert again.control == report.control
    assert found(workspace, Unkept.OVERDUE) == ["a"]
    page = read_today(workspace, SIXTH, at(9))
    assert page.control.is_frozen
    assert page.control.totals[Unkept.OVERDUE] == 1
    assert listed(page, DayList.OVERDUE, Translator("ru")).rows


def test_a_control_taken_late_shows_its_own_moment(workspace: Workspace) -> None:
    known(
        workspace,
        tasks=(
            task("closed-later", at(6, 12), done=at(6, 19, 5)),
            task("put-off-later", at(9, 12)),
            task("made-later", at(6, 12), created_at=at(6, 20)),
            task("put-off-before", at(9, 12)),
        ),
    )
    moved(workspace, "put-off-later", at(6, 21), at(6, 15), at(9, 12))
    moved(workspace, "put-off-before", at(6, 15), at(6, 16), at(9, 12))
    take_evening_control(workspace, SIXTH, at(8))
    assert sorted(map(str, found(workspace, Unkept.OVERDUE))) == ["closed-later", "put-off-later"]
    assert found(workspace, Unkept.MOVED) == ["put-off-before"]


def test_a_date_without_a_time_lasts_until_midnight(workspace: Workspace) -> None:
    known(workspace, tasks=(task("whole-day", at(6, 0)), task("yesterday", at(5, 0))))
    take_evening_control(workspace, SIXTH, at(6, 19))
    assert found(workspace, Unkept.OVERDUE) == ["yesterday"]


def test_tasks_of_closed_deals_are_nobodys_fault(workspace: Workspace) -> None:
    deals = (
        Deal("won", (), "m1", "КП", DealStatus.WON, closed_at=at(5)),
        Deal("won-later", (), "m1", "КП", DealStatus.WON, closed_at=at(7)),
    )
    tasks = (task("a", at(5), deal_id="won"), task("b", at(5), deal_id="won-later"))
    known(workspace, tasks=tasks, deals=deals)
    take_evening_control(workspace, SIXTH, at(8))
    assert found(workspace, Unkept.OVERDUE) == ["b"]


def test_a_task_moved_to_an_earlier_day_or_another_hour_was_not_put_off(workspace: Workspace) -> None:
    known(workspace, tasks=(task("earlier", at(7)), task("hour", at(8, 15)), task("later", at(9))))
    moved(workspace, "earlier", at(6, 10), at(8), at(7))
    moved(workspace, "hour", at(6, 10), at(8, 10), at(8, 15))
    moved(workspace, "later", at(5, 10), at(7), at(8))
    moved(workspace, "later", at(6, 10), at(8), at(9))
    take_evening_control(workspace, SIXTH, at(6, 19))
    with workspace.store.reading() as reader:
        [item] = control_items(reader, SIXTH, Unkept.MOVED, 10)
    assert (item.activity_id, item.moves, item.days, item.since) == ("later", 2, 2.0, at(7))


def test_a_deal_is_stuck_in_the_stage_it_had_then(workspace: Workspace) -> None:
    deals = (
        Deal("stuck", (), "m1", "КП отправлено", DealStatus.OPEN, stage_since=at(1)),
        Deal("moved-on", (), "m1", "Договор", DealStatus.OPEN, stage_since=at(7)),
        Deal("fresh", (), "m1", "КП отправлено", DealStatus.OPEN, stage_since=at(4)),
    )
    known(workspace, deals=deals)
    changes = [
        StageChange("moved-on", at(1, month=9), "КП отправлено", "Новая"),
        StageChange("moved-on", at(7), "Договор", "КП отправлено"),
    ]
    workspace.store.write(*insert_all("stage_changes", [crm.stage_change_row(item) for item in changes]))
    take_evening_control(workspace, SIXTH, at(8))
    assert found(workspace, Unkept.STUCK) == ["moved-on", "stuck"]


def test_a_promise_that_was_broken_by_then_is_unkept(workspace: Workspace) -> None:
    promises = (
        promise("k1", CommitmentOutcome.MISSING, date(2026, 10, 5)),
        promise("k2", CommitmentOutcome.MISSING, date(2026, 10, 7)),
        promise("k3", CommitmentOutcome.KEPT, date(2026, 10, 5)),
    )
    calls = tuple(call(name, at(1)) for name in ("k1", "k2", "k3"))
    write_facts(workspace, Facts(as_of=at(7), calls=calls, commitments=promises))
    take_evening_control(workspace, SIXTH, at(6, 19))
    assert found(workspace, Unkept.PROMISE) == [promises[0].spoken.commitment_id]


@pytest.mark.parametrize(
    ("day", "now", "outcome"),
    [
        (SIXTH, at(6, 18, 59), ControlOutcome.TOO_EARLY),
        (date(2026, 10, 4), at(6), ControlOutcome.DAY_OFF),  # a Sunday
        (date(2026, 11, 4), at(6, month=11), ControlOutcome.DAY_OFF),  # a holiday
        (date(2026, 10, 31), at(2, month=11), ControlOutcome.DAY_OFF),  # a Saturday
    ],
)
def test_there_is_no_control_before_the_day_ends_or_on_a_day_off(
    workspace: Workspace, day: date, now: datetime, outcome: ControlOutcome
) -> None:
    assert take_evening_control(workspace, day, now).outcome is outcome
    with workspace.store.reading() as reader:
        assert control_of(reader, day) is None


def test_controls_that_were_missed_are_taken_once(workspace: Workspace) -> None:
    reports = take_due_controls(workspace, at(6, 20))
    assert [report.day.day for report in reports] == [30, 1, 2, 5, 6]  # no weekend
    assert take_due_controls(workspace, at(6, 21)) == ()
    with workspace.store.reading() as reader:
        assert list(control_history(reader, date(2026, 9, 1), SIXTH)) == [report.day for report in reports]


@pytest.mark.parametrize(("day", "hour"), [(date(2026, 3, 27), 18), (date(2026, 3, 30), 17), (date(2026, 10, 26), 18)])
def test_the_control_is_at_the_same_hour_of_the_clock_all_year(workspace: Workspace, day: date, hour: int) -> None:
    company = workspace.settings.company.model_copy(update={"timezone": "Europe/Berlin", "country": "DE"})
    moment = control_moment(workspace.settings.model_copy(update={"company": company}), day)
    assert moment.at == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


# The page ------------------------------------------------------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(companies)
def test_the_numbers_of_a_day_are_those_of_the_rows(home: Workspace, company: Facts) -> None:
    write_facts(home, company)
    page = read_today(home, SIXTH, company.as_of)
    zone = home.settings.company
    day = span(SIXTH, SIXTH, zone)
    ends = min(day.ends_at, company.as_of) if company.as_of < day.ends_at else day.ends_at
    calls = [
        item for item in company.calls if day.starts_at <= item.started_at < ends and item.direction.value != "internal"
    ]
    inbound = [item for item in calls if item.direction.value == "inbound"]
    assert (page.numbers.calls, page.numbers.inbound) == (len(calls), len(inbound))
    assert page.numbers.missed == sum(item.outcome.value != "answered" for item in inbound)
    assert page.numbers.effective == sum(item.outcome.value == "answered" and item.talk_s >= 40 for item in calls)
    assert sum(item.inbound + item.outbound for item in page.hours) == len(calls)
    assert sum(item.missed for item in page.hours) == page.numbers.missed
    for which in DayList:
        rows = listed(page, which, Translator("ru")).rows
        assert len(rows) == total_of(page, which), which
    for figure in Figure:
        assert page.compared(figure).days <= 4


def test_meetings_and_proposals_are_counted_by_what_was_done_on_the_day(workspace: Workspace) -> None:
    meeting, proposal = ActivityType.MEETING, ActivityType.PROPOSAL
    known(
        workspace,
        tasks=(
            task("set", at(9), type=meeting, created_at=at(6, 10)),
            task("held", at(6), type=meeting, done=at(6, 15)),
            task("sent", None, type=proposal, done=at(6, 16)),
            task("not-sent", at(6), type=proposal),
            task("task", at(6), done=at(6, 16)),
        ),
    )
    numbers = read_today(workspace, SIXTH, at(8)).numbers
    assert (numbers.meetings_set, numbers.meetings_held, numbers.proposals_sent) == (1, 1, 1)


def test_who_was_called_back_on_the_next_morning_was_called_back(workspace: Workspace) -> None:
    lost = replace(call("i", at(6, 18, 55), phone="+79000000009"), direction=Direction.INBOUND, outcome=Outcome.MISSED)
    back = call("b", at(7, 9, 3), phone="+79000000009")
    write_facts(workspace, Facts(as_of=at(9), calls=(lost, back)))
    [caller] = read_today(workspace, SIXTH, at(9)).callers
    assert caller.how.value == "in_time"
    [caller] = read_today(workspace, SIXTH, at(6, 20)).callers
    assert caller.how.value == "never"


def test_a_day_in_progress_is_compared_with_the_same_hours(workspace: Workspace) -> None:
    calls = tuple(call(f"c{hour}-{day}", at(day, hour), phone=None) for hour in (10, 16) for day in (6,))
    before = tuple(call(f"w{hour}", at(29, hour, month=9), phone=None) for hour in (10, 16))
    write_facts(workspace, Facts(as_of=at(6, 13), calls=calls + before))
    page = read_today(workspace, SIXTH, at(6, 13))
    assert not page.is_over
    assert page.numbers.calls == 1
    assert page.earlier[0] == DayNumbers(calls=1, effective=1)


# The mail ------------------------------------------------------------------------------------------------------------


def test_everybody_gets_the_page_once_in_their_language(workspace: Workspace) -> None:
    assert recipients(workspace, at(6)) == {"owner@example.com": "ru", "head@example.com": "en"}
    zone = workspace.settings.company.zone
    first = send_day(workspace, SIXTH, at(6, 19, 15), lambda language: Translator(language, zone))
    known(workspace, tasks=(task("a", at(6, 12)),))  # the numbers change meanwhile
    again = send_day(workspace, SIXTH, at(6, 20), lambda language: Translator(language, zone))
    assert (first.queued, first.already) == (2, 0)
    assert (again.queued, again.already) == (0, 2)
    with workspace.store.reading() as reader:
        subjects = [row["subject"] for row in reader.rows("select subject from outbox order by recipient")]
    assert [("октября" in item, "October" in item) for item in subjects] == [(False, True), (True, False)]


def test_no_page_is_sent_on_a_holiday_or_weekend(workspace: Workspace) -> None:
    days = [date(2026, 11, 3) + timedelta(days=n) for n in range(5)]
    assert [is_sent_on(workspace, day) for day in days] == [True, False, True, True, False]
