"""Settings of ``[targets]``: what the month is measured against."""

from __future__ import annotations

from pydantic import Field

from qc_workbench.config_section import Section


class Targets(Section):
    """What the month is measured against in its report. A target is a wish, never a verdict on anybody."""

    revenue: int = Field(0, ge=0, description="Sum of the deals won in a month, in their main currency. 0: no target.")
    deals_won: int = Field(0, ge=0, description="Deals won in a month. 0: no target.")
    win_rate: float = Field(0, ge=0, le=1, description="Won deals of all that were closed, at least. 0: no target.")
    average_deal: int = Field(0, ge=0, description="Mean amount of a won deal, at least. 0: no target.")
    cycle_days: float = Field(
        0, ge=0, description="Median days from the creation of a won deal to its closing, at most. 0: no target."
    )
    meetings_set: int = Field(0, ge=0, description="Meetings set in a month. 0: no target.")
    meetings_held: int = Field(0, ge=0, description="Meetings held in a month. 0: no target.")
    proposals_sent: int = Field(0, ge=0, description="Proposals sent in a month. 0: no target.")
    crm_effective: int = Field(0, ge=0, description="Calls in a month that the CRM counts as effective. 0: no target.")
    verified_share: float = Field(
        0, ge=0, le=1, description="Share of live conversations among effective calls, at least. 0: no target."
    )
    lost_call_rate: float = Field(0, ge=0, le=1, description="Unanswered incoming calls, at most. 0: no target.")
    response_minutes: float = Field(
        0, ge=0, description="Median minutes until a caller who got no answer was called back, at most. 0: no target."
    )
