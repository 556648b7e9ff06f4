"""Those who listen: what they can do, what they did today, what they are called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.review.workload import Reviewer, reviewers_of
from qc_workbench.store import open_calls, people
from qc_workbench.store.calls import managers
from qc_workbench.store.database import Reader
from qc_workbench.store.open_calls import Heard

_NOTHING = Heard(0, None)


@dataclass(frozen=True, slots=True)
class WorkToday:
    """``heard``: today, by reviewer. ``begun``: calls that each has opened and not handed in."""

    heard: dict[str, Heard]
    begun: dict[str, int]

    def of(self, reviewer: str) -> Heard:
        return self.heard.get(reviewer, _NOTHING)

    @property
    def places_used(self) -> dict[str, int]:
        return {name: self.of(name).calls + self.begun.get(name, 0) for name in {*self.heard, *self.begun}}


def listeners(reader: Reader, today: date) -> tuple[Reviewer, ...]:
    """Those whose accounts say how many calls a day they hear, with what they are away for from ``today`` on."""
    return reviewers_of(people.accounts(reader), people.absences(reader, today))


def work_today(reader: Reader, midnight: datetime) -> WorkToday:
    """``midnight``: when the company's day began."""
    heard = open_calls.heard_since(reader, midnight)
    names = {account.person.person_id: account.person.reviewer_id for account in people.accounts(reader)}
    return WorkToday({names.get(who, who): found for who, found in heard.items()}, open_calls.begun_by_reviewer(reader))


def reviewer_names(reader: Reader, reviewer_ids: Collection[str]) -> dict[str, str]:
    """How people call these reviewers: by the account, else by the employee, else by the id."""
    accounts = {account.person.reviewer_id: account.name for account in people.accounts(reader)}
    employees = managers(reader)
    return {
        name: accounts.get(name) or (employees[name].name if name in employees else "") or name for name in reviewer_ids
    }
