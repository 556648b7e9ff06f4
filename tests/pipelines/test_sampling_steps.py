from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.assign_reviews import assign_reviews
from pipelines.check_integrity import check
from pipelines.draw_sample import DrawReport, draw_sample, draw_statements, replace_call
from pipelines.progress import Silent
from qc_workbench.domain.call import Call, Manager, Recording, RecordingState, Role
from qc_workbench.domain.flag import Flag, FlagKind, Verdict
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.domain.transcript import Party, Transcript, Turn
from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import redraw, verify
from qc_workbench.sampling.passports import draw_of_passport, passport
from qc_workbench.store import calls as call_rows
from qc_workbench.store import listening, samples, verdicts
from qc_workbench.store.database import Statement, insert, insert_all
from qc_workbench.store.integrity import IntegrityProblem
from qc_workbench.workspace import Workspace
from tests.sampling_cases import call, month_of_calls

AS_OF = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
SOUND = b"some sound"
HASH = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A workspace with calls and a copy of it that is drawn, made once; tests work on copies."""
    calls, drawn = (tmp_path_factory.mktemp("homes") / name for name in ("calls", "drawn"))
    calls.mkdir()
    (calls / "qcw.toml").write_text("", encoding="utf-8")
    opened = Workspace.open(calls)
    opened.media.mkdir()
    (opened.media / "a.wav").write_bytes(SOUND)
    people = [Manager(f"m{n}", f"Agent {n}") for n in range(4)]
    people += [Manager("q1", "First", Role.QC), Manager("q2", "Second", Role.QC)]
    opened.store.write(*insert_all("managers", [call_rows.manager_row(person) for person in people]))
    put(opened, month_of_calls(days=9))
    opened.store.release()  # so that the file holds everything and may be copied
    shutil.copytree(calls, drawn)
    draw_sample(Workspace(drawn), AS_OF, Silent())
    Workspace(drawn).store.release()
    return {"calls": calls, "drawn": drawn}


@pytest.fixture
def workspace(homes: dict[str, Path], tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(homes["calls"], tmp_path / "home"))


@pytest.fixture
def drawn(homes: dict[str, Path], tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(homes["drawn"], tmp_path / "home"))


def put(workspace: Workspace, calls: list[Call]) -> None:
    recordings = [
        Recording(item.call_id, RecordingState.READY, HASH, "media/a.wav", len(SOUND), duration_s=60.0)
        for item in calls
    ]
    workspace.store.write(
        *insert_all("calls", [call_rows.call_row(item, AS_OF) for item in calls]),
        *insert_all("recordings", [call_rows.recording_row(item) for item in recordings]),
    )


def stored(workspace: Workspace) -> dict[tuple[str, str], SampledCall]:
    with workspace.store.reading() as reader:
        return {(row.draw_id, row.call_id): row for row in samples.sampled(reader)}


def test_every_plan_is_drawn_once_and_a_second_run_draws_nothing(workspace: Workspace) -> None:
    report = draw_sample(workspace, AS_OF, Silent())
    rows = stored(workspace)
    assert (report.draws, report.supplementary) == (9 + 2, 0)  # nine days, two weeks
    assert report.calls == report.total == len(rows)
    assert {row.plan for row in rows.values()} == {"daily", "weekly"}
    again = draw_sample(workspace, AS_OF + timedelta(days=1), Silent())
    assert (again.draws, again.calls, again.total) == (0, 0, len(rows))
    assert stored(workspace) == rows


def test_a_week_that_is_not_over_waits(workspace: Workspace) -> None:
    draw_sample(workspace, datetime(2026, 10, 13, 6, tzinfo=UTC), Silent())  # the second Tuesday
    with workspace.store.reading() as reader:
        made = samples.draws(reader)
    assert sum(draw.plan.name == "weekly" for draw in made) == 1
    assert sum(draw.plan.name == "daily" for draw in made) == 8


def test_late_calls_get_their_own_draw_and_move_nothing(workspace: Workspace) -> None:
    draw_sample(workspace, AS_OF, Silent())
    before = stored(workspace)
    late = [replace(item, call_id=f"late-{item.call_id}") for item in month_of_calls(days=1)]
    put(workspace, late)
    report = draw_sample(workspace, AS_OF, Silent())
    after = stored(workspace)
    assert (report.draws, report.supplementary) == (2, 2)
    assert {key: after[key] for key in before} == before
    assert {row.call_id for key, row in after.items() if key not in before} <= {item.call_id for item in late}
    assert len(after) > len(before)


def test_a_run_stopped_between_draws_goes_on_where_it_was(workspace: Workspace) -> None:
    class StopAfterOnePlan(Silent):
        def advance(self, units: float = 1, note: str = "") -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_sample(workspace, AS_OF, StopAfterOnePlan())
    with workspace.store.reading() as reader:
        assert {draw.plan.name for draw in samples.draws(reader)} == {"daily"}
    assert draw_sample(workspace, AS_OF, Silent()).draws == 2
    assert problems(workspace) == []


def test_two_processes_at_once_draw_nothing_twice(workspace: Workspace) -> None:
    class DrawMeanwhile(Silent):
        def start(self, step: str, total: int) -> None:  # after the step has read, before it writes
            put(workspace, [call("just-imported")])
            other.append(draw_sample(workspace, AS_OF, Silent()))

    other: list[DrawReport] = []
    report = draw_sample(workspace, AS_OF, DrawMeanwhile())
    assert (report.draws, other[0].draws) == (0, 11)
    assert problems(workspace) == []


def test_stored_passports_draw_the_stored_rows_again_from_json_alone(drawn: Workspace) -> None:
    rows = stored(drawn)
    with drawn.store.reading() as reader:
        made = samples.draws(reader)
    for draw in made:
        content = json.loads(json.dumps(passport(draw, rows.values())))
        assert content["discrepancies"] == []
        copy = draw_of_passport(content)
        assert verify(copy, rows.values()) == ()
        assert {row.call_id for row in redraw(copy)} == {row["call_id"] for row in content["drawn"]}


def test_reviews_are_assigned_evenly_once_and_never_to_oneself(workspace: Workspace) -> None:
    put(workspace, [call(f"own-{n}", manager_id="q1") for n in range(5)])
    draw_sample(workspace, AS_OF, Silent())
    report = assign_reviews(workspace, AS_OF, Silent())
    rows = stored(workspace)
    assert report.assigned == len(rows)
    assert report.unassigned == 0
    heard: dict[str, set[str]] = {"q1": set(), "q2": set()}
    for row in rows.values():
        heard[str(row.assigned_to)].add(row.call_id)
    assert abs(len(heard["q1"]) - len(heard["q2"])) <= 1
    assert not any(name.startswith("own-") for name in heard["q1"])
    assert assign_reviews(workspace, AS_OF, Silent()).assigned == 0
    assert stored(workspace) == rows


def test_a_review_that_began_is_not_taken_away(drawn: Workspace) -> None:
    assign_reviews(drawn, AS_OF, Silent())
    mine = next(row for row in stored(drawn).values() if row.assigned_to == "q1")
    where = "where draw_id = ? and call_id = ?"
    drawn.store.write(
        Statement(f"update sample set status = 'in_progress' {where}", (mine.draw_id, mine.call_id)),
        Statement("update managers set left_at = ? where manager_id = 'q1'", (AS_OF - timedelta(days=1),)),
    )
    assign_reviews(drawn, AS_OF, Silent())
    rows = stored(drawn)
    assert rows[mine.draw_id, mine.call_id].assigned_to == "q1"
    assert {row.assigned_to for row in rows.values() if row.status is SampleStatus.WAITING} == {"q2"}


def test_flagged_calls_join_the_targeted_queue_and_leave_the_sample_as_it_was(drawn: Workspace) -> None:
    before = stored(drawn)
    flags = [Flag(f"f{n}", f"c-00-3-0{n}", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "d", "1") for n in range(3)]
    drawn.store.write(*[insert("flags", verdicts.flag_row(flag, AS_OF)) for flag in flags])
    assert assign_reviews(drawn, AS_OF, Silent()).targeted == 3
    rows = stored(drawn)
    targeted = {row.call_id for row in rows.values() if row.queue is Queue.TARGETED}
    assert targeted == {flag.call_id for flag in flags}
    random_rows = {key: replace(row, assigned_to=None) for key, row in rows.items() if row.queue is Queue.RANDOM}
    assert random_rows == before
    assert problems(drawn) == []


def test_a_replaced_call_is_kept_with_its_reason_and_the_next_one_takes_its_place(drawn: Workspace) -> None:
    with drawn.store.reading() as reader:
        weekly = next(draw for draw in samples.draws(reader) if draw.plan.name == "weekly")
    victim = next(row for row in redraw(weekly) if row.inclusion_probability < 0.5)
    newcomer = replace_call(drawn, weekly.draw_id, victim.call_id, "unintelligible", "q1", AS_OF)
    rows = stored(drawn)
    old, new = rows[weekly.draw_id, victim.call_id], rows[weekly.draw_id, str(newcomer)]
    assert (old.status, old.reason) == (SampleStatus.REPLACED, "unintelligible")
    assert (new.stratum, new.replaces) == (victim.stratum, victim.call_id)
    with drawn.store.reading() as reader:
        entry = reader.row("select * from audit where action = 'call_replaced'")
    assert entry is not None
    assert (entry["actor"], entry["object"]) == ("q1", victim.call_id)
    assert problems(drawn) == []
    with pytest.raises(UsageError, match="already_replaced"):
        replace_call(drawn, weekly.draw_id, victim.call_id, "silent", "q1", AS_OF)
    with pytest.raises(UsageError, match="not_in_draw"):
        replace_call(drawn, "no such draw", victim.call_id, "silent", "q1", AS_OF)


def test_a_targeted_call_that_cannot_be_judged_leaves_the_queue_for_good(workspace: Workspace) -> None:
    flag = Flag("f", "c-00-3-00", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "d", "1")
    workspace.store.write(insert("flags", verdicts.flag_row(flag, AS_OF)))
    assign_reviews(workspace, AS_OF, Silent())
    assert replace_call(workspace, "targeted", flag.call_id, "silent", "q1", AS_OF) is None
    assert assign_reviews(workspace, AS_OF, Silent()).targeted == 0
    (row,) = stored(workspace).values()
    assert (row.status, row.reason) == (SampleStatus.REPLACED, "silent")


# Integrity -----------------------------------------------------------------------


def problems(workspace: Workspace, *, deep: bool = False) -> list[IntegrityProblem]:
    """Without the notice that calls share a recording: here all of them do."""
    return [item for item in check(workspace, deep=deep) if item.code != "recording_attached_twice"]


def codes(workspace: Workspace, *, deep: bool = False) -> set[str]:
    return {problem.code for problem in problems(workspace, deep=deep)}


def test_calls_that_share_a_recording_are_named(drawn: Workspace) -> None:
    assert "recording_attached_twice" in {item.code for item in check(drawn)}


def test_sound_data_have_no_problem(drawn: Workspace) -> None:
    assert problems(drawn, deep=True) == []


def test_a_call_that_nobody_was_rung_for_is_no_fault(drawn: Workspace) -> None:
    drawn.store.write(Statement("update calls set manager_id = '' where call_id = 'c-00-0-00'"))
    assert "call_without_manager" not in codes(drawn)


@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("recording_without_call", "delete from calls where call_id = 'c-00-0-00'"),
        ("call_without_manager", "delete from managers where manager_id = 'm1'"),
        ("sample_without_call", "delete from calls"),
        ("sample_without_draw", "delete from draws"),
        ("draw_lacking", "delete from sample where plan = 'weekly'"),
        ("draw_probability", "update sample set inclusion_probability = 0.123"),
        ("draw_foreign", "update sample set stratum = 'direction=inbound'"),
        ("draw_identity", "update draws set seed = 'another'"),
        ("draw_identity", """update draws set plan = '{"name":"daily","period":"daily","shares":{},"strata":[]}'"""),
        ("draw_frame_changed", "update draws set frame = '[]'"),
        ("media_outside", "update recordings set path = '../a.wav'"),
        ("media_missing", "update recordings set path = 'media/b.wav'"),
        ("media_size", "update recordings set size_bytes = 1"),
        ("stage_change_without_deal", "insert into stage_changes values ('d9', now(), null, 'x', null, null)"),
        ("change_without_activity", "insert into activity_changes values ('a9', now(), 'due_at', '', '', null, null)"),
        (
            "bonus_approval_changed",
            "insert into bonus_approvals values ('x', 'm1', '2026-10-01', 1, '{}', 'other', 'q1', now(), false, null)",
        ),
        ("finding_without_flag", "insert into findings values ('x', 'f9', 'confirmed', 'q1', now(), '', null)"),
        (
            "flag_without_call",
            "insert into flags values ('f', 'c9', 'fake_effective', 'flag', 1, '[]', '[]', '', '', now(), null)",
        ),
    ],
)
def test_each_kind_of_damage_is_found(drawn: Workspace, code: str, damage: str) -> None:
    drawn.store.write(Statement(damage))
    assert code in codes(drawn)


def test_orphans_of_deals_are_found_once_deals_are_there(workspace: Workspace) -> None:
    orphan = Statement(
        "insert into activities (activity_id, manager_id, type, created_at, deal_id, attributes) "
        "values ('a1', 'm1', 'task', now(), 'd9', '{}')"
    )
    note = Statement("insert into notes values ('n1', now(), 'x', 'd9', null, null, false)")
    workspace.store.write(orphan, note)
    assert codes(workspace) == set()  # no deals.csv at all: nothing is missing from it
    workspace.store.write(
        Statement(
            "insert into deals (deal_id, client_phones, manager_id, stage, status, attributes) "
            "values ('d1', '[]', 'm1', 'x', 'open', '{}')"
        )
    )
    assert codes(workspace) == {"activity_without_deal", "note_without_deal"}


def test_a_recording_changed_on_disk_is_found_by_the_deep_check_only(workspace: Workspace) -> None:
    (workspace.media / "a.wav").write_bytes(SOUND[::-1])
    assert codes(workspace) == set()
    assert codes(workspace, deep=True) == {"media_changed"}


@pytest.mark.parametrize(
    ("content_hash", "times", "expected"),
    [
        (HASH, [(0, 2), (1.5, 4), (4, 60.2)], set()),
        (HASH, [(3, 4), (1, 2)], {"turn_order"}),
        (HASH, [(3, 2)], {"turn_order"}),
        (HASH, [(3, 61)], {"turn_beyond_end"}),
        ("1" * 64, [(0, 1)], {"transcript_of_other_sound"}),
    ],
)
def test_transcripts_fit_their_recordings(
    workspace: Workspace, content_hash: str, times: list[tuple[float, float]], expected: set[str]
) -> None:
    turns = tuple(Turn(Party.AGENT, 0, start, end, "да", 0.9) for start, end in times)
    transcript = Transcript("c-00-0-00", content_hash, "f", "ru", "e", "m", turns)
    workspace.store.write(*listening.save_transcript(transcript, AS_OF))
    assert codes(workspace) == expected


def test_turns_of_an_unknown_call_are_found(workspace: Workspace) -> None:
    transcript = Transcript("c9", HASH, "f", "ru", "e", "m", (Turn(Party.AGENT, 0, 0, 1, "да", 0.9),))
    workspace.store.write(*listening.save_transcript(transcript, AS_OF))
    assert codes(workspace) == {"transcript_without_call"}


def test_a_draw_is_written_with_its_calls_or_not_at_all(drawn: Workspace) -> None:
    with drawn.store.reading() as reader:
        draw = samples.draws(reader)[0]
    drawn.store.write(Statement("delete from draws where draw_id = ?", (draw.draw_id,)))
    with pytest.raises(Exception, match="onstraint"):  # its calls are still there
        drawn.store.write(*draw_statements(draw, redraw(draw)))
    assert codes(drawn) == {"sample_without_draw"}
