"""Padded calls: is a call that the CRM counts as effective named as padded?

Conventions: positive is a call labelled as padded; a detector says "yes" only with a verdict ``flag``. ``unsure`` is an
abstention: it counts as not flagged and, beside that, in the share of unsure calls. A call in which a real message was
left is judged by its label like any other. Targets: precision 1.0, recall 0.95, unsure at most 5 % of the calls.

Deviation from mir_eval, which scores intervals in time: the unit here is the call, because it is the call that an agent
is accused of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qc_workbench.domain.flag import Flag, FlagKind, Side, Verdict
from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, ratio, share
from qc_workbench.reporting.quality.labels import FoundCall, TrueCall

NAME = "padded"
PADDED, GENUINE = "padded", "genuine"


@dataclass(frozen=True, slots=True)
class PaddedCall:
    """``verdict``: flag, unsure or none."""

    call_id: str
    scenario: str
    is_padded: bool
    verdict: str
    at_s: float | None
    quote: str

    @property
    def is_flagged(self) -> bool:
        return self.verdict == Verdict.FLAG.value

    @property
    def expected(self) -> str:
        return PADDED if self.is_padded else GENUINE

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (Cell(NAME, self.expected, self.verdict),)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        if self.is_padded == self.is_flagged:
            return ()
        kind = "missed" if self.is_padded else "accused"
        return (
            Mistake(
                NAME, kind, self.call_id, self.scenario, self.expected, self.verdict, self.at_s,
                found_text=self.quote, matrix=NAME,
            ),
        )  # fmt: skip


def judge(call: TrueCall, found: FoundCall) -> PaddedCall | None:
    if call.fake_effective is None:
        return None
    flags = [flag for flag in found.flags if flag.kind is FlagKind.FAKE_EFFECTIVE]
    flagged = next((flag for flag in flags if flag.verdict is Verdict.FLAG), None)
    chosen = flagged or next((flag for flag in flags if flag.verdict is Verdict.UNSURE), None)
    at_s, quote = _strongest(chosen)
    verdict = chosen.verdict.value if chosen else "none"
    return PaddedCall(call.call_id, call.scenario, call.fake_effective, verdict, at_s, quote)


def _strongest(flag: Flag | None) -> tuple[float | None, str]:
    """Where to listen first: a quote against the agent, else anything against them."""
    against = [item for item in flag.evidence if item.side is Side.AGAINST] if flag else []
    if not against:
        return None, ""
    first = min(against, key=lambda item: (item.quote is None, item.start_s))
    return first.start_s, first.quote or ""


def figures(calls: Sequence[PaddedCall]) -> tuple[Figure, ...]:
    hits = [call.is_padded and call.is_flagged for call in calls]
    flagged = sum(call.is_flagged for call in calls)
    padded = sum(call.is_padded for call in calls)
    unsure = sum(call.verdict == Verdict.UNSURE.value for call in calls)
    return (
        share(NAME, "precision", sum(hits), flagged, target=1.0),
        share(NAME, "recall", sum(hits), padded, target=0.95),
        ratio(NAME, "f1", [2 * hit for hit in hits], [call.is_padded + call.is_flagged for call in calls]),
        share(NAME, "unsure", unsure, len(calls), lower_is_better=True, target=0.05),
    )


TASK = Task(NAME, judge, figures)
