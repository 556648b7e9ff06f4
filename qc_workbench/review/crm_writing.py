"""What is to be written into the CRM, from calls, promises, deals and what the CRM has already.

Deterministic: the order of what is known does not matter, and knowing a thing twice changes nothing. Each wish names
the call, and where a promise is the reason the second in it. Nothing is wished for

- people who were erased, hidden numbers and internal calls;
- calls older than the settings say, or of kinds that they leave out;
- what needs a deal where the number has none yet: first the deal, then what goes into it;
- what was written, declined or refused before, or is just being sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from qc_workbench.config import Company
from qc_workbench.config_crm_write import CrmWriting, TrackingRule, WriteRule
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import Action, Commitment, CommitmentOutcome, DueWindow, Promiser, Refusal
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteState
from qc_workbench.domain.missed_caller import MissedCaller, Reached

#: A call that the CRM has already, told by its own telephone integration, lies this near to ours in time.
SAME_CALL: Final = timedelta(minutes=10)
#: A promise found again after a better transcript begins this near to where it began before, seconds.
SAME_PROMISE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules go by, as of one moment. ``deals`` and ``activities`` are of the CRM that is written into.

    ``tracking``: what call tracking told of a call, by its names; ``summed_up``: calls with a transcript, so that there
    is something to say of them; ``erased``: phones of people who were erased; ``kept``: writes planned before.
    """

    calls: Sequence[Call] = ()
    promises: Sequence[Commitment] = ()
    refusals: Sequence[Refusal] = ()
    missed: Sequence[MissedCaller] = ()
    deals: Sequence[Deal] = ()
    activities: Sequence[Activity] = ()
    tracking: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    summed_up: Collection[str] = frozenset()
    erased: Collection[str] = frozenset()
    kept: Sequence[KeptWrite] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to write, before it is put into words. ``due_day`` and ``due_time``: of a task, by the company's clock.

    ``fields``: vendor's field -> value, of tracking; ``promises`` and ``refusal``: of a note.
    """

    kind: WriteKind
    subject: str
    call: Call
    deal: Deal | None = None
    promise: Commitment | None = None
    promises: tuple[Commitment, ...] = ()
    refusal: Refusal | None = None
    due_day: date | None = None
    due_time: time | None = None
    attempts: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)


def wishes(known: Known, settings: CrmWriting, company: Company, now: datetime) -> tuple[Wish, ...]:
    """Everything that is to be written as of ``now``, by the beginning of the call, then the kind."""
    if not settings.into:
        return ()
    ground = _Ground.of(known, settings, company, now)
    found = [wish for kind, rule in _RULES.items() if settings.rules[kind].is_on for wish in rule(ground)]
    settled = {(item.write.kind, item.write.subject) for item in known.kept if item.is_settled}
    order = {kind: place for place, kind in enumerate(WriteKind)}
    left = {(wish.kind, wish.subject): wish for wish in found if (wish.kind, wish.subject) not in settled}
    return tuple(sorted(left.values(), key=lambda wish: (wish.call.started_at, order[wish.kind], wish.subject)))


@dataclass(frozen=True)
class _Ground:
    """What is known, in the order and by the keys that the rules look it up by."""

    known: Known
    settings: CrmWriting
    company: Company
    calendar: WorkingCalendar
    now: datetime
    calls: Mapping[str, Call]  # with a number that may be written of, the oldest first
    deals: Mapping[str, tuple[Deal, ...]]  # by phone
    activities: Mapping[str, tuple[Activity, ...]]  # by deal and by phone

    @classmethod
    def of(cls, known: Known, settings: CrmWriting, company: Company, now: datetime) -> _Ground:
        calls = sorted(
            {item.call_id: item for item in known.calls if _may_be_told(item, known.erased)}.values(),
            key=lambda item: (item.started_at, item.call_id),
        )
        by_phone: dict[str, list[Deal]] = {}
        for deal in sorted({item.deal_id: item for item in known.deals}.values(), key=_newest_open_first):
            for phone in set(deal.client_phones) - set(known.erased):
                by_phone.setdefault(phone, []).append(deal)
        activities: dict[str, list[Activity]] = {}
        for item in {item.activity_id: item for item in known.activities}.values():
            for key in {item.deal_id, item.client_phone} - {None}:
                activities.setdefault(str(key), []).append(item)
        return cls(
            known,
            settings,
            company,
            WorkingCalendar.of(company),
            now,
            {item.call_id: item for item in calls},
            {phone: tuple(deals) for phone, deals in by_phone.items()},
            {key: tuple(items) for key, items in activities.items()},
        )

    def meant(self, rule: WriteRule) -> list[Call]:
        return [call for call in self.calls.values() if self._is_meant(call, rule)]

    def _is_meant(self, call: Call, rule: WriteRule) -> bool:
        if not self.now - timedelta(days=self.settings.newest_days) <= call.started_at <= self.now:
            return False
        if rule.since is not None and call.started_at.astimezone(self.company.zone).date() < rule.since:
            return False
        long_enough = call.outcome is not Outcome.ANSWERED or call.talk_s >= rule.least_talk_s
        return long_enough and _sort_of(call) in rule.calls

    def deal_of(self, call: Call) -> Deal | None:
        """The open deal of the number that was made last; without an open one, the last of the others."""
        assert call.client_phone is not None
        return next(iter(self.deals.get(call.client_phone, ())), None)

    def of_client(self, call: Call, deal: Deal) -> Iterable[Activity]:
        assert call.client_phone is not None
        return (*self.activities.get(deal.deal_id, ()), *self.activities.get(call.client_phone, ()))


def _may_be_told(call: Call, erased: Collection[str]) -> bool:
    phone = call.client_phone
    return phone is not None and phone not in erased and call.direction is not Direction.INTERNAL


def _newest_open_first(deal: Deal) -> tuple[bool, float, str]:
    made = deal.created_at.timestamp() if deal.created_at else 0.0
    return deal.status is not DealStatus.OPEN, -made, deal.deal_id


def _sort_of(call: Call) -> str | None:
    """A call as the settings name it; None for an outgoing one that nobody answered: there is nothing to tell."""
    if call.outcome is Outcome.ANSWERED:
        return "inbound" if call.direction is Direction.INBOUND else "outbound"
    return "missed" if call.direction is Direction.INBOUND else None


def _new_deals(ground: _Ground) -> Iterable[Wish]:
    """The first call of each number without any deal. A call that a deal was planned for before stays its reason."""
    candidates: dict[str, list[Call]] = {}
    for call in ground.meant(ground.settings.new_deal):
        assert call.client_phone is not None
        if not ground.deals.get(call.client_phone):
            candidates.setdefault(call.client_phone, []).append(call)
    kept = [item for item in ground.known.kept if item.write.kind is WriteKind.NEW_DEAL]
    done = {item.write.client_phone for item in kept if item.is_settled}
    before = {item.write.subject for item in kept if item.state is not WriteState.NOT_NEEDED}
    for phone, calls in candidates.items():
        if phone in done:
            continue
        call = next((item for item in calls if item.call_id in before), calls[0])
        told = ground.known.tracking.get(call.call_id, {})
        yield Wish(WriteKind.NEW_DEAL, call.call_id, call, fields=_mapped(told, ground.settings.tracking_fields))


def _mapped(told: Mapping[str, str], rule: TrackingRule) -> dict[str, str]:
    return {rule.fields[name]: told[name] for name in sorted(rule.fields) if told.get(name)} if rule.is_on else {}


def _tracking(ground: _Ground) -> Iterable[Wish]:
    """Of each open deal, the first call that tells where the client came from; not of deals made with it."""
    rule = ground.settings.tracking_fields
    seen: set[str] = set()
    told_with_deal = {
        item.write.client_phone
        for item in ground.known.kept
        if item.write.kind is WriteKind.NEW_DEAL and item.state is WriteState.WRITTEN and item.write.custom
    }
    for call in ground.meant(rule):
        if call.client_phone in told_with_deal:
            continue
        deal = ground.deal_of(call)
        told = _mapped(ground.known.tracking.get(call.call_id, {}), rule)
        if deal is None or deal.status is not DealStatus.OPEN or deal.deal_id in seen or not told:
            continue
        seen.add(deal.deal_id)
        empty = {name: value for name, value in told.items() if not deal.attributes.get(name)}
        if empty:
            yield Wish(WriteKind.TRACKING_FIELDS, deal.deal_id, call, deal, fields=empty)


def _tasks(ground: _Ground) -> Iterable[Wish]:
    rule = ground.settings.callback_task
    meant = {call.call_id: call for call in ground.meant(rule)}
    yield from _promised(ground, meant)
    if rule.missed_callers:
        yield from _missed(ground, meant)


def _promised(ground: _Ground, meant: Mapping[str, Call]) -> Iterable[Wish]:
    """A task for each callback that an agent promised and the CRM knows nothing of; one for promises of a call that
    fall due together."""
    together: dict[tuple[str, date, date], list[Commitment]] = {}
    for promise in {item.spoken.commitment_id: item for item in ground.known.promises}.values():
        if promise.spoken.call_id in meant and _lacks_task(promise):
            due = promise.spoken.due
            together.setdefault((promise.spoken.call_id, due.due_from, due.due_to), []).append(promise)
    for (call_id, due_from, due_to), promises in together.items():
        first = min(promises, key=lambda item: (item.spoken.start_s, item.spoken.commitment_id))
        call = meant[call_id]
        deal = ground.deal_of(call)
        if deal is None or _was_written_of(ground.known.kept, call_id, first.spoken.start_s):
            continue
        day, at = _due(first.spoken.due, ground, missed=first.outcome is CommitmentOutcome.MISSING)
        subject = f"{call_id}:{due_from}:{due_to}"
        yield Wish(WriteKind.CALLBACK_TASK, subject, call, deal, promise=first, due_day=day, due_time=at)


def _lacks_task(promise: Commitment) -> bool:
    """A callback of ours without an activity, which nothing has made needless: its time is to come, or it passed and
    nobody called since. A promise whose words were removed can't be told any more."""
    spoken = promise.spoken
    if not spoken.quote:
        return False
    if spoken.action is not Action.CALLBACK or spoken.by is Promiser.CUSTOMER or promise.activity_id is not None:
        return False
    if promise.outcome is CommitmentOutcome.MISSING:
        return "called_late" not in promise.reasons
    return promise.outcome is CommitmentOutcome.SCHEDULED and "no_task_yet" in promise.reasons


def _was_written_of(kept: Iterable[KeptWrite], call_id: str, start_s: float) -> bool:
    """Whether a task for this promise was settled under another date, which a newer transcript heard otherwise."""
    return any(
        item.is_settled
        and item.write.kind is WriteKind.CALLBACK_TASK
        and item.write.call_id == call_id
        and item.write.at_s is not None
        and abs(item.write.at_s - start_s) <= SAME_PROMISE_S
        for item in kept
    )


def _due(due: DueWindow, ground: _Ground, *, missed: bool) -> tuple[date, time | None]:
    """The last day that was promised at the hour that was said; once that is over, the next working day."""
    soon = _next_workday(ground)
    if missed or due.due_to < ground.now.astimezone(ground.company.zone).date():
        return soon, None
    return due.due_to, due.time_from or due.time_to


def _next_workday(ground: _Ground) -> date:
    local = ground.now.astimezone(ground.company.zone)
    over = local.time() >= ground.company.day_ends
    return ground.calendar.next_working(local.date() + timedelta(days=int(over)))


def _missed(ground: _Ground, meant: Mapping[str, Call]) -> Iterable[Wish]:
    """A task for each caller who got no answer and whom nobody has reached or tried, unless one is open already."""
    for caller in {item.call_id: item for item in ground.known.missed}.values():
        call = meant.get(caller.call_id)
        if call is None or caller.reached is not Reached.NEVER:
            continue
        deal = ground.deal_of(call)
        if deal is None or any(_is_open_task(item, call) for item in ground.of_client(call, deal)):
            continue
        subject = f"{call.call_id}:missed"
        day = _next_workday(ground)
        yield Wish(WriteKind.CALLBACK_TASK, subject, call, deal, due_day=day, attempts=caller.attempts)


def _is_open_task(activity: Activity, call: Call) -> bool:
    planned = activity.type in (ActivityType.CALL, ActivityType.TASK)
    return planned and activity.done_at is None and activity.created_at >= call.started_at - SAME_CALL


def _call_activities(ground: _Ground) -> Iterable[Wish]:
    """Every call of a deal that the CRM has not been told of by the telephone system itself."""
    for call in ground.meant(ground.settings.call_activity):
        deal = ground.deal_of(call)
        if deal is None or any(_is_the_call(item, call) for item in ground.of_client(call, deal)):
            continue
        yield Wish(WriteKind.CALL_ACTIVITY, call.call_id, call, deal)


def _is_the_call(activity: Activity, call: Call) -> bool:
    if activity.type is not ActivityType.CALL or activity.done_at is None:
        return False
    moments = [activity.done_at, activity.created_at, activity.due_at]
    return any(moment is not None and abs(moment - call.started_at) <= SAME_CALL for moment in moments)


def _notes(ground: _Ground) -> Iterable[Wish]:
    """What was said, of calls with a transcript."""
    promises: dict[str, dict[str, Commitment]] = {}
    for item in ground.known.promises:
        promises.setdefault(item.spoken.call_id, {})[item.spoken.commitment_id] = item
    refusals = {item.call_id: item for item in ground.known.refusals}
    for call in ground.meant(ground.settings.call_note):
        deal = ground.deal_of(call)
        if deal is None or call.call_id not in ground.known.summed_up:
            continue
        said = sorted(
            promises.get(call.call_id, {}).values(), key=lambda item: (item.spoken.start_s, item.spoken.commitment_id)
        )
        yield Wish(
            WriteKind.CALL_NOTE, call.call_id, call, deal, promises=tuple(said), refusal=refusals.get(call.call_id)
        )


_RULES: Final = {
    WriteKind.NEW_DEAL: _new_deals,
    WriteKind.TRACKING_FIELDS: _tracking,
    WriteKind.CALLBACK_TASK: _tasks,
    WriteKind.CALL_ACTIVITY: _call_activities,
    WriteKind.CALL_NOTE: _notes,
}
