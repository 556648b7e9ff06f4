"""Settings as one flat list of keys, and what differs between two such lists: what the audit log says of qcw.toml."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from qc_workbench.config import Settings

#: Keys whose values nobody reads in a log: who knows the seed knows the draws beforehand.
SECRET: Final = frozenset({"sampling.seed"})
#: What the log shows in place of a secret value.
HIDDEN: Final = "•••"

_MARK: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class SettingChange:
    """``key``: ``company.name``, ``sampling.plans.daily.shares.inbound``. Values are as JSON has them; None: none."""

    key: str
    before: Any
    after: Any


def flat_settings(settings: Settings, secret: bytes) -> dict[str, Any]:
    """Every key in force with its value; a plan or source under its name. Secret values are keyed hashes only."""
    found = dict(_leaves("", settings.model_dump(mode="json")))
    return {key: _hashed(secret, value) if key in SECRET else value for key, value in found.items()}


def setting_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[SettingChange, ...]:
    """What differs, by key. A key that ``before`` does not know stood at its default: a new program is no change."""
    keys = sorted(before.keys() | after.keys())
    pairs = ((key, before.get(key, defaults.get(key)), after.get(key)) for key in keys)
    return tuple(
        SettingChange(key, *((HIDDEN, HIDDEN) if key in SECRET else (old, new)))
        for key, old, new in pairs
        if old != new
    )


def settings_digest(flat: Mapping[str, Any]) -> str:
    """The same for the same settings, whatever the order and layout of the file."""
    text = json.dumps(flat, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _leaves(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{at}.{key}" if at else str(key), inner)
    elif isinstance(value, list) and value and all(isinstance(item, dict) and "name" in item for item in value):
        for item in value:
            yield from _leaves(f"{at}.{item['name']}", {key: inner for key, inner in item.items() if key != "name"})
    else:
        yield at, value


def _hashed(secret: bytes, value: object) -> str:
    return _MARK + hmac.new(secret, str(value).encode(), hashlib.sha256).hexdigest()
