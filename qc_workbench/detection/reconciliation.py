"""What became of a promise: the words, the CRM and the next calls put side by side.

Goal. One of seven outcomes as of a moment; the first that holds wins:

1. *kept*: what was promised happened in the window, and the CRM has an activity for it;
   *kept_unlogged*: it happened, the CRM knows nothing;
2. *scheduled*: the window is not over, whatever the task says (reasons ``no_task_yet``, ``moved_past_window`` and
   ``task_after_window`` warn while it can still be put right): a deadline that has not passed is never broken;
3. *dragged*: the activity was moved to a later date, past the window, and stands there;
4. *scheduled_late*: the activity was made with a due date past the window;
5. *overdue*: the window is over, the activity in it is not done (or done late, or done without a call);
6. *missing*: the window is over and nothing is there.

Proof of a callback is a real call with the client (any of their numbers, anybody of the company) inside the window:
outgoing, or incoming and then long enough that nothing was left to call about. A promise to decide is proved by a
call too. Sending, visits, meetings and payments are proved by a done activity of a fitting type, by the deal
entering the stage for it, or by a note that says so; a call in the window without any of them counts as
kept_unlogged with the reason ``call_only``, because only a person can hear whether it was about that.

What is fair, each with its reason beside the outcome:

- a window whose last day is a day off that nobody named ends with the next working day (as terms do in the Civil
  Code of Russia, article 193); «в субботу» stays Saturday. Only a task that stands after that day too needs no waiting;
- a talk on the working day before the window is no broken promise (``called_early``);
- a client who was dialled in the window and did not answer was called (``tried_no_answer``), if it rang for
  :data:`RANG_FROM_S` or the length of the ringing is not known;
- a later conversation that agrees on a new time for the same thing replaces the promise (``renegotiated``), one in
  which the client refuses ends it (``client_refused_since``), a deal won meanwhile settles it (``deal_won_since``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from qc_workbench.config import Company
from qc_workbench.detection.promise_traces import ClientHistory, Window, activity_for, paper_proof
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import Action, Commitment, CommitmentOutcome, PromiseStory, SpokenCommitment
from qc_workbench.domain.crm import Activity, DealStatus

__all__ = ["CONVERSATION_FROM_S", "INCOMING_FROM_S", "RANG_FROM_S", "ClientHistory", "reconcile", "reconcile_call"]

#: Connected seconds from which a later call may have been a conversation: a ring, a greeting and two sentences.
CONVERSATION_FROM_S = 20.0
#: An incoming call proves that nothing was left to call about only from this many connected seconds.
INCOMING_FROM_S = 30.0
#: An unanswered call counts as a try from this many seconds of ringing: two Russian ringback periods of 5 s.
RANG_FROM_S = 10.0

#: Promises that a call keeps, and those that a won deal settles.
_BY_CALL = (Action.CALLBACK, Action.DECIDE)
_SETTLED_BY_WINNING = (Action.CALLBACK, Action.DECIDE, Action.SEND_OFFER)
#: Days off that are meant when they are named.
_NAMED_DAYS_OFF = ("суббот", "воскрес", "выходн", "weekend", "saturday", "sunday", "праздник", "holiday")


def reconcile_call(
    commitments: Sequence[SpokenCommitment], call: Call, history: ClientHistory, as_of: datetime, company: Company
) -> tuple[Commitment, ...]:
    """Outcomes of all promises of one call; an activity stands for one promise, or for all that its subject names."""
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
    calendar = WorkingCalendar.of(company)
    window = _window(spoken, call, company, calendar)
    activity = activity_for(spoken, call, history, window, as_of, taken)
    calls = _Calls.of(spoken, call, history, window, as_of, company, calendar)
    dates = history.due_dates(activity, as_of) if activity is not None else []
    ending = _kept(spoken, call, history, window, as_of, activity, calls)
    if ending is None:
        ending = _not_kept(window, as_of, activity, dates, calls)
    found = ["task_moved" if len(dates) > 1 else "task_found"] if activity is not None else []
    return Commitment(
        spoken,
        ending.outcome,
        activity.activity_id if activity is not None else None,
        ending.kept_by.call_id if ending.kept_by is not None else None,
        max(0, len(dates) - 1),
        tuple(dict.fromkeys([*ending.reasons, *found])),
        _story(ending, activity, dates, calls, as_of),
    )


def _window(spoken: SpokenCommitment, call: Call, company: Company, calendar: WorkingCalendar) -> Window:
    """The window in time. Hours narrow only what is shown, not which calls prove it: a call at 12:20 instead of
    «до двенадцати» is no broken promise to call that day."""
    last = spoken.due.due_to
    if not _names_days_off(spoken):
        last = calendar.next_working(last)
    start = datetime.combine(spoken.due.due_from, time.min, company.zone)
    ends = (datetime.combine(day, time.max, company.zone) for day in (last, spoken.due.due_to))
    return Window(max(start, call.started_at), *ends)


def _names_days_off(spoken: SpokenCommitment) -> bool:
    said = f"{spoken.date_phrase or ''} {spoken.quote}".lower()
    return any(name in said for name in _NAMED_DAYS_OFF)


# --- calls -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Calls:
    """Later calls with the client, as far as they speak of the promise. ``real``: conversations, oldest first."""

    real: tuple[Call, ...]
    inside: Call | None  # the conversation inside the window that counts: ours before the client's
    early: Call | None
    settled: tuple[Call, str] | None  # a conversation before the window's end that replaced or ended the promise
    tried: tuple[Call, ...]  # we dialled inside the window, nobody answered
    late: Call | None  # the first conversation after the window

    @classmethod
    def of(
        cls,
        spoken: SpokenCommitment,
        call: Call,
        history: ClientHistory,
        window: Window,
        as_of: datetime,
        company: Company,
        calendar: WorkingCalendar,
    ) -> _Calls:
        later = sorted(
            (item for item in history.calls if item.call_id != call.call_id and call.started_at < item.started_at),
            key=lambda item: (item.started_at, item.call_id),
        )
        later = [item for item in later if item.started_at <= as_of]
        real = [item for item in later if _is_conversation(item, history)]
        inside = [item for item in real if window.start <= item.started_at <= window.end]
        ours = [item for item in inside if item.direction is not Direction.INBOUND]
        before = [item for item in real if item.started_at < window.start]
        said_on = call.started_at.astimezone(company.zone).date()
        eve = _working_day_before(spoken.due.due_from, calendar)
        early = [
            item
            for item in before
            if item.direction is not Direction.INBOUND
            and said_on < eve == item.started_at.astimezone(company.zone).date()
        ]
        return cls(
            real=tuple(real),
            inside=next(iter(ours or inside), None),
            early=next(iter(early), None),
            settled=_settled(spoken, real, history, window),
            tried=tuple(item for item in later if window.start <= item.started_at <= window.end and _is_try(item)),
            late=next((item for item in real if item.started_at > window.end), None),
        )


def _is_conversation(call: Call, history: ClientHistory) -> bool:
    enough = INCOMING_FROM_S if call.direction is Direction.INBOUND else CONVERSATION_FROM_S
    return call.outcome is Outcome.ANSWERED and call.talk_s >= enough and call.call_id not in history.unreal_calls


def _is_try(call: Call) -> bool:
    rang = call.outcome is Outcome.MISSED and (call.wait_s is None or call.wait_s >= RANG_FROM_S)
    return call.direction is Direction.OUTBOUND and (rang or call.outcome is Outcome.BUSY)


def _working_day_before(day: date, calendar: WorkingCalendar) -> date:
    for _ in range(30):
        day -= timedelta(days=1)
        if calendar.is_working(day):
            break
    return day


def _settled(
    spoken: SpokenCommitment, real: Sequence[Call], history: ClientHistory, window: Window
) -> tuple[Call, str] | None:
    for item in real:
        if item.started_at > window.end:
            return None
        if item.call_id in history.refused:
            return item, "client_refused_since"
        if any(
            newer.action is spoken.action and newer.due.due_to > spoken.due.due_to
            for newer in history.agreed.get(item.call_id, ())
        ):
            return item, "renegotiated"
    return None


# --- the rule --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Ending:
    outcome: CommitmentOutcome
    reasons: tuple[str, ...]
    kept_by: Call | None = None


def _kept(
    spoken: SpokenCommitment,
    call: Call,
    history: ClientHistory,
    window: Window,
    as_of: datetime,
    activity: Activity | None,
    calls: _Calls,
) -> _Ending | None:
    """How the promise was kept or settled, if it was; the strongest proof first."""
    logged = CommitmentOutcome.KEPT if activity is not None else CommitmentOutcome.KEPT_UNLOGGED
    if spoken.action in _BY_CALL and calls.inside is not None:
        theirs = calls.inside.direction is Direction.INBOUND
        return _Ending(logged, ("client_called_in_window" if theirs else "call_in_window",), calls.inside)
    if spoken.action is not Action.CALLBACK:
        if activity is not None and activity.done_at is not None and activity.done_at <= min(window.end, as_of):
            return _Ending(CommitmentOutcome.KEPT, ("task_done",), calls.inside)
        paper = paper_proof(spoken, call, history, window, as_of)
        if paper is not None:
            return _Ending(CommitmentOutcome.KEPT, (paper,), calls.inside)
        if activity is None and calls.inside is not None:
            return _Ending(CommitmentOutcome.KEPT_UNLOGGED, ("call_only",), calls.inside)
    if calls.settled is not None:
        return _Ending(logged, (calls.settled[1],), calls.settled[0])
    if spoken.action in _SETTLED_BY_WINNING and any(
        deal.status is DealStatus.WON
        and deal.closed_at is not None
        and call.started_at < deal.closed_at <= min(window.end, as_of)
        for deal in history.deals
    ):
        return _Ending(logged, ("deal_won_since",))
    if spoken.action in _BY_CALL and calls.early is not None:
        return _Ending(logged, ("called_early",), calls.early)
    if spoken.action in _BY_CALL and calls.tried:
        return _Ending(logged, ("tried_no_answer",), calls.tried[0])
    return None


def _not_kept(
    window: Window, as_of: datetime, activity: Activity | None, dates: Sequence[datetime], calls: _Calls
) -> _Ending:
    past = _past_window(dates, window)
    if as_of <= (window.said_end if past is not None else window.end):
        # Also a step that was ticked off early is no proof of a call that may still come.
        return _Ending(
            CommitmentOutcome.SCHEDULED,
            ("not_due_yet", *(("no_task_yet",) if activity is None else ()), *((past[1],) if past else ())),
        )
    late = "called_late" if calls.late is not None else "no_call"
    if past is not None:
        return _Ending(past[0], (past[1], late))
    if activity is None:
        return _Ending(CommitmentOutcome.MISSING, ("no_task", late))
    if activity.done_at is not None and activity.done_at <= as_of:
        how = "done_late" if activity.done_at > window.end else "done_without_call"
        return _Ending(CommitmentOutcome.OVERDUE, (how, late))
    return _Ending(CommitmentOutcome.OVERDUE, ("task_not_done", late))


def _past_window(dates: Sequence[datetime], window: Window) -> tuple[CommitmentOutcome, str] | None:
    """Whether the due date stands past the window, and whether it was made so or moved there.

    A date that was moved out and back in, or from a late one to an earlier one inside the window, was put right."""
    if not dates or dates[-1] <= window.end:
        return None
    forward = any(after > before and after > window.end for before, after in pairwise(dates))
    if forward and dates[0] <= window.end:
        return CommitmentOutcome.DRAGGED, "moved_past_window"
    return CommitmentOutcome.DRAGGED if forward else CommitmentOutcome.SCHEDULED_LATE, "task_after_window"


def _story(
    ending: _Ending, activity: Activity | None, dates: Sequence[datetime], calls: _Calls, as_of: datetime
) -> PromiseStory:
    """What is told of the promise in a sentence: the facts that the outcome rests on."""
    shown = ending.kept_by or calls.late
    done = activity.done_at if activity is not None else None
    return PromiseStory(
        due_at=dates[-1] if dates else None,
        first_due_at=dates[0] if len(dates) > 1 else None,
        done_at=done if done is not None and done <= as_of else None,
        call_id=shown.call_id if shown is not None else None,
        call_at=shown.started_at if shown is not None else None,
        by_client=shown is not None and shown.direction is Direction.INBOUND,
        tries=len(calls.tried),
    )
