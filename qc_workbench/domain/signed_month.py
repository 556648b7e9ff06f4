"""A month's report that the owner signed: its figures as they were, who signed them and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, order=True)
class FigureKey:
    """``group`` of figures (indicator, agent, source …), ``subject`` within it (a currency, an agent's id; "" where
    there is none), ``name`` of the figure."""

    group: str
    subject: str
    name: str


#: A figure as text: whole numbers and money as they are, shares with nine digits; None: nothing to count.
Figures = dict[FigureKey, str | None]


@dataclass(frozen=True, slots=True)
class SignedMonth:
    """``month``: its first day; ``revision`` from 1. ``sha256``: of the canonical JSON of the figures. ``as_of``: the
    moment of the data; ``program``: its version. A withdrawn one stays, unsigned.
    """

    month: date
    revision: int
    figures: Figures
    sha256: str
    as_of: datetime
    program: str
    signed_by: str
    signed_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what it was; None: it was not there, or is not any more."""

    key: FigureKey
    was: str | None
    now: str | None
