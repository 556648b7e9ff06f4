"""The daily page from a workspace: one moment of the store, pure rules."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from pipelines.evening_control import control_moment
from qc_workbench.config import Company
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.commitment import BROKEN_OUTCOMES
from qc_workbench.domain.evening import Unkept, UnkeptItem
from qc_workbench.reporting.callbacks import called_back
from qc_workbench.reporting.facts import month_span
from qc_workbench.reporting.month_calls import padded_call
from qc_workbench.reporting.today import ControlShown, Today, ToDecide, comparable, compared_stretches
from qc_workbench.review.measures import standing_decisions
from qc_workbench.review.rulings import standing
from qc_workbench.store import evening, standings, tallies
from qc_workbench.store import measures as measure_store
from qc_workbench.store import today as store
from qc_workbench.store.browsing import call_span, calls_by_id, outcome_counts
from qc_workbench.store.calls import managers
from qc_workbench.store.database import Reader
from qc_workbench.store.deal_decisions import DecisionList, decision_tallies
from qc_workbench.store.disputes import waiting_for_ruling
from qc_workbench.store.faults import waiting_groups
from qc_workbench.store.missed_callers import missed_callers
from qc_workbench.store.scoping import Agents
from qc_workbench.store.waiting_calls import decisions
from qc_workbench.workspace import Workspace

#: Lines of each list of the page; counts are always of all.
LISTED: Final = 100
#: Days of the plot of evening controls.
HISTORY_DAYS: Final = 30


def read_today(workspace: Workspace, day: date, as_of: datetime, waiting: tuple[ToDecide, ...] | None = None) -> Today:
    """The page of one day of the company's calendar. ``waiting``: what the reader's lists hold to be decided; without
    it, the whole company's."""
    settings, company = workspace.settings, workspace.settings.company
    stretches = compared_stretches(day, as_of, company)
    starts, ends = (datetime.combine(day + timedelta(days=n), time(), company.zone).astimezone(UTC) for n in (0, 1))
    moment = min(as_of, ends)
    broken_since = _last_working_day(day, company)
    with workspace.store.reading() as reader:
        doubted = standings.downgraded(reader, settings.detectors)
        numbers = store.day_numbers(reader, stretches, settings.effective.counted_from_s, doubted)
        missed = missed_callers(reader, [(starts, ends)], as_of)
        broken, broken_total = store.promises_broken_between(reader, broken_since, day - timedelta(days=1), LISTED)
        flags = store.suspicious_of(reader, stretches[0], LISTED, doubted)
        rulings = standing(tallies.findings_about(reader, flags))
        conversations = tallies.conversations_of(reader, flags)
        due_today, due_total = store.promises_due(reader, day, moment, LISTED)
        control = _control(reader, workspace, day, as_of)
        promised = {item.commitment_id for item in control.items if item.commitment_id}
        called = {item.call_id for item in control.items if item.call_id} | {flag.call_id for flag in flags}
        called |= {item.spoken.call_id for item in (*broken, *due_today)}
        calls = calls_by_id(reader, called)
        tasks = store.activities_named(reader, {item.activity_id for item in control.items if item.activity_id})
        deals = {item.deal_id for item in control.items if item.deal_id}
        return Today(
            day=day,
            moment=moment,
            is_over=as_of >= ends,
            company=company.name,
            numbers=numbers[0],
            earlier=comparable(numbers[1:]),
            callers=called_back(
                missed,
                settings.discipline.callback_within_minutes,
                company,
            ),
            callback_minutes=settings.discipline.callback_within_minutes,
            hours=store.hours_of(reader, stretches[0], company.timezone),
            escalated=store.escalated_calls(reader, stretches[0], LISTED),
            suspicious=tuple(
                padded_call(flag, calls[flag.call_id], conversations.get(flag.call_id), rulings.get(flag.flag_id))
                for flag in flags
            ),
            steps=store.steps_of(reader, stretches[0], LISTED),
            due_today=due_today,
            due_total=due_total,
            broken=broken,
            broken_total=broken_total,
            broken_since=broken_since,
            control=control,
            to_decide=to_decide(reader, workspace, None, as_of) if waiting is None else waiting,
            calls=calls,
            promises=store.commitments_named(reader, promised),
            tasks=tasks,
            deals=store.deals_named(reader, deals | {task.deal_id for task in tasks.values() if task.deal_id}),
            names={manager_id: manager.name for manager_id, manager in managers(reader).items()},
        )


def to_decide(reader: Reader, workspace: Workspace, agents: Agents, now: datetime) -> tuple[ToDecide, ...]:
    """What waits for a person now, as the lists of the rooms show it to whoever sees these agents.

    Breaches of the month before, whose bonus is paid next, as long as some wait; then those of the month that goes on.
    Older ones are in the same room, month by month.
    """
    waiting = decisions(reader, standings.downgraded(reader, workspace.settings.detectors), agents)
    lost = decision_tallies(reader, agents)
    broken = outcome_counts(reader, agents)
    deals = sum(count for (which, _), count in lost.items() if which is DecisionList.WAITING)
    return (
        ToDecide("suspicious", waiting.suspicious, "suspicious"),
        ToDecide("refusals", waiting.refusals, "refusals", (("list", "RefusalList.doubtful"),)),
        ToDecide("lost_deals", deals, "refusals", (("list", "DecisionList.waiting"),)),
        *_breaches(reader, workspace, agents, now),
        _measures(reader, agents),
        ToDecide("disputes", len(waiting_for_ruling(reader)), "disputes"),
        ToDecide("broken_promises", sum(broken.get(outcome, 0) for outcome in BROKEN_OUTCOMES), "promises"),
        ToDecide("listening", waiting.to_hear, "queue"),
    )


def _breaches(reader: Reader, workspace: Workspace, agents: Agents, now: datetime) -> tuple[ToDecide, ...]:
    company, known = workspace.settings.company, call_span(reader)
    if known is None:
        return ()
    newest = known[1].astimezone(company.zone).date().replace(day=1)
    today = now.astimezone(company.zone).date()
    for month in ((newest - timedelta(days=1)).replace(day=1), newest):
        days = month_span(month, company)
        _, _, waiting = waiting_groups(reader, company, today, (days.starts_at, days.ends_at), agents, 1)
        if waiting:
            break
    return (ToDecide("violations", waiting, "bonus", (("month", f"{month:%Y-%m}"), ("list", "rulings"))),)


def _measures(reader: Reader, agents: Agents) -> ToDecide:
    """Of the newest month that has some: the room shows one month. Those of an older one are counted after them."""
    proposed = measure_store.all_measures(reader)
    decided = standing_decisions(measure_store.decisions_on(reader, [item.measure_id for item in proposed]))
    waiting = Counter(
        item.month for item in proposed if item.measure_id not in decided and (agents is None or item.agent in agents)
    )
    if not waiting:
        return ToDecide("measures", 0, "investigation")
    month = max(waiting)
    return ToDecide("measures", waiting[month], "investigation", (("month", f"{month:%Y-%m}"),))


def _control(reader: Reader, workspace: Workspace, day: date, as_of: datetime) -> ControlShown:
    history = evening.control_history(reader, day - timedelta(days=HISTORY_DAYS - 1), day)
    frozen = evening.control_of(reader, day)
    if frozen is not None:
        items: list[UnkeptItem] = []
        for kind in Unkept:
            items += evening.control_items(reader, day, kind, LISTED)
        totals = {kind: frozen.total(kind) for kind in Unkept}
        return ControlShown(frozen.control_at, True, frozen.taken_at, frozen.data_until, totals, tuple(items), history)
    asked = control_moment(workspace.settings, day)
    at = min(as_of, asked.at)
    moment = evening.ControlMoment(day, at, asked.starts_at, asked.zone, asked.limits_days)
    found = evening.found_at(reader, moment, LISTED)
    totals = {kind: sum(n for (which, _), n in found.counts.items() if which is kind) for kind in Unkept}
    return ControlShown(at, False, None, evening.last_import(reader, as_of), totals, found.items, history)


def _last_working_day(day: date, company: Company) -> date:
    """On Mondays the page lists what was broken since Friday."""
    calendar = WorkingCalendar.of(company)
    before = day - timedelta(days=1)
    for _ in range(14):
        if calendar.is_working(before):
            return before
        before -= timedelta(days=1)
    return day - timedelta(days=1)
