"""Settings of the daily page as e-mail: ``[day]``."""

from __future__ import annotations

from datetime import time
from typing import Literal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.mail import is_address


class DayRecipient(Section):
    address: str = Field(description="Address that the daily page is sent to.")
    language: Literal["ru", "en"] | None = Field(
        None, description="Language of the mail; where it is not said, that of the company."
    )

    @field_validator("address")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if not is_address(value):
            raise ValueError("an address such as owner@example.com is expected")
        return value


class DayPage(Section):
    """Who gets the daily page as e-mail, and when. Without recipients and roles nobody does."""

    recipients: tuple[DayRecipient, ...] = Field(
        (), description="Addresses that get the daily page, each with its language."
    )
    roles: tuple[Literal["owner", "head"], ...] = Field(
        (), description="Accounts with these roles get it too, at the addresses of mail.addresses or log-in names."
    )
    sent_at: time = Field(
        time(19, 15), description="When it is sent, by the company's clock: after the evening control."
    )
    weekdays: tuple[int, ...] = Field(
        (1, 2, 3, 4, 5), description="Days of the week on which it is sent, Monday = 1. Not on public holidays."
    )

    @field_validator("weekdays")
    @classmethod
    def _days_of_week(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(day not in range(1, 8) for day in value):
            raise ValueError("days from 1 (Monday) to 7 (Sunday) are expected")
        return tuple(sorted(set(value)))
