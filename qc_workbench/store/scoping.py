"""Lists within what a person may see: one condition, written once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

#: Ids of agents whose calls a list shows; None: everybody's.
Agents = Collection[str] | None
#: A span of moments, the end excluded.
Stretch = tuple[datetime, datetime]

#: Calls with clients, and calls that the CRM counts as effective; parameter of the latter: seconds from which it does.
WITH_CLIENTS: Final = "direction <> 'internal'"
COUNTED: Final = "outcome = 'answered' and talk_s >= ?"


def among(agents: Agents, column: str = "manager_id") -> tuple[str, list[Any]]:
    """A condition on the column with the agent's id, and its parameters. ``column`` is a name of the program."""
    return ("true", []) if agents is None else (f"list_contains(?::varchar[], {column})", [sorted(agents)])


def client_calls(within: Stretch | None) -> tuple[str, list[Any]]:
    """A condition on ``direction`` and ``started_at``: calls with clients of this time. None: any call."""
    if within is None:
        return "true", []
    return f"{WITH_CLIENTS} and started_at >= ? and started_at < ?", [*within]
