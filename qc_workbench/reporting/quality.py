"""How good the detectors are against calls that people have labelled.

Goal: figures to publish and to compare versions by. Conventions:

- *Padded calls*: positive is a call labelled as padded; a detector says "yes" only with a verdict
  ``flag``. ``unsure`` is an abstention: it counts as not flagged, and is counted separately.
- *Promises*: a found promise matches a labelled one of the same call when their quotes share at least
  40 % of the words of the shorter one, or their due windows are equal; the best match wins and
  each is used once. A due window is right when it lies inside the labelled one or both its ends are
  within a day. An outcome is right when any promise found in the call has the expected one.
- *Refusals*: a call without a record counts as ``none``.

Shares carry 95 % Wilson intervals: a perfect score on ten calls is not a perfect detector.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from qc_workbench.domain.commitment import Commitment, Refusal
from qc_workbench.domain.flag import Conversation, Flag, FlagKind, Verdict
from qc_workbench.reporting.share import Share

#: Share of the shorter quote's words that must be shared for two quotes to be about the same promise.
QUOTE_OVERLAP = 0.4
HUMAN = "human"


@dataclass(frozen=True, slots=True)
class TruePromise:
    quote: str
    action: str
    due_from: date
    due_to: date


@dataclass(frozen=True, slots=True)
class TrueCall:
    """What a person labelled. ``expected_outcome``: what became of the call's promise, where it says so."""

    call_id: str
    scenario: str
    answered_by: str
    fake_effective: bool
    promises: tuple[TruePromise, ...] = ()
    refusal: str = "none"
    expected_outcome: str | None = None
    false_refusal: bool = False


@dataclass(frozen=True, slots=True)
class Confusion:
    """Yes/no decisions against labels. ``unsure_*``: abstentions among the calls counted as "no"."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    unsure_positive: int = 0
    unsure_negative: int = 0

    @property
    def precision(self) -> Share:
        return Share(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> Share:
        return Share(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when there was nothing to find and nothing was found."""
        total = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / total if total else None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error. ``kind``: missed, accused, extra, due, outcome, answered_by, refusal, false_refusal."""

    area: str
    kind: str
    call_id: str
    scenario: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class ScenarioQuality:
    """Padded calls within one scenario: ``right`` decisions of all calls of it."""

    scenario: str
    right: Share
    unsure: int


@dataclass(frozen=True, slots=True)
class Quality:
    calls: int
    padded: Confusion
    scenarios: tuple[ScenarioQuality, ...]
    human_or_not: Share
    answered_by: Share
    answered_by_confusion: Mapping[str, Mapping[str, int]]  # labelled -> found -> calls
    promises: Confusion
    due_windows: Share
    outcomes: Share
    refusals: Share
    false_refusals: Confusion
    mistakes: tuple[Mistake, ...]


def measure_quality(
    truth: Sequence[TrueCall],
    flags: Iterable[Flag],
    conversations: Mapping[str, Conversation],
    commitments: Iterable[Commitment],
    refusals: Mapping[str, Refusal],
) -> Quality:
    """Compare what the store holds with the labels; calls without labels are left out."""
    by_call: dict[str, list[Commitment]] = defaultdict(list)
    for commitment in commitments:
        by_call[commitment.spoken.call_id].append(commitment)
    padded, scenarios, padded_mistakes = _padded(truth, list(flags))
    answers = {
        call.call_id: conversations[call.call_id].answered_by.value if call.call_id in conversations else "unknown"
        for call in truth
    }
    confusion: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for call in truth:
        confusion[call.answered_by][answers[call.call_id]] += 1
    promises = _promises(truth, by_call)
    said, false, refusal_mistakes = _refusals(truth, refusals)
    return Quality(
        calls=len(truth),
        padded=padded,
        scenarios=scenarios,
        human_or_not=Share(
            sum((call.answered_by == HUMAN) == (answers[call.call_id] == HUMAN) for call in truth), len(truth)
        ),
        answered_by=Share(sum(call.answered_by == answers[call.call_id] for call in truth), len(truth)),
        answered_by_confusion={label: dict(sorted(found.items())) for label, found in sorted(confusion.items())},
        promises=promises.confusion,
        due_windows=promises.due_windows,
        outcomes=promises.outcomes,
        refusals=said,
        false_refusals=false,
        mistakes=(*padded_mistakes, *promises.mistakes, *refusal_mistakes),
    )


def _padded(
    truth: Sequence[TrueCall], flags: Sequence[Flag]
) -> tuple[Confusion, tuple[ScenarioQuality, ...], list[Mistake]]:
    verdicts: dict[str, set[Verdict]] = defaultdict(set)
    for flag in flags:
        if flag.kind is FlagKind.FAKE_EFFECTIVE:
            verdicts[flag.call_id].add(flag.verdict)
    counts: dict[tuple[bool, bool], int] = defaultdict(int)
    unsure = {True: 0, False: 0}
    of_scenario: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    mistakes = []
    for call in truth:
        flagged = Verdict.FLAG in verdicts[call.call_id]
        abstained = Verdict.UNSURE in verdicts[call.call_id] and not flagged
        counts[call.fake_effective, flagged] += 1
        unsure[call.fake_effective] += abstained
        of_scenario[call.scenario].append((call.fake_effective == flagged, abstained))
        if call.fake_effective != flagged:
            kind = "missed" if call.fake_effective else "accused"
            found = "unsure" if abstained else "flag" if flagged else "none"
            mistakes.append(Mistake("padded", kind, call.call_id, call.scenario, _yes(call.fake_effective), found))
    scenarios = tuple(
        ScenarioQuality(
            name, Share(sum(right for right, _ in rows), len(rows)), sum(abstained for _, abstained in rows)
        )
        for name, rows in sorted(of_scenario.items())
    )
    confusion = Confusion(
        counts[True, True], counts[False, True], counts[True, False], counts[False, False], unsure[True], unsure[False]
    )
    return confusion, scenarios, mistakes


@dataclass(frozen=True, slots=True)
class _Promises:
    confusion: Confusion
    due_windows: Share
    outcomes: Share
    mistakes: tuple[Mistake, ...]


def _promises(truth: Sequence[TrueCall], found: Mapping[str, list[Commitment]]) -> _Promises:
    matched = missed = extra = due_right = outcome_right = outcome_of = quiet = 0
    mistakes = []
    for call in truth:
        left = list(found.get(call.call_id, ()))
        quiet += not call.promises and not left
        for promise in call.promises:
            best = _best_match(promise, left)
            if best is None:
                missed += 1
                mistakes.append(Mistake("promises", "missed", call.call_id, call.scenario, promise.quote, ""))
                continue
            left.remove(best)
            matched += 1
            due = best.spoken.due
            if due_is_right(promise, due.due_from, due.due_to):
                due_right += 1
            else:
                expected = f"{promise.due_from}..{promise.due_to}"
                was = f"{due.due_from}..{due.due_to}"
                mistakes.append(Mistake("promises", "due", call.call_id, call.scenario, expected, was))
        extra += len(left)
        mistakes += [Mistake("promises", "extra", call.call_id, call.scenario, "", item.spoken.quote) for item in left]
        if call.expected_outcome:
            outcome_of += 1
            outcomes = [item.outcome.value for item in found.get(call.call_id, ())]
            if call.expected_outcome in outcomes:
                outcome_right += 1
            else:
                was = ", ".join(outcomes)
                mistakes.append(Mistake("promises", "outcome", call.call_id, call.scenario, call.expected_outcome, was))
    return _Promises(
        Confusion(matched, extra, missed, quiet),
        Share(due_right, matched),
        Share(outcome_right, outcome_of),
        tuple(mistakes),
    )


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
    words, others = set(_words(one)), set(_words(other))
    return len(words & others) / min(len(words), len(others)) if words and others else 0.0


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w ]+", " ", text.lower().replace("ё", "е")).split()


def due_is_right(promise: TruePromise, due_from: date, due_to: date) -> bool:
    """Inside the labelled window, or both ends within a day of it."""
    if promise.due_from <= due_from <= due_to <= promise.due_to:
        return True
    return abs((due_from - promise.due_from).days) <= 1 and abs((due_to - promise.due_to).days) <= 1


def _refusals(
    truth: Sequence[TrueCall], refusals: Mapping[str, Refusal]
) -> tuple[Share, Confusion, tuple[Mistake, ...]]:
    mistakes = []
    right = 0
    counts: dict[tuple[bool, bool], int] = defaultdict(int)
    for call in truth:
        refusal = refusals.get(call.call_id)
        said = refusal.client_said.value if refusal else "none"
        right += said == call.refusal
        if said != call.refusal:
            mistakes.append(Mistake("refusals", "refusal", call.call_id, call.scenario, call.refusal, said))
        false = bool(refusal and refusal.false_refusal)
        counts[call.false_refusal, false] += 1
        if false != call.false_refusal:
            expected, was = _yes(call.false_refusal), _yes(false)
            mistakes.append(Mistake("refusals", "false_refusal", call.call_id, call.scenario, expected, was))
    confusion = Confusion(counts[True, True], counts[False, True], counts[True, False], counts[False, False])
    return Share(right, len(truth)), confusion, tuple(mistakes)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
