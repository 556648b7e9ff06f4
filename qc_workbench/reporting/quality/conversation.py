"""Seconds of live two-way conversation and of each party's speech, against those of labelled spans.

Conventions: the labelled seconds are computed from the spans of people (kind ``speech``) by the rule that defines the
measured quantity: a span belongs to an exchange when the other party speaks within ``NEAR_S`` before or after it; the
agent's spans after the customer's last word count for at most ``TAIL_S``. The error is the absolute difference, one a
call; figures are its median and 90 % quantile. The customer's speech is that of a person: a machine's is not counted.

Known deviation: in mono the detector cannot tell the parties for sure and takes all live speech for an exchange;
the labels know who spoke. The difference is part of its error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, quantile
from qc_workbench.reporting.quality.labels import SPEECH, FoundCall, TrueCall, TrueSpan

NAME = "conversation"
#: An answer later than this is no answer any more; as ``detection.effective`` defines an exchange.
NEAR_S: Final = 7.0
TAIL_S: Final = 3.0
#: A difference that is worth somebody's listening: that of a conversation and none.
_MISTAKE_FROM_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """True and found seconds: of two-way speech, of the agent, of the customer."""

    call_id: str
    scenario: str
    two_way_s: tuple[float, float]
    agent_s: tuple[float, float]
    customer_s: tuple[float, float]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return ()

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        expected, found = self.two_way_s
        if abs(expected - found) < _MISTAKE_FROM_S:
            return ()
        return (Mistake(NAME, "seconds", self.call_id, self.scenario, f"{expected:.1f}", f"{found:.1f}"),)


def judge(call: TrueCall, found: FoundCall) -> MeasuredCall | None:
    if call.spans is None or found.conversation is None:
        return None
    people = [span for span in call.spoken if span.kind == SPEECH]
    agent = [span for span in people if span.channel == "agent"]
    customer = [span for span in people if span.channel != "agent"]
    measured = found.conversation
    return MeasuredCall(
        call.call_id,
        call.scenario,
        (two_way_s(agent, customer), measured.conversation_s),
        (_total_s(agent), measured.agent_speech_s),
        (_total_s(customer), measured.customer_speech_s),
    )


def two_way_s(agent: Sequence[TrueSpan], customer: Sequence[TrueSpan]) -> float:
    """Seconds of both sides' speech that belong to an exchange."""
    total = _total_s([span for span in customer if _is_near(span, agent)])
    last_word_s = max((span.end_s for span in customer), default=0.0)
    for span in agent:
        if _is_near(span, customer):
            length_s = span.end_s - span.start_s
            total += min(length_s, TAIL_S) if span.start_s > last_word_s else length_s
    return total


def _is_near(span: TrueSpan, others: Sequence[TrueSpan]) -> bool:
    return any(other.start_s - span.end_s <= NEAR_S and span.start_s - other.end_s <= NEAR_S for other in others)


def _total_s(spans: Sequence[TrueSpan]) -> float:
    return sum(span.end_s - span.start_s for span in spans)


def figures(calls: Sequence[MeasuredCall]) -> tuple[Figure, ...]:
    def errors(pairs: Sequence[tuple[float, float]]) -> list[float]:
        return [abs(expected - found) for expected, found in pairs]

    two_way = errors([call.two_way_s for call in calls])
    return (
        quantile(NAME, "two_way_median", two_way, 0.5),
        quantile(NAME, "two_way_p90", two_way, 0.9),
        quantile(NAME, "agent_median", errors([call.agent_s for call in calls]), 0.5),
        quantile(NAME, "customer_median", errors([call.customer_s for call in calls]), 0.5),
    )


TASK = Task(NAME, judge, figures)
