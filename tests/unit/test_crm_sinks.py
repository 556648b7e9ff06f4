"""Sinks of CRM systems against their stand-ins: what is asked once is there once, and is found again.

The stand-ins make two of everything that is asked twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.crm_write import CrmWrite, WriteKind
from qc_workbench.errors import SourceError, SourceRefused, SourceThrottled
from qc_workbench.sources import amocrm, bitrix24, pipedrive
from qc_workbench.sources.amocrm_writing import AmocrmSink
from qc_workbench.sources.bitrix24_portal import site_of
from qc_workbench.sources.bitrix24_writing import Bitrix24Sink
from qc_workbench.sources.connector import CrmOrder, CrmSink
from qc_workbench.sources.pipedrive_writing import PipedriveSink
from qc_workbench.sources.wire import Wire
from tests.stand_ins import amocrm as amocrm_account
from tests.stand_ins import bitrix24 as bitrix24_portal
from tests.stand_ins import pipedrive as pipedrive_company
from tests.stand_ins.serving import Fault, QuickClock, serving

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented"
NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)
WRITING = CrmWriting.model_validate({"into": "crm"})
FIELDS: dict[WriteKind, dict[str, str]] = {
    WriteKind.NEW_DEAL: {"title": "Новый клиент", "name": "Клиент", "field:701": "google"},
    WriteKind.TRACKING_FIELDS: {"field:701": "google"},
    WriteKind.CALLBACK_TASK: {
        "subject": "Перезвонить", "text": "Обещали <завтра>\nв три", "due_day": "2026-10-08",
        "due_at": "2026-10-08T12:00:00+00:00",
    },
    WriteKind.CALL_ACTIVITY: {
        "subject": "Входящий звонок", "text": "6 октября", "started_at": "2026-10-06T08:59:00+00:00", "talk_s": "125",
        "direction": "incoming", "link": "https://qc.example.test/call?id=1",
    },
    WriteKind.CALL_NOTE: {"text": "Входящий звонок\n1:04 — обещали"},
}  # fmt: skip
MADE = [kind for kind in WriteKind if kind is not WriteKind.TRACKING_FIELDS]


@dataclass
class Place:
    """A CRM with one deal of one client, and how many things of each kind it holds."""

    sink: CrmSink
    stand_in: Any
    counts: Any
    deal_key: str
    person_key: str
    user_key: str

    def order(self, kind: WriteKind, **changes: object) -> CrmOrder:
        has_deal = kind is not WriteKind.NEW_DEAL
        deal_id = f"crm:{self.deal_key}" if has_deal else None
        write = CrmWrite("crm", kind, f"{kind.value}-1", "tel:1", "m1", "+380670000009", deal_id, FIELDS[kind])
        keys = (self.deal_key, self.person_key) if has_deal else (None, None)
        return replace(CrmOrder(write, *keys, self.user_key), **changes)  # type: ignore[arg-type]


@pytest.fixture
def in_pipedrive() -> Iterator[Place]:
    company = pipedrive_company.PipedriveStandIn(now=NOW)
    company.furnish()
    company.person(1, "067 000 00 01")
    company.deal(1, person_id=1)
    with serving(company) as address:
        wire = Wire("crm", address, pipedrive.CAPABILITIES, headers={"x-api-token": "stand-in-key"},
                    clock=QuickClock(NOW))  # fmt: skip

        def counts() -> dict[str, int]:
            return {name: len(getattr(company, name)) for name in ("deals", "persons", "activities", "notes")}

        yield Place(PipedriveSink(wire, WRITING, address), company, counts, "1", "1", "11")
        wire.close()


@pytest.fixture
def in_amocrm() -> Iterator[Place]:
    at = int((NOW - timedelta(days=1)).timestamp())
    account = amocrm_account.AmocrmStandIn(
        leads={1: amocrm_account.lead(1, at)}, contacts={2: amocrm_account.contact(2, at, "+380670000001")}
    )
    with serving(account) as address:
        wire = Wire("crm", address, amocrm.CAPABILITIES, clock=QuickClock(NOW))

        def counts() -> dict[str, int]:
            return {name: len(getattr(account, name)) for name in ("leads", "contacts", "tasks", "notes")}

        sink = AmocrmSink(wire, lambda: amocrm_account.TOKEN, WRITING, address)
        yield Place(sink, account, counts, "1", "contacts:2", "504141")
        wire.close()


@pytest.fixture
def in_bitrix24() -> Iterator[Place]:
    at = "2026-10-06T12:00:00+03:00"
    portal = bitrix24_portal.Bitrix24StandIn(
        deals={1: bitrix24_portal.deal(1, at)}, contacts={1001: bitrix24_portal.contact(1001, at, "+380670000001")}
    )
    with serving(portal) as address:
        wire = Wire("crm", address + bitrix24_portal.PATH, bitrix24.CAPABILITIES, clock=QuickClock(NOW))

        def counts() -> dict[str, int]:
            return {name: len(getattr(portal, name)) for name in ("deals", "contacts", "activities", "comments")}

        yield Place(Bitrix24Sink(wire, WRITING, address), portal, counts, "1", "contact:1001", "505")
        wire.close()


PLACES = ["in_pipedrive", "in_amocrm", "in_bitrix24"]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("kind", MADE)
def test_what_was_written_is_found_by_its_marker_and_nothing_else_is(place: Place, kind: WriteKind) -> None:
    order = place.order(kind, since=NOW)
    assert place.sink.find(order) is None
    made = place.sink.write(order)
    assert place.sink.find(order) == made
    another = replace(order, write=replace(order.write, subject="another"))
    assert place.sink.find(another) is None


@pytest.mark.parametrize("kind", list(WriteKind))
@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.TRUNCATED])
def test_a_write_is_asked_once_whatever_becomes_of_its_answer(place: Place, kind: WriteKind, fault: Fault) -> None:
    place.sink.find(place.order(WriteKind.CALL_NOTE))  # whoever asks for a token has it by now
    before = place.counts()
    asked = len(place.stand_in.asked)
    place.stand_in.spoil_writes.append(fault)
    with pytest.raises(SourceError) as raised:
        place.sink.write(place.order(kind))
    assert not isinstance(raised.value, SourceRefused | SourceThrottled), "nobody knows whether it was done"
    changed = [item for item in place.stand_in.asked[asked:] if place.stand_in.is_write(item)]
    assert len(changed) == 1
    assert all(n - before[name] <= 1 for name, n in place.counts().items())


@pytest.mark.parametrize("kind", MADE)
def test_what_was_done_and_not_told_is_found_or_finished_without_a_second_one(place: Place, kind: WriteKind) -> None:
    expected = place.counts()
    place.sink.write(place.order(kind))
    after_one = {name: n - expected[name] for name, n in place.counts().items()}
    before = place.counts()
    second = place.order(kind, since=NOW)
    second = replace(second, write=replace(second.write, subject="second", client_phone="+380670000077"))
    place.stand_in.spoil_writes.append(Fault.SERVER_ERROR)
    with pytest.raises(SourceError):
        place.sink.write(second)
    if place.sink.find(second) is None:
        place.sink.write(second)
    assert {name: n - before[name] for name, n in place.counts().items()} == after_one
    assert place.sink.find(second) is not None


@pytest.mark.parametrize("kind", list(WriteKind))
def test_a_request_for_a_pause_and_a_refused_key_did_nothing(place: Place, kind: WriteKind) -> None:
    before = place.counts()
    place.stand_in.spoil_writes.append(Fault.TOO_MANY)
    with pytest.raises(SourceThrottled):
        place.sink.write(place.order(kind))
    place.stand_in.spoil_writes.append(Fault.REFUSED)
    with pytest.raises(SourceRefused):
        place.sink.write(place.order(kind))
    assert place.counts() == before


def test_a_deal_that_is_not_there_refuses_what_belongs_into_it(place: Place) -> None:
    for kind in WriteKind:
        if kind is not WriteKind.NEW_DEAL:
            with pytest.raises(SourceRefused):
                place.sink.write(place.order(kind, deal_key="987654"))


def test_a_known_number_gets_no_second_person(in_pipedrive: Place) -> None:
    order = in_pipedrive.order(WriteKind.NEW_DEAL)
    in_pipedrive.sink.write(replace(order, write=replace(order.write, client_phone="+380670000001")))
    assert in_pipedrive.counts()["persons"] == 1
    assert in_pipedrive.stand_in.deals[2]["person_id"] == 1
    assert in_pipedrive.stand_in.deals[2]["custom_fields"] == {"701": "google"}


def test_filled_fields_are_left_alone(in_pipedrive: Place) -> None:
    in_pipedrive.stand_in.deals[1]["custom_fields"] = {"701": "written by a person"}
    in_pipedrive.sink.write(in_pipedrive.order(WriteKind.TRACKING_FIELDS))
    assert in_pipedrive.stand_in.deals[1]["custom_fields"] == {"701": "written by a person"}


def test_texts_go_to_pipedrive_as_html_and_hours_as_utc(in_pipedrive: Place) -> None:
    in_pipedrive.sink.write(in_pipedrive.order(WriteKind.CALLBACK_TASK))
    (task,) = in_pipedrive.stand_in.activities.values()
    assert task["note"].startswith("Обещали &lt;завтра&gt;<br>в три<br>[qcw:")
    assert (task["due_date"], task["due_time"], task["done"]) == ("2026-10-08", "12:00:00", False)
    whole_day = in_pipedrive.order(WriteKind.CALLBACK_TASK)
    fields = {**whole_day.write.fields, "due_until": "2026-10-08T20:59:00+00:00"}
    del fields["due_at"]
    in_pipedrive.sink.write(replace(whole_day, write=replace(whole_day.write, fields=fields)))
    assert (in_pipedrive.stand_in.activities[2]["due_date"], in_pipedrive.stand_in.activities[2]["due_time"]) == (
        "2026-10-08", None,
    )  # fmt: skip
    in_pipedrive.sink.write(in_pipedrive.order(WriteKind.CALL_ACTIVITY))
    call = in_pipedrive.stand_in.activities[3]
    assert (call["due_time"], call["duration"], call["done"]) == ("08:59:00", "00:02:05", True)


def test_a_deal_is_looked_for_among_those_changed_since_it_was_begun(in_pipedrive: Place) -> None:
    in_pipedrive.sink.find(in_pipedrive.order(WriteKind.NEW_DEAL, since=NOW))
    (asked,) = [item for item in in_pipedrive.stand_in.asked if item.path == "/api/v2/deals"]
    assert asked.params["updated_since"] == (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_lead_and_its_contact_are_one_question(in_amocrm: Place) -> None:
    in_amocrm.sink.write(in_amocrm.order(WriteKind.NEW_DEAL))
    (asked,) = [item for item in in_amocrm.stand_in.asked if item.method == "POST"]
    assert asked.path == "/api/v4/leads/complex"
    lead = max(in_amocrm.stand_in.leads.values(), key=lambda row: row["id"])
    assert lead["custom_fields_values"] == [{"field_id": 701, "values": [{"value": "google"}]}]
    known = in_amocrm.order(WriteKind.NEW_DEAL)
    in_amocrm.sink.write(replace(known, write=replace(known.write, client_phone="+380670000001")))
    lead = max(in_amocrm.stand_in.leads.values(), key=lambda row: row["id"])
    assert lead["_embedded"]["contacts"][0]["id"] == 2


def test_calls_and_tasks_of_amocrm_are_as_documented(in_amocrm: Place) -> None:
    in_amocrm.sink.write(in_amocrm.order(WriteKind.CALL_ACTIVITY))
    (note,) = in_amocrm.stand_in.notes.values()
    assert (note["note_type"], note["entity_id"]) == ("call_in", 1)
    documented = json.loads((DOCUMENTED / "amocrm__notes_call_in.json").read_text(encoding="utf-8"))
    known = documented["payload"]["_embedded"]["notes"][0]["params"]
    assert set(note["params"]) <= set(known)
    assert (note["params"]["duration"], note["params"]["call_status"]) == (125, 4)
    in_amocrm.sink.write(in_amocrm.order(WriteKind.CALLBACK_TASK))
    (task,) = in_amocrm.stand_in.tasks.values()
    assert (task["complete_till"], task["task_type_id"], task["entity_type"]) == (1791460800, 1, "leads")


def test_a_call_of_bitrix24_carries_the_marker_as_its_id_elsewhere(in_bitrix24: Place) -> None:
    order = in_bitrix24.order(WriteKind.CALL_ACTIVITY)
    in_bitrix24.sink.write(order)
    (call,) = in_bitrix24.stand_in.activities.values()
    assert (call["ORIGIN_ID"], call["TYPE_ID"], call["COMPLETED"], call["DIRECTION"]) == (
        order.write.marker, "2", "Y", "1",
    )  # fmt: skip
    assert call["END_TIME"] == "2026-10-06T09:01:05+00:00"
    with pytest.raises(SourceRefused, match="crm_write_needs_user"):
        in_bitrix24.sink.write(replace(order, user_key=None))


def test_the_link_shows_no_key_of_a_portal() -> None:
    assert site_of("https://example.bitrix24.ru/rest/1/very-secret/") == "https://example.bitrix24.ru"
