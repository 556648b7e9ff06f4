"""What is hidden of what is said: ``[privacy]``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.redaction import Secret


class Privacy(Section):
    """Secrets said aloud, and names and numbers in transcripts. See docs/privacy.md."""

    redact: tuple[Secret, ...] = Field(
        tuple(Secret),
        description="Secrets that are taken out of transcripts for everybody, and covered by a tone where the sound is "
        "played: card, card_code, card_expiry, one_time_code, password, passport.",
    )
    original_sound: tuple[AccessRole, ...] = Field(
        (),
        description="Roles that may hear a recording without the tone (agent, qc, head, owner), each time by a line of "
        "the audit log; empty: nobody.",
    )
    names_in_transcripts: Literal["by_role", "as_said"] = Field(
        "by_role",
        description="Names of people and telephone numbers in transcripts: by_role masks them for whoever may not see "
        "the client's name and number (docs/access.md), as_said shows everybody what was said.",
    )

    @field_validator("redact", "original_sound")
    @classmethod
    def _each_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(value))
