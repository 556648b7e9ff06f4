"""What the pages count, filter, order and page in SQL is what the rules say over whole tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import ClientSaid, CommitmentOutcome, Refusal
from qc_workbench.domain.flag import Finding, FlagKind, Ruling, Verdict
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.domain.standing import DetectorKey, Downgraded
from qc_workbench.reporting.facts import Facts
from qc_workbench.review.promises import Column
from qc_workbench.review.rulings import CaseState
from qc_workbench.store import browsing, cases, promises, waiting_calls
from qc_workbench.store.agent_answers import answer_row
from qc_workbench.store.cases import RefusalList
from qc_workbench.store.database import Reader, Statement
from qc_workbench.workspace import Workspace
from tests import naive_pages
from tests.report_cases import at, flag, promise
from tests.whole_store import write_facts

T = TypeVar("T")
AS_OF = at(1, month=11)
TODAY = date(2026, 10, 6)
AGENTS = [None, "m1", "m2"]
REVIEWERS = [None, "q1", "q2"]
call_ids = st.sampled_from([f"c{number}" for number in range(7)])
#: Few values, so that every order has ties.
moments = st.sampled_from([at(1), at(5), at(6)])

calls = st.builds(
    lambda call_id, moment, agent: Call(
        call_id, moment, Direction.INBOUND, agent, "+79000000001", 50, Outcome.ANSWERED
    ),
    call_ids, moments, st.sampled_from(["m1", "m2"]),
)  # fmt: skip
flags = st.builds(
    lambda call_id, verdict, kind, number, score: replace(
        flag(call_id, verdict, kind), flag_id=f"f{number}", score=score
    ),
    call_ids, st.sampled_from(Verdict), st.sampled_from(FlagKind), st.integers(0, 9), st.sampled_from([0.5, 0.9]),
)  # fmt: skip
findings = st.builds(
    lambda number, about, ruling, moment, takes_back: Finding(
        f"r{number}", f"f{about}", ruling, "Вера", moment, "", None if takes_back is None else f"r{takes_back}"
    ),
    st.integers(0, 9), st.integers(0, 9), st.sampled_from(Ruling), moments, st.none() | st.integers(0, 9),
)  # fmt: skip
answers = st.builds(
    lambda number, call_id, kind, moment: AgentAnswer(f"a{number}", call_id, kind, "f0", "Ждал", "Борис", moment),
    st.integers(0, 9), call_ids, st.sampled_from(FlagKind), moments,
)  # fmt: skip
refusals = st.builds(Refusal, call_ids, st.sampled_from(ClientSaid), st.none(), st.none(), st.booleans())
sampled = st.builds(
    lambda draw, call_id, plan, period, queue, status, moment, reviewer: SampledCall(
        draw, plan, period, "s", call_id, 0.5, moment, queue, status, reviewer
    ),
    st.sampled_from(["d1", "d2", "d3"]), call_ids, st.sampled_from(["daily", "weekly"]),
    st.sampled_from(["2026-10-05", "2026-10-06"]), st.sampled_from(Queue), st.sampled_from(SampleStatus), moments,
    st.sampled_from(REVIEWERS),
)  # fmt: skip
commitments = st.builds(
    lambda call_id, outcome, first, length: promise(
        call_id, outcome, date(2026, 10, first), date(2026, 10, first) + timedelta(days=length)
    ),
    call_ids, st.sampled_from(CommitmentOutcome), st.integers(4, 7), st.integers(0, 2),
)  # fmt: skip


def several(
    strategy: st.SearchStrategy[T], key: Callable[[T], Any], most: int = 10
) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=most, unique_by=key).map(tuple)


companies = st.builds(
    Facts,
    as_of=st.just(AS_OF),
    calls=several(calls, lambda item: item.call_id),
    flags=several(flags, lambda item: item.flag_id),
    findings=several(findings, lambda item: item.finding_id),
    refusals=several(refusals, lambda item: item.call_id),
    sample=several(sampled, lambda item: (item.draw_id, item.call_id), 14),
    commitments=several(commitments, lambda item: item.spoken.commitment_id),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("pages")
    (home / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(home)


def by_pages(page: Callable[[int, int], Sequence[T]], size: int = 2) -> list[T]:
    """All rows of a list, a page at a time."""
    found: list[T] = []
    while rows := page(size, len(found)):
        found += rows
    return found


SLOWLY = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def only(agent: str | None) -> set[str] | None:
    """One agent's calls, or everybody's."""
    return None if agent is None else {agent}


def cases_in_list(
    reader: Reader, kind: FlagKind, state: CaseState, agent: str | None, down: Downgraded, limit: int, offset: int
) -> list[cases.Case]:
    return cases.cases_in_state(reader, kind, state, only(agent), limit, offset, down)


@SLOWLY
@given(
    companies,
    several(answers, lambda item: item.answer_id, 4),
    st.sets(st.sampled_from(FlagKind)),
    st.sampled_from(FlagKind),
    st.sampled_from(AGENTS),
)
def test_cases_stand_in_the_same_state_and_order(
    workspace: Workspace,
    company: Facts,
    said: tuple[AgentAnswer, ...],
    doubted: set[FlagKind],
    kind: FlagKind,
    agent: str | None,
) -> None:
    down = frozenset(DetectorKey(of, "effective", "1") for of in doubted)
    company = replace(company, downgraded=down)
    write_facts(workspace, company)
    workspace.store.write(Statement("delete from agent_answers"))
    workspace.store.insert_many("agent_answers", [answer_row(item) for item in said])
    with workspace.store.reading() as reader:
        assert cases.case_tallies(reader, kind, down) == naive_pages.case_tallies(company, kind, said)
        for state in CaseState:
            expected = naive_pages.cases(company, kind, state, agent, said)
            found = by_pages(partial(cases_in_list, reader, kind, state, agent, down))
            assert found == expected
            for place, case in enumerate(expected):
                assert cases.place_of_case(reader, case, state, only(agent), down) == place
                assert cases.case_of_flag(reader, case.flag.flag_id, down) == case


@SLOWLY
@given(companies)
def test_refusals_are_in_the_same_lists(workspace: Workspace, company: Facts) -> None:
    write_facts(workspace, company)
    expected = naive_pages.refusals(company)
    with workspace.store.reading() as reader:
        for page in (1, 2, 3):
            found = cases.refusals_listed(reader, dict.fromkeys(RefusalList, page), 2)
            for name, listed in found.items():
                rows = expected[name][(page - 1) * 2 : page * 2]
                assert [
                    (item.refusal.call_id, item.flag.flag_id if item.flag else None) for item in listed.refusals
                ] == rows
                assert listed.total == (len(expected[name]) if rows else 0)


@SLOWLY
@given(companies, st.sampled_from(REVIEWERS))
def test_the_same_calls_wait_in_the_same_order(workspace: Workspace, company: Facts, reviewer: str | None) -> None:
    write_facts(workspace, company)
    expected = {queue: naive_pages.waiting(company, queue, reviewer) for queue in Queue}
    with workspace.store.reading() as reader:
        assert list(waiting_calls.plan_progress(reader)) == naive_pages.progress(company)
        for page in (1, 2, 3, 4):
            found = waiting_calls.waiting_calls(reader, reviewer, dict.fromkeys(Queue, page), 2)
            for queue, waiting in found.items():
                rows = expected[queue][(page - 1) * 2 : page * 2]
                assert list(waiting.calls) == rows
                whole = (len(expected[queue]), expected[queue][0].call_id) if rows else (0, None)
                assert (waiting.total, waiting.first_id) == whole
                assert waiting_calls.waiting_calls(reader, reviewer, {queue: page}, 2) == {queue: waiting}


@SLOWLY
@given(companies)
def test_as_many_wait_on_the_overview_as_in_the_lists(workspace: Workspace, company: Facts) -> None:
    write_facts(workspace, company)
    with workspace.store.reading() as reader:
        assert waiting_calls.decisions(reader) == waiting_calls.Decisions(
            suspicious=len(naive_pages.cases(company, FlagKind.FAKE_EFFECTIVE, CaseState.WAITING)),
            refusals=len(naive_pages.refusals(company)[RefusalList.DOUBTFUL]),
            to_hear=len(naive_pages.waiting(company, Queue.RANDOM)),
        )


@SLOWLY
@given(companies, st.sampled_from(AGENTS))
def test_promises_stand_in_the_same_columns(workspace: Workspace, company: Facts, agent: str | None) -> None:
    write_facts(workspace, company)
    with workspace.store.reading() as reader:
        assert promises.promise_tallies(reader, TODAY) == naive_pages.promise_tallies(company, TODAY)
        for column in Column:
            found = by_pages(partial(promises.promises_in_column, reader, column, TODAY, only(agent)))
            assert found == naive_pages.promises(company, column, TODAY, agent)


@SLOWLY
@given(companies)
def test_the_ruling_that_counts_is_read_for_the_flags_asked(workspace: Workspace, company: Facts) -> None:
    write_facts(workspace, company)
    with workspace.store.reading() as reader:
        for about in ("f1", "f2"):
            case = cases.case_of_flag(reader, about)
            found = browsing.standing_findings(reader, [about]).get(about)
            assert case is None or case.ruling == found
            history = browsing.findings_of_flag(reader, about)
            assert [item.finding_id for item in history] == [
                item.finding_id
                for item in sorted(company.findings, key=lambda item: (item.at, item.finding_id))
                if item.flag_id == about
            ]


def test_more_keys_than_are_looked_for_at_once_are_all_found(workspace: Workspace) -> None:
    many = tuple(
        Call(f"many-{number}", at(1), Direction.INBOUND, "m1", None, 5, Outcome.ANSWERED)
        for number in range(2 * browsing.KEYS_AT_ONCE + 1)
    )
    write_facts(workspace, Facts(as_of=AS_OF, calls=many))
    with workspace.store.reading() as reader:
        found = browsing.calls_by_id(reader, [*(call.call_id for call in many), "unknown"])
    assert found == {call.call_id: call for call in many}
