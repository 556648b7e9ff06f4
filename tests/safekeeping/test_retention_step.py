"""What is older than its period goes, what is evidence stays and says why, and nothing works on it again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.check_integrity import check
from pipelines.detect import detect
from pipelines.export import records
from pipelines.ingest import ingest_csv
from pipelines.measure import measure
from pipelines.progress import Silent
from pipelines.retention import RetentionReport, apply_retention, remove_files
from qc_workbench.config import parse_settings
from qc_workbench.errors import SettingsError
from qc_workbench.reporting.export_fields import What
from qc_workbench.review.retention import Kind
from qc_workbench.store import calls as call_store
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.components.blocks import recording_state
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.import_cases import calls_csv, folder_with, new_workspace, wav
from tests.safekeeping.companies import kept_company, sounds
from tests.ui.sample_company import PADDED, PROMISE, REFUSED, SPOKEN, TALK, UNSURE

SETTINGS = "[retention]\nrecordings_months = 3\ntranscripts_months = 6\naudit_months = 12\n"
#: The sample calls are of October 2026.
AFTER_RECORDINGS = datetime(2027, 2, 1, 9, tzinfo=UTC)
AFTER_TRANSCRIPTS = datetime(2027, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    workspace = kept_company(tmp_path / "company")
    workspace.settings_file.write_text(SETTINGS, encoding="utf-8")
    return Workspace.open(workspace.home)


def of(report: RetentionReport, kind: Kind) -> tuple[int, set[str]]:
    (found,) = [item for item in report.kinds if item.kind is kind]
    return found.count, {item.call_id for item in found.held}


def states(workspace: Workspace) -> dict[str, str]:
    with workspace.store.reading() as reader:
        return {row["call_id"]: row["state"] for row in reader.rows("select call_id, state from recordings")}


def test_nothing_goes_unless_the_company_says_so(tmp_path: Path) -> None:
    workspace = kept_company(tmp_path / "company")
    report = apply_retention(workspace, datetime(2099, 1, 1, tzinfo=UTC), Silent())
    assert [item.count for item in report.kinds] == [0, 0, 0, 0]
    assert len(sounds(workspace.home)) == 5


def test_a_look_says_what_would_go_and_changes_nothing(company: Workspace) -> None:
    before = states(company), sounds(company.home)
    report = apply_retention(company, AFTER_RECORDINGS, Silent(), dry_run=True)
    assert (states(company), sounds(company.home)) == before
    assert of(report, Kind.RECORDING) == (3, {PADDED, REFUSED})
    assert of(report, Kind.TRANSCRIPT) == (0, set())
    done = apply_retention(company, AFTER_RECORDINGS, Silent())
    assert done.kinds == report.kinds
    assert (done.files_removed, done.freed_bytes) == (3, report.kinds[0].size_bytes)


def test_recordings_go_evidence_stays_and_the_page_says_since_when(company: Workspace) -> None:
    playable = company.home / "cache" / "playable"
    with company.store.reading() as reader:
        talk = call_store.recording(reader, TALK)
    assert talk is not None
    playable.mkdir(parents=True)
    (playable / f"{talk.content_hash}.wav").write_bytes(b"converted")
    apply_retention(company, AFTER_RECORDINGS, Silent(), actor="Вера")
    found = states(company)
    assert {call_id for call_id, state in found.items() if state == "expired"} == {UNSURE, PROMISE, TALK}
    assert len(sounds(company.home)) == 2
    assert list(playable.iterdir()) == []
    with company.store.reading() as reader:
        removed = call_store.recording(reader, TALK)
        entry = reader.row("select * from audit where action = 'retention_done'")
    assert recording_state(removed, Translator("en")) == "removed by retention on 1 February 2027"
    assert recording_state(removed, Translator("ru")) == "удалена по сроку хранения 1 февраля 2027"
    assert entry is not None
    assert entry["actor"] == "Вера"
    assert check(company, deep=True) == [item for item in check(company, deep=True) if item.code.startswith("draw_")]


def test_a_closed_case_goes_a_period_after_its_ruling(company: Workspace) -> None:
    ruled_at = datetime(2027, 1, 20, 9, tzinfo=UTC)
    company.store.write(
        insert("findings", {"finding_id": "r1", "flag_id": "flag-padded", "ruling": "confirmed", "ruled_by": "q1",
                            "ruled_at": ruled_at, "reason": "", "supersedes": None})
    )  # fmt: skip
    first = apply_retention(company, datetime(2027, 4, 20, 12, tzinfo=UTC), Silent())
    assert of(first, Kind.RECORDING) == (3, {PADDED, REFUSED})
    second = apply_retention(company, datetime(2027, 4, 20, 21, tzinfo=UTC), Silent())  # midnight in Moscow
    assert of(second, Kind.RECORDING) == (1, {REFUSED})


@pytest.mark.slow
def test_words_go_with_their_quotes_and_what_was_found_in_them_stands(company: Workspace) -> None:
    measure(company, Silent())
    detect(company, AFTER_RECORDINGS, Silent())

    def judged() -> list[dict[str, object]]:
        with company.store.reading() as reader:
            return [
                *reader.rows("select flag_id, verdict, retired_at from flags order by all"),
                *reader.rows("select commitment_id, action, outcome, due_to from commitments order by all"),
                *reader.rows("select call_id, client_said, false_refusal from refusals order by all"),
                *reader.rows("select * from conversations order by all"),
            ]

    before = judged()
    report = apply_retention(company, AFTER_TRANSCRIPTS, Silent())
    count, held = of(report, Kind.TRANSCRIPT)
    gone = SPOKEN.keys() - held
    assert count == len(gone) >= 2
    said = [text for call_id in gone for _, _, _, text in SPOKEN[call_id]]
    assert judged() == before
    measure(company, Silent())
    detect(company, AFTER_RECORDINGS, Silent())
    assert judged() == before
    with company.store.reading() as reader:
        texts = [str(row) for name in ("turns", "commitments", "refusals", "detected", "flags")
                 for row in reader.rows(f"select * from {name}")]  # fmt: skip
    assert [text for text in said if any(text[:-1] in row for row in texts)] == []
    assert {row["call_id"] for row in records(company, What.TRANSCRIPTS)} == held


def test_the_audit_log_goes_but_the_proof_of_an_erasure_stays_three_years(company: Workspace) -> None:
    old = datetime(2026, 1, 1, tzinfo=UTC)
    company.store.write(
        audit_entry(old, "q", "recording_played", TALK), audit_entry(old, "q", "person_erased", "e1"),
        audit_entry(datetime(2027, 1, 1, tzinfo=UTC), "q", "recording_played", TALK),
    )  # fmt: skip
    for moment, left in ((datetime(2027, 1, 2, 9, tzinfo=UTC), 2), (datetime(2029, 1, 3, tzinfo=UTC), 0)):
        apply_retention(company, moment, Silent())
        with company.store.reading() as reader:
            assert reader.value("select count(*) from audit where action <> 'retention_done'") == left


def test_a_file_that_two_calls_have_goes_with_the_last_of_them(company: Workspace) -> None:
    with company.store.reading() as reader:
        own = reader.row("select content_hash, path, size_bytes from recordings where call_id = ?", PADDED)
    assert own is not None
    company.store.write(
        Statement("update recordings set content_hash = ?, path = ?, size_bytes = ? where call_id = ?",
                  (*own.values(), TALK))
    )  # fmt: skip
    apply_retention(company, AFTER_RECORDINGS, Silent())
    assert states(company)[TALK] == "expired"
    assert (company.home / own["path"]).is_file(), "the padded call is held and has the same sound"


def test_a_run_killed_before_the_files_went_is_finished_by_the_next(company: Workspace) -> None:
    apply_retention(company, AFTER_RECORDINGS, Silent())
    kept = next(iter(sounds(company.home)))
    left = company.home / "media" / "ff" / "left.wav"
    left.parent.mkdir()
    left.write_bytes(b"sound")
    company.store.write(
        *(insert("removals", {"path": path, "since": AFTER_RECORDINGS}) for path in ("media/ff/left.wav", kept))
    )
    assert remove_files(company) == (1, 5)
    assert not left.parent.exists()
    assert (company.home / kept).is_file(), "a recording refers to it again"


def test_an_import_does_not_fetch_again_what_was_let_go(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home", SETTINGS)
    heard = "heard,2026-09-03T10:25:00+03:00,outbound,m1,+79000000003,5,3,answered,a.wav,ru"
    folder = folder_with(tmp_path / "in", {"calls.csv": calls_csv(heard), "recordings/a.wav": wav()})
    ingest_csv(workspace, folder, Silent())
    apply_retention(workspace, AFTER_RECORDINGS, Silent())
    assert sounds(workspace.home) == {}
    assert ingest_csv(workspace, folder, Silent()).nothing_new
    (folder / "calls.csv").write_text(calls_csv(heard.replace(",5,3,", ",6,3,")), encoding="utf-8")
    (folder / "recordings" / "a.wav").write_bytes(wav(6))
    report = ingest_csv(workspace, folder, Silent())
    assert report.counts["calls"].updated == 1
    assert states(workspace)["heard"] == "expired"
    assert sounds(workspace.home) == {}


def test_words_may_not_go_before_their_sound() -> None:
    with pytest.raises(SettingsError) as error:
        parse_settings("[retention]\nrecordings_months = 6\ntranscripts_months = 3\n", "qcw.toml")
    for language, says in (("ru", "не меньше recordings_months"), ("en", "at least recordings_months")):
        assert says in Translator(language).error(error.value)
    assert parse_settings(SETTINGS, "qcw.toml").retention.transcripts_months == 6
