"""What rows of UIS, CoMagic and Novofon 2 mean; their answers are counted, limited and never believed unread."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config_sources import Novofon2Source, UisSource
from qc_workbench.domain.call import Manager, Outcome, Role
from qc_workbench.domain.telephony import Ending, RecordingRef, Rung, VendorAgent, Way
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled
from qc_workbench.sources.agent_book import AgentBook
from qc_workbench.sources.call_values import to_call
from qc_workbench.sources.connector import Window
from qc_workbench.sources.data_api import CALL_FIELDS, LEG_FIELDS, DataApi, DataApiMeaning
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.wire import TRIES
from tests.connected_cases import STAYING_FAULTS, Opens, found
from tests.stand_ins import data_api
from tests.stand_ins.serving import Answer, Fault, Question, QuickClock, as_json, serving

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented"
MOSCOW = ZoneInfo("Europe/Moscow")
MEANING = DataApiMeaning(MOSCOW, "RU")
WALL = datetime(2026, 3, 2, 10, 15, 4)  # noqa: DTZ001 - the account's wall clock
AT = WALL.replace(tzinfo=MOSCOW)
NOON = datetime.now(UTC).replace(microsecond=0)
DAY = Window(NOON - timedelta(hours=20), NOON)


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"{name}.json").read_text(encoding="utf-8"))


def documented_rows() -> list[dict[str, Any]]:
    calls, legs = (documented(name)["payload"]["result"]["data"] for name in (
        "uis__get_calls_report", "uis__get_call_legs_report"))  # fmt: skip
    return [*calls, *legs]


# --- meaning ---------------------------------------------------------------------------------------------------------


def test_the_fields_asked_for_are_those_of_the_document() -> None:
    call, *legs = documented_rows()
    assert set(CALL_FIELDS) <= set(call)
    assert set(LEG_FIELDS) <= set(legs[0])


def test_the_documented_call_with_its_legs_is_one_call() -> None:
    told = MEANING.collapse(documented_rows())
    assert told
    assert (told.group_id, told.way, told.client, told.line) == ("900001", Way.IN, "+79161112233", "74950000001")
    assert (told.started_at, told.talk_s, told.wait_s, told.total_s) == (AT, 121, 9, 142)
    assert told.ended_at == AT + timedelta(seconds=142)
    assert [(leg.agent, leg.wait_s, leg.talk_s, leg.is_transfer) for leg in told.legs] == [
        (VendorAgent("1", "Анна Тест", "101"), 9, 60, False), (VendorAgent("2", "Борис Тест", "102"), 7, 61, True),
    ]  # fmt: skip
    assert told.agent == VendorAgent("2", "Борис Тест", "102"), "who talked longest"
    assert (told.hangup_by, told.first_time) == ("client", True)
    assert (told.tracking.source, told.tracking.campaign, told.tracking.term) == ("google", "brand", "окна")
    assert told.recording
    assert told.recording.place.endswith("/700001/abc123")


def test_attempts_in_a_queue_are_legs_and_no_missed_calls() -> None:
    told = MEANING.collapse([data_api.call(1, WALL), *data_api.legs(1, WALL)])
    assert told
    assert (told.ending, told.talk_s, told.wait_s) == (Ending.ANSWERED, 40, 21)
    assert [(leg.agent and leg.agent.extension, leg.ending) for leg in told.legs] == [
        ("102", Ending.MISSED), ("101", Ending.ANSWERED),
    ]  # fmt: skip


def test_how_high_a_call_climbed_and_who_answered_are_kept() -> None:
    told = MEANING.collapse([data_api.call(1, WALL), *data_api.legs(1, WALL)])
    assert told
    book = AgentBook("u", (), [Manager("h", "Анна Тест", Role.HEAD, extension="101")])
    call = to_call(told, "u", book)
    assert call
    assert (call.manager_id, call.answered_by_role, call.outcome) == ("h", Role.HEAD, Outcome.ANSWERED)
    assert book.rung(told) is Rung.HEAD
    assert AgentBook("u", (), ()).rung(told) is Rung.DEPARTMENT


NOBODY = {"employees": [], "is_lost": True, "talk_duration": 0}


@pytest.mark.parametrize(
    ("changes", "ending", "talk_s"),
    [
        (NOBODY, Ending.MISSED, 0),
        ({**NOBODY, "direction": "out"}, Ending.NO_ANSWER_CLIENT, 0),
        ({**NOBODY, "voice_mail_records": ["v"], "talk_duration": 12}, Ending.VOICEMAIL, 0),
        ({**NOBODY, "talk_duration": 30}, Ending.MISSED, 0),  # with a menu
        ({"employees": [], "is_lost": False}, Ending.ANSWERED, 40),
        ({}, Ending.ANSWERED, 40),
        ({"finish_time": None}, Ending.IN_PROGRESS, 40),
    ],
)  # fmt: skip
def test_talk_with_an_employee_decides_how_a_call_ended(
    changes: Mapping[str, object], ending: Ending, talk_s: float
) -> None:
    told = MEANING.collapse([data_api.call(1, WALL, **changes)])
    assert told
    assert (told.ending, told.talk_s) == (ending, talk_s)


def test_without_legs_the_employees_tell_whose_call_it_is() -> None:
    told = MEANING.collapse([data_api.call(1, WALL)])
    assert told
    assert (told.agent, told.legs) == (VendorAgent("1", "Анна Тест"), ())


def test_legs_with_a_client_or_a_menu_are_none() -> None:
    menu = data_api.leg(7, 1, WALL, is_operator=False, employee_id=None, employee_full_name=None)
    told = MEANING.collapse([data_api.call(1, WALL, **NOBODY), menu])
    assert told
    assert (told.legs, told.talk_s, told.agent) == ((), 0, None)


def test_of_an_outbound_call_the_agent_is_who_dialled() -> None:
    row = data_api.call(1, WALL, direction="out")
    leg = data_api.leg(
        2, 1, WALL, direction="out", calling_phone_number="101", called_phone_number="79160000001", employee_id=None
    )
    told = MEANING.collapse([row, leg])
    assert told
    assert (told.way, told.agent, told.client) == (Way.OUT, VendorAgent("101", "Анна Тест", "101"), "+79160000001")


def test_a_leg_without_its_call_is_no_call() -> None:
    assert MEANING.collapse(data_api.legs(1, WALL)) is None


def test_an_unknown_direction_is_told_and_not_guessed() -> None:
    with pytest.raises(BadValueError) as raised:
        MEANING.collapse([data_api.call(1, WALL, direction="sideways")])
    assert raised.value.code == "vendor_word"


ROWS = st.one_of(
    st.builds(
        data_api.call,
        st.just(1),
        st.just(WALL),
        finish_time=st.sampled_from([None, "2026-03-02 10:16:05"]),
        talk_duration=st.integers(0, 3),
        is_lost=st.booleans(),
        direction=st.sampled_from(["in", "out"]),
        full_record_file_link=st.sampled_from([None, "https://media.example.test/1"]),
    ),
    st.builds(
        data_api.leg,
        st.integers(9, 11),
        st.just(1),
        st.sampled_from([WALL, WALL + timedelta(seconds=5)]),
        is_talked=st.booleans(),
        is_operator=st.booleans(),
        duration=st.integers(0, 3),
        called_phone_number=st.sampled_from(["101", "102"]),
        employee_id=st.sampled_from([None, 1, 2]),
    ),
)


@given(st.lists(ROWS, min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_change_nothing(rows: list[dict[str, Any]], chance: random.Random) -> None:
    expected = MEANING.collapse(rows)
    again = [*rows, *chance.sample(rows, chance.randint(0, len(rows)))]
    chance.shuffle(again)
    assert MEANING.collapse(again) == expected


# --- transport -------------------------------------------------------------------------------------------------------


class Opening(Opens):
    def __call__(
        self, address: str, clock: QuickClock | None = None, *, key: str = data_api.KEY,
        kind: Literal["uis", "novofon2"] = "uis",
    ) -> DataApi:  # fmt: skip
        (self.folder / "key").write_text(key)
        place = f"{address}{data_api.PATH}"
        settings = (
            UisSource(kind="uis", name="u", key="file:key", address=place)
            if kind == "uis"
            else Novofon2Source(kind="novofon2", name="u", key="file:key", address=place)
        )
        source = self.source(settings, MOSCOW, clock or QuickClock(NOON))
        assert isinstance(source, DataApi)
        return source


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    opening = Opening(tmp_path)
    yield opening
    opening.close()


def wall(hours_ago: float) -> datetime:
    return (NOON - timedelta(hours=hours_ago)).astimezone(MOSCOW).replace(tzinfo=None)


@pytest.fixture
def server() -> Iterator[tuple[data_api.DataApiStandIn, str]]:
    stand_in = data_api.DataApiStandIn(calls=[data_api.call(1, wall(2))], legs=data_api.legs(1, wall(2)))
    with serving(stand_in) as address:
        yield stand_in, address


@pytest.mark.parametrize("kind", ["uis", "novofon2"])
def test_both_reports_are_asked_for_as_documented(
    server: tuple[data_api.DataApiStandIn, str], opened: Opening, kind: Literal["uis", "novofon2"]
) -> None:
    stand_in, address = server
    rows = found(opened(address, kind=kind), DAY)
    assert sorted((row.group_id, row.key) for row in rows) == [("1", "call"), ("1", "leg:2"), ("1", "leg:3")]
    example = documented("uis__get_calls_report")["request"]["json"]
    for question, method in zip(stand_in.asked, ("get.calls_report", "get.call_legs_report"), strict=True):
        assert set(question.body) == set(example)
        assert set(question.body["params"]) == set(example["params"])
        assert question.body["method"] == method
        assert data_api.KEY not in question.target


@pytest.mark.parametrize(("fault", "kind", "code"), STAYING_FAULTS)
def test_a_fault_is_asked_again_and_one_that_stays_is_a_typed_error(
    server: tuple[data_api.DataApiStandIn, str], fault: Fault, kind: type[SourceError], code: str, opened: Opening
) -> None:
    stand_in, address = server
    source = opened(address)
    stand_in.spoil(fault, None, fault)
    assert len(found(source, DAY)) == 3
    for before in (0, 1):
        stand_in.spoil(*[None] * before, *[fault] * TRIES)
        with pytest.raises(kind) as raised:
            found(source, DAY)
        assert raised.value.code == code


def test_the_limit_of_a_minute_is_waited_out(server: tuple[data_api.DataApiStandIn, str], opened: Opening) -> None:
    stand_in, address = server
    stand_in.minute_limit, stand_in.in_minute = 3, 3
    clock = QuickClock(NOON)
    assert len(found(opened(address, clock), DAY)) == 3
    assert max(clock.slept) >= 60, "error -32029"
    stand_in.in_minute = 2
    clock.slept.clear()
    assert len(found(opened(address, clock), DAY)) == 3
    assert 30 in clock.slept, "before it comes to an error: minute_reset"


def test_the_limit_of_a_day_stops_the_sync_without_more_questions(
    server: tuple[data_api.DataApiStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    stand_in.day_limit = 2
    source = opened(address)
    assert len(found(source, DAY)) == 3
    with pytest.raises(SourceThrottled):
        found(source, DAY)
    assert len(stand_in.asked) == 2


def test_a_wrong_token_a_wrong_question_and_no_answer_are_told_apart(
    server: tuple[data_api.DataApiStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    with pytest.raises(SourceAnswerBroken) as broken:
        found(opened(address, key="another"), DAY)
    assert broken.value.params["detail"] == "-32001"
    stand_in.asked.clear()

    class Newer(data_api.DataApiStandIn):
        def answer(self, question: Question) -> Answer:
            return as_json({"jsonrpc": "2.0", "id": question.body["id"], "error": {"code": -32601, "message": "no"}})

    newer = Newer()
    with serving(newer) as other, pytest.raises(SourceRefused):
        found(opened(other), DAY)
    assert len(newer.asked) == 1


@pytest.mark.parametrize(
    "result",
    [
        {"id": 1, "result": {"data": []}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "result": {"data": None, "metadata": {}}},
        {"jsonrpc": "2.0", "id": 1, "result": {"data": [], "metadata": {"total_items": 3}}},
        [],
        {},
    ],
)
def test_what_only_looks_like_no_calls_is_an_error(result: Any, opened: Opening) -> None:
    class Odd(data_api.DataApiStandIn):
        def answer(self, question: Question) -> Answer:
            answers = isinstance(result, dict) and result.get("id") == 1
            return as_json({**result, "id": question.body["id"]} if answers else result)

    with serving(Odd()) as address, pytest.raises(SourceAnswerBroken):
        found(opened(address), DAY)


def test_no_calls_are_no_calls(opened: Opening) -> None:
    with serving(data_api.DataApiStandIn()) as address:
        (batch,) = opened(address).batches(DAY)
    assert (list(batch.rows), batch.complete_until) == ([], DAY.until)


def test_a_period_with_more_rows_than_an_answer_holds_is_asked_in_halves(opened: Opening) -> None:
    count = 10_500
    moments = [wall(19) + timedelta(seconds=6 * n) for n in range(count)]
    stand_in = data_api.DataApiStandIn(
        calls=[data_api.call(n, at) for n, at in enumerate(moments)],
        legs=[leg for n in range(0, count, 10) for leg in data_api.legs(n, moments[n])],
    )
    with serving(stand_in) as address:
        rows = found(opened(address), DAY)
    assert len({row.group_id for row in rows if row.key == "call"}) == count
    assert len({(row.group_id, row.key) for row in rows}) == count + 2 * count // 10
    asked = [question.body["params"] for question in stand_in.asked]
    assert {(params["limit"], params["offset"]) for params in asked} == {(10_000, 0)}
    assert len(asked) < 20


def test_a_second_with_too_many_calls_is_told(opened: Opening) -> None:
    at = wall(1)
    stand_in = data_api.DataApiStandIn(calls=[data_api.call(n, at) for n in range(10_000)])
    window = Window(NOON - timedelta(hours=1), NOON - timedelta(hours=1) + timedelta(seconds=4))
    with serving(stand_in) as address, pytest.raises(SourceAnswerBroken) as raised:
        found(opened(address), window)
    assert raised.value.code == "source_window_too_dense"


def test_a_row_that_is_none_is_listed_and_holds_up_nobody(
    server: tuple[data_api.DataApiStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    stand_in.calls.append(data_api.call(2, wall(1), id=None))
    (batch,) = opened(address).batches(DAY)
    assert (len(batch.rows), [problem.code for problem in batch.problems]) == (3, ["vendor_row"])


def test_a_recording_without_a_link_is_asked_for_by_its_call(
    server: tuple[data_api.DataApiStandIn, str], opened: Opening
) -> None:
    stand_in, address = server
    row = stand_in.calls[0]
    row["call_records"] = ["abc"]
    told = MEANING.collapse([row])
    assert told
    assert told.recording
    assert told.recording.place == ""
    source = opened(address)
    assert source.fresh_link(told.recording) is None
    row["full_record_file_link"] = f"{address}/media/abc"
    fresh = source.fresh_link(told.recording)
    assert fresh == RecordingRef(f"{address}/media/abc", told.recording.key)


def test_where_the_vendors_clock_is_behind_an_answer_is_complete_up_to_its_time_only(opened: Opening) -> None:
    stand_in = data_api.DataApiStandIn(clock_shift=timedelta(minutes=-30))
    with serving(stand_in) as address:
        (batch,) = opened(address, QuickClock(datetime.now(UTC))).batches(DAY)
    assert batch.complete_until
    assert batch.complete_until < NOON - timedelta(minutes=25)
