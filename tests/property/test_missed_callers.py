"""The callers that the store finds are those of the plain definition, on companies full of borders."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.missed_caller import Reached
from qc_workbench.reporting.facts import Facts
from qc_workbench.store.missed_callers import missed_callers
from qc_workbench.workspace import Workspace
from tests.missed_in_python import missed_in_python
from tests.report_cases import at, call, missed
from tests.whole_store import write_facts

#: Days of Moscow and the week after them: both sides of every border, and moments that several calls share.
MOMENTS = [
    moment + shift
    for moment in (at(5, 0), at(6, 0), at(6, 13), at(7, 0), at(12, 13), at(13, 13), at(14, 0), at(20, 9))
    for shift in (timedelta(0), timedelta(microseconds=-1), timedelta(minutes=5))
]
STRETCHES = [[(at(6, 0), at(7, 0))], [(at(5, 0), at(6, 0)), (at(6, 0), at(7, 0))], [(at(1, 0), at(14, 0))]]
companies = st.lists(
    st.builds(
        lambda moment, direction, phone, outcome, source, agent: Call(
            "", moment, direction, agent, phone, 30, outcome, source=source
        ),
        st.sampled_from(MOMENTS), st.sampled_from([*Direction, Direction.INBOUND]),
        st.sampled_from(["+79160000001", "+79160000002", None]), st.sampled_from([*Outcome, Outcome.MISSED]),
        st.sampled_from([None, "yandex", "site"]), st.sampled_from(["m1", "m2"]),
    ),
    max_size=16,
).map(lambda found: tuple(replace(item, call_id=f"c{number:02}") for number, item in enumerate(found)))  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("callers")
    (home / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(home)


@settings(max_examples=60, deadline=None)
@given(companies, st.sampled_from(STRETCHES), st.sampled_from([at(6, 13), at(7, 0), at(30)]))
def test_the_store_finds_the_callers_of_the_definition(
    workspace: Workspace, calls: tuple[Call, ...], stretches: list[tuple[datetime, datetime]], as_of: datetime
) -> None:
    write_facts(workspace, Facts(as_of=at(30), calls=calls))
    with workspace.store.reading() as reader:
        found = missed_callers(reader, stretches, as_of)
    assert found == missed_in_python(calls, stretches, as_of)
    starts, ends = stretches[0][0], stretches[-1][1]
    unanswered = [
        item
        for item in calls
        if item.direction is Direction.INBOUND and item.outcome is not Outcome.ANSWERED
        and starts <= item.started_at < ends and item.started_at <= as_of
    ]  # fmt: skip
    assert sum(item.attempts for item in found) == len(unanswered)


def reached(*calls: Call) -> list[tuple[str, Reached, int]]:
    found = missed_in_python(calls, [(at(6, 0), at(7, 0))], at(30))
    return [(item.call_id, item.reached, item.attempts) for item in found]


def test_calls_until_somebody_talked_to_the_client_are_one_caller() -> None:
    calls = (missed("a", at(6, 13)), missed("b", at(6, 14)), call("back", at(6, 15), phone="+79000000009"))
    assert reached(*calls, missed("c", at(6, 16))) == [("a", Reached.BY_US, 2), ("c", Reached.NEVER, 1)]


def test_a_caller_who_got_through_at_the_second_attempt_was_not_our_merit() -> None:
    again = call("again", at(6, 14), direction=Direction.INBOUND, phone="+79000000009")
    assert reached(missed("a", at(6, 13)), again) == [("a", Reached.BY_CLIENT, 1)]


def test_our_unanswered_call_is_an_attempt_and_no_contact() -> None:
    tried = call("try", at(6, 14), outcome=Outcome.MISSED, talk_s=0, phone="+79000000009")
    assert reached(missed("a", at(6, 13)), tried) == [("a", Reached.TRIED, 1)]


def test_a_call_before_the_missed_one_or_a_week_later_is_no_call_back() -> None:
    before, late = call("before", at(6, 12), phone="+79000000009"), call("late", at(13, 14), phone="+79000000009")
    assert reached(missed("a", at(6, 13)), before, late) == [("a", Reached.NEVER, 1)]


def test_hidden_numbers_are_each_a_caller_who_cannot_be_called() -> None:
    assert reached(missed("a", at(6, 13), None), missed("b", at(6, 14), None)) == [
        ("a", Reached.HIDDEN, 1), ("b", Reached.HIDDEN, 1),
    ]  # fmt: skip
