"""Following webhooks: what they hint at is asked of the vendor and goes the way of every sync into the store.

A webhook is never believed: duplicated, reordered, delayed or forged ones lead to the same questions, and the answers
to the same store. Killed at any moment, what was not followed waits on. One system that is down holds up no other.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.alive import alone
from pipelines.connections import reading_by_itself
from pipelines.progress import Silent
from pipelines.sync import sync_source
from pipelines.sync_crm import CrmHint, refetch_crm
from pipelines.webhook_journal import Spool
from qc_workbench.config_sources import Crm
from qc_workbench.domain.webhooks import About, HintState, WaitingHint
from qc_workbench.errors import QcwError, SourceError, SourceRefused
from qc_workbench.logs import event
from qc_workbench.sources.crm_values import CrmEntity
from qc_workbench.sources.webhook_kinds import OLDEST
from qc_workbench.sources.webhook_moves import moves_of
from qc_workbench.sources.webhook_windows import joined, window_of
from qc_workbench.sources.wire import Clock, SystemClock
from qc_workbench.store import connections, webhooks
from qc_workbench.workspace import Workspace

#: A call that the vendor does not list yet is asked for again after these; then the poll has to find it.
NOT_YET: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
#: After a failure of the vendor, and where something is to be put right by a person.
AWAY: Final = timedelta(minutes=2)
FOR_PEOPLE: Final = timedelta(minutes=15)
#: While another sync of the source is under way.
BUSY: Final = timedelta(seconds=20)
#: What could not be followed so long is left to the poll.
LONGEST: Final = timedelta(days=2)
#: Receipts of what was followed are kept so long: they tell repeats apart.
KEPT_FOR: Final = OLDEST


def follow_webhooks(workspace: Workspace, clock: Clock | None = None) -> Mapping[str, int]:
    """Ask for all that waits and is due. Amounts by name; nothing where another follows already."""
    clock = clock or SystemClock()
    with alone(workspace.home / ".locks", "webhooks") as is_alone:
        return _follow(workspace, clock) if is_alone else {}


def has_webhooks(workspace: Workspace, clock: Clock | None = None) -> bool:
    """Whether something waits, in the store or in files."""
    if Spool(workspace.home).files():
        return True
    with workspace.store.reading() as reader:
        return webhooks.is_due(reader, (clock or SystemClock()).now())


def _follow(workspace: Workspace, clock: Clock) -> Mapping[str, int]:
    Spool(workspace.home).move_to(workspace.store)
    now = clock.now()
    with workspace.store.reading() as reader:
        due = webhooks.due(reader, now)
    by_source: dict[str, list[WaitingHint]] = defaultdict(list)
    for item in due:
        by_source[item.receipt.source].append(item)
    amounts: Counter[str] = Counter()
    with ThreadPoolExecutor(max(1, min(len(by_source), workspace.settings.polling.at_once))) as pool:
        for found in pool.map(lambda name: _one(workspace, name, by_source[name], clock), list(by_source)):
            amounts.update(found)
    workspace.store.write(*webhooks.forgotten(now - KEPT_FOR))
    return {name: amount for name, amount in amounts.items() if amount}


def _one(workspace: Workspace, name: str, items: Sequence[WaitingHint], clock: Clock) -> Mapping[str, int]:
    """All hints of one source. Never raises for what the vendor or the settings do."""
    settings = next((source for source in workspace.settings.sources if source.name == name), None)
    began = clock.now()
    if settings is None:
        workspace.store.write(webhooks.followed(items, HintState.GIVEN_UP, began, "source_not_configured"))
        return {"left_to_poll": len(items)}
    if settings not in reading_by_itself(workspace):
        return _put_off(workspace, items, began, FOR_PEOPLE, "source_is_paused", clock)
    try:
        return _asked(workspace, settings, items, clock)
    except QcwError as error:
        wait = BUSY if error.code == "source_busy" else AWAY if isinstance(error, SourceError) else FOR_PEOPLE
        event("webhook.put_off", logging.INFO, error=error.code, count=len(items))
        return _put_off(workspace, items, began, wait, error.code, clock)


def _put_off(
    workspace: Workspace, items: Sequence[WaitingHint], began: Any, wait: timedelta, code: str, clock: Clock
) -> Mapping[str, int]:
    old = [item for item in items if item.receipt.received_at < began - LONGEST]
    young = [item for item in items if item.receipt.received_at >= began - LONGEST]
    workspace.store.write(
        webhooks.followed(old, HintState.GIVEN_UP, began, code),
        webhooks.put_off(young, clock.now() + wait, code, counts=False),
    )
    return {"left_to_poll": len(old), "put_off": len(young)}


def _asked(workspace: Workspace, settings: Any, items: Sequence[WaitingHint], clock: Clock) -> Mapping[str, int]:
    if isinstance(settings, Crm):
        return _entities(workspace, settings, items, clock)
    return _calls(workspace, settings, items, clock)


def _entities(workspace: Workspace, settings: Any, items: Sequence[WaitingHint], clock: Clock) -> Mapping[str, int]:
    """Ask a CRM for what its messages name. One that it refuses to show holds up no other."""
    began = clock.now()
    zone = ZoneInfo(settings.timezone) if settings.timezone else workspace.settings.company.zone
    try:
        refetch_crm(workspace, settings, _crm_hints(items, zone), Silent(), clock=clock)
    except SourceRefused as error:
        if len(items) == 1:
            workspace.store.write(webhooks.followed(items, HintState.GIVEN_UP, began, error.code))
            return {"left_to_poll": 1}
        found: Counter[str] = Counter()
        for item in items:
            found.update(_entities(workspace, settings, [item], clock))
        return found
    workspace.store.write(webhooks.followed(items, HintState.DONE, began))
    return {"followed": len(items)}


def _crm_hints(items: Sequence[WaitingHint], zone: ZoneInfo) -> list[CrmHint]:
    return [
        CrmHint(CrmEntity(hint.about.value), hint.object_id, moves_of(hint, zone))
        for hint in (item.receipt.hint for item in items)
        if hint.object_id is not None and hint.about is not About.CALL
    ]


def _calls(workspace: Workspace, settings: Any, items: Sequence[WaitingHint], clock: Clock) -> Mapping[str, int]:
    """Ask the periods around these calls. One that was never read waits for the poll: that takes long."""
    began = clock.now()
    ids = {item.receipt.digest: f"{settings.name}:{item.receipt.hint.object_id}" for item in items}
    with workspace.store.reading() as reader:
        starts = webhooks.call_starts(reader, list(ids.values()))
        state = connections.state_of(reader, settings.name, settings.kind)
    if state.done_until is None:
        return _put_off(workspace, items, began, AWAY, "webhook_before_first_poll", clock)
    windows = joined(
        window_of(item.receipt.hint, item.receipt.received_at, starts.get(ids[item.receipt.digest])) for item in items
    )
    reports = [
        sync_source(
            workspace, settings, Silent(), since=window.since, until=window.until, clock=clock, recordings=False
        )
        for window in windows
    ]
    with workspace.store.reading() as reader:
        known = webhooks.call_starts(reader, list(ids.values()))
    here: list[WaitingHint] = []
    absent: list[WaitingHint] = []
    for item in items:
        is_here = item.receipt.hint.object_id is None or ids[item.receipt.digest] in known
        (here if is_here else absent).append(item)
    workspace.store.write(webhooks.followed(here, HintState.DONE, began), *_not_yet(absent, began))
    calls = [report.counts["calls"] for report in reports]
    return {
        "followed": len(here),
        "not_there": len(absent),
        "calls": sum(counts.new + counts.updated for counts in calls),
    }


def _not_yet(items: Sequence[WaitingHint], at: Any) -> list[Any]:
    """The vendor does not list them: maybe not yet, maybe they are no calls of ours."""
    found = []
    for place, wait in enumerate(NOT_YET):
        again = [item for item in items if item.attempts == place]
        if again:
            found.append(webhooks.put_off(again, at + wait, "webhook_not_there", counts=True))
    over = [item for item in items if item.attempts >= len(NOT_YET)]
    if over:
        found.append(webhooks.followed(over, HintState.GIVEN_UP, at, "webhook_not_there"))
    return found
