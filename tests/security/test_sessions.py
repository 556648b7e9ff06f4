"""A session from its beginning to its end, and the ways to somebody else's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from qc_workbench.commands.service import is_readable_on_the_way
from qc_workbench.config import Settings
from qc_workbench.config_serve import Serve
from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.entry import FREE_TRIES
from qc_workbench.store import people
from qc_workbench.ui import accounts, doorway, server
from qc_workbench.ui.traffic import route_pattern
from qc_workbench.ui.views.accounts import save_account
from qc_workbench.workspace import Workspace
from tests.security.conftest import Enter
from tests.ui import sample_company as company

NOW = datetime.now(UTC)


def log_in(client: TestClient, login: str = "q1", **headers: str) -> str:
    """The cookie that a log-in gives, with its flags."""
    client.cookies.clear()
    answer = client.post("/login", data={"login": login, "password": company.PASSWORD}, headers=headers)
    assert answer.status_code == 303
    return answer.headers["set-cookie"]


def secret(cookie: str) -> str:
    return cookie.partition("=")[2].partition(";")[0]


def test_the_cookie_is_for_our_server_alone_and_for_no_script(workspace: Workspace, client: TestClient) -> None:
    cookie = log_in(client)
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert not any(flag.startswith(("domain=", "expires=", "max-age=")) for flag in flags)  # ends with the browser
    assert len(secret(cookie)) >= 43  # 32 bytes of chance
    with workspace.store.reading() as reader:
        kept = str(reader.rows("select * from sessions"))
    assert secret(cookie) not in kept  # whoever reads the store has nobody's session


@pytest.mark.parametrize("how", ["the proxy says so", "the settings say so"])
def test_where_others_come_by_https_the_cookie_never_travels_without(
    workspace: Workspace, client: TestClient, how: str
) -> None:
    assert "secure" not in log_in(client).lower()
    if how == "the proxy says so":
        assert "Secure" in log_in(client, **{"x-forwarded-proto": "https"})
        return
    file = workspace.home / "qcw.toml"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before + '[serve]\npublic_address = "https://qc.example.com"\n', encoding="utf-8")
        assert "Secure" in log_in(client)
    finally:
        file.write_text(before, encoding="utf-8")


def test_each_log_in_has_its_own_secret_and_a_changed_role_ends_all(workspace: Workspace, client: TestClient) -> None:
    first, second = (secret(log_in(client, "m2")) for _ in range(2))
    assert first != second
    alive = [accounts.viewer_of(workspace, token, NOW) for token in (first, second)]
    assert all(alive)
    with workspace.store.reading() as reader:
        account = people.account_with_id(reader, "account-m2")
    assert account is not None
    more = replace(account, person=replace(account.person, roles=frozenset({AccessRole.AGENT, AccessRole.QC})))
    save_account(workspace, company.viewer(workspace, "h1"), more, NOW)
    assert [accounts.viewer_of(workspace, token, NOW) for token in (first, second)] == [None, None]


def test_logging_out_ends_the_session_and_empties_what_the_browser_kept(
    workspace: Workspace, client: TestClient
) -> None:
    token = secret(log_in(client))
    answer = client.get("/logout")
    assert answer.headers["clear-site-data"] == '"cache"'
    client.cookies.set(accounts.cookie_name(workspace.home), token)  # taken before
    assert client.get("/queue").status_code == 303
    assert client.get("/scoring?call=x").status_code == 401


def test_a_session_made_up_or_cut_is_nobodys(workspace: Workspace, client: TestClient) -> None:
    token = secret(log_in(client))
    name = accounts.cookie_name(workspace.home)
    for made_up in ("", token[:-1], token + "A", accounts.mark_of(token), "' or '1'='1", "0" * 43):
        client.cookies.clear()
        client.cookies.set(name, made_up)
        assert client.get("/queue").status_code == 303, made_up


@pytest.mark.parametrize(
    "aim",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "/\n//evil.example",
     "javascript:alert(1)", "\\\\evil.example", "/%09/evil.example", "http:evil.example", " //evil.example"],
)  # fmt: skip
def test_a_log_in_leads_to_a_path_of_ours_whatever_is_asked(client: TestClient, aim: str) -> None:
    client.cookies.clear()
    for answer in (
        client.post("/login", params={"next": aim}, data={"login": "q1", "password": company.PASSWORD}),
        client.get("/login", params={"next": aim}),  # already logged in
    ):
        # as browsers read it: tabs and line ends are nothing, a backslash is a slash
        lead = re.sub(r"[\t\r\n]", "", answer.headers["location"]).replace("\\", "/")
        assert not urlsplit(lead).netloc
        assert lead.startswith("/")
        assert not lead.startswith("//")


def test_a_locked_login_says_nothing_of_whether_it_exists(client: TestClient) -> None:
    client.cookies.clear()
    said = []
    for login in ("m1", "nobody-at-all"):
        for _ in range(FREE_TRIES):
            client.post("/login", data={"login": login, "password": "мимо, мимо, мимо"})
        answer = client.post("/login", data={"login": login, "password": company.PASSWORD})
        said.append((answer.status_code, re.sub(r'value="[^"]*"|\d+', "", answer.text)))
    assert said[0] == said[1]
    assert said[0][0] == 429


def test_whom_a_request_comes_from_is_believed_of_the_proxies_of_the_settings_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else one stranger is a new address at every try, or everybody behind the proxy waits for the failures of one."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(scope["client"][0])(scope, receive, send)

    def seen(from_address: str, proxies: tuple[str, ...] = ("127.0.0.1",)) -> str:
        config = uvicorn.Config(app, **server.listening(Settings(serve=Serve(trusted_proxies=proxies))))
        config.load()
        asking = TestClient(config.loaded_app, client=(from_address, 5))
        return asking.get("/", headers={"x-forwarded-for": "1.2.3.4, 10.9.9.9"}).text

    assert seen("10.0.0.66") == "10.0.0.66"  # a stranger who says to be somebody else
    assert seen("127.0.0.1") == "10.9.9.9"  # the proxy; what came to it before is hearsay
    assert seen("172.18.0.1", ("172.16.0.0/12",)) == "10.9.9.9"
    for everybody in ("0.0.0.0/0", "::/0", "*"):
        with pytest.raises(ValueError, match="trusted_proxies"):
            Serve(trusted_proxies=(everybody,))
    assert server.listening(Settings())["access_log"] is False  # addresses hold secrets


def test_the_server_is_for_its_own_machine_until_told_otherwise_and_says_what_travels_unencrypted() -> None:
    assert server.serve.__defaults__ is not None
    assert server.serve.__defaults__[0] == "127.0.0.1"
    assert not is_readable_on_the_way("127.0.0.1", Serve())
    assert is_readable_on_the_way("0.0.0.0", Serve())
    assert is_readable_on_the_way("10.0.0.7", Serve(public_address="http://qc.example.com"))
    assert not is_readable_on_the_way("0.0.0.0", Serve(public_address="https://qc.example.com"))


def test_a_link_that_sets_a_password_is_in_no_log_and_told_to_no_other_site(
    workspace: Workspace, client: TestClient
) -> None:
    link = accounts.password_link(workspace, "account-q1", datetime.now(UTC))
    assert route_pattern(urlsplit(link).path) == "other"
    answer = client.get(link)
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "http" not in answer.text.replace(link, "")


def test_a_link_that_sets_a_password_is_for_one_person_until_its_day(workspace: Workspace, client: TestClient) -> None:
    link = accounts.password_link(workspace, "account-q1", datetime.now(UTC))
    said = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    for name, value in (("person", "account-h1"), ("until", str(int(said["until"]) + 1)), ("sign", "0" * 64),
                        ("until", "٣"), ("sign", "é")):  # fmt: skip
        assert client.get("/join", params={**said, name: value}).status_code == 410
    assert client.get("/join", params=said).status_code == 200


def test_a_single_sign_on_ticket_is_of_one_use_and_of_our_own_page(workspace: Workspace, client: TestClient) -> None:
    path = doorway.ticket_for(company.token(workspace, "q1"))
    client.cookies.clear()
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert client.get(path, headers=headers).headers["location"] == "/login"
    assert client.get(path).headers["location"] == "/"
    client.cookies.clear()
    assert client.get(path).headers["location"] == "/login"


def test_a_page_of_another_name_that_leads_here_is_not_at_the_machine(enter: Enter, workspace: Workspace) -> None:
    """DNS rebinding: its requests come from 127.0.0.1, by its own name, and with no cookie of ours."""
    browser = enter("h1")
    browser.cookies.clear()
    for host in ("evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example", "[::1].evil.example", ""):
        assert browser.get("/metrics", headers={"host": host}).status_code == 403, host
    assert browser.get("/metrics", headers={"host": "127.0.0.1:8501"}).status_code == 200
