"""What every answer tells the browser, whoever made it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from qc_workbench.ui.headers import PAGE_POLICY
from tests.security.conftest import FILE, Enter

#: One address of each kind, with and without a session, found or not.
ADDRESSES = [
    "/", "/overview", "/login", "/join", "/password", "/logout", "/healthz", "/metrics", "/scoring?call=x",
    "/recordings/x", "/clips/x", "/calendar/x.ics", "/webhooks/a/b", f"/media/{FILE}.xlsx", "/index.html",
    "/call/anything", "/robots.txt", "/_stcore/metrics",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_answer_may_be_framed_sniffed_or_told_of_elsewhere(enter: Enter, address: str) -> None:
    for browser in (enter("h1"), enter("m1")):
        headers = browser.get(address).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy or "frame-ancestors 'none'" in policy
        assert "https:" not in policy
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] in ("same-origin", "no-referrer")
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("address", ["/index.html", "/call/anything", "/static/index.html"])
def test_streamlits_page_under_any_address_has_the_policy_of_ours(client: TestClient, address: str) -> None:
    assert client.get(address).headers["content-security-policy"] == PAGE_POLICY


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_about_somebody_is_kept_by_browser_or_proxy(enter: Enter, address: str) -> None:
    caching = enter("h1").get(address).headers.get("cache-control", "")
    assert "public" not in caching
    assert "no-store" in caching or "no-cache" in caching


def test_a_page_of_another_site_is_told_nothing_it_may_read(enter: Enter) -> None:
    browser = enter("h1")
    for address in ADDRESSES:
        asked = browser.options(
            address, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
        )
        assert "access-control-allow-origin" not in asked.headers
