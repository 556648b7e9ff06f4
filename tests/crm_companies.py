"""A small company in amoCRM and the same one in Bitrix24, what happens in it, and how a workspace reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.import_report import IngestReport
from pipelines.progress import Silent
from pipelines.sync_crm import sync_crm
from qc_workbench.config_sources import AmocrmSource, Bitrix24Source
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins import amocrm, bitrix24
from tests.stand_ins.serving import QuickClock

NOW = datetime.now(UTC).replace(microsecond=0)
BEGAN = NOW - timedelta(days=40)
COMPANY = '[company]\ntimezone = "Europe/Moscow"\nphone_region = "RU"\n'


@dataclass
class AmocrmCompany:
    """A small company in amoCRM: three deals with their clients, a task each."""

    stand_in: amocrm.AmocrmStandIn
    moves: int = 0

    name = "amo"

    @classmethod
    def furnished(cls) -> AmocrmCompany:
        stand_in = amocrm.AmocrmStandIn()
        at = int(BEGAN.timestamp())
        for key in (1, 2, 3):
            stand_in.leads[key] = amocrm.lead(key, at)
            stand_in.contacts[key + 1] = amocrm.contact(key + 1, at, f"8 916 000-00-0{key}")
            stand_in.tasks[key] = amocrm.task(key, at, at + 2 * 86_400, key)
        stand_in.notes[1] = amocrm.note(1, at, 1, "Просит замер", is_pinned=True)
        return cls(stand_in)

    def settings(self, address: str) -> str:
        return f'[[sources]]\nkind = "amocrm"\nname = "amo"\ntoken = "file:key"\naddress = "{address}"\n'

    def secret(self, _: str) -> str:
        return amocrm.TOKEN

    def put_off(self, key: int, at: datetime, days: int) -> None:
        task, moment = self.stand_in.tasks[key], int(at.timestamp())
        self.moves += 1
        due = task["complete_till"] + days * 86_400
        self.stand_in.events.append(amocrm.move_event(self.moves, moment, key, task["complete_till"], due))
        self.stand_in.tasks[key] = {**task, "complete_till": due, "updated_at": moment}

    def advance(self, key: int, at: datetime) -> None:
        lead, moment = self.stand_in.leads[key], int(at.timestamp())
        self.moves += 1
        self.stand_in.events.append(amocrm.stage_event(self.moves, moment, key, lead["status_id"], amocrm.OFFER))
        self.stand_in.leads[key] = {**lead, "status_id": amocrm.OFFER, "updated_at": moment}

    def complete(self, key: int, at: datetime) -> None:
        moment = int(at.timestamp())
        self.moves += 1
        self.stand_in.events.append(amocrm.done_event(self.moves, moment, key))
        self.stand_in.tasks[key] = {**self.stand_in.tasks[key], "is_completed": True, "updated_at": moment}

    def edit(self, key: int, at: datetime) -> None:
        """A word of the task changes; its end does not."""
        self.stand_in.tasks[key] = {**self.stand_in.tasks[key], "text": "Позвонить", "updated_at": int(at.timestamp())}

    def forget_deal(self, key: int) -> None:
        del self.stand_in.leads[key]


@dataclass
class Bitrix24Company:
    """The same company in Bitrix24, its tasks as tasks of the portal."""

    stand_in: bitrix24.Bitrix24StandIn
    moves: int = 0

    name = "b24"

    @classmethod
    def furnished(cls) -> Bitrix24Company:
        stand_in = bitrix24.Bitrix24StandIn()
        for key in (1, 2, 3):
            stand_in.deals[key] = bitrix24.deal(key, written(BEGAN))
            stand_in.stages[key] = bitrix24.stage(key, key, written(BEGAN), "NEW", 1)
            stand_in.contacts[key + 1000] = bitrix24.contact(key + 1000, written(BEGAN), f"8 916 000-00-0{key}")
            due = written(BEGAN + timedelta(days=2))
            stand_in.activities[key] = bitrix24.task(key, written(BEGAN), due, key, key + 70)
            stand_in.histories[key + 70] = [bitrix24.history(key, written(BEGAN), "NEW", None, None)]
        stand_in.comments[1] = bitrix24.comment(1, written(BEGAN), 1, "[B]Просит[/B] замер")
        return cls(stand_in)

    def settings(self, _: str) -> str:
        return '[[sources]]\nkind = "bitrix24"\nname = "b24"\nwebhook = "file:key"\n'

    def secret(self, address: str) -> str:
        return address + bitrix24.PATH

    def put_off(self, key: int, at: datetime, days: int) -> None:
        row = self.stand_in.activities[key]
        old = datetime.fromisoformat(row["DEADLINE"])
        new = old + timedelta(days=days)
        self._history(key, at, "DEADLINE", int(old.timestamp()), int(new.timestamp()))
        self.stand_in.activities[key] = {**row, "DEADLINE": written(new), "LAST_UPDATED": written(at)}

    def advance(self, key: int, at: datetime) -> None:
        self.moves += 1
        self.stand_in.stages[1000 + self.moves] = bitrix24.stage(1000 + self.moves, key, written(at), "OFFER")
        moved = {"STAGE_ID": "OFFER", "MOVED_TIME": written(at), "DATE_MODIFY": written(at)}
        self.stand_in.deals[key] = {**self.stand_in.deals[key], **moved}

    def complete(self, key: int, at: datetime) -> None:
        self._history(key, at, "STATUS", "2", "5")
        done = {"COMPLETED": "Y", "LAST_UPDATED": written(at)}
        self.stand_in.activities[key] = {**self.stand_in.activities[key], **done}

    def edit(self, key: int, at: datetime) -> None:
        told = {"SUBJECT": "Позвонить", "LAST_UPDATED": written(at)}
        self.stand_in.activities[key] = {**self.stand_in.activities[key], **told}

    def forget_deal(self, key: int) -> None:
        del self.stand_in.deals[key]

    def _history(self, key: int, at: datetime, name: str, old: object, new: object) -> None:
        self.moves += 1
        row = bitrix24.history(100 + self.moves, written(at), name, old, new)
        self.stand_in.histories[key + 70].append(row)


Company = AmocrmCompany | Bitrix24Company
COMPANIES: tuple[type[AmocrmCompany] | type[Bitrix24Company], ...] = (AmocrmCompany, Bitrix24Company)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


@dataclass
class Place:
    """A company and what is read of it into ``home``."""

    company: Company
    address: str
    folder: Path

    def workspace(self, name: str) -> Workspace:
        made = new_workspace(self.folder / name, COMPANY + self.company.settings(self.address))
        (self.folder / name / "key").write_text(self.company.secret(self.address))
        return made


def sync(opened: Workspace, clock: QuickClock | None = None, **period: datetime) -> IngestReport:
    (settings,) = opened.settings.sources
    assert isinstance(settings, AmocrmSource | Bitrix24Source)
    return sync_crm(opened, settings, Silent(), clock=clock or QuickClock(NOW), **period)


def rows(opened: Workspace, sql: str) -> Sequence[Mapping[str, Any]]:
    with opened.store.reading() as reader:
        return reader.rows(sql)


TABLES = {"deals": "deal_id", "stage_changes": "deal_id, changed_at", "activities": "activity_id",
          "activity_changes": "activity_id, changed_at, field", "notes": "note_id", "managers": "manager_id",
          "crm_persons": "person_key", "crm_users": "user_key", "crm_stages": "stage_key"}  # fmt: skip


def everything(opened: Workspace) -> dict[str, Sequence[Mapping[str, Any]]]:
    """What a sync leaves, but for when it did so and whom it will ask next."""
    found = {table: rows(opened, f"select * from {table} order by {key}") for table, key in TABLES.items()}
    found["crm_records"] = rows(opened, "select * exclude (read_at, history_due) from crm_records order by entity, key")
    return found


def live(company: Company) -> list[Callable[[], None]]:
    """What happens in the company, a step after another."""
    day = timedelta(days=1)
    return [
        lambda: company.put_off(1, NOW - 20 * day, 6),
        lambda: company.advance(2, NOW - 15 * day),
        lambda: company.put_off(1, NOW - 10 * day, 6),
        lambda: company.complete(3, NOW - 5 * day),
        lambda: company.edit(3, NOW - 2 * day),
    ]
