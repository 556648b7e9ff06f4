"""Getting in: the first set-up, log-in, waits, links to set a password, and what nobody gets without a session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.entry import FREE_TRIES, IDLE_AFTER, OVER_AFTER
from qc_workbench.errors import UsageError
from qc_workbench.store import people
from qc_workbench.ui import accounts, doorway
from qc_workbench.ui.headers import Headers
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

NOW = datetime.now(UTC)
HERE = ("127.0.0.1", 50000)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "door")


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    return company.empty_company(tmp_path / "fresh")


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    yield from visitor(workspace, monkeypatch)


def visitor(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, address: tuple[str, int] = HERE
) -> Iterator[TestClient]:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    app = Starlette(routes=list(routes()), middleware=[Middleware(Headers)])
    with TestClient(
        app, "http://localhost", client=address, follow_redirects=False, headers={"accept-language": "ru"}
    ) as found:
        yield found


def knock(client: TestClient, login: str = "h1", password: str = company.PASSWORD, **query: str) -> int:
    return client.post("/login", params=query, data={"login": login, "password": password}).status_code


def actions(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace.store.reading() as reader:
        return [(row["actor"], row["action"]) for row in reader.rows("select * from audit order by happened_at")]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_sends_a_stranger_to_the_log_in_and_back(client: TestClient, room: str) -> None:
    answer = client.get(f"/{room}?id=call-padded")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next=%2F{room}%3Fid%3Dcall-padded"


def test_a_log_in_gives_a_cookie_that_scripts_cannot_read_and_leads_on(
    workspace: Workspace, client: TestClient
) -> None:
    answer = client.post("/login?next=/call%3Fid%3Dx", data={"login": " H1 ", "password": company.PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/call?id=x")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/call").status_code == 200
    assert client.get("/").headers["location"] == "/overview"
    assert ("Вера Главная", "logged_in") in actions(workspace)


def test_behind_https_the_cookie_travels_by_https_only(client: TestClient) -> None:
    form = {"login": "h1", "password": company.PASSWORD}
    assert "Secure" in client.post("/login", data=form, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]


@pytest.mark.parametrize("aim", ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)", ""])
def test_a_log_in_leads_to_no_other_site(client: TestClient, aim: str) -> None:
    answer = client.post("/login", params={"next": aim}, data={"login": "h1", "password": company.PASSWORD})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_login_are_refused_alike(workspace: Workspace, client: TestClient) -> None:
    said = [
        client.post("/login", data={"login": login, "password": "не тот пароль совсем"}) for login in ("h1", "nobody")
    ]
    assert [answer.status_code for answer in said] == [401, 401]
    pages = [re.sub(r'value="[^"]*"', "", answer.text) for answer in said]
    assert pages[0] == pages[1]
    assert "Логин или пароль не подходит" in pages[0]
    assert actions(workspace) == [("Вера Главная", "log_in_failed"), ("", "log_in_failed")]


def test_after_five_failures_even_the_right_password_waits(workspace: Workspace, client: TestClient) -> None:
    assert [knock(client, password="мимо, мимо, мимо") for _ in range(FREE_TRIES)] == [401] * FREE_TRIES
    assert knock(client) == 429
    with pytest.raises(UsageError, match="log_in_locked"):
        accounts.log_in(workspace, "h1", company.PASSWORD, "10.0.0.1", datetime.now(UTC))
    assert accounts.log_in(workspace, "h1", company.PASSWORD, "10.0.0.1", NOW + timedelta(minutes=20))
    assert knock(client, login="q1") == 303  # another account from the same place


def test_whoever_has_left_is_let_in_no_more_and_their_session_ends(workspace: Workspace, client: TestClient) -> None:
    assert knock(client, login="q1") == 303
    assert client.get("/queue").status_code == 200
    with workspace.store.reading() as reader:
        account = people.account_with_id(reader, "account-q1")
    assert account is not None
    workspace.store.apply(people.saved(replace(account, left_at=NOW)))
    assert client.get("/queue").status_code == 303
    assert knock(client, login="q1") == 401


@pytest.mark.parametrize(("later", "state"), [(IDLE_AFTER, "idle"), (OVER_AFTER, "over")])
def test_a_session_ends_by_itself(workspace: Workspace, later: timedelta, state: str) -> None:
    token = company.token(workspace)
    moment, step = datetime.now(UTC), timedelta(minutes=50)
    if state == "over":  # signs of life don't prolong a day
        for number in range(1, 15):
            accounts.viewer_of(workspace, token, moment + number * step)
    assert accounts.viewer_of(workspace, token, moment + later + timedelta(minutes=1)) is None


def test_logging_out_ends_the_session_itself_not_only_the_cookie(workspace: Workspace, client: TestClient) -> None:
    knock(client)
    name = accounts.cookie_name(workspace.home)
    token = client.cookies[name]
    assert client.get("/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 200  # asks first
    assert client.get("/overview").status_code == 200
    assert client.get("/logout").headers["location"] == "/login"
    client.cookies.set(name, token)
    assert client.get("/overview").status_code == 303


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://example.com"}])
def test_a_form_of_another_site_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    form = {"login": "h1", "password": company.PASSWORD}
    assert client.post("/login", data=form, headers=headers).status_code == 403


def test_a_form_of_thousands_of_fields_is_refused(client: TestClient) -> None:
    assert client.post("/login", data={f"field{number}": "1" for number in range(100)}).status_code == 400


@pytest.mark.parametrize("typed", ["a\x00b", "\ud83d", "' or 1=1 --", "x" * 5000, "<script>alert(1)</script>"])
def test_whatever_is_typed_at_the_door_is_a_wrong_login_and_stays_text(client: TestClient, typed: str) -> None:
    answer = client.post("/login", content=urlencode({"login": typed, "password": typed}, errors="surrogatepass"),
                         headers={"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 401
    assert "<script>" not in answer.text


def test_tries_sent_at_once_are_as_few_as_tries_in_a_row(workspace: Workspace) -> None:
    def once(number: int) -> str:
        try:
            return accounts.log_in(workspace, "h1", f"не тот пароль {number}", "10.0.0.9", datetime.now(UTC))
        except UsageError as error:
            return error.code

    with ThreadPoolExecutor(3 * FREE_TRIES) as many:
        said = sorted(many.map(once, range(3 * FREE_TRIES)))
    assert said == ["log_in_locked"] * 2 * FREE_TRIES + ["log_in_wrong"] * FREE_TRIES


def test_whoever_found_a_screen_unlocked_guesses_the_password_no_longer_than_at_the_door(
    workspace: Workspace, client: TestClient
) -> None:
    knock(client, login="q1")
    form = {"old": "не он, не он, не он", "password": "другая фраза из слов", "again": "другая фраза из слов"}
    assert [client.post("/password", data=form).status_code for _ in range(FREE_TRIES + 1)] == [422] * FREE_TRIES + [
        429
    ]
    assert client.post("/password", data=form | {"old": company.PASSWORD}).status_code == 429
    assert ("Глеб Слушатель", "log_in_failed") in actions(workspace)


def test_a_new_log_in_in_a_browser_ends_the_session_that_was_there_and_takes_none_that_was_planted(
    workspace: Workspace, client: TestClient
) -> None:
    name = accounts.cookie_name(workspace.home)
    client.cookies.set(name, "chosen-by-somebody-else")
    knock(client, login="m1")
    first = {item.name: item.value for item in client.cookies.jar if item.value != "chosen-by-somebody-else"}[name]
    assert first is not None
    client.cookies.clear()
    client.cookies.set(name, first)
    knock(client, login="m2")
    assert accounts.viewer_of(workspace, first, datetime.now(UTC)) is None
    assert accounts.viewer_of(workspace, "chosen-by-somebody-else", datetime.now(UTC)) is None


def test_a_form_as_large_as_a_file_is_refused(client: TestClient) -> None:
    assert client.post("/login", data={"login": "h1", "password": "x" * 20_000}).status_code == 413


def test_the_first_visitor_at_the_machine_becomes_the_administrator(
    fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {
        "name": "Ольга Первая",
        "login": "olga@example.com",
        "password": "короткий",
        "again": "короткий",
        "owner": "on",
    }
    for client in visitor(fresh, monkeypatch):
        assert client.get("/overview").headers["location"] == "/setup"
        assert client.get("/login").headers["location"] == "/setup"
        refused = client.post("/setup", data=form)
        assert refused.status_code == 422
        assert "короче 15" in refused.text
        assert 'value="Ольга Первая"' in refused.text  # nothing typed is lost but the passwords
        form |= {"password": "зимний чай и вишня", "again": "зимний чай и вишня"}
        assert client.post("/setup", data=form).headers["location"] == "/"
        assert client.get("/overview").status_code == 200
        assert client.get("/setup").headers["location"] == "/login"
    with fresh.store.reading() as reader:
        (account,) = people.accounts(reader)
    assert account.person.roles == {AccessRole.ADMIN, AccessRole.OWNER}


def test_from_another_machine_the_first_set_up_needs_the_code_of_the_terminal(
    fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for client in visitor(fresh, monkeypatch, ("10.0.0.7", 50000)):
        assert client.get("/setup").status_code == 403
        assert client.get("/setup?code=000000000000").status_code == 403
        assert client.get(f"/setup?code={accounts.set_up_code(fresh.home)}").status_code == 200
    for client in visitor(fresh, monkeypatch):
        assert client.get("/setup", headers={"x-forwarded-for": "10.0.0.7"}).status_code == 403


def test_a_link_sets_a_password_once_and_opens_a_locked_login(workspace: Workspace, client: TestClient) -> None:
    for _ in range(FREE_TRIES):
        knock(client, login="q1", password="мимо, мимо, мимо")
    link = accounts.password_link(workspace, "account-q1", datetime.now(UTC))
    assert "Глеб Слушатель" in client.get(link).text
    new = {"password": "новая фраза из слов", "again": "новая фраза из слоф"}
    assert "разные" in client.post(link, data=new).text
    assert client.post(link, data=new | {"again": new["password"]}).status_code == 303
    assert client.get(link).status_code == 410
    assert knock(client, login="q1", password=new["password"]) == 303
    assert knock(client, login="q1") == 401  # the old one


def test_a_link_that_two_use_at_the_same_moment_lets_one_in(workspace: Workspace) -> None:
    _, _, query = accounts.password_link(workspace, "account-q1", NOW).partition("?")
    person, until, sign = (part.partition("=")[2] for part in query.split("&"))

    def use(number: int) -> str:
        try:
            accounts.password_by_link(workspace, (person, until, sign), f"новая фраза из слов {number}", NOW)
        except UsageError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(3) as many:
        assert sorted(many.map(use, range(3))) == ["in", "link_dead", "link_dead"]


def test_a_link_that_is_changed_or_old_sets_nothing(workspace: Workspace, client: TestClient) -> None:
    link = accounts.password_link(workspace, "account-q1", NOW)
    assert client.get(link.replace("account-q1", "account-h1")).status_code == 410
    assert client.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 410
    old = accounts.password_link(workspace, "account-q1", NOW - accounts.LINK_LIFE - timedelta(minutes=1))
    assert client.get(old).status_code == 410


def test_a_new_password_ends_every_other_session(workspace: Workspace, client: TestClient) -> None:
    elsewhere = company.token(workspace, "q1")
    knock(client, login="q1")
    form = {"old": company.PASSWORD, "password": "другая фраза из слов", "again": "другая фраза из слов"}
    assert "Прежний пароль не подходит" in client.post("/password", data=form | {"old": "не он"}).text
    assert client.post("/password", data=form).status_code == 303
    assert client.get("/queue").status_code == 200
    assert accounts.viewer_of(workspace, elsewhere, datetime.now(UTC)) is None


def test_single_sign_on_knows_an_account_by_its_verified_address_once_and_then_by_its_name(
    workspace: Workspace,
) -> None:
    issuer = "https://id.example.com"
    with pytest.raises(UsageError, match="sso_unknown"):
        accounts.log_in_from_outside(workspace, issuer, "42", None, NOW)
    account = accounts.new_account("Инна Внешняя", "inna@example.com", {AccessRole.QC}, NOW)
    workspace.store.apply(people.saved(account))
    token = accounts.log_in_from_outside(workspace, issuer, "42", "Inna@Example.com", NOW)
    assert accounts.viewer_of(workspace, token, NOW) is not None
    assert accounts.log_in_from_outside(workspace, issuer, "42", None, NOW)  # the address may change
    with pytest.raises(UsageError, match="sso_unknown"):  # somebody else with her old address
        accounts.log_in_from_outside(workspace, issuer, "43", "inna@example.com", NOW)


def test_a_ticket_gives_its_session_once(workspace: Workspace, client: TestClient) -> None:
    path = doorway.ticket_for(company.token(workspace, "q1"))
    answer = client.get(path)
    assert answer.headers["location"] == "/"
    assert client.get("/queue").status_code == 200
    client.cookies.clear()
    assert client.get(path).headers["location"] == "/login"


def test_a_link_of_another_site_logs_nobody_in_as_somebody_else(workspace: Workspace, client: TestClient) -> None:
    path = doorway.ticket_for(company.token(workspace, "q1"))
    assert client.get(path, headers={"sec-fetch-site": "cross-site"}).headers["location"] == "/login"
    assert not client.cookies


def test_two_who_set_up_at_the_same_moment_make_one_administrator(fresh: Workspace) -> None:
    def first(number: int) -> str:
        try:
            accounts.set_up(fresh, f"Гость {number}", f"guest{number}", "зимний чай и вишня", set(), NOW)
        except UsageError as error:
            return error.code
        return "made"

    with ThreadPoolExecutor(4) as many:
        assert sorted(many.map(first, range(4))) == ["made"] + ["set_up_done"] * 3
    with fresh.store.reading() as reader:
        assert len(people.accounts(reader)) == 1


def test_a_site_whose_name_was_made_to_lead_here_sets_nothing_up(
    fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for client in visitor(fresh, monkeypatch):
        assert client.get("/setup").status_code == 200
        assert client.get("/setup", headers={"host": "evil.example:8501"}).status_code == 403


def test_rooms_load_nothing_from_elsewhere_and_no_other_site_frames_them(client: TestClient) -> None:
    knock(client)
    headers = client.get("/call?id=call-padded").headers
    policy = headers["content-security-policy"]
    assert "default-src 'self' data: blob:;" in policy
    assert "frame-ancestors 'self'" in policy
    assert not re.search(r"https?:|\*", policy)
    assert headers["referrer-policy"] == "same-origin"


def test_the_pages_load_nothing_from_elsewhere_and_cannot_be_framed(client: TestClient) -> None:
    answer = client.get("/login")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@pytest.mark.parametrize(("language", "word"), [("ru", "Войти"), ("en", "Log in")])
def test_the_log_in_speaks_both_languages(client: TestClient, language: str, word: str) -> None:
    assert word in client.get(f"/login?lang={language}").text
    assert word in client.get("/login", headers={"accept-language": language}).text
