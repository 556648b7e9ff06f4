"""Disks that are full, folders that can't be written, files that are cut, clocks that jump: nothing saved is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from qc_workbench.errors import QcwError, StoreFull, WorkspaceError
from qc_workbench.store import launch
from qc_workbench.store.database import Statement, Store, insert
from qc_workbench.ui.i18n import Translator
from tests.store.store_clients import audit_row

ROOT = Path(__file__).parents[2]


def a_store(folder: Path) -> Store:
    return Store(folder / "qcw.duckdb", folder / ".locks", launch.in_process)


def rows(store: Store) -> int:
    with store.reading() as reader:
        return int(reader.value("select count(*) from audit"))


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own that is soon full; needs the right to mount."""
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("this machine does not let tests mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def filler(number: int) -> Statement:
    return insert("audit", {**audit_row("filler", number), "detail": '"' + os.urandom(200_000).hex() + '"'})


def filled(store: Store) -> tuple[int, StoreFull]:
    """Write until the disk is full: how many writes were confirmed, and what was said then."""
    for number in range(1000):
        try:
            store.write(filler(number))
        except StoreFull as full:
            return number, full
    raise AssertionError("the disk took everything")


def test_a_full_disk_is_named_and_everything_confirmed_stays(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        store = a_store(disk)
        store.migrate()
        confirmed, full = filled(store)
        assert confirmed > 3
        assert full.code == "store_full"
        assert str(store.path) in Translator("ru").error(full)
        assert rows(store) == confirmed  # reading goes on, and nothing that was refused is there
        assert filled(store)[0] == 0
        os.kill(store.status().pid, 9)
        assert rows(store) == confirmed  # also for the next owner
        kept = confirmed
        subprocess.run(["mount", "-o", "remount,size=96m", str(disk)], check=True)  # somebody makes room
        store.write(insert("audit", audit_row("after", 1)))
        assert rows(store) == kept + 1
        store.release()


@pytest.mark.skipif(os.name == "nt", reason="rights of folders are another matter there")
def test_a_folder_that_cannot_be_written_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.write(insert("audit", audit_row("kept", 1)))
    store.release()
    shutil.rmtree(tmp_path / ".locks")
    before = store.path.read_bytes()
    with read_only(tmp_path):
        with pytest.raises(WorkspaceError) as refused:
            a_store(tmp_path).migrate()
        assert refused.value.code in {"workspace_unwritable", "store_damaged"}
        assert str(tmp_path) in Translator("en").error(refused.value)
        assert store.path.read_bytes() == before
    assert rows(a_store(tmp_path)) == 1
    store.release()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    if os.geteuid() != 0:
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)
        return
    # root writes into any folder: only a read-only mount stops it
    bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, check=False)
    if bound.returncode != 0:
        pytest.skip("this machine does not let tests mount a folder read-only")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("left", [0.5, *(pytest.param(left, marks=pytest.mark.slow) for left in (0.9, 0.1))])
def test_a_truncated_database_is_reported_and_its_last_copy_is_restored(tmp_path: Path, left: float) -> None:
    store = a_store(tmp_path)
    store.write(*(filler(number) for number in range(30)))
    store.backup(tmp_path / "copy.duckdb")
    store.compact()  # no free space at the end: what is cut off is missing
    store.release()
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[: int(len(whole) * left)])
    with pytest.raises(WorkspaceError) as damaged, a_store(tmp_path).reading() as reader:
        reader.rows("select * from audit")
    assert damaged.value.code == "store_damaged"
    assert "qcw.duckdb" in Translator("ru").error(damaged.value)
    a_store(tmp_path).release()
    (tmp_path / "copy.duckdb").replace(store.path)
    assert rows(a_store(tmp_path)) == 30
    store.release()


def test_a_log_whose_last_entry_was_cut_loses_that_entry_alone(tmp_path: Path) -> None:
    """The power fails in the middle of a write: the log beside the file ends in half an entry."""
    store = a_store(tmp_path)
    for number in range(5):
        store.write(insert("audit", audit_row("kept", number)))
    os.kill(store.status().pid, 9)
    log = tmp_path / "qcw.duckdb.wal"
    content = log.read_bytes()
    log.write_bytes(content + content[-100:][:57])  # what a sixth write had begun
    assert rows(a_store(tmp_path)) == 5
    store.release()


CLOCKED = """
import sys, datetime as real
from pathlib import Path
import qc_workbench.store.engine as engine
from qc_workbench.store import launch
from qc_workbench.store.database import Store, Write, insert, launch_with
from tests.store.store_clients import audit_row

class Jumping(real.datetime):
    shift = real.timedelta(0)
    @classmethod
    def now(cls, tz=None):
        return real.datetime.now(tz) + cls.shift

engine.datetime = Jumping
store = Store(Path(sys.argv[1]) / "qcw.duckdb", Path(sys.argv[1]) / ".locks", launch.in_thread)
assert store.write(insert("audit", audit_row("a", 1)), key="before")
for days in (4000, -4000, 0):
    Jumping.shift = real.timedelta(days=days)
    assert not store.write(insert("audit", audit_row("a", 1)), key="before")
    assert store.write(insert("audit", audit_row("a", 2)), key=f"in-{days}")
    store.release()   # the next owner clears what is old by the clock it has
assert not store.write(insert("audit", audit_row("a", 1)), key="before")
with store.reading() as reader:
    assert reader.value("select count(*) from audit") == 4
"""


def test_a_clock_that_jumps_neither_loses_nor_doubles_a_keyed_write(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOCKED, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_file_put_in_place_of_the_database_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "qcw.duckdb").write_text("заметки отдела" * 500, encoding="utf-8")
    before = (tmp_path / "qcw.duckdb").read_bytes()
    with pytest.raises(QcwError) as refused:
        a_store(tmp_path).migrate()
    assert refused.value.code == "store_damaged"
    assert (tmp_path / "qcw.duckdb").read_bytes() == before


def test_a_foreign_database_is_not_filled_with_our_tables_unasked(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "qcw.duckdb")) as other:
        other.execute("create table calls (number integer)")
    with pytest.raises(QcwError) as refused:
        a_store(tmp_path).migrate()
    assert refused.value.code == "store_foreign"
