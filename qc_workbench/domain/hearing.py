"""Which seconds of a call a person has heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: Seconds from the beginning of the recording: where it begins and where it ends.
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Heard:
    """``ranges``: disjoint, in order. ``heard_s``: their length together. ``spent_s``: seconds at work on the call, as
    :mod:`qc_workbench.review.timer` counts them: with the form and the words too, not with the sound alone.
    ``last_report``: the token of the latest report."""

    call_id: str
    person_id: str
    ranges: tuple[Range, ...]
    heard_s: float
    spent_s: float
    updated_at: datetime
    last_report: str = ""

    def share(self, duration_s: float) -> float | None:
        """Of a recording this long; None where the length is not known."""
        return min(1.0, self.heard_s / duration_s) if duration_s > 0 else None
