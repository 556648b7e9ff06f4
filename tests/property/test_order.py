"""The rules of order in the store find what the older ones in Python find, on small CRMs full of borders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, Note, StageChange
from qc_workbench.domain.flag import AnsweredBy, Conversation
from tests.order_cases import IN_PYTHON, judged, judged_in_python, small_company, told, write_crm
from tests.store.test_order_rules import at

T = TypeVar("T")
PHONES = ["+79000000001", "+79000000002", "+79000000003"]
#: Both sides of the borders that the rules know: controls, midnights, days off, the Friday and the Monday.
MOMENTS = [
    moment + shift
    for moment in (at(2, 19), at(5, 0), at(5, 12), at(6, 0), at(6, 19), at(9, 19), at(10, 12), at(12, 19))
    for shift in (timedelta(0), timedelta(microseconds=-1), timedelta(minutes=10))
]
moments = st.sampled_from(MOMENTS)
maybe = st.none() | moments
agents = st.sampled_from(["m1", "m2", "head"])
phones = st.sampled_from(PHONES)
deal_ids = st.sampled_from(["d1", "d2", "d3", "gone"])


def some(strategy: st.SearchStrategy[T], key: Any, most: int = 5) -> st.SearchStrategy[list[T]]:
    return st.lists(strategy, max_size=most, unique_by=key)


companies = st.fixed_dictionaries(
    {
        "deals": some(
            st.builds(
                Deal, st.sampled_from(["d1", "d2", "d3"]), st.lists(phones, max_size=2, unique=True).map(tuple), agents,
                st.sampled_from(["КП отправлено", "Думают"]), st.sampled_from(DealStatus), stage_since=maybe,
                lost_reason=st.sampled_from([None, "дорого"]), created_at=maybe, closed_at=maybe,
            ),
            lambda item: item.deal_id,
        ),
        "activities": some(
            st.builds(
                Activity, st.sampled_from(["a1", "a2", "a3", "a4"]), agents, st.sampled_from(ActivityType), moments,
                st.none() | deal_ids, st.none() | phones, due_at=maybe, done_at=maybe,
                result=st.sampled_from([None, "", "  ", "договорились"]),
            ),
            lambda item: item.activity_id,
        ),
        "activity_changes": some(
            st.builds(
                ActivityChange, st.sampled_from(["a1", "a2", "none"]), moments,
                st.sampled_from(["due_at", "deadline", "manager_id"]),
                *[
                    st.sampled_from(
                        [None, "", "скоро", "2026-10-06", "2026-10-06T23:30:00", "2026-10-06T23:30:00+00:00",
                         "2026-10-07T00:10:00Z", "2026-10-09 12:00"]
                    )
                ] * 2,
                st.none() | agents,
            ),
            lambda item: (item.activity_id, item.changed_at, item.field),
        ),
        "notes": some(
            st.builds(
                Note, st.sampled_from(["n1", "n2", "n3"]), moments, st.just("…"), st.none() | deal_ids,
                st.none() | phones, st.none() | agents,
            ),
            lambda item: item.note_id,
        ),
        "stage_changes": some(
            st.builds(StageChange, deal_ids, moments, st.just("Думают"), st.just("Новая"), st.none() | agents),
            lambda item: (item.deal_id, item.changed_at),
        ),
        "calls": some(
            st.builds(
                Call, st.sampled_from(["c1", "c2", "c3", "c4"]), moments, st.sampled_from(Direction), agents,
                st.none() | phones, st.sampled_from([0.0, 30.5, 600.0]), st.sampled_from(Outcome),
                wait_s=st.sampled_from([None, 0.3]),
            ),
            lambda item: item.call_id,
        ),
        "conversations": some(
            st.builds(
                Conversation, st.sampled_from(["c1", "c2", "c3", "c4"]), st.just("f"), st.just(AnsweredBy.HUMAN),
                st.just(False), st.just(30.0), st.just(15.0), st.just(15.0), st.sampled_from([None, True, False]),
            ),
            lambda item: item.call_id,
        ),
    }
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(companies, moments.map(lambda moment: moment + timedelta(days=3)), st.sets(deal_ids))
def test_the_store_finds_what_the_rules_in_python_find(company: dict[str, Any], as_of: Any, reviewed: set[str]) -> None:
    workspace = small_company()
    write_crm(workspace, as_of, **company)
    found = judged(workspace, as_of, IN_PYTHON, reviewed=frozenset(reviewed))
    assert told(found) == told(judged_in_python(workspace, as_of, frozenset(reviewed), **company))
