"""What is written on a disk is its user's alone, whatever the system gives new files."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.doctor import State, examine
from pipelines.make_workspace import make_workspace
from pipelines.upload_places import Folder
from qc_workbench.start import command
from qc_workbench.ui.i18n import Translator

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of files are others on Windows")


@pytest.fixture(autouse=True)
def _everybody_reads() -> Iterator[None]:
    """As most systems have it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Files and folders below, and itself, that somebody else may read, write or enter."""
    found = [folder, *folder.rglob("*")]
    return [str(path.relative_to(folder.parent)) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def qcw(*arguments: str, home: Path) -> None:
    line, environment = command(*arguments)
    environment |= {"QCW_HOME": str(home), "QCW_LANG": "en", "TMPDIR": str(home.parent)}
    done = subprocess.run(line, env=environment, cwd=home.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_commands_write_is_readable_by_its_user_alone(tmp_path: Path) -> None:
    """The database, recordings, copies, rejected rows, exports, backups, locks and logs."""
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    home = place / "office"
    qcw("init", str(home), home=home)
    qcw("ingest", "csv", str(ROOT / "samples"), home=home)
    qcw("export", "calls", "--format", "csv", "--out", str(place / "calls.csv"), home=home)
    (place / "backups").mkdir(mode=0o700)
    qcw("backup", str(place / "backups"), home=home)
    written = {path.name for path in place.rglob("*") if path.is_file()}
    assert {"qcw.toml", "qcw.duckdb", "calls.csv"} <= written
    assert any((home / "media").rglob("*.*"))
    assert any((place / "backups").rglob("*.*"))
    assert open_to_others(place) == []


def test_the_app_started_by_streamlit_keeps_files_to_itself_too() -> None:
    asked = "import os, runpy, sys; sys.argv = ['app.py']; runpy.run_path('app.py'); print(os.umask(0))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) & 0o077 == 0o077


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o700, 0o600), (0o750, 0o640), (0o755, 0o644)])
def test_a_report_in_a_shared_folder_is_for_those_who_may_read_the_folder(
    tmp_path: Path, folder_mode: int, file_mode: int
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(folder_mode)
    os.umask(0o077)
    Folder(shared).deliver("2026-09.pdf", b"report")
    assert stat.S_IMODE((shared / "2026-09.pdf").stat().st_mode) == file_mode


def test_the_doctor_warns_of_a_workspace_that_others_can_read(tmp_path: Path) -> None:
    home = make_workspace(tmp_path / "office").home  # of a process that keeps nothing to itself, as versions before did
    [found] = [check for check in examine(home) if check.code == "rights"]
    assert found.state is State.WARNING
    assert f"chmod -R go= {home}" in found.text(Translator("en"))
    home.chmod(0o700)
    assert [check for check in examine(home) if check.code == "rights"] == []
