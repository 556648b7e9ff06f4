"""Syncs of Mango Office, UIS and Novofon 2: broken off, repeated, reordered, faulty; nothing is lost or there twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.telephony import FetchState
from qc_workbench.errors import SourceError
from qc_workbench.sources.wire import TRIES
from qc_workbench.workspace import Workspace
from tests.connected_cases import (
    NOW,
    everything,
    rows,
    states,
    sync,
    workspace,
)
from tests.import_cases import wav
from tests.pipelines.mango_data_api_cases import StandIn, settings, stand_in_of, unix, wall
from tests.stand_ins import data_api, mango
from tests.stand_ins.serving import Answer, Fault, Question, QuickClock, serving

# long: `make test-all`; tests/pipelines/test_sync_by_contract.py and the unit tests of the systems stay quick
pytestmark = pytest.mark.slow


@dataclass
class Company:
    kind: str
    stand_in: StandIn
    address: str
    folder: Path

    def opened(self, name: str) -> Workspace:
        return workspace(self.folder / name, settings(self.kind, self.address))


@pytest.fixture(params=["mango", "uis"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    stand_in = stand_in_of(request.param, 24)
    with serving(stand_in) as address:
        yield Company(request.param, stand_in, address, tmp_path)


def test_calls_arrive_once_with_their_legs_however_often_they_are_read(company: Company) -> None:
    opened = company.opened("W")
    first = sync(opened)
    assert (first.counts["calls"].new, first.rejected) == (24, 0)
    before = everything(opened)
    assert len(before["legs"]) == 48
    assert {call["outcome"] for call in before["calls"]} == {"answered"}, "attempts are no missed calls"
    assert {(call["talk_s"], call["wait_s"]) for call in before["calls"]} == {(40, 21)}
    assert {row["rung"] for row in before["told"]} == {"department"}
    assert sync(opened).nothing_new
    assert sync(opened, since=NOW - timedelta(days=22)).counts["calls"].unchanged == 24
    assert everything(opened) == before


@pytest.mark.slow
def test_repeated_and_reordered_rows_leave_the_same(company: Company) -> None:
    calm = company.opened("calm")
    sync(calm)
    expected = everything(calm)
    chance = random.Random(7)
    lists = [company.stand_in.legs, getattr(company.stand_in, "calls", [])]
    for found in lists:
        found.extend(chance.sample(found, len(found) // 2))
        chance.shuffle(found)
    disturbed = company.opened("disturbed")
    sync(disturbed, until=NOW - timedelta(days=2))
    sync(disturbed, since=NOW - timedelta(hours=20))
    for found in lists:
        chance.shuffle(found)
    sync(disturbed)
    sync(disturbed, since=NOW - timedelta(days=22))
    assert everything(disturbed) == expected


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS, Fault.SERVER_ERROR])
def test_a_broken_answer_moves_no_checkpoint(company: Company, fault: Fault) -> None:
    opened = company.opened("W")
    company.stand_in.spoil(*[fault] * TRIES)
    with pytest.raises(SourceError):
        sync(opened)
    assert rows(opened, "select * from source_state") == []
    assert sync(opened).counts["calls"].new == 24, "the next sync reads what was missed"


def test_a_sync_that_ends_at_any_question_and_is_repeated_leaves_the_same(company: Company) -> None:
    calm = company.opened("calm")
    sync(calm)
    expected = everything(calm)

    @dataclass
    class Dying(QuickClock):
        """Its process ends when it looks at the time once too often, which every question does."""

        lives: int = 0

        def monotonic(self) -> float:
            self.lives -= 1
            if not self.lives:
                raise KeyboardInterrupt
            return super().monotonic()

    disturbed = company.opened("disturbed")
    died = 0
    for lives in range(3, 60, 3):
        try:
            sync(disturbed, Dying(NOW, lives=lives))
            break
        except KeyboardInterrupt:
            died += 1
    assert died > 1
    sync(disturbed)
    assert everything(disturbed) == expected


# --- calls that come in pieces ---------------------------------------------------------------------------------------


def test_legs_on_both_sides_of_a_windows_end_are_one_call(company: Company) -> None:
    """Read in two syncs, the first of which sees only the first leg."""
    stand_in, border = company.stand_in, timedelta(hours=5)
    begun = border + timedelta(seconds=10)
    if isinstance(stand_in, mango.MangoStandIn):
        stand_in.legs[:] = [*mango.call(900, unix(begun))]
    else:
        stand_in.calls[:] = [data_api.call(900, wall(begun))]
        stand_in.legs[:] = data_api.legs(900, wall(begun))
    opened = company.opened("W")
    sync(opened, until=NOW - border)
    assert len(rows(opened, "select * from call_legs")) == 1
    sync(opened, since=NOW - border)
    (call,) = rows(opened, "select * from calls")
    assert (call["outcome"], call["talk_s"], call["manager_id"]) == (
        "answered", 40, "s:101" if company.kind == "mango" else "s:1",
    )  # fmt: skip
    assert len(rows(opened, "select * from call_legs")) == 2


def test_a_call_that_goes_on_is_waited_for(company: Company) -> None:
    stand_in, ago = company.stand_in, timedelta(hours=5, minutes=30)
    if isinstance(stand_in, mango.MangoStandIn):
        going_on = mango.leg(901, unix(ago), finish=0)
        over = {"finish": str(unix(ago) + 19_000), "answer": str(unix(ago) + 6)}
        stand_in.legs.append(going_on)
    else:
        going_on = data_api.call(901, wall(ago), finish_time=None, talk_duration=0)
        over = {"finish_time": wall(ago - timedelta(seconds=19_000)).strftime(data_api.WALL), "talk_duration": "18994"}
        stand_in.calls.append(going_on)
    opened = company.opened("W")
    sync(opened)
    found = "select talk_s from calls where call_id like '%901'"
    assert rows(opened, found) == []
    (state,) = rows(opened, "select done_until from source_state")
    assert state["done_until"] == NOW - ago, "the checkpoint stays before it"
    going_on.update(over)
    sync(opened)
    assert [row["talk_s"] for row in rows(opened, found)] == [18994]


# --- recordings ------------------------------------------------------------------------------------------------------


def test_recordings_of_mango_are_fetched_by_links_for_one_download(tmp_path: Path) -> None:
    stand_in = mango.MangoStandIn(expire_next=1, sounds={"rec1": wav(40.0)})
    stand_in.legs = [
        *mango.call(1, unix(timedelta(hours=1)), records="[rec1]"),
        *mango.call(2, unix(timedelta(hours=2)), records="[gone]"),
    ]
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", settings("mango", address))
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert states(opened, "s") == {FetchState.PENDING: 1, FetchState.ABSENT: 1}, "the link was used up already"
        clock.sleep(3600)
        sync(opened, clock)
    assert states(opened, "s") == {FetchState.READY: 1, FetchState.ABSENT: 1}
    assert stand_in.given == 2
    (ready,) = rows(opened, "select * from recordings where state = 'ready'")
    assert ready["call_id"] == "s:e1"


def test_a_download_of_mango_that_was_cut_is_asked_for_with_a_new_link(tmp_path: Path) -> None:
    class Cutting(mango.MangoStandIn):
        def answer(self, question: Question) -> Answer:
            if question.method == "GET" and self.given == 1:
                self.spoil(Fault.CUT)
            return super().answer(question)

    stand_in = Cutting(sounds={"rec1": wav(40.0)}, legs=mango.call(1, unix(timedelta(hours=1)), records="[rec1]"))
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", settings("mango", address))
        clock = QuickClock(NOW)
        for _ in range(3):
            sync(opened, clock)
            clock.sleep(3600)
    assert states(opened, "s") == {FetchState.READY: 1}
    (recording,) = rows(opened, "select * from recordings")
    assert (opened.home / recording["path"]).read_bytes() == wav(40.0)


@pytest.mark.parametrize("kind", ["uis", "novofon2"])
def test_recordings_of_the_data_api_are_fetched_and_late_links_are_found(kind: str, tmp_path: Path) -> None:
    stand_in = data_api.DataApiStandIn(sounds={"/media/1": wav(40.0), "/media/2": wav(41.0)})
    with serving(stand_in) as address:
        stand_in.calls = [
            data_api.call(1, wall(timedelta(hours=1)), full_record_file_link=f"{address}/media/1", call_records=["a"]),
            data_api.call(2, wall(timedelta(hours=2)), call_records=["b"]),
        ]
        opened = workspace(tmp_path / "W", settings(kind, address))
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert states(opened, "s") == {FetchState.READY: 1, FetchState.ABSENT: 1}
        stand_in.calls[1]["full_record_file_link"] = f"{address}/media/2"
        sync(opened, clock)
    assert states(opened, "s") == {FetchState.READY: 2}


def test_where_a_link_of_the_data_api_is_gone_another_is_asked_for(tmp_path: Path) -> None:
    stand_in = data_api.DataApiStandIn(sounds={"/media/new": wav(40.0)})
    with serving(stand_in) as address:
        stand_in.calls = [data_api.call(1, wall(timedelta(hours=1)), full_record_file_link=f"{address}/media/old")]
        opened = workspace(tmp_path / "W", settings("uis", address))
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert states(opened, "s") == {FetchState.PENDING: 1}
        clock.sleep(24 * 3600)  # beyond the overlap, so the row itself is not read again
        stand_in.calls[0]["full_record_file_link"] = f"{address}/media/new"
        sync(opened, clock)
    assert states(opened, "s") == {FetchState.READY: 1}
