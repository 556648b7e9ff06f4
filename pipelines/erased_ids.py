"""Ids of chance in the place of those of an erased person."""

from __future__ import annotations

import secrets
from collections.abc import Mapping


class ChanceIds:
    """Ids of chance for old ones; the same one for the same id."""

    def __init__(self) -> None:
        self.by_old: dict[str, dict[str, str]] = {}

    def new(self, kind: str, old: str) -> str:
        return self.by_old.setdefault(kind, {}).setdefault(old, f"erased-{secrets.token_hex(8)}")

    def get(self, kind: str, old: str | None) -> str | None:
        return None if old is None else self.by_old.get(kind, {}).get(old, old)

    def of(self, kind: str) -> Mapping[str, str]:
        return self.by_old.get(kind, {})

    def everything(self) -> dict[str, str]:
        return {old: new for names in self.by_old.values() for old, new in names.items()}
