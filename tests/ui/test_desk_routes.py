"""What the player tells the server: whose words are taken, that nothing counts twice, that a refusal says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qc_workbench.domain.hearing import Heard
from qc_workbench.review.coaching import standing_comments
from qc_workbench.store.calls import call as call_of
from qc_workbench.store.coaching import comments_of_calls
from qc_workbench.store.database import Statement
from qc_workbench.store.hearing import heard_by, heard_of_calls
from qc_workbench.ui.accounts import cookie_name, viewer_of
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.views.desk import desk
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

CALL = company.PROMISE  # of agent m2, 30 s
TOKENS = iter(f"{number:032x}" for number in range(1000))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return company.sample_company(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes()))) as found:
        yield found
    workspace.store.write(Statement("delete from comments"), Statement("delete from heard"))


def send(
    client: TestClient, workspace: Workspace, path: str, employee: str | None = "q1", own: bool = True, **body: Any
) -> httpx.Response:
    """A POST as the player of this employee makes it."""
    client.cookies.clear()
    if employee:
        client.cookies.set(cookie_name(workspace.home), company.token(workspace, employee))
    return client.post(path, json={"token": next(TOKENS), **body}, headers={"x-qcw": "1"} if own else {})


def comment(client: TestClient, workspace: Workspace, employee: str | None = "q1", **body: Any) -> httpx.Response:
    words = {"text": "Не поздоровался", "from_s": 1.5, "to_s": None, "for_coaching": True, "lang": "ru", **body}
    return send(client, workspace, f"/calls/{CALL}/comments", employee, **words)


def kept(workspace: Workspace) -> list[tuple[str, str, bool]]:
    with workspace.store.reading() as reader:
        standing = standing_comments(comments_of_calls(reader, [CALL]))
    return [(item.text, item.by, item.for_coaching) for item in standing]


def heard(workspace: Workspace, person_id: str = "account-q1") -> Heard | None:
    with workspace.store.reading() as reader:
        return heard_by(reader, CALL, person_id)


def test_a_comment_is_kept_with_its_author_and_a_line_of_the_audit_log(
    workspace: Workspace, client: TestClient
) -> None:
    answer = comment(client, workspace)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["author"], said["from"], said["to"], said["coaching"], said["own"]) == (
        "Глеб Слушатель", 1.5, None, True, True,
    )  # fmt: skip
    assert kept(workspace) == [("Не поздоровался", "account-q1", True)]
    with workspace.store.reading() as reader:
        lines = reader.rows("select actor, object from audit where action = 'call_commented'")
    assert {"actor": "Глеб Слушатель", "object": CALL} in lines


def test_a_comment_sent_twice_is_one(workspace: Workspace, client: TestClient) -> None:
    token = next(TOKENS)
    first, second = (comment(client, workspace, token=token) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert len(kept(workspace)) == 1


def test_a_comment_is_taken_back_by_its_author_alone(workspace: Workspace, client: TestClient) -> None:
    path = f"/calls/{CALL}/comments/{comment(client, workspace).json()['id']}/withdraw"
    refused = send(client, workspace, path, "h1", lang="ru")
    assert (refused.status_code, refused.json()["code"]) == (422, "comment_not_yours")
    assert len(kept(workspace)) == 1
    for _ in range(2):  # the second time nothing happens
        assert send(client, workspace, path).status_code == 200
    assert kept(workspace) == []
    with workspace.store.reading() as reader:
        assert len(comments_of_calls(reader, [CALL])) == 2
    unknown = send(client, workspace, f"/calls/{CALL}/comments/nothing/withdraw")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "comment_unknown")


@pytest.mark.parametrize(("employee", "status"), [(None, 401), ("m2", 403), ("m1", 403), ("q1", 201), ("h1", 201)])
def test_only_those_who_may_comment_do(
    workspace: Workspace, client: TestClient, employee: str | None, status: int
) -> None:
    assert comment(client, workspace, employee).status_code == status
    assert len(kept(workspace)) == (status == 201)


@pytest.mark.parametrize(("employee", "status"), [(None, 401), ("m1", 403), ("m2", 204), ("q1", 204)])
def test_only_those_who_may_hear_a_call_say_what_they_heard(
    workspace: Workspace, client: TestClient, employee: str | None, status: int
) -> None:
    answer = send(client, workspace, f"/calls/{CALL}/heard", employee, ranges=[[0, 5]], spent_s=3)
    assert answer.status_code == status
    assert (heard(workspace, f"account-{employee}") is not None) == (status == 204)


def test_a_call_that_is_not_there_is_refused_like_one_that_is_not_yours(
    workspace: Workspace, client: TestClient
) -> None:
    nowhere = send(client, workspace, "/calls/nowhere/heard", "m1", ranges=[], spent_s=1)
    not_mine = send(client, workspace, f"/calls/{CALL}/heard", "m1", ranges=[], spent_s=1)
    assert (nowhere.status_code, nowhere.json()) == (not_mine.status_code, not_mine.json())


def test_a_request_of_another_site_is_refused(workspace: Workspace, client: TestClient) -> None:
    assert send(client, workspace, f"/calls/{CALL}/heard", own=False, ranges=[[0, 5]], spent_s=1).status_code == 403
    assert heard(workspace) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "  "}, "comment_empty"),
        ({"text": "x" * 4001}, "comment_too_long"),
        ({"from_s": 500.0}, "comment_outside"),
    ],
)
def test_a_comment_that_can_not_be_kept_says_why_in_the_language_of_the_page(
    workspace: Workspace, client: TestClient, body: dict[str, Any], code: str
) -> None:
    answers = [comment(client, workspace, lang=lang, **body) for lang in ("ru", "en")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, code)] * 2
    assert answers[0].json()["says"] != answers[1].json()["says"]
    assert kept(workspace) == []


@pytest.mark.parametrize(
    "body",
    [
        {"token": "short"},
        {"from_s": "soon"},
        {"from_s": [1]},
        {"text": {"a": 1}},
        {"question": ["a"]},
        {"question": "q" * 5000},
        {"question": "<img src=x>"},
    ],
)
def test_words_that_no_player_says_are_refused(workspace: Workspace, client: TestClient, body: dict[str, Any]) -> None:
    assert comment(client, workspace, **body).status_code == 400
    assert kept(workspace) == []


@pytest.mark.parametrize("seconds", ["1" * 400, "NaN", "Infinity"])
def test_a_comment_at_no_second_of_the_call_is_refused(workspace: Workspace, client: TestClient, seconds: str) -> None:
    client.cookies.set(cookie_name(workspace.home), company.token(workspace, "q1"))
    headers = {"x-qcw": "1"}
    body = f'{{"token": "{next(TOKENS)}", "text": "Здесь", "from_s": {seconds}}}'
    answer = client.post(f"/calls/{CALL}/comments", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "comment_outside")
    assert client.post(f"/calls/{CALL}/comments", content="[" * 60_000, headers=headers).status_code == 400
    assert kept(workspace) == []


def test_a_body_of_any_size_is_not_read(workspace: Workspace, client: TestClient) -> None:
    assert comment(client, workspace, text="x" * 70_000).status_code == 413


def test_heard_seconds_add_up_each_once_and_a_report_sent_twice_counts_once(
    workspace: Workspace, client: TestClient
) -> None:
    path = f"/calls/{CALL}/heard"
    assert send(client, workspace, path, ranges=[[0, 4], [10, 12]], spent_s=7).status_code == 204
    token = next(TOKENS)
    for _ in range(2):
        assert send(client, workspace, path, token=token, ranges=[[3, 6], [29, 99]], spent_s=0.001).status_code == 204
    found = heard(workspace)
    assert found is not None
    assert found.ranges == ((0, 6), (10, 12), (29, 30))
    assert found.heard_s == 9
    assert found.share(30.0) == pytest.approx(0.3)
    assert 7 <= found.spent_s < 7.01
    send(client, workspace, path, "h1", ranges=[[0, 1]], spent_s=0)
    with workspace.store.reading() as reader:
        everybody = heard_of_calls(reader, [CALL])
    assert {person: item.heard_s for (_, person), item in everybody.items()} == {"account-q1": 9, "account-h1": 1}


def test_the_desk_shows_each_person_what_is_theirs_to_see(workspace: Workspace, client: TestClient) -> None:
    comment(client, workspace)
    send(client, workspace, f"/calls/{CALL}/heard", ranges=[[0, 4]], spent_s=1)
    with workspace.store.reading() as reader:
        call = call_of(reader, CALL)
    assert call is not None
    seen = {}
    for employee in ("q1", "m2", "m1"):
        viewer = viewer_of(workspace, company.token(workspace, employee), datetime.now(UTC))
        assert viewer is not None
        found = desk(workspace, viewer, call, Translator("ru"))
        seen[employee] = (len(found.comments), found.heard, found.may_comment, found.may_hear)
    assert seen == {
        "q1": (1, ((0, 4),), True, True),
        "m2": (1, (), False, True),  # the agent's own call
        "m1": (0, (), False, False),
    }
