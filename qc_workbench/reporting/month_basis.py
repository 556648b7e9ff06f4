"""On what a month's figures stand: versions, thresholds, filters, and the first rows of the lists behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qc_workbench.domain.month_lists import CountedCall, DetectorVersion, DoneStep

#: Rows of a list in a workbook, and on paper: more than anybody reads. Counts are always of all.
BOOK_ROWS: Final = 2000
PAPER_ROWS: Final = 60


@dataclass(frozen=True, slots=True)
class Basis:
    """``counted_from_s``, ``conversation_from_s``: as the settings have them. ``effective`` and ``steps`` are the first
    rows of the lists behind the figures, ``effective_all`` and ``steps_all`` how many there are.
    """

    counted_from_s: float = 40.0
    conversation_from_s: float = 10.0
    program: str = ""
    detectors: tuple[DetectorVersion, ...] = ()
    effective: tuple[CountedCall, ...] = ()
    effective_all: int = 0
    steps: tuple[DoneStep, ...] = ()
    steps_all: int = 0
