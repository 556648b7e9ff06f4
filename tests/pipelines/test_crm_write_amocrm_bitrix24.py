"""From a call to a task in amoCRM and in Bitrix24 and back, as in test_crm_write_pipedrive.py: read from both, plan,
approve, write, read again. The stand-ins make two of everything that is asked twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.crm_send import send_to_crm
from pipelines.crm_write import SendReport, plan_writes
from pipelines.detect import detect
from pipelines.ingest import ingest_source
from pipelines.progress import Silent
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.crm_write import WriteKind, WriteState
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.pipelines.test_crm_write_pipedrive import approve, promise, put_words, settings_of, writes
from tests.stand_ins import amocrm, bitrix24, ringostat
from tests.stand_ins.serving import QuickClock, serving

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)
PHONE = "067 000 00 01"


@dataclass
class Amocrm:
    """The account of the deal and its client. ``entry``: its settings; ``agent``: id of the user of extension 101."""

    told: amocrm.AmocrmStandIn
    entry: str
    agent: object = amocrm.OLENA
    fields: str = 'source = "11", campaign = "12"'

    def tasks(self) -> list[Mapping[str, Any]]:
        return [*self.told.tasks.values()]

    def deal_of(self, task: Mapping[str, Any]) -> int:
        return int(task["entity_id"])

    def text_of(self, task: Mapping[str, Any]) -> str:
        return str(task["text"])

    def amount(self) -> int:
        return len(self.told.leads) + len(self.told.tasks) + len(self.told.notes) + len(self.told.contacts)

    def now_is(self, at: datetime) -> None:
        """What was written has the stand-in's own time, long ago: as if it had been a moment ago."""
        for row in (*self.told.tasks.values(), *self.told.leads.values(), *self.told.notes.values()):
            row["updated_at"] = int(at.timestamp())


@dataclass
class Bitrix24:
    """The same in a portal."""

    told: bitrix24.Bitrix24StandIn
    entry: str
    agent: object = bitrix24.OLENA
    fields: str = 'source = "UF_CRM_1", campaign = "UF_CRM_2"'

    def tasks(self) -> list[Mapping[str, Any]]:
        return [row for row in self.told.activities.values() if row["PROVIDER_ID"] == "CRM_TODO"]

    def deal_of(self, task: Mapping[str, Any]) -> int:
        return int(task["OWNER_ID"])

    def text_of(self, task: Mapping[str, Any]) -> str:
        return str(task["DESCRIPTION"])

    def amount(self) -> int:
        told = self.told
        return len(told.deals) + len(told.activities) + len(told.comments) + len(told.contacts)

    def now_is(self, at: datetime) -> None:
        for name, rows in (("LAST_UPDATED", self.told.activities), ("DATE_MODIFY", self.told.deals)):
            for row in rows.values():
                row[name] = at.isoformat()


@contextmanager
def of_amocrm(home: Path) -> Iterator[Amocrm]:
    at = int(YESTERDAY.timestamp())
    told = amocrm.AmocrmStandIn(leads={1: amocrm.lead(1, at)}, contacts={2: amocrm.contact(2, at, PHONE)})
    (home / "token").write_text(amocrm.TOKEN)
    with serving(told) as address:
        yield Amocrm(told, f'kind = "amocrm"\ntoken = "file:token"\naddress = "{address}"')


@contextmanager
def of_bitrix24(home: Path) -> Iterator[Bitrix24]:
    at = YESTERDAY.isoformat()
    told = bitrix24.Bitrix24StandIn(deals={1: bitrix24.deal(1, at)}, contacts={1001: bitrix24.contact(1001, at, PHONE)})
    with serving(told) as address:
        (home / "portal").write_text(address + bitrix24.PATH)
        yield Bitrix24(told, 'kind = "bitrix24"\nwebhook = "file:portal"')


Company = tuple[Workspace, Amocrm | Bitrix24]


@pytest.fixture(params=[of_amocrm, of_bitrix24], ids=["amocrm", "bitrix24"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """Call 1 of a client with a deal, whose callback was promised; call 2 of nobody known."""
    home = tmp_path / "W"
    home.mkdir()
    moment = (NOW - timedelta(hours=2)).replace(tzinfo=None)
    found = {"employee_number": "101", "utm_source": "google", "utm_campaign": "autumn"}
    telephony = ringostat.RingostatStandIn(calls=[dict(ringostat.row(number, moment, **found)) for number in (1, 2)])
    with serving(telephony) as calls, request.param(home) as crm:
        agent = f"user{crm.agent}@example.test"
        opened = new_workspace(home, settings_of(calls, crm.entry, agent, crm.fields, "automatic"))
        (home / "key").write_text(ringostat.KEY)
        for name in ("r", "p"):
            ingest_source(opened, name, Silent())
        put_words(opened)
        yield opened, crm


def send(opened: Workspace, at: datetime = NOW) -> SendReport:
    return send_to_crm(opened, at, QuickClock(at))


def test_from_a_call_to_a_task_in_the_crm_and_back_once(company: Company) -> None:
    opened, crm = company
    assert crm.tasks() == []
    assert promise(opened).activity_id is None
    approve(opened)
    report = send(opened)
    assert (report.refused, report.put_off) == (0, 0), [item.error_params for item in writes(opened)]
    by_kind = {item.write.kind: item for item in writes(opened)}
    assert {kind: item.state for kind, item in by_kind.items()} == dict.fromkeys(WriteKind, WriteState.WRITTEN)
    (task,) = crm.tasks()
    assert crm.deal_of(task) == 1
    assert by_kind[WriteKind.CALLBACK_TASK].write.marker in crm.text_of(task)
    assert "Перезвоню вам завтра." in crm.text_of(task)

    crm.now_is(NOW + timedelta(minutes=1))
    ingest_source(opened, "p", Silent())
    detect(opened, NOW + timedelta(minutes=5), Silent())
    assert promise(opened).activity_id is not None, "the CRM knows of it now"
    detect(opened, NOW + timedelta(days=3), Silent())
    assert promise(opened).outcome is not CommitmentOutcome.MISSING


@pytest.mark.slow
def test_what_was_written_is_never_written_again(company: Company) -> None:
    opened, crm = company
    approve(opened)
    send(opened)
    there = crm.amount()
    for minutes in (10, 20, 30):
        crm.now_is(NOW + timedelta(minutes=minutes - 1))
        ingest_source(opened, "p", Silent())
        plan_writes(opened, NOW + timedelta(minutes=minutes))
        send(opened, NOW + timedelta(minutes=minutes))
    assert crm.amount() == there + 1, "the new deal got its own call, in the turn after it"
