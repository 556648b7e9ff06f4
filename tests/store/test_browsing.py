"""Questions the pages ask the store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.store import browsing, call_lists
from qc_workbench.store import calls as call_rows
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return company.sample_company(tmp_path_factory.mktemp("browsing"))


def found(workspace: Workspace, search: str, manager_id: str | None = None, limit: int = 50) -> list[str]:
    with workspace.store.reading() as reader:
        wanted = call_lists.call_search(reader, manager_id and {manager_id}, search)
        return [call.call_id for call in call_lists.latest_calls(reader, wanted, limit)]


def test_calls_are_found_by_part_of_the_clients_name_in_any_case(workspace: Workspace) -> None:
    assert found(workspace, "ИРИНА") == [company.LATER, company.PROMISE, company.UNSURE, company.PADDED]


def test_calls_are_found_by_digits_of_the_number_however_it_is_written(workspace: Workspace) -> None:
    assert found(workspace, "000-00-02") == [company.REFUSED, company.TALK]


def test_a_search_for_nothing_gives_the_newest_calls(workspace: Workspace) -> None:
    assert found(workspace, "  ", limit=2) == [company.LATER, company.MISSED]


def test_a_search_that_fits_nobody_gives_nothing(workspace: Workspace) -> None:
    assert found(workspace, "никого такого") == []
    assert found(workspace, "%") == []


def test_the_list_can_be_of_one_agent(workspace: Workspace) -> None:
    assert found(workspace, "", "m1") == [company.MISSED, company.UNSURE, company.PADDED]


def test_lost_calls_are_inbound_calls_nobody_answered(workspace: Workspace) -> None:
    with workspace.store.reading() as reader:
        counts = browsing.store_counts(reader)
    assert (counts.missed_inbound, counts.inbound) == (1, 3)


def test_a_day_begins_at_midnight_of_the_company(tmp_path: Path) -> None:
    workspace = company.empty_company(tmp_path / "zone")
    late = datetime(2026, 10, 5, 21, 30, tzinfo=UTC)  # half past midnight of the 6th in Moscow
    call = Call("c", late, Direction.OUTBOUND, "m1", None, 41, Outcome.ANSWERED)
    workspace.store.insert_many("calls", [call_rows.call_row(call, late)])
    with workspace.store.reading() as reader:
        assert [day.day for day in browsing.day_counts(reader, "Europe/Moscow", 40)] == [date(2026, 10, 6)]
        assert [day.day for day in browsing.day_counts(reader, "UTC", 40)] == [date(2026, 10, 5)]


def test_effective_calls_of_a_day_add_up(workspace: Workspace) -> None:
    with workspace.store.reading() as reader:
        days = browsing.day_counts(reader, "Europe/Moscow", 40)
    assert sum(day.counted for day in days) == 4
    assert all(day.verified + day.refuted + day.unexamined == day.counted for day in days)
    assert {day.day: (day.verified, day.refuted) for day in days if day.verified or day.refuted} == {
        date(2026, 10, 5): (0, 1),
        date(2026, 10, 8): (1, 0),
    }


def test_a_call_shorter_than_the_crm_counts_is_in_no_agents_count(workspace: Workspace) -> None:
    with workspace.store.reading() as reader:
        assert browsing.counted_by_agent(reader, 40) == {"m1": 2, "m2": 2}
        assert browsing.counted_by_agent(reader, 46) == {"m2": 2}


def test_everything_about_one_call_is_only_about_it(workspace: Workspace) -> None:
    with workspace.store.reading() as reader:
        talk = browsing.conversation_of_call(reader, company.TALK)
        assert talk is not None
        assert talk.conversation_s == 25.0
        assert browsing.conversation_of_call(reader, company.MISSED) is None
        refusal = browsing.refusal_of_call(reader, company.REFUSED)
        assert refusal is not None
        assert refusal.false_refusal
        assert [item.draw_id for item in browsing.sample_of_call(reader, company.PADDED)] == ["draw-2"]
        assert [flag.flag_id for flag in browsing.flags_of_call(reader, company.PADDED)] == ["flag-padded"]
