"""Bitrix24 over real HTTP: documented rows, pages from id to id, batches, limits, refusals, calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.config_sources import Bitrix24CallsSource, Bitrix24Source
from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.domain.telephony import Ending, Way
from qc_workbench.errors import NotConfigured, SourceAnswerBroken, SourceError, SourceRefused
from qc_workbench.sources import bitrix24_rows as rows
from qc_workbench.sources.bitrix24 import CAPABILITIES, Bitrix24
from qc_workbench.sources.bitrix24_calls import Bitrix24Calls, Bitrix24CallsMeaning
from qc_workbench.sources.bitrix24_portal import Command, Portal
from qc_workbench.sources.bitrix24_rows import Dictionaries
from qc_workbench.sources.connector import VendorRow, Window
from qc_workbench.sources.crm_registry import open_crm
from qc_workbench.sources.crm_values import DONE_AT, DUE_AT, OWNER, STAGE, CrmBatch, CrmEntity, CrmRef
from qc_workbench.sources.registry import Surroundings, open_source
from qc_workbench.sources.wire import Wire
from tests.stand_ins import bitrix24 as stand_ins
from tests.stand_ins.bitrix24 import Bitrix24StandIn
from tests.stand_ins.serving import Fault, QuickClock, serving

NOW = datetime.now(UTC).replace(microsecond=0)
MOSCOW = ZoneInfo("Europe/Moscow")
DOCUMENTED = Path(__file__).parents[1] / "stand_ins" / "documented"


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"bitrix24__{name}.json").read_text("utf-8"))["payload"]["result"]


def ago(hours: float) -> str:
    return (NOW - timedelta(hours=hours)).isoformat()


def wire_to(address: str) -> Wire:
    return Wire("b24", address + stand_ins.PATH, CAPABILITIES, clock=QuickClock(NOW), chance=lambda: 0.5)


def read(address: str, since: datetime | None = None) -> list[CrmBatch]:
    source = Bitrix24(wire_to(address), MOSCOW)
    try:
        return list(source.changes(since))
    finally:
        source.close()


def all_of(batches: list[CrmBatch], name: str) -> list[Any]:
    return [item for batch in batches for item in getattr(batch, name)]


def filled() -> Bitrix24StandIn:
    stand_in = Bitrix24StandIn()
    for key in range(1, 4):
        stand_in.deals[key] = stand_ins.deal(key, ago(2))
        stand_in.stages[key] = stand_ins.stage(key, key, ago(90), "NEW", 1)
        stand_in.contacts[key + 1000] = stand_ins.contact(key + 1000, ago(900), f"+7916000000{key}")
        stand_in.activities[key] = stand_ins.activity(key, ago(2), ago(-20), key)
    stand_in.stages[10] = stand_ins.stage(10, 1, ago(50), "OFFER")
    stand_in.activities[9] = stand_ins.task(9, ago(2), ago(-30), 1, 70)
    stand_in.histories[70] = [
        stand_ins.history(1, ago(40), "NEW", None, None),
        stand_ins.history(2, ago(30), "DEADLINE", 1772542800, 1772629200),
        stand_ins.history(3, ago(20), "RESPONSIBLE_ID", "505", "506"),
        stand_ins.history(4, ago(10), "STATUS", "2", "5"),
    ]
    stand_in.comments[1] = stand_ins.comment(1, ago(2), 2, "[B]Просил[/B] <b>скидку</b>")
    return stand_in


@pytest.fixture
def server() -> Iterator[tuple[Bitrix24StandIn, str]]:
    stand_in = filled()
    with serving(stand_in) as address:
        stand_in.address = address
        yield stand_in, address


# --- rows ------------------------------------------------------------------------------------------------------------


def test_documented_rows_are_understood() -> None:
    words = Dictionaries.of(documented("crm_status_list"))
    assert (words.semantics["WON"], words.semantics["APOLOGY"], words.semantics["NEW"]) == ("S", "F", "P")
    deal = rows.deal({**documented("crm_deal_get")}, words)
    assert deal.key == str(documented("crm_deal_get")["ID"])
    assert deal.amount == Decimal(str(documented("crm_deal_get")["OPPORTUNITY"]))
    contact = rows.person("contact", documented("crm_contact_get"))
    assert (contact.key, contact.phones) == ("contact:43", ("+7333333555", "+35599888666"))
    activity = rows.activity(documented("crm_activity_get"))
    assert activity is not None
    assert (activity.type, activity.person_key, activity.done) == (ActivityType.CALL, "contact:15", True)
    assert activity.done_at == datetime(2020, 9, 27, 16, 25, tzinfo=UTC), "a call ended when its activity did"
    [one, _] = documented("crm_timeline_comment_list")
    note = rows.note(one)
    assert note is not None
    assert (note.text, note.deal_key, note.pinned) == ("New comment was added", "2", None)
    assert [user.name for user in map(rows.user, documented("user_get"))] == ["Вадим Валеев", "Иван Иванов"]
    stages = rows.stages(documented("crm_status_list"), documented("crm_category_list")["categories"])
    assert [stage.key for stage in stages][:2] == ["NEW", "PREPARATION"]
    assert {stage.pipeline for stage in stages} == {"Общая"}
    assert list(rows.stage_moves(documented("crm_stagehistory_list")["items"])) == [], "the creation is no move"


def test_a_lost_deal_gives_the_name_of_its_losing_stage_as_the_reason() -> None:
    words = Dictionaries.of(stand_ins.statuses())
    lost = rows.deal(stand_ins.deal(1, ago(2), STAGE_ID="LOSE", STAGE_SEMANTIC_ID="F", MOVED_TIME=ago(1)), words)
    assert (lost.status, lost.lost_reason, lost.closed_at) == (DealStatus.LOST, "Дорого", NOW - timedelta(hours=1))
    still_open = rows.deal(stand_ins.deal(1, ago(2), CLOSEDATE=ago(-99)), words)
    assert still_open.closed_at is None, "of an open deal it is the day that somebody hopes for"
    assert (still_open.source, still_open.person_keys) == ("Сайт", ("contact:1001",))


def test_what_comes_by_itself_is_no_step_of_an_agent() -> None:
    chat = stand_ins.activity(1, ago(1), ago(1), 1, PROVIDER_ID="IMOPENLINES_SESSION")
    assert rows.activity(chat) is None


def test_the_end_of_time_is_no_date() -> None:
    endless = rows.activity(stand_ins.activity(1, ago(1), "9999-12-31T00:00:00+03:00", 1))
    assert endless is not None
    assert endless.due_at is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1772629200", datetime(2026, 3, 4, 13, tzinfo=UTC)),
        (1772629200, datetime(2026, 3, 4, 13, tzinfo=UTC)),
        ("04.03.2026 16:00:00", datetime(2026, 3, 4, 13, tzinfo=UTC)),
        ("03/04/2026 16:00:00", datetime(2026, 3, 4, 13, tzinfo=UTC)),
        ("03/04/2026 04:00:00 PM", datetime(2026, 3, 4, 13, tzinfo=UTC)),
        ("2026-03-04T16:00:00+03:00", datetime(2026, 3, 4, 13, tzinfo=UTC)),
        (None, None),
        ("0", None),
    ],
)  # fmt: skip
def test_times_of_a_task_s_history_are_read_however_they_are_written(text: object, expected: datetime | None) -> None:
    assert rows.history_moment(text, MOSCOW) == expected


# --- reading a portal ------------------------------------------------------------------------------------------------


def test_everything_is_read_with_its_persons_histories_and_comments(server: tuple[Bitrix24StandIn, str]) -> None:
    batches = read(server[1])
    assert [deal.key for deal in all_of(batches, "deals")] == ["1", "2", "3"]
    assert {person.key for person in all_of(batches, "persons")} == {f"contact:{key}" for key in (1001, 1002, 1003)}
    moves = all_of(batches, "moves")
    assert [(move.entity, move.key, move.field) for move in moves] == [
        (CrmEntity.DEAL, "1", STAGE), (CrmEntity.ACTIVITY, "9", DUE_AT), (CrmEntity.ACTIVITY, "9", OWNER),
        (CrmEntity.ACTIVITY, "9", DONE_AT),
    ]  # fmt: skip
    assert (moves[0].old, moves[0].new, moves[0].at) == ("NEW", "OFFER", NOW - timedelta(hours=50))
    assert [note.text for note in all_of(batches, "notes")] == ["Просил скидку"]
    assert all(batch.complete_until is None for batch in batches[:-1])
    assert batches[-1].complete_until is not None
    assert all_of(batches, "problems") == []


def test_more_than_a_page_and_more_than_a_batch_are_read_whole() -> None:
    stand_in = Bitrix24StandIn()
    for key in range(1, 131):
        stand_in.deals[key] = stand_ins.deal(key, ago(2))
        stand_in.contacts[key + 1000] = stand_ins.contact(key + 1000, ago(9), f"+7916{key:07d}")
        stand_in.activities[key] = stand_ins.task(key, ago(2), ago(-2), key, key)
        stand_in.histories[key] = [stand_ins.history(key, ago(1), "DEADLINE", 1772542800, 1772629200)]
    for key in range(1, 121):
        stand_in.comments[key] = stand_ins.comment(key, ago(2), 7, f"Слово {key}")
    with serving(stand_in) as address:
        batches = read(address)
    for name in ("deals", "persons", "activities", "moves"):
        assert len(all_of(batches, name)) == 130, name
    assert len({note.key for note in all_of(batches, "notes")}) == 120
    assert len(stand_in.asked) < 40, "histories and comments go by batches"


def test_rows_that_go_and_come_while_pages_turn_hide_no_other() -> None:
    stand_in = Bitrix24StandIn(deals={key: stand_ins.deal(key, ago(2)) for key in range(1, 131)})

    def world_goes_on(method: str) -> None:
        if method == "crm.deal.list":
            stand_in.deals.pop(2, None)
            stand_in.deals[500] = stand_ins.deal(500, ago(0))

    stand_in.on_page = world_goes_on
    with serving(stand_in) as address:
        batches = read(address)
    assert {int(deal.key) for deal in all_of(batches, "deals")} == {*range(1, 131), 500}


def test_a_comment_in_a_deal_that_did_not_change_is_found(server: tuple[Bitrix24StandIn, str]) -> None:
    stand_in, address = server
    for row in (*stand_in.deals.values(), *stand_in.activities.values()):
        row.update(DATE_MODIFY=ago(500), LAST_UPDATED=ago(500), LAST_ACTIVITY_TIME=ago(500))
    stand_in.deals[2]["LAST_ACTIVITY_TIME"] = ago(1)
    batches = read(address, NOW - timedelta(hours=3))
    assert all_of(batches, "deals") == []
    assert [note.key for note in all_of(batches, "notes")] == ["1"]
    stand_in.deaf_to.add("LAST_ACTIVITY_TIME")
    assert all_of(read(address, NOW - timedelta(hours=3)), "notes") == [], (
        "a portal that gives all deals is not asked on"
    )


def test_a_list_that_does_not_heed_ids_is_a_broken_answer(server: tuple[Bitrix24StandIn, str]) -> None:
    stand_in, address = server
    stand_in.deals = {key: stand_ins.deal(key, ago(2)) for key in range(1, 60)}
    stand_in.deaf_to.add("ID")
    with pytest.raises(SourceAnswerBroken):
        read(address)


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.REFUSED}))
@pytest.mark.slow
def test_after_a_fault_the_same_is_asked_again(server: tuple[Bitrix24StandIn, str], fault: Fault) -> None:
    stand_in, address = server
    quiet = read(address)
    stand_in.spoil(fault, fault)
    assert read(address)[:-1] == quiet[:-1]


def test_the_limit_of_questions_is_waited_out(server: tuple[Bitrix24StandIn, str]) -> None:
    stand_in, address = server
    quiet = read(address)
    stand_in.asked.clear()
    stand_in.limit_at |= {2, 3, 6, 7}
    assert read(address)[:-1] == quiet[:-1]
    stand_in.limit_at |= set(range(200))
    stand_in.asked.clear()
    with pytest.raises(SourceError):
        read(address)


def test_a_limit_inside_a_batch_asks_the_batch_again_and_a_refusal_stands(server: tuple[Bitrix24StandIn, str]) -> None:
    stand_in, address = server
    portal = Portal(wire_to(address))
    stand_in.refused["tasks.task.history.list"] = "QUERY_LIMIT_EXCEEDED"
    with pytest.raises(SourceError):
        portal.batch({"9": Command("tasks.task.history.list", {"taskId": "70"})})
    assert len(stand_in.asked) == 6
    stand_in.refused["tasks.task.history.list"] = "ACCESS_DENIED"
    assert portal.batch({"9": Command("tasks.task.history.list", {"taskId": "70"})})["9"].refused == "ACCESS_DENIED"
    portal.wire.close()


def test_a_webhook_without_the_right_to_tasks_reads_the_rest_and_says_so_once(
    server: tuple[Bitrix24StandIn, str],
) -> None:
    stand_in, address = server
    stand_in.refused["tasks.task.history.list"] = "insufficient_scope"
    stand_in.activities[10] = stand_ins.task(10, ago(2), ago(-30), 1, 71)
    batches = read(address)
    assert {activity.key for activity in all_of(batches, "activities")} == {"1", "2", "3", "9", "10"}
    [problem] = all_of(batches, "problems")
    assert (problem.code, problem.params["name"]) == ("crm_refused", "insufficient_scope")


def test_one_entity_is_fetched_again_or_said_to_be_gone(server: tuple[Bitrix24StandIn, str]) -> None:
    source = Bitrix24(wire_to(server[1]), MOSCOW)
    found = source.refetch(CrmEntity.ACTIVITY, "9")
    assert [activity.key for activity in found.activities] == ["9"]
    assert [move.field for move in found.moves] == [DUE_AT, OWNER, DONE_AT]
    assert source.refetch(CrmEntity.ACTIVITY, "task:70") == found
    assert source.refetch(CrmEntity.ACTIVITY, "task:71") == CrmBatch(), "a task outside the CRM is not a deleted one"
    assert [person.key for person in source.refetch(CrmEntity.PERSON, "1003").persons] == ["contact:1003"]
    deal = source.refetch(CrmEntity.DEAL, "1")
    assert ([item.key for item in deal.persons], len(deal.moves)) == (["contact:1001"], 1)
    assert [note.key for note in source.refetch(CrmEntity.NOTE, "1").notes] == ["1"]
    assert [person.key for person in source.refetch(CrmEntity.PERSON, "contact:1002").persons] == ["contact:1002"]
    assert source.refetch(CrmEntity.DEAL, "404").gone == (CrmRef(CrmEntity.DEAL, "404"),)
    assert source.still_there(CrmEntity.DEAL, ["1", "404", "2"]) == frozenset({"1", "2"})
    assert source.still_there(CrmEntity.PERSON, ["contact:1002", "company:7"]) == frozenset({"contact:1002"})
    assert source.still_there(CrmEntity.NOTE, ["1"]) is None
    source.close()


def test_a_wrong_webhook_is_told_at_once_and_never_shown(server: tuple[Bitrix24StandIn, str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{server[1]}/rest/1/wrong-secret/")
    around = Surroundings.of(tmp_path, MOSCOW, "RU", QuickClock(NOW))
    source = open_crm(Bitrix24Source(kind="bitrix24", name="b24", webhook="file:key"), around)
    with pytest.raises(SourceRefused) as caught:
        list(source.changes(None))
    source.close()
    assert len(server[0].asked) == 1
    assert "wrong-secret" not in repr(caught.value)
    assert "wrong-secret" not in repr(caught.value.__cause__)


def test_a_webhook_that_is_no_address_is_refused_without_being_repeated(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("stand-in-secret")
    around = Surroundings.of(tmp_path, MOSCOW, "RU", QuickClock(NOW))
    with pytest.raises(NotConfigured) as caught:
        open_crm(Bitrix24Source(kind="bitrix24", name="b24", webhook="file:key"), around)
    assert caught.value.code == "source_webhook_malformed"
    assert "stand-in-secret" not in repr(caught.value.params)


# --- calls -----------------------------------------------------------------------------------------------------------


MEANING = Bitrix24CallsMeaning("RU")
DAY = Window(NOW - timedelta(hours=24), NOW)


def test_documented_calls_are_understood() -> None:
    dropped, answered = documented("voximplant_statistic_get")
    call = MEANING.collapse([dropped])
    assert call is not None
    assert (call.way, call.ending, call.talk_s, call.client) == (Way.OUT, Ending.CANCELLED, 0.0, "+79638835976")
    call = MEANING.collapse([answered])
    assert call is not None
    assert (call.way, call.ending, call.talk_s, call.client) == (Way.IN, Ending.ANSWERED, 95.0, "+79062195047")
    assert call.started_at == datetime(2026, 3, 10, 8, 19, 38, tzinfo=UTC)
    assert call.wait_s is None, "how long the client waited is told nowhere"
    assert (call.agent and call.agent.key, call.recording and call.recording.key) == ("1269", "9079")
    assert call.crm_refs == {"contact": "797", "activity": "7943"}


def test_rows_of_one_call_are_one_call_of_who_talked_in_any_order() -> None:
    rang = stand_ins.call(1, ago(2), CALL_ID="x", CALL_FAILED_CODE="304", CALL_DURATION="0")
    took = stand_ins.call(2, ago(1.99), CALL_ID="x", PORTAL_USER_ID="506")
    one, other = MEANING.collapse([rang, took]), MEANING.collapse([took, rang, took])
    assert one is not None
    assert other is not None
    assert (one.talk_s, one.ending, one.agent and one.agent.key) == (95.0, Ending.ANSWERED, "506")
    assert one == other


@pytest.mark.parametrize(("way", "ending"), [("2", Ending.MISSED), ("1", Ending.NO_ANSWER_CLIENT)])
def test_nobody_picked_up_is_missed_only_inbound(way: str, ending: Ending) -> None:
    call = MEANING.collapse([stand_ins.call(1, ago(2), CALL_TYPE=way, CALL_FAILED_CODE="304", CALL_DURATION="0")])
    assert call is not None
    assert call.ending is ending


def test_calls_of_a_period_are_read_page_by_page_and_their_recordings_by_links_asked_for_then(
    server: tuple[Bitrix24StandIn, str], tmp_path: Path
) -> None:
    stand_in, address = server
    for number in range(1, 121):
        stand_in.calls[number] = stand_ins.call(number, ago(3 + number / 60), RECORD_FILE_ID="9079")
    stand_in.calls[500] = stand_ins.call(500, ago(30))
    stand_in.files["9079"] = b"sound"
    (tmp_path / "key").write_text(address + stand_ins.PATH)
    around = Surroundings.of(tmp_path, MOSCOW, "RU", QuickClock(NOW))
    source = open_source(Bitrix24CallsSource(kind="bitrix24_calls", name="calls", webhook="file:key"), around)
    assert isinstance(source, Bitrix24Calls)
    batches = list(source.batches(DAY))
    found: list[VendorRow] = [row for batch in batches for row in batch.rows]
    assert len({row.group_id for row in found}) == len(found) == 120
    assert [batch.complete_until for batch in batches[:-1]] == [DAY.since] * 3
    assert batches[-1].complete_until is not None
    assert batches[-1].complete_until > DAY.since
    call = source.collapse([found[0].fields])
    assert call is not None
    assert call.recording is not None
    fresh = source.fresh_link(call.recording)
    assert fresh is not None
    assert fresh.place.startswith(address)
    stand_in.files.clear()
    assert source.fresh_link(call.recording) is None
    stand_in.spoil(Fault.HTML, *[Fault.TRUNCATED] * 5)
    with pytest.raises(SourceAnswerBroken):
        list(source.batches(DAY))
    source.close()
