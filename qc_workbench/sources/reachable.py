"""Where a source that somebody connects in the app may lead to.

Whoever may use the app's administration need not be one who may read the server's files or its inner network. What is
typed there is taken as a link of a stranger is (:mod:`~qc_workbench.sources.recording_links`): the open internet, and
the hosts of the inner network that ``serve.inner_hosts`` names; folders are those of ``serve.source_folders``, or such
as are nobody's in particular. A person who writes qcw.toml by hand names any address and any folder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from qc_workbench.errors import UsageError
from qc_workbench.sources.recording_links import LinkRules, PinnedTransport, Resolver, is_public, resolved

#: Keys of an entry that say where its other keys are sent to, and how.
WHERE: Final = ("address", "host", "port", "tls")
#: Keys of an entry that name a folder or a file of this machine.
FOLDERS: Final = ("folder", "file", "monitor")
#: What the workspace keeps for itself.
_OWN: Final = ("media", "cache", "backups", "logs", "secrets")
_SYSTEM: Final = tuple(
    Path(name)
    for name in (
        *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr"),
        *("/var/backups", "/var/cache", "/var/lib", "/var/mail", "/var/run", "/var/spool/cron", "/var/spool/mail"),
        *("/Library", "/System", "/private/etc", "/private/var/db", "/private/var/root"),
        *("C:/ProgramData", "C:/Program Files", "C:/Windows"),
    )
)
_HOMES: Final = tuple(map(Path, ("/home", "/Users", "C:/Users")))


def leads_outside(place: str, inner_hosts: Collection[str], resolver: Resolver = resolved) -> bool:
    """Whether an address, or a host, that was typed has to stay in the open internet: ``public_only`` is written with
    it. False: ``inner_hosts`` names it.

    Raises :class:`UsageError` ``source_inner_network``."""
    link = place if "://" in place else f"https://{place}"
    try:
        host, port = urlsplit(link).hostname or "", urlsplit(link).port or 443
    except ValueError:
        host, port = "", 443
    if LinkRules(hosts=tuple(inner_hosts)).is_named(host):
        return False
    try:
        found = resolver(host, port)
    except OSError:
        return True  # unknown now; it is asked again with each connection
    if not all(is_public(ip_address(address.partition("%")[0])) for address in found):
        raise UsageError("source_inner_network", host=host)
    return True


def check_change(before: Mapping[str, Any], after: Mapping[str, Any], keys: Collection[str]) -> None:
    """A key goes to no other place than it was typed for, and no address of the inner network is let in behind one
    that a person named by hand. ``keys``: those of the entry that are secrets.

    Raises :class:`UsageError` ``source_keys_again``, ``source_hosts_by_hand``."""
    if any(before.get(name) != after.get(name) for name in WHERE):
        sent = (*(key for key in keys if not key.startswith("webhook_")), "tokens_file")
        stale = [key for key in sent if before.get(key) and before[key] == after.get(key)]
        if stale:
            raise UsageError("source_keys_again", fields=", ".join(stale))
    if before.get("allow_private") and before.get("recording_hosts") != after.get("recording_hosts"):
        raise UsageError("source_hosts_by_hand")


def check_file(values: Mapping[str, Any]) -> None:
    """A file that is read line by line is a CSV file: what is wrong in its lines is shown. Raises :class:`UsageError`
    ``source_file_no_csv``."""
    if "file" in values and PurePath(values["file"]).suffix.casefold() != ".csv":
        raise UsageError("source_file_no_csv")


def check_folder(place: str, home: Path, roots: Collection[str]) -> None:
    """A folder, or a file, that was typed lies below one of ``roots`` (relative to the workspace ``home``). Without
    any it is no part of the system, of another user's home or of what the workspace keeps, hidden nowhere, and nothing
    of that is below it. Looked at where links lead to.

    Raises :class:`UsageError` ``source_folder_by_hand``."""
    try:
        path = (home / Path(place).expanduser()).resolve()
        if roots:
            is_open = any(path.is_relative_to((home / Path(root).expanduser()).resolve()) for root in roots)
        else:
            shut = [*_SYSTEM, *(home / name for name in _OWN), *_others_homes(path)]
            within_or_above = any(path.is_relative_to(item) or item.is_relative_to(path) for item in shut)
            named = path.relative_to(home) if path.is_relative_to(home) else path
            is_open = not within_or_above and not any(part.startswith(".") for part in named.parts)
    except (OSError, RuntimeError, ValueError):  # no such user, a link to itself, a zero byte
        is_open = False
    if not is_open:
        raise UsageError("source_folder_by_hand", folder=place)


def _others_homes(path: Path) -> list[Path]:
    """Where people's folders lie, unless the path is in that of whoever runs the program."""
    with suppress(RuntimeError):
        if path.is_relative_to(Path.home().resolve()):
            return []
    return list(_HOMES)


def out_to(settings: Any, address: str) -> httpx.BaseTransport | None:
    """How a source is asked at its address: None for any way there is. A proxy of the environment resolves names by
    itself, and says where it goes."""
    if not settings.public_only or _is_behind_a_proxy(address):
        return None
    return PinnedTransport(LinkRules(), httpx.HTTPTransport())  # one source is one host: connections may be kept


def _is_behind_a_proxy(address: str) -> bool:
    parts, proxies = urlsplit(address), getproxies()
    return bool((parts.scheme in proxies or "all" in proxies) and not proxy_bypass(parts.hostname or ""))
