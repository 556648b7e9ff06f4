"""One reviewer's calls by days: what to hear today, what is late, what comes after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from qc_workbench.domain.call import Call
from qc_workbench.review.due import DrawnBy
from qc_workbench.review.workday import days_of
from qc_workbench.review.workload import OpenCall, Reviewer
from qc_workbench.store import open_calls, people, second_looks
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.database import Reader
from qc_workbench.store.open_calls import Heard
from qc_workbench.store.reviewers import listeners, work_today
from qc_workbench.ui.views.calibration import unannounced_calls
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Calls of one reviewer that are laid out over days, and of the coming days those that are shown.
LAID_OUT: Final = 400
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Task:
    """A call to hear on ``day``. ``draws``: why; ``drawn``: by the random sample; ``is_begun``: opened before."""

    call_id: str
    agent: str
    drawn: bool
    draws: tuple[DrawnBy, ...]
    due: date
    day: date
    is_late: bool
    is_begun: bool


@dataclass(frozen=True, slots=True)
class ListeningDay:
    """``today`` and ``later``: drawn calls in the order to hear them; ``targeted_today``: of the other queue, by ids.

    ``late``: calls of today past their due day. ``capacity``: places of this day; None for somebody whose account does
    not say. ``next_day``: the first day after
    this one that has calls. ``calls``: those of the tasks by id.
    """

    reviewer: str
    day: date
    heard: Heard
    capacity: int | None
    today: tuple[Task, ...]
    later: tuple[Task, ...]
    later_total: int
    targeted_today: tuple[str, ...]
    late: int
    next_day: date | None
    calls: dict[str, Call]
    people: Directory

    @property
    def left(self) -> int:
        """Calls of today that wait still."""
        return len(self.today) + len(self.targeted_today)

    @property
    def is_off(self) -> bool:
        """Whether this reviewer does not listen today."""
        return self.capacity == 0


def listening_day(workspace: Workspace, reviewer: str, now: datetime) -> ListeningDay:
    """The day of the reviewer (``sample.assigned_to``) and the days after it."""
    zone = workspace.settings.company.zone
    today = now.astimezone(zone).date()
    with workspace.store.reading() as reader:
        me = _person(reader, reviewer, today)
        heard = work_today(reader, midnight(workspace, now)).of(reviewer)
        tasks = tasks_of(reader, workspace, reviewer, now)
        mine = [task for task in tasks if task.day == today]
        coming = [task for task in tasks if task.day > today]
        shown = [task for task in coming if task.drawn][:SHOWN]
        calls = calls_by_id(reader, {task.call_id for task in (*mine, *shown)})
        people_of_calls = directory(reader, ())
    return ListeningDay(
        reviewer,
        today,
        heard,
        me.places(today) if me else None,
        tuple(task for task in mine if task.drawn),
        tuple(shown),
        len(coming),
        tuple(task.call_id for task in mine if not task.drawn),
        sum(task.is_late for task in mine),
        min((task.day for task in coming), default=None),
        calls,
        people_of_calls,
    )


def tasks_of(reader: Reader, workspace: Workspace, reviewer: str, now: datetime) -> list[Task]:
    """Everything the reviewer has to hear, in order: those begun, then by days, each day the late ones and the random
    sample first. Calls that they have handed in are left out."""
    today = now.astimezone(workspace.settings.company.zone).date()
    mine = open_tasks(reader, workspace, reviewer, today)
    heard = work_today(reader, midnight(workspace, now)).of(reviewer)
    me = _person(reader, reviewer, today)
    if me is None:  # nobody said how much they hear: everything is for today
        return sorted((_on(task, today, today) for task in mine), key=_by_due)
    return laid_out(mine, me, today, heard)


def open_tasks(reader: Reader, workspace: Workspace, reviewer: str, today: date) -> list[Task]:
    """What :func:`tasks_of` puts in order, each on ``today``."""
    zone, rule = workspace.settings.company.zone, workspace.settings.due_rule
    rows = open_calls.open_calls(reader, str(zone), LAID_OUT, reviewer)
    looks = second_looks.open_looks(reader, str(zone), reviewer)
    handed_in = _handed_in(reader, reviewer, [row.call_id for row in rows])
    mine = [
        Task(row.call_id, row.agent, row.drawn, row.draws, row.due(rule), today, False, row.begun)
        for row in rows
        if row.call_id not in handed_in
    ]
    mine += _unannounced(reader, reviewer, mine)
    known = {task.call_id for task in mine}
    return mine + [
        Task(look.call_id, look.agent, look.drawn, look.draws, look.due, today, False, look.begun)
        for look in looks
        if look.call_id not in known
    ]


def _unannounced(reader: Reader, reviewer: str, mine: list[Task]) -> list[Task]:
    """Calls of calibrations that are not to be recognised: they say what the other calls of the queue say."""
    person = next((one for one in people.accounts(reader) if one.person.reviewer_id == reviewer), None)
    if person is None:
        return []
    there = {task.call_id for task in mine}
    found = [item for item in unannounced_calls(reader, person.person.person_id) if item.call_id not in there]
    if not found:
        return []
    calls = calls_by_id(reader, {item.call_id for item in found})
    draws = next((task.draws for task in mine if task.drawn), ())
    return [
        Task(item.call_id, call.manager_id, True, draws, item.due.date(), item.due.date(), False, False)
        for item in found
        if (call := calls.get(item.call_id)) is not None
    ]


def _by_due(task: Task) -> tuple[bool, bool, date, str]:
    return not task.is_begun, not task.drawn, task.due, task.call_id


def laid_out(tasks: Iterable[Task], me: Reviewer, today: date, heard: Heard) -> list[Task]:
    """The tasks with their days. ``heard``: today, whose places are gone."""
    open_ones = {task.call_id: task for task in tasks}
    begun = [task for task in open_ones.values() if task.is_begun]
    waiting = (
        OpenCall(task.call_id, task.agent, task.due, task.drawn, me.reviewer)
        for task in open_ones.values()
        if not task.is_begun
    )
    targeted = sum(not task.drawn for task in begun)
    gone = heard.calls - heard.targeted + len(begun) - targeted
    found = days_of(waiting, me, today, heard=gone, heard_targeted=heard.targeted + targeted)
    slots = {slot.call_id: slot for slot in found}
    place = {call_id: number for number, call_id in enumerate(slots)}
    days = {call_id: slot.day for call_id, slot in slots.items()} | {task.call_id: today for task in begun}
    placed = [_on(task, days[call_id], today) for call_id, task in open_ones.items() if call_id in days]
    return sorted(
        placed,
        key=lambda task: (not task.is_begun, task.day, not task.drawn, place.get(task.call_id, 0), task.call_id),
    )


def _on(task: Task, day: date, today: date) -> Task:
    is_late = max(day, today) > task.due
    return Task(task.call_id, task.agent, task.drawn, task.draws, task.due, day, is_late, task.is_begun)


def midnight(workspace: Workspace, now: datetime) -> datetime:
    """When the company's day began."""
    zone = workspace.settings.company.zone
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def _person(reader: Reader, reviewer: str, today: date) -> Reviewer | None:
    return next((person for person in listeners(reader, today) if person.reviewer == reviewer), None)


def _handed_in(reader: Reader, reviewer: str, call_ids: list[str]) -> set[str]:
    mine = [account.person for account in people.accounts(reader) if account.person.reviewer_id == reviewer]
    return {call_id for person in mine for call_id in open_calls.handed_in(reader, person.person_id, call_ids)}
