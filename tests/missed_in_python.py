"""Who called in vain and how they were reached, said in plain Python over all calls of a company."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.missed_caller import CALLBACK_DAYS, MissedCaller, Reached

WEEK = timedelta(days=CALLBACK_DAYS)


def missed_in_python(
    calls: Collection[Call], stretches: Sequence[tuple[datetime, datetime]], as_of: datetime
) -> tuple[MissedCaller, ...]:
    """``store.missed_callers.missed_callers`` by following each number call by call."""
    known = sorted(
        (call for call in calls if call.started_at <= as_of), key=lambda call: (call.started_at, call.call_id)
    )
    found = []
    for stretch, (starts, ends) in enumerate(stretches):
        missed = [
            call for call in known
            if call.direction is Direction.INBOUND and call.outcome is not Outcome.ANSWERED
            and starts <= call.started_at < ends
        ]  # fmt: skip
        for phone in {call.client_phone for call in missed}:
            theirs = [call for call in missed if call.client_phone == phone]
            if phone is None:
                found += [_caller(stretch, [call], Reached.HIDDEN) for call in theirs]
                continue
            with_them = [
                call for call in known if call.client_phone == phone and call.direction is not Direction.INTERNAL
            ]
            while theirs:
                answer = _first_after(theirs[0], [call for call in with_them if call.outcome is Outcome.ANSWERED])
                waited = [call for call in theirs if answer is None or call.started_at < answer.started_at]
                theirs = theirs[len(waited) :]
                found.append(_outcome(stretch, waited, answer, with_them))
    return tuple(sorted(found, key=lambda item: (item.started_at, item.call_id)))


def _first_after(missed: Call, others: Collection[Call]) -> Call | None:
    return next((call for call in others if call.started_at > missed.started_at), None)


def _outcome(stretch: int, waited: Sequence[Call], answer: Call | None, with_them: Collection[Call]) -> MissedCaller:
    first = waited[0]
    if answer is not None and answer.started_at <= first.started_at + WEEK:
        is_ours = answer.direction is Direction.OUTBOUND
        return _caller(stretch, waited, Reached.BY_US if is_ours else Reached.BY_CLIENT, answer)
    tried = _first_after(first, [call for call in with_them if call.direction is Direction.OUTBOUND])
    in_vain = tried is not None and tried.started_at <= first.started_at + WEEK
    return _caller(stretch, waited, Reached.TRIED if in_vain else Reached.NEVER)


def _caller(stretch: int, waited: Sequence[Call], reached: Reached, answer: Call | None = None) -> MissedCaller:
    first = waited[0]
    return MissedCaller(
        stretch, first.call_id, first.client_phone, first.manager_id, first.started_at,
        next((call.source for call in waited if call.source), None) if first.client_phone else first.source,
        len(waited), reached, (answer.started_at - first.started_at).total_seconds() if answer else None,
        answer.call_id if answer else None,
    )  # fmt: skip
