"""Sampling frames: which calls of which period may be drawn by a plan, and in which stratum each of them is."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Call, Outcome, Recording
from qc_workbench.domain.sampling import FrameItem, Period, Plan

AGENT_FIELD = "manager_id"
DIRECTION_FIELD = "direction"


class Exclusion(StrEnum):
    """Why a call is not in the frame of a plan."""

    DIRECTION = "direction"  # the plan has no share for its direction
    NOT_ANSWERED = "not_answered"
    NO_RECORDING = "no_recording"  # nothing to listen to: absent, missing, empty or not audio
    TOO_SHORT = "too_short"


def exclusion(call: Call, recording: Recording | None, plan: Plan) -> Exclusion | None:
    """Why ``call`` cannot be drawn by ``plan``, or None when it is in the frame."""
    if plan.shares.get(call.direction.value, 0) <= 0:
        return Exclusion.DIRECTION
    if call.outcome is not Outcome.ANSWERED:
        return Exclusion.NOT_ANSWERED
    if call.talk_s < plan.minimum_talk_s:
        return Exclusion.TOO_SHORT
    if recording is None or not recording.is_audible:
        return Exclusion.NO_RECORDING
    return None


def period_of(moment: datetime, period: Period, zone: ZoneInfo) -> tuple[date, date]:
    """First and last day of the period that holds ``moment`` in the company's zone. Weeks start on Monday."""
    day = moment.astimezone(zone).date()
    if period is Period.DAILY:
        return day, day
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def is_over(period_to: date, as_of: datetime, zone: ZoneInfo) -> bool:
    """Whether the day after ``period_to`` has begun in the company's zone."""
    return as_of >= datetime.combine(period_to + timedelta(days=1), time(0), zone)


def period_label(period: Period, period_from: date) -> str:
    """``2026-10-05`` for a day, ``2026-W41`` (ISO 8601) for a week."""
    if period is Period.DAILY:
        return period_from.isoformat()
    year, week, _ = period_from.isocalendar()
    return f"{year}-W{week:02d}"


def strata_fields(plan: Plan) -> tuple[str, ...]:
    """The fields of the strata: the direction first, the agent while a minimum per agent is asked for."""
    fields = [DIRECTION_FIELD, *plan.strata]
    if plan.minimum_per_agent > 0:
        fields.append(AGENT_FIELD)
    return tuple(dict.fromkeys(fields))


def stratum_of(call: Call, plan: Plan) -> str:
    """``direction=inbound;manager_id=m1``: fields of the call or its attributes, an absent value empty."""
    return ";".join(f"{_escaped(name)}={_escaped(_field(call, name))}" for name in strata_fields(plan))


_escaped = lru_cache(maxsize=4096)(quote)

_CALL_FIELDS = frozenset(
    {
        "direction", "manager_id", "group_id", "source", "medium", "campaign", "keyword",
        "language", "answered_by_role", "outcome",
    }
)  # fmt: skip


def _field(call: Call, name: str) -> str:
    value = getattr(call, name) if name in _CALL_FIELDS else call.attributes.get(name)
    return "" if value is None else str(value)


def frame_items(
    plan: Plan, calls: Iterable[Call], recordings: Mapping[str, Recording], zone: ZoneInfo
) -> dict[tuple[date, date], tuple[FrameItem, ...]]:
    """The frame of every period that has one: eligible calls by period, ordered by call id."""
    periods: dict[tuple[date, date], dict[str, FrameItem]] = defaultdict(dict)
    for call in calls:
        if exclusion(call, recordings.get(call.call_id), plan) is None:
            item = FrameItem(call.call_id, call.started_at, stratum_of(call, plan), call.manager_id)
            periods[period_of(call.started_at, plan.period, zone)][call.call_id] = item
    return {period: tuple(item for _, item in sorted(items.items())) for period, items in sorted(periods.items())}


def frame_hash(frame: Sequence[FrameItem]) -> str:
    """sha256 of the frame's rows in the order of call ids: two equal frames have equal hashes."""
    rows = sorted(
        [
            item.call_id, item.started_at.astimezone(UTC).isoformat(), item.stratum, item.agent_id,
            *([] if item.place is None else [str(item.place)]),
        ]
        for item in frame
    )  # fmt: skip
    return hashlib.sha256(canonical(rows)).hexdigest()


def direction_of(stratum: str) -> str:
    """The direction is always the first field of a stratum."""
    return stratum.split(";", 1)[0].removeprefix(f"{DIRECTION_FIELD}=")


def counts_of(frame: Iterable[FrameItem]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Calls per stratum, and per agent and stratum."""
    population: dict[str, int] = defaultdict(int)
    agents: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in frame:
        population[item.stratum] += 1
        agents[item.agent_id][item.stratum] += 1
    return dict(population), {agent: dict(strata) for agent, strata in agents.items()}


def canonical(value: object) -> bytes:
    """The one way in which a value is written before it is hashed: JSON without spaces, keys in order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
