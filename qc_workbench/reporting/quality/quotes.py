"""Where quotes stand: do the seconds beside a quote hold the line it was said in?

A head of sales clicks a quote and hears it, or hears something else and trusts nothing any more.

Conventions. *Promises*: for each labelled promise that was found, the labelled line that shares most words with its
quote (at least 40 % of them) is where it was said; right when the found quote's seconds overlap that line's.
``start_median``: distance of the found start from the line's, in seconds; a quote from the middle of a line starts
later than it. *Evidence*: each quote of a flag; right when its seconds overlap a labelled line with words, and for a
machine's quote (greeting, announcement, assistant, menu) a line of a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qc_workbench.domain.flag import Evidence
from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, quantile, ratio
from qc_workbench.reporting.quality.labels import MACHINE, FoundCall, TrueCall, TrueSpan
from qc_workbench.reporting.quality.promises import judge as judge_promises
from qc_workbench.reporting.quality.promises import line_of

NAME = "quotes"
_MACHINE_KINDS: Final = frozenset({"voicemail_greeting", "operator_announcement", "voice_assistant", "ivr"})


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A quote of ``start_s``..``end_s`` and the line it should stand on; ``line`` None: there is none."""

    text: str
    start_s: float
    end_s: float
    line: TrueSpan | None

    @property
    def is_right(self) -> bool:
        return self.line is not None and self.start_s < self.line.end_s and self.end_s > self.line.start_s


@dataclass(frozen=True, slots=True)
class QuotedCall:
    call_id: str
    scenario: str
    promises: tuple[QuotedLine, ...]
    evidence: tuple[QuotedLine, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return ()

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return tuple(
            Mistake(
                NAME, "quote", self.call_id, self.scenario, f"{item.line.start_s:.1f}" if item.line else "none",
                f"{item.start_s:.1f}", item.start_s, item.line.text if item.line else "", item.text,
            )
            for item in (*self.promises, *self.evidence)
            if not item.is_right
        )  # fmt: skip


def judge(call: TrueCall, found: FoundCall) -> QuotedCall | None:
    if call.spans is None:
        return None
    lines = call.spoken
    matched = judge_promises(call, found)
    pairs = [(item.spoken, line_of(promise.quote, lines)) for promise, item in matched.matched] if matched else []
    promises = [QuotedLine(item.quote, item.start_s, item.end_s, line) for item, line in pairs if line is not None]
    evidence = [
        QuotedLine(item.quote, item.start_s, item.end_s, _under(item, lines))
        for flag in found.flags
        for item in flag.evidence
        if item.quote
    ]
    return QuotedCall(call.call_id, call.scenario, tuple(promises), tuple(evidence))


def _under(item: Evidence, lines: Sequence[TrueSpan]) -> TrueSpan | None:
    """The labelled line that overlaps a quote of evidence most; a machine's quote asks for a machine's line."""
    able = [line for line in lines if item.kind not in _MACHINE_KINDS or line.kind == MACHINE]
    overlaps = [(min(item.end_s, line.end_s) - max(item.start_s, line.start_s), line) for line in able]
    best = max(overlaps, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] > 0 else None


def figures(calls: Sequence[QuotedCall]) -> tuple[Figure, ...]:
    starts = [
        abs(item.start_s - item.line.start_s) for call in calls for item in call.promises if item.line is not None
    ]
    return (
        ratio(NAME, "promises", [_right(call.promises) for call in calls], [len(call.promises) for call in calls]),
        ratio(NAME, "evidence", [_right(call.evidence) for call in calls], [len(call.evidence) for call in calls]),
        quantile(NAME, "start_median", starts, 0.5),
    )


def _right(items: Sequence[QuotedLine]) -> int:
    return sum(item.is_right for item in items)


TASK = Task(NAME, judge, figures)
