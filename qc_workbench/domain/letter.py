"""A letter to an agent about whom a named person confirmed something: as it was written, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final


class LetterStep(StrEnum):
    """What happened to a letter, in order (``letter_step.<code>``)."""

    MAILED = "mailed"
    DOWNLOADED = "downloaded"  # handed over on paper or by somebody's own mail
    SHOWN = "shown"  # put into the agent's room
    ACKNOWLEDGED = "acknowledged"  # the agent has read it
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"  # taken back: it asks for nothing any more


#: Steps that deliver a letter: from the first of them on its calls are "after".
DELIVERIES: Final = frozenset({LetterStep.MAILED, LetterStep.DOWNLOADED, LetterStep.SHOWN})


@dataclass(frozen=True, slots=True)
class LetterEvent:
    """A step of a letter, append-only. ``text``: the agent's answer, or why it was withdrawn.

    ``address`` and ``mail_id``: of a mailed one, where to and which mail of the outbox.
    """

    letter_id: str
    step: int
    kind: LetterStep
    by: str
    at: datetime
    text: str = ""
    address: str = ""
    mail_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was rendered. An edit before sending is a new letter that ``supersedes`` this one.

    ``sha256``: of subject, an empty line, and text. ``examinations``: what it stands on. ``events``: in order.
    """

    letter_id: str
    month: date
    agent: str
    language: str
    hypothesis_ids: tuple[str, ...]
    examinations: tuple[str, ...]
    subject: str
    text: str
    sha256: str
    prepared_by: str
    prepared_at: datetime
    supersedes: str | None = None
    events: tuple[LetterEvent, ...] = ()

    @property
    def sent_at(self) -> datetime | None:
        """When it was delivered first; None before, and after it was withdrawn."""
        if self.is_withdrawn:
            return None
        return min((item.at for item in self.events if item.kind in DELIVERIES), default=None)

    @property
    def sent_how(self) -> tuple[LetterStep, ...]:
        return tuple(dict.fromkeys(item.kind for item in self.events if item.kind in DELIVERIES))

    @property
    def is_withdrawn(self) -> bool:
        return any(item.kind is LetterStep.WITHDRAWN for item in self.events)

    @property
    def acknowledged_at(self) -> datetime | None:
        return min((item.at for item in self.events if item.kind is LetterStep.ACKNOWLEDGED), default=None)

    @property
    def answers(self) -> tuple[LetterEvent, ...]:
        return tuple(item for item in self.events if item.kind is LetterStep.ANSWERED)
