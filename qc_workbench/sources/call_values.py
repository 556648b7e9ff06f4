"""A vendor's call to the workbench's call, and pieces that modules of systems share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Call, Direction, Outcome, Role
from qc_workbench.domain.telephony import Ending, Leg, TelephonyCall, Tracking, VendorAgent, Way
from qc_workbench.sources.agent_book import NOBODY, AgentBook
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.values import believable

#: A callback ordered on the site is the client's wish: it counts among the inbound ones.
DIRECTIONS: Final[Mapping[Way, Direction | None]] = {
    Way.IN: Direction.INBOUND,
    Way.CALLBACK: Direction.INBOUND,
    Way.OUT: Direction.OUTBOUND,
    Way.INTERNAL: Direction.INTERNAL,
    Way.INFO: None,
}
_INBOUND: Final[Mapping[Ending, Outcome]] = {
    Ending.ANSWERED: Outcome.ANSWERED,
    Ending.MISSED: Outcome.MISSED,
    Ending.VOICEMAIL: Outcome.MISSED,
    Ending.DECLINED: Outcome.MISSED,
    Ending.CANCELLED: Outcome.MISSED,
    Ending.BUSY: Outcome.BUSY,
    Ending.FAILED: Outcome.FAILED,
    Ending.NO_ANSWER_CLIENT: Outcome.FAILED,
    Ending.UNKNOWN: Outcome.MISSED,
}
#: Outbound, "missed" says that the client did not pick up.
_OUTBOUND: Final[Mapping[Ending, Outcome]] = {
    **_INBOUND,
    Ending.NO_ANSWER_CLIENT: Outcome.MISSED,
    Ending.DECLINED: Outcome.BUSY,
    Ending.UNKNOWN: Outcome.FAILED,
}


def to_call(call: TelephonyCall, source: str, book: AgentBook) -> Call | None:
    """None for what is no call of an agent or is not over yet."""
    direction = DIRECTIONS[call.way]
    if direction is None or call.ending in (Ending.NOT_A_CALL, Ending.IN_PROGRESS):
        return None
    outcomes = _OUTBOUND if direction is Direction.OUTBOUND else _INBOUND
    manager_id = book.who(call.agent, call.started_at)
    answered = next((leg.agent for leg in call.legs if leg.talk_s > 0), call.agent if call.talk_s > 0 else None)
    role: Role | None = book.role(book.who(answered, call.started_at)) if answered else None
    attributes = {
        "direction_raw": call.way_raw,
        "outcome_raw": call.ending_raw,
        "ending": call.ending.value,
        "line": call.line,
        "client_raw": call.client_raw if call.client is None else None,
        "term": call.tracking.term,
        "content": call.tracking.content,
        "landing": call.tracking.landing,
        "hangup_by": call.hangup_by,
        "first_time": None if call.first_time is None else str(call.first_time).lower(),
    }
    return Call(
        call_id=f"{source}:{call.group_id}",
        started_at=call.started_at.astimezone(UTC),
        direction=direction,
        manager_id=manager_id or NOBODY,
        client_phone=call.client,
        talk_s=call.talk_s,
        outcome=outcomes[call.ending],
        wait_s=call.wait_s,
        source=call.tracking.source,
        medium=call.tracking.medium,
        campaign=call.tracking.campaign,
        keyword=call.tracking.term,
        answered_by_role=role,
        attributes={key: value for key, value in attributes.items() if value},
    )


def ending_of(way: Way, word: Ending, talk_s: float) -> Ending:
    """The vendor's word corrected by connected seconds and direction: outbound "no answer" is the client's."""
    if word in (Ending.IN_PROGRESS, Ending.NOT_A_CALL, Ending.VOICEMAIL):
        return word
    if talk_s > 0:
        return Ending.ANSWERED
    if word in (Ending.ANSWERED, Ending.MISSED):
        return Ending.NO_ANSWER_CLIENT if way is Way.OUT else Ending.MISSED
    return word


def whose(legs: Sequence[Leg]) -> VendorAgent | None:
    """Who talked longest; where nobody talked, who was rung first."""
    named = [leg for leg in legs if leg.agent is not None]
    if not named:
        return None
    return max(named, key=lambda leg: leg.talk_s).agent  # the first of equals


def local_moment(text: str, zone: ZoneInfo) -> datetime:
    """``2026-03-02 10:15:04`` without a zone, as a moment. Of an hour that comes twice the first one is taken.

    Raises :class:`BadValueError` ``vendor_time``.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        moment = (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError, AttributeError) as error:
        raise BadValueError("vendor_time") from error
    return believable(moment)


def unix_moment(value: Any) -> datetime:
    """Unix seconds. Raises :class:`BadValueError` ``vendor_time``."""
    try:
        moment = datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise BadValueError("vendor_time") from error
    return believable(moment)


def local_bounds(since: datetime, until: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A window on the wall clock, both ends inclusive, whole seconds. No moment is lost: where the clock is put back
    or forward within it, the stretch is wider by that much.
    """
    last = until - timedelta(seconds=1)
    days = int((last - since) / timedelta(days=1))
    moments = [since + timedelta(days=day) for day in range(days + 1)] + [max(since, last)]
    offsets = [moment.astimezone(zone).utcoffset() or timedelta() for moment in moments]
    start, end = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (since, max(since, last)))
    return (start + min(offsets)).replace(microsecond=0), (end + max(offsets)).replace(microsecond=0)


def number(fields: Mapping[str, Any], name: str) -> float:
    """Seconds, however they are written; nothing there is zero. Raises :class:`BadValueError` ``number_format``."""
    value = fields.get(name)
    if value is None or value == "":
        return 0.0
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValueError("vendor_number", name=name) from error
    if not 0 <= found <= 172_800:  # two days: no call, and NaN neither
        raise BadValueError("vendor_number", name=name)
    return found


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A text; empty and the vendors' ways to say "nothing" are None."""
    value = fields.get(name)
    if value is None:
        return None
    found = str(value).strip()
    return found if found and found.casefold() not in {"(not set)", "null", "none", "-"} else None


def utm_tracking(fields: Mapping[str, Any], landing: str, client_id: str) -> Tracking:
    """Marks of advertising where they are named as in addresses; the others by the names given."""
    return Tracking(
        source=text(fields, "utm_source"),
        medium=text(fields, "utm_medium"),
        campaign=text(fields, "utm_campaign"),
        term=text(fields, "utm_term"),
        content=text(fields, "utm_content"),
        landing=text(fields, landing),
        client_id=text(fields, client_id),
    )


def joined(fields: Mapping[str, Any], *names: str) -> str:
    """What tells rows of one call apart, where it takes several fields."""
    return "|".join(str(fields.get(name) or "") for name in names)


def covered_s(stretches: Iterable[tuple[datetime, datetime]]) -> float:
    """Seconds covered by stretches of time, each moment once."""
    total, reached = 0.0, None
    for start, end in sorted(stretches):
        start = start if reached is None else max(start, reached)
        if end > start:
            total += (end - start).total_seconds()
        reached = end if reached is None else max(reached, end)
    return total
