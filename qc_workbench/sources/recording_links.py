"""Which addresses a link to a recording may lead to, and a transport that goes nowhere else.

A link comes from outside, from a vendor's answer or from whoever can put a row into it. A server that follows it blind
is a way into the inner network: to a database, to the metadata of a cloud. So a host's name is resolved once, every
address it has must be one of the open internet, and the connection goes to that very address (a name that is resolved
twice may say something else the second time). Source: OWASP, Server-Side Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx

#: IPv4 inside IPv6 as NAT64 writes it (RFC 6052): what it leads to is the IPv4 address.
_NAT64: Final = IPv6Network("64:ff9b::/96")
#: All that IANA has given out of IPv6 for the open internet. Outside of it are forms that Python calls global, among
#: them IPv4 written in ways of old (``::10.0.0.1``, ``::ffff:0:10.0.0.1``), NAT64 of a network's own, site-local ones.
_OPEN_IPV6: Final = IPv6Network("2000::/3")
#: IPv4 inside an address of ISATAP (RFC 5214): ``…:5efe:10.0.0.1``.
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
_SCHEMES: Final = ("http", "https")

Resolver = Callable[[str, int], Sequence[str]]


class LinkRefusedError(Exception):
    """Why a link is not followed: ``fetch.<code>`` of the catalogue; ``host`` is all that is said of the link."""

    def __init__(self, code: str, host: str) -> None:
        self.code = code
        self.host = host
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class LinkRules:
    """``address``: the system's own, as the settings have it; the machine and port of it may be anywhere, for a person
    wrote them there. ``hosts``: names that links may lead on to. ``allow_private``: those may be of the inner network.
    ``public_only``: nothing may, for the address was typed in the app.
    """

    address: str = ""
    hosts: tuple[str, ...] = ()
    allow_private: bool = False
    public_only: bool = False

    def check_link(self, link: str) -> None:
        """A first address. Raises :class:`LinkRefusedError` ``address``."""
        if _parts(link) is None:
            raise LinkRefusedError("address", "")

    def check_redirect(self, before: str, after: str) -> None:
        """A link may lead on within its host, to the system's own address and to configured hosts; never from https to
        http, but to the system's own address.

        Raises :class:`LinkRefusedError` ``redirect_elsewhere``, ``redirect_open``."""
        one, other = _parts(before), _parts(after)
        host = other[1] if other else ""
        if one is None or other is None or not (one[1] == host or self.is_own(after) or self.is_named(host)):
            raise LinkRefusedError("redirect_elsewhere", host)
        if one[0] == "https" and other[0] == "http" and not self.is_own(after):
            raise LinkRefusedError("redirect_open", host)

    def check_addresses(self, link: str, addresses: Sequence[str]) -> None:
        """Raises :class:`LinkRefusedError` ``inner_network`` where any of the addresses is no public one."""
        parts = _parts(link)
        host = parts[1] if parts else ""
        may_be_inner = self.is_own(link) and not self.public_only
        if may_be_inner or (self.allow_private and self.is_named(host)):
            return
        if not addresses or not all(is_public(ip_address(address.partition("%")[0])) for address in addresses):
            raise LinkRefusedError("inner_network", host)

    def is_own(self, link: str) -> bool:
        """Whether it is the machine and port that the settings name."""
        return bool(self.address) and _parts(link) == _parts(self.address)

    def is_named(self, host: str) -> bool:
        folded = host.casefold()
        return any(
            folded.endswith(name.casefold()) if name.startswith(".") else folded == name.casefold()
            for name in self.hosts
        )


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is of the open internet, whatever it is written inside of."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _OPEN_IPV6 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
            return False
    return address.is_global and not address.is_multicast


def resolved(host: str, port: int) -> Sequence[str]:
    """Every address of a host. Raises :class:`OSError`."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


class PinnedTransport(httpx.BaseTransport):
    """Goes to the address that was checked, and keeps no connection for another name."""

    def __init__(
        self, rules: LinkRules, inner: httpx.BaseTransport | None = None, resolver: Resolver = resolved
    ) -> None:
        self._rules = rules
        self._inner = inner or httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        self._resolver = resolver

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            addresses = self._resolver(host, port)
        except OSError as error:
            raise httpx.ConnectError("the host has no address", request=request) from error
        self._rules.check_addresses(str(request.url), addresses)
        last: httpx.HTTPError = httpx.ConnectError("the host has no address", request=request)
        for address in addresses:
            pinned = httpx.Request(
                request.method, request.url.copy_with(host=address), headers=request.headers, stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )  # fmt: skip
            try:
                return self._inner.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last

    def close(self) -> None:
        self._inner.close()


def _parts(link: str) -> tuple[str, str, int] | None:
    """(scheme, host, port); None for what is no address of the web."""
    try:
        found = urlsplit(link)
        port = found.port
    except ValueError:
        return None
    if found.scheme not in _SCHEMES or not found.hostname:
        return None
    return found.scheme, found.hostname.casefold(), port or (443 if found.scheme == "https" else 80)
