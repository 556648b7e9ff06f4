"""Settings of privacy: what is hidden of what is said, and what people are told of their data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.personal_data import Category
from qc_workbench.domain.redaction import Secret


class Privacy(Section):
    """Secrets said aloud, names in transcripts, and what the room "Your data" says beside the retention that is really
    set. See docs/privacy.md."""

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
    contact: str = Field(
        "", max_length=500, description="Whom to ask about personal data: a name, an address. Shown to everybody."
    )
    purposes: dict[Category, str] = Field(
        default_factory=dict,
        description="For what a category of data is kept, in the company's words: recordings, transcripts, suspicions, "
        "scores, crm, bonus, letters, accounts, audit, mail. What is left out shows a draft.",
    )
    bases: dict[Category, str] = Field(
        default_factory=dict,
        description="On what legal basis a category is kept, by the same names. What is left out shows a draft, "
        "marked as one: have it checked by a lawyer.",
    )

    @field_validator("purposes", "bases")
    @classmethod
    def _not_endless(cls, value: dict[Category, str]) -> dict[Category, str]:
        if any(not text.strip() or len(text) > 1000 for text in value.values()):
            raise ValueError("texts of 1 to 1000 characters are expected")
        return value

    @field_validator("redact", "original_sound")
    @classmethod
    def _each_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(value))
