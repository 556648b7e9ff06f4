"""Settings of what runs by itself: ``[schedule]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.review.due_moments import parse_when

#: When each job runs unless the settings say otherwise. ``evening`` is the end of the company's working day, ``page``
#: the time at which the settings send the daily page, ``polling`` the pause of ``[polling]``.
DEFAULTS: Final[Mapping[str, str]] = {
    "poll": "polling",
    "webhooks": "every 1 min",
    "import": "every 30 min",
    "send_mail": "every 2 min",
    "crm_write": "every 5 min",
    "nightly": "02:00",
    "retention": "off",
    "evening_control": "workdays evening",
    "day_page": "page",
    "upload": "every 15 min",
    "mid_month": "day 15 06:00",
    "month_end": "day 31 20:00",
}


class Schedule(Section):
    """When the jobs run that ``qcw serve`` runs by itself."""

    enabled: bool = Field(
        True, description="qcw serve runs the jobs of docs/schedule.md by itself; false: something else (cron) does."
    )
    times: dict[str, str] = Field(
        default_factory=dict,
        description="When a job runs, by its name: 02:00, workdays 19:00, mon,thu 07:30, day 15 06:00, every 30 min or "
        "off, on the company's clock. A job that is not named runs as docs/schedule.md says.",
    )

    @field_validator("times")
    @classmethod
    def _times_are_times(cls, value: dict[str, str]) -> dict[str, str]:
        for job, text in value.items():
            if job not in DEFAULTS:
                raise ValueError(f"one of {', '.join(DEFAULTS)} is expected")
            parse_when(text.replace("evening", "19:00").replace("page", "19:00").replace("polling", "every 10 min"))
        return value


class Polling(Section):
    """How often connected systems are asked from where they were left, so that lost news is caught up."""

    minutes: int = Field(10, ge=1, le=1440, description="Minutes between two questions in working hours.")
    quiet_minutes: int = Field(
        60, ge=1, le=1440, description="Minutes between two questions at other times; no fewer than minutes."
    )
    at_once: int = Field(4, ge=1, le=16, description="Systems that are asked side by side.")
