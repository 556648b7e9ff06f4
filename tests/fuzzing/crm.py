"""Answers of CRMs: the connector, the sync's own taking-in, and a real database behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from pipelines import sync_crm
from pipelines.progress import Silent
from pipelines.understanding import understanding, understood
from qc_workbench.config_sources import CrmSystem, OneCSource
from qc_workbench.sources import amocrm, bitrix24, odata_1c, pipedrive
from qc_workbench.sources.connector import CrmSource
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity
from qc_workbench.sources.odata_1c import OneCMeaning
from qc_workbench.sources.pipedrive_meaning import PipedriveMeaning
from qc_workbench.sources.secrets_seen import note_secret
from qc_workbench.sources.wire import Wire
from tests.fuzzing.answers import Answering, Noting, Reciting, told_in
from tests.fuzzing.kept import ForgettingWorkspace, is_fast
from tests.fuzzing.rule import SECRET, Outcome, taken
from tests.stand_ins import amocrm as of_amocrm
from tests.stand_ins import bitrix24 as of_bitrix24
from tests.stand_ins import odata_1c as of_1c
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import QuickClock

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEGAN: Final = NOW - timedelta(days=40)
KYIV: Final = ZoneInfo("Europe/Kyiv")
ADDRESS: Final = "http://crm.example"
KINDS: Final = ("pipedrive", "amocrm", "bitrix24", "odata_1c")
_SETTINGS: Final[Mapping[str, str]] = {
    "pipedrive": f'key = "file:key"\naddress = "{ADDRESS}"', "amocrm": f'token = "file:key"\naddress = "{ADDRESS}"',
    "bitrix24": 'webhook = "file:key"',
    "odata_1c": f'address = "{ADDRESS}/base"\nuser = "u"\npassword = "file:key"',
}  # fmt: skip
_ONE_C: Final = OneCSource(kind="odata_1c", name="c", address=f"{ADDRESS}/base", user="u", password="env:X")


def workspace_of(kind: str) -> ForgettingWorkspace:
    return _workspace(kind, is_fast())


@cache
def _workspace(kind: str, fast: bool) -> ForgettingWorkspace:
    return ForgettingWorkspace(f'[[sources]]\nkind = "{kind}"\nname = "c"\n{_SETTINGS[kind]}\n')


def opened(kind: str, transport: httpx.BaseTransport, key: str) -> CrmSource:
    clock = QuickClock(NOW)
    note_secret(key)  # as it is noted where it is read

    def wire(what: Any, headers: Mapping[str, str] | None = None, path: str = "") -> Wire:
        return Wire("c", ADDRESS + path, what.CAPABILITIES, headers=headers, clock=clock, transport=transport, tries=1)

    match kind:
        case "pipedrive":
            return pipedrive.Pipedrive(wire(pipedrive, {"x-api-token": key}), PipedriveMeaning(KYIV))
        case "amocrm":
            return amocrm.Amocrm(wire(amocrm), lambda: key)
        case "bitrix24":
            path = of_bitrix24.PATH if key != SECRET else f"/rest/1/{SECRET}/"
            return bitrix24.Bitrix24(wire(bitrix24, path=path), KYIV)
        case _:
            return odata_1c.OneC(wire(odata_1c, {"Authorization": key}, "/base"), OneCMeaning(_ONE_C, KYIV))


def read_answers(kind: str, data: bytes) -> Outcome:
    """A first sync with this for answers, taken in twice."""
    source = opened(kind, Reciting(told_in(data)), SECRET)
    workspace = workspace_of(kind)
    (settings,) = workspace.settings.sources
    assert isinstance(settings, CrmSystem)
    with workspace.store.forgetting():
        taking = sync_crm._Sync(workspace, settings, Silent(), QuickClock(NOW))  # type: ignore[arg-type]
        try:
            for batch in understood("c", source.changes(None)):
                taking._take(batch, moves_checkpoint=True)
                if is_fast():
                    continue
                before = {name: found.new for name, found in taking._rows.counts.items()}
                taking._take(batch, moves_checkpoint=True)
                assert before == {name: found.new for name, found in taking._rows.counts.items()}, "twice is once"
                taking._problems = taking._problems[: len(taking._problems) - len(batch.problems)]
        finally:
            source.close()
        report = taking._report()
        if is_fast():
            return taken(report.rejects, **{name: found.new for name, found in taking._rows.counts.items()})
        with workspace.store.reading() as reader:
            counts = {table: int(reader.value(f"select count(*) from {table}") or 0)
                      for table in ("deals", "activities", "notes", "crm_persons")}  # fmt: skip
    return taken(report.rejects, **counts)


def read_one(kind: str, data: bytes) -> Outcome:
    """One entity that a webhook named, and the moves of a deal."""
    workspace = workspace_of(kind)
    (settings,) = workspace.settings.sources
    assert isinstance(settings, CrmSystem)
    problems, counts = [], 0
    for entity in (CrmEntity.DEAL, CrmEntity.ACTIVITY):
        source = opened(kind, Reciting(told_in(data)), SECRET)
        with workspace.store.forgetting():
            taking = sync_crm._Sync(workspace, settings, Silent(), QuickClock(NOW))  # type: ignore[arg-type]
            try:
                with understanding("c"):
                    batch = source.refetch(entity, "1")
                taking._take(batch, moves_checkpoint=False)
                if source.capabilities.histories_a_sync:
                    with understanding("c"):
                        moves = source.stage_history("1")
                    taking._take(CrmBatch(moves=moves), moves_checkpoint=False)
                with understanding("c"):
                    source.still_there(entity, ["1"])
            finally:
                source.close()
            counts += sum(found.new for found in taking._rows.counts.values())
            problems += taking._problems
    return taken(problems, rows=counts)


# --- what mutations begin with ---------------------------------------------------------------------------------------


def _stand_in(kind: str) -> Answering:
    at, moment = int(BEGAN.timestamp()), BEGAN.isoformat()
    match kind:
        case "pipedrive":
            stand_in = PipedriveStandIn(now=BEGAN)
            stand_in.furnish()
            stand_in.person(1, "067 000 00 01")
            stand_in.deal(1, person_id=1)
            stand_in.activity(1, deal_id=1, person_id=1, due_date="2026-03-02", due_time="15:00:00")
            stand_in.note(1, "<p>Клиент просит&nbsp;замер</p>", deal_id=1, pinned_to_deal_flag=True)
            return stand_in
        case "amocrm":
            amo = of_amocrm.AmocrmStandIn()
            amo.leads[1] = of_amocrm.lead(1, at)
            amo.contacts[2] = of_amocrm.contact(2, at, "8 916 000-00-01")
            amo.tasks[1] = of_amocrm.task(1, at, at + 2 * 86_400, 1)
            amo.notes[1] = of_amocrm.note(1, at, 1, "Просит замер", is_pinned=True)
            amo.events.append(of_amocrm.move_event(1, at + 60, 1, at + 86_400, at + 2 * 86_400))
            return amo
        case "bitrix24":
            portal = of_bitrix24.Bitrix24StandIn()
            portal.deals[1] = of_bitrix24.deal(1, moment)
            portal.stages[1] = of_bitrix24.stage(1, 1, moment, "NEW", 1)
            portal.contacts[1001] = of_bitrix24.contact(1001, moment, "8 916 000-00-01")
            portal.activities[1] = of_bitrix24.task(1, moment, (BEGAN + timedelta(days=2)).isoformat(), 1, 71)
            portal.histories[71] = [of_bitrix24.history(1, moment, "NEW", None, None)]
            portal.comments[1] = of_bitrix24.comment(1, moment, 1, "[B]Просит[/B] замер")
            return portal
        case _:
            one_c = of_1c.OneCStandIn()
            one_c.add(of_1c.USERS, Ref_Key="u-1", Description="Анна Белова")
            one_c.add(of_1c.PERSONS, **of_1c.person(1, "+380 67 111-22-33"))
            one_c.add(of_1c.SALES, **of_1c.sale(1, 1, "2026-02-02T12:00:00"))
            return one_c


def _key(kind: str) -> str:
    import base64

    basic = base64.b64encode(f"{of_1c.USER}:{of_1c.PASSWORD}".encode()).decode()
    return {"amocrm": of_amocrm.TOKEN, "odata_1c": f"Basic {basic}"}.get(kind, "stand-in-key")


@cache
def seeds(kind: str) -> tuple[bytes, ...]:
    """What a stand-in answers to a first sync."""
    noting = Noting(_stand_in(kind))
    source = opened(kind, noting, _key(kind))
    for _ in source.changes(None):
        pass
    source.close()
    return (noting.as_input(), *_documented(kind))


@cache
def one_seeds(kind: str) -> tuple[bytes, ...]:
    found = []
    for entity in (CrmEntity.DEAL, CrmEntity.ACTIVITY):
        noting = Noting(_stand_in(kind))
        source = opened(kind, noting, _key(kind))
        source.refetch(entity, "1")
        source.close()
        found.append(noting.as_input())
    return tuple(found)


_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "pipedrive": ("pipedrive__v2_deals", "pipedrive__v2_activities"),
    "amocrm": ("amocrm__leads", "amocrm__tasks"),
    "bitrix24": ("bitrix24__crm_deal_list", "bitrix24__crm_stagehistory_list"),
    "odata_1c": ("onec__odata_counterparty", "onec__odata_sale"),
}


def _documented(kind: str) -> tuple[bytes, ...]:
    folder = Path(__file__).parent.parent / "stand_ins" / "documented"
    payloads = [json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["payload"] for name in _ALSO[kind]]
    return tuple(json.dumps(payload, ensure_ascii=False).encode() for payload in payloads)
