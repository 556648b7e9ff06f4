"""Counts of a day for the daily page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """What happened in one stretch of a day. Calls are those with clients; ``effective``: as the CRM counts them.

    ``escalated``: incoming calls that the head of sales or the owner answered; ``roles_known``: answered incoming calls
    of which the telephone system says who answered. ``suspicious``: calls with a standing flag of padding. A meeting is
    set when it was put into the CRM, held when it was marked done; a proposal (presentations are such too) is sent when
    it was marked done.
    """

    calls: int = 0
    inbound: int = 0
    missed: int = 0
    effective: int = 0
    escalated: int = 0
    roles_known: int = 0
    suspicious: int = 0
    meetings_set: int = 0
    meetings_held: int = 0
    proposals_sent: int = 0


@dataclass(frozen=True, slots=True)
class HourCalls:
    """Calls with clients that began in an hour of the company's clock."""

    hour: int
    inbound: int
    missed: int
    outbound: int
