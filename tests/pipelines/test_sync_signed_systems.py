"""Zadarma, Novofon and Twilio by settings alone: signed, paged, in pieces, faulty; and their recordings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.domain.telephony import FetchState
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled
from qc_workbench.sources.wire import TRIES
from qc_workbench.sources.zadarma import signed
from qc_workbench.store import source_overview
from qc_workbench.workspace import Workspace
from tests.connected_cases import NOW, everything, rows, states, sync
from tests.connected_cases import workspace as workspace_of
from tests.import_cases import wav
from tests.stand_ins import twilio, zadarma
from tests.stand_ins.serving import Behaviour, Fault, QuickClock, serving

KYIV = ZoneInfo("Europe/Kyiv")
KINDS = ("zadarma", "novofon", "twilio")


def workspace(home: Path, kind: str, address: str, more: str = "") -> Workspace:
    keys = 'key = "file:key"\nsecret = "file:secret"\n'
    if kind == "twilio":
        keys = f'account = "{twilio.ACCOUNT}"\ntoken = "file:secret"\n'
    source = f'[[sources]]\nkind = "{kind}"\nname = "s"\n{keys}address = "{address}"\n{more}'
    return workspace_of(home, source, zone=KYIV.key, region="UA")


def stand_in_of(kind: str, calls: int, hours: float = 1) -> zadarma.ZadarmaStandIn | twilio.TwilioStandIn:
    moments = [NOW - timedelta(hours=hours * n + 1) for n in range(calls)]
    if kind == "twilio":
        found = twilio.TwilioStandIn()
        found.calls = [row for n, at in enumerate(moments) for row in twilio.inbound(n, at)]
        return found
    told = zadarma.ZadarmaStandIn()
    told.rows = [row for n, at in enumerate(moments) for row in zadarma.queue_call(n, wall(at))]
    return told


def wall(moment: datetime) -> datetime:
    return moment.astimezone(KYIV).replace(tzinfo=None)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_and_legs_arrive_once_however_often_they_are_read(kind: str, tmp_path: Path) -> None:
    with serving(stand_in_of(kind, 30)) as address:
        opened = workspace(tmp_path / "W", kind, address)
        first = sync(opened)
        assert (first.counts["calls"].new, first.rejected) == (30, 0)
        before = everything(opened)
        assert sync(opened).nothing_new
        assert sync(opened, since=NOW - timedelta(days=25)).nothing_new
        assert everything(opened) == before
    assert len(before["legs"]) == 60
    (talk,) = {(row["talk_s"], row["outcome"]) for row in before["calls"]}
    assert talk == (61, "answered")
    keys = ("client:olena", "client:petro") if kind == "twilio" else ("101", "102")
    assert {row["manager_id"] for row in before["calls"]} == {f"s:{keys[0]}"}
    assert {row["agent"] for row in before["legs"]} == set(keys)


@pytest.mark.parametrize("kind", ["zadarma", "twilio"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_lose_nothing_and_count_nothing_twice(kind: str, newest_first: bool, tmp_path: Path) -> None:
    calls = 620
    stand_in = stand_in_of(kind, calls, hours=0.01)
    stand_in.repeat_last_of_page = True
    if isinstance(stand_in, zadarma.ZadarmaStandIn):
        stand_in.newest_first = newest_first
    else:
        stand_in.page_rows = 200 if newest_first else 700
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", kind, address, "recordings = false\n")
        report = sync(opened)
    assert len(stand_in.asked) >= 3
    (told,) = rows(opened, "select count(*) n, sum(talk_s) talk from calls")
    assert (told["n"], told["talk"], report.rejected) == (calls, calls * 61, 0)
    assert len(rows(opened, "select 1 from call_legs")) == 2 * calls


@pytest.mark.parametrize("kind", ["zadarma", "twilio"])
@pytest.mark.parametrize(
    "fault", [Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS, Fault.SERVER_ERROR, Fault.TOO_MANY, Fault.CUT]
)
@pytest.mark.slow
def test_a_broken_answer_moves_no_checkpoint_and_is_asked_again(kind: str, fault: Fault, tmp_path: Path) -> None:
    stand_in = stand_in_of(kind, 5)
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", kind, address)
        stand_in.spoil(*[fault] * TRIES)
        with pytest.raises(SourceError) as raised:
            sync(opened)
        assert rows(opened, "select * from source_state") == []
        with opened.store.reading() as reader:
            (run,) = source_overview.runs_of(reader, "s", 9)
        assert run.error_code == raised.value.code
        stand_in.spoil(fault)
        assert sync(opened).counts["calls"].new == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_is_told_at_once_and_never_repeated(kind: str, tmp_path: Path) -> None:
    stand_in = stand_in_of(kind, 1)
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", kind, address)
        (opened.home / "secret").write_text("another")
        with pytest.raises(SourceRefused) as raised:
            sync(opened)
    assert len(stand_in.asked) == (1 if kind == "twilio" else 2), "two readings of one signature"
    assert "another" not in repr(raised.value)
    assert "another" not in stand_in.asked[0].path + repr(stand_in.asked[0].params)


def test_limits_told_inside_a_success_are_waited_for(tmp_path: Path) -> None:
    stand_in = stand_in_of("zadarma", 3)
    stand_in.spoil(Fault.ERROR_IN_SUCCESS)
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "zadarma", address)
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert max(clock.slept) >= 60
        stand_in.spoil(*[Fault.ERROR_IN_SUCCESS] * TRIES)
        with pytest.raises(SourceThrottled):
            sync(opened)


def test_no_question_of_zadarma_is_longer_than_a_month(tmp_path: Path) -> None:
    stand_in = stand_in_of("zadarma", 3)
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "zadarma", address, "history_days = 100\n")
        sync(opened)
    assert len(stand_in.asked) == 4 + 1  # four windows; where there are rows the next page is asked for too
    for question in stand_in.asked:
        since, until = (datetime.fromisoformat(question.params[name]) for name in ("start", "end"))
        assert until - since <= timedelta(days=28, hours=1)


def test_a_signature_is_what_the_public_client_of_the_vendor_makes() -> None:
    """Counted apart, with md5sum, openssl dgst -sha1 -hmac and base64."""
    address, authorization = signed("/v1/statistics/pbx/", {"start": "2026-03-02 00:00:00", "end": "x"}, "k", "s")
    assert address == "/v1/statistics/pbx/?end=x&start=2026-03-02+00%3A00%3A00"
    assert authorization == "k:MWUxYTU4ZDRmYmY4YmI0MjNjNzhlNjdiNTlhODM2OGE2N2U2MTI0Zg=="


def test_a_leg_that_is_told_later_joins_its_call(tmp_path: Path) -> None:
    stand_in = stand_in_of("zadarma", 0)
    first, second = zadarma.queue_call(1, wall(NOW - timedelta(minutes=70)))
    stand_in.rows = [first]
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "zadarma", address)
        sync(opened)
        (call,) = rows(opened, "select * from calls")
        assert (call["outcome"], call["manager_id"]) == ("missed", "s:102")
        stand_in.rows.append(second)
        sync(opened)
    (call,) = rows(opened, "select * from calls")
    assert (call["outcome"], call["talk_s"], call["manager_id"]) == ("answered", 61, "s:101")
    assert len(rows(opened, "select 1 from call_legs")) == 2


def test_a_call_of_twilio_that_is_going_on_is_waited_for(tmp_path: Path) -> None:
    parent, first, second = twilio.inbound(1, NOW - timedelta(hours=3))
    stand_in = twilio.TwilioStandIn(calls=[{**parent, "status": "in-progress", "end_time": None}, first])
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "twilio", address)
        sync(opened)
        assert rows(opened, "select * from calls") == []
        (state,) = rows(opened, "select done_until from source_state")
        assert state["done_until"] == NOW - timedelta(hours=3)
        stand_in.calls = [parent, first, second]
        sync(opened)
    (call,) = rows(opened, "select * from calls")
    assert (call["talk_s"], call["wait_s"]) == (61, 30)


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:1", "//elsewhere.test"])
def test_the_next_page_is_followed_on_the_same_host_only(elsewhere: str, tmp_path: Path) -> None:
    stand_in = stand_in_of("twilio", 30)
    assert isinstance(stand_in, twilio.TwilioStandIn)
    stand_in.page_rows, stand_in.elsewhere = 10, elsewhere
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "twilio", address)
        with pytest.raises(SourceAnswerBroken):
            sync(opened)
    # The moment of the test decides how the calls fall into questions of seven days: those that one page answers
    # are kept, of a page that leads elsewhere nothing is.
    assert len(rows(opened, "select * from calls")) < stand_in.page_rows


def test_where_the_vendors_clock_is_behind_the_checkpoint_is_its_time(tmp_path: Path) -> None:
    for kind in ("zadarma", "twilio"):
        stand_in: Behaviour = stand_in_of(kind, 2)
        stand_in.clock_shift = timedelta(minutes=-30)
        with serving(stand_in) as address:
            opened = workspace(tmp_path / kind, kind, address)
            sync(opened, QuickClock(datetime.now(UTC)))
        (state,) = rows(opened, "select done_until from source_state")
        assert state["done_until"] < datetime.now(UTC) - timedelta(minutes=25)


# --- recordings ------------------------------------------------------------------------------------------------------


def test_a_recording_is_not_asked_for_before_its_time_and_an_expired_link_is_asked_anew(tmp_path: Path) -> None:
    over = NOW - timedelta(seconds=10)
    _, talk = zadarma.queue_call(1, wall(over - timedelta(seconds=76)), is_recorded="true")
    stand_in = zadarma.ZadarmaStandIn(rows=[talk], expire_next=1)
    stand_in.sounds[talk["call_id"]] = wav(61.0)
    with serving(stand_in) as address:
        stand_in.address = address
        opened = workspace(tmp_path / "W", "zadarma", address)
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert (stand_in.given, states(opened, "s")) == (0, {FetchState.PENDING: 1}), "10 s after the end"
        clock.sleep(600)
        sync(opened, clock)
        assert (stand_in.given, states(opened, "s")) == (1, {FetchState.PENDING: 1}), "that link had expired"
        clock.sleep(3600)
        sync(opened, clock)
    assert (stand_in.given, states(opened, "s")) == (2, {FetchState.READY: 1})


def test_a_recording_that_is_not_found_is_absent_only_a_day_later(tmp_path: Path) -> None:
    _, talk = zadarma.queue_call(1, wall(NOW - timedelta(hours=1)), is_recorded="true")
    stand_in = zadarma.ZadarmaStandIn(rows=[talk])
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "zadarma", address)
        clock = QuickClock(NOW)
        sync(opened, clock)
        assert states(opened, "s") == {FetchState.PENDING: 1}
        clock.sleep(24 * 3600)
        sync(opened, clock)
    assert states(opened, "s") == {FetchState.ABSENT: 1}


def test_recordings_of_twilio_come_with_both_channels_and_with_the_key_and_absent_is_final(tmp_path: Path) -> None:
    stand_in = twilio.TwilioStandIn()
    for n in (1, 2, 3):
        stand_in.calls += twilio.inbound(n, NOW - timedelta(hours=n))
    one, two, three = (twilio.sid("CA", n * 10) for n in (1, 2, 3))
    stand_in.recordings = {
        one: [{"sid": "RE1", "status": "completed", "channels": 1, "duration": "61"},
              {"sid": "RE2", "status": "completed", "channels": 2, "duration": "61"}],
        two: [{"sid": "RE3", "status": "absent", "channels": 1, "duration": None}],
        three: [{"sid": "RE4", "status": "processing", "channels": 1, "duration": None}],
    }  # fmt: skip
    stand_in.sounds = {"RE2": wav(61.0, channels=2)}
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "twilio", address)
        sync(opened)
    assert states(opened, "s") == {FetchState.READY: 1, FetchState.ABSENT: 1, FetchState.PENDING: 1}
    (told,) = rows(opened, "select * from recordings where state = 'ready'")
    assert (told["channels"], told["call_id"]) == (2, f"s:{one}")
    (asked,) = [question for question in stand_in.asked if question.path.endswith("RE2.wav")]
    assert asked.params == {"RequestedChannels": "2"}
    assert "stand-in-secret" not in repr(rows(opened, "select * from recording_queue"))


@pytest.mark.parametrize("signs_bytes", [False, True], ids=["hexadecimal digest", "bytes of the digest"])
def test_either_reading_of_the_signature_is_found_out_and_a_wrong_key_is_still_refused(
    tmp_path: Path, signs_bytes: bool
) -> None:
    stand_in = zadarma.ZadarmaStandIn(rows=zadarma.queue_call(1, wall(NOW - timedelta(hours=1))))
    stand_in.signs_bytes = signs_bytes
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "zadarma", address)
        assert sync(opened).counts["calls"].new == 1
        (opened.home / "secret").write_text("another")
        with pytest.raises(SourceRefused):
            sync(opened)


@pytest.mark.parametrize("calls", [3, 501])
def test_a_server_that_knows_no_pages_is_read_once(tmp_path: Path, calls: int) -> None:
    stand_in = stand_in_of("zadarma", calls, hours=0.2)
    assert isinstance(stand_in, zadarma.ZadarmaStandIn)
    stand_in.knows_pages = False
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", "zadarma", address)
        assert sync(opened).counts["calls"].new == calls
    asked = [item.params["skip"] for item in stand_in.asked if item.path.startswith("/v1/statistics")]
    assert "1000" not in asked or calls * 2 == 1000
