"""What a simulated year is to be, and what was planted in it: the truth that verdicts are held against.

Planted are *habits*: the share of an agent's effective calls that are padded, and the shares of neglected steps and
notes, each from a day on until a day. What chance made of a habit is counted beside it (``done``), so that a small
year in which a padder hardly padded is not blamed on the rule that did not find it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

TRUTH_FILE: Final = "truth.json"

#: Calendar days of a month that pass before letters go out; whoever reforms does so from the next day on.
LETTER_DAY: Final = 16


class Part(StrEnum):
    """What an agent plays in the year."""

    PADDER = "padder"  # holds the line on answering machines all year, letters or not
    FORGETFUL = "forgetful"  # lets promises die and writes no notes, all year
    LETTER_WORKS = "letter_works"  # begins to pad, gets a letter, stops
    LETTER_IGNORED = "letter_ignored"  # begins to pad and goes on whatever is written
    UNLUCKY = "unlucky"  # innocent, with half a month in which chance is against them
    INNOCENT = "innocent"


#: Parts whose agents have something to be accused of, and of what.
PADDING: Final = frozenset({Part.PADDER, Part.LETTER_WORKS, Part.LETTER_IGNORED})


@dataclass(frozen=True, slots=True)
class YearPlan:
    """``calls`` exactly, over ``months`` calendar months from the one of ``first_day``."""

    calls: int = 240_000
    agents: int = 20
    months: int = 12
    seed: int = 1
    first_day: date = date(2025, 11, 1)

    def __post_init__(self) -> None:
        if self.agents < len(Part) or self.months < 3 or self.calls < 100 * self.agents:
            raise ValueError("a year needs 6 agents, 3 months and 100 calls an agent at least")

    def month(self, index: int) -> date:
        """The first day of month ``index``, from 0; ``months`` is the day after the last."""
        years, month = divmod(self.first_day.month - 1 + index, 12)
        return date(self.first_day.year + years, month + 1, 1)

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.month(self.months)

    @property
    def month_days(self) -> tuple[date, ...]:
        return tuple(self.month(index) for index in range(self.months))

    def letter_day(self, index: int) -> date:
        return self.month(index).replace(day=LETTER_DAY)


@dataclass(frozen=True, slots=True)
class Done:
    """What an agent did of it, counted over the whole year. ``effective``: connected for 40 s or more."""

    effective: int = 0
    padded: int = 0
    promises: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Habit:
    """The habits of one agent. ``padded_share`` holds from ``padded_from`` until ``padded_until`` (excluded), else
    ``usual_share``; ``worst_from`` to ``worst_until``: the unlucky days. ``sloppy``: share of steps neglected."""

    agent_id: str
    part: Part
    usual_share: float
    sloppy: float
    padded_share: float = 0.0
    padded_from: date | None = None
    padded_until: date | None = None
    worst_from: date | None = None
    worst_until: date | None = None
    unnoted: float = 0.03
    done: Done = field(default_factory=Done)

    def is_padding_in(self, first: date, until: date) -> bool:
        """Whether the habit held on some of these days (``until`` excluded)."""
        if self.padded_from is None or until <= self.padded_from:
            return False
        return self.padded_until is None or first < self.padded_until


@dataclass(frozen=True, slots=True)
class Truth:
    plan: YearPlan
    habits: tuple[Habit, ...]

    def of(self, part: Part) -> Habit:
        """The agent who plays a part that one agent plays."""
        return next(habit for habit in self.habits if habit.part is part)

    def by_agent(self, agent_id: str) -> Habit:
        return next(habit for habit in self.habits if habit.agent_id == agent_id)

    def counted(self, done: Sequence[Done]) -> Truth:
        pairs = zip(self.habits, done, strict=True)
        return replace(self, habits=tuple(replace(habit, done=count) for habit, count in pairs))

    def write(self, home: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str)
        (home / TRUTH_FILE).write_text(text + "\n", encoding="utf-8")


def read_truth(home: Path) -> Truth:
    """The truth of a workspace that :mod:`pipelines.simulate_year` made."""
    raw = json.loads((home / TRUTH_FILE).read_text(encoding="utf-8"))

    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    days = ("padded_from", "padded_until", "worst_from", "worst_until")
    habits = tuple(
        Habit(
            **{**one, **{name: day(one[name]) for name in days}, "part": Part(one["part"]), "done": Done(**one["done"])}
        )
        for one in raw["habits"]
    )  # fmt: skip
    return Truth(YearPlan(**{**raw["plan"], "first_day": day(raw["plan"]["first_day"])}), habits)


def planted(plan: YearPlan, chances: Sequence[float]) -> Truth:
    """Who plays what. ``chances``: a number from 0 to 1 for each agent, which makes innocents differ a little.

    The padder pads from the first day. The letter that works is sent in the fourth month (in the second of a short
    year), the ignored ones from the sixth (the middle), and the unlucky half month is the first half of the one
    after the middle. Parts go to the agents in an order that the seed shuffles through ``chances``.
    """
    works, ignored, unlucky = (
        min(3, plan.months - 2), min(5, plan.months // 2), min(7, plan.months // 2 + 1)
    )  # fmt: skip
    order = sorted(range(plan.agents), key=lambda agent: chances[agent])
    parts = dict(zip(order, (part for part in Part if part is not Part.INNOCENT), strict=False))
    habits = []
    for agent in range(plan.agents):
        habit = Habit(
            f"m{agent + 1}", parts.get(agent, Part.INNOCENT), usual_share=0.005 + 0.015 * chances[agent], sloppy=0.05
        )
        match habit.part:
            case Part.PADDER:
                habit = replace(habit, padded_share=0.25, padded_from=plan.first_day)
            case Part.FORGETFUL:
                habit = replace(habit, sloppy=0.45, unnoted=0.4)
            case Part.LETTER_WORKS:
                stops = plan.letter_day(works) + timedelta(days=1)
                habit = replace(habit, padded_share=0.2, padded_from=plan.month(works), padded_until=stops)
            case Part.LETTER_IGNORED:
                habit = replace(habit, padded_share=0.2, padded_from=plan.month(ignored))
            case Part.UNLUCKY:
                habit = replace(
                    habit, usual_share=0.02, worst_from=plan.month(unlucky), worst_until=plan.letter_day(unlucky)
                )
            case Part.INNOCENT:
                pass
        habits.append(habit)
    return Truth(plan, tuple(habits))
