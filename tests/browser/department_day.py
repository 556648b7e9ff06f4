"""What the department's CRM knows of its days: tasks done in time and not, meetings, proposals, lost deals; and the
evening controls that were taken."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from pipelines.evening_control import take_evening_control
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus
from qc_workbench.domain.lost_deal import DealFinding, DealVerdict, LostDeal, RecallResult
from qc_workbench.store import crm
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.deal_decisions import decide_on_deal
from qc_workbench.ui.views.recalls import write_recall
from qc_workbench.workspace import Workspace

AGENTS = ("m1", "m2", "m3", "m4", "m5", "m6")
_SUBJECTS = ("Отправить расчёт", "Перезвонить после замера", "Согласовать дату монтажа", "Договор на подпись")
_REASONS = ("Дорого", "Передумал", "Купили у других", "Не отвечает", "")


def write_days(workspace: Workspace, head: Viewer, days: Sequence[date], now: datetime) -> None:
    """Tasks, meetings and proposals of each day, their controls, a dozen lost deals and half of them decided on."""
    chance = random.Random(19)
    zone = workspace.settings.company.zone

    def at(day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour), zone).astimezone(UTC)

    tasks: list[Activity] = []
    moves: list[ActivityChange] = []
    for day in days:
        for number in range(5):
            agent, kind = chance.choice(AGENTS), list(ActivityType)[1 + number % 3]
            late = chance.random() < 0.2
            done = at(day, 14) + timedelta(days=chance.randint(1, 6) if late else 0)
            name = f"day-{day:%m%d}-{number}"
            subject = chance.choice(_SUBJECTS)
            due = at(day, 12)
            if number == 0 and chance.random() < 0.5:
                due = at(day, 12) + timedelta(days=3)
                moves.append(
                    ActivityChange(name, at(day, 11), "due_at", at(day, 12).isoformat(), due.isoformat(), agent)
                )
                done = due
            tasks.append(
                Activity(
                    name, agent, kind, at(day, 9), None, None, subject, due, done if done < now else None, "Готово"
                )
            )
    deals = [
        Deal(
            f"lost-{number}", (f"+7495000{number:04d}",), AGENTS[number % 6], "Переговоры", DealStatus.LOST,
            lost_reason=_REASONS[number * 7 % 5] or None, amount=Decimal(30_000 + 7_000 * number), currency="RUB",
            closed_at=at(days[-1 - number % 12], 16),
        )
        for number in range(24)
    ]  # fmt: skip
    stuck = [
        Deal(f"stuck-{number}", (f"+7495001{number:04d}",), AGENTS[number], "КП отправлено", DealStatus.OPEN,
             at(days[-8 - number], 10), created_at=at(days[0], 10))
        for number in range(3)
    ]  # fmt: skip
    findings = list(DealFinding)
    store = workspace.store
    store.insert_many("activities", [crm.activity_row(item) for item in tasks])
    store.insert_many("activity_changes", [crm.activity_change_row(item) for item in moves])
    store.insert_many("deals", [crm.deal_row(item) for item in (*deals, *stuck)])
    store.insert_many(
        "deal_findings",
        [
            lost_deal_row(LostDeal(deal.deal_id, findings[number % 5], None, None, 1, 0.2 + number % 5 / 6))
            for number, deal in enumerate(deals)
        ],
    )
    for number, deal in enumerate(deals[:16]):
        verdict = DealVerdict.REWORK_SAME if number % 3 == 0 else DealVerdict.GENUINE
        decide_on_deal(workspace, head, deal.deal_id, verdict, now - timedelta(hours=16 - number))
        if number % 2:
            result = RecallResult.NEVER_REFUSED if number % 3 == 0 else RecallResult.REFUSED
            write_recall(workspace, head, deal.deal_id, result, now - timedelta(hours=15 - number))
    for day in days[-24:]:
        take_evening_control(workspace, day, now)
