"""Recordings leave the server only by a signed address, in ranges, in a format the browser plays."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qc_workbench.domain.access import AccessRole, Account, Action, Person
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.store import calls as call_rows
from qc_workbench.store import people
from qc_workbench.ui.accounts import cookie_name, log_out
from qc_workbench.ui.components.player import played_address
from qc_workbench.ui.recordings import Grant, address_secret, browser_media_type, recording_address
from qc_workbench.ui.server import create_app, routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return company.sample_company(tmp_path_factory.mktemp("recordings"))


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes())), cookies=session(workspace)) as found:
        yield found


def session(workspace: Workspace, employee: str = "h1") -> dict[str, str]:
    """The cookie of somebody who is logged in."""
    return {cookie_name(workspace.home): company.token(workspace, employee)}


def recording(workspace: Workspace, call_id: str) -> Recording:
    with workspace.store.reading() as reader:
        found = call_rows.recording(reader, call_id)
    assert found is not None
    return found


def address(workspace: Workspace, call_id: str = company.PADDED, now: datetime = NOW, employee: str = "h1") -> str:
    found = recording_address(workspace, recording(workspace, call_id), f"account-{employee}", now)
    assert found is not None
    return found


def test_a_signed_address_gives_the_recording(workspace: Workspace, client: TestClient) -> None:
    answer = client.get(address(workspace))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    path = workspace.home / (recording(workspace, company.PADDED).path or "")
    assert answer.content == path.read_bytes()


def test_a_range_is_answered_with_exactly_these_bytes(workspace: Workspace, client: TestClient) -> None:
    whole = client.get(address(workspace)).content
    answer = client.get(address(workspace), headers={"range": "bytes=1000-1999"})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert answer.content == whole[1000:2000]


@pytest.mark.parametrize("part", ["call", "who", "until", "sign"])
def test_an_address_changed_in_any_part_gives_nothing(workspace: Workspace, client: TestClient, part: str) -> None:
    good = address(workspace)
    assert client.get(good).status_code == 200
    assert client.get(good.replace(f"{part}=", f"{part}=1")).status_code == 403


def test_an_address_is_good_for_nobody_but_the_person_it_was_made_for(workspace: Workspace, client: TestClient) -> None:
    """A link that is passed on plays nothing: neither without a session, nor in somebody else's."""
    mine = address(workspace)
    client.cookies.clear()
    assert client.get(mine).status_code == 403
    assert client.get(mine, headers={"range": "bytes=0-99"}).status_code == 403
    client.cookies.update(session(workspace, "q1"))
    assert client.get(mine).status_code == 403


def test_an_agent_hears_the_own_calls_and_no_others(workspace: Workspace, client: TestClient) -> None:
    client.cookies.clear()
    client.cookies.update(session(workspace, "m1"))
    assert client.get(address(workspace, company.PADDED, employee="m1")).status_code == 200
    others = address(workspace, company.TALK, employee="m1")  # rightly signed, as if a page had given it away
    assert client.get(others).status_code == 403
    assert client.get(others, headers={"range": "bytes=0-99"}).status_code == 403
    assert client.post(played_address(others) or "").status_code == 403


@pytest.mark.parametrize("asked", [{}, {"range": "bytes=0-99"}, {"range": "bytes=-1"}, {"range": "bytes=0-0,5-9"}])
def test_each_role_hears_what_it_may_and_not_a_byte_more(
    workspace: Workspace, client: TestClient, asked: dict[str, str]
) -> None:
    """Every person, every call, rightly signed for that person; in ranges too."""
    admin = Account(Person("account-a1", frozenset({AccessRole.ADMIN})), "a1", "Ада Служебная", NOW)
    workspace.store.apply(people.saved(admin))
    owners = {company.PADDED: "m1", company.TALK: "m2"}
    for employee in (*company.ROLES, "a1"):
        client.cookies.clear()
        client.cookies.update(session(workspace, employee))
        viewer = company.viewer(workspace, employee)
        for call_id, agent in owners.items():
            answer = client.get(address(workspace, call_id, employee=employee), headers=asked)
            may = viewer.may(Action.HEAR_CALL, agent)
            assert answer.status_code in ((200, 206) if may else (403,)), (employee, call_id)
            assert may or answer.content == b""


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=0-0", 206),
        ("bytes=-99999999999999999999", 206),
        ("bytes=99999999999999999999-", 416),
        ("bytes=-0", 416),
        ("bytes=5-1", 400),
        ("bytes=a-b", 400),
        ("bits=0-1", 400),
        ("bytes=" + ",".join("0-" for _ in range(5000)), 200),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 4000, 2)), 200),
    ],
)
def test_ranges_that_no_player_asks_for_cost_no_more_than_the_file(
    workspace: Workspace, client: TestClient, asked: str, status: int
) -> None:
    whole = (workspace.home / (recording(workspace, company.PADDED).path or "")).stat().st_size
    answer = client.get(address(workspace), headers={"range": asked})
    assert answer.status_code == status
    assert len(answer.content) <= whole


def test_a_session_that_was_ended_hears_nothing_more(workspace: Workspace, client: TestClient) -> None:
    mine = address(workspace)
    assert client.get(mine).status_code == 200
    log_out(workspace, client.cookies[cookie_name(workspace.home)], datetime.now(UTC))
    assert client.get(mine).status_code == 403


def test_the_hash_alone_gives_nothing(workspace: Workspace, client: TestClient) -> None:
    assert client.get(address(workspace).partition("?")[0]).status_code == 403


def test_an_old_address_gives_nothing(workspace: Workspace, client: TestClient) -> None:
    assert client.get(address(workspace, now=NOW - timedelta(days=2))).status_code == 403


@pytest.mark.parametrize("name", ["../qcw.toml", "..%2Fqcw.toml", "qcw.toml", "A" * 64, "0" * 63])
def test_only_a_hash_names_a_recording(workspace: Workspace, client: TestClient, name: str) -> None:
    """Even rightly signed: what is not the hash of a known recording is not served."""
    grant = Grant(name, company.PADDED, "", int((NOW + timedelta(hours=1)).timestamp()))
    answer = client.get(f"/recordings/{name}?{grant.query(address_secret(workspace.home))}")
    assert answer.status_code in (403, 404)


def test_a_hash_that_no_call_has_is_not_served(workspace: Workspace, client: TestClient) -> None:
    grant = Grant("0" * 64, company.PADDED, "", int((NOW + timedelta(hours=1)).timestamp()))
    assert client.get(f"/recordings/{'0' * 64}?{grant.query(address_secret(workspace.home))}").status_code == 403


def test_a_law_is_turned_once_into_pcm_of_the_same_length(workspace: Workspace, client: TestClient) -> None:
    answer = client.get(address(workspace, company.TALK))
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getsampwidth(), sound.getnchannels(), sound.getframerate()) == (2, 2, company.RATE_HZ)
        assert sound.getnframes() == pytest.approx(60 * company.RATE_HZ, abs=2)
    kept = list((workspace.home / "cache" / "playable").iterdir())
    assert len(kept) == 1
    made_at = kept[0].stat().st_mtime_ns
    assert client.get(address(workspace, company.TALK)).content == answer.content
    assert kept[0].stat().st_mtime_ns == made_at


def test_a_recording_whose_file_is_gone_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.sample_company(tmp_path / "gone")
    (workspace.home / (recording(workspace, company.PADDED).path or "")).unlink()
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes())), cookies=session(workspace)) as client:
        assert client.get(address(workspace)).status_code == 404


def test_pressing_play_is_written_to_the_audit_log_with_the_name(workspace: Workspace, client: TestClient) -> None:
    played = played_address(address(workspace))
    assert played is not None
    assert client.post(played).status_code == 204
    assert client.post(played.replace("who=", "who=x")).status_code == 403
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action, object from audit where action = 'recording_played'")
    assert rows == [{"actor": "Вера Главная", "action": "recording_played", "object": company.PADDED}]


def test_a_recording_taken_whole_is_noted_and_the_ranges_of_a_player_are_not(
    workspace: Workspace, client: TestClient
) -> None:
    def taken() -> list[tuple[str, str]]:
        with workspace.store.reading() as reader:
            rows = reader.rows("select actor, object from audit where action = 'recording_exported'")
        return [(row["actor"], row["object"]) for row in rows]

    before = taken()
    client.get(address(workspace), headers={"range": "bytes=0-"})
    client.head(address(workspace))
    client.get(address(workspace).replace("sign=", "sign=1"))
    assert taken() == before
    assert client.get(address(workspace)).status_code == 200
    assert taken() == [*before, ("Вера Главная", company.PADDED)]


def test_the_address_stays_the_same_within_the_hour(workspace: Workspace) -> None:
    moment = NOW.replace(minute=10, second=0)
    assert address(workspace, now=moment) == address(workspace, now=moment + timedelta(minutes=40))


def test_the_secret_is_readable_by_its_owner_only(workspace: Workspace) -> None:
    address(workspace)
    assert (workspace.home / ".address-secret").stat().st_mode & 0o077 == 0


def test_the_health_check_tells_a_missing_workspace_from_a_good_one(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "nowhere"))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["code"]) == (503, "workspace_missing")


@pytest.mark.parametrize(
    ("container", "codec", "expected"),
    [
        ("wav", "pcm_s16le", "audio/wav"),
        ("wav", "pcm_alaw", None),
        ("wav", "gsm_ms", None),
        ("mp3", "mp3", "audio/mpeg"),
        ("ogg", "opus", "audio/ogg"),
        ("ogg", "speex", None),
        ("opus", "opus", "audio/ogg"),
        ("m4a", "aac", "audio/mp4"),
        ("m4a", "alac", None),
        ("amr", "amrnb", None),
        (None, None, None),
    ],
)
def test_only_what_browsers_play_goes_out_as_it_is(
    container: str | None, codec: str | None, expected: str | None
) -> None:
    found = Recording("c", RecordingState.READY, container=container, codec=codec)
    assert browser_media_type(found) == expected


def test_the_application_is_made_for_the_workspace_it_is_given(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setenv(HOME_VARIABLE, "elsewhere")
    create_app(workspace)
    assert os.environ[HOME_VARIABLE] == str(workspace.home)
