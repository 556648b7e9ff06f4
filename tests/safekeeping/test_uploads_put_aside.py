"""Files that were uploaded and not imported hold clients' phones: they do not outlive a day, nor an erasure."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.erasure import erase
from pipelines.progress import Silent
from pipelines.put_aside import KEPT_S, put_aside, throw_away
from pipelines.retention import apply_retention
from pipelines.run import run
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace

NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "home")


def aged(path: Path, seconds: float) -> Path:
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


@pytest.fixture
def old_and_new(workspace: Workspace) -> tuple[Path, Path]:
    new = put_aside(workspace, b"+79000001111", ".csv")
    return aged(put_aside(workspace, b"+79000002222", ".csv"), KEPT_S + 60), new


def test_a_file_is_put_aside_for_this_user_alone_and_that_of_yesterday_goes(
    workspace: Workspace, old_and_new: tuple[Path, Path]
) -> None:
    old, new = old_and_new
    assert put_aside(workspace, b"+79000001111", ".csv") == new, "the same bytes are one file"
    assert not old.exists()
    assert new.read_bytes() == b"+79000001111"
    if os.name == "posix":
        assert new.stat().st_mode & 0o077 == 0


def test_retention_and_the_nightly_run_throw_those_of_yesterday_away(
    workspace: Workspace, old_and_new: tuple[Path, Path]
) -> None:
    old, new = old_and_new
    apply_retention(workspace, NOW, Silent(), dry_run=True)
    assert old.exists(), "a look changes nothing"
    apply_retention(workspace, NOW, Silent())
    assert (old.exists(), new.exists()) == (False, True)
    aged(new, KEPT_S + 60)
    run(workspace, NOW, Silent())
    assert not new.exists()


def test_an_erasure_throws_all_of_them_away_whomever_it_finds(
    workspace: Workspace, old_and_new: tuple[Path, Path]
) -> None:
    erase(workspace, ["+79000001111"], by="q", dry_run=True)
    assert all(path.exists() for path in old_and_new)
    assert erase(workspace, ["+79000001111"], by="q").certificate is None, "it is in no table"
    assert not any(path.exists() for path in old_and_new)


def test_nothing_was_ever_uploaded(workspace: Workspace) -> None:
    assert throw_away(workspace) == 0
