"""Counts of an agent's calls that a pattern is read from. Outgoing, connected calls where nothing else is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Stands for everybody but the agent asked for, counted together.
OTHERS: Final = ""


@dataclass(frozen=True, slots=True)
class DurationTally:
    """``calls`` that ended ``second`` whole seconds after the counting threshold (before it: negative).

    ``verified``: whether a conversation was heard in them, as in ``Conversation``.
    """

    manager_id: str
    second: int
    verified: bool | None
    calls: int


@dataclass(frozen=True, slots=True)
class RepeatTally:
    """Counted ``calls`` without a conversation, made to so many different ``numbers``."""

    manager_id: str
    calls: int
    numbers: int


@dataclass(frozen=True, slots=True)
class VerifiedTally:
    """Counted calls in either direction that were examined with a verdict; ``is_random``: of the random sample."""

    manager_id: str
    is_random: bool
    examined: int
    verified: int
