"""Who listens to which call on which day: capacities, absences, due days.

:func:`plan_listening` is a function of what is open now. Asked again tomorrow, or when somebody has fallen ill, it
gives the plan for what is left: nothing is kept but who has which call. Whoever has a call keeps it while they can
still hear it in time; only what they can't is handed on.

Whether one more call fits is Hall's condition for unit tasks that may all begin now: up to each day there are at most
as many calls due as places. Drawn calls taken by due day leave as few over as any plan could (the tasks
that fit form a matroid: Lawler, *Combinatorial Optimization*, 1976, ch. 7), self-review aside.

A reviewer's calls are spread over the days by the greatest density: today's share is the largest, over all due days,
of calls due until then per place until then (Yao, Demers, Shenker, "A scheduling model for reduced CPU energy", FOCS
1995). So no deadline is missed and no evening is fuller than it must be.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Final

from qc_workbench.domain.access import AccessRole, Account
from qc_workbench.review.assignment import Held

#: Days after the last due day on which what is late may still be planned.
GRACE_DAYS: Final = 14
#: A call that will be late anyway stays with whoever has it unless somebody else could hear it so much sooner.
KEPT_WHEN_LATE: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """``calls_a_day``: how many they can score on a working day. ``weekdays``: 0 is Monday. ``away``: whole days.

    ``agent_id``: the employee that they are when they talk to clients themselves.
    """

    reviewer: str
    calls_a_day: int
    weekdays: frozenset[int] = frozenset(range(5))
    away: frozenset[date] = frozenset()
    agent_id: str | None = None

    def places(self, day: date) -> int:
        return self.calls_a_day if day.weekday() in self.weekdays and day not in self.away else 0


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call to hear by the end of ``due``, however many draws it is in.

    ``drawn``: of the random sample, which goes before targeted calls when there is no room for all. ``not_for``:
    reviewers who may not have it (they scored it, and a second opinion is wanted); its own agent never may.
    """

    call_id: str
    agent: str
    due: date
    drawn: bool = True
    assigned_to: str | None = None
    not_for: frozenset[str] = frozenset()

    def may_go_to(self, person: Reviewer) -> bool:
        return self.agent not in (person.reviewer, person.agent_id) and person.reviewer not in self.not_for


@dataclass(frozen=True, slots=True)
class Slot:
    """A call in somebody's day. ``is_late``: after its due day, because nobody had room before."""

    call_id: str
    reviewer: str
    day: date
    is_late: bool = False
    is_handed_on: bool = False  # somebody else had it


@dataclass(frozen=True, slots=True)
class ListeningPlan:
    """``slots`` by day, then importance. ``unplaced``: calls nobody may or can hear, not even late."""

    slots: tuple[Slot, ...]
    unplaced: tuple[str, ...]

    def day_of(self, reviewer: str, day: date) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.reviewer == reviewer and slot.day == day)


def reviewers_of(
    accounts: Iterable[Account], absences: Mapping[str, Iterable[tuple[date, date]]]
) -> tuple[Reviewer, ...]:
    """Specialists of quality control who may enter and whose account says how many calls a day they hear.

    They go by :attr:`~qc_workbench.domain.access.Person.reviewer_id`. ``absences``: by person, first and last days.
    """
    return tuple(
        Reviewer(
            account.person.reviewer_id,
            account.calls_a_day,
            account.weekdays,
            frozenset(
                first + timedelta(days=number)
                for first, last in absences.get(account.person.person_id, ())
                for number in range((last - first).days + 1)
            ),
            account.person.agent_id,
        )
        for account in accounts
        if account.person.may_enter and AccessRole.QC in account.person.roles and account.calls_a_day > 0
    )


def plan_listening(
    calls: Iterable[OpenCall],
    reviewers: Iterable[Reviewer],
    today: date,
    *,
    done_today: Mapping[str, int] | None = None,
    held: Iterable[Held] = (),
) -> ListeningPlan:
    """The plan from ``today`` on. A call that fits before no due day takes the first place that is left after it.

    ``done_today``: calls already scored today by each reviewer, whose places are used up. ``held``: calls of earlier
    days, counted, so that agents rotate over time as well.

    A free call goes to the reviewer with room who is loaded least for what they can do; among equals to the one who
    has heard this agent least; then by a hash. When time is short every agent loses calls by turns, not one agent all.
    """
    wanted = _by_importance(calls)
    team = {item.reviewer: item for item in reviewers}
    done, before = done_today or {}, tuple(held)
    last = max([today, *(item.due for item in wanted)])

    def shared_out(keep: bool) -> tuple[list[_Desk], list[OpenCall]]:
        """Twice: agents by turns, to find what there is room for; then that, agent by agent, so that each agent's
        calls go round the reviewers."""
        desks, over = seats(wanted, keep)
        lost = {call.call_id for call in over}
        rounds = [call for call in wanted if call.call_id not in lost]
        rounds.sort(key=lambda call: (not call.drawn, call.due, call.agent))
        round_desks, left = seats(rounds, keep)
        return (desks if left else round_desks), over

    def seats(order: Sequence[OpenCall], keep: bool) -> tuple[list[_Desk], list[OpenCall]]:
        desks = [_Desk(item, today, last, done.get(item.reviewer, 0), before) for item in team.values()]
        return desks, _share_out(order, {desk.name: desk for desk in desks}, keep)

    desks, over = shared_out(keep=True)
    if over:  # only then may somebody's calls move although they could hear them
        moved_desks, moved_over = shared_out(keep=False)
        if len(moved_over) < len(over):
            desks, over = moved_desks, moved_over
    places = {call.call_id: place for place, call in enumerate(wanted)}
    slots = [slot for desk in desks for slot in desk.laid_out(places)]
    unplaced = []
    for call in over:
        able = [desk for desk in desks if call.may_go_to(desk.person) and desk.first_free() < date.max]
        if not able:
            unplaced.append(call.call_id)
            continue
        soonest = min(able, key=lambda desk: (desk.first_free(), desk.load, _hash(desk.name, call.call_id)))
        own = next((desk for desk in able if desk.name == call.assigned_to), soonest)
        chosen = own if own.first_free() - soonest.first_free() <= KEPT_WHEN_LATE else soonest
        slots.append(chosen.take(call))
    return ListeningPlan(
        tuple(sorted(slots, key=lambda slot: (slot.day, places[slot.call_id]))),
        tuple(unplaced),
    )


def _by_importance(calls: Iterable[OpenCall]) -> list[OpenCall]:
    """Drawn before targeted, then by due day, then the agents by turns in an order that nobody chose."""
    turns: Counter[tuple[bool, date, str]] = Counter()
    keyed = []
    for call in sorted(calls, key=lambda item: _hash(item.call_id)):
        group = (not call.drawn, call.due, call.agent)
        keyed.append(((not call.drawn, call.due, turns[group], _hash(call.agent, str(call.due))), call))
        turns[group] += 1
    return [call for _, call in sorted(keyed, key=lambda item: item[0])]


def _share_out(wanted: Sequence[OpenCall], desks: Mapping[str, _Desk], keep: bool) -> list[OpenCall]:
    """Give every call that fits in time to a desk; the rest. ``keep``: whoever has one is asked before all others."""
    over = []
    order = sorted(wanted, key=lambda item: (not item.drawn, item.assigned_to not in desks)) if keep else wanted
    for call in order:
        own = desks.get(call.assigned_to or "")
        if keep and own is not None and call.may_go_to(own.person) and own.fits(call.due):
            own.give(call)
            continue
        fitting = [desk for desk in desks.values() if call.may_go_to(desk.person) and desk.fits(call.due)]
        if fitting:
            min(
                fitting,
                key=lambda desk: (desk.load, desk is not own, desk.heard[call.agent], _hash(desk.name, call.call_id)),
            ).give(call)  # fmt: skip
        else:
            over.append(call)
    return over


class _Desk:
    """One reviewer's calls while they are being shared out."""

    def __init__(self, person: Reviewer, today: date, last: date, done: int, held: Iterable[Held]) -> None:
        self.person = person
        self.name = person.reviewer
        days = [today + timedelta(days=number) for number in range((last - today).days + 1 + GRACE_DAYS)]
        self._places = {day: person.places(day) for day in days}
        self._places[today] = max(0, self._places[today] - done)
        self._until = dict(zip(days, accumulate(self._places.values()), strict=True))
        self._last = last
        self._calls: list[OpenCall] = []
        self._due: Counter[date] = Counter()
        self._free: dict[date, int] = {}
        self.heard: Counter[str] = Counter()
        for item in held:
            if item.reviewer == self.name and item.agent is not None:
                self.heard[item.agent] += item.calls

    @property
    def load(self) -> Fraction:
        """Calls per place, as it would be with one more: that is what is to be equal."""
        return Fraction(len(self._calls) + 1, max(1, self._until[self._last]))

    def fits(self, due: date) -> bool:
        """Whether one more call due then leaves everything here in time."""
        taken = 0
        for day in sorted({due, *self._due}):
            taken += self._due.get(day, 0)
            if day >= due and taken >= self._until.get(day, 0):  # 0: the past
                return False
        return True

    def give(self, call: OpenCall) -> None:
        self._calls.append(call)
        self._due[call.due] += 1
        self.heard[call.agent] += 1

    def laid_out(self, importance: Mapping[str, int]) -> list[Slot]:
        """Each day its share, by the greatest density of calls over places."""
        waiting = sorted(self._calls, key=lambda item: (item.due, importance[item.call_id]))
        slots = []
        for day, places in self._places.items():
            spent = self._until[day] - places
            density = max(
                (Fraction(number, self._until[item.due] - spent) for number, item in enumerate(waiting, 1)),
                default=Fraction(0),
            )
            share = min(places, math.ceil(density * places))
            slots += [self._slot(call, day) for call in waiting[:share]]
            waiting = waiting[share:]
            self._free[day] = places - share
        return slots

    def first_free(self) -> date:
        """The first day with room; ``date.max`` when there is none."""
        return next((day for day, free in self._free.items() if free), date.max)

    def take(self, call: OpenCall) -> Slot:
        """A call that comes late anyway, on the first day with room."""
        day = self.first_free()
        self._free[day] -= 1
        self.give(call)
        return self._slot(call, day)

    def _slot(self, call: OpenCall, day: date) -> Slot:
        handed_on = call.assigned_to is not None and call.assigned_to != self.name
        return Slot(call.call_id, self.name, day, is_late=day > call.due, is_handed_on=handed_on)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
