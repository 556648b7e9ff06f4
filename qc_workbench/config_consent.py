"""Settings of the consent-line check: in which calls a client is to be told of the recording, and how soon."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qc_workbench.config_section import Section


class Consent(Section):
    """The check informs; it raises no suspicion and costs nothing."""

    directions: tuple[Literal["inbound", "outbound"], ...] = Field(
        ("inbound", "outbound"),
        description="Calls in which the client is to be told that the call is recorded. Empty: the check is off.",
    )
    within_s: float = Field(
        20,
        gt=0,
        le=120,
        description="Seconds from the first words within which it must be said, before the client begins with the "
        "substance. See docs/detectors.md.",
    )
