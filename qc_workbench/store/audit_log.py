"""The audit log, read: who did what to which, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_workbench.store.database import Reader, from_json


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """``action``: a code (``audit.<action>``); ``subject``: the id of what was done to."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """What is looked for; None and "" ask for everything. ``until`` is not included."""

    actor: str | None = None
    action: str | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> tuple[str, list[Any]]:
        asked = [
            ("actor = ?", self.actor),
            ("action = ?", self.action),
            ("object = ?", self.subject.strip() or None),
            ("happened_at >= ?", self.since),
            ("happened_at < ?", self.until),
        ]
        held = [(text, value) for text, value in asked if value is not None]
        return " and ".join(text for text, _ in held) or "true", [value for _, value in held]


def audit_entries(reader: Reader, question: AuditQuestion, limit: int, offset: int = 0) -> list[AuditEntry]:
    condition, parameters = question.condition()
    rows = reader.rows(
        f"select * from audit where {condition} order by happened_at desc, object limit ? offset ?",  # noqa: S608 - literals of this module
        *parameters,
        limit,
        offset,
    )
    return [
        AuditEntry(row["happened_at"], row["actor"], row["action"], row["object"], from_json(row["detail"]) or {})
        for row in rows
    ]


def count_entries(reader: Reader, question: AuditQuestion) -> int:
    condition, parameters = question.condition()
    return int(reader.value(f"select count(*) from audit where {condition}", *parameters))  # noqa: S608 - literals of this module


def audit_words(reader: Reader) -> tuple[list[str], list[str]]:
    """Who and what is in the log, for the menus."""
    actors = reader.rows("select distinct actor from audit where actor <> '' order by actor")
    actions = reader.rows("select distinct action from audit order by action")
    return [row["actor"] for row in actors], [row["action"] for row in actions]
