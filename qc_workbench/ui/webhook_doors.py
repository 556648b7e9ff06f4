"""Who may leave a webhook: the sources that have a secret place, as the settings and the secrets say now.

Nothing here asks the store: a webhook is taken while the store is away.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Final, TypeGuard
from zoneinfo import ZoneInfo

from qc_workbench.config import Settings, load_settings
from qc_workbench.config_sources import TakesWebhooks
from qc_workbench.errors import NotConfigured, QcwError
from qc_workbench.logs import event
from qc_workbench.sources.secrets_place import secret_at
from qc_workbench.sources.webhook_kinds import KINDS, Keys, WebhookKind
from qc_workbench.ui.recordings import workspace_secret

#: Settings and secrets are read again after so long, seconds: a renewed address holds as soon.
FRESH_S: Final = 5.0
#: A shorter secret is none: nobody is let in by it.
SHORTEST_TOKEN: Final = 20
#: Webhooks of one source: as many at once, and a second in the long run. Above it vendors are told to come later; the
#: poll finds what they then leave out.
BURST: Final = 600
A_SECOND: Final = 40.0


@dataclass
class Allowance:
    """As a bucket of tokens that nobody waits for."""

    per_s: float = A_SECOND
    burst: int = BURST
    _left: float = field(init=False)
    _seen: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._seen = float(self.burst), monotonic()

    def take(self, now: float | None = None) -> bool:
        now = monotonic() if now is None else now
        self._left = min(float(self.burst), self._left + (now - self._seen) * self.per_s)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class Door:
    """One source that takes webhooks."""

    source: str
    kind: WebhookKind
    token: str
    keys: Keys
    zone: ZoneInfo
    networks: tuple[IPv4Network | IPv6Network, ...]
    public_address: str = ""

    def lets_in(self, address: str) -> bool:
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self.networks)


def takes_webhooks(source: Any) -> TypeGuard[Any]:
    """Whether a source of the settings is of a kind that tells its news, and has a place for the secret."""
    return isinstance(source, TakesWebhooks) and bool(source.webhook_secret)


def doors(settings: Settings, home: Path) -> dict[str, Door]:
    """By name of the source. One whose secrets are not there has no door."""
    found = {}
    telling: list[Any] = [source for source in settings.sources if takes_webhooks(source)]
    for source in telling:
        kind = KINDS[source.kind]
        try:
            token = secret_at(source.webhook_secret, home, source.name)
            keys = _keys(source, kind, home)
        except NotConfigured:
            event("webhook.no_secret", logging.WARNING)
            continue
        if len(token) < SHORTEST_TOKEN:
            event("webhook.short_secret", logging.WARNING)
            continue
        zone = ZoneInfo(source.timezone) if getattr(source, "timezone", "") else settings.company.zone
        networks = tuple(ip_network(text, strict=False) for text in source.webhook_from)
        found[source.name] = Door(source.name, kind, token, keys, zone, networks, settings.serve.public_address)
    return found


def _keys(source: Any, kind: WebhookKind, home: Path) -> Keys:
    """The secrets of its signature; none where the settings name no place for one of them."""
    places = {name: getattr(source, name, "") for name in kind.keys}
    if getattr(source, "key_sid", ""):  # Twilio signs with the account's token, never with the secret of an API key
        places["token"] = source.webhook_token
    if not all(places.values()):
        return {}
    found = {name: secret_at(place, home, source.name) for name, place in places.items()}
    return {**found, "webhook_user": getattr(source, "webhook_user", "")}


class Doors:
    """The doors of a workspace, read again every few seconds, one reader at a time."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.allowances: dict[str, Allowance] = {}
        self._lock = Lock()
        self._read_at = -FRESH_S
        self._doors: Mapping[str, Door] | None = None
        self._secret = b""

    @property
    def is_fresh(self) -> bool:
        return monotonic() - self._read_at < FRESH_S

    @property
    def are_known(self) -> bool:
        """False where the settings could not be read yet: nobody can be told whether they are a stranger."""
        return self._doors is not None

    @property
    def secret(self) -> bytes:
        """Of the workspace, for digests."""
        return self._secret

    def read(self) -> None:
        """Look again; settings with a mistake leave what was known."""
        with self._lock:
            if self.is_fresh:
                return
            try:
                self._doors = doors(load_settings(self.home / "qcw.toml"), self.home)
                self._secret = workspace_secret(self.home)
            except QcwError as error:
                event("webhook.settings_broken", logging.WARNING, error=error.code)
            self._read_at = monotonic()

    def at(self, source: str, token: str) -> Door | None:
        """The door of a source for whoever brings its token. As slow for a source that does not exist."""
        door = (self._doors or {}).get(source)
        expected = door.token if door else _NOBODY
        is_same = hmac.compare_digest(_hashed(token), _hashed(expected))
        return door if door is not None and is_same else None

    def allows(self, source: str) -> bool:
        return self.allowances.setdefault(source, Allowance()).take()


_NOBODY: Final = secrets.token_urlsafe(32)


def _hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
