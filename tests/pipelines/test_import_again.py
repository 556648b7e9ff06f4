"""Importing again, changed, interrupted: nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.import_report import EntityCounts
from pipelines.ingest import ingest_csv, ingest_source
from pipelines.progress import Silent
from qc_workbench.domain.call import RecordingState
from qc_workbench.errors import ImportFailed, NotConfigured, UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.workspace import Workspace
from tests.import_cases import DEALS_HEADER, GOOD_DEAL, calls_csv, folder_with, new_workspace, wav

HEARD = "heard,2026-09-03T10:25:00+03:00,outbound,m1,+79160000003,5,3,answered,{name},ru"
FILES: dict[str, str | bytes] = {
    "calls.csv": calls_csv(HEARD.format(name="a.wav"), "bad,yesterday,outbound,m1,+79160000003,5,3,answered,,ru"),
    "deals.csv": f"{DEALS_HEADER}\n{GOOD_DEAL}\n",
    "recordings/a.wav": wav(),
}


class Steps:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.done: dict[str, float] = {}
        self._step = ""

    def start(self, step: str, total: int) -> None:
        self._step = step
        self.totals[step] = total

    def advance(self, units: float = 1, note: str = "") -> None:
        self.done[self._step] = self.done.get(self._step, 0) + units

    def finish(self) -> None:
        pass


def rows(workspace: Workspace) -> dict[str, list[dict[str, object]]]:
    """Everything that an import may write, for comparison."""
    tables = ("managers", "calls", "recordings", "deals", "recording_files")
    with workspace.store.reading() as reader:
        return {table: reader.rows(f"select * from {table} order by all") for table in tables}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "home")


def test_the_same_files_again_change_nothing_and_report_the_same(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", FILES)
    first = ingest_csv(workspace, folder, Silent())
    before = rows(workspace)
    again = ingest_csv(workspace, folder, Silent())
    assert not first.nothing_new
    assert again.nothing_new
    assert rows(workspace) == before
    assert again.rejects == first.rejects
    assert again.warnings == first.warnings
    assert again.recording_states == first.recording_states
    assert first.counts["calls"] == EntityCounts(new=3, rejected=1)
    assert again.counts["calls"] == EntityCounts(unchanged=3, rejected=1)
    assert list(again.counts) == list(first.counts)


def test_the_same_files_again_decode_no_recording(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", FILES)
    ingest_csv(workspace, folder, Silent())
    steps = Steps()
    ingest_csv(workspace, folder, steps)
    assert steps.totals == {}


def test_progress_reaches_its_total(workspace: Workspace, tmp_path: Path) -> None:
    steps = Steps()
    ingest_csv(workspace, folder_with(tmp_path / "in", FILES), steps)
    assert set(steps.totals) == {"import_tables", "import_recordings"}
    assert steps.done == steps.totals
    assert all(Translator(language).knows(f"step.{step}") for language in LANGUAGES for step in steps.totals)


def test_a_changed_row_is_updated_and_keeps_when_it_first_came(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", FILES)
    ingest_csv(workspace, folder, Silent())
    with workspace.store.reading() as reader:
        came = reader.value("select imported_at from calls where call_id = 'good-1'")
    (folder / "deals.csv").write_text(f"{DEALS_HEADER}\n{GOOD_DEAL.replace('open', 'won')}\n", encoding="utf-8")
    (folder / "calls.csv").write_text(calls_csv().replace("answered,,ru", "busy,,ru"), encoding="utf-8")
    report = ingest_csv(workspace, folder, Silent())
    assert report.counts["deals"] == EntityCounts(updated=1)
    assert report.counts["calls"] == EntityCounts(updated=1, unchanged=1)
    with workspace.store.reading() as reader:
        assert crm.deals(reader)[0].status.value == "won"
        assert reader.row("select outcome, imported_at from calls where call_id = 'good-1'") == {
            "outcome": "busy",
            "imported_at": came,
        }
        assert call_store.call(reader, "heard") is not None, "a row that left the export is kept"


def test_a_corrected_row_is_imported_and_leaves_rejects_csv(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", FILES)
    assert len(ingest_csv(workspace, folder, Silent()).rejects) == 1
    fixed = (folder / "calls.csv").read_text(encoding="utf-8").replace("yesterday", "2026-09-04T10:25:00+03:00")
    (folder / "calls.csv").write_text(fixed, encoding="utf-8")
    report = ingest_csv(workspace, folder, Silent())
    assert report.counts["calls"] == EntityCounts(new=1, unchanged=3)
    assert workspace.rejects_file.read_text(encoding="utf-8-sig").splitlines() == [
        "file,row,column,value,expected,message"
    ]


def test_a_recording_that_comes_later_is_picked_up(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {**FILES, "calls.csv": calls_csv(HEARD.format(name="late.wav"))})
    assert ingest_csv(workspace, folder, Silent()).recording_states["missing"] == 1
    assert ingest_csv(workspace, folder, Silent()).nothing_new
    (folder / "recordings" / "late.wav").write_bytes(wav())
    report = ingest_csv(workspace, folder, Silent())
    assert report.recording_states == {"absent": 2, "ready": 1}
    assert report.warnings == ()
    assert ingest_csv(workspace, folder, Silent()).nothing_new


def test_a_recording_that_grew_is_examined_again(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {**FILES, "recordings/a.wav": wav(1)})
    assert ingest_csv(workspace, folder, Silent()).recording_states["truncated"] == 1
    (folder / "recordings" / "a.wav").write_bytes(wav(5))
    assert ingest_csv(workspace, folder, Silent()).recording_states["ready"] == 1


def test_a_recording_removed_after_the_import_stays_audible(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", FILES)
    ingest_csv(workspace, folder, Silent())
    (folder / "recordings" / "a.wav").unlink()
    assert ingest_csv(workspace, folder, Silent()).nothing_new
    (folder / "calls.csv").write_text(calls_csv(HEARD.format(name="a.wav")), encoding="utf-8")
    report = ingest_csv(workspace, folder, Silent())
    assert report.recording_states["ready"] == 1
    assert report.warnings == ()


def test_sound_that_was_lost_from_the_workspace_is_taken_in_again(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", FILES)
    ingest_csv(workspace, folder, Silent())
    [kept] = workspace.media.rglob("*.wav")
    kept.unlink()
    assert ingest_csv(workspace, folder, Silent()).new_sounds == 1
    assert kept.is_file()


def test_changed_settings_judge_the_recordings_anew(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {**FILES, "recordings/a.wav": wav(3)})
    assert ingest_csv(workspace, folder, Silent()).recording_states["truncated"] == 1
    workspace.settings_file.write_text("[recordings]\ntruncated_below = 0.5\n", encoding="utf-8")
    report = ingest_csv(Workspace.open(workspace.home), folder, Silent())
    assert report.recording_states["ready"] == 1
    with workspace.store.reading() as reader:
        recording = call_store.recording(reader, "heard")
    assert recording is not None
    assert recording.state is RecordingState.READY


def test_a_second_folder_without_recordings_does_not_take_them_away(workspace: Workspace, tmp_path: Path) -> None:
    ingest_csv(workspace, folder_with(tmp_path / "in", FILES), Silent())
    other = folder_with(tmp_path / "other", {"calls.csv": FILES["calls.csv"]})
    report = ingest_csv(workspace, other, Silent())
    assert report.recording_states["ready"] == 1
    assert report.counts["calls"].unchanged == 3


KILLED = """
import sys
from pathlib import Path
from pipelines.ingest import ingest_csv
from pipelines.progress import Silent
from qc_workbench.workspace import Workspace

class Telling(Silent):
    def advance(self, units=1, note=""):
        print(note, flush=True)

ingest_csv(Workspace.open(Path(sys.argv[1])), Path(sys.argv[2]), Telling())
"""


@pytest.mark.parametrize("after", [1, 5, 40])
def test_an_import_killed_at_any_moment_goes_on_and_ends_as_if_never_killed(after: int, tmp_path: Path) -> None:
    lines = [HEARD.format(name=f"{place}.wav").replace("heard", f"c{place}") for place in range(40)]
    files: dict[str, str | bytes] = {**FILES, "calls.csv": calls_csv(*lines)}
    files |= {f"recordings/{place}.wav": wav(0.5 + place / 100) for place in range(40)}
    folder = folder_with(tmp_path / "in", files)
    whole, killed = new_workspace(tmp_path / "whole"), new_workspace(tmp_path / "killed")
    ingest_csv(whole, folder, Silent())

    command = [sys.executable, "-c", KILLED, str(killed.home), str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, start_new_session=True) as running:
        assert running.stdout is not None
        for _ in range(after):
            running.stdout.readline()
        os.kill(running.pid, signal.SIGKILL)
    ingest_csv(killed, folder, Silent())

    def without_times(found: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
        return {
            table: [{name: cell for name, cell in row.items() if name != "imported_at"} for row in entries]
            for table, entries in found.items()
        }

    assert without_times(rows(killed)) == without_times(rows(whole))
    assert sorted(item.name for item in killed.media.rglob("*.wav")) == sorted(
        item.name for item in whole.media.rglob("*.wav")
    )
    assert ingest_csv(killed, folder, Silent()).nothing_new


def test_leftovers_of_a_killed_copy_are_swept_when_they_are_old(workspace: Workspace, tmp_path: Path) -> None:
    incoming = workspace.media / ".incoming"
    incoming.mkdir(parents=True)
    (incoming / "old").write_bytes(b"half")
    (incoming / "fresh").write_bytes(b"half")
    long_ago = time.time() - 7200
    os.utime(incoming / "old", (long_ago, long_ago))
    ingest_csv(workspace, folder_with(tmp_path / "in", FILES), Silent())
    assert [item.name for item in incoming.iterdir()] == ["fresh"]


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("import_folder_missing", lambda path: None),
        ("import_folder_missing", lambda path: path.write_bytes(b"")),
        ("import_calls_missing", lambda path: path.mkdir()),
        ("import_calls_missing", lambda path: folder_with(path, {"deals.csv": ""}).joinpath("calls.csv").unlink()),
        ("import_calls_missing", lambda path: (path / "calls.csv").mkdir(parents=True)),
    ],
)
def test_a_folder_without_calls_fails_as_a_whole_and_says_what_is_needed(
    code: str, make: object, workspace: Workspace, tmp_path: Path
) -> None:
    make(tmp_path / "in")  # type: ignore[operator]
    with pytest.raises(ImportFailed) as caught:
        ingest_csv(workspace, tmp_path / "in", Silent())
    assert caught.value.code == code
    for language in LANGUAGES:
        said = Translator(language).error(caught.value)
        assert str(tmp_path / "in") in said
        assert "calls.csv" in said


def test_a_source_of_the_settings_is_imported_by_its_name(tmp_path: Path) -> None:
    settings = '[[sources]]\nname = "office"\nkind = "csv"\nfolder = "incoming"\n'
    workspace = new_workspace(tmp_path / "home", settings)
    folder_with(workspace.home / "incoming", FILES)
    assert ingest_source(workspace, "office", Silent()).counts["calls"].new == 3
    with pytest.raises(UsageError):
        ingest_source(workspace, "office", Silent(), since="2026-09-01T00:00:00+03:00")
    with pytest.raises(NotConfigured) as caught:
        ingest_source(workspace, "shop", Silent())
    for language in LANGUAGES:
        assert "office" in Translator(language).error(caught.value)
