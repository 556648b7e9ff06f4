"""What was said about a person's calls while they were scored goes with the person; that it was said stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.erasure import erase
from qc_workbench.domain.coaching import Clip, ClipKind, CoachingTask, Comment, Passage, TaskState, TaskStep
from qc_workbench.domain.dispute import DisputeMove, Move
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.hearing import Heard
from qc_workbench.store import coaching, disputes, hearing
from qc_workbench.store.database import insert_all
from tests.safekeeping.companies import kept_company
from tests.ui.sample_company import PADDED, PHONE, REFUSED

AT = datetime(2026, 10, 9, 9, tzinfo=UTC)
SECRET = "Ирина искала паспорт"


def test_disputes_comments_and_tasks_stay_without_words_and_clips_go(tmp_path: Path) -> None:
    company = kept_company(tmp_path / "company")
    reply, written_by_hand = Reply("greeting", ("yes", "4"), None, SECRET), Reply("summary", (SECRET,))
    for move in (
        DisputeMove("e1", PADDED, "greeting", 1, Move.DISPUTE, reply, SECRET, "anna", AT),
        DisputeMove("e1", PADDED, "summary", 1, Move.DISPUTE, written_by_hand, SECRET, "anna", AT),
        DisputeMove(
            "e2", REFUSED, "greeting", 1, Move.DISPUTE, Reply("greeting", ("no",)), "о другом клиенте", "anna", AT
        ),
    ):
        company.store.apply(disputes.written([move]))
    comments = [
        Comment("k1", PADDED, "m1", Passage(3.0), SECRET, "qc", AT, True),
        Comment("k2", PADDED, "m1", Passage(3.0), SECRET + "!", "qc", AT, True, supersedes="k1"),
        Comment("k3", REFUSED, "m1", None, "о другом клиенте", "qc", AT, True),
    ]
    tasks = [
        CoachingTask("t1", "m1", SECRET, ("k2", "k3"), (PADDED, REFUSED), None, date(2026, 10, 12), "qc", AT),
        CoachingTask("t2", "m1", "о другом клиенте", ("k3",), (REFUSED,), None, date(2026, 10, 12), "qc", AT),
    ]
    clips = [
        Clip("p1", PADDED, 1.0, 5.0, ClipKind.BAD, SECRET, None, "qc", AT),
        Clip("p2", REFUSED, 1.0, 5.0, ClipKind.BAD, "о другом клиенте", None, "qc", AT),
    ]
    company.store.write(
        *insert_all("comments", [coaching.comment_row(item) for item in comments]),
        *insert_all("coaching_tasks", [coaching.task_row(item) for item in tasks]),
        *insert_all("clips", [coaching.clip_row(item) for item in clips]),
    )
    company.store.apply(coaching.step_written(TaskStep("t1", 1, TaskState.DONE, SECRET, "anna", AT)))

    cut = company.home / "cache" / "clips"
    cut.mkdir(parents=True)
    for name in ("p1", "p2"):
        (cut / f"{name}.wav").write_bytes(b"RIFF")

    erase(company, [PHONE], by="Вера Главная", now=AT)

    assert [path.name for path in cut.iterdir()] == ["p2.wav"]
    with company.store.reading() as reader:
        (first, second), (other,) = disputes.moves_of(reader, ["e1"]), disputes.moves_of(reader, ["e2"])
        assert (first.reason, first.reply, first.by) == ("", Reply("greeting", ("yes", "4")), "anna")
        assert second.reply == Reply("summary", ())
        assert first.call_id == second.call_id != PADDED
        assert (other.reason, other.call_id) == ("о другом клиенте", REFUSED)
        kept = coaching.comments_of_agent(reader, "m1", AT)
        new, old = sorted(
            (item for item in kept if item.call_id == first.call_id), key=lambda item: item.supersedes is None
        )
        assert (old.text, new.text, old.supersedes, new.supersedes) == ("", "", None, old.comment_id)
        assert not {old.comment_id, new.comment_id} & {"k1", "k2"}
        assert [item for item in kept if item.call_id == REFUSED] == [comments[2]]
        mixed, untouched = sorted(coaching.tasks_of_agents(reader), key=lambda task: task.task_id)
        assert (mixed.text, mixed.calls) == ("", (first.call_id, REFUSED))
        assert set(mixed.comments) == {"k3", new.comment_id}
        assert untouched == tasks[1]
        assert [item.note for item in coaching.steps_of(reader, ["t1"])] == [""]
        assert [item.clip_id for item in coaching.library(reader)] == ["p2"]
    files = [path for path in company.home.rglob("*") if path.is_file() and "backups" not in path.parts]
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == []


def test_who_heard_how_much_of_a_call_stays_under_an_id_of_chance(tmp_path: Path) -> None:
    company = kept_company(tmp_path / "company")
    for call_id, person_id in ((PADDED, "qc"), (PADDED, "head"), (REFUSED, "qc")):
        heard = Heard(call_id, person_id, ((0.0, 5.0),), 5.0, 9.0, AT)
        company.store.apply(hearing.heard_written(heard, None))

    erase(company, [PHONE], by="Вера Главная", now=AT)

    with company.store.reading() as reader:
        rows = reader.rows("select call_id, person_id, heard_s from heard order by person_id, call_id")
        assert [row["person_id"] for row in rows] == ["head", "qc", "qc"]
        assert {row["heard_s"] for row in rows} == {5.0}
        known = {row["call_id"] for row in reader.rows("select call_id from calls")}
    assert {row["call_id"] for row in rows} <= known
    assert PADDED not in {row["call_id"] for row in rows}
    assert REFUSED in {row["call_id"] for row in rows}
