"""Whether a client was told that the call is recorded, before its substance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ConsentVerdict(StrEnum):
    """``consent_verdict.<code>``"""

    TOLD = "told"
    NOT_TOLD = "not_told"
    UNSURE = "unsure"  # the beginning is missing, was not understood, or nobody knows who spoke


class ConsentReason(StrEnum):
    """Why it is so: ``consent_reason.<code>``."""

    BY_MACHINE = "by_machine"
    BY_AGENT = "by_agent"
    NEVER = "never"
    LATE = "late"  # told, but after the first seconds or after the client had begun with the substance
    NO_OPENING = "no_opening"  # the first seconds are missing or hold almost no words
    NOT_UNDERSTOOD = "not_understood"
    WHO_UNKNOWN = "who_unknown"  # one channel: the sentence is there, but nobody knows whose


@dataclass(frozen=True, slots=True)
class ConsentTally:
    """Calls of a group by verdict; those where nobody can tell are in neither ``told`` nor ``not_told``."""

    key: str
    told: int = 0
    not_told: int = 0
    unsure: int = 0

    @property
    def known(self) -> int:
        return self.told + self.not_told

    @property
    def share(self) -> float | None:
        """Told of those known; None where nothing is."""
        return self.told / self.known if self.known else None


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """What was found in the beginning of a call. ``start_s``, ``end_s``: of the sentence that tells it, if any;
    ``rule``: the phrase by which it was known; ``within_s``: the seconds it was looked for in."""

    call_id: str
    verdict: ConsentVerdict
    reason: ConsentReason
    start_s: float | None
    end_s: float | None
    rule: str | None
    within_s: float
    version: str
