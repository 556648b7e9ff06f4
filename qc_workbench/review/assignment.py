"""Who listens to what: drawn calls shared out evenly, and the targeted queue beside them.

Assignment is stable: a call that somebody has is left with them, so that nobody's queue is
reshuffled overnight. Only a waiting call whose reviewer has left is given to another.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Call, Manager, Role
from qc_workbench.domain.flag import Flag, Verdict
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.review.searches import is_of_search

#: ``plan`` and ``draw_id`` of calls picked by the machine. They belong to no draw and no estimate.
TARGETED = "targeted"
#: Reason of a targeted call that no flag speaks against any more.
FLAG_RETIRED = "flag_retired"
_OPEN = frozenset({SampleStatus.WAITING, SampleStatus.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class Held:
    """Calls of one agent that a reviewer has or had, counted: ``open`` of them still wait or are under way."""

    reviewer: str
    agent: str | None
    calls: int
    open: int


def reviewers(managers: Iterable[Manager], as_of: datetime) -> tuple[str, ...]:
    """Ids of the QC specialists who work at ``as_of``."""
    return tuple(
        sorted(
            person.manager_id
            for person in managers
            if person.role is Role.QC
            and (person.hired_at is None or person.hired_at <= as_of)
            and (person.left_at is None or person.left_at > as_of)
        )
    )


def assign(
    sampled: Iterable[SampledCall], calls: Mapping[str, Call], reviewer_ids: Iterable[str], held: Iterable[Held] = ()
) -> tuple[SampledCall, ...]:
    """Rows whose reviewer changes, with the new one. Nothing to change gives nothing.

    ``sampled``: every row of the calls to share out; of other calls it is enough to count in ``held`` who has them.

    A call drawn by several plans goes to one person. Each next call goes to whoever has the
    fewest open calls; among equals, the fewest calls of that agent, so that nobody hears one agent
    only; then by a hash. Nobody reviews themselves; a call without an eligible reviewer waits
    unassigned. Random calls are shared out before targeted ones.
    """
    active = tuple(sorted(set(reviewer_ids)))
    rows = sorted(sampled, key=lambda row: (row.drawn_at, row.draw_id, row.call_id))
    holder: dict[str, str] = {}
    for row in rows:
        if row.assigned_to is None or row.status is SampleStatus.REPLACED:
            continue
        if row.status is not SampleStatus.WAITING or row.assigned_to in active:
            holder.setdefault(row.call_id, row.assigned_to)
    load = Counter(dict.fromkeys(active, 0))
    of_agent: Counter[tuple[str, str]] = Counter()
    open_calls = {row.call_id for row in rows if row.status in _OPEN}
    for item in held:
        if item.agent is not None:
            of_agent[item.reviewer, item.agent] += item.calls
        load[item.reviewer] += item.open
    for call_id, name in holder.items():
        if call_id in calls:
            of_agent[name, calls[call_id].manager_id] += 1
        if call_id in open_calls:
            load[name] += 1

    free: dict[str, list[SampledCall]] = defaultdict(list)
    for row in rows:
        if row.status is SampleStatus.WAITING and (row.assigned_to is None or row.assigned_to not in active):
            free[row.call_id].append(row)
    changed = []
    for call_id in sorted(free, key=lambda name: _turn(free[name])):
        call = calls.get(call_id)
        if call is None:
            continue
        chosen = holder.get(call_id)
        if chosen not in active or chosen == call.manager_id:
            eligible = [name for name in active if name != call.manager_id]
            chosen = min(
                eligible,
                key=lambda name: (load[name], of_agent[name, call.manager_id], _hash(name, call_id)),
                default=None,
            )
            if chosen is not None:
                load[chosen] += 1
                of_agent[chosen, call.manager_id] += 1
        changed += [replace(row, assigned_to=chosen) for row in free[call_id] if row.assigned_to != chosen]
    return tuple(changed)


def targeted_rows(
    flags: Iterable[Flag],
    calls: Mapping[str, Call],
    sampled: Iterable[SampledCall],
    *,
    zone: ZoneInfo,
    as_of: datetime,
) -> tuple[SampledCall, ...]:
    """New or changed rows of the targeted queue: every call with a standing flag, once.

    ``flags``: those that stand now, unsure ones too (they are the calls where an ear is needed
    most). A waiting row without a flag is taken off the queue (status replaced, reason
    ``flag_retired``) and comes back with the flag. ``inclusion_probability`` is 1: the rule picks with
    certainty. It is never a weight: :mod:`qc_workbench.sampling.estimates` skips this queue.
    """
    existing = {row.call_id: row for row in sampled if row.queue is Queue.TARGETED and not is_of_search(row)}
    wanted: dict[str, str] = {}
    for flag in sorted(flags, key=lambda flag: (flag.verdict is not Verdict.FLAG, -flag.score, flag.flag_id)):
        wanted.setdefault(flag.call_id, f"kind={flag.kind.value};verdict={flag.verdict.value}")
    changed = []
    for call_id, stratum in sorted(wanted.items()):
        if call_id not in calls:
            continue
        row = existing.get(call_id)
        if row is None:
            changed.append(
                SampledCall(
                    draw_id=TARGETED,
                    plan=TARGETED,
                    period=calls[call_id].started_at.astimezone(zone).date().isoformat(),
                    stratum=stratum,
                    call_id=call_id,
                    inclusion_probability=1.0,
                    drawn_at=as_of,
                    queue=Queue.TARGETED,
                )
            )
        elif row.status is SampleStatus.REPLACED and row.reason == FLAG_RETIRED:
            changed.append(replace(row, status=SampleStatus.WAITING, stratum=stratum, reason=None))
        elif row.status is SampleStatus.WAITING and row.stratum != stratum:
            changed.append(replace(row, stratum=stratum))
    for call_id, row in sorted(existing.items()):
        if call_id not in wanted and row.status is SampleStatus.WAITING:
            changed.append(replace(row, status=SampleStatus.REPLACED, reason=FLAG_RETIRED))
    return tuple(changed)


def _turn(rows: list[SampledCall]) -> tuple[bool, str, str]:
    """Random calls first, then older periods, then a hash so that an agent's calls are spread."""
    first = rows[0]
    targeted = all(row.queue is Queue.TARGETED for row in rows)
    return targeted, min(row.period for row in rows), _hash(first.plan, first.call_id)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
