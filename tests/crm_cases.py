"""A workspace that reads a stand-in of Pipedrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.import_report import IngestReport
from pipelines.progress import Silent
from pipelines.sync_crm import CrmHint, refetch_crm, sync_crm
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import QuickClock, serving

NOW = datetime.now(UTC).replace(microsecond=0)
COMPANY = '[company]\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\n'


def of_pipedrive(address: str, more: str = "") -> str:
    return f'[[sources]]\nkind = "pipedrive"\nname = "p"\nkey = "file:key"\naddress = "{address}"\n{more}'


def workspace(home: Path, settings: str) -> Workspace:
    made = new_workspace(home, COMPANY + settings)
    (home / "key").write_text("stand-in-key")
    return made


def sync(opened: Workspace, stand_in: PipedriveStandIn, **period: datetime) -> IngestReport:
    (settings,) = opened.settings.sources
    assert settings.kind == "pipedrive"
    return sync_crm(opened, settings, Silent(), clock=QuickClock(stand_in.now), **period)


def refetch(opened: Workspace, stand_in: PipedriveStandIn, *hints: CrmHint) -> IngestReport:
    (settings,) = opened.settings.sources
    assert settings.kind == "pipedrive"
    return refetch_crm(opened, settings, hints, Silent(), clock=QuickClock(stand_in.now))


def rows(opened: Workspace, sql: str) -> list[Mapping[str, Any]]:
    with opened.store.reading() as reader:
        return reader.rows(sql)


TABLES = {"deals": "deal_id", "stage_changes": "deal_id, changed_at", "activities": "activity_id",
          "activity_changes": "activity_id, changed_at, field", "notes": "note_id", "managers": "manager_id",
          "crm_persons": "person_key", "crm_users": "user_key", "crm_stages": "stage_key"}  # fmt: skip


def everything(opened: Workspace) -> dict[str, list[Mapping[str, Any]]]:
    """What a sync leaves, but for when it did so."""
    found = {table: rows(opened, f"select * from {table} order by {key}") for table, key in TABLES.items()}
    found["crm_records"] = rows(opened, "select * exclude (read_at) from crm_records order by entity, key")
    return found


@contextmanager
def small_company(folder: Path) -> Iterator[tuple[Workspace, PipedriveStandIn]]:
    """Seven deals, each with a person and a task."""
    stand_in = PipedriveStandIn(now=NOW - timedelta(days=10))
    stand_in.furnish()
    for number in range(1, 8):
        stand_in.person(number, f"067 000 00 0{number}")
        stand_in.deal(number, person_id=number)
        stand_in.activity(number, deal_id=number, person_id=number, due_date="2026-03-02", due_time="15:00:00")
    stand_in.note(1, "<p>Клиент просит&nbsp;замер</p>", deal_id=1, pinned_to_deal_flag=True)
    stand_in.passes(hours=1)
    with serving(stand_in) as address:
        yield workspace(folder / "W", of_pipedrive(address)), stand_in
