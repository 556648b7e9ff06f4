"""What rows of Mango Office mean, and that its reports are ordered, signed, waited for and never believed unread."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config_sources import MangoSource
from qc_workbench.domain.call import Direction, Manager, Outcome, Role
from qc_workbench.domain.telephony import Ending, RecordingRef, Rung, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceUnreachable
from qc_workbench.sources.agent_book import AgentBook
from qc_workbench.sources.call_values import to_call
from qc_workbench.sources.connector import Window
from qc_workbench.sources.mango import FIELDS, Mango, MangoMeaning, ending_of_reason
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.wire import TRIES
from tests.connected_cases import Opens, found
from tests.stand_ins import mango
from tests.stand_ins.serving import Answer, Fault, QuickClock, serving

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented"
MEANING = MangoMeaning("RU")
AT = 1772439304
NOON = datetime.now(UTC).replace(microsecond=0)
DAY = Window(NOON - timedelta(hours=20), NOON)


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"{name}.json").read_text(encoding="utf-8"))["payload"]


def documented_rows() -> list[dict[str, str]]:
    names = documented("mango__stats_request")["fields"].split(",")
    lines = documented("mango__stats_result_csv").splitlines()
    return [dict(zip(names, line.split(";"), strict=True)) for line in lines]


# --- meaning ---------------------------------------------------------------------------------------------------------


def test_the_fields_asked_for_are_those_of_the_document() -> None:
    assert sorted(FIELDS) == sorted(documented("mango__stats_request")["fields"].split(","))


def test_documented_rows_become_calls() -> None:
    answered, missed = (MEANING.collapse([row]) for row in documented_rows())
    assert answered
    assert (answered.group_id, answered.way, answered.client) == ("e1", Way.IN, "+79161112233")
    assert answered.started_at == datetime.fromtimestamp(AT, UTC)
    assert (answered.talk_s, answered.wait_s, answered.total_s) == (40, 6, 46)
    assert (answered.agent, answered.line) == (VendorAgent("123", None, "123"), "74950000001")
    assert answered.recording == RecordingRef("", key="rec1")
    assert missed
    assert (missed.ending, missed.talk_s, missed.wait_s, missed.recording) == (Ending.MISSED, 0, 30, None)


def test_the_report_and_the_summary_of_the_webhook_agree() -> None:
    told, summary = MEANING.collapse(documented_rows()[:1]), documented("mango__events_summary")
    assert told
    assert told.answered_at
    assert told.ended_at
    assert told.started_at.timestamp() == summary["create_time"]
    assert told.answered_at.timestamp() == summary["talk_time"]
    assert told.ended_at.timestamp() == summary["end_time"]
    assert told.ending_raw == str(summary["disconnect_reason"])


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("1100", "answered"), ("1110", "answered"), ("1120", "answered"), ("1111", "missed"), ("1121", "busy"),
        ("1122", "declined"), ("1123", "declined"), ("1130", "failed"), ("1139", "failed"), ("1164", "missed"),
        ("1190", "missed"), ("1199", "missed"), ("7", "unknown"), ("", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_documented_reasons_are_known(code: str | None, ending: str) -> None:
    assert ending_of_reason(code) is Ending(ending)


def test_attempts_in_a_queue_are_legs_and_no_missed_calls() -> None:
    told = MEANING.collapse(mango.call(1, AT))
    assert told
    assert (told.ending, told.talk_s, told.wait_s) == (Ending.ANSWERED, 40, 21)
    assert [(leg.agent and leg.agent.key, leg.talk_s, leg.ending) for leg in told.legs] == [
        ("102", 0, Ending.MISSED), ("101", 40, Ending.ANSWERED),
    ]  # fmt: skip
    assert told.agent == VendorAgent("101", None, "101")


def test_how_high_a_call_climbed_and_who_answered_are_kept() -> None:
    told = MEANING.collapse(mango.call(1, AT))
    assert told
    book = AgentBook("m", (), [Manager("o", "Ольга", Role.OWNER, extension="101")])
    assert book.rung(told) is Rung.OWNER
    assert AgentBook("m", (), ()).rung(told) is Rung.DEPARTMENT
    call = to_call(told, "m", book)
    assert call
    assert (call.manager_id, call.answered_by_role, call.direction, call.outcome) == (
        "o", Role.OWNER, Direction.INBOUND, Outcome.ANSWERED,
    )  # fmt: skip


def test_a_transfer_counts_each_second_once_and_the_longest_talk_is_whose_call_it_is() -> None:
    first = mango.leg(1, AT, answer=AT + 6, finish=AT + 66, records="[a]")
    second = mango.leg(1, AT + 60, answer=AT + 66, finish=AT + 266, to_extension="103", records="[b,c]")
    told = MEANING.collapse([second, first])
    assert told
    assert (told.talk_s, told.wait_s, told.total_s) == (260, 6, 266)
    assert [leg.is_transfer for leg in told.legs] == [False, True]
    assert told.agent == VendorAgent("103", None, "103")
    assert told.recording == RecordingRef("", key="b")


@pytest.mark.parametrize(
    ("changes", "way", "client", "ending"),
    [
        ({"from_extension": "101", "to_extension": "", "to_number": "79161112233", "answer": 0,
          "disconnect_reason": 1111}, Way.OUT, "+79161112233", Ending.NO_ANSWER_CLIENT),
        ({"from_extension": "101", "to_extension": "", "to_number": "79161112233", "answer": 0,
          "disconnect_reason": 1110}, Way.OUT, "+79161112233", Ending.NO_ANSWER_CLIENT),
        ({"from_extension": "101", "to_extension": "", "to_number": "79161112233"},
         Way.OUT, "+79161112233", Ending.ANSWERED),
        ({"from_extension": "101", "to_extension": "102"}, Way.INTERNAL, None, Ending.ANSWERED),
        ({"location": "ivr", "to_extension": ""}, Way.IN, "+79160000001", Ending.MISSED),
        ({"answer": 0, "disconnect_reason": 1121}, Way.IN, "+79160000001", Ending.BUSY),
        ({"answer": 0, "disconnect_reason": 1191}, Way.IN, "+79160000001", Ending.MISSED),
        ({"from_number": "anonymous", "answer": 0, "disconnect_reason": 1111}, Way.IN, None, Ending.MISSED),
    ],
)  # fmt: skip
def test_direction_client_and_ending_follow_from_who_was_connected(
    changes: Mapping[str, object], way: Way, client: str | None, ending: Ending
) -> None:
    told = MEANING.collapse([mango.leg(1, AT, **changes)])
    assert told
    assert (told.way, told.client, told.ending) == (way, client, ending)


def test_of_several_phones_that_nobody_took_the_call_is_missed_not_busy() -> None:
    busy = mango.leg(1, AT, answer=0, finish=AT + 1, disconnect_reason=1121)
    quiet = mango.leg(1, AT + 1, to_extension="102", answer=0, finish=AT + 20, disconnect_reason=1111)
    told = MEANING.collapse([busy, quiet])
    assert told
    assert told.ending is Ending.MISSED
    assert [leg.ending for leg in told.legs] == [Ending.BUSY, Ending.MISSED]


def test_of_legs_that_begin_at_one_second_the_one_from_outside_began_the_call() -> None:
    inner = mango.leg(1, AT, from_extension="101", from_number="101", to_extension="102", answer=0)
    outer = mango.leg(1, AT, to_extension="103")
    for rows in ([inner, outer], [outer, inner]):
        told = MEANING.collapse(rows)
        assert told
        assert (told.way, told.client) == (Way.IN, "+79160000001")


def test_a_call_forwarded_to_a_mobile_names_the_mobile() -> None:
    told = MEANING.collapse([mango.leg(1, AT, to_extension="", to_number="79260000000")])
    assert told
    assert told.agent == VendorAgent("79260000000", None, None)


def test_a_leg_that_goes_on_keeps_the_call_open_until_it_is_over() -> None:
    going_on = mango.leg(1, AT, finish=0)
    told = MEANING.collapse([going_on])
    assert told
    assert not told.is_final
    over = MEANING.collapse([going_on, mango.leg(1, AT)])
    assert over
    assert (over.is_final, len(over.legs), over.talk_s) == (True, 1, 40)


@pytest.mark.parametrize(
    ("changes", "name"), [({"start": "yesterday"}, "vendor_time"), ({"finish": AT - 5}, "vendor_number"),
                          ({"finish": AT + 900_000}, "vendor_number")]
)  # fmt: skip
def test_times_that_cannot_be_are_told(changes: Mapping[str, object], name: str) -> None:
    with pytest.raises(BadValueError) as raised:
        MEANING.collapse([mango.leg(1, AT, **changes)])
    assert raised.value.code == name


ROWS = st.builds(
    mango.leg,
    st.just(1),
    st.integers(AT, AT + 3),
    answer=st.sampled_from([0, AT + 5, AT + 30]),
    finish=st.sampled_from([0, AT + 40, AT + 45]),
    from_extension=st.sampled_from(["", "101"]),
    to_extension=st.sampled_from(["", "101", "102"]),
    records=st.sampled_from(["[]", "[a]", "[a,b]"]),
    disconnect_reason=st.sampled_from([1110, 1111, 1121]),
    location=st.sampled_from(["abonent", "ivr", ""]),
)


@given(st.lists(ROWS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_change_nothing(rows: list[dict[str, str]], chance: random.Random) -> None:
    expected = MEANING.collapse(rows)
    again = [*rows, *chance.sample(rows, chance.randint(0, len(rows)))]
    chance.shuffle(again)
    assert MEANING.collapse(again) == expected


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_talk_is_never_longer_than_the_call_and_legs_never_talk_while_it_did_not(rows: list[dict[str, str]]) -> None:
    told = MEANING.collapse(rows)
    assert told
    assert 0 <= told.talk_s <= told.total_s
    assert (told.talk_s > 0) == any(leg.talk_s > 0 for leg in told.legs)
    if told.is_final:
        assert (told.ending is Ending.ANSWERED) == (told.talk_s > 0)


# --- transport -------------------------------------------------------------------------------------------------------


class Opening(Opens):
    def __call__(self, address: str, clock: QuickClock | None = None, salt: str = mango.SALT) -> Mango:
        (self.folder / "key").write_text(mango.KEY)
        (self.folder / "secret").write_text(salt)
        settings = MangoSource(kind="mango", name="m", key="file:key", secret="file:secret", address=f"{address}/vpbx")
        source = self.source(settings, ZoneInfo("UTC"), clock or QuickClock(NOON))
        assert isinstance(source, Mango)
        return source


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    opening = Opening(tmp_path)
    yield opening
    opening.close()


def ago(hours: float) -> int:
    return int((NOON - timedelta(hours=hours)).timestamp())


@pytest.fixture
def server() -> Iterator[tuple[mango.MangoStandIn, str]]:
    stand_in = mango.MangoStandIn(legs=mango.call(1, ago(2)))
    with serving(stand_in) as address:
        yield stand_in, address


def test_a_report_is_ordered_signed_and_waited_for(server: tuple[mango.MangoStandIn, str], opened: Opening) -> None:
    stand_in, address = server
    stand_in.not_ready = 3
    clock = QuickClock(NOON)
    rows = found(opened(address, clock), DAY)
    assert [row.group_id for row in rows] == ["e1", "e1"]
    assert len({row.key for row in rows}) == 2
    assert clock.slept.count(5.0) == 3
    for question in stand_in.asked:
        told = mango.KEY + question.form["json"] + mango.SALT
        assert question.form["sign"] == hashlib.sha256(told.encode()).hexdigest()
        assert mango.SALT not in repr((question.target, question.form)), "the salt never travels"


def test_the_order_is_the_documented_one(server: tuple[mango.MangoStandIn, str], opened: Opening) -> None:
    stand_in, address = server
    found(opened(address), DAY)
    body = json.loads(stand_in.asked[0].form["json"])
    example = documented("mango__stats_request")
    assert set(body) == set(example)
    assert {type(value) for value in body.values()} == {type(value) for value in example.values()} == {str}


@pytest.mark.parametrize(
    "fault", [Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.ERROR_IN_SUCCESS, Fault.CUT, Fault.TRUNCATED]
)
def test_after_a_fault_the_same_is_asked_again(
    server: tuple[mango.MangoStandIn, str], fault: Fault, opened: Opening
) -> None:
    stand_in, address = server
    stand_in.not_ready = 0
    source = opened(address)
    expected = found(source, DAY)
    stand_in.spoil(fault, fault)
    assert found(source, DAY) == expected

    stand_in.asked.clear()
    stand_in.spoil(None, fault)
    assert found(source, DAY) == expected, "the report itself is spoilt"
    assert [question.path.rpartition("/")[2] for question in stand_in.asked] == ["request", "result", "result"]


def test_a_report_that_breaks_off_within_its_last_row_is_no_report(opened: Opening) -> None:
    class Cutting(mango.MangoStandIn):
        cut_by = 0

        def _report(self, body: Mapping[str, str]) -> Answer:
            answer = super()._report(body)
            return Answer(answer.content[: len(answer.content) - self.cut_by], "text/csv", answer.status)

    stand_in = Cutting(legs=mango.call(1, ago(2)), not_ready=0)
    with serving(stand_in) as address:
        source = opened(address)
        assert len(found(source, DAY)) == 2
        for size in (2, 5, 11, 12, 30, 60):
            stand_in.cut_by = size
            with pytest.raises(SourceAnswerBroken) as raised:
                found(source, DAY)
            assert raised.value.code == "source_answer_broken_off", size


def test_an_empty_report_is_believed_when_it_comes_twice(opened: Opening) -> None:
    class Emptied(mango.MangoStandIn):
        emptied = False

        def _report(self, body: Mapping[str, str]) -> Answer:
            answer = super()._report(body)
            if answer.status == 200 and not self.emptied:
                self.emptied = True
                return Answer(b"", "text/csv")
            return answer

    with serving(Emptied(legs=mango.call(1, ago(2)))) as address:
        assert len(found(opened(address), DAY)) == 2
    nothing = mango.MangoStandIn()
    with serving(nothing) as address:
        (batch,) = opened(address).batches(DAY)
        assert (list(batch.rows), batch.complete_until) == ([], DAY.until)
    assert len(nothing.reports) == 2


def test_a_report_that_is_never_ready_is_told(server: tuple[mango.MangoStandIn, str], opened: Opening) -> None:
    stand_in, address = server
    stand_in.not_ready = 10_000
    with pytest.raises(SourceUnreachable) as raised:
        found(opened(address), DAY)
    assert raised.value.code == "source_not_ready"


def test_a_wrong_salt_is_told_at_once(server: tuple[mango.MangoStandIn, str], opened: Opening) -> None:
    stand_in, address = server
    with pytest.raises(SourceRefused):
        found(opened(address, salt="another"), DAY)
    assert len(stand_in.asked) == 1


def test_an_error_instead_of_a_key_is_an_error_and_no_empty_report(
    server: tuple[mango.MangoStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    stand_in.spoil(*[Fault.ERROR_IN_SUCCESS] * TRIES)
    with pytest.raises(SourceAnswerBroken) as raised:
        found(opened(address), DAY)
    assert raised.value.params["detail"] == "trouble"


def test_a_row_that_is_none_is_listed_and_holds_up_nobody(
    server: tuple[mango.MangoStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    stand_in.legs.append({**mango.leg(2, ago(1)), "entry_id": ""})
    (batch,) = opened(address).batches(DAY)
    assert (len(batch.rows), [problem.code for problem in batch.problems]) == (2, ["vendor_row"])


def test_a_link_is_asked_for_each_time_and_an_unknown_recording_has_none(
    server: tuple[mango.MangoStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    stand_in.sounds["rec1"] = b"sound"
    source = opened(address)
    one, two = (source.fresh_link(RecordingRef("", key="rec1")) for _ in range(2))
    assert one
    assert two
    assert one.place != two.place
    assert one.place.startswith(address)
    assert source.fresh_link(RecordingRef("", key="gone")) is None
    stand_in.spoil(*[Fault.HTML] * TRIES)
    with pytest.raises(SourceError):
        source.fresh_link(RecordingRef("", key="rec1"))


def test_where_the_vendors_clock_is_behind_a_report_is_complete_up_to_its_time_only(opened: Opening) -> None:
    stand_in = mango.MangoStandIn(legs=mango.call(1, ago(2)), clock_shift=timedelta(minutes=-30))
    with serving(stand_in) as address:
        (batch,) = opened(address, QuickClock(datetime.now(UTC))).batches(DAY)
    assert batch.complete_until
    assert batch.complete_until < NOON - timedelta(minutes=25)
