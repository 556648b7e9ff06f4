"""Folders that other programs write into: links that lead out of them, pipes, files without an end."""

from __future__ import annotations

import os
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines import import_folder
from pipelines.kept_sounds import keep
from qc_workbench.config_sources import FilesSource
from qc_workbench.domain.call import RecordingState
from qc_workbench.domain.telephony import RecordingRef
from qc_workbench.errors import SourceError
from qc_workbench.sources import asterisk_files
from qc_workbench.sources.asterisk import AsteriskMeaning
from qc_workbench.sources.asterisk_files import AsteriskFiles
from qc_workbench.sources.asterisk_monitor import Monitor
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.csv_folder import contents_fingerprint, read_folder
from qc_workbench.sources.plain_files import open_plain, pieces
from qc_workbench.workspace import Workspace
from tests.import_cases import wav

KYIV = ZoneInfo("Europe/Kyiv")
NAME = "q-600-380671112233-20260302-101504-1772439304.1.wav"
REF = RecordingRef(NAME, "1772439304.1")
posix = pytest.mark.skipif(os.name != "posix", reason="pipes and links are others on Windows")


def old(path: Path) -> Path:
    """As a file that nobody writes any more."""
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))
    return path


def monitor(folder: Path) -> Monitor:
    return Monitor(folder, KYIV, folder.parent / "aside")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "monitor"
    made.mkdir()
    return made


@posix
@pytest.mark.parametrize("as_folder", [False, True])
def test_a_link_in_the_monitor_folder_brings_no_recording_from_elsewhere(folder: Path, as_folder: bool) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    secret = elsewhere / NAME
    secret.write_bytes(wav(1.0))
    old(secret)
    if as_folder:
        day = folder / "2026" / "03"
        day.mkdir(parents=True)
        (day / "02").symlink_to(elsewhere)
    else:
        (folder / NAME).symlink_to(secret)
    assert monitor(folder).file(REF) is None


@posix
def test_a_link_within_the_monitor_folder_is_followed_and_the_folder_may_be_one(folder: Path) -> None:
    kept = folder / "archive"
    kept.mkdir()
    (kept / "first.wav").write_bytes(wav(1.0))
    old(kept / "first.wav")
    (folder / NAME).symlink_to(kept / "first.wav")
    linked = folder.parent / "linked"
    linked.symlink_to(folder)
    assert monitor(linked).file(REF) == linked / NAME


@posix
def test_a_pipe_or_a_link_to_itself_among_recordings_is_none_of_them(folder: Path) -> None:
    os.mkfifo(folder / NAME)
    (folder / f"other-{NAME}").symlink_to(folder / f"other-{NAME}")
    assert monitor(folder).file(REF) is None


@posix
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path, make: object) -> None:
    place = tmp_path / "Master.csv"
    make(place)  # type: ignore[operator]
    with pytest.raises(OSError, match="no plain file"):
        open_plain(place)
    source = AsteriskFiles("pbx", place, None, AsteriskMeaning(KYIV, "UA", 5, "", frozenset()))
    with pytest.raises(SourceError, match="source_file_unreadable"):
        list(source.batches_from({}))


def test_a_file_that_grows_while_it_is_read_ends_where_it_ended(tmp_path: Path) -> None:
    """A writer as fast as the reader would fill the disk."""
    growing = tmp_path / "call.wav"
    growing.write_bytes(b"a" * 3_000_000)
    taken = b""
    with open_plain(growing) as file, growing.open("ab") as writer:
        for piece in pieces(file):
            taken += piece
            writer.write(b"b" * 2 * len(piece))
            writer.flush()
    assert taken == b"a" * 3_000_000


def test_a_recording_that_grows_is_kept_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    source = tmp_path / "call.wav"
    source.write_bytes(wav(2.0))
    kept = keep(Workspace(tmp_path / "office"), source)
    assert kept.sound.state is RecordingState.READY
    assert kept.path is not None
    assert (tmp_path / "office" / kept.path).read_bytes() == source.read_bytes()


def test_a_line_without_an_end_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    monkeypatch.setattr(AsteriskFiles, "_rows", lambda self, lines: (held.extend(map(len, lines)), ([], []))[1])
    master = tmp_path / "Master.csv"
    honest = b'"","101"\n'
    master.write_bytes(b"x" * 5_000_000 + b"\n" + honest + b"y" * 5_000_000)
    source = AsteriskFiles("pbx", master, None, AsteriskMeaning(KYIV, "UA", 5, "", frozenset()))
    [batch] = source.batches_from({})
    assert held == [asterisk_files._LONGEST_LINE, len(honest)]
    assert batch.position is not None
    assert batch.position["offset"] == 5_000_001 + len(honest), "what is still being written comes later"


@posix
def test_tables_of_a_folder_are_those_that_lie_in_it(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "exports", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    for place in (folder, elsewhere):
        old(_written(place / "sales.csv"))
    (folder / "link.csv").symlink_to(elsewhere / "sales.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    os.mkfifo(folder / "pipe.csv")
    for pattern in ("*", "../*/*.csv"):
        source = FilesSource(kind="files", name="f", folder=folder, mapping="m", pattern=pattern)
        found = {path.resolve() for path in import_folder._files(folder.resolve(), source)}
        assert found == {(folder / "sales.csv").resolve()}, pattern


@posix
@pytest.mark.parametrize("name", ["deals.csv", "deals.xlsx"])
def test_a_table_that_is_a_link_out_of_its_folder_is_told_and_not_read(tmp_path: Path, name: str) -> None:
    folder, elsewhere = tmp_path / "exports", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "calls.csv").write_text("call_id\n", encoding="utf-8")
    (elsewhere / name).write_text("secret of others\n", encoding="utf-8")
    (folder / name).symlink_to(elsewhere / name)
    (folder / "inside").mkdir()
    (folder / "inside" / "notes.csv").write_text("note_id\n", encoding="utf-8")
    (folder / "notes.csv").symlink_to(folder / "inside" / "notes.csv")
    before = contents_fingerprint(folder)
    found = read_folder(folder, Conventions(KYIV, "UA"))
    assert [(item.file, item.code) for item in found.problems] == [(name, "file_elsewhere")]
    assert found.notes.file == "notes.csv"
    assert "secret" not in repr(found)
    (elsewhere / name).write_text("another\n", encoding="utf-8")
    assert contents_fingerprint(folder) == before


def _written(path: Path) -> Path:
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    return path
