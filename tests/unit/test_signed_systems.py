"""What rows of Zadarma, Novofon and Twilio mean, from the documented examples of each, and of anything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.telephony import Ending, VendorAgent, Way
from qc_workbench.sources import twilio, zadarma
from qc_workbench.sources.problems import BadValueError
from tests.stand_ins import twilio as twilio_stand_in
from tests.stand_ins import zadarma as zadarma_stand_in

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented"
ZADARMA = zadarma.ZadarmaMeaning(ZoneInfo("Europe/Kyiv"), "UA")
TWILIO = twilio.TwilioMeaning("US", frozenset({"+13055550111"}))
#: On the wall clock of the telephone system.
WALL = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - vendors write no zone
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"{name}.json").read_text(encoding="utf-8"))["payload"]


def test_every_documented_word_of_zadarma_and_twilio_is_known() -> None:
    ways, endings = documented("canonical__direction_map"), documented("canonical__outcome_map")
    assert {key: word.value for key, word in zadarma.ENDINGS.items()} == endings["zadarma"]
    for key, word in endings["twilio"].items():
        assert twilio.ENDINGS[key].value == word
    for key, way in ways["twilio.direction"].items():
        found = twilio.WAYS[key]
        assert (found.value if found else "leg") == way


def test_the_documented_row_of_zadarma_becomes_a_call() -> None:
    told = ZADARMA.collapse(documented("zadarma__statistics_pbx_v2")["stats"])
    assert told
    assert (told.way, told.client, told.talk_s, told.ending) == (Way.IN, "+380671112233", 121, Ending.ANSWERED)
    assert told.started_at == datetime(2026, 3, 2, 8, 15, 4, tzinfo=UTC)
    assert told.agent == VendorAgent("101", None, "101")
    assert told.recording
    assert told.recording.key.startswith("1772439304.1000001|")
    assert (told.wait_s, told.line) == (None, None), "the vendor does not tell"


@pytest.mark.parametrize(
    ("changes", "way", "client", "agent", "ending"),
    [
        ({"pbx_call_id": "out_1", "sip": "101", "destination": "380671112233", "clid": "380440000001"},
         Way.OUT, "+380671112233", "101", Ending.ANSWERED),
        ({"pbx_call_id": "out_1", "sip": "101", "destination": "380671112233", "disposition": "no answer"},
         Way.OUT, "+380671112233", "101", Ending.NO_ANSWER_CLIENT),
        ({"pbx_call_id": "out_1", "sip": "101", "destination": "102", "clid": "101"},
         Way.INTERNAL, None, "101", Ending.ANSWERED),
        ({"destination": "380509998877", "sip": "380671112233"},
         Way.IN, "+380671112233", "+380509998877", Ending.ANSWERED),
        ({"destination": "", "sip": ""}, Way.IN, "+380671112233", None, Ending.MISSED),
        ({"clid": "anonymous"}, Way.IN, None, "101", Ending.ANSWERED),
        ({"disposition": "a new word"}, Way.IN, "+380671112233", "101", Ending.UNKNOWN),
        ({"disposition": "no money, no limit"}, Way.IN, "+380671112233", "101", Ending.FAILED),
    ],
)  # fmt: skip
def test_ends_of_a_row_of_zadarma(
    changes: dict[str, str], way: Way, client: str | None, agent: str | None, ending: Ending
) -> None:
    told = ZADARMA.collapse([{**documented("zadarma__statistics_pbx_v2")["stats"][0], **changes}])
    assert told
    assert (told.way, told.client, told.agent and told.agent.key, told.ending) == (way, client, agent, ending)


def test_a_row_of_zadarma_whose_direction_nobody_can_tell_is_not_guessed() -> None:
    row = {**documented("zadarma__statistics_pbx_v2")["stats"][0], "pbx_call_id": "x", "clid": "", "destination": "a"}
    with pytest.raises(BadValueError):
        ZADARMA.collapse([row])


def test_the_documented_calls_of_twilio_are_calls_by_their_direction_and_a_lonely_leg_is_none() -> None:
    for row in documented("twilio__calls")["calls"]:
        assert TWILIO.collapse([{**row, "direction": "outbound-dial"}]) is None
        for parent, group in ((row["parent_call_sid"], row["parent_call_sid"]), (None, row["sid"])):
            told = TWILIO.collapse([{**row, "parent_call_sid": parent}])
            assert told
            assert (told.group_id, told.started_at.year) == (group, 2019)


@pytest.mark.parametrize(
    ("parent", "leg", "way", "client", "agent", "ending"),
    [
        ({}, {"to": "+13055550111"}, Way.IN, "+380670000001", "+13055550111", Ending.ANSWERED),
        ({}, {"to": "sip:petro@acme.sip.twilio.com"}, Way.IN, "+380670000001", "petro", Ending.ANSWERED),
        ({"from": "client:olena"}, {"to": "+380671112233"}, Way.OUT, "+380671112233", "client:olena", Ending.ANSWERED),
        ({"from": "client:olena"}, {"to": "+380671112233", "status": "no-answer", "duration": "0"},
         Way.OUT, "+380671112233", "client:olena", Ending.NO_ANSWER_CLIENT),
        ({"direction": "outbound-api", "from": "+13055550100", "to": "+13055550111"}, {"to": "+380671112233"},
         Way.OUT, "+380671112233", "+13055550111", Ending.ANSWERED),
        ({"direction": "outbound-api", "from": "+13055550100", "to": "+380671112233"}, {"to": "client:olena"},
         Way.OUT, "+380671112233", "client:olena", Ending.ANSWERED),
        ({"from": "client:olena"}, {"to": "client:petro"}, Way.INTERNAL, None, "client:petro", Ending.ANSWERED),
        ({}, {"status": "no-answer", "duration": "0"}, Way.IN, "+380670000001", "client:petro", Ending.MISSED),
    ],
)  # fmt: skip
def test_which_end_of_a_call_of_twilio_is_ours(
    parent: dict[str, str], leg: dict[str, str], way: Way, client: str | None, agent: str, ending: Ending
) -> None:
    first, nobody, second = twilio_stand_in.inbound(1, AT)
    both = [{**first, **parent}, {**second, **leg}]
    if ending is Ending.MISSED:
        both.append(nobody)
    told = TWILIO.collapse(both)
    assert told
    assert (told.way, told.client, told.agent and told.agent.key, told.ending) == (way, client, agent, ending)


def test_completed_without_a_leg_is_a_menu_unless_settings_say_otherwise() -> None:
    parent, *_ = twilio_stand_in.inbound(1, AT)
    menu = TWILIO.collapse([parent])
    assert menu
    assert (menu.ending, menu.talk_s, menu.agent, menu.recording) == (Ending.MISSED, 0, None, None)
    conference = twilio.TwilioMeaning("US", answered_without_leg=True).collapse([parent])
    assert conference
    assert (conference.ending, conference.talk_s) == (Ending.ANSWERED, 91)


# --- anything that may come ------------------------------------------------------------------------------------------

attempts = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 300), st.sampled_from(["answered", "no answer", "busy", "new"])),
    min_size=1,
    max_size=5,
)


@given(attempts, st.data())
def test_attempts_of_zadarma_in_any_order_and_repeated_are_one_call(
    told: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    rows = [
        {
            **zadarma_stand_in.queue_call(1, WALL + timedelta(seconds=at))[1],
            "call_id": f"1.{place}", "sip": str(101 + place), "destination": str(101 + place), "disposition": word,
            "seconds": seconds,
        }
        for place, (at, seconds, word) in enumerate(told)
    ]  # fmt: skip
    call = ZADARMA.collapse(data.draw(st.permutations(rows * 2)))
    assert call == ZADARMA.collapse(rows)
    assert call
    assert len(call.legs) == len(rows)
    talked = [(at, at + seconds) for at, seconds, word in told if word == "answered"]
    assert call.talk_s == len({second for start, end in talked for second in range(start, end)})
    assert (call.ending is Ending.ANSWERED) == (call.talk_s > 0)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 300)), max_size=5), st.data())
def test_legs_of_twilio_in_any_order_and_repeated_and_older_are_one_call(
    told: list[tuple[int, int]], data: st.DataObject
) -> None:
    parent, _, leg = twilio_stand_in.inbound(1, AT)
    rows = [parent] + [
        {
            **leg, "sid": f"CA{place}", "to": f"client:a{place}", "duration": str(seconds),
            "status": "completed" if seconds else "no-answer",
            "start_time": twilio_stand_in.told(AT + timedelta(seconds=at)),
            "end_time": twilio_stand_in.told(AT + timedelta(seconds=at + seconds)),
        }
        for place, (at, seconds) in enumerate(told)
    ]  # fmt: skip
    older = [{**row, "status": "in-progress", "duration": None} for row in rows]
    call = TWILIO.collapse(data.draw(st.permutations(rows * 2 + older)))
    assert call == TWILIO.collapse(rows)
    assert call
    seconds = {second for at, length in told for second in range(at, at + length)}
    assert call.talk_s == len(seconds)
    assert (call.ending is Ending.ANSWERED) == bool(seconds)
    assert max((leg.talk_s for leg in call.legs), default=0) <= call.talk_s
