"""Writing into the CRM that the settings name: its sink, and the ids that it knows deals, persons and users by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.crm_write import SendReport, crm_settings, send_writes
from qc_workbench.config_sources import Crm
from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteMode
from qc_workbench.errors import NotConfigured
from qc_workbench.sources.connector import CrmOrder, CrmSink
from qc_workbench.sources.crm_meaning import CrmBook, vendor_key
from qc_workbench.sources.crm_registry import open_sink
from qc_workbench.sources.crm_values import CrmDeal, CrmEntity
from qc_workbench.sources.registry import Surroundings, agent_lines
from qc_workbench.sources.wire import Clock
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm_records, crm_writes
from qc_workbench.workspace import Workspace

#: A plan is made anew this often where nothing waits to be sent.
PLANNED_EVERY = timedelta(minutes=30)


def send_to_crm(workspace: Workspace, now: datetime, clock: Clock | None = None) -> SendReport:
    """Raises :class:`NotConfigured` ``crm_write_off``, ``crm_write_no_sink``, ``secret_missing``."""
    settings = _crm(workspace)
    around = Surroundings.of(workspace.home, workspace.settings.company.zone, _region(workspace), clock)

    def opened() -> CrmSink:
        return open_sink(settings, workspace.settings.crm_write, around)

    orders = _Orders.of(workspace, settings, now)
    return send_writes(workspace, now, opened, orders.order)


def has_something_to_do(workspace: Workspace, now: datetime) -> bool:
    """Whether a run would do anything: something waits to be sent or settled, or the plan is old."""
    settings = workspace.settings.crm_write
    if not settings.into:
        return False
    kinds = {mode: [kind for kind in WriteKind if settings.mode_of(kind) is mode] for mode in WriteMode}
    if not any(kinds[mode] for mode in (WriteMode.DRY, WriteMode.APPROVED, WriteMode.AUTOMATIC)):
        return False
    with workspace.store.reading() as reader:
        planned_at = crm_writes.last_planned_at(reader, settings.into)
        if planned_at is None or planned_at + PLANNED_EVERY <= now:
            return True
        if crm_writes.cut_off(reader, settings.into):
            return True
        approved_by = now - timedelta(minutes=settings.undo_min)
        asked = (kinds[WriteMode.AUTOMATIC], kinds[WriteMode.APPROVED], now, approved_by, 1)
        return bool(crm_writes.to_send(reader, settings.into, *asked))


def _crm(workspace: Workspace) -> Crm:
    found = crm_settings(workspace)
    if not isinstance(found, Crm):
        raise NotConfigured("crm_write_no_sink", name=found.name, kind=found.kind)
    return found


def _region(workspace: Workspace) -> str:
    return workspace.settings.company.phone_region


@dataclass(frozen=True)
class _Orders:
    """Our ids to the CRM's. ``users``: manager_id -> key of the user there, as of now."""

    workspace: Workspace
    source: str
    users: Mapping[str, str]

    @classmethod
    def of(cls, workspace: Workspace, settings: Crm, now: datetime) -> _Orders:
        with workspace.store.reading() as reader:
            managers = call_store.managers(reader)
            users = crm_records.users(reader, settings.name)
        lines = agent_lines(settings, workspace.settings.company.zone)
        book = CrmBook(settings.name, lines, managers.values(), users)
        active = sorted((key for key, user in users.items() if user.active), reverse=True)
        return cls(workspace, settings.name, {book.who(key, now): key for key in active})

    def order(self, item: KeptWrite) -> CrmOrder:
        deal_key = vendor_key(self.source, item.write.deal_id) if item.write.deal_id else None
        person_key = None
        if deal_key is not None:
            with self.workspace.store.reading() as reader:
                record = crm_records.records(reader, self.source, CrmEntity.DEAL, [deal_key]).get(deal_key)
            if record is not None and isinstance(record.told, CrmDeal):
                person_key = next(iter(record.told.person_keys), None)
        user_key = self.users.get(item.write.manager_id)
        since = item.begun_at or (item.state_at if item.attempts else None)
        return CrmOrder(item.write, deal_key, person_key, user_key, since)
