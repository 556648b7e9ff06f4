"""amoCRM over real HTTP: documented rows, pages that move under the reader, faults, tokens that rotate."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from qc_workbench.config_sources import AmocrmSource
from qc_workbench.domain.crm import ActivityType, ChangeOrigin, DealStatus
from qc_workbench.errors import NotConfigured, SourceAnswerBroken, SourceError, SourceRefused
from qc_workbench.sources import amocrm_rows as rows
from qc_workbench.sources.amocrm import CAPABILITIES, Amocrm
from qc_workbench.sources.amocrm_rows import AmocrmAccount
from qc_workbench.sources.amocrm_tokens import Registration, TokenFile
from qc_workbench.sources.crm_registry import open_crm
from qc_workbench.sources.crm_values import DONE_AT, DUE_AT, STAGE, CrmBatch, CrmEntity, CrmRef
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.registry import Surroundings
from qc_workbench.sources.wire import Wire
from tests.stand_ins import amocrm as stand_ins
from tests.stand_ins.amocrm import AmocrmStandIn
from tests.stand_ins.serving import Fault, Question, QuickClock, serving

NOW = datetime.now(UTC).replace(microsecond=0)
AT = int(NOW.timestamp()) - 7200
DOCUMENTED = Path(__file__).parents[1] / "stand_ins" / "documented"
REGISTRATION = Registration(stand_ins.CLIENT_ID, stand_ins.CLIENT_SECRET, "https://example.test/")


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"amocrm__{name}.json").read_text("utf-8"))["payload"]


def wire_to(address: str, clock: QuickClock | None = None) -> Wire:
    return Wire("amo", address, CAPABILITIES, clock=clock or QuickClock(NOW), chance=lambda: 0.5)


def opened(address: str, token: str = stand_ins.TOKEN) -> Amocrm:
    return Amocrm(wire_to(address), lambda: token)


def read(address: str, since: datetime | None = None) -> list[CrmBatch]:
    source = opened(address)
    try:
        return list(source.changes(since))
    finally:
        source.close()


def all_of(batches: list[CrmBatch], name: str) -> list[Any]:
    return [item for batch in batches for item in getattr(batch, name)]


def filled() -> AmocrmStandIn:
    stand_in = AmocrmStandIn()
    for key in range(1, 4):
        stand_in.leads[key] = stand_ins.lead(key, AT + key)
        stand_in.contacts[key + 1] = stand_ins.contact(key + 1, AT - 100_000, f"+38067{key:07d}")
        stand_in.tasks[key] = stand_ins.task(key, AT + key, AT + 90_000, key)
    stand_in.notes[9] = stand_ins.note(9, AT, 1, "Просил перезвонить", is_pinned=True)
    stand_in.events += [
        stand_ins.stage_event(1, AT + 10, 1, stand_ins.NEW, stand_ins.OFFER),
        stand_ins.move_event(2, AT + 20, 1, AT + 3600, AT + 90_000),
        stand_ins.done_event(3, AT + 30, 2),
    ]
    return stand_in


@pytest.fixture
def server() -> Iterator[tuple[AmocrmStandIn, str]]:
    stand_in = filled()
    with serving(stand_in) as address:
        yield stand_in, address


def test_documented_rows_are_understood() -> None:
    account = AmocrmAccount("RUB", {1: "Связаться"})
    deal = rows.deal(documented("leads")["_embedded"]["leads"][0], account)
    assert (deal.key, deal.status, deal.lost_reason) == ("3912171", DealStatus.LOST, "Дорого")
    assert (deal.amount, deal.currency, deal.person_keys) == (Decimal(12000), "RUB", ("contacts:111",))
    assert deal.closed_at == datetime.fromtimestamp(1772590683, UTC)
    assert deal.stage_key == "3104455:143", "143 is lost in every pipeline, so the pipeline is part of the key"
    task = rows.activity(documented("tasks")["_embedded"]["tasks"][0], account)
    assert (task.type, task.type_raw, task.deal_key) == (ActivityType.CALL, "Связаться", "180765")
    assert (task.done, task.done_at, task.result) == (True, None, "Дозвонился")
    [pipeline] = documented("pipelines")["_embedded"]["pipelines"]
    assert [stage.name for stage in rows.stages(pipeline)][:2] == ["Неразобранное", "Первичный контакт"]
    assert rows.note("leads", documented("notes_call_in")["_embedded"]["notes"][0]) is None, "a call is nobody's words"


def test_documented_events_are_moves_of_the_vendor_s_own_history() -> None:
    [event] = documented("event_lead_status_changed")["_embedded"]["events"]
    move = rows.move(event)
    assert move is not None
    assert (move.entity, move.field, move.old, move.new) == (
        CrmEntity.DEAL,
        STAGE,
        "3177727:32392159",
        "3177727:32392165",
    )
    assert (move.by_key, move.origin) == ("504141", ChangeOrigin.VENDOR)
    [event] = documented("event_task_deadline_changed")["_embedded"]["events"]
    move = rows.move(event)
    assert move is not None
    old, new = (datetime.fromtimestamp(at, UTC).isoformat() for at in (1772542800, 1772629200))
    assert (move.key, move.field, move.old, move.new) == ("56981", DUE_AT, old, new)


@pytest.mark.parametrize("inside", [{"deadline": 1772629200}, {"x": {"y": "1772629200"}}, 1772629200])
def test_a_date_inside_an_event_is_found_whatever_its_name(inside: object) -> None:
    [event] = documented("event_task_deadline_changed")["_embedded"]["events"]
    move = rows.move({**event, "value_after": [inside]})
    assert move is not None
    assert move.new == datetime.fromtimestamp(1772629200, UTC).isoformat()


def test_an_event_of_a_lead_names_its_task_or_is_refused() -> None:
    [event] = documented("event_task_deadline_changed")["_embedded"]["events"]
    tied = {**event, "entity_type": "lead", "entity_id": 180765}
    with pytest.raises(BadValueError):
        rows.move(tied)
    named = {**tied, "value_after": [{"task_deadline": {"timestamp": 1772629200, "task_id": 56981}}]}
    move = rows.move(named)
    assert move is not None
    assert move.key == "56981", "never the lead's id: that may be another task's"


def test_everything_is_read_with_its_persons_and_moves(server: tuple[AmocrmStandIn, str]) -> None:
    batches = read(server[1])
    assert [deal.key for deal in all_of(batches, "deals")] == ["1", "2", "3"]
    assert {person.key for person in all_of(batches, "persons")} == {"contacts:2", "contacts:3", "contacts:4"}
    assert [(move.key, move.field) for move in all_of(batches, "moves")] == [
        ("2", DONE_AT),
        ("1", DUE_AT),
        ("1", STAGE),
    ]
    [note] = all_of(batches, "notes")
    assert (note.text, note.pinned, note.deal_key) == ("Просил перезвонить", True, "1")
    assert [batch.complete_until for batch in batches[:-1]] == [None] * (len(batches) - 1)
    assert batches[-1].complete_until is not None
    assert {user.key for user in all_of(batches, "users")} == {"504141", "504142"}


def test_persons_that_did_not_change_are_asked_for_by_their_ids(server: tuple[AmocrmStandIn, str]) -> None:
    stand_in, address = server
    batches = read(address, NOW - timedelta(hours=3))
    assert {person.key for person in all_of(batches, "persons")} == {"contacts:2", "contacts:3", "contacts:4"}
    assert [question.params["filter[id][0]"] for question in stand_in.asked if "filter[id][0]" in question.params] == [
        "2"
    ]


def test_an_account_without_filters_gives_the_same(server: tuple[AmocrmStandIn, str]) -> None:
    stand_in, address = server
    stand_in.filters_work = False
    stand_in.contacts[99] = stand_ins.contact(99, AT, "+380670000099")
    batches = read(address, NOW - timedelta(hours=3))
    assert {deal.key for deal in all_of(batches, "deals")} == {"1", "2", "3"}
    assert {person.key for person in all_of(batches, "persons")} >= {"contacts:2", "contacts:3", "contacts:4"}


def test_a_deal_changed_while_pages_turn_hides_no_other() -> None:
    stand_in = AmocrmStandIn(leads={key: stand_ins.lead(key, AT) for key in range(1, 700)})

    def world_goes_on(question: Question) -> None:
        if question.path.endswith("/leads") and question.params.get("page") == "1":
            stand_in.leads[3]["updated_at"] = AT + 5000
            stand_in.leads[9999] = stand_ins.lead(9999, AT + 5000)

    stand_in.on_page = world_goes_on
    with serving(stand_in) as address:
        batches = read(address, NOW - timedelta(hours=3))
    assert {deal.key for deal in all_of(batches, "deals")} == {str(key) for key in (*range(1, 700), 9999)}


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.REFUSED}))
@pytest.mark.slow
def test_after_a_fault_the_same_is_asked_again(server: tuple[AmocrmStandIn, str], fault: Fault) -> None:
    stand_in, address = server
    quiet = read(address)
    stand_in.spoil(fault, fault)
    assert read(address)[:-1] == quiet[:-1]


def test_an_answer_that_stays_broken_never_completes(server: tuple[AmocrmStandIn, str]) -> None:
    stand_in, address = server
    source = opened(address)
    stand_in.on_page = lambda question: stand_in.spoil(*[Fault.HTML] * (6 * question.path.endswith("/leads")))
    seen: list[CrmBatch] = []
    with pytest.raises(SourceAnswerBroken):
        seen.extend(source.changes(None))
    source.close()
    assert all_of(seen, "deals")
    assert all(batch.complete_until is None for batch in seen), "a checkpoint never moves over a broken answer"


def test_no_users_is_a_broken_answer_but_no_leads_is_none(server: tuple[AmocrmStandIn, str]) -> None:
    stand_in, address = server
    stand_in.leads.clear()
    assert all_of(read(address), "deals") == []
    stand_in.users.clear()
    with pytest.raises(SourceAnswerBroken):
        read(address)


def test_a_row_that_cannot_be_read_is_told_and_holds_up_nothing(server: tuple[AmocrmStandIn, str]) -> None:
    stand_in, address = server
    stand_in.leads[2]["updated_at"] = "вчера"
    stand_in.filters_work = False
    batches = read(address)
    assert {deal.key for deal in all_of(batches, "deals")} == {"1", "3"}
    [problem] = all_of(batches, "problems")
    assert (problem.code, problem.value) == ("crm_entry", "2")


def test_one_entity_is_fetched_again_or_said_to_be_gone(server: tuple[AmocrmStandIn, str]) -> None:
    source = opened(server[1])
    found = source.refetch(CrmEntity.ACTIVITY, "1")
    assert [activity.key for activity in found.activities] == ["1"]
    assert [(move.key, move.field) for move in found.moves] == [("1", DUE_AT)]
    deal = source.refetch(CrmEntity.DEAL, "1")
    assert [person.key for person in deal.persons] == ["contacts:2"]
    assert [note.key for note in deal.notes] == ["leads:9"], "messages name a note by what it stands at"
    assert [person.key for person in source.refetch(CrmEntity.PERSON, "3").persons] == ["contacts:3"]
    assert source.refetch(CrmEntity.DEAL, "404").gone == (CrmRef(CrmEntity.DEAL, "404"),)
    assert source.still_there(CrmEntity.DEAL, ["1", "404", "2"]) == frozenset({"1", "2"})
    assert source.still_there(CrmEntity.PERSON, ["contacts:2", "companies:7"]) == frozenset({"contacts:2"})
    server[0].filters_work = False
    assert source.still_there(CrmEntity.DEAL, ["1"]) is None
    source.close()


def test_a_wrong_token_is_told_at_once_without_being_shown(server: tuple[AmocrmStandIn, str]) -> None:
    source = opened(server[1], "wrong-token")
    with pytest.raises(SourceRefused) as caught:
        list(source.changes(None))
    source.close()
    assert len(server[0].asked) == 1
    assert "wrong-token" not in repr(caught.value.params)


# --- tokens that rotate ----------------------------------------------------------------------------------------------


def kept(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "tokens.json").read_text("utf-8"))
    return found


def access(address: str, folder: Path, clock: QuickClock) -> str:
    wire = wire_to(address, clock)
    try:
        return TokenFile(folder / "tokens.json", "amo").access(wire, REGISTRATION)
    finally:
        wire.close()


def test_a_code_becomes_tokens_and_they_are_kept_for_the_user_only(
    server: tuple[AmocrmStandIn, str], tmp_path: Path
) -> None:
    (tmp_path / "tokens.json").write_text('{"code": "code-1"}')
    clock = QuickClock(NOW)
    token = access(server[1], tmp_path, clock)
    assert token in server[0].access_tokens
    assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600
    assert access(server[1], tmp_path, clock) == token
    assert server[0].refreshed == 1, "a token that is good for hours is not asked for again"


def test_a_token_is_renewed_while_hours_are_left_and_the_new_refresh_token_is_the_one_kept(
    server: tuple[AmocrmStandIn, str], tmp_path: Path
) -> None:
    (tmp_path / "tokens.json").write_text('{"refresh_token": "refresh-1"}')
    clock = QuickClock(NOW)
    first = access(server[1], tmp_path, clock)
    clock.passed_s += 19 * 3600
    second = access(server[1], tmp_path, clock)
    assert first != second
    assert kept(tmp_path)["refresh_token"] == "refresh-3" == server[0].refresh_token


def test_a_source_with_a_file_of_tokens_reads_by_settings_alone(
    server: tuple[AmocrmStandIn, str], tmp_path: Path
) -> None:
    (tmp_path / "tokens.json").write_text('{"code": "code-1"}')
    (tmp_path / "secret").write_text(stand_ins.CLIENT_SECRET)
    settings = AmocrmSource(
        kind="amocrm", name="amo", address=server[1], tokens_file="tokens.json", secret="file:secret",
        client_id=stand_ins.CLIENT_ID, redirect_uri="https://example.test/",
    )  # fmt: skip
    source = open_crm(settings, Surroundings.of(tmp_path, ZoneInfo("UTC"), "UA", QuickClock(NOW)))
    assert server[0].asked == [], "a token is asked for with the first question"
    assert all_of(list(source.changes(None)), "deals")
    source.close()


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"token": "env:A", "tokens_file": "t", "secret": "env:B", "client_id": "c", "redirect_uri": "r"},
        {"tokens_file": "t"},
    ],
)
def test_a_source_has_one_way_in(keys: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        AmocrmSource.model_validate({"kind": "amocrm", "name": "amo", "address": "https://a.amocrm.ru", **keys})


def test_killed_between_the_write_and_putting_it_in_place_nothing_is_lost(
    server: tuple[AmocrmStandIn, str], tmp_path: Path
) -> None:
    (tmp_path / "tokens.json").write_text('{"refresh_token": "refresh-0-used-up"}')
    later = (NOW + timedelta(hours=23)).isoformat()
    written = {"access_token": "access-9", "refresh_token": "refresh-1", "expires_at": later}
    (tmp_path / "tokens.json.new").write_text(json.dumps(written))
    assert access(server[1], tmp_path, QuickClock(NOW)) == "access-9"
    assert kept(tmp_path) == written
    assert server[0].asked == []


def test_a_kill_before_the_answer_leaves_a_file_that_counts_for_nothing(
    server: tuple[AmocrmStandIn, str], tmp_path: Path
) -> None:
    (tmp_path / "tokens.json").write_text('{"refresh_token": "refresh-1"}')
    (tmp_path / "tokens.json.new").write_bytes(b" " * 8192)
    assert access(server[1], tmp_path, QuickClock(NOW)) == "access-2"


def test_an_answer_lost_after_the_vendor_gave_it_costs_the_access_only_when_the_old_token_ends(
    server: tuple[AmocrmStandIn, str], tmp_path: Path
) -> None:
    stand_in, address = server
    (tmp_path / "tokens.json").write_text('{"refresh_token": "refresh-1"}')
    clock = QuickClock(NOW)
    first = access(address, tmp_path, clock)
    clock.passed_s += 19 * 3600
    stand_in.spoil(Fault.CUT)  # the vendor has taken the refresh token; what it answered is gone
    assert access(address, tmp_path, clock) == first, "the day's token has five hours left"
    clock.passed_s += 5 * 3600
    with pytest.raises(SourceRefused) as caught:
        access(address, tmp_path, clock)
    assert caught.value.code == "source_authorise_again"
    assert kept(tmp_path)["refresh_token"] == "refresh-2"


def test_a_system_that_is_down_is_not_called_a_lost_access(server: tuple[AmocrmStandIn, str], tmp_path: Path) -> None:
    (tmp_path / "tokens.json").write_text('{"refresh_token": "refresh-1"}')
    with pytest.raises(SourceError) as caught:
        access("http://127.0.0.1:1", tmp_path, QuickClock(NOW))
    assert caught.value.code == "source_unreachable"
    assert access(server[1], tmp_path, QuickClock(NOW))


def test_without_a_file_of_tokens_it_is_said_what_to_put_there(tmp_path: Path) -> None:
    wire = wire_to("http://127.0.0.1:1")
    with pytest.raises(NotConfigured) as caught:
        TokenFile(tmp_path / "tokens.json", "amo").access(wire, replace(REGISTRATION))
    assert caught.value.code == "source_tokens_missing"
    wire.close()
