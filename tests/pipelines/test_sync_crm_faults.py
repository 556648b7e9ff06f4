"""A sync of a CRM that answers badly, late, in pieces, or not to the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.ingest import ingest_source
from pipelines.progress import Silent
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceThrottled, UsageError
from qc_workbench.sources.wire import TRIES
from qc_workbench.store import connections, source_overview
from qc_workbench.workspace import Workspace
from tests.crm_cases import NOW, everything, of_pipedrive, rows, small_company, sync, workspace
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import Fault, serving

# long: `make test-all`; tests/pipelines/test_sync_by_contract.py and the unit tests of the systems stay quick
pytestmark = pytest.mark.slow


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Workspace, PipedriveStandIn]]:
    with small_company(tmp_path) as found:
        yield found


def state(opened: Workspace) -> connections.SourceState:
    with opened.store.reading() as reader:
        return connections.state_of(reader, "p", "pipedrive")


def test_an_answer_that_is_none_is_asked_again_and_never_taken_for_nothing(
    company: tuple[Workspace, PipedriveStandIn],
) -> None:
    opened, stand_in = company
    faults = (Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS, Fault.SERVER_ERROR, Fault.CUT)
    stand_in.spoil(*faults)
    sync(opened, stand_in)
    assert len(rows(opened, "select 1 from deals")) == 7
    for number, fault in enumerate(faults):
        before, reached = everything(opened), state(opened).done_until
        stand_in.passes(hours=1)
        stand_in.deal(50 + number)
        stand_in.spoil(*[fault] * TRIES)
        with pytest.raises(SourceError):
            sync(opened, stand_in)
        assert (everything(opened), state(opened).done_until) == (before, reached), fault
        sync(opened, stand_in)
        assert len(rows(opened, "select 1 from deals")) == 8 + number


def test_a_budget_that_ends_midway_loses_nothing(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    for number in range(1, 8):
        stand_in.passes(minutes=1)
        stand_in.change(stand_in.deals[number], stage_id=2)
    stand_in.budget = 14  # enough for lists, not for all the histories
    with pytest.raises(SourceThrottled):
        sync(opened, stand_in)
    assert state(opened).done_until is not None, "all the lists were read"
    with opened.store.reading() as reader:
        (run,) = source_overview.runs_of(reader, "p", 9)
    assert (run.error_code, run.counts["deals_new"]) == ("source_throttled", 7)
    stand_in.budget = None
    sync(opened, stand_in)
    assert [row["n"] for row in rows(opened, "select count(*) as n from stage_changes where origin = 'vendor'")] == [7]


def test_a_list_that_never_ends_is_a_broken_answer(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    stand_in.endless = True
    with pytest.raises(SourceAnswerBroken, match="source_answer_pages"):
        sync(opened, stand_in)
    assert state(opened).done_until is None


@pytest.mark.slow
def test_pages_of_any_length_give_the_same(company: tuple[Workspace, PipedriveStandIn], tmp_path: Path) -> None:
    opened, stand_in = company
    for number in range(2, 70):
        stand_in.note(number, f"заметка {number}", deal_id=1 + number % 7)
    sync(opened, stand_in)
    stand_in.page = 3
    with serving(stand_in) as address:
        other = workspace(tmp_path / "other", of_pipedrive(address))
        sync(other, stand_in)
    assert everything(other) == everything(opened)


def test_their_clock_behind_ours_holds_the_checkpoint_back(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    stand_in.now = datetime.now(UTC)
    stand_in.clock_shift = timedelta(minutes=-30)
    sync(opened, stand_in)
    reached = state(opened).done_until
    assert reached is not None
    assert timedelta(minutes=29) < stand_in.now - reached < timedelta(minutes=31)


def test_a_row_that_cannot_be_understood_holds_up_nothing(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    stand_in.deals[1]["stage_id"] = None
    stand_in.activities[2]["due_time"] = "после обеда"
    report = sync(opened, stand_in)
    assert {problem.code for problem in report.rejects} == {"vendor_id", "vendor_time"}
    assert (report.counts["deals"].new, report.counts["activities"].new) == (6, 6)
    assert "p" in opened.rejects_file.read_text()


def test_a_crm_is_read_by_name_as_any_source_and_takes_no_end(
    company: tuple[Workspace, PipedriveStandIn],
) -> None:
    opened, _ = company
    assert ingest_source(opened, "p", Silent()).counts["deals"].new == 7
    with pytest.raises(UsageError, match="crm_until_unsupported"):
        ingest_source(opened, "p", Silent(), until=NOW)
