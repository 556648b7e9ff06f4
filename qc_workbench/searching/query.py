"""What is looked for, as a tree. :mod:`qc_workbench.searching.language` makes it of what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qc_workbench.domain.transcript import Party


class Match(StrEnum):
    """How a word of the question fits a word that was said."""

    ANY_FORM = "any_form"
    EXACT = "exact"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One word of a question; ``word`` as :func:`~qc_workbench.searching.forms.comparable` writes it."""

    word: str
    match: Match = Match.ANY_FORM


@dataclass(frozen=True, slots=True)
class Scope:
    """Which words of a call count: of one party; begun less than ``first_s`` seconds after the first word;
    begun ``last_s`` seconds or less before the end of the last. None: no such limit."""

    party: Party | None = None
    first_s: int | None = None
    last_s: int | None = None


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one right after the other in one turn. A single word is a phrase of one."""

    words: tuple[Pattern, ...]
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Near:
    """Words in any order, at different places, the first and the last at most ``distance`` places apart.

    Places count through the whole call; a change of turn counts as one place.
    """

    words: tuple[Pattern, ...]
    distance: int
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Calls in which ``part`` is not."""

    part: Query


Leaf = Phrase | Near
Query = Leaf | AllOf | AnyOf | Without


def leaves(query: Query) -> tuple[Leaf, ...]:
    """Every phrase and neighbourhood of a question, in order."""
    match query:
        case Without(part):
            return leaves(part)
        case AllOf(parts) | AnyOf(parts):
            return tuple(leaf for part in parts for leaf in leaves(part))
        case _:
            return (query,)


def shown_leaves(query: Query) -> tuple[Leaf, ...]:
    """The leaves whose words are shown where they were found: those that are not asked to be absent."""
    match query:
        case Without(Without(part)):
            return shown_leaves(part)
        case Without():
            return ()
        case AllOf(parts) | AnyOf(parts):
            return tuple(leaf for part in parts for leaf in shown_leaves(part))
        case _:
            return (query,)
