"""The settings that the workspace was last seen with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_workbench.store.database import Reader, Statement, Write, from_json, insert, to_json


@dataclass(frozen=True, slots=True)
class SeenSettings:
    """``settings``: key -> value, as :func:`~qc_workbench.settings_changes.flat_settings` gives them."""

    digest: str
    settings: Mapping[str, Any]


def last_seen(reader: Reader) -> SeenSettings | None:
    """None where no program has looked yet."""
    row = reader.row("select digest, settings from settings_seen")
    return SeenSettings(row["digest"], from_json(row["settings"])) if row else None


def seen(before: SeenSettings | None, after: SeenSettings, at: datetime, *also: Statement) -> Write:
    """The write that puts ``after`` in the place of ``before``, with what belongs to it.

    Refused (:class:`~qc_workbench.errors.WriteRefused`) where another process was first.
    """
    if before is None:
        require = Statement("select 1 where not exists (select 1 from settings_seen)")
    else:
        require = Statement("select 1 from settings_seen where digest = ?", (before.digest,))
    row = {"seen_at": at, "digest": after.digest, "settings": to_json(dict(after.settings))}
    return Write((Statement("delete from settings_seen"), insert("settings_seen", row), *also), require=(require,))
