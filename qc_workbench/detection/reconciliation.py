"""What became of a promise: the words, the CRM and the next calls put side by side.

Goal. One of seven outcomes as of a moment; the first that holds wins:

1. *kept*: what was promised happened in the window, and the CRM has an activity for it;
   *kept_unlogged*: it happened, the CRM knows nothing;
2. *dragged*: the activity was moved past the window at least once;
3. *scheduled_late*: the activity was made with a due date past the window;
4. *scheduled*: the window is not over (reason ``no_task_yet`` where nothing reminds of it);
5. *overdue*: the window is over, the activity in it is not done (or done late, or done without a call);
6. *missing*: the window is over and nothing is there.

Proof of a callback is a real call with the client (any of their numbers) inside the window: outgoing, or
incoming and then long enough that nothing was left to call about. A promise to decide is proved by a call
too. Sending, visits, meetings and payments are proved by a done activity of a fitting type, by the deal
entering the stage for it, or by a note that says so; a call in the window without any of them counts as
kept_unlogged with the reason ``call_only``, because only a person can hear whether it was about that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from qc_workbench.config import Company
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import Action, Commitment, CommitmentOutcome, SpokenCommitment
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, Note

#: Connected seconds from which a later call may have been a conversation: a ring, a greeting and two sentences.
CONVERSATION_FROM_S = 20.0
#: An incoming call proves that nothing was left to call about only from this many connected seconds.
INCOMING_FROM_S = 30.0
#: A task may be made a little before the call ends in the CRM's clock.
_CLOCK_SLACK = timedelta(minutes=10)

_FITTING: Mapping[Action, tuple[ActivityType, ...]] = {
    Action.CALLBACK: (ActivityType.CALL, ActivityType.TASK),
    Action.SEND_OFFER: (ActivityType.PROPOSAL, ActivityType.TASK),
    Action.SEND_DOCUMENT: (ActivityType.TASK, ActivityType.PROPOSAL),
    Action.VISIT: (ActivityType.MEETING, ActivityType.TASK),
    Action.MEETING: (ActivityType.MEETING, ActivityType.TASK),
    Action.DECIDE: (ActivityType.TASK, ActivityType.CALL),
    Action.PAY: (ActivityType.TASK,),
}
_SENDING = re.compile(
    r"отправ|выслать|прислать|скинуть|подготов|расч[её]т|смет|\bкп\b|договор|сч[её]т|send|quote|proposal|contract",
    re.IGNORECASE,
)
_SUBJECT: Mapping[Action, re.Pattern[str]] = {
    Action.CALLBACK: re.compile(
        r"звон|набрать|созвон|связать|обсудить|узнать|уточнить|сообщить|call|ring|phone|follow", re.IGNORECASE
    ),
    Action.SEND_OFFER: _SENDING,
    Action.SEND_DOCUMENT: _SENDING,
    Action.VISIT: re.compile(r"замер|выезд|монтаж|визит|установк|measur|survey|visit|fitting", re.IGNORECASE),
    Action.MEETING: re.compile(r"встреч|шоурум|салон|meet", re.IGNORECASE),
    Action.DECIDE: re.compile(r"реш|согласов|скидк|утверд|decid|approv|discount", re.IGNORECASE),
    Action.PAY: re.compile(r"возврат|вернуть|оплат|перечисл|компенсац|refund|pay", re.IGNORECASE),
}
_NOTE_SAYS_DONE: Mapping[Action, re.Pattern[str]] = {
    Action.SEND_OFFER: re.compile(
        r"отправ(?:ил|лен)|выслал|выслан|скинул|прислал|направил|\bsent\b|emailed", re.IGNORECASE
    ),
    Action.SEND_DOCUMENT: re.compile(
        r"отправ(?:ил|лен)|выслал|выслан|скинул|прислал|направил|\bsent\b|emailed", re.IGNORECASE
    ),
    Action.VISIT: re.compile(
        r"замер(?:или|ил|ен| сделан| проведен| прошел)|выезжал|съездил|был на объекте|measured|visited", re.IGNORECASE
    ),
    Action.MEETING: re.compile(r"встретил|встреча (?:прошла|состоялась)|met\b", re.IGNORECASE),
    Action.PAY: re.compile(
        r"вернули|возврат (?:сделан|отправлен|проведен)|перечислил|оплатили|refunded|paid", re.IGNORECASE
    ),
    Action.DECIDE: re.compile(r"согласовал|решили|одобр|утвердил|отказали|approved|agreed", re.IGNORECASE),
}
_STAGE_SAYS_DONE: Mapping[Action, re.Pattern[str]] = {
    Action.SEND_OFFER: re.compile(r"\bкп\b|предложени|proposal|quote|offer", re.IGNORECASE),
}


@dataclass(frozen=True)
class ClientHistory:
    """All that is known of one client: calls from any of their numbers, and everything in the CRM.

    ``unreal_calls`` are calls that were examined and found to be no conversation.
    """

    calls: Sequence[Call] = ()
    activities: Sequence[Activity] = ()
    changes: Sequence[ActivityChange] = ()
    notes: Sequence[Note] = ()
    deals: Sequence[Deal] = ()
    unreal_calls: Collection[str] = field(default_factory=frozenset)

    def due_dates(self, activity: Activity) -> list[datetime]:
        """Every due date the activity had, oldest first; the last is the one it has now."""
        moves = sorted(
            (
                change
                for change in self.changes
                if change.activity_id == activity.activity_id and change.field == "due_at"
            ),
            key=lambda change: change.changed_at,
        )
        dates = [moment for change in moves if (moment := _moment(change.old_value)) is not None]
        if activity.due_at is not None:
            dates.append(activity.due_at)
        return [moment for index, moment in enumerate(dates) if index == 0 or moment != dates[index - 1]]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


@dataclass(frozen=True)
class _Window:
    start: datetime
    end: datetime


def _window(spoken: SpokenCommitment, call: Call, company: Company) -> _Window:
    """The window in time. Hours narrow only when it is over, not which calls prove it: a call at 12:20
    instead of «до двенадцати» is no broken promise to call that day."""
    start = datetime.combine(spoken.due.due_from, time.min, company.zone)
    end = datetime.combine(spoken.due.due_to, time.max, company.zone)
    return _Window(max(start, call.started_at), end)


def reconcile_call(
    commitments: Sequence[SpokenCommitment], call: Call, history: ClientHistory, as_of: datetime, company: Company
) -> tuple[Commitment, ...]:
    """Outcomes of all promises of one call; an activity stands for one promise only."""
    taken: set[str] = set()
    outcomes = []
    for spoken in commitments:
        outcome = reconcile(spoken, call, history, as_of, company, taken)
        if outcome.activity_id is not None:
            taken.add(outcome.activity_id)
        outcomes.append(outcome)
    return tuple(outcomes)


def reconcile(
    spoken: SpokenCommitment,
    call: Call,
    history: ClientHistory,
    as_of: datetime,
    company: Company,
    taken: Collection[str] = (),
) -> Commitment:
    """The outcome of one promise as of ``as_of``. Nothing after ``as_of`` is looked at."""
    window = _window(spoken, call, company)
    activity = _activity_for(spoken, call, history, window, as_of, taken)
    dates = history.due_dates(activity) if activity is not None else []
    moves = max(0, len(dates) - 1)
    proof = _call_in_window(call, history, window, as_of)
    reasons: list[str] = []

    def decided(outcome: CommitmentOutcome, *more: str, with_call: bool = False) -> Commitment:
        return Commitment(
            spoken,
            outcome,
            activity.activity_id if activity is not None else None,
            proof.call_id if with_call and proof is not None else None,
            moves,
            tuple(dict.fromkeys([*more, *reasons])),
        )

    if activity is not None:
        reasons.append("task_moved" if moves else "task_found")
    by_call = spoken.action in (Action.CALLBACK, Action.DECIDE)
    done_in_window = (
        activity is not None and activity.done_at is not None and activity.done_at <= min(window.end, as_of)
    )
    if by_call and proof is not None:
        said = "call_in_window" if proof.direction is not Direction.INBOUND else "client_called_in_window"
        outcome = CommitmentOutcome.KEPT if activity is not None else CommitmentOutcome.KEPT_UNLOGGED
        return decided(outcome, said, with_call=True)
    if not by_call or spoken.action is Action.DECIDE:
        if done_in_window:
            return decided(CommitmentOutcome.KEPT, "task_done", with_call=True)
        paper = _paper_proof(spoken, call, history, window, as_of)
        if paper is not None:
            return decided(CommitmentOutcome.KEPT, paper, with_call=True)
        if activity is None and proof is not None:
            return decided(CommitmentOutcome.KEPT_UNLOGGED, "call_only", with_call=True)
    if activity is not None and dates:
        past = [moment for moment in dates if moment > window.end]
        if moves and past and dates[0] <= window.end:
            return decided(CommitmentOutcome.DRAGGED, "moved_past_window")
        if past and dates[0] > window.end:
            return decided(
                CommitmentOutcome.DRAGGED if moves else CommitmentOutcome.SCHEDULED_LATE, "task_after_window"
            )
    if as_of <= window.end:
        return decided(CommitmentOutcome.SCHEDULED, "not_due_yet", *(() if activity is not None else ("no_task_yet",)))
    late = "called_late" if _called_later(call, history, window, as_of) else "no_call"
    if activity is not None:
        if activity.done_at is not None and activity.done_at <= as_of:
            how = "done_late" if activity.done_at > window.end else "done_without_call"
            return decided(CommitmentOutcome.OVERDUE, how, late)
        return decided(CommitmentOutcome.OVERDUE, "task_not_done", late)
    return decided(CommitmentOutcome.MISSING, "no_task", late)


# --- calls -----------------------------------------------------------------------------------------------------------


def _real_calls(call: Call, history: ClientHistory, until: datetime) -> list[Call]:
    return [
        other
        for other in sorted(history.calls, key=lambda item: item.started_at)
        if other.call_id != call.call_id
        and other.started_at > call.started_at
        and other.started_at <= until
        and other.outcome is Outcome.ANSWERED
        and other.talk_s >= (INCOMING_FROM_S if other.direction is Direction.INBOUND else CONVERSATION_FROM_S)
        and other.call_id not in history.unreal_calls
    ]


def _call_in_window(call: Call, history: ClientHistory, window: _Window, as_of: datetime) -> Call | None:
    inside = [other for other in _real_calls(call, history, min(window.end, as_of)) if other.started_at >= window.start]
    outgoing = [other for other in inside if other.direction is not Direction.INBOUND]
    return next(iter(outgoing or inside), None)


def _called_later(call: Call, history: ClientHistory, window: _Window, as_of: datetime) -> bool:
    return any(other.started_at > window.end for other in _real_calls(call, history, as_of))


# --- the CRM ---------------------------------------------------------------------------------------------------------


def _activity_for(
    spoken: SpokenCommitment,
    call: Call,
    history: ClientHistory,
    window: _Window,
    as_of: datetime,
    taken: Collection[str],
) -> Activity | None:
    """The activity that stands for this promise: made in or after the call and before the window was over,
    or open when the call was and due no earlier than it; of a fitting type; the nearest by due date."""
    scored: list[tuple[float, datetime, Activity]] = []
    for activity in history.activities:
        if activity.activity_id in taken or activity.type not in _FITTING[spoken.action] or activity.created_at > as_of:
            continue
        made_for_it = call.started_at - _CLOCK_SLACK <= activity.created_at <= window.end
        open_then = (
            activity.created_at < call.started_at
            and (activity.done_at is None or activity.done_at > call.started_at)
            and activity.due_at is not None
            and activity.due_at >= call.started_at
        )
        if not made_for_it and not open_then:
            continue
        if activity.due_at is None and activity.done_at is None:
            continue
        subject = activity.subject or ""
        others = [
            action for action, pattern in _SUBJECT.items() if action is not spoken.action and pattern.search(subject)
        ]
        names_it = _SUBJECT[spoken.action].search(subject) is not None
        first_choice = activity.type is _FITTING[spoken.action][0]
        if others and not names_it and not first_choice:
            continue  # a task to send the offer says nothing of a promised call
        dates = history.due_dates(activity) or [activity.done_at or activity.created_at]
        distance = min(_days_outside(moment, window) for moment in dates)
        if open_then and not made_for_it and distance > 0:
            continue
        score = -min(distance, 60) / 10 + 2 * names_it + 1.5 * first_choice + made_for_it
        scored.append((score, activity.created_at, activity))
    return max(scored, key=lambda item: (item[0], -item[1].timestamp()))[2] if scored else None


def _days_outside(moment: datetime, window: _Window) -> float:
    if moment < window.start:
        return (window.start - moment) / timedelta(days=1)
    return max(0.0, (moment - window.end) / timedelta(days=1))


def _paper_proof(
    spoken: SpokenCommitment, call: Call, history: ClientHistory, window: _Window, as_of: datetime
) -> str | None:
    """``stage_says_done`` or ``note_says_done``, where something written in the window proves the promise."""
    until = min(window.end, as_of)
    stage = _STAGE_SAYS_DONE.get(spoken.action)
    if stage and any(
        deal.stage_since is not None and call.started_at < deal.stage_since <= until and stage.search(deal.stage)
        for deal in history.deals
    ):
        return "stage_says_done"
    says = _NOTE_SAYS_DONE.get(spoken.action)
    if says and any(call.started_at < note.created_at <= until and says.search(note.text) for note in history.notes):
        return "note_says_done"
    return None
