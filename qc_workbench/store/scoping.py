"""Lists within what a person may see: one condition, written once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

#: Ids of agents whose calls a list shows; None: everybody's.
Agents = Collection[str] | None


def among(agents: Agents, column: str = "manager_id") -> tuple[str, list[Any]]:
    """A condition on the column with the agent's id, and its parameters. ``column`` is a name of the program."""
    return ("true", []) if agents is None else (f"list_contains(?::varchar[], {column})", [sorted(agents)])
