"""A sync of a telephone system: killed, repeated, late, faulty; nothing is lost and nothing is there twice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.erasure import erase
from pipelines.fetch_recordings import ATTEMPTS
from qc_workbench.domain.telephony import FetchState
from qc_workbench.errors import SourceAnswerBroken, SourceError, UsageError
from qc_workbench.sources.wire import TRIES
from qc_workbench.store import source_overview
from qc_workbench.workspace import Workspace
from tests.connected_cases import NOW, everything, kill_syncs, rows, states, sync, sync_in_a_process
from tests.connected_cases import workspace as workspace_of
from tests.import_cases import wav
from tests.stand_ins import asterisk, binotel, ringostat
from tests.stand_ins.serving import Fault, QuickClock, serving

KYIV = ZoneInfo("Europe/Kyiv")


def wall(ago: timedelta) -> datetime:
    return (NOW - ago).astimezone(KYIV).replace(tzinfo=None)


def workspace(home: Path, settings: str) -> Workspace:
    return workspace_of(home, settings, zone=KYIV.key, region="UA")


def of_ringostat(address: str, more: str = "") -> str:
    return f'[[sources]]\nkind = "ringostat"\nname = "r"\nkey = "file:key"\naddress = "{address}"\n{more}'


def of_binotel(address: str) -> str:
    keys = 'key = "file:key"\nsecret = "file:secret"\n'
    return f'[[sources]]\nkind = "binotel"\nname = "b"\n{keys}address = "{address}"\nhistory_days = 3\n'


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Workspace, ringostat.RingostatStandIn]]:
    stand_in = ringostat.RingostatStandIn(
        calls=[dict(ringostat.row(n, wall(timedelta(hours=n)))) for n in range(1, 60)]
    )
    with serving(stand_in) as address:
        yield workspace(tmp_path / "W", of_ringostat(address)), stand_in


def test_calls_arrive_once_however_often_they_are_read(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, _ = company
    first = sync(opened)
    assert (first.counts["calls"].new, first.rejected) == (59, 0)
    before = everything(opened)
    again = sync(opened)
    assert (again.counts["calls"].new, again.counts["calls"].updated, again.nothing_new) == (0, 0, True)
    assert everything(opened) == before
    assert sync(opened, since=NOW - timedelta(days=30)).counts["calls"].unchanged == 59
    assert everything(opened) == before


def test_what_comes_late_or_changes_within_the_overlap_is_taken_in(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, stand_in = company
    sync(opened)
    stand_in.calls[0]["employee_fio"] = "Олена Інша"
    stand_in.calls[0]["billsec"] = "99"
    stand_in.calls.append(dict(ringostat.row(900, wall(timedelta(minutes=90)))))
    report = sync(opened)
    assert (report.counts["calls"].new, report.counts["calls"].updated) == (1, 1)
    (changed,) = rows(opened, "select talk_s from calls where call_id = 'r:ua3-1'")
    assert changed["talk_s"] == 99


def test_a_call_in_progress_is_waited_for(company: tuple[Workspace, ringostat.RingostatStandIn]) -> None:
    opened, stand_in = company
    going_on = dict(ringostat.row(901, wall(timedelta(hours=5, minutes=30)), disposition="IN PROGRESS", billsec="0"))
    stand_in.calls.append(going_on)
    sync(opened)
    assert rows(opened, "select * from calls where call_id = 'r:ua3-901'") == []
    (state,) = rows(opened, "select done_until from source_state")
    assert state["done_until"] == NOW - timedelta(hours=5, minutes=30), "the checkpoint stays before it"
    going_on.update(disposition="ANSWERED", billsec="19000")
    sync(opened)
    (told,) = rows(opened, "select talk_s from calls where call_id = 'r:ua3-901'")
    assert told["talk_s"] == 19000


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS, Fault.SERVER_ERROR])
def test_a_broken_answer_moves_no_checkpoint(
    company: tuple[Workspace, ringostat.RingostatStandIn], fault: Fault
) -> None:
    opened, stand_in = company
    stand_in.spoil(*[fault] * TRIES)
    with pytest.raises(SourceError) as raised:
        sync(opened)
    assert rows(opened, "select * from source_state") == []
    with opened.store.reading() as reader:
        (run,) = source_overview.runs_of(reader, "r", 9)
    assert run.error_code == raised.value.code
    assert sync(opened).counts["calls"].new == 59, "the next sync reads what was missed"


def test_after_a_fault_in_the_middle_reading_goes_on_from_there(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, stand_in = company
    sync(opened, until=NOW - timedelta(days=10))
    stand_in.asked.clear()
    stand_in.spoil(*[Fault.HTML] * TRIES)
    with pytest.raises(SourceAnswerBroken):
        sync(opened)
    stand_in.asked.clear()
    sync(opened)
    asked_from = min(question.params["from"] for question in stand_in.asked)
    assert asked_from >= wall(timedelta(days=10, hours=3)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_period_beyond_a_gap_leaves_the_gap_to_be_read(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, _ = company
    sync(opened, until=NOW - timedelta(days=5))
    sync(opened, since=NOW - timedelta(days=1))
    (state,) = rows(opened, "select done_until from source_state")
    assert state["done_until"] == NOW - timedelta(days=5)
    sync(opened)
    assert len(rows(opened, "select 1 from calls")) == 59


def test_rows_that_mean_nothing_are_listed_and_hold_up_nobody(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, stand_in = company
    stand_in.calls.append(dict(ringostat.row(902, wall(timedelta(hours=1)), call_type="sideways")))
    stand_in.calls.append(dict(ringostat.row(903, wall(timedelta(hours=1)), billsec="a minute")))
    report = sync(opened)
    assert (report.rejected, report.counts["calls"].new) == (2, 59)
    listed = opened.rejects_file.read_text(encoding="utf-8-sig")
    assert "sideways" in listed
    assert "a minute" in listed


def test_two_syncs_of_one_source_do_not_run_at_once(company: tuple[Workspace, ringostat.RingostatStandIn]) -> None:
    opened, _ = company

    class Meanwhile(QuickClock):
        refused = 0

        def now(self) -> datetime:
            if not Meanwhile.refused:
                Meanwhile.refused += 1
                with pytest.raises(UsageError) as raised:
                    sync(opened)
                assert raised.value.code == "source_busy"
            return super().now()

    sync(opened, Meanwhile(NOW))
    assert Meanwhile.refused == 1


def test_unknown_agents_get_an_id_and_a_name_and_settings_name_the_known(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn(
        calls=[
            dict(ringostat.row(1, wall(timedelta(hours=1)))),
            dict(ringostat.row(2, wall(timedelta(hours=2)), employee_number="502", employee_fio="Петро Тест")),
            dict(ringostat.row(3, wall(timedelta(hours=3)), employee_number="", connected_with="", billsec="0")),
        ]
    )
    with serving(stand_in) as address:
        lines = '[[sources.agents]]\nagent = "501"\nmanager = "m1"\n'
        opened = workspace(tmp_path / "W", of_ringostat(address, lines))
        sync(opened)
    assert [row["manager_id"] for row in rows(opened, "select manager_id from calls order by call_id")] == [
        "m1", "r:502", "",
    ]  # fmt: skip
    roles = rows(opened, "select answered_by_role from calls where manager_id = 'r:502'")
    assert roles[0]["answered_by_role"] == "manager", "the same in the sync that meets them and in later ones"
    assert [(row["manager_id"], row["name"]) for row in rows(opened, "select * from managers")] == [
        ("r:502", "Петро Тест")
    ]


def test_an_erased_person_leaves_nothing_and_does_not_come_back(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, _ = company
    sync(opened)
    erase(opened, ["+380670000001"], by="q", now=NOW)
    for table in ("source_calls", "call_legs", "recording_queue"):
        assert rows(opened, f"select * from {table} where call_id = 'r:ua3-1'") == [], table
    sync(opened, since=NOW - timedelta(days=1))
    assert rows(opened, "select * from calls where call_id = 'r:ua3-1'") == []
    assert rows(opened, "select * from calls where client_phone = '+380670000001'") == []
    assert len(rows(opened, "select 1 from calls")) == 59, "anonymous, but counted"


# --- recordings ------------------------------------------------------------------------------------------------------


def test_recordings_are_fetched_gone_on_with_and_kept_under_their_hash(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn(sounds={"/rec/1.wav": wav(61.0, channels=2)})
    with serving(stand_in) as address:
        told = {"has_recording": "1", "recording_wav": f"{address}/rec/1.wav"}
        stand_in.calls = [dict(ringostat.row(1, wall(timedelta(hours=1)), **told))]
        opened = workspace(tmp_path / "W", of_ringostat(address, 'agent_channel = "right"\n'))
        clock = QuickClock(NOW)
        stand_in.sound_kind = "text/html"
        sync(opened, clock)
        assert states(opened, "r") == {FetchState.PENDING: 1}, "a page is no recording"
        (recording,) = rows(opened, "select * from recordings")
        assert (recording["state"], recording["detail"]) == ("missing", "pending")
        stand_in.sound_kind = "audio/wav"
        sync(opened, clock)
        assert states(opened, "r") == {FetchState.PENDING: 1}, "not before its turn"
        clock.sleep(3600)
        sync(opened, clock)
    (recording,) = rows(opened, "select * from recordings")
    assert (recording["state"], recording["channels"], recording["agent_channel"]) == ("ready", 2, 1)
    assert (opened.home / recording["path"]).read_bytes() == wav(61.0, channels=2)
    assert states(opened, "r") == {FetchState.READY: 1}


def test_a_download_that_was_cut_goes_on_where_it_was(tmp_path: Path) -> None:
    class Cutting(ringostat.RingostatStandIn):
        cut = False

        def answer(self, question: Any) -> Any:
            if question.path in self.sounds and not self.cut:
                self.cut = True
                self.faults.append(Fault.CUT)
            return super().answer(question)

    sound = wav(61.0)
    stand_in = Cutting(sounds={"/rec/1.wav": sound})
    with serving(stand_in) as address:
        told = {"has_recording": "1", "recording_wav": f"{address}/rec/1.wav"}
        stand_in.calls = [dict(ringostat.row(1, wall(timedelta(hours=1)), **told))]
        stand_in.calls.append(dict(ringostat.row(2, wall(timedelta(hours=2)), **told)))
        opened = workspace(tmp_path / "W", of_ringostat(address))
        clock = QuickClock(NOW)
        sync(opened, clock)
        clock.sleep(3600)
        sync(opened, clock)
    assert states(opened, "r") == {FetchState.READY: 2}
    assert len(rows(opened, "select distinct path from recordings")) == 1


def test_links_that_expired_are_asked_anew_and_an_absent_recording_is_final(tmp_path: Path) -> None:
    stand_in = binotel.BinotelStandIn(expire_next=2)
    for n in (1, 2):
        stand_in.calls[str(n)] = binotel.call(n, int(NOW.timestamp()) - 3600 * n, recordingStatus="uploaded")
    stand_in.sounds["1"] = wav(38.0)
    with serving(stand_in) as address:
        stand_in.address = address
        opened = workspace(tmp_path / "W", of_binotel(address))
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert states(opened, "b") == {FetchState.PENDING: 1, FetchState.ABSENT: 1}
        for _ in range(3):
            clock.sleep(12 * 3600)
            sync(opened, clock)
    assert states(opened, "b") == {FetchState.READY: 1, FetchState.ABSENT: 1}
    assert stand_in.given == 3, "a new link for each attempt"


def test_a_recording_that_never_comes_is_given_up(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn()
    with serving(stand_in) as address:
        told = {"has_recording": "1", "recording_wav": f"{address}/rec/gone.wav"}
        stand_in.calls = [dict(ringostat.row(1, wall(timedelta(hours=1)), **told))]
        opened = workspace(tmp_path / "W", of_ringostat(address))
        clock = QuickClock(NOW)
        for _ in range(ATTEMPTS + 2):
            sync(opened, clock)
            clock.sleep(13 * 3600)
        asked = sum(question.path == "/rec/gone.wav" for question in stand_in.asked)
    assert (states(opened, "r"), asked) == ({FetchState.FAILED: 1}, ATTEMPTS)
    (recording,) = rows(opened, "select * from recordings")
    assert (recording["state"], recording["detail"]) == ("missing", "not_fetched")


# --- Asterisk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pbx(tmp_path: Path) -> tuple[Workspace, Path]:
    settings = '[[sources]]\nkind = "asterisk"\nname = "pbx"\nfile = "Master.csv"\nmonitor = "monitor"\n'
    opened = workspace(tmp_path / "W", settings)
    return opened, opened.home / "Master.csv"


def test_master_csv_is_read_on_and_rows_that_come_apart_are_joined(pbx: tuple[Workspace, Path]) -> None:
    opened, file = pbx
    attempt, talk, queue = asterisk.queue_call(1, wall(timedelta(hours=1)))
    asterisk.append(file, attempt)
    with file.open("a") as half:
        half.write(asterisk.line(talk)[:40])
    sync(opened)
    (call,) = rows(opened, "select * from calls")
    assert (call["outcome"], call["talk_s"]) == ("missed", 0), "nobody has answered so far"
    with file.open("a") as half:
        half.write(asterisk.line(talk)[40:])
    asterisk.append(file, queue)
    sync(opened)
    (call,) = rows(opened, "select * from calls")
    assert (call["outcome"], call["talk_s"], call["wait_s"], call["manager_id"]) == ("answered", 60, 20, "pbx:101")
    legs = rows(opened, "select agent, talk_s from call_legs order by place")
    assert [(leg["agent"], leg["talk_s"]) for leg in legs] == [("102", 0), ("101", 60)]


def test_a_last_line_without_a_line_break_is_read_once_nobody_writes_any_more(pbx: tuple[Workspace, Path]) -> None:
    opened, file = pbx
    attempt, talk, queue = asterisk.queue_call(1, wall(timedelta(hours=1)))
    asterisk.append(file, attempt)
    with file.open("a") as half:
        half.write(asterisk.line(talk).rstrip("\r\n"))
    sync(opened)
    assert rows(opened, "select outcome from calls") == [{"outcome": "missed"}], "it may still be being written"
    an_hour_ago = NOW.timestamp() - 3600
    os.utime(file, (an_hour_ago, an_hour_ago))
    assert sync(opened).counts["calls"].updated == 1
    before = rows(opened, "select call_id, outcome, talk_s from calls"), rows(opened, "select * from call_legs")
    assert before[0][0]["outcome"] == "answered"
    report = sync(opened)
    assert (report.counts["calls"].new, report.counts["calls"].updated, report.rejected) == (0, 0, 0)
    with file.open("a") as rest:
        rest.write("\n")
    asterisk.append(file, queue)
    sync(opened)
    assert (
        rows(opened, "select call_id, outcome, talk_s from calls"),
        rows(opened, "select * from call_legs"),
    ) == before


@pytest.mark.parametrize("cut", [5, 40, -1])
def test_a_last_line_that_was_cut_off_is_never_taken_for_a_whole_one(pbx: tuple[Workspace, Path], cut: int) -> None:
    opened, file = pbx
    attempt, talk, _ = asterisk.queue_call(1, wall(timedelta(hours=1)))
    asterisk.append(file, attempt)
    with file.open("a") as half:
        half.write(asterisk.line(talk).rstrip("\r\n").rpartition(",")[0] if cut < 0 else asterisk.line(talk)[:-cut])
    an_hour_ago = NOW.timestamp() - 3600
    os.utime(file, (an_hour_ago, an_hour_ago))
    report = sync(opened)
    assert (rows(opened, "select outcome from calls"), report.rejected) == ([{"outcome": "missed"}], 0)


def test_a_rotated_file_is_read_to_its_end_first(pbx: tuple[Workspace, Path]) -> None:
    opened, file = pbx
    for n in range(1, 4):
        asterisk.append(file, *asterisk.queue_call(n, wall(timedelta(hours=5, minutes=-n))))
    sync(opened)
    asterisk.append(file, *asterisk.queue_call(4, wall(timedelta(hours=3))))
    file.rename(file.with_name("Master.csv.1"))
    asterisk.append(file, *asterisk.queue_call(5, wall(timedelta(hours=2))))
    sync(opened)
    asterisk.append(file, *asterisk.queue_call(6, wall(timedelta(hours=1))))
    sync(opened)
    assert len(rows(opened, "select 1 from calls")) == 6
    assert len(rows(opened, "select 1 from call_legs")) == 12


def test_a_line_that_is_no_call_is_listed(pbx: tuple[Workspace, Path]) -> None:
    opened, file = pbx
    file.write_text('"a","b"\n', encoding="utf-8")
    asterisk.append(file, *asterisk.queue_call(1, wall(timedelta(hours=1))))
    report = sync(opened)
    assert (report.rejected, report.counts["calls"].new) == (1, 1)


def test_recordings_of_the_monitor_folder_are_found_by_unique_id(pbx: tuple[Workspace, Path]) -> None:
    opened, file = pbx
    call = asterisk.queue_call(1, datetime(2026, 3, 1, 23, 20))  # noqa: DTZ001 - the wall clock of the server
    asterisk.append(file, *call)
    unique_id = call[0]["linkedid"]
    moment = datetime.fromtimestamp(int(unique_id.split(".")[0]), KYIV)
    folder = opened.home / "monitor" / f"{moment:%Y}" / f"{moment:%m}" / f"{moment:%d}"
    folder.mkdir(parents=True)
    sound = folder / f"q-600-380671112233-{moment:%Y%m%d-%H%M%S}-{unique_id}.wav"
    sound.write_bytes(wav(60.0))
    clock = QuickClock(NOW)
    sync(opened, clock)
    assert states(opened, "pbx") == {FetchState.PENDING: 1}, "it may still grow"
    os.utime(sound, (0, time.time() - 60))
    clock.sleep(3600)
    sync(opened, clock)
    assert states(opened, "pbx") == {FetchState.READY: 1}


# --- kill -9 ---------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(280)
def test_a_sync_that_is_killed_and_repeated_leaves_the_same(tmp_path: Path) -> None:
    """Real processes, killed with -9 at moments through the whole of it."""
    stand_in = ringostat.RingostatStandIn(delay_s=0.12, sounds={f"/rec/{n}.wav": wav(2.0 + n / 8) for n in range(6)})
    with serving(stand_in) as address:
        for n in range(150):
            told = {"has_recording": "1", "recording_wav": f"{address}/rec/{n}.wav"} if n < 6 else {}
            stand_in.calls.append(dict(ringostat.row(n, wall(timedelta(hours=2 * n + 3)), **told)))
        calm = workspace(tmp_path / "calm", of_ringostat(address))
        sync(calm)
        expected = everything(calm)
        assert len(expected["calls"]) == 150
        disturbed = workspace(tmp_path / "disturbed", of_ringostat(address))
        disturbed.store.release()
        assert kill_syncs(disturbed.home, "r", stand_in, (1, 2, 3)) == 3
        sync_in_a_process(disturbed.home, "r")
        found = everything(disturbed)
    assert found == expected
