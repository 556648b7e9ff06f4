"""Settings of what people are told of their data: whom to ask, for which purpose and on what basis it is kept."""

from __future__ import annotations

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.personal_data import Category


class Privacy(Section):
    """What the room "Your data" says beside the retention that is really set. Empty texts show a draft."""

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
