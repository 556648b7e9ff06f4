"""Sharing out by accounts: even, within capacities and absences, never to oneself; calls that come round again."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.assign_reviews import assign_reviews
from pipelines.check_integrity import check
from pipelines.draw_sample import draw_sample, replace_call, undo_replacement
from pipelines.progress import Silent
from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose
from qc_workbench.domain.flag import Flag, FlagKind, Verdict
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.errors import UsageError
from qc_workbench.store import calls as call_rows
from qc_workbench.store import open_calls, people, samples, second_looks, verdicts
from qc_workbench.store.database import Statement, insert, insert_all
from qc_workbench.ui.views.listening_day import listening_day
from qc_workbench.ui.views.queue import purpose_of
from qc_workbench.workspace import Workspace
from tests.sampling_cases import month_of_calls

MONDAY = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
Rows = dict[tuple[str, str], SampledCall]


@pytest.fixture(scope="module")
def drawn_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of calls of four agents, drawn on Monday; nobody may enter yet. Made once; tests work on copies."""
    home = tmp_path_factory.mktemp("plans") / "home"
    home.mkdir()
    (home / "qcw.toml").write_text("", encoding="utf-8")
    opened = Workspace.open(home)
    calls = [
        replace(item, started_at=item.started_at + timedelta(days=14)) for item in month_of_calls(days=14)
    ]  # 19 October to 1 November
    opened.store.write(
        *insert_all("calls", [call_rows.call_row(item, MONDAY) for item in calls]),
        *insert_all("recordings", [
            call_rows.recording_row(Recording(item.call_id, RecordingState.READY, "0" * 64, "a.wav", duration_s=60.0))
            for item in calls
        ]),
    )  # fmt: skip
    draw_sample(opened, MONDAY, Silent())
    opened.store.release()
    return home


@pytest.fixture
def workspace(drawn_home: Path, tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(drawn_home, tmp_path / "home"))


def admit(workspace: Workspace, name: str, calls_a_day: int, agent_id: str | None = None) -> None:
    person = Person(name, frozenset({AccessRole.QC}), agent_id)
    workspace.store.apply(
        people.saved(Account(person, name, name.title(), MONDAY, calls_a_day=calls_a_day, weekdays=frozenset(range(7))))
    )


def stored(workspace: Workspace) -> Rows:
    with workspace.store.reading() as reader:
        return {(row.draw_id, row.call_id): row for row in samples.sampled(reader)}


def loads(workspace: Workspace) -> Counter[str | None]:
    """Open calls, each counted once."""
    return Counter({call_id: row.assigned_to for (_, call_id), row in stored(workspace).items()}.values())


def test_calls_are_shared_out_evenly_once_and_each_call_goes_to_one_person(workspace: Workspace) -> None:
    for name in ("anna", "boris", "vera"):
        admit(workspace, name, 30)
    report = assign_reviews(workspace, MONDAY, Silent())
    rows = stored(workspace)
    found = loads(workspace)
    assert (report.reviewers, report.unassigned, report.assigned) == (3, 0, len(rows))
    assert set(found) == {"anna", "boris", "vera"}
    assert max(found.values()) - min(found.values()) <= 1
    assert len({(call_id, row.assigned_to) for (_, call_id), row in rows.items()}) == sum(found.values())
    assert report.open_calls == {name.title(): found[name] for name in sorted(found)}
    assert assign_reviews(workspace, MONDAY, Silent()).assigned == 0
    assert stored(workspace) == rows


def test_every_agent_goes_round_the_reviewers(workspace: Workspace) -> None:
    for name in ("anna", "boris"):
        admit(workspace, name, 60)
    assign_reviews(workspace, MONDAY, Silent())
    heard = Counter(
        {call_id: (call_id.split("-")[2], row.assigned_to) for (_, call_id), row in stored(workspace).items()}.values()
    )
    for agent in "0123":
        assert abs(heard[agent, "anna"] - heard[agent, "boris"]) <= 3, heard


def test_whoever_can_hear_twice_as_many_gets_twice_as_many(workspace: Workspace) -> None:
    admit(workspace, "full", 40)
    admit(workspace, "half", 20)
    assign_reviews(workspace, MONDAY, Silent())
    found = loads(workspace)
    assert found["full"] == pytest.approx(2 * found["half"], abs=2)


def test_the_calls_of_somebody_who_is_away_are_handed_on_and_those_begun_are_not(workspace: Workspace) -> None:
    for name in ("anna", "boris"):
        admit(workspace, name, 60)
    assign_reviews(workspace, MONDAY, Silent())
    before = stored(workspace)
    begun = next(call_id for (_, call_id), row in before.items() if row.assigned_to == "anna")
    tomorrow = date(2026, 11, 3)
    workspace.store.write(
        open_calls.begun(begun, "anna"), people.absence_noted("anna", tomorrow, tomorrow + timedelta(days=40))
    )
    assign_reviews(workspace, MONDAY + timedelta(days=1), Silent())
    after = stored(workspace)
    assert {call_id for (_, call_id), row in after.items() if row.assigned_to == "anna"} == {begun}
    assert all(after[key].assigned_to == "boris" for key, row in before.items() if row.assigned_to == "boris")


def test_nobody_gets_a_call_of_their_own_whatever_the_account_is_called(workspace: Workspace) -> None:
    admit(workspace, "anna", 30, agent_id="m0")
    assign_reviews(workspace, MONDAY, Silent())
    whose = {call_id: row.assigned_to for (_, call_id), row in stored(workspace).items()}
    own = {call_id for call_id in whose if call_id.split("-")[2] == "0"}
    assert own
    assert all(whose[call_id] is None for call_id in own)
    assert {whose[call_id] for call_id in whose.keys() - own} == {"m0"}


def test_what_nobody_has_room_for_in_four_weeks_waits_for_nobody_and_drawn_calls_go_first(workspace: Workspace) -> None:
    admit(workspace, "anna", 1)
    flags = [Flag(f"f{n}", f"c-00-3-0{n}", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "d", "1") for n in range(3)]
    workspace.store.write(*[insert("flags", verdicts.flag_row(flag, MONDAY)) for flag in flags])
    report = assign_reviews(workspace, MONDAY, Silent())
    rows = stored(workspace)
    assert report.targeted == 3
    mine = {call_id for (_, call_id), row in rows.items() if row.assigned_to == "anna"}
    assert 7 <= len(mine) <= 28
    assert report.unassigned > 0
    drawn = {call_id for (_, call_id), row in rows.items() if row.queue is Queue.RANDOM}
    assert mine <= drawn


def test_a_call_that_was_heard_for_one_plan_is_done_in_the_plan_drawn_later(workspace: Workspace) -> None:
    admit(workspace, "anna", 60)
    twice = next(
        call_id for call_id, number in Counter(call_id for _, call_id in stored(workspace)).items() if number > 1
    )
    first = next(draw_id for draw_id, call_id in stored(workspace) if call_id == twice)
    workspace.store.write(
        Statement(
            "update sample set status = 'done', assigned_to = 'gone' where call_id = ? and draw_id = ?", (twice, first)
        )
    )
    assign_reviews(workspace, MONDAY, Silent())
    found = [row for (_, call_id), row in stored(workspace).items() if call_id == twice]
    assert {(row.status, row.assigned_to) for row in found} == {(SampleStatus.DONE, "gone")}


def test_without_an_account_that_listens_the_employees_of_quality_control_get_the_calls(workspace: Workspace) -> None:
    admit(workspace, "idle", 0)
    workspace.store.write(Statement("insert into managers values ('q1', 'Глеб', 'qc', null, null, null, null, '{}')"))
    report = assign_reviews(workspace, MONDAY, Silent())
    assert set(loads(workspace)) == {"q1"}
    assert list(report.open_calls) == ["Глеб"]


# Taking a replacement back --------------------------------------------------------


def test_a_replacement_taken_back_leaves_the_draw_as_it_was_and_can_be_made_again(workspace: Workspace) -> None:
    before = stored(workspace)
    victim = next(row for row in before.values() if row.plan == "weekly" and row.inclusion_probability < 0.5)
    newcomer = replace_call(workspace, victim.draw_id, victim.call_id, "silent", "Anna", MONDAY, give_to="anna")
    assert stored(workspace)[victim.draw_id, str(newcomer)].assigned_to == "anna"
    undo_replacement(workspace, victim.draw_id, victim.call_id, "Anna", MONDAY)
    assert stored(workspace) == before
    assert replace_call(workspace, victim.draw_id, victim.call_id, "damaged", "Anna", MONDAY) == newcomer
    with workspace.store.reading() as reader:
        assert open_calls.replaced(reader, MONDAY, MONDAY + timedelta(days=1)) in ([], [("Anna", "damaged")])
        actions = [row["action"] for row in reader.rows("select action from audit order by rowid")]
    assert actions == ["call_replaced", "call_replacement_undone", "call_replaced"]
    assert [item for item in check(workspace, deep=False) if item.code.startswith("draw_")] == []


@pytest.mark.parametrize("what", ["begun", "replaced", "another after it"])
def test_a_replacement_that_something_was_built_on_stands(workspace: Workspace, what: str) -> None:
    weekly = [row for row in stored(workspace).values() if row.plan == "weekly" and row.inclusion_probability < 0.5]
    stratum, number = Counter((row.draw_id, row.stratum) for row in weekly).most_common(1)[0]
    victim, *others = [row for row in weekly if (row.draw_id, row.stratum) == stratum]
    newcomer = str(replace_call(workspace, victim.draw_id, victim.call_id, "silent", "Anna", MONDAY))
    if what == "begun":
        workspace.store.write(open_calls.begun(newcomer, "boris"))
    elif what == "replaced":
        replace_call(workspace, victim.draw_id, newcomer, "silent", "Anna", MONDAY)
    elif number > 1:
        replace_call(workspace, victim.draw_id, others[0].call_id, "silent", "Anna", MONDAY)
    else:
        pytest.skip("one call of the stratum was drawn")
    before = stored(workspace)
    with pytest.raises(UsageError, match="replacement_stands"):
        undo_replacement(workspace, victim.draw_id, victim.call_id, "Anna", MONDAY)
    assert stored(workspace) == before


# Second looks ---------------------------------------------------------------------


def score_all(workspace: Workspace, at: datetime, purpose: Purpose = Purpose.SCORE) -> int:
    """Everybody hands in what they have."""
    rows = {call_id: row for (_, call_id), row in stored(workspace).items() if row.assigned_to}
    for call_id, row in rows.items():
        score(workspace, call_id, str(row.assigned_to), at, purpose)
    workspace.store.write(Statement("update sample set status = 'done' where assigned_to is not null"))
    return len(rows)


def score(workspace: Workspace, call_id: str, person: str, at: datetime, purpose: Purpose = Purpose.SCORE) -> None:
    made = Evaluation(
        f"{purpose}-{call_id}-{person}", call_id, "f", 1, person, EvaluationState.SUBMITTED, at,
        submitted_at=at, score=Decimal(80), purpose=purpose,
    )  # fmt: skip
    row = {name: getattr(made, name) for name in Evaluation.__slots__}
    workspace.store.write(insert("evaluations", row | {"state": made.state.value, "purpose": made.purpose.value}))


def looks(workspace: Workspace) -> list[second_looks.OpenLook]:
    with workspace.store.reading() as reader:
        return second_looks.open_looks(reader, "Europe/Moscow")


def test_when_a_week_is_over_some_calls_come_round_to_another_and_after_two_weeks_to_the_same(
    workspace: Workspace,
) -> None:
    for name in ("anna", "boris"):
        admit(workspace, name, 60)
    assign_reviews(workspace, MONDAY, Silent())
    score_all(workspace, MONDAY + timedelta(hours=3))
    first = {call_id: row.assigned_to for (_, call_id), row in stored(workspace).items()}
    assign_reviews(workspace, MONDAY + timedelta(days=2), Silent())
    assert looks(workspace) == []  # the week is not over
    progress = stored(workspace)
    next_week = MONDAY + timedelta(days=7)
    assign_reviews(workspace, next_week, Silent())
    others = looks(workspace)
    assert others
    assert all(look.reviewer != first[look.call_id] for look in others)
    assert all(look.draws for look in others)  # the queue says what it said of them
    assign_reviews(workspace, next_week + timedelta(days=1), Silent())
    assert looks(workspace) == others
    assign_reviews(workspace, next_week + timedelta(days=8), Silent())
    same = [look for look in looks(workspace) if look not in others]
    assert same
    assert all(look.reviewer == first[look.call_id] for look in same)
    assert {look.call_id for look in same}.isdisjoint({look.call_id for look in others})
    assert stored(workspace) == progress  # no plan knows of them


def test_an_evaluation_of_a_call_that_came_round_is_a_second_look_and_then_it_is_over(workspace: Workspace) -> None:
    for name in ("anna", "boris"):
        admit(workspace, name, 60, agent_id=f"e-{name}")
    workspace.store.write(Statement("update people set agent_id = null where person_id = 'boris'"))
    assign_reviews(workspace, MONDAY, Silent())
    with workspace.store.reading() as reader:
        accounts = {account.person.reviewer_id: account.person.person_id for account in people.accounts(reader)}
    for call_id, who in {call_id: row.assigned_to for (_, call_id), row in stored(workspace).items()}.items():
        score(workspace, call_id, accounts[str(who)], MONDAY)
    workspace.store.write(Statement("update sample set status = 'done'"))
    assign_reviews(workspace, MONDAY + timedelta(days=7), Silent())
    look = next(item for item in looks(workspace) if item.reviewer == "e-anna")
    with workspace.store.reading() as reader:
        assert purpose_of(reader, look.call_id, "e-anna") is Purpose.SECOND_LOOK
        assert purpose_of(reader, look.call_id, "boris") is Purpose.SCORE
    score(workspace, look.call_id, "anna", MONDAY + timedelta(days=7), Purpose.SECOND_LOOK)
    with workspace.store.reading() as reader:
        assert purpose_of(reader, look.call_id, "e-anna") is Purpose.SCORE
    assert look.key not in {item.key for item in looks(workspace)}
    assign_reviews(workspace, MONDAY + timedelta(days=7), Silent())
    with workspace.store.reading() as reader:
        row = reader.row("select evaluation_id from second_looks where call_id = ?", look.call_id)
    assert row == {"evaluation_id": f"second_look-{look.call_id}-anna"}


def test_nothing_comes_round_where_the_settings_say_so(workspace: Workspace) -> None:
    text = "[review]\nsecond_looks_to_another = 0\nsecond_looks_to_same = 0\n"
    (workspace.home / "qcw.toml").write_text(text, encoding="utf-8")
    quiet = Workspace(workspace.home)
    for name in ("anna", "boris"):
        admit(quiet, name, 60)
    assign_reviews(quiet, MONDAY, Silent())
    score_all(quiet, MONDAY)
    for week in (1, 2, 3):
        assign_reviews(quiet, MONDAY + timedelta(weeks=week), Silent())
    assert looks(quiet) == []


def test_a_call_whose_sound_is_gone_does_not_come_round(workspace: Workspace) -> None:
    for name in ("anna", "boris"):
        admit(workspace, name, 60)
    assign_reviews(workspace, MONDAY, Silent())
    score_all(workspace, MONDAY)
    workspace.store.write(Statement("update recordings set state = 'expired'"))
    assign_reviews(workspace, MONDAY + timedelta(days=7), Silent())
    assert looks(workspace) == []


def test_a_plan_that_is_asked_for_again_the_same_day_counts_what_was_heard(workspace: Workspace) -> None:
    admit(workspace, "anna", 5)
    admit(workspace, "boris", 5)
    assign_reviews(workspace, MONDAY, Silent())
    assert assign_reviews(workspace, MONDAY, Silent()).assigned == 0  # far more than there is room for
    day = listening_day(workspace, "anna", MONDAY)
    assert (len(day.today), day.capacity, day.heard.calls) == (5, 5, 0)
    for task in day.today[:4]:
        score(workspace, task.call_id, "anna", MONDAY + timedelta(hours=2))
        workspace.store.write(open_calls.heard(task.call_id))
    later = listening_day(workspace, "anna", MONDAY + timedelta(hours=3))
    assert ([task.call_id for task in later.today], later.heard.calls) == ([day.today[4].call_id], 4)
    before = stored(workspace)
    assert assign_reviews(workspace, MONDAY + timedelta(hours=3), Silent()).assigned == 0
    assert stored(workspace) == before
