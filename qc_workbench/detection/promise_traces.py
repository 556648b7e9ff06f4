"""Which CRM records speak of a promise: the activity that stands for it, a note or a stage that proves it done.

An activity stands for a promise when it was made between the call and the end of the window (or was open before and
due inside it), its type fits and its subject does not speak of something else. One activity stands for one promise
of a call, unless its subject names another one too: «отправить КП и перезвонить» is both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, SpokenCommitment
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, Note

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

    ``unreal_calls`` are calls that were examined and found to be no conversation. ``agreed``: what was promised in
    each transcribed call (call_id -> promises); ``refused``: calls in which the client refused to buy.
    """

    calls: Sequence[Call] = ()
    activities: Sequence[Activity] = ()
    changes: Sequence[ActivityChange] = ()
    notes: Sequence[Note] = ()
    deals: Sequence[Deal] = ()
    unreal_calls: Collection[str] = field(default_factory=frozenset)
    agreed: Mapping[str, Sequence[SpokenCommitment]] = field(default_factory=dict)
    refused: Collection[str] = field(default_factory=frozenset)

    def due_dates(self, activity: Activity, as_of: datetime | None = None) -> list[datetime]:
        """Every due date the activity had by ``as_of``, oldest first; the last is the one it had then."""
        moves = sorted(
            (
                change
                for change in self.changes
                if change.activity_id == activity.activity_id and change.field == "due_at"
            ),
            key=lambda change: change.changed_at,
        )
        dates = [_moment(change.old_value) for change in moves] + [activity.due_at]
        if as_of is not None:
            dates = dates[: sum(change.changed_at <= as_of for change in moves) + 1]
        known = [moment for moment in dates if moment is not None]
        return [moment for index, moment in enumerate(known) if index == 0 or moment != known[index - 1]]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


@dataclass(frozen=True)
class Window:
    """When a promise may be kept: inclusive moments. ``said_end``: the end as it was said; ``end`` lies later where
    that was a day off."""

    start: datetime
    end: datetime
    said_end: datetime


def activity_for(
    spoken: SpokenCommitment,
    call: Call,
    history: ClientHistory,
    window: Window,
    as_of: datetime,
    taken: Collection[str],
) -> Activity | None:
    """The activity that stands for this promise: made in or after the call and before the window was over,
    or open when the call was and due no earlier than it; of a fitting type; the nearest by due date.

    ``taken``: activities that stand for another promise of the call."""
    scored: list[tuple[float, datetime, Activity]] = []
    for activity in history.activities:
        if activity.type not in _FITTING[spoken.action] or activity.created_at > as_of:
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
        shared = activity.activity_id in taken
        if shared and not (names_it and others):
            continue  # it stands for another promise and says nothing of this one
        first_choice = activity.type is _FITTING[spoken.action][0]
        if others and not names_it and not first_choice:
            continue  # a task to send the offer says nothing of a promised call
        dates = history.due_dates(activity, as_of) or [activity.done_at or activity.created_at]
        distance = min(_days_outside(moment, window) for moment in dates)
        if open_then and not made_for_it and distance > 0:
            continue
        score = -min(distance, 60) / 10 + 2 * names_it + 1.5 * first_choice + made_for_it - 0.5 * shared
        scored.append((score, activity.created_at, activity))
    return max(scored, key=lambda item: (item[0], -item[1].timestamp()))[2] if scored else None


def _days_outside(moment: datetime, window: Window) -> float:
    if moment < window.start:
        return (window.start - moment) / timedelta(days=1)
    return max(0.0, (moment - window.end) / timedelta(days=1))


def paper_proof(
    spoken: SpokenCommitment, call: Call, history: ClientHistory, window: Window, as_of: datetime
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
