"""Serve some scored calls a second time, week by week: drawn once for ever, served when they may come up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Final

from qc_workbench.review.reserving import ScoredCall, served_again
from qc_workbench.store import second_looks
from qc_workbench.workspace import Workspace

#: Weeks looked back for one that was not drawn: nobody wants to hear what is older.
_WEEKS: Final = 8
#: Days to hear a call that was served again.
_DAYS: Final = 7


def serve_again(workspace: Workspace, as_of: datetime, reviewers: Collection[str]) -> None:
    """Bring second looks up to date. A second run with nothing new changes nothing.

    Weeks (of the company, from Monday) are those in which the scores were handed in, so that a week that is over never
    changes. ``reviewers``: who works now.
    """
    settings = workspace.settings
    to_another, to_same = settings.review.second_looks_to_another, settings.review.second_looks_to_same
    zone = settings.company.zone
    today = as_of.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    since, until = (datetime.combine(day, time(), zone) for day in (monday - timedelta(weeks=_WEEKS), monday))
    with workspace.store.reading() as reader:
        scored = second_looks.scored_between(reader, since, until) if to_another or to_same else []
        drawn = second_looks.periods(reader)
    weeks: dict[str, list[ScoredCall]] = defaultdict(list)
    for call in scored:
        weeks[_week(call.scored_at.astimezone(zone).date())].append(call)
    for period, calls in sorted(weeks.items()):
        if period not in drawn:
            chosen = served_again(
                calls, reviewers, seed=settings.sampling.seed, period=period, to_another=to_another, to_same=to_same
            )
            if chosen:
                workspace.store.apply(second_looks.drawn(period, chosen))
    with workspace.store.reading() as reader:
        comes_up = second_looks.may_be_served(reader, reviewers, as_of)
        handed_in = second_looks.looked_at(reader)
    statements = [second_looks.named(**row) for row in handed_in]
    if comes_up:
        statements.append(second_looks.served(reviewers, as_of, today + timedelta(days=_DAYS)))
    if statements:
        workspace.store.write(*statements)


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
