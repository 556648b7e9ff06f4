"""The rules of access as refusals that a person can read: what a page or a route asks before it does anything."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime

from qc_workbench.domain.access import Action, Person, Subject, may
from qc_workbench.domain.entry import (
    KNOWN_PASSWORDS,
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    SHUT_AFTER,
    Lock,
    normalised,
    password_problem,
)
from qc_workbench.errors import UsageError


def require(person: Person, action: Action, subject: Subject | None = None) -> None:
    """Raises :class:`UsageError` ``not_allowed``, which does not say whether the call exists."""
    if not may(person, action, subject):
        raise UsageError("not_allowed")


def acceptable_password(password: str, about: Collection[str], known: Collection[str] = KNOWN_PASSWORDS) -> str:
    """The password as it is to be hashed. Raises :class:`UsageError` ``password_<problem>``."""
    problem = password_problem(password, about, known)
    if problem is not None:
        raise UsageError(f"password_{problem.value}", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
    return normalised(password)


def require_open(*locks: Lock, at: datetime) -> None:
    """Before a password is even looked at. Raises :class:`UsageError` ``log_in_shut`` or ``log_in_locked``."""
    if any(lock.shut for lock in locks):
        raise UsageError("log_in_shut", count=SHUT_AFTER)
    until = max((lock.until for lock in locks if lock.until is not None and lock.refuses(at)), default=None)
    if until is not None:
        raise UsageError("log_in_locked", minutes=math.ceil((until - at).total_seconds() / 60))
