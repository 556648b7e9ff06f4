"""The contest of a month: who did well. Only those with enough calls take part, equals share a place.

It praises and never accuses: whoever is left out is told why, and nobody's place costs money. Shares are compared as
exact fractions, so that equal ones are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

#: Of the calls the CRM counts as effective, the least share that must have been examined before conversations are
#: compared: an unexamined call is no missing conversation. A choice of the house.
LEAST_EXAMINED: Final = Fraction(8, 10)


class Nomination(StrEnum):
    """``contest.<code>``"""

    CLEANEST = "cleanest"  # fewest breaches of order for 100 calls
    CONVERSATIONS = "conversations"  # most verified conversations
    IMPROVED = "improved"  # breaches for 100 calls fell most since the month before


class LeftOut(StrEnum):
    """``contest_out.<code>``"""

    FEW_CALLS = "few_calls"
    FEW_CALLS_BEFORE = "few_calls_before"
    NO_CRM = "no_crm"
    FEW_EXAMINED = "few_examined"
    NO_CONVERSATIONS = "no_conversations"
    NOT_IMPROVED = "not_improved"


@dataclass(frozen=True, slots=True)
class Month:
    """Of one agent: calls with clients, breaches that nobody rejected, calls that count as effective, those of them
    examined, verified conversations."""

    calls: int
    breaches: int
    counted: int
    examined: int
    verified: int


@dataclass(frozen=True, slots=True)
class Contestant:
    agent_id: str
    now: Month
    before: Month


@dataclass(frozen=True, slots=True)
class Place:
    """``value``: breaches for 100 calls, conversations, or by how much the former fell."""

    place: int
    agent_id: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Board:
    nomination: Nomination
    places: tuple[Place, ...]
    left_out: tuple[tuple[str, LeftOut], ...]


def contest(contestants: Iterable[Contestant], least_calls: int, *, has_crm: bool) -> tuple[Board, ...]:
    """``least_calls``: calls with clients that a month needs. ``has_crm``: whether tasks of the CRM were imported
    at all: without them nobody's order is known."""
    every = sorted(contestants, key=lambda item: item.agent_id)
    return tuple(_board(nomination, every, least_calls, has_crm) for nomination in Nomination)


def _board(nomination: Nomination, every: Iterable[Contestant], least_calls: int, has_crm: bool) -> Board:
    values: dict[str, Fraction] = {}
    out: list[tuple[str, LeftOut]] = []
    for item in every:
        value = _value(nomination, item, least_calls, has_crm)
        if isinstance(value, LeftOut):
            out.append((item.agent_id, value))
        else:
            values[item.agent_id] = value
    sign = 1 if nomination is Nomination.CLEANEST else -1
    places = [
        Place(1 + sum(sign * other < sign * value for other in values.values()), agent_id, value)
        for agent_id, value in values.items()
    ]
    return Board(nomination, tuple(sorted(places, key=lambda item: (item.place, item.agent_id))), tuple(out))


def _value(nomination: Nomination, item: Contestant, least_calls: int, has_crm: bool) -> Fraction | LeftOut:
    now, before = item.now, item.before
    if now.calls < least_calls:
        return LeftOut.FEW_CALLS
    if nomination is Nomination.CONVERSATIONS:
        if now.examined < LEAST_EXAMINED * now.counted:
            return LeftOut.FEW_EXAMINED
        return Fraction(now.verified) if now.verified else LeftOut.NO_CONVERSATIONS
    if not has_crm:
        return LeftOut.NO_CRM
    if nomination is Nomination.CLEANEST:
        return _rate(now)
    if before.calls < least_calls:
        return LeftOut.FEW_CALLS_BEFORE
    fell = _rate(before) - _rate(now)
    return fell if fell > 0 else LeftOut.NOT_IMPROVED


def _rate(month: Month) -> Fraction:
    return Fraction(100 * month.breaches, month.calls)
