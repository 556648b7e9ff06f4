"""Promises: found, and with the right day, action and promiser; and what became of them.

Conventions: a found promise matches a labelled one of the same call when their quotes share at least 40 % of the words
of the shorter one, or their due windows are equal; the best match wins (shared words, half a point for the same window,
a fifth for the same action) and each is used once, in the order of the labels. A due window is right when it lies
inside the labelled one or both its ends are within a day: the windows of vague words are one fair person's. Day, action
and promiser are judged for matched promises only. ``call_level``: calls where "some promise" or "none" is right.

An outcome is right when any promise found in the call has the expected one.

Several promises of one call are not independent, so intervals are over calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from qc_workbench.domain.commitment import Commitment
from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, ratio, share
from qc_workbench.reporting.quality.labels import FoundCall, TrueCall, TruePromise, TrueSpan

NAME, OUTCOMES = "promises", "outcomes"
ACTIONS, PROMISERS = "promise_actions", "promise_parties"
#: Share of the shorter quote's words that must be shared for two quotes to be about the same promise.
QUOTE_OVERLAP: Final = 0.4
_WITHIN_DAYS: Final = 1


@dataclass(frozen=True, slots=True)
class PromiseCall:
    """The promises of a call. ``missed`` and ``extra`` stand alone, ``matched`` in pairs."""

    call_id: str
    scenario: str
    matched: tuple[tuple[TruePromise, Commitment], ...]
    missed: tuple[TruePromise, ...]
    extra: tuple[Commitment, ...]
    spoken: tuple[TrueSpan, ...]

    @property
    def due_right(self) -> int:
        return sum(_due_is_right(*pair) for pair in self.matched)

    @property
    def action_right(self) -> tuple[int, int]:
        labelled = [(promise, item) for promise, item in self.matched if promise.action]
        return sum(promise.action == item.spoken.action.value for promise, item in labelled), len(labelled)

    @property
    def by_right(self) -> tuple[int, int]:
        labelled = [(promise, item) for promise, item in self.matched if promise.by]
        return sum(promise.by == item.spoken.by.value for promise, item in labelled), len(labelled)

    @property
    def cells(self) -> tuple[Cell, ...]:
        found = [Cell(ACTIONS, promise.action, item.spoken.action.value) for promise, item in self.matched]
        found += [Cell(PROMISERS, promise.by, item.spoken.by.value) for promise, item in self.matched if promise.by]
        found += [Cell(ACTIONS, promise.action, "none") for promise in self.missed]
        return (*found, *(Cell(ACTIONS, "none", item.spoken.action.value) for item in self.extra))

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        missed = [
            self._mistake("missed", promise.action, "none", where_said(promise.quote, self.spoken), promise.quote, "")
            for promise in self.missed
        ]
        extra = [
            self._mistake("extra", "none", item.spoken.action.value, item.spoken.start_s, "", item.spoken.quote)
            for item in self.extra
        ]
        return (*missed, *self._wrong_parts(), *extra)

    def _wrong_parts(self) -> list[Mistake]:
        found = []
        for promise, item in self.matched:
            spoken = item.spoken
            parts = [
                ("due", _days(promise.due_from, promise.due_to), _days(spoken.due.due_from, spoken.due.due_to)),
                ("action", promise.action, spoken.action.value),
                ("by", promise.by, spoken.by.value),
            ]
            for kind, expected, was in parts:
                wrong = not _due_is_right(promise, item) if kind == "due" else bool(expected) and expected != was
                if wrong:
                    found.append(self._mistake(kind, expected, was, spoken.start_s, promise.quote, spoken.quote))
        return found

    def _mistake(
        self, kind: str, expected: str, found: str, at_s: float | None, expected_text: str, found_text: str
    ) -> Mistake:
        matrix = {"due": "", "by": PROMISERS}.get(kind, ACTIONS)
        return Mistake(
            NAME, kind, self.call_id, self.scenario, expected, found, at_s, expected_text, found_text, matrix
        )  # fmt: skip


def judge(call: TrueCall, found: FoundCall) -> PromiseCall | None:
    if call.promises is None:
        return None
    left = list(found.commitments)
    matched, missed = [], []
    for promise in call.promises:
        best = _best_match(promise, left)
        if best is None:
            missed.append(promise)
        else:
            left.remove(best)
            matched.append((promise, best))
    return PromiseCall(call.call_id, call.scenario, tuple(matched), tuple(missed), tuple(left), call.spoken)


def _best_match(promise: TruePromise, candidates: Sequence[Commitment]) -> Commitment | None:
    best: tuple[float, Commitment] | None = None
    for candidate in candidates:
        overlap = quote_overlap(promise.quote, candidate.spoken.quote)
        due = candidate.spoken.due
        same = (due.due_from, due.due_to) == (promise.due_from, promise.due_to)
        score = overlap + 0.5 * same + 0.2 * (candidate.spoken.action.value == promise.action)
        if (overlap >= QUOTE_OVERLAP or same) and (best is None or score > best[0]):
            best = (score, candidate)
    return best[1] if best else None


def quote_overlap(one: str, other: str) -> float:
    """Shared words over the words of the shorter quote; «ё» is «е», punctuation does not count."""
    words, others = set(words_of(one)), set(words_of(other))
    return len(words & others) / min(len(words), len(others)) if words and others else 0.0


def words_of(text: str) -> list[str]:
    """Words in lower case without punctuation; «ё» is «е»."""
    return re.sub(r"[^\w ]+", " ", text.lower().replace("ё", "е")).split()


def where_said(quote: str, spoken: Sequence[TrueSpan]) -> float | None:
    """Start of the labelled line that holds most of a quote; None where none shares ``QUOTE_OVERLAP`` of its words."""
    line = line_of(quote, spoken)
    return line.start_s if line else None


def line_of(quote: str, spoken: Sequence[TrueSpan]) -> TrueSpan | None:
    """The labelled line that shares most words with a quote, as a share of the quote's words."""
    words = set(words_of(quote))
    if not words:
        return None
    shared = [(len(words & set(words_of(span.text))) / len(words), -span.start_s, span) for span in spoken]
    best = max(shared, key=lambda item: item[:2], default=None)
    return best[2] if best and best[0] >= QUOTE_OVERLAP else None


def _due_is_right(promise: TruePromise, found: Commitment) -> bool:
    return due_is_right(promise, found.spoken.due.due_from, found.spoken.due.due_to)


def due_is_right(promise: TruePromise, due_from: date, due_to: date) -> bool:
    """Inside the labelled window, or both ends within a day of it."""
    if promise.due_from <= due_from <= due_to <= promise.due_to:
        return True
    ends = (due_from - promise.due_from, due_to - promise.due_to)
    return all(abs(end.days) <= _WITHIN_DAYS for end in ends)


def _days(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


def figures(calls: Sequence[PromiseCall]) -> tuple[Figure, ...]:
    matched = [len(call.matched) for call in calls]
    found = [len(call.matched) + len(call.extra) for call in calls]
    labelled = [len(call.matched) + len(call.missed) for call in calls]
    both = [one + other for one, other in zip(found, labelled, strict=True)]
    some = sum(bool(one) == bool(other) for one, other in zip(found, labelled, strict=True))
    actions, promisers = [call.action_right for call in calls], [call.by_right for call in calls]
    return (
        ratio(NAME, "precision", matched, found),
        ratio(NAME, "recall", matched, labelled),
        ratio(NAME, "f1", [2 * hits for hits in matched], both, target=0.90),
        ratio(NAME, "due", [call.due_right for call in calls], matched, target=0.90),
        ratio(NAME, "action", [right for right, _ in actions], [of for _, of in actions]),
        ratio(NAME, "by", [right for right, _ in promisers], [of for _, of in promisers]),
        share(NAME, "call_level", some, len(calls)),
    )


TASK = Task(NAME, judge, figures)


@dataclass(frozen=True, slots=True)
class OutcomeCall:
    """``found``: the outcomes of the call's promises; ``answer`` is the expected one if it is among them."""

    call_id: str
    scenario: str
    expected: str
    found: tuple[str, ...]
    at_s: float | None
    quote: str

    @property
    def answer(self) -> str:
        if self.expected in self.found:
            return self.expected
        return self.found[0] if self.found else "none"

    @property
    def is_right(self) -> bool:
        return self.answer == self.expected

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (Cell(OUTCOMES, self.expected, self.answer),)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        if self.is_right:
            return ()
        return (
            Mistake(
                OUTCOMES, "outcome", self.call_id, self.scenario, self.expected, self.answer, self.at_s,
                found_text=self.quote, matrix=OUTCOMES,
            ),
        )  # fmt: skip


def judge_outcome(call: TrueCall, found: FoundCall) -> OutcomeCall | None:
    if not call.expected_outcome:
        return None
    first = found.commitments[0].spoken if found.commitments else None
    return OutcomeCall(
        call.call_id, call.scenario, call.expected_outcome, tuple(item.outcome.value for item in found.commitments),
        first.start_s if first else None, first.quote if first else "",
    )  # fmt: skip


def outcome_figures(calls: Sequence[OutcomeCall]) -> tuple[Figure, ...]:
    return (share(OUTCOMES, "accuracy", sum(call.is_right for call in calls), len(calls), target=0.90),)


OUTCOME_TASK = Task(OUTCOMES, judge_outcome, outcome_figures)
