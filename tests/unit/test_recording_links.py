"""Where a link to a recording may lead: never into the inner network, never to another host by itself."""

from __future__ import annotations

from ipaddress import ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.sources.recording_links import LinkRefusedError, LinkRules, PinnedTransport, is_public

INNER = (
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1",
)  # fmt: skip
OUTER = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8")


@pytest.mark.parametrize("address", INNER)
def test_addresses_of_the_inner_network_are_known_however_they_are_written(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTER)
def test_addresses_of_the_open_internet_are_let_through(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_says_the_same_inside_of_ipv6(address: object) -> None:
    assert is_public(ip_address(f"::ffff:{address}")) == is_public(ip_address(str(address)))


def asked(rules: LinkRules, link: str, addresses: list[str], seen: list[httpx.Request] | None = None) -> httpx.Response:
    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(200, content=b"sound")

    transport = PinnedTransport(rules, httpx.MockTransport(answer), lambda host, port: addresses)
    with httpx.Client(transport=transport) as client:
        return client.get(link)


def test_the_connection_goes_to_the_very_address_that_was_checked() -> None:
    seen: list[httpx.Request] = []
    asked(LinkRules(), "https://records.example.com/a.mp3?x=1", ["93.184.216.34"], seen)
    (request,) = seen
    assert request.url.host == "93.184.216.34"
    assert request.headers["host"] == "records.example.com"
    assert request.extensions["sni_hostname"] == "records.example.com", "its certificate is checked for its name"
    assert request.url.raw_path == b"/a.mp3?x=1"


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["fe80::1%eth0"], []])
def test_one_inner_address_among_others_is_enough_to_refuse(addresses: list[str]) -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(LinkRefusedError) as told:
        asked(LinkRules(), "https://records.example.com/a.mp3", addresses, seen)
    assert (told.value.code, told.value.host, seen) == ("inner_network", "records.example.com", [])


def test_the_inner_network_opens_only_for_hosts_that_are_named_and_when_it_is_said_so() -> None:
    link = "http://pbx.local/a.wav"
    with pytest.raises(LinkRefusedError):
        asked(LinkRules(hosts=("pbx.local",)), link, ["192.168.1.5"])
    with pytest.raises(LinkRefusedError):
        asked(LinkRules(hosts=("other.local",), allow_private=True), link, ["192.168.1.5"])
    assert asked(LinkRules(hosts=("pbx.local",), allow_private=True), link, ["192.168.1.5"]).content == b"sound"


def test_the_systems_own_address_may_be_anywhere_but_only_that_port_of_it() -> None:
    rules = LinkRules(address="http://127.0.0.1:8080/api")
    assert asked(rules, "http://127.0.0.1:8080/rec/1.mp3", ["127.0.0.1"]).status_code == 200
    with pytest.raises(LinkRefusedError):
        asked(rules, "http://127.0.0.1:5432/rec/1.mp3", ["127.0.0.1"])


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("https://a.example.com/1", "https://a.example.com/2", None),
        ("https://a.example.com/1", "https://cdn.example.net/2", None),
        ("https://a.example.com/1", "https://eu.store.example.org/2", None),
        ("https://a.example.com/1", "https://store.example.org.evil.example/2", "redirect_elsewhere"),
        ("https://a.example.com/1", "https://evil.example/2", "redirect_elsewhere"),
        ("https://a.example.com/1", "http://a.example.com/2", "redirect_open"),
        ("https://a.example.com/1", "ftp://a.example.com/2", "redirect_elsewhere"),
        ("https://a.example.com/1", "file:///etc/passwd", "redirect_elsewhere"),
        ("https://a.example.com/1", "https://api.example.com/2", None),
    ],
)
def test_a_link_leads_on_only_to_hosts_that_are_named(before: str, after: str, code: str | None) -> None:
    rules = LinkRules("https://api.example.com", ("cdn.example.net", ".store.example.org"))
    if code is None:
        rules.check_redirect(before, after)
        return
    with pytest.raises(LinkRefusedError) as told:
        rules.check_redirect(before, after)
    assert told.value.code == code


@pytest.mark.parametrize("link", ["", "file:///etc/passwd", "gopher://x/", "http://", "//host/x", "http://[::1"])
def test_what_is_no_address_of_the_web_is_refused(link: str) -> None:
    with pytest.raises(LinkRefusedError, match="address"):
        LinkRules().check_link(link)
