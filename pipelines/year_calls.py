"""The calls of a simulated year: clients of one agent each, whom they meet again every few working days.

One row an appointment (*contact*), then the calls that chance adds: a missed caller is called back or tries again, and
somebody who pads holds the line on answering machines. Numbers are columns of numpy; a seed gives the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipelines.year_truth import Habit, Truth
from qc_workbench.config import Company
from qc_workbench.detection.working_calendar import WorkingCalendar

Texts = NDArray[np.str_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
#: The CRM counts a call as effective from here on (``effective.counted_from_s`` of the defaults).
COUNTED_FROM_S: Final = 40

#: What becomes of the step that was agreed in a contact. The order is that of the shares below.
FINE, MISSING, OVERDUE, DRAGGED, LATE = range(5)
#: Of the neglected steps: how many are forgotten, late in red, moved from day to day, set too late.
_FATES: Final = (0.3, 0.35, 0.2, 0.15)
#: Working days to the next contact, by fate: a neglected client waits longer.
_GAPS: Final = {FINE: (1, 5), MISSING: (4, 12), OVERDUE: (3, 9), DRAGGED: (7, 15), LATE: (5, 10)}

_MOST_CONTACTS: Final = 12
#: Calendar days after the year for which things are planned in it: more than the longest gap between two contacts.
_AFTER_DAYS: Final = 60
#: Working days before the year in which clients came who are still talked to when it begins.
_LEAD_IN: Final = 30


@dataclass(frozen=True, slots=True)
class Days:
    """Working days: their dates and the moments (µs since 1970) when they begin at midnight. The first ``inside`` are
    those of the year, the others the weeks after it, for which things are planned."""

    dates: tuple[date, ...]
    midnight: Ints
    inside: int

    @classmethod
    def between(cls, first: date, until: date, company: Company) -> Days:
        calendar = WorkingCalendar.of(company)
        dates = [first + timedelta(days=index) for index in range((until - first).days + _AFTER_DAYS)]
        worked = tuple(day for day in dates if calendar.is_working(day))
        midnight = np.array([moment_us(day, company.zone) for day in worked], dtype=np.int64)
        return cls(worked, midnight, sum(day < until for day in worked))

    def index_from(self, day: date | None) -> int:
        """The place of the first working day on or after ``day``; of the year's end where it is None."""
        return self.inside if day is None else min(self.inside, sum(one < day for one in self.dates))


def moment_us(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).astimezone(UTC).timestamp()) * SECOND_US


@dataclass(frozen=True, slots=True)
class Contacts:
    """One row a contact, in order of client and time. ``place`` from 0; ``gap_days``: working days to the next;
    ``next_row``: the next of this client, -1 where it lies beyond the year or there is none (``is_last``)."""

    client: Ints
    agent: Ints
    place: Ints
    day: Ints
    fate: Ints
    gap_days: Ints
    is_last: Bools
    next_row: Ints
    has_deal: Bools


@dataclass(frozen=True, slots=True)
class Calls:
    """One row a call. ``contact``: its row, -1 of the calls added. ``is_padded``: the truth, unseen by the CRM."""

    client: Ints
    agent: Ints
    contact: Ints
    day: Ints
    started_us: Ints
    inbound: Bools
    internal: Bools
    outcome: Texts
    talk_s: Floats
    is_padded: Bools
    is_talk: Bools

    @property
    def answered(self) -> Bools:
        found: Bools = self.outcome == "answered"
        return found

    @property
    def effective(self) -> Bools:
        found: Bools = self.answered & (self.talk_s >= COUNTED_FROM_S)
        return found

    @property
    def ended_us(self) -> Ints:
        return self.started_us + ((self.talk_s + 15) * SECOND_US).astype(np.int64)

    def __len__(self) -> int:
        return len(self.client)


def contacts_of(truth: Truth, days: Days, rng: np.random.Generator) -> Contacts:
    """Contacts of somewhat fewer calls than planned: those that chance adds come on top."""
    plan, habits = truth.plan, truth.habits
    wanted = int(plan.calls * 0.94)
    clients = wanted // 3 + 1
    agent = rng.choice(len(habits), clients, p=_weights(len(habits), rng))
    begins = rng.integers(-_LEAD_IN, days.inside, clients)
    many = np.minimum(1 + rng.geometric(0.25, clients) - 1, _MOST_CONTACTS)
    client = np.repeat(np.arange(clients), many)
    place = np.arange(len(client)) - np.repeat(np.cumsum(many) - many, many)
    owner = agent[client]
    sloppy = np.array([habit.sloppy for habit in habits])[owner]
    fate = np.where(rng.random(len(client)) < sloppy, 1 + rng.choice(4, len(client), p=_FATES), FINE)
    gap = np.zeros(len(client), dtype=np.int64)
    for code, (least, most) in _GAPS.items():
        gap = np.where(fate == code, rng.integers(least, most, len(client), endpoint=True), gap)
    walked = np.cumsum(gap) - gap
    first = np.repeat(walked[np.cumsum(many) - many] if clients else walked, many)
    day = begins[client] + walked - first
    is_last = place == many[client] - 1
    inside = (day >= 0) & (day < days.inside)
    # As many whole clients as give the number wanted.
    inside &= client <= client[inside][min(wanted, int(inside.sum())) - 1]
    kept = np.flatnonzero(inside)
    follows = np.append(client[kept][1:] == client[kept][:-1], False)
    has_deal = rng.random(clients) < np.where(sloppy_of(habits)[agent] > 0.2, 0.93, 0.98)
    starts = np.append(True, ~follows[:-1])
    first_row = np.maximum.accumulate(np.where(starts, np.arange(len(kept)), 0))
    return Contacts(
        client=client[kept], agent=owner[kept], place=np.arange(len(kept)) - first_row, day=day[kept],
        fate=fate[kept], gap_days=gap[kept], is_last=is_last[kept],
        next_row=np.where(follows, np.arange(len(kept)) + 1, -1), has_deal=has_deal[client[kept]],
    )  # fmt: skip


def sloppy_of(habits: Sequence[Habit]) -> Floats:
    return np.array([habit.sloppy for habit in habits])


def _weights(agents: int, rng: np.random.Generator) -> Floats:
    """Some agents have more clients than others."""
    weights = 0.85 + 0.3 * rng.random(agents)
    share: Floats = weights / weights.sum()
    return share


def calls_of(truth: Truth, contacts: Contacts, days: Days, rng: np.random.Generator) -> Calls:
    """Exactly as many calls as planned, in order of time. What is missing to the number are internal ones."""
    rows = len(contacts.client)
    inbound = rng.random(rows) < np.where(contacts.place == 0, 0.5, 0.2)
    chance = rng.random(rows)
    outcome = np.where(
        inbound, np.where(chance < 0.88, "answered", "missed"),
        np.where(chance < 0.66, "answered",
                 np.where(chance < 0.92, "missed", np.where(chance < 0.985, "busy", "failed"))),
    )  # fmt: skip
    started = days.midnight[contacts.day] + _time_of_day(rows, rng)
    talk = _talk_s(rows, rng)
    talk[outcome != "answered"] = 0
    is_talk = (outcome == "answered") & (talk >= COUNTED_FROM_S) & (rng.random(rows) < 0.97)
    found = Calls(
        contacts.client, contacts.agent, np.arange(rows), contacts.day, started, inbound, np.zeros(rows, bool),
        outcome, talk, np.zeros(rows, bool), is_talk,
    )  # fmt: skip
    found = _padded(found, truth, days, rng)
    added = _second_tries(found, rng)
    room = truth.plan.calls - rows
    return _in_order(found, _cut(added, room), _inside(truth, room - len(added), days, rng))


def _time_of_day(rows: int, rng: np.random.Generator) -> Ints:
    """Between 9:05 and 17:45: what a contact leaves in the CRM is there before the evening control."""
    return ((9 * 60 + 5 + 520 * rng.beta(1.3, 1.2, rows)) * MINUTE_US).astype(np.int64)


def _talk_s(rows: int, rng: np.random.Generator) -> Floats:
    """Six of ten connected calls last 40 s or longer."""
    long = COUNTED_FROM_S + np.minimum(rng.lognormal(4.6, 0.8, rows), 1800)
    return np.asarray(np.where(rng.random(rows) < 0.62, long, 4 + 35 * rng.random(rows)), np.float64).round(1)


def _padded(calls: Calls, truth: Truth, days: Days, rng: np.random.Generator) -> Calls:
    """Calls that nobody answered become connected ones of 40 to 60 s, as many as make the share of each habit."""
    padded = np.zeros(len(calls), bool)
    chosen = rng.permutation(len(calls))
    unanswered = (~calls.inbound & (calls.outcome == "missed"))[chosen]
    for agent, habit in enumerate(truth.habits):
        mine = calls.agent == agent
        for first, last, share, is_exact in _stretches(habit, days):
            within = mine & (calls.day >= first) & (calls.day < last)
            real = int((within & calls.effective).sum())
            expected = share / (1 - share) * real
            # A habit of chance varies; the unlucky stretch is the worst of a hundred that such a habit has.
            count = round(expected + 2.33 * expected**0.5) if is_exact else int(rng.poisson(expected))
            padded[chosen[unanswered & within[chosen]][:count]] = True
    talk = np.where(
        padded, np.round(COUNTED_FROM_S + 0.5 + np.minimum(rng.exponential(8, len(calls)), 80), 1), calls.talk_s
    )
    outcome = np.where(padded, "answered", calls.outcome)
    return Calls(
        calls.client, calls.agent, calls.contact, calls.day, calls.started_us, calls.inbound, calls.internal, outcome,
        talk, padded, calls.is_talk,
    )  # fmt: skip


def _stretches(habit: Habit, days: Days) -> list[tuple[int, int, float, bool]]:
    """Working days from, until (excluded), share, and whether it is the unlucky stretch."""
    borders = {
        0, days.inside, days.index_from(habit.padded_from), days.index_from(habit.padded_until),
        days.index_from(habit.worst_from), days.index_from(habit.worst_until),
    }  # fmt: skip
    found, ordered = [], sorted(borders)
    for first, last in pairwise(ordered):
        day, after = days.dates[first], days.dates[last - 1] + timedelta(days=1)
        pads = habit.padded_from is not None and habit.is_padding_in(day, after)
        unlucky = (
            habit.worst_from is not None
            and habit.worst_until is not None
            and habit.worst_from <= day < habit.worst_until
        )
        found.append((first, last, habit.padded_share if pads else habit.usual_share, unlucky))
    return found


def _second_tries(calls: Calls, rng: np.random.Generator) -> Calls:
    """A missed caller is called back by us (8 of 10, mostly soon), gets through by a second try, or waits."""
    missed = np.flatnonzero(calls.inbound & (calls.outcome == "missed"))
    chance = rng.random(len(missed))
    missed, chance = missed[chance < 0.92], chance[chance < 0.92]
    by_client = chance > 0.8
    waited = np.minimum(rng.lognormal(2.5, 0.9, len(missed)), 70)
    rows = len(missed)
    talk = _talk_s(rows, rng)
    return Calls(
        calls.client[missed], calls.agent[missed], np.full(rows, -1), calls.day[missed],
        calls.started_us[missed] + (waited * MINUTE_US).astype(np.int64), by_client, np.zeros(rows, bool),
        np.full(rows, "answered"), talk, np.zeros(rows, bool), (talk >= COUNTED_FROM_S) & (rng.random(rows) < 0.97),
    )  # fmt: skip


def _inside(truth: Truth, rows: int, days: Days, rng: np.random.Generator) -> Calls:
    rows = max(0, rows)
    day = rng.integers(0, days.inside, rows)
    no = np.zeros(rows, bool)
    return Calls(
        np.full(rows, -1), rng.integers(0, len(truth.habits), rows), np.full(rows, -1), day,
        days.midnight[day] + _time_of_day(rows, rng), no, ~no, np.full(rows, "answered"),
        np.round(10 + 50 * rng.random(rows), 1), no, no,
    )  # fmt: skip


def _cut(calls: Calls, rows: int) -> Calls:
    return Calls(*(getattr(calls, name)[: max(0, rows)] for name in Calls.__dataclass_fields__))


def _in_order(*parts: Calls) -> Calls:
    whole = [np.concatenate([getattr(part, name) for part in parts]) for name in Calls.__dataclass_fields__]
    order = np.argsort(whole[list(Calls.__dataclass_fields__).index("started_us")], kind="stable")
    return Calls(*(column[order] for column in whole))
