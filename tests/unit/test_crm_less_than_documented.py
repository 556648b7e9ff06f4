"""CRMs that do less than their documents say: lists that are not there, filters that do nothing, pages of other sizes.

Each answer is made here from the shapes of the contract, so that no stand-in's habits are taken for the vendor's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from qc_workbench.config_sources import OneCSource
from qc_workbench.errors import SourceAnswerBroken, SourceRefused
from qc_workbench.sources import amocrm, bitrix24, bitrix24_rows, odata_1c, pipedrive
from qc_workbench.sources.bitrix24_portal import Portal
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity, CrmRef
from qc_workbench.sources.pipedrive_meaning import PipedriveMeaning
from qc_workbench.sources.wire import Wire
from tests.stand_ins.serving import QuickClock

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
OLD = "2026-03-01T08:00:00Z"
Query = Mapping[str, str]
#: A path and its question to a body; None: 404, "": 204.
Server = Callable[[str, Query, Any], Any]


def wire_to(server: Server, capabilities: Any) -> Wire:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content) if request.content else None
        found = server(request.url.path, dict(request.url.params), asked)
        if found is None:
            return httpx.Response(404, json={"success": False, "error": "not found"})
        return httpx.Response(204) if found == "" else httpx.Response(200, json=found)

    transport = httpx.MockTransport(answer)
    return Wire("crm", "http://crm.test", capabilities, clock=QuickClock(NOW), transport=transport)


def all_of(batches: Iterable[CrmBatch], name: str) -> list[Any]:
    return [item for batch in batches for item in getattr(batch, name)]


# --- Pipedrive -------------------------------------------------------------------------------------------------------


def deal(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": number, "title": "Окна", "owner_id": 1, "stage_id": 1, "pipeline_id": 1, "status": "open",
            "add_time": OLD, "update_time": OLD, "person_id": None, **changes}  # fmt: skip


def task(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": number, "type": "call", "owner_id": 1, "due_date": "2026-03-12", "add_time": OLD, "update_time": OLD,
            "done": False, **changes}  # fmt: skip


class Company:
    """Only what contracts/connectors.md names: no archived deals, and no question narrows a list."""

    def __init__(self) -> None:
        self.deals = [deal(number) for number in range(1, 6)]
        self.tasks = [task(number) for number in range(1, 4)]
        self.notes: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def __call__(self, path: str, query: Query, _: Any) -> Any:
        self.asked.append(path)
        lists = {
            "/api/v2/deals": self.deals, "/api/v2/activities": self.tasks, "/api/v2/persons": [],
            "/api/v2/stages": [{"id": "1", "name": "Новая", "pipeline_id": "1", "order_nr": "1"}],
            "/api/v2/pipelines": [{"id": 1, "name": "Окна"}],
        }  # fmt: skip
        if path == "/v1/users":
            return {"success": True, "data": [{"id": 1, "name": "Олена"}]}
        if path == "/v1/notes":
            start = int(query.get("start", 0))
            more = start + 10 < len(self.notes)
            told = {"start": start, "limit": 10, "more_items_in_collection": more, "next_start": start + 10}
            rows = self.notes[start : start + 10] or None
            return {"success": True, "data": rows, "additional_data": {"pagination": told}}
        if path in lists:
            start = int(query.get("cursor", 0))
            following = str(start + 2) if start + 2 < len(lists[path]) else None
            return {
                "success": True, "data": lists[path][start : start + 2], "additional_data": {"next_cursor": following},
            }  # fmt: skip
        one = [row for row in lists.get(path.rpartition("/")[0], ()) if str(row["id"]) == path.rpartition("/")[2]]
        return {"success": True, "data": one[0]} if one else None

    def opened(self) -> pipedrive.Pipedrive:
        return pipedrive.Pipedrive(wire_to(self, pipedrive.CAPABILITIES), PipedriveMeaning(KYIV))


def test_pipedrive_without_archived_deals_and_with_a_filter_that_does_nothing_loses_no_deal() -> None:
    company = Company()
    company.deals[1].update(status="deleted", is_deleted=True)
    company.deals[2].update(owner_id=None)
    batches = list(company.opened().changes(NOW - timedelta(days=1)))
    assert {found.key for found in all_of(batches, "deals")} == {"1", "3", "4", "5"}
    assert set(all_of(batches, "gone")) == {CrmRef(CrmEntity.DEAL, "2")}
    assert all_of(batches, "problems") == []
    assert batches[-1].complete_until is not None
    (stage,) = all_of(batches, "stages")
    assert stage.pipeline == "Окна"


def test_what_is_written_as_text_is_read_as_what_it_says() -> None:
    company = Company()
    company.tasks[0].update(done="0", owner_id=None)
    company.tasks[1].update(done="1")
    found = all_of(company.opened().changes(None), "activities")
    assert [(item.key, item.done, item.owner_key) for item in found] == [
        ("1", False, ""), ("2", True, "1"), ("3", False, "1"),
    ]  # fmt: skip


def test_a_deal_of_pipedrive_is_deleted_when_it_answers_so_for_itself() -> None:
    company = Company()
    source = company.opened()
    assert source.still_there(CrmEntity.DEAL, ["1", "5", "77"]) == frozenset({"1", "5"})
    assert "/api/v2/deals/77" in company.asked
    assert source.still_there(CrmEntity.ACTIVITY, ["1", "77"]) == frozenset({"1"})


def test_short_pages_of_notes_are_not_read_row_by_row() -> None:
    company = Company()
    company.notes = [{"id": number, "content": "текст", "deal_id": 1, "add_time": "2026-03-01 08:00:00"}
                     for number in range(1, 101)]  # fmt: skip
    found = all_of(company.opened().changes(None), "notes")
    assert {note.key for note in found} == {str(number) for number in range(1, 101)}
    assert company.asked.count("/v1/notes") <= 20


@pytest.mark.parametrize("cursor", ["same", "another"])
def test_a_cursor_of_pipedrive_that_never_ends_is_a_broken_answer(cursor: str) -> None:
    """As the mock server of its own description gives it; or another cursor each time, and the same rows."""
    asked: list[str] = []

    def server(path: str, _: Query, __: Any) -> Any:
        asked.append(path)
        if path == "/v1/users":
            return {"success": True, "data": []}
        following = cursor if cursor == "same" else f"c{len(asked)}"
        return {"success": True, "data": [deal(1)], "additional_data": {"next_cursor": following}}

    source = pipedrive.Pipedrive(wire_to(server, pipedrive.CAPABILITIES), PipedriveMeaning(KYIV))
    with pytest.raises(SourceAnswerBroken) as raised:
        list(source.changes(None))
    assert raised.value.code == "source_answer_pages"
    assert len(asked) < 100


# --- amoCRM ----------------------------------------------------------------------------------------------------------

AT = int(NOW.timestamp()) - 7200


def amo_server(path: str, query: Query, _: Any) -> Any:
    """Leads, tasks, events, notes of leads, pipelines: no account, no users, no companies; pages without links."""
    lead = {"name": "Окна", "price": "12000", "responsible_user_id": 1, "status_id": "7", "pipeline_id": 5,
            "created_at": AT, "updated_at": None}  # fmt: skip
    lists: dict[str, list[dict[str, Any]]] = {
        "leads": [{"id": number, **lead} for number in range(1, 6)], "tasks": [], "events": [], "contacts": [],
        "notes": [],
        "pipelines": [{"id": 5, "name": "Воронка", "_embedded": {"statuses": [{"id": 7, "name": "Новая", "sort": 1}]}}],
    }  # fmt: skip
    name = path.rpartition("/")[2]
    if name not in lists or path in ("/api/v4/contacts/notes", "/api/v4/companies/notes"):
        return None
    start = (int(query["page"]) - 1) * 2
    found = lists[name][start : start + 2]
    return {"_embedded": {name: found}} if found else ""


def test_amocrm_without_lists_that_can_be_spared_and_without_links_is_read_to_the_end() -> None:
    source = amocrm.Amocrm(wire_to(amo_server, amocrm.CAPABILITIES), lambda: "token")
    batches = list(source.changes(None))
    assert {found.key for found in all_of(batches, "deals")} == {"1", "2", "3", "4", "5"}
    assert batches[-1].complete_until is not None
    assert [(problem.code, problem.value) for problem in all_of(batches, "problems")] == [("crm_refused", "users")]


def test_amocrm_without_leads_is_a_refusal() -> None:
    def server(path: str, query: Query, body: Any) -> Any:
        return None if path.endswith("/leads") else amo_server(path, query, body)

    with pytest.raises(SourceRefused):
        list(amocrm.Amocrm(wire_to(server, amocrm.CAPABILITIES), lambda: "token").changes(None))


# --- Bitrix24 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_filtered", [True, False])
def test_bitrix24_with_other_pages_or_without_the_filter_by_id_hides_no_row(is_filtered: bool) -> None:
    """Twenty rows a page, with ``next``; a server may also count pages only."""

    def server(_: str, __: Query, asked: Any) -> Any:
        last = asked["filter"].get(">ID", 0) if is_filtered else 0
        rows = [{"ID": str(number)} for number in range(1, 94) if number > last]
        start = max(0, asked["start"])
        following = {"next": start + 20} if start + 20 < len(rows) else {}
        return {"result": rows[start : start + 20], **following}

    pages = Portal(wire_to(server, bitrix24.CAPABILITIES)).by_id("crm.deal.list", {}, {})
    assert sorted({int(row["ID"]) for page in pages for row in page}) == list(range(1, 94))


def test_deals_of_bitrix24_on_a_second_page_are_not_taken_for_deleted() -> None:
    def server(_: str, __: Query, asked: Any) -> Any:
        wanted, last = asked["filter"]["@ID"], asked["filter"].get(">ID", 0)
        rows = [{"ID": key} for key in wanted if key != "7" and int(key) > last]
        return {"result": rows[:20], **({"next": 20} if len(rows) > 20 else {})}

    keys = [str(number) for number in range(1, 61)]
    source = bitrix24.Bitrix24(wire_to(server, bitrix24.CAPABILITIES), KYIV)
    assert source.still_there(CrmEntity.DEAL, keys) == frozenset(keys) - {"7"}


def test_a_deal_of_bitrix24_that_does_not_say_when_it_was_changed_is_kept() -> None:
    row = {"ID": "37", "STAGE_ID": "C1:NEW", "DATE_CREATE": "2024-09-02T18:37:18+02:00"}
    found = bitrix24_rows.deal(row, bitrix24_rows.Dictionaries())
    assert found.updated_at == datetime(2024, 9, 2, 16, 37, 18, tzinfo=UTC)


# --- 1C --------------------------------------------------------------------------------------------------------------


def test_1c_that_gives_its_one_short_page_again_has_no_more() -> None:
    def server(path: str, _: Query, __: Any) -> Any:
        if not path.endswith("Catalog_Контрагенты"):
            return {"value": []}
        return {"value": [{"Ref_Key": "41aa6331", "Description": "ТОВ Тест", "DeletionMark": False}]}

    settings = OneCSource(kind="odata_1c", name="1c", address="http://crm.test/base", user="u", password="env:X")
    source = odata_1c.OneC(wire_to(server, odata_1c.CAPABILITIES), odata_1c.OneCMeaning(settings, KYIV))
    assert [person.name for person in all_of(source.changes(None), "persons")] == ["ТОВ Тест"]
