"""Backups are whole or not there; what comes back is what went in."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

from pipelines.archive_format import Sounds
from pipelines.archive_keys import Keys, read_keys, write_key
from pipelines.backup import backup, one_at_a_time
from pipelines.progress import Silent
from pipelines.restore import restore, verify_archive
from qc_workbench.errors import ArchiveError, StoreTooNew, UsageError
from qc_workbench.store.copying import prune_copies
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace
from tests.safekeeping.companies import exported, kept_company, sounds


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return kept_company(tmp_path_factory.mktemp("original") / "company")


@pytest.fixture(scope="module")
def plain(original: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return backup(original, tmp_path_factory.mktemp("plain") / "backup.tar", Silent()).file


def code_of(error: pytest.ExceptionInfo[ArchiveError] | pytest.ExceptionInfo[UsageError]) -> str:
    return error.value.code


# The way there and back ------------------------------------------------------


def test_a_restored_workspace_says_byte_for_byte_what_the_original_says(
    original: Workspace, plain: Path, tmp_path: Path
) -> None:
    restore(plain, tmp_path / "again", Keys(), Silent())
    again = Workspace.open(tmp_path / "again")
    assert exported(again) == exported(original)
    assert sounds(again.home) == sounds(original.home)
    assert again.settings == original.settings
    assert (again.home / ".secret").stat().st_mode & 0o077 == 0
    assert sum(map(len, sounds(again.home).values())) > 100_000


# Opening by passphrase is slow on purpose: some seconds each time.
@pytest.mark.parametrize("way", ["recipient", pytest.param("passphrase", marks=pytest.mark.slow)])
def test_an_encrypted_backup_comes_back_with_its_key_and_hides_everything_else(
    original: Workspace, tmp_path: Path, way: str
) -> None:
    key = tmp_path / "key.txt"
    public = write_key(key)
    secret = tmp_path / "pass.txt"
    secret.write_text("верная лошадь батарея скрепка\n", encoding="utf-8")
    locking = read_keys((public,)) if way == "recipient" else read_keys(passphrase_file=secret)
    made = backup(original, tmp_path / "locked", Silent(), keys=locking)
    assert made.encrypted
    assert made.verified == (way == "passphrase")  # nobody here has the recipient's secret key
    content = made.file.read_bytes()
    assert b"qcw.toml" not in content
    assert b"manifest" not in content
    opening = read_keys(identity_file=key) if way == "recipient" else read_keys(passphrase_file=secret)
    restore(made.file, tmp_path / "again", opening, Silent())
    assert exported(Workspace.open(tmp_path / "again")) == exported(original)
    with pytest.raises(ArchiveError) as error:
        verify_archive(made.file, Keys(), Silent())
    assert code_of(error) == "backup_encrypted"
    other = tmp_path / "other.txt"
    write_key(other)
    secret.write_text("другой пароль", encoding="utf-8")
    wrong = read_keys(identity_file=other) if way == "recipient" else read_keys(passphrase_file=secret)
    with pytest.raises(ArchiveError) as error:
        verify_archive(made.file, wrong, Silent())
    assert code_of(error) == "backup_wrong_key"
    if way == "passphrase":
        return
    for cut in (1, 700, len(content) // 2):
        made.file.write_bytes(content[:-cut])
        with pytest.raises(ArchiveError) as error:
            verify_archive(made.file, opening, Silent())
        assert code_of(error) in ("backup_damaged", "backup_incomplete")
    made.file.write_bytes(content[:9000] + bytes([content[9000] ^ 1]) + content[9001:])
    with pytest.raises(ArchiveError) as error:
        verify_archive(made.file, opening, Silent())
    assert code_of(error) == "backup_damaged"


def test_a_plain_backup_opens_with_tar_and_zstd_alone(plain: Path, tmp_path: Path) -> None:
    import duckdb
    import pyarrow

    with tarfile.open(plain) as tar:
        names = tar.getnames()
        tar.extractall(tmp_path, filter="data")
    assert names[-1] == "manifest.json"
    with pyarrow.input_stream(str(tmp_path / "qcw.duckdb.zst"), compression="zstd") as packed:
        (tmp_path / "qcw.duckdb").write_bytes(packed.read())
    with duckdb.connect(str(tmp_path / "qcw.duckdb"), read_only=True) as store:
        assert store.execute("select count(*) from calls").fetchone() == (7,)
    listed = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert {item["name"] for item in listed["members"]} == set(names) - {"manifest.json"}


@pytest.mark.slow
def test_recordings_may_stay_out_or_lie_beside_each_once(original: Workspace, tmp_path: Path) -> None:
    without = backup(original, tmp_path / "without.tar", Silent(), sounds=Sounds.LEFT_OUT)
    assert without.manifest.recordings == ()
    shared = tmp_path / "sounds"
    first = backup(original, tmp_path / "first.tar", Silent(), sounds_folder=shared)
    kept = {path: path.stat().st_mtime_ns for path in shared.rglob("*.wav")}
    second = backup(original, tmp_path / "second.tar", Silent(), sounds_folder=shared)
    assert len(kept) == len(first.manifest.beside) == 5
    assert {path: path.stat().st_mtime_ns for path in shared.rglob("*.wav")} == kept, "nothing was copied twice"
    with pytest.raises(UsageError) as error:
        restore(second.file, tmp_path / "again", Keys(), Silent())
    assert code_of(error) == "restore_needs_recordings"
    restore(second.file, tmp_path / "again", Keys(), Silent(), sounds_folder=shared)
    assert sounds(tmp_path / "again") == sounds(original.home)
    next(iter(kept)).write_bytes(b"something else")
    with pytest.raises(ArchiveError) as error:
        verify_archive(second.file, Keys(), Silent(), sounds_folder=shared)
    assert code_of(error) == "backup_beside_missing"


@pytest.mark.slow
def test_a_backup_made_while_somebody_writes_holds_whole_transactions(original: Workspace, tmp_path: Path) -> None:
    stop = threading.Event()
    written = []

    def write() -> None:
        store, n = Workspace(original.home).store, 0
        pair = "insert into applied_writes (key, applied_at) values (?, now())"
        while not stop.is_set():
            store.write(Statement(pair, (f"pair-{n}-a",)), Statement(pair, (f"pair-{n}-b",)))
            n += 1
            written.append(n)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        files = [backup(original, tmp_path / f"{n}.tar", Silent(), sounds=Sounds.LEFT_OUT).file for n in range(4)]
    finally:
        stop.set()
        writer.join()
    counts = []
    for n, file in enumerate(files):
        restore(file, tmp_path / str(n), Keys(), Silent())
        with Workspace.open(tmp_path / str(n)).store.reading() as reader:
            row = reader.row(
                "select count(*) as keys, count(distinct split_part(key, '-', 2)) as pairs "
                "from applied_writes where key like 'pair-%'"
            )
        assert row is not None
        assert row["keys"] == 2 * row["pairs"]
        counts.append(row["pairs"])
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] <= len(written)


# What is refused -------------------------------------------------------------


def test_nothing_is_ever_overwritten(original: Workspace, plain: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.tar"
    there.write_bytes(b"precious")
    with pytest.raises(UsageError) as error:
        backup(original, there, Silent())
    assert code_of(error) == "backup_exists"
    assert there.read_bytes() == b"precious"
    used = tmp_path / "used"
    used.mkdir()
    (used / "letter.txt").write_text("precious")
    with pytest.raises(UsageError) as error:
        restore(plain, used, Keys(), Silent())
    assert code_of(error) == "restore_not_empty"
    assert [path.name for path in used.iterdir()] == ["letter.txt"]
    (used / "letter.txt").unlink()
    restore(plain, used, Keys(), Silent())
    assert (used / "qcw.toml").is_file()


@pytest.mark.parametrize("keep", [0, 100, 513, 5000, 0.3, 0.7, -600, -1100, -20000])
def test_a_backup_that_breaks_off_anywhere_is_no_backup(plain: Path, tmp_path: Path, keep: float) -> None:
    content = plain.read_bytes()
    short = tmp_path / "short.tar"
    length = int(len(content) * keep) if isinstance(keep, float) else keep if keep >= 0 else None
    short.write_bytes(content[: length if length is not None else _end_of_manifest(content) + 512 + int(keep)])
    with pytest.raises(ArchiveError) as error:
        restore(short, tmp_path / "again", Keys(), Silent())
    assert code_of(error) in ("backup_incomplete", "backup_damaged", "backup_not_archive")
    assert not (tmp_path / "again").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["short.tar"]


def _end_of_manifest(content: bytes) -> int:
    """Where the list ends: only empty blocks follow it."""
    return len(content.rstrip(b"\0"))


def test_every_changed_part_is_found_by_name(plain: Path, tmp_path: Path) -> None:
    with tarfile.open(plain) as tar:
        parts = [(member, tar.extractfile(member).read()) for member in tar.getmembers()]  # type: ignore[union-attr]
    for place in range(len(parts) - 1):
        member = parts[place][0]
        changed = tmp_path / f"{place}.tar"
        with tarfile.open(changed, "w") as tar:
            for other, (header, data) in enumerate(parts):
                data = bytes([data[0] ^ 1]) + data[1:] if other == place else data
                tar.addfile(header, io.BytesIO(data))
        with pytest.raises(ArchiveError) as error:
            verify_archive(changed, Keys(), Silent())
        assert (code_of(error), error.value.params["where"]) == ("backup_damaged", member.name)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "media/../../outside", "app.py", "media/.hidden"])
def test_an_archive_with_a_foreign_member_writes_nothing(plain: Path, tmp_path: Path, name: str) -> None:
    crafted = tmp_path / "crafted.tar"
    shutil.copy(plain, crafted)
    with tarfile.open(crafted, "w") as tar:
        header = tarfile.TarInfo(name)
        header.size = 4
        tar.addfile(header, io.BytesIO(b"evil"))
    with pytest.raises(ArchiveError) as error:
        restore(crafted, tmp_path / "deep" / "again", Keys(), Silent())
    assert code_of(error) == "backup_foreign"
    assert list(tmp_path.rglob("outside")) == []


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    crafted = tmp_path / "crafted.tar"
    with tarfile.open(crafted, "w") as tar:
        header = tarfile.TarInfo("qcw.toml")
        header.type, header.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(header)
    with pytest.raises(ArchiveError) as error:
        verify_archive(crafted, Keys(), Silent())
    assert code_of(error) == "backup_foreign"


def test_other_files_are_said_to_be_no_backup(tmp_path: Path) -> None:
    for content in (b"", b"hello" * 1000, b"PK\x03\x04" + bytes(5000)):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ArchiveError) as error:
            verify_archive(tmp_path / "file", Keys(), Silent())
        assert code_of(error) == "backup_not_archive"


def test_a_backup_of_a_newer_program_is_refused_before_anything_is_made(
    original: Workspace, plain: Path, tmp_path: Path
) -> None:
    newer = tmp_path / "newer.tar"
    with tarfile.open(plain) as tar, tarfile.open(newer, "w") as out:
        for member in tar:
            data = tar.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "manifest.json":
                data = json.dumps({**json.loads(data), "schema_version": 999}).encode()
                member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    with pytest.raises(StoreTooNew):
        restore(newer, tmp_path / "again", Keys(), Silent())
    assert not (tmp_path / "again").exists()


def test_a_missing_recording_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    workspace = kept_company(tmp_path / "company")
    lost, changed = sorted(sounds(workspace.home))[:2]
    (workspace.home / lost).unlink()
    content = (workspace.home / changed).read_bytes()
    (workspace.home / changed).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    made = backup(workspace, tmp_path / "backup.tar", Silent())
    assert sorted(made.manifest.missing) == [lost, changed]
    assert len(made.manifest.recordings) == 4


def test_two_backups_of_one_workspace_do_not_run_together(original: Workspace, tmp_path: Path) -> None:
    with one_at_a_time(original), pytest.raises(ArchiveError) as error:
        backup(original, tmp_path / "second.tar", Silent())
    assert code_of(error) == "backup_busy"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_nothing_half_finished(original: Workspace, tmp_path: Path) -> None:
    part = tmp_path / ".full.tar.part"
    part.symlink_to("/dev/full")
    with pytest.raises(ArchiveError) as error:
        backup(original, tmp_path / "full.tar", Silent())
    assert code_of(error) == "backup_unwritable"
    assert list(tmp_path.iterdir()) == []


# Many backups ----------------------------------------------------------------


def test_a_folder_keeps_the_newest_and_touches_nothing_else(original: Workspace, tmp_path: Path) -> None:
    old = [f"qcw-company-2026010{day}T030000Z.tar" for day in range(1, 5)]
    foreign = ["qcw-other-20260101T030000Z.tar", "qcw-company-notes.tar", "letter.txt"]
    for name in (*old, *foreign):
        (tmp_path / name).write_bytes(b"x")
    made = backup(original, tmp_path, Silent(), sounds=Sounds.LEFT_OUT, keep=3)
    assert {path.name for path in tmp_path.iterdir()} == {*old[2:], *foreign, made.file.name}
    assert {path.name for path in made.removed} == set(old[:2])


def test_what_was_made_is_remembered(original: Workspace, tmp_path: Path) -> None:
    made = backup(original, tmp_path, Silent(), sounds=Sounds.LEFT_OUT)
    with original.store.reading() as reader:
        row = reader.row("select * from backups where place = ?", str(made.file))
    assert row is not None
    assert (row["size_bytes"], row["sha256"], row["calls"]) == (made.file.stat().st_size, made.sha256, 7)


def test_only_the_newest_copies_before_migrations_stay(tmp_path: Path) -> None:
    names = [f"qcw-schema{n:04d}-2026010{n}T000000Z.duckdb" for n in range(1, 8)]
    for name in (*names, "mine.duckdb"):
        (tmp_path / name).touch()
    assert {path.name for path in prune_copies(tmp_path)} == set(names[:2])
    assert {path.name for path in tmp_path.iterdir()} == {*names[2:], "mine.duckdb"}


def test_a_backup_killed_at_any_moment_leaves_no_file_of_its_name(original: Workspace, tmp_path: Path) -> None:
    """kill -9 at moments all over a run; then the next backup clears up and is whole."""
    home = tmp_path / "company"
    shutil.copytree(original.home, home, ignore=shutil.ignore_patterns("*.wal", ".locks", "logs"))
    folder = tmp_path / "backups"
    folder.mkdir()
    ballast = home / "media" / "aa" / ("a" * 64 + ".wav")
    ballast.parent.mkdir(exist_ok=True)
    ballast.write_bytes(os.urandom(1 << 20) * 120)
    workspace = Workspace.open(home)
    workspace.store.write(
        Statement("update recordings set path = ?, content_hash = ?, size_bytes = ? where call_id = 'call-talk'",
                  (f"media/aa/{ballast.name}", "a" * 64, ballast.stat().st_size)),
    )  # fmt: skip
    command = [sys.executable, "-m", "qc_workbench.cli", "--home", str(home), "-q", "backup", str(folder)]
    seen_part = False
    for wait_s in (0.0, 0.05, 0.1, 0.2, 0.3):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while process.poll() is None and not list(folder.glob(".*.part")) and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen_part |= bool(list(folder.glob(".*.part")))
        for file in folder.glob("qcw-*"):
            verify_archive(file, Keys(), Silent())  # whoever has the name is whole
            file.unlink()
    assert seen_part, "no backup was killed half-way, so nothing was shown"
    assert subprocess.run([*command, "--keep", "1"], check=False, capture_output=True).returncode == 1  # "a"*64
    assert list(folder.glob(".*")) == []
    (made,) = folder.iterdir()
    verify_archive(made, Keys(), Silent())
    assert not (home / ".backup").exists()
