"""What rows of telephone systems mean, from the documented examples of each."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.domain.call import Direction, Manager, Outcome, Role
from qc_workbench.domain.telephony import AgentLine, Ending, Rung, VendorAgent, Way
from qc_workbench.sources import binotel, ringostat
from qc_workbench.sources.agent_book import AgentBook
from qc_workbench.sources.asterisk import AsteriskMeaning
from qc_workbench.sources.asterisk_files import _fields
from qc_workbench.sources.binotel import BinotelMeaning
from qc_workbench.sources.call_values import local_bounds, local_moment, to_call
from qc_workbench.sources.numbers import PartyKind, party
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.ringostat import RingostatMeaning
from tests.stand_ins import asterisk as asterisk_stand_in

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented"
KYIV = ZoneInfo("Europe/Kyiv")
RINGOSTAT = RingostatMeaning(KYIV, "UA")
BINOTEL = BinotelMeaning("UA")
ASTERISK = AsteriskMeaning(KYIV, "UA")
#: On the wall clock of the telephone system.
WALL = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - vendors write no zone
AT = datetime(2026, 3, 2, 8, 15, 4, tzinfo=UTC)


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"{name}.json").read_text(encoding="utf-8"))["payload"]


def book(*managers: Manager, lines: tuple[AgentLine, ...] = ()) -> AgentBook:
    return AgentBook("pbx", lines, managers)


# --- the words of the vendors ----------------------------------------------------------------------------------------


def test_every_documented_word_of_ringostat_and_binotel_is_known() -> None:
    ways, endings = documented("canonical__direction_map"), documented("canonical__outcome_map")
    assert {key: way.value for key, way in ringostat.WAYS.items()} == ways["ringostat.call_type"]
    assert {key: way.value for key, way in binotel.WAYS.items()} == ways["binotel.callType"]
    assert {key: word.value for key, word in ringostat.ENDINGS.items()} == endings["ringostat"]
    assert {key: word.value for key, word in binotel.ENDINGS.items()} == endings["binotel"]


# --- Ringostat -------------------------------------------------------------------------------------------------------


def test_two_tellings_of_one_row_of_ringostat_mean_the_same_in_either_order() -> None:
    row = documented("ringostat__calls_list")[0]
    tellings = [{**row, "dst": "380440000001"}, {**row, "dst": "380440000002"}]
    assert RINGOSTAT.collapse(tellings) == RINGOSTAT.collapse(tellings[::-1])


def test_documented_rows_of_ringostat_become_calls() -> None:
    proper, missed, out, repeated, going_on = (RINGOSTAT.collapse([row]) for row in documented("ringostat__calls_list"))
    assert proper
    assert (proper.way, proper.client, proper.started_at, proper.talk_s, proper.wait_s) == (
        Way.IN, "+380671112233", AT, 121, 9,
    )  # fmt: skip
    assert proper.agent == VendorAgent("501", "Олена Тест", "acme_manager1")
    assert (proper.first_time, proper.tracking.term) == (True, "купить окна")
    assert proper.recording
    assert proper.recording.place.endswith("abc.wav")
    assert missed
    assert (missed.ending, missed.recording, missed.agent) == (Ending.MISSED, None, None)
    assert out
    assert (out.way, out.client, out.ending) == (Way.OUT, "+380671112233", Ending.ANSWERED)
    assert repeated
    assert repeated.ending is Ending.ANSWERED, "an answered repeat is not a missed call"
    assert going_on
    assert not going_on.is_final


@pytest.mark.parametrize(
    ("changes", "ending", "outcome"),
    [
        ({"call_type": "out", "disposition": "NO ANSWER", "billsec": "0"}, Ending.NO_ANSWER_CLIENT, Outcome.MISSED),
        ({"call_type": "out", "disposition": "CLIENT NO ANSWER", "billsec": "0"},
         Ending.NO_ANSWER_CLIENT, Outcome.MISSED),
        ({"call_type": "callback", "disposition": "CLIENT NO ANSWER", "billsec": "0"},
         Ending.NO_ANSWER_CLIENT, Outcome.FAILED),
        ({"disposition": "PROPER", "billsec": "0"}, Ending.MISSED, Outcome.MISSED),
        ({"disposition": "VOICEMAIL", "billsec": "25"}, Ending.VOICEMAIL, Outcome.MISSED),
        ({"disposition": "DECLINE", "billsec": "0"}, Ending.MISSED, Outcome.MISSED),
        ({"disposition": "a new word", "billsec": "30"}, Ending.ANSWERED, Outcome.ANSWERED),
    ],
)  # fmt: skip
def test_connected_seconds_and_direction_decide_how_a_call_ended(
    changes: dict[str, str], ending: Ending, outcome: Outcome
) -> None:
    told = RINGOSTAT.collapse([{**documented("ringostat__calls_list")[0], **changes}])
    assert told
    assert told.ending is ending
    call = to_call(told, "r", book())
    assert call
    assert call.outcome is outcome
    assert (call.talk_s > 0) == (outcome is Outcome.ANSWERED)


def test_an_unknown_direction_is_told_and_not_guessed() -> None:
    with pytest.raises(BadValueError) as raised:
        RINGOSTAT.collapse([{**documented("ringostat__calls_list")[0], "call_type": "sideways"}])
    assert raised.value.code == "vendor_word"


# --- Binotel ---------------------------------------------------------------------------------------------------------


def test_documented_calls_of_binotel_keep_who_was_rung_and_who_answered() -> None:
    answered, missed = (
        BINOTEL.collapse([row]) for row in documented("binotel__stats_list_of_calls_for_period")["callDetails"].values()
    )
    assert answered
    assert (answered.client, answered.talk_s, answered.wait_s) == ("+380671112233", 38, 19)
    assert [(leg.agent and leg.agent.key, leg.ending) for leg in answered.legs] == [
        ("902", Ending.MISSED), ("901", Ending.ANSWERED),
    ]  # fmt: skip
    assert answered.recording
    assert answered.recording.key == "4900000001"
    assert answered.tracking.term is None, "(not set) is nothing"
    assert book().rung(answered) is Rung.DEPARTMENT
    assert missed
    assert (missed.ending, missed.talk_s) == (Ending.MISSED, 0)


# --- Asterisk --------------------------------------------------------------------------------------------------------


def test_documented_rows_of_freepbx_are_one_call_with_a_queue_and_a_transfer() -> None:
    told = ASTERISK.collapse(documented("asterisk__freepbx_cdr_rows_transfer"))
    assert told
    assert (told.way, told.client, told.line) == (Way.IN, "+380671112233", "440000001")
    assert told.talk_s == 71 + 55
    assert [(leg.agent and leg.agent.key, leg.talk_s, leg.is_transfer) for leg in told.legs] == [
        ("101", 71, False), ("102", 0, False), ("103", 55, True),
    ]  # fmt: skip
    assert told.agent == VendorAgent("101", None, "101")


def test_documented_lines_of_master_csv_are_read() -> None:
    first, second = (
        ASTERISK.collapse([_fields(line)]) for line in documented("asterisk__master_csv_sample").splitlines()
    )
    assert first
    assert (first.started_at, first.talk_s, first.wait_s, first.ending) == (AT, 133, 9, Ending.ANSWERED)
    assert second
    assert (second.ending, second.talk_s, second.client) == (Ending.MISSED, 0, "+380671112233")


def test_a_queue_counts_talk_once_and_attempts_are_no_missed_calls() -> None:
    rows = asterisk_stand_in.queue_call(1, WALL)
    told = ASTERISK.collapse(rows)
    assert told
    assert (told.talk_s, told.wait_s, told.ending) == (60, 20, Ending.ANSWERED)
    assert [(leg.agent and leg.agent.key, leg.talk_s) for leg in told.legs] == [("102", 0), ("101", 60)]
    call = to_call(told, "pbx", book())
    assert call
    assert (call.outcome, call.manager_id) == (Outcome.ANSWERED, "pbx:101")


def test_seconds_with_a_menu_or_voicemail_are_no_talk() -> None:
    base = {
        "src": "380671112233", "dst": "600", "channel": "PJSIP/trunk-00000001", "dstchannel": "", "duration": "40",
        "start": "2026-03-02 10:00:00", "billsec": "40", "disposition": "ANSWERED", "linkedid": "1772439304.1",
        "uniqueid": "1772439304.1", "sequence": "1",
    }  # fmt: skip
    menu = ASTERISK.collapse([{**base, "lastapp": "BackGround"}])
    mail = ASTERISK.collapse([{**base, "lastapp": "VoiceMail"}])
    assert menu
    assert mail
    assert (menu.ending, menu.talk_s) == (Ending.MISSED, 0)
    assert (mail.ending, mail.talk_s) == (Ending.VOICEMAIL, 0)


@pytest.mark.parametrize(
    ("row", "way", "client", "ending"),
    [
        ({"src": "101", "dst": "90671112233", "channel": "SIP/101-0000000a", "dstchannel": "SIP/trunk-0000000b"},
         Way.OUT, "+380671112233", Ending.NO_ANSWER_CLIENT),
        ({"src": "101", "dst": "102", "channel": "SIP/101-0000000a", "dstchannel": "SIP/102-0000000b"},
         Way.INTERNAL, None, Ending.MISSED),
        ({"src": "anonymous", "dst": "101", "channel": "SIP/trunk-0000000a", "dstchannel": "SIP/101-0000000b"},
         Way.IN, None, Ending.MISSED),
    ],
)  # fmt: skip
def test_the_direction_follows_from_who_began(
    row: dict[str, str], way: Way, client: str | None, ending: Ending
) -> None:
    rest = {"start": "2026-03-02 10:00:00", "duration": "20", "billsec": "0", "disposition": "NO ANSWER",
            "lastapp": "Dial", "uniqueid": "1772439304.1", "linkedid": "1772439304.1", "sequence": "1"}  # fmt: skip
    told = AsteriskMeaning(KYIV, "UA", outside_prefix="9").collapse([{**row, **rest}])
    assert told
    assert (told.way, told.client, told.ending) == (way, client, ending)


# --- who, when, where ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("101", PartyKind.EXTENSION, "101"),
        ("acme_manager1", PartyKind.NAME, "acme_manager1"),
        ('"acme_manager1" <acme_manager1>', PartyKind.NAME, "acme_manager1"),
        ('"Клієнт" <380671112233>', PartyKind.PHONE, "+380671112233"),
        ("0671112233", PartyKind.PHONE, "+380671112233"),
        ("sip:101@pbx.example.test", PartyKind.EXTENSION, "101"),
        ("Anonymous", PartyKind.HIDDEN, ""),
        ("", PartyKind.HIDDEN, ""),
    ],
)
def test_extensions_and_sip_names_are_never_taken_for_phones(written: str, kind: PartyKind, value: str) -> None:
    found = party(written, "UA")
    assert (found.kind, found.value, found.raw) == (kind, value, written)


def test_a_line_that_passed_from_hand_to_hand_names_whoever_had_it_then() -> None:
    change = AT + timedelta(days=10)
    known = book(
        Manager("m1", "Анна"),
        lines=(AgentLine("101", "m1", until=change), AgentLine("101", "m2", since=change)),
    )
    agent = VendorAgent("101")
    assert known.who(agent, change - timedelta(seconds=1)) == "m1"
    assert known.who(agent, change) == "m2"


def test_extensions_of_managers_hold_within_their_days_of_work() -> None:
    left = Manager("m1", "Анна", extension="101", left_at=AT)
    came = Manager("m2", "Борис", extension="101", hired_at=AT)
    assert book(left, came).who(VendorAgent("101"), AT - timedelta(days=1)) == "m1"
    assert book(left, came).who(VendorAgent("101"), AT) == "m2"
    both = book(left, Manager("m3", "Вера", extension="101"))
    assert both.who(VendorAgent("101"), AT - timedelta(days=1)) == "pbx:101", "of two at once nobody can tell which"


def test_a_call_answered_high_up_says_so() -> None:
    told = BINOTEL.collapse(list(documented("binotel__stats_list_of_calls_for_period")["callDetails"].values())[:1])
    assert told
    head = book(Manager("b", "Борис", Role.HEAD, extension="901"))
    call = to_call(told, "b", head)
    assert call
    assert (call.manager_id, call.answered_by_role, call.direction) == ("b", Role.HEAD, Direction.INBOUND)
    assert head.rung(told) is Rung.HEAD


def test_no_moment_of_a_window_is_lost_when_the_clock_is_put_back() -> None:
    """In Kyiv the hour from 3:00 comes twice on 25 October 2026."""
    since, until = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    first, last = local_bounds(since, until, KYIV)
    for minute in range(60):
        wall = (since + timedelta(minutes=minute)).astimezone(KYIV).replace(tzinfo=None)
        assert first <= wall <= last


def test_of_an_hour_that_comes_twice_the_first_is_taken() -> None:
    assert local_moment("2026-10-25 03:30:00", KYIV) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_rows_of_a_call_in_any_order_are_the_same_call() -> None:
    rows = documented("asterisk__freepbx_cdr_rows_transfer")
    expected = ASTERISK.collapse(rows)
    chance = random.Random(1)
    for _ in range(20):
        chance.shuffle(rows)
        assert ASTERISK.collapse(rows) == expected
