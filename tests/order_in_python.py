"""The nine older rules of order as they were first written: generators over all records of a company.

The program asks its store instead (``qc_workbench/store/rules``); this is the second opinion that tests hold it to, and
it says where the ids of breaches come from, which must never change. Common to all rules: see docs/discipline.md.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from qc_workbench.config import Settings
from qc_workbench.detection.working_time import WorkingTime
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, Note, StageChange
from qc_workbench.domain.flag import Conversation
from qc_workbench.domain.violation import Violation, ViolationKind

#: A call may be entered by hand a little before the clock of the telephone system says it began.
CLOCK_DIFFERENCE = timedelta(minutes=15)
#: Fields of an activity that hold its due date, as the sources name them.
DUE_FIELDS = frozenset({"due_at", "due_date", "deadline"})


def check_discipline(
    deals: Iterable[Deal],
    activities: Iterable[Activity],
    activity_changes: Iterable[ActivityChange],
    notes: Iterable[Note],
    stage_changes: Iterable[StageChange],
    calls: Iterable[Call],
    conversations: Iterable[Conversation],
    settings: Settings,
    as_of: datetime,
    *,
    reviewed_deal_ids: frozenset[str] = frozenset(),
    kept: frozenset[str] = frozenset(),
) -> tuple[Violation, ...]:
    """Every breach at ``as_of``, oldest first.

    ``reviewed_deal_ids``: lost deals that the head of sales has ruled on in the workbench. ``kept``: of
    ``deals``, ``activities`` and ``notes`` those that the company keeps, where what is given is only some clients'.
    """
    crm = _Crm(
        deals=tuple(deal for deal in deals if deal.created_at is None or deal.created_at <= as_of),
        activities=tuple(item for item in activities if item.created_at <= as_of),
        activity_changes=tuple(item for item in activity_changes if item.changed_at <= as_of),
        notes=tuple(item for item in notes if item.created_at <= as_of),
        stage_changes=tuple(item for item in stage_changes if item.changed_at <= as_of),
        calls=tuple(sorted((call for call in calls if call.started_at <= as_of), key=lambda call: call.started_at)),
        talked=frozenset(item.call_id for item in conversations if item.verified_effective),
        silent=frozenset(item.call_id for item in conversations if item.verified_effective is False),
        settings=settings,
        working=WorkingTime(settings.company),
        as_of=as_of,
        reviewed=reviewed_deal_ids,
        kept=kept,
    )
    rules = (
        no_task, overdue_task, no_note, no_result, unreviewed_refusal,
        stage_limit, due_date_moved, call_not_logged, no_deal,
    )  # fmt: skip
    found = {violation.violation_id: violation for rule in rules for violation in rule(crm)}
    return tuple(sorted(found.values(), key=lambda item: (item.happened_at, item.violation_id)))


@dataclass(frozen=True)
class _Crm:
    """What the CRM and the telephone system say at ``as_of``."""

    deals: Sequence[Deal]
    activities: Sequence[Activity]
    activity_changes: Sequence[ActivityChange]
    notes: Sequence[Note]
    stage_changes: Sequence[StageChange]
    calls: Sequence[Call]
    talked: frozenset[str]  # calls that were conversations
    silent: frozenset[str]  # calls that were examined and were none
    settings: Settings
    working: WorkingTime
    as_of: datetime
    reviewed: frozenset[str]
    kept: frozenset[str]

    def keeps(self, table: str) -> bool:
        """Whether the company keeps such records at all: their absence says nothing where it does not."""
        return table in self.kept or bool(getattr(self, table))

    def is_done(self, activity: Activity) -> bool:
        return activity.done_at is not None and activity.done_at <= self.as_of

    def is_open(self, deal: Deal) -> bool:
        return deal.status is DealStatus.OPEN or (deal.closed_at is not None and deal.closed_at > self.as_of)

    @cached_property
    def deals_by_phone(self) -> dict[str, list[Deal]]:
        found: dict[str, list[Deal]] = defaultdict(list)
        for deal in self.deals:
            for phone in deal.client_phones:
                found[phone].append(deal)
        return found

    @cached_property
    def phones_by_deal(self) -> dict[str, tuple[str, ...]]:
        return {deal.deal_id: deal.client_phones for deal in self.deals}

    @cached_property
    def activities_by_deal(self) -> dict[str, list[Activity]]:
        """Activities of a deal; one without a deal belongs to the deals of its client."""
        found: dict[str, list[Activity]] = defaultdict(list)
        for item in self.activities:
            for deal_id in self._deals_of(item.deal_id, item.client_phone):
                found[deal_id].append(item)
        return found

    @cached_property
    def notes_by_deal(self) -> dict[str, list[Note]]:
        found: dict[str, list[Note]] = defaultdict(list)
        for item in self.notes:
            for deal_id in self._deals_of(item.deal_id, item.client_phone):
                found[deal_id].append(item)
        return found

    @cached_property
    def activities_by_phone(self) -> dict[str, list[Activity]]:
        found: dict[str, list[Activity]] = defaultdict(list)
        for item in self.activities:
            for phone in self._phones_of(item.deal_id, item.client_phone):
                found[phone].append(item)
        return found

    @cached_property
    def notes_by_phone(self) -> dict[str, list[Note]]:
        found: dict[str, list[Note]] = defaultdict(list)
        for item in self.notes:
            for phone in self._phones_of(item.deal_id, item.client_phone):
                found[phone].append(item)
        return found

    def _deals_of(self, deal_id: str | None, phone: str | None) -> tuple[str, ...]:
        if deal_id is not None:
            return (deal_id,)
        return tuple(deal.deal_id for deal in self.deals_by_phone.get(phone or "", ()))

    def _phones_of(self, deal_id: str | None, phone: str | None) -> frozenset[str]:
        phones = set(self.phones_by_deal.get(deal_id or "", ()))
        return frozenset(phones | {phone} if phone else phones)


def no_task(crm: _Crm) -> Iterator[Violation]:
    """A: an open deal has no planned step, from the evening control of the day it lost the last one."""
    if not crm.keeps("activities"):
        return
    for deal in crm.deals:
        mine = crm.activities_by_deal.get(deal.deal_id, [])
        if not crm.is_open(deal) or any(not crm.is_done(item) for item in mine):
            continue
        moments = [item.done_at for item in mine if item.done_at is not None]
        since = max(moments, default=deal.created_at or deal.stage_since)
        if since is None:
            continue  # nothing says since when: abstain
        control = crm.working.next_control(since)
        if control <= crm.as_of:
            yield _violation(ViolationKind.NO_TASK, deal.manager_id, control, deal.deal_id, since, deal_id=deal.deal_id)


def overdue_task(crm: _Crm) -> Iterator[Violation]:
    """B: a task is not done by the evening control of the day it was due. Tasks of closed deals do not count."""
    closed = {deal.deal_id for deal in crm.deals if not crm.is_open(deal)}
    for item in crm.activities:
        if item.due_at is None or crm.is_done(item) or item.deal_id in closed:
            continue
        due = crm.working.last_moment_of(item.due_at)
        # The end of a day without a time is midnight: its control is the one before it.
        control = crm.working.control_on((due - timedelta(microseconds=1)).astimezone(crm.settings.company.zone).date())
        if max(due, control) <= crm.as_of:
            yield _violation(
                ViolationKind.OVERDUE_TASK, item.manager_id, item.due_at, item.activity_id, item.due_at,
                deal_id=item.deal_id, activity_id=item.activity_id,
            )  # fmt: skip


def no_note(crm: _Crm) -> Iterator[Violation]:
    """C: a conversation left no words in the CRM within the hours that the settings allow.

    A written result of an activity says as much as a note and counts as one. Clients without a
    deal are the matter of :func:`no_deal`.
    """
    if not crm.keeps("notes"):
        return
    for call in crm.calls:
        phone = call.client_phone
        if call.call_id not in crm.talked or phone is None or phone not in crm.deals_by_phone:
            continue
        since, end = _span(call)
        deadline = crm.working.after_hours(end, crm.settings.discipline.note_within_hours)
        if deadline > crm.as_of:
            continue
        noted = any(since <= note.created_at <= deadline for note in crm.notes_by_phone.get(phone, ()))
        written = any(
            item.result and item.done_at is not None and since <= item.done_at <= deadline
            for item in crm.activities_by_phone.get(phone, ())
        )
        if not noted and not written:
            deal = _deal_at(crm.deals_by_phone[phone], call)
            yield _violation(
                ViolationKind.NO_NOTE, call.manager_id, deadline, call.call_id,
                call_id=call.call_id, deal_id=deal.deal_id,
            )  # fmt: skip


def no_result(crm: _Crm) -> Iterator[Violation]:
    """E: a planned step was marked as done without a written result, and still is at the evening control.

    A call activity without a due date is a log entry (made by telephony), not a task with a result.
    """
    for item in crm.activities:
        logged = item.type is ActivityType.CALL and item.due_at is None
        if logged or item.done_at is None or not crm.is_done(item) or (item.result or "").strip():
            continue
        if crm.working.next_control(item.done_at) <= crm.as_of:
            yield _violation(
                ViolationKind.NO_RESULT, item.manager_id, item.done_at, item.activity_id,
                deal_id=item.deal_id, activity_id=item.activity_id,
            )  # fmt: skip


def unreviewed_refusal(crm: _Crm) -> Iterator[Violation]:
    """F: a lost deal that nobody but its own agent has touched since, by the control of the next working day.

    A review is a ruling in the workbench, or the closing itself, a later stage change or a note by somebody else.
    """
    changes: dict[str, list[StageChange]] = defaultdict(list)
    for change in crm.stage_changes:
        changes[change.deal_id].append(change)
    for deal in crm.deals:
        closed_at = deal.closed_at or deal.stage_since
        if deal.status is not DealStatus.LOST or crm.is_open(deal) or closed_at is None or deal.deal_id in crm.reviewed:
            continue
        others = [
            change.changed_by
            for change in changes[deal.deal_id]
            if change.changed_by and change.changed_at >= closed_at - CLOCK_DIFFERENCE
        ] + [
            note.author_id
            for note in crm.notes_by_deal.get(deal.deal_id, ())
            if note.author_id and note.created_at >= closed_at
        ]
        first = crm.working.next_control(closed_at)
        deadline = crm.working.next_control(first + timedelta(minutes=1))
        if deadline <= crm.as_of and all(author == deal.manager_id for author in others):
            yield _violation(
                ViolationKind.UNREVIEWED_REFUSAL, deal.manager_id, closed_at, deal.deal_id, closed_at,
                deal_id=deal.deal_id, detail=deal.lost_reason or "",
            )  # fmt: skip


def stage_limit(crm: _Crm) -> Iterator[Violation]:
    """An open deal stands in a stage longer than its limit of calendar days (settings, discipline)."""
    limits = crm.settings.discipline.stage_limits_days
    entered = {
        change.deal_id: change.changed_at for change in sorted(crm.stage_changes, key=lambda item: item.changed_at)
    }
    zone = crm.settings.company.zone
    for deal in crm.deals:
        limit = limits.get(deal.stage)
        known = [moment for moment in (deal.stage_since, entered.get(deal.deal_id)) if moment is not None]
        if limit is None or not crm.is_open(deal) or not known:
            continue
        since = max(known)
        end = crm.working.control_on(since.astimezone(zone).date() + timedelta(days=limit))
        if end <= crm.as_of:
            yield _violation(
                ViolationKind.STAGE_LIMIT, deal.manager_id, end, deal.deal_id, deal.stage, since,
                deal_id=deal.deal_id, detail=deal.stage,
            )  # fmt: skip


def due_date_moved(crm: _Crm) -> Iterator[Violation]:
    """A due date was moved to a later day; each move counts, by whoever made it. Another hour of the day is no move."""
    activities = {item.activity_id: item for item in crm.activities}
    for change in crm.activity_changes:
        item = activities.get(change.activity_id)
        if item is None or change.field not in DUE_FIELDS or not change.old_value or not change.new_value:
            continue
        old, new = _day(change.old_value, crm), _day(change.new_value, crm)
        if old is None or new is None or new <= old:
            continue
        yield _violation(
            ViolationKind.DUE_DATE_MOVED, change.changed_by or item.manager_id, change.changed_at,
            change.activity_id, change.changed_at,
            deal_id=item.deal_id, activity_id=item.activity_id, detail=f"{old} → {new}",
        )  # fmt: skip


def call_not_logged(crm: _Crm) -> Iterator[Violation]:
    """A connected call has no trace in the CRM (no activity of the client, no note) by the evening control.

    Calls known to be no conversation are left to the padded-call flags: one fault, one accusation.
    """
    if not crm.keeps("activities"):
        return
    for call in crm.calls:
        phone = call.client_phone
        if (
            phone is None
            or phone not in crm.deals_by_phone
            or call.direction is Direction.INTERNAL
            or call.outcome is not Outcome.ANSWERED
            or call.call_id in crm.silent
        ):
            continue
        since, end = _span(call)
        control = crm.working.next_control(end)
        if control > crm.as_of:
            continue
        traces = [
            moment
            for item in crm.activities_by_phone.get(phone, ())
            for moment in (item.created_at, item.done_at)
            if moment is not None
        ] + [note.created_at for note in crm.notes_by_phone.get(phone, ())]
        if not any(since <= moment <= control for moment in traces):
            deal = _deal_at(crm.deals_by_phone[phone], call)
            yield _violation(
                ViolationKind.CALL_NOT_LOGGED, call.manager_id, control, call.call_id,
                call_id=call.call_id, deal_id=deal.deal_id,
            )  # fmt: skip


def no_deal(crm: _Crm) -> Iterator[Violation]:
    """A client was talked to, but has no deal by the evening control. Once per client, at the first such call."""
    if not crm.keeps("deals"):
        return
    accused: set[str] = set()
    for call in crm.calls:
        phone = call.client_phone
        if (
            phone is None
            or phone in accused
            or phone in crm.deals_by_phone
            or call.direction is Direction.INTERNAL
            or call.call_id not in crm.talked
        ):
            continue
        control = crm.working.next_control(_span(call)[1])
        if control <= crm.as_of:
            accused.add(phone)
            yield _violation(ViolationKind.NO_DEAL, call.manager_id, control, phone, call_id=call.call_id)


def _span(call: Call) -> tuple[datetime, datetime]:
    """From when traces of a call may be found, and when it ended."""
    end = call.started_at + timedelta(seconds=(call.wait_s or 0) + call.talk_s)
    return call.started_at - CLOCK_DIFFERENCE, end


def _deal_at(deals: Sequence[Deal], call: Call) -> Deal:
    """The client's deal that a call belongs to: the newest that existed, else the first made afterwards."""
    epoch = datetime.min.replace(tzinfo=UTC)
    ordered = sorted(deals, key=lambda deal: (deal.created_at or epoch, deal.deal_id))
    before = [deal for deal in ordered if (deal.created_at or epoch) <= call.started_at]
    return before[-1] if before else ordered[0]


def _day(text: str, crm: _Crm) -> date | None:
    """The company's day of a time as a source wrote it; a time without an offset is in the company's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.astimezone(crm.settings.company.zone) if moment.tzinfo else moment).date()


def _violation(
    kind: ViolationKind,
    manager_id: str,
    happened_at: datetime,
    *identity: str | datetime,
    call_id: str | None = None,
    deal_id: str | None = None,
    activity_id: str | None = None,
    detail: str = "",
) -> Violation:
    """``identity``: the thing that broke the rule and since when; with the rule it makes the id."""
    parts = [part.astimezone(UTC).isoformat() if isinstance(part, datetime) else part for part in identity]
    digest = hashlib.sha256("\0".join([kind.value, *parts]).encode()).hexdigest()[:20]
    return Violation(digest, kind, manager_id, happened_at.astimezone(UTC), call_id, deal_id, activity_id, detail)
