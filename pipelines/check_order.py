"""Order in the CRM, as of a moment: every rule that is on is asked of the whole store at once; differences are written.

A breach that no longer stands is marked as cleared, never deleted; one that stands again keeps what was between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from qc_workbench.config import Company
from qc_workbench.config_discipline import Discipline
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.store import order_changes
from qc_workbench.store.database import Reader
from qc_workbench.store.deal_decisions import STANDING_DECISIONS
from qc_workbench.store.order import Order, Terms, first_day
from qc_workbench.workspace import Workspace

#: Days after the moment of the check whose evenings a rule may ask for: a note may have weeks.
_AHEAD: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What stands after the check, and how many breaches are new, stand no longer, stand again, or look different."""

    standing: int
    new: int = 0
    cleared: int = 0
    returned: int = 0
    different: int = 0

    @property
    def changed(self) -> int:
        return self.new + self.cleared + self.returned + self.different


def check_order(workspace: Workspace, as_of: datetime) -> OrderReport:
    """Bring the breaches up to date. Killed, it goes on from what differs; a second run changes nothing."""
    settings = workspace.settings
    with workspace.store.reading(heavy=True) as reader:
        kinds = settings.discipline.judged
        order = Order.at(reader, terms_at(reader, settings.discipline, settings.company, as_of), kinds)
        standing = order.keep(kinds)
        counts: dict[str, Any] = dict.fromkeys(order_changes.BECAME, 0)
        for change in order_changes.changes(reader, as_of):
            workspace.store.write(*change.statements)
            for name, number in change.counts.items():
                counts[name] += number
    return OrderReport(standing, **counts)


def terms_at(reader: Reader, discipline: Discipline, company: Company, as_of: datetime) -> Terms:
    """What the settings ask at a moment; for a try, of settings that are not the workspace's."""
    return Terms(
        as_of=as_of,
        zone=company.timezone,
        day_starts=company.day_starts,
        day_ends=company.day_ends,
        note_within_hours=discipline.note_within_hours,
        callback_within_minutes=discipline.callback_within_minutes,
        open_deals_at_most=discipline.open_deals_at_most,
        dragged_days_at_most=discipline.dragged_days_at_most,
        stage_limits_days=discipline.stage_limits_days,
        working=dict(_working_days(company, first_day(reader, as_of), (as_of + _AHEAD).date())),
        reviewed=reviewed_deals(reader),
    )


def _working_days(company: Company, first: date, last: date) -> Iterator[tuple[date, date]]:
    calendar = WorkingCalendar.of(company)
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        yield day, calendar.next_working(day)


def reviewed_deals(reader: Reader) -> frozenset[str]:
    """Lost deals that a person has decided on, or on whose false-refusal flag one has ruled."""
    rows = reader.rows(
        f"""
        with last as (
            select flag_id, arg_max(ruling, (ruled_at, finding_id)) as ruling from findings group by flag_id
        )
        select distinct r.deal_id from flags f join refusals r using (call_id) join last l using (flag_id)
        where f.kind = ? and l.ruling in (?, ?) and r.deal_id is not null
        union
        select deal_id from ({STANDING_DECISIONS})
        """,  # noqa: S608 - a constant of the store
        FlagKind.FALSE_REFUSAL.value,
        Ruling.CONFIRMED.value,
        Ruling.REJECTED.value,
    )
    return frozenset(row["deal_id"] for row in rows)
