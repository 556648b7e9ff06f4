"""Somebody has a backup that was not encrypted: they have what is in it, and nothing of what goes on after it."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.archive_keys import Keys
from pipelines.backup import backup
from pipelines.progress import Silent
from pipelines.restore import restore
from qc_workbench.store import calls as call_rows
from qc_workbench.ui import accounts
from qc_workbench.ui.recordings import address_secret, recording_address, worker_query
from qc_workbench.workspace import Workspace
from tests.security.conftest import Enter
from tests.ui import sample_company as company

NOW = datetime.now(UTC)
#: What lies in a workspace and opens other systems or this one.
KEYS = ("secrets.age", "secrets.key", "secrets.toml", "metrics-token", "api.key")


@pytest.fixture(scope="module")
def archive(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain backup, of a workspace with the keys of connected systems in it."""
    address_secret(workspace.home)
    for name in KEYS:
        (workspace.home / name).write_text("hunter2-of-the-telephony", encoding="utf-8")
    return backup(workspace, tmp_path_factory.mktemp("backups") / "plain", Silent(), keys=Keys()).file


@pytest.fixture(scope="module")
def thief(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("thief") / "restored"
    restore(archive, home, Keys(), Silent())
    return Workspace.open(home)


def test_no_link_made_with_a_backup_sets_a_password_here(client: TestClient, thief: Workspace) -> None:
    for person in ("account-h1", "account-q1"):
        link = accounts.password_link(thief, person, NOW)
        assert client.get(link).status_code == 410
        new = {"password": "зимний чай и вишня", "again": "зимний чай и вишня"}
        assert client.post(link, data=new).status_code == 410


def test_no_address_made_with_a_backup_plays_a_recording_here(enter: Enter, thief: Workspace) -> None:
    with thief.store.reading() as reader:
        recording = call_rows.recording(reader, company.TALK)
    assert recording is not None
    assert recording.content_hash is not None
    browser = enter("h1")
    assert browser.get(recording_address(thief, recording, "account-h1", NOW) or "").status_code == 403
    until = NOW + timedelta(hours=1)
    browser.cookies.clear()  # a worker of a cluster has no session
    assert browser.get(f"/recordings/{recording.content_hash}?{worker_query(thief.home, recording.content_hash, until)}"
                       ).status_code == 403  # fmt: skip


def test_no_session_of_a_backup_is_one_here(workspace: Workspace, client: TestClient, thief: Workspace) -> None:
    """The store keeps hashes of secrets; the thief makes a session in the copy and brings it here."""
    client.cookies.set(accounts.cookie_name(workspace.home), company.token(thief, "h1"))
    assert client.get("/overview").status_code == 303


def test_no_key_of_another_system_is_in_a_backup(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = {Path(name).name for name in opened.getnames()}
    assert not names & {*KEYS, ".address-secret"}
    assert b"hunter2" not in archive.read_bytes()


def test_secrets_of_the_workspace_are_readable_by_its_owner_only(workspace: Workspace) -> None:
    address_secret(workspace.home)
    for name in (".secret", ".address-secret"):
        assert (workspace.home / name).stat().st_mode & 0o077 == 0
    assert (workspace.home / ".secret").read_bytes() != (workspace.home / ".address-secret").read_bytes()
