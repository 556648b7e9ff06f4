"""Who answered the call: a person, or which machine, or nobody; and whether the agent left a real message.

Conventions: one label and one answer a call. ``human`` is the share of calls where person or not person is right;
``exact`` the share where the kind is. A call that was not examined has the answer ``unknown`` and one that was never
connected ``nobody``, as in ``qcw export calls``; both count as any other answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, share
from qc_workbench.reporting.quality.labels import MACHINE, FoundCall, TrueCall

NAME = "answered"
_HUMAN = AnsweredBy.HUMAN.value


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    call_id: str
    scenario: str
    expected: str
    found: str
    left: bool | None
    found_left: bool
    at_s: float | None
    words: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (Cell(NAME, self.expected, self.found),)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        if self.expected == self.found:
            return ()
        return (
            Mistake(
                NAME, "answered_by", self.call_id, self.scenario, self.expected, self.found, self.at_s,
                expected_text=self.words, matrix=NAME,
            ),
        )  # fmt: skip


def judge(call: TrueCall, found: FoundCall) -> AnsweredCall | None:
    if call.answered_by is None:
        return None
    far = [span for span in call.spoken if span.channel != "agent"]
    first = next((span for span in far if (span.kind == MACHINE) == (call.answered_by != _HUMAN)), None)
    left = found.conversation.message_left if found.conversation else False
    return AnsweredCall(
        call.call_id, call.scenario, call.answered_by, found.answered_by.value, call.message_left, left,
        first.start_s if first else None, first.text if first else "",
    )  # fmt: skip


def figures(calls: Sequence[AnsweredCall]) -> tuple[Figure, ...]:
    messages = [call for call in calls if call.left is not None]
    return (
        share(NAME, "human", sum((call.expected == _HUMAN) == (call.found == _HUMAN) for call in calls), len(calls)),
        share(NAME, "exact", sum(call.expected == call.found for call in calls), len(calls)),
        share(NAME, "message_left", sum(call.left == call.found_left for call in messages), len(messages)),
    )


TASK = Task(NAME, judge, figures)
