"""Calls, plans and frames for tests of sampling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.sampling import Period, Plan

MONDAY = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)  # 10:00 in Moscow
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def call(
    call_id: str,
    started_at: datetime = MONDAY,
    direction: Direction = Direction.INBOUND,
    manager_id: str = "m1",
    talk_s: float = 60.0,
    outcome: Outcome = Outcome.ANSWERED,
    **more: object,
) -> Call:
    return Call(
        call_id=call_id,
        started_at=started_at,
        direction=direction,
        manager_id=manager_id,
        client_phone="+79160000000",
        talk_s=talk_s,
        outcome=outcome,
        **more,  # type: ignore[arg-type]
    )


def audible(calls: list[Call]) -> dict[str, Recording]:
    return {item.call_id: Recording(item.call_id, RecordingState.READY, content_hash="0" * 64) for item in calls}


def plan(name: str = "daily", period: Period = Period.DAILY, **more: object) -> Plan:
    return Plan(**{"name": name, "period": period, "shares": {"inbound": 0.3, "outbound": 0.3}, **more})  # type: ignore[arg-type]


def month_of_calls(agents: int = 4, days: int = 14, per_day: int = 3) -> list[Call]:
    """Calls of both directions by several agents over some days, unevenly spread."""
    made = []
    for day in range(days):
        for agent in range(agents):
            for number in range(per_day + agent):
                direction = Direction.INBOUND if number % 3 == 0 else Direction.OUTBOUND
                at = MONDAY + timedelta(days=day, minutes=7 * number + agent)
                made.append(call(f"c-{day:02d}-{agent}-{number:02d}", at, direction, f"m{agent}"))
    return made
