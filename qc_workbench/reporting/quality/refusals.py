"""Refusals: what the client said about buying, and deals called lost although nobody refused.

Conventions. *Client said* (explicit, postponed, none): one label and one answer a call; a call without a record counts
as ``none``. ``explicit_recall``: of the calls where the client refused outright, those found as such. *False refusals*:
positive is a call whose deal is closed as lost although the client never refused in it; every record with
``false_refusal`` is an accusation, and ``accusations`` counts the wrong ones.

A call is judged for false refusals where its label says ``expected``: with an empty one, there is no false refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, amount, ratio, share
from qc_workbench.reporting.quality.labels import FoundCall, TrueCall

NAME, FALSE = "client_said", "false_refusals"
_EXPLICIT = ClientSaid.EXPLICIT.value
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class SaidCall:
    call_id: str
    scenario: str
    expected: str
    found: str
    at_s: float | None
    quote: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (Cell(NAME, self.expected, self.found),)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        if self.expected == self.found:
            return ()
        return (
            Mistake(
                NAME, "refusal", self.call_id, self.scenario, self.expected, self.found, self.at_s,
                found_text=self.quote, matrix=NAME,
            ),
        )  # fmt: skip


def judge(call: TrueCall, found: FoundCall) -> SaidCall | None:
    if call.refusal is None:
        return None
    refusal = found.refusal
    said = refusal.client_said.value if refusal else ClientSaid.NONE.value
    at_s, quote = (refusal.start_s, refusal.quote or "") if refusal else (None, "")
    return SaidCall(call.call_id, call.scenario, call.refusal, said, at_s, quote)


def figures(calls: Sequence[SaidCall]) -> tuple[Figure, ...]:
    explicit = [call for call in calls if call.expected == _EXPLICIT]
    return (
        share(NAME, "accuracy", sum(call.expected == call.found for call in calls), len(calls), target=0.92),
        share(NAME, "explicit_recall", sum(call.found == _EXPLICIT for call in explicit), len(explicit)),
    )


TASK = Task(NAME, judge, figures)


@dataclass(frozen=True, slots=True)
class FalseRefusalCall:
    call_id: str
    scenario: str
    is_false: bool
    is_accused: bool
    at_s: float | None
    quote: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (Cell(FALSE, _YES if self.is_false else _NO, _YES if self.is_accused else _NO),)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        if self.is_false == self.is_accused:
            return ()
        cell = self.cells[0]
        return (
            Mistake(
                FALSE, "false_refusal", self.call_id, self.scenario, cell.expected, cell.found, self.at_s,
                found_text=self.quote, matrix=FALSE,
            ),
        )  # fmt: skip


def judge_false(call: TrueCall, found: FoundCall) -> FalseRefusalCall | None:
    if call.false_refusal is None:
        return None
    refusal = found.refusal
    return FalseRefusalCall(
        call.call_id, call.scenario, call.false_refusal, bool(refusal and refusal.false_refusal),
        refusal.start_s if refusal else None, (refusal.quote or "") if refusal else "",
    )  # fmt: skip


def false_figures(calls: Sequence[FalseRefusalCall]) -> tuple[Figure, ...]:
    hits = [call.is_false and call.is_accused for call in calls]
    accused, lost = sum(call.is_accused for call in calls), sum(call.is_false for call in calls)
    return (
        share(FALSE, "precision", sum(hits), accused),
        share(FALSE, "recall", sum(hits), lost),
        ratio(FALSE, "f1", [2 * hit for hit in hits], [call.is_false + call.is_accused for call in calls]),
        amount(FALSE, "accusations", accused - sum(hits), len(calls), target=0),
    )


FALSE_TASK = Task(FALSE, judge_false, false_figures)
