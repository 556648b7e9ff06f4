"""A promise in one sentence: what was said, what the CRM did with it, what the next calls show."""

from __future__ import annotations

from datetime import datetime

from qc_workbench.domain.commitment import Action, Commitment, CommitmentOutcome, DueWindow, PromiseStory
from qc_workbench.ui.i18n import Translator

#: Reasons that say how a promise ended without the call of its window, each with a text of its own.
_ENDINGS = (
    "renegotiated", "client_refused_since", "deal_won_since", "called_early", "tried_no_answer", "stage_says_done",
    "note_says_done",
)  # fmt: skip


def story_sentence(commitment: Commitment, said_at: datetime, t: Translator) -> str:
    """One sentence from the facts that the outcome rests on. ``said_at``: when the call with the promise began."""
    story = commitment.story or PromiseStory()
    spoken = commitment.spoken
    parts = [
        t(
            f"story.promised.{spoken.by.value}",
            said=_day(said_at, t),
            what=t(f"story.do.{spoken.action.value}"),
            due=_due(spoken.due, t),
        ),
        _crm(commitment, story, t),
        *_calls(commitment, story, t),
    ]
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:].removesuffix(".") + "."


def _crm(commitment: Commitment, story: PromiseStory, t: Translator) -> str:
    if commitment.activity_id is None:
        return t("story.no_task")
    if commitment.moves and story.due_at is not None:
        moved = t("story.moved", n=commitment.moves, due=_day(story.due_at, t))
        return moved + (t("story.and_done", done=_day(story.done_at, t)) if story.done_at else "")
    if story.done_at is not None:
        return t("story.done", done=_day(story.done_at, t))
    return t("story.task_due", due=_day(story.due_at, t)) if story.due_at is not None else t("story.task")


def _calls(commitment: Commitment, story: PromiseStory, t: Translator) -> list[str]:
    called = _day(story.call_at, t) if story.call_at else "—"
    for reason in _ENDINGS:
        if reason in commitment.reasons:
            return [t(f"story.{reason}", called=called)]
    if commitment.outcome in (CommitmentOutcome.KEPT, CommitmentOutcome.KEPT_UNLOGGED):
        if story.call_at is None:
            return []
        return [t("story.client_called" if story.by_client else "story.called", called=called)]
    if commitment.outcome is CommitmentOutcome.SCHEDULED:
        late = [code for code in ("moved_past_window", "task_after_window") if code in commitment.reasons]
        return [t("story.still_time_but_late" if late else "story.still_time")]
    if commitment.spoken.action is not Action.CALLBACK:
        return [t("story.next_talk", called=called) if story.call_at else t("story.no_talk")]
    if story.call_at is None:
        return [t("story.nobody_called")]
    return [t("story.client_called_late" if story.by_client else "story.nobody_until", called=called)]


def _due(due: DueWindow, t: Translator) -> str:
    if due.due_from == due.due_to:
        return t("story.on_day", day=t.day(due.due_from, "d MMM"))
    return t("story.between_days", first=t.day(due.due_from, "d MMM"), last=t.day(due.due_to, "d MMM"))


def _day(moment: datetime, t: Translator) -> str:
    return t.day(moment, "d MMM")
