"""Files of every earlier program are brought up to date with all they hold; others are left alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from qc_workbench.errors import StoreTooNew, WorkspaceError
from qc_workbench.store import launch
from qc_workbench.store.database import Store
from qc_workbench.store.schema import Migration, migrate, migrations, newest

STEPS = migrations()
#: Rows that a program of the first schema wrote; every later one must still have them.
FIRST_ROWS = """
insert into calls values ('c1', '2026-03-02 09:00:00+00', 'outbound', 'm1', '+79000000001', 61.5, 'answered', null,
    'c1.mp3', null, null, null, null, null, null, 'ru', '{"line": "7"}', '2026-03-02 20:00:00+00');
insert into recordings values ('c1', 'ready', 'abc', 'media/ab/abc.mp3', 1000, 'mp3', 'mp3', 8000, 2, 61.5, 0, null);
insert into failures
    values ('transcribe', 'c1', 'abc', 'audio_undecodable', '{"file": "c1.mp3"}', '2026-03-02 21:00+00');
insert into flags
    values ('f1', 'c1', 'fake_effective', 'flag', 0.9, '[]', '[]', 'd', '1', '2026-03-02 21:00+00', null);
insert into findings values ('r1', 'f1', 'confirmed', 'РОП', '2026-03-03 08:00+00', 'слышно гудки', null);
insert into applied_writes values ('import-1', '2026-03-02 20:00:00+00');
insert into audit values ('2026-03-03 08:00+00', 'РОП', 'ruled', 'f1', '{}');
"""


def file_of_version(folder: Path, version: int) -> Path:
    file = folder / "qcw.duckdb"
    with duckdb.connect(str(file)) as connection:
        migrate(connection, file, STEPS[:1])
        connection.execute(FIRST_ROWS)
        migrate(connection, file, tuple(step for step in STEPS if step.version <= version))
    for copy in (folder / "backups").glob("*"):
        copy.unlink()
    return file


def layout(file: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'UTC'")
        columns = connection.execute(
            "select table_name, column_name, data_type, is_nullable, column_default from duckdb_columns() "
            "where not internal order by all"
        ).fetchall()
        rules = connection.execute(
            "select table_name, constraint_type, constraint_column_names from duckdb_constraints() order by all"
        ).fetchall()
        indexes = connection.execute("select table_name, sql from duckdb_indexes() order by all").fetchall()
        return [*columns, *rules, *indexes]


def opened(folder: Path) -> Store:
    store = Store(folder / "qcw.duckdb", folder / ".locks", launch.in_thread)
    store.migrate()
    return store


def some_of(steps: Iterable[Migration]) -> list[object]:
    """The versions, of which `make test` takes the first, every eighth and the last three."""
    versions = [step.version for step in steps]
    quick = {1, *versions[::8], *versions[-3:]}
    return [pytest.param(version, marks=() if version in quick else pytest.mark.slow) for version in versions]


def test_steps_are_numbered_without_a_gap_and_twice_none() -> None:
    assert [step.version for step in STEPS] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize("version", some_of(STEPS))
def test_a_file_of_any_version_is_brought_up_with_all_its_rows(version: int, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    file_of_version(tmp_path, version)
    store = opened(tmp_path)
    with store.reading() as reader:
        assert reader.value("select max(version) from migrations") == newest()
        assert reader.value("select talk_s from calls") == 61.5
        assert reader.row("select step, call_id, code from failures") == {
            "step": "transcribe", "call_id": "c1", "code": "audio_undecodable",
        }  # fmt: skip
        assert reader.value("select reason from findings") == "слышно гудки"
        assert reader.value("select count(*) from audit where action = 'ruled'") == 1
        assert reader.value("select count(*) from applied_writes where key = 'import-1'") == 1
    assert store.write(key="import-1") is False
    store.release()
    fresh = opened(tmp_path / "new")
    fresh.release()
    assert layout(tmp_path / "qcw.duckdb") == layout(tmp_path / "new" / "qcw.duckdb")


@pytest.mark.parametrize("version", some_of(STEPS[:-1]))
def test_before_a_file_is_changed_a_complete_copy_is_kept(version: int, tmp_path: Path) -> None:
    file_of_version(tmp_path, version)
    opened(tmp_path).release()
    (copy,) = (tmp_path / "backups").glob("*.duckdb")
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert connection.execute("select max(version) from migrations").fetchone() == (version,)
        assert connection.execute("select count(*) from findings").fetchone() == (1,)


def test_a_file_that_is_up_to_date_is_not_copied(tmp_path: Path) -> None:
    file_of_version(tmp_path, newest())
    opened(tmp_path).release()
    assert not list((tmp_path / "backups").glob("*"))


def test_a_step_that_fails_changes_nothing_and_leaves_the_file_usable(tmp_path: Path) -> None:
    file = file_of_version(tmp_path, newest())
    faulty = Migration(newest() + 1, "broken.sql", "create table half (a integer); insert into nowhere values (1)")
    with duckdb.connect(str(file)) as connection:
        with pytest.raises(duckdb.CatalogException):
            migrate(connection, file, (*STEPS, faulty))
        assert connection.execute("select max(version) from migrations").fetchone() == (newest(),)
        assert connection.execute("select count(*) from duckdb_tables() where table_name = 'half'").fetchone() == (0,)
    with opened(tmp_path).reading() as reader:
        assert reader.value("select count(*) from calls") == 1


def test_a_newer_file_is_refused_untouched_with_both_versions_named(tmp_path: Path) -> None:
    file = file_of_version(tmp_path, newest())
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into migrations values (999, 'future', now())")
    before = file.read_bytes()
    with pytest.raises(StoreTooNew) as refused:
        opened(tmp_path)
    assert (refused.value.params["found"], refused.value.params["known"]) == (999, newest())
    assert file.read_bytes() == before


def test_without_room_for_the_copy_nothing_is_changed(tmp_path: Path) -> None:
    file = file_of_version(tmp_path, 1)
    (tmp_path / "backups").write_text("a file where the folder should be")
    with pytest.raises(WorkspaceError) as refused:
        opened(tmp_path)
    assert refused.value.code == "migration_backup_failed"
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("select max(version) from migrations").fetchone() == (1,)
