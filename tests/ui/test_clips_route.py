"""Of a clip the server gives its passage and no more, to whoever is logged in, and writes down who heard it."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.coaching import Clip, ClipKind
from qc_workbench.store import coaching, people
from qc_workbench.store.calls import recording
from qc_workbench.store.database import insert
from qc_workbench.ui.accounts import begin_session, cookie_name
from qc_workbench.ui.clips import clip_address
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

NOW = datetime.now(UTC)
FROM_S, TO_S = 4.5, 8.25
CLIPS = {
    "aa" * 16: Clip("aa" * 16, company.PROMISE, FROM_S, TO_S, ClipKind.GOOD, "Слушает", None, "account-q1", NOW),
    "bb" * 16: Clip("bb" * 16, company.TALK, FROM_S, TO_S, ClipKind.BAD, "A-law", None, "account-q1", NOW),
    "cc" * 16: Clip("cc" * 16, company.PROMISE, 1, 3, ClipKind.BAD, "Старый", None, "account-q1", NOW, NOW),
}
GOOD, ALAW, RETIRED = CLIPS


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = company.sample_company(tmp_path / "company")
    made.store.write(*(insert("clips", coaching.clip_row(clip)) for clip in CLIPS.values()))
    return made


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes()))) as found:
        yield found


def enter(client: TestClient, workspace: Workspace, employee: str = "m1") -> None:
    client.cookies.set(cookie_name(workspace.home), company.token(workspace, employee))


def heard(content: bytes) -> tuple[int, int, np.ndarray]:
    with wave.open(io.BytesIO(content)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).reshape(-1, sound.getnchannels())
        return sound.getframerate(), sound.getsampwidth(), samples


def test_without_a_session_there_is_nothing(client: TestClient) -> None:
    for clip_id in (*CLIPS, "unknown", "..%2f..%2fqcw.toml"):
        assert client.get(clip_address(clip_id)).status_code in (403, 404)
    assert client.get(clip_address(GOOD)).status_code == 403
    assert client.post(f"{clip_address(GOOD)}/played").status_code == 403


def test_an_agent_hears_exactly_the_passage_of_another_agents_call(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)  # Алла; the call is Борис's
    answer = client.get(clip_address(GOOD))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    rate, width, samples = heard(answer.content)
    with workspace.store.reading() as reader:
        path = recording(reader, company.PROMISE)
    assert path is not None
    assert path.path is not None
    _, _, whole = heard((workspace.home / path.path).read_bytes())
    assert (rate, width, len(samples)) == (company.RATE_HZ, 2, round((TO_S - FROM_S) * company.RATE_HZ))
    np.testing.assert_array_equal(samples, whole[round(FROM_S * rate) : round(TO_S * rate)])


def test_what_browsers_do_not_play_is_cut_too(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)
    rate, width, samples = heard(client.get(clip_address(ALAW)).content)
    assert (rate, width, samples.shape) == (company.RATE_HZ, 2, (round((TO_S - FROM_S) * rate), 2))


def test_a_range_is_answered_with_exactly_these_bytes(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)
    whole = client.get(clip_address(GOOD)).content
    answer = client.get(clip_address(GOOD), headers={"range": "bytes=1000-1999"})
    assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes 1000-1999/{len(whole)}")
    assert answer.content == whole[1000:2000]


def test_it_is_cut_once_and_kept(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)
    client.get(clip_address(GOOD))
    kept = workspace.home / "cache" / "clips" / f"{GOOD}.wav"
    made_at = kept.stat().st_mtime_ns
    client.get(clip_address(GOOD))
    assert kept.stat().st_mtime_ns == made_at
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_who_heard_which_clip_is_in_the_audit_log_once(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)
    client.get(clip_address(GOOD), headers={"range": "bytes=0-"})
    client.get(clip_address(GOOD), headers={"range": "bytes=5000-"})  # the player goes on
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, object from audit where action = 'clip_heard'")
    assert rows == [{"actor": "Алла Пробная", "object": company.PROMISE}]


def test_a_retired_clip_is_not_heard(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)
    assert client.get(clip_address(RETIRED)).status_code == 403


def test_an_administrator_without_another_role_hears_none(client: TestClient, workspace: Workspace) -> None:
    person = Person("account-it", frozenset({AccessRole.ADMIN}))
    workspace.store.apply(people.saved(Account(person, "it", "Админ", NOW)))
    client.cookies.set(cookie_name(workspace.home), begin_session(workspace, "account-it", NOW))
    assert client.get(clip_address(GOOD)).status_code == 403


def test_a_clip_goes_with_its_recording(client: TestClient, workspace: Workspace) -> None:
    enter(client, workspace)
    assert client.get(clip_address(GOOD)).status_code == 200
    with workspace.store.reading() as reader:
        found = recording(reader, company.PROMISE)
    assert found is not None
    assert found.path is not None
    (workspace.home / found.path).unlink()
    assert client.get(clip_address(GOOD)).status_code == 404
