"""Entries that are appended and never changed: an undo is an entry too, and what it takes back stands no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Protocol, TypeVar


class Undoable(Protocol):
    @property
    def supersedes(self) -> str | None: ...


Entry = TypeVar("Entry", bound=Undoable)
Thing = TypeVar("Thing", bound=Hashable)


def last_standing(
    entries: Iterable[Entry],
    about: Callable[[Entry], Thing],
    entry_id: Callable[[Entry], str],
    is_undo: Callable[[Entry], bool],
) -> dict[Thing, Entry]:
    """What each entry is about -> the entry that counts now; absent where every one was taken back.

    ``entries`` in the order they were made. An undo takes back the entry that it supersedes, and nothing where it
    names none; by itself it never counts.
    """
    stacks: dict[Thing, list[Entry]] = defaultdict(list)
    for entry in entries:
        stack = stacks[about(entry)]
        if is_undo(entry):
            stack[:] = [kept for kept in stack if entry_id(kept) != entry.supersedes]
        else:
            stack.append(entry)
    return {thing: stack[-1] for thing, stack in stacks.items() if stack}
