"""Logging in with the company's account: a real browser, the app, and a provider that speaks OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qc_workbench.domain.access import AccessRole
from qc_workbench.store import people
from qc_workbench.ui.accounts import cookie_name, new_account
from qc_workbench.ui.single_sign_on import secrets_file
from qc_workbench.workspace import Workspace
from tests.browser.conftest import playwright
from tests.browser.oidc_provider import CLIENT, Provider, provider
from tests.browser.serving import SETTLED, free_port, served
from tests.ui import sample_company as company

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
expect = playwright.expect


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    found = company.sample_company(tmp_path_factory.mktemp("sso"))
    account = new_account("Инна Внешняя", "inna@example.com", {AccessRole.QC}, company.AS_OF)
    found.store.apply(people.saved(account))
    return found


@pytest.fixture(scope="module")
def company_accounts() -> Iterator[Provider]:
    with provider(free_port(), sub="42", email="inna@example.com", email_verified=True) as found:
        yield found


@pytest.fixture(scope="module")
def app(workspace: Workspace, company_accounts: Provider) -> Iterator[str]:
    port = free_port()
    secrets_file(workspace.home).write_text(
        f"""
        [auth]
        redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
        cookie_secret = "a long secret of this test, thirty-two bytes or more"
        client_id = "{CLIENT[0]}"
        client_secret = "{CLIENT[1]}"
        server_metadata_url = "{company_accounts.base}/.well-known/openid-configuration"
        """,
        encoding="utf-8",
    )
    with served(workspace.home, port) as base:
        yield base


def press(chromium: playwright.Browser, base: str) -> playwright.Page:
    page = chromium.new_context(base_url=base, locale="ru-RU").new_page()
    page.goto("/queue")
    page.get_by_role("link", name="Войти через учётную запись компании").click()
    return page


def test_the_companys_account_lets_in_whoever_an_administrator_has_admitted(
    workspace: Workspace, app: str, chromium: playwright.Browser
) -> None:
    page = press(chromium, app)
    expect(page.get_by_role("heading", level=1)).to_have_text("Прослушка", timeout=60_000)
    page.wait_for_selector(SETTLED)
    expect(page.get_by_text("Инна Внешняя")).to_be_visible()
    cookies = {item["name"]: item for item in page.context.cookies()}
    assert cookies[cookie_name(workspace.home)]["httpOnly"]
    page.goto("/logout")
    page.goto("/queue")
    expect(page.get_by_label("Пароль")).to_be_visible()  # and is not let in again by the provider's cookie
    page.context.close()


@pytest.mark.slow
def test_somebody_the_administrator_does_not_know_is_told_so(
    company_accounts: Provider, app: str, chromium: playwright.Browser
) -> None:
    company_accounts.claims |= {"sub": "77", "email": "stranger@example.com"}
    page = press(chromium, app)
    expect(page.get_by_text("Для «stranger@example.com» здесь нет учётной записи")).to_be_visible(timeout=60_000)
    page.context.close()


@pytest.mark.slow
def test_an_address_that_the_provider_has_not_verified_is_nobodys(
    company_accounts: Provider, app: str, chromium: playwright.Browser
) -> None:
    company_accounts.claims |= {"sub": "78", "email": "h1", "email_verified": False}
    page = press(chromium, app)
    expect(page.get_by_text("здесь нет учётной записи")).to_be_visible(timeout=60_000)
    page.context.close()
