"""A sync of a CRM: what arrives, whose it is, moves kept once, what is deleted or erased stays away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.check_order import check_order
from pipelines.erasure import erase
from pipelines.sync_crm import CrmHint
from qc_workbench.domain.crm import ChangeOrigin
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.sources.crm_values import DUE_AT, CrmEntity, CrmMove
from qc_workbench.store.database import Statement
from qc_workbench.store.verdicts import violations
from qc_workbench.workspace import Workspace
from tests.crm_cases import NOW, everything, of_pipedrive, refetch, rows, small_company, sync, workspace
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import serving


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Workspace, PipedriveStandIn]]:
    with small_company(tmp_path) as found:
        yield found


def test_a_crm_arrives_once_however_often_it_is_read(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    first = sync(opened, stand_in)
    assert {name: found.new for name, found in first.counts.items()} == {
        "deals": 7, "activities": 7, "notes": 1,
    }  # fmt: skip
    before = everything(opened)
    assert sync(opened, stand_in).nothing_new
    assert everything(opened) == before
    assert sync(opened, stand_in, since=stand_in.now - timedelta(days=30)).nothing_new
    assert everything(opened) == before


def test_what_arrives_is_what_the_crm_says(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    sync(opened, stand_in)
    (deal,) = rows(opened, "select * from deals where deal_id = 'p:1'")
    assert (deal["client_phones"], deal["client_name"], deal["stage"]) == ('["+380670000001"]', "Клиент 1", "Новая")
    assert (deal["manager_id"], str(deal["amount"]), deal["currency"]) == ("p:11", "1000.50", "UAH")
    (task,) = rows(opened, "select * from activities where activity_id = 'p:1'")
    assert (task["deal_id"], task["client_phone"], task["type"]) == ("p:1", "+380670000001", "call")
    assert task["due_at"] == datetime(2026, 3, 2, 15, tzinfo=UTC)
    (note,) = rows(opened, "select * from notes")
    assert (note["text"], note["deal_id"], note["pinned"], note["author_id"]) == (
        "Клиент просит замер", "p:1", True, "p:11",
    )  # fmt: skip
    assert rows(opened, "select name from managers") == [{"name": "Олена Тест"}]


def moves(opened: Workspace) -> list[Mapping[str, Any]]:
    return rows(opened, "select * from activity_changes where field = 'due_at' order by changed_at")


def test_a_due_date_moved_three_times_between_polls_is_a_dragged_task(
    company: tuple[Workspace, PipedriveStandIn],
) -> None:
    opened, stand_in = company
    task = stand_in.activities[1]
    begins = stand_in.now.date()
    stand_in.change(task, due_date=str(begins + timedelta(days=1)))
    sync(opened, stand_in)
    for days in (3, 5, 9):
        stand_in.passes(days=1)
        stand_in.change(task, due_date=str(begins + timedelta(days=days)))
        stand_in.passes(minutes=10)
        sync(opened, stand_in)
        sync(opened, stand_in)
    found = moves(opened)
    assert [(row["activity_id"], row["origin"]) for row in found] == [("p:1", "diff")] * 3
    assert [row["old_value"] for row in found][1:] == [row["new_value"] for row in found][:-1]
    check_order(opened, stand_in.now)
    with opened.store.reading() as reader:
        dragged = [item for item in violations(reader) if item.kind is ViolationKind.DRAGGED_TASK]
    (breach,) = dragged
    assert (breach.activity_id, breach.manager_id, breach.detail) == ("p:1", "p:11", "3 × 8")


def test_moves_told_by_messages_take_the_place_of_the_difference_in_any_order(
    company: tuple[Workspace, PipedriveStandIn],
) -> None:
    opened, stand_in = company
    sync(opened, stand_in)
    task, told = stand_in.activities[1], []
    before = datetime(2026, 3, 2, 15, tzinfo=UTC)
    for days in (1, 4, 2):
        stand_in.passes(minutes=7)
        after = before + timedelta(days=days)
        stand_in.change(task, due_date=str(after.date()))
        move = CrmMove(CrmEntity.ACTIVITY, "1", DUE_AT, stand_in.now, before.isoformat(), after.isoformat(), "11",
                       ChangeOrigin.WEBHOOK)  # fmt: skip
        told.append(CrmHint(CrmEntity.ACTIVITY, "1", (move,)))
        before = after
    stand_in.passes(minutes=1)
    stand_in.change(task, subject="Перезвонить ещё раз")
    sync(opened, stand_in)
    assert [row["origin"] for row in moves(opened)] == ["diff"], "two of three moves were not seen"
    refetch(opened, stand_in, told[2], told[0])
    refetch(opened, stand_in, told[1])
    refetch(opened, stand_in, told[0], told[1])
    sync(opened, stand_in)
    assert [(row["origin"], row["changed_by"]) for row in moves(opened)] == [("webhook", "p:11")] * 3
    assert [row["changed_at"] for row in moves(opened)] == [hint.moves[0].at for hint in told]


def test_stages_have_the_history_that_the_crm_keeps(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    for stage in (2, 3):
        stand_in.passes(hours=5)
        stand_in.change(stand_in.deals[2], stage_id=stage)
    stand_in.passes(hours=5)
    sync(opened, stand_in)

    def found() -> list[tuple[Any, ...]]:
        columns = "from_stage, to_stage, changed_by, origin"
        sql = f"select {columns} from stage_changes where deal_id = 'p:2' order by changed_at"
        return [tuple(row.values()) for row in rows(opened, sql)]

    history = [("Новая", "КП отправлено", "p:12", "vendor"), ("КП отправлено", "Договор", "p:12", "vendor")]
    assert found() == history
    stand_in.change(stand_in.deals[2], stage_id=1)
    stand_in.passes(hours=1)
    asked = len(stand_in.asked)
    sync(opened, stand_in)
    assert found() == [*history, ("Договор", "Новая", "p:12", "vendor")]
    assert sum("changelog" in question.path for question in stand_in.asked[asked:]) == 1
    sync(opened, stand_in)
    assert sum("changelog" in question.path for question in stand_in.asked[asked:]) == 1, "asked for once a move"


def test_without_histories_a_difference_is_dated_by_the_deal_itself(tmp_path: Path) -> None:
    stand_in = PipedriveStandIn(now=NOW - timedelta(days=3))
    stand_in.furnish()
    stand_in.deal(1)
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", of_pipedrive(address, "histories_a_sync = 0\n"))
        sync(opened, stand_in)
        moved_at = stand_in.passes(hours=1)
        stand_in.change(stand_in.deals[1], stage_id=3)
        stand_in.passes(hours=1)
        stand_in.change(stand_in.deals[1], title="Окна и двери")
        sync(opened, stand_in)
    (change,) = rows(opened, "select changed_at, from_stage, to_stage, origin from stage_changes")
    assert tuple(change.values()) == (moved_at, "Новая", "Договор", "diff")


def test_what_is_deleted_there_goes_here_and_what_belonged_to_it_stays(
    company: tuple[Workspace, PipedriveStandIn],
) -> None:
    opened, stand_in = company
    sync(opened, stand_in)
    stand_in.passes(hours=1)
    stand_in.change(stand_in.deals[1], is_deleted=True)
    stand_in.change(stand_in.activities[2], is_deleted=True)
    stand_in.change(stand_in.notes[1], active_flag=False)
    stand_in.passes(days=1)
    assert not sync(opened, stand_in).nothing_new
    assert rows(opened, "select 1 from deals where deal_id = 'p:1'") == []
    assert rows(opened, "select 1 from activities where activity_id = 'p:2'") == [], "asked after by id"
    assert rows(opened, "select 1 from notes") == []
    (orphan,) = rows(opened, "select deal_id, client_phone from activities where activity_id = 'p:1'")
    assert tuple(orphan.values()) == (None, "+380670000001")
    before = everything(opened)
    sync(opened, stand_in)
    assert everything(opened) == before
    stand_in.passes(hours=1)
    stand_in.change(stand_in.deals[1], is_deleted=False)
    sync(opened, stand_in)
    (back,) = rows(opened, "select deal_id from activities where activity_id = 'p:1'")
    assert back["deal_id"] == "p:1"


def test_one_that_a_message_calls_deleted_goes_at_once(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    sync(opened, stand_in)
    del stand_in.activities[3]
    refetch(opened, stand_in, CrmHint(CrmEntity.ACTIVITY, "3"), CrmHint(CrmEntity.DEAL, "999"))
    assert rows(opened, "select 1 from activities where activity_id = 'p:3'") == []
    assert len(rows(opened, "select 1 from deals")) == 7


def test_a_phone_that_a_person_gets_later_reaches_their_deals(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    sync(opened, stand_in)
    stand_in.passes(hours=5)
    more = [{"value": "+380 44 111 22 33", "primary": True, "label": "work"}, *stand_in.persons[4]["phones"]]
    stand_in.change(stand_in.persons[4], phones=more)
    sync(opened, stand_in)
    (deal,) = rows(opened, "select client_phones from deals where deal_id = 'p:4'")
    assert deal["client_phones"] == '["+380441112233","+380670000004"]'
    (task,) = rows(opened, "select client_phone from activities where activity_id = 'p:4'")
    assert task["client_phone"] == "+380441112233"


def test_owners_are_ours_by_settings_with_their_days_and_by_email(tmp_path: Path) -> None:
    stand_in = PipedriveStandIn(now=NOW - timedelta(days=10))
    stand_in.furnish()
    stand_in.users[13] = {**stand_in.users[12], "id": 13, "email": "third@example.test"}
    for number, owner in ((1, 11), (2, 11), (3, 12), (4, 13)):
        stand_in.deal(number, owner_id=owner)
    stand_in.passes(days=2)
    stand_in.change(stand_in.deals[2], title="позже")
    until = (NOW - timedelta(days=9)).astimezone(ZoneInfo("Europe/Kyiv")).date()  # the company's day
    agents = f'[[sources.agents]]\nagent = "Olena@example.test"\nmanager = "m1"\nuntil = {until}\n'
    agents += f'[[sources.agents]]\nagent = "11"\nmanager = "m2"\nsince = {until}\n'
    with serving(stand_in) as address:
        opened = workspace(tmp_path / "W", of_pipedrive(address, agents))
        sql = """insert into managers (manager_id, name, role, attributes)
                 values ('m3', 'Иван', 'manager', '{"email": "IVAN@example.test"}')"""
        opened.store.write(Statement(sql))
        sync(opened, stand_in)
        owners = {row["deal_id"]: row["manager_id"] for row in rows(opened, "select deal_id, manager_id from deals")}
        assert owners == {"p:1": "m1", "p:2": "m2", "p:3": "m3", "p:4": "p:13"}
        (home := opened.home / "qcw.toml").write_text(home.read_text().replace("m2", "m9"))
        opened.store.release()
        again = Workspace.open(opened.home)
        sync(again, stand_in)
        owners = {row["deal_id"]: row["manager_id"] for row in rows(again, "select deal_id, manager_id from deals")}
    assert owners["p:2"] == "m9", "told long ago, but whose it is depends on the settings of now"


def test_a_renamed_stage_is_renamed_in_the_past_too(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    stand_in.passes(hours=1)
    stand_in.change(stand_in.deals[1], stage_id=2)
    sync(opened, stand_in)
    stand_in.passes(days=1)
    stand_in.stages[2]["name"] = "Предложение"
    sync(opened, stand_in)
    (change,) = rows(opened, "select to_stage from stage_changes")
    (deal,) = rows(opened, "select stage from deals where deal_id = 'p:1'")
    assert (change["to_stage"], deal["stage"]) == ("Предложение", "Предложение")


def test_an_erased_person_does_not_come_back(company: tuple[Workspace, PipedriveStandIn]) -> None:
    opened, stand_in = company
    sync(opened, stand_in)
    erase(opened, ["+380670000001"], by="q", now=stand_in.now)
    assert rows(opened, "select 1 from crm_records where key = '1' and entity <> 'person'") == []
    assert rows(opened, "select name, phones, erased from crm_persons where person_key = '1'") == [
        {"name": None, "phones": "[]", "erased": True}
    ]
    stand_in.passes(hours=1)
    for row in (stand_in.persons[1], stand_in.deals[1], stand_in.activities[1]):
        stand_in.change(row)
    stand_in.deal(100, person_id=1, title="Окна для Клиента 1")
    stand_in.activity(100, deal_id=100, subject="Клиент 1")
    stand_in.activity(101, person_id=1, subject="Клиент 1")
    stand_in.note(100, "Клиент 1", deal_id=100)
    stand_in.person(50, "0670000001", "0670000050")
    stand_in.deal(101, person_id=50, title="Клиент 50")
    sync(opened, stand_in)
    sync(opened, stand_in, since=stand_in.now - timedelta(days=30))
    kept = everything(opened)
    for table in ("deals", "activities", "notes", "crm_persons", "crm_records"):
        assert "Клиент 1" not in str([row for row in kept[table] if "Клиент 1'" in str(row)]), table
        assert "0670000001" not in str(kept[table]).replace(" ", ""), table
    deals = [row for row in kept["deals"] if not row["deal_id"].startswith("erased-")]
    assert {row["deal_id"] for row in deals} == {*(f"p:{n}" for n in range(2, 8)), "p:101"}
    (shared,) = [row for row in deals if row["deal_id"] == "p:101"]
    assert (shared["client_phones"], shared["client_name"], shared["attributes"]) == ('["+380670000050"]', None, "{}")
    assert {row["activity_id"] for row in kept["activities"]} == {f"p:{n}" for n in range(2, 8)}
