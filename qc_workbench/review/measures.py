"""What the rules propose about an agent at the month's end, and what people decide. Nothing happens by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from qc_workbench.domain.investigation import LetterOutcome, RepeatCheck
from qc_workbench.domain.letter import Letter, LetterStep
from qc_workbench.domain.measure import Decided, Measure, MeasureDecision, MeasureKind, MeasureReason
from qc_workbench.errors import UsageError
from qc_workbench.review.undoing import last_standing

_PROPOSED = {
    MeasureReason.FIRST_WITHOUT_LETTER: MeasureKind.TALK,
    MeasureReason.NOT_KNOWN_YET: MeasureKind.TALK,
    MeasureReason.LETTER_NOT_SEEN: MeasureKind.TALK,
    MeasureReason.LETTER_IGNORED: MeasureKind.REDUCED_BONUS,
    MeasureReason.IGNORED_AGAIN: MeasureKind.PROPOSE_DISMISSAL,
}


def proposals(
    month: date,
    letters: Iterable[Letter],
    checks: Iterable[RepeatCheck],
    violators: Mapping[str, Collection[str]],
    ignored_before: Collection[str],
    at: datetime,
) -> tuple[Measure, ...]:
    """``violators``: agents that the whole month shows above a threshold and about whom a named person confirmed a
    case, with those hypotheses; ``ignored_before``: agents who ignored a letter of an earlier month.

    Of several hypotheses in a letter the worst outcome counts. A letter that helped asks for nothing more.
    """
    by_letter: dict[str, list[RepeatCheck]] = {}
    for item in checks:
        by_letter.setdefault(item.letter_id, []).append(item)
    found, written = [], set()
    for letter in letters:
        if letter.sent_at is None:
            continue
        written.add(letter.agent)
        reason = _reason(letter, by_letter.get(letter.letter_id, ()), letter.agent in ignored_before)
        if reason is not None:
            found.append(_measure(month, letter.agent, reason, letter.hypothesis_ids, letter.letter_id, at))
    for agent, hypotheses in sorted(violators.items()):
        if agent not in written:
            reason = MeasureReason.FIRST_WITHOUT_LETTER
            found.append(_measure(month, agent, reason, tuple(sorted(hypotheses)), None, at))
    return tuple(sorted(found, key=lambda item: item.agent))


def _reason(letter: Letter, checks: Sequence[RepeatCheck], ignored_before: bool) -> MeasureReason | None:
    outcomes = {item.outcome for item in checks}
    if LetterOutcome.NOT_IMPROVED in outcomes:
        if not was_seen(letter):
            return MeasureReason.LETTER_NOT_SEEN
        return MeasureReason.IGNORED_AGAIN if ignored_before else MeasureReason.LETTER_IGNORED
    return None if outcomes == {LetterOutcome.IMPROVED} else MeasureReason.NOT_KNOWN_YET


def was_seen(letter: Letter) -> bool:
    """Whether anything shows that the letter reached the agent: it was mailed or put into their room, or they said so.

    One that was only downloaded may have stayed in a drawer.
    """
    reached = {LetterStep.MAILED, LetterStep.SHOWN, LetterStep.ACKNOWLEDGED, LetterStep.ANSWERED}
    return any(item.kind in reached for item in letter.events)


def _measure(
    month: date, agent: str, reason: MeasureReason, hypotheses: tuple[str, ...], letter_id: str | None, at: datetime
) -> Measure:
    """The same proposal made again is the same measure."""
    kind = _PROPOSED[reason]
    measure_id = _id(month.isoformat(), agent, kind.value, reason.value, *hypotheses, letter_id or "")
    return Measure(measure_id, month, agent, kind, reason, hypotheses, letter_id, at)


def standing_decisions(decisions: Iterable[Decided]) -> dict[str, Decided]:
    """measure_id -> the decision that counts now. ``decisions`` in the order they were made."""
    return last_standing(
        decisions,
        about=lambda item: item.measure_id,
        entry_id=lambda item: item.decision_id,
        is_undo=lambda item: item.decision is MeasureDecision.WITHDRAWN,
    )


def decide(
    measure: Measure,
    decision: MeasureDecision,
    by: str,
    at: datetime,
    earlier: Sequence[Decided],
    *,
    kind: MeasureKind | None = None,
    reason: str = "",
) -> Decided:
    """A named person's word. ``changed`` needs a ``kind`` and a reason, ``dropped`` a reason.

    Raises :class:`UsageError`: ``measure_needs_name``, ``measure_needs_kind``, ``measure_needs_reason``,
    ``measure_nothing_to_undo``.
    """
    if not by.strip():
        raise UsageError("measure_needs_name")
    current = standing_decisions(earlier).get(measure.measure_id)
    match decision:
        case MeasureDecision.WITHDRAWN:
            if current is None:
                raise UsageError("measure_nothing_to_undo")
            stands = current.kind
        case MeasureDecision.ACCEPTED:
            stands = measure.proposed
        case MeasureDecision.DROPPED:
            stands = MeasureKind.NONE
        case MeasureDecision.CHANGED:
            if kind is None or kind is measure.proposed:
                raise UsageError("measure_needs_kind")
            stands = kind
    if decision in (MeasureDecision.CHANGED, MeasureDecision.DROPPED) and not reason.strip():
        raise UsageError("measure_needs_reason")
    supersedes = current.decision_id if current else None
    decision_id = _id(measure.measure_id, decision.value, stands.value, by, at.isoformat(), supersedes or "")
    return Decided(decision_id, measure.measure_id, decision, stands, reason.strip(), by.strip(), at, supersedes)


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
