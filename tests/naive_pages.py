"""What the pages show, defined over whole tables by the rules of ``review``: slow, and plain enough to be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.commitment import ClientSaid, Commitment
from qc_workbench.domain.flag import Finding, Flag, FlagKind
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.domain.standing import key_of
from qc_workbench.reporting.facts import Facts
from qc_workbench.review.promises import Column, column_of
from qc_workbench.review.rulings import CaseState, standing
from qc_workbench.store.cases import Case, CaseTally, RefusalList
from qc_workbench.store.promises import PromiseTally
from qc_workbench.store.waiting_calls import PlanProgress, WaitingCall

OPEN = (SampleStatus.WAITING, SampleStatus.IN_PROGRESS)


def cases(
    facts: Facts,
    kind: FlagKind,
    state: CaseState,
    manager_id: str | None = None,
    answers: Sequence[AgentAnswer] = (),
) -> list[Case]:
    """The surest first, then the oldest."""
    found = [case for case in _all_cases(facts, answers) if case.flag.kind is kind and case.state is state]
    mine = [case for case in found if manager_id in (None, case.call.manager_id)]
    return sorted(mine, key=lambda case: (-case.flag.score, case.call.started_at, case.call.call_id, case.flag.flag_id))


def case_tallies(facts: Facts, kind: FlagKind, answers: Sequence[AgentAnswer] = ()) -> list[CaseTally]:
    counted = Counter(
        (case.call.manager_id, case.flag.verdict, case.state)
        for case in _all_cases(facts, answers)
        if case.flag.kind is kind
    )
    return [CaseTally(*key, number) for key, number in sorted(counted.items())]


def refusals(facts: Facts) -> dict[RefusalList, list[tuple[str, str | None]]]:
    """Of each list the calls and the flags that doubt them, the newest call first."""
    calls = {call.call_id: call for call in facts.calls}
    rulings = standing(_in_time(facts))
    doubts: dict[str, str] = {}
    for flag in sorted(facts.flags, key=lambda flag: flag.flag_id):
        if flag.kind is FlagKind.FALSE_REFUSAL:
            doubts[flag.call_id] = flag.flag_id
    found: dict[RefusalList, list[tuple[str, str | None]]] = {name: [] for name in RefusalList}
    known = [item for item in facts.refusals if item.call_id in calls]
    for item in sorted(known, key=lambda item: (-calls[item.call_id].started_at.timestamp(), item.call_id)):
        flag_id = doubts.get(item.call_id)
        if item.false_refusal:
            name = RefusalList.RULED if flag_id in rulings else RefusalList.DOUBTFUL
        elif item.client_said is ClientSaid.EXPLICIT:
            name = RefusalList.GENUINE
        else:
            continue
        found[name].append((item.call_id, flag_id))
    return found


def waiting(facts: Facts, queue: Queue, reviewer: str | None = None) -> list[WaitingCall]:
    """What waits longest first; a targeted call may be there for its flag alone."""
    calls = {call.call_id: call for call in facts.calls}
    plans: dict[str, list[SampledCall]] = {}
    for row in sorted(facts.sample, key=lambda row: (row.drawn_at, row.plan, row.period, row.stratum, row.draw_id)):
        if row.status in OPEN and row.queue is queue:
            plans.setdefault(row.call_id, []).append(row)
    flags: dict[str, Flag] = {}
    if queue is Queue.TARGETED:
        for case in sorted(_all_cases(facts), key=lambda case: (case.flag.kind, case.flag.flag_id)):
            if case.state in (CaseState.WAITING, CaseState.CHECK, CaseState.UNSURE):
                flags[case.flag.call_id] = case.flag
    found = []
    for call_id in {*plans, *flags} & set(calls):
        drawn = plans.get(call_id, [])
        nobodys = queue is Queue.TARGETED and all(row.assigned_to is None for row in drawn)
        if reviewer is None or nobodys or any(row.assigned_to == reviewer for row in drawn):
            since = min((row.drawn_at for row in drawn), default=calls[call_id].started_at)
            order = (since, calls[call_id].started_at, call_id)
            found.append((order, WaitingCall(call_id, tuple(drawn), flags.get(call_id))))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def progress(facts: Facts) -> list[PlanProgress]:
    random = [row for row in facts.sample if row.queue is Queue.RANDOM]
    newest: dict[str, str] = {}
    for row in random:
        newest[row.plan] = max(newest.get(row.plan, ""), row.period)
    result = []
    for plan, period in sorted(newest.items()):
        statuses = [row.status for row in random if (row.plan, row.period) == (plan, period)]
        drawn = sum(status is not SampleStatus.REPLACED for status in statuses)
        result.append(PlanProgress(plan, period, drawn, sum(status is SampleStatus.DONE for status in statuses)))
    return result


def promise_tallies(facts: Facts, today: date) -> list[PromiseTally]:
    agents = {call.call_id: call.manager_id for call in facts.calls}
    counted = Counter(
        (agents[item.spoken.call_id], column_of(item, today))
        for item in facts.commitments
        if item.spoken.call_id in agents
    )
    return [PromiseTally(*key, number) for key, number in sorted(counted.items())]


def promises(facts: Facts, column: Column, today: date, manager_id: str | None = None) -> list[Commitment]:
    """The oldest due date first."""
    agents = {call.call_id: call.manager_id for call in facts.calls}
    found = [
        item
        for item in facts.commitments
        if item.spoken.call_id in agents
        and column_of(item, today) is column
        and manager_id in (None, agents[item.spoken.call_id])
    ]
    return sorted(
        found,
        key=lambda item: (
            item.spoken.due.due_to, item.spoken.call_id, item.spoken.start_s, item.spoken.commitment_id,
        ),
    )  # fmt: skip


def _all_cases(facts: Facts, answers: Sequence[AgentAnswer] = ()) -> list[Case]:
    calls = {call.call_id: call for call in facts.calls}
    rulings = standing(_in_time(facts))
    in_time = sorted(answers, key=lambda item: (item.at, item.answer_id))
    return [
        Case(
            flag,
            calls[flag.call_id],
            rulings.get(flag.flag_id),
            tuple(item for item in in_time if (item.call_id, item.kind) == (flag.call_id, flag.kind)),
            key_of(flag) in facts.downgraded,
        )
        for flag in facts.flags
        if flag.call_id in calls
    ]


def _in_time(facts: Facts) -> list[Finding]:
    return sorted(facts.findings, key=lambda item: (item.at, item.finding_id))
