"""The sync step of a CRM: what changed in it since the last time, into the tables that files are imported to.

May be killed at any moment. What an answer told, what is made of it and the checkpoint are one write; the checkpoint
moves only with the last answer of a pass, so that after a kill the same is asked again, and what is known changes
nothing. Messages of the CRM come in by :func:`refetch_crm`, which asks for the entities that they name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pipelines.alive import only_sync
from pipelines.crm_rows import CrmRows
from pipelines.import_report import EntityCounts, IngestReport, write_problems
from pipelines.progress import Progress
from pipelines.understanding import understanding, understood
from qc_workbench.config_sources import CrmSystem
from qc_workbench.errors import NotConfigured, QcwError, SourceError, UsageError
from qc_workbench.sources.connector import CrmSource
from qc_workbench.sources.crm_meaning import CrmBook
from qc_workbench.sources.crm_registry import open_crm
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity, CrmMove, CrmRef
from qc_workbench.sources.problems import Problem
from qc_workbench.sources.registry import Surroundings, agent_lines
from qc_workbench.sources.suppression import Suppressed
from qc_workbench.sources.windows import OVERLAP
from qc_workbench.sources.wire import Clock, SystemClock
from qc_workbench.store import calls as call_store
from qc_workbench.store import connections, crm_records
from qc_workbench.store.database import insert
from qc_workbench.store.safekeeping import suppressed_hashes
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: Entities whose deletion is looked for, where the CRM does not tell it among the changes.
_ASKED_AFTER: Final = (CrmEntity.DEAL, CrmEntity.ACTIVITY)
#: So many of an entity once a day: the rest on the days after.
_ASKED_AFTER_A_DAY: Final = 5_000
#: So many in each other sync, a request or two: a small company sees a deletion with the next poll.
_ASKED_AFTER_A_SYNC: Final = 100
#: How often many open deals and activities are asked after.
_ASK_AFTER_EVERY: Final = timedelta(hours=20)
_HISTORIES_A_COMMIT: Final = 25
#: Records made anew in one transaction when their meaning changes.
_REMADE_A_COMMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class CrmHint:
    """What a message of a CRM says: an entity to ask for, and the moves that the message itself tells (their origin is
    ``webhook``)."""

    entity: CrmEntity
    key: str
    moves: tuple[CrmMove, ...] = ()


def sync_crm(
    workspace: Workspace,
    settings: CrmSystem,
    progress: Progress,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    clock: Clock | None = None,
) -> IngestReport:
    """Read a CRM from its checkpoint (or ``since``) on.

    Raises :class:`~qc_workbench.errors.SourceError` when the CRM did not answer as it should; what was read before
    stays. :class:`UsageError` ``source_busy`` when another sync of it is under way, ``crm_until_unsupported`` for an
    end of the period: a CRM tells how things are now.
    """
    if until is not None:
        raise UsageError("crm_until_unsupported", source=settings.name)
    with only_sync(workspace.home / ".locks", settings.name):
        return _Sync(workspace, settings, progress, clock or SystemClock()).run(since)


def refetch_crm(
    workspace: Workspace,
    settings: CrmSystem,
    hints: Sequence[CrmHint],
    progress: Progress,
    *,
    clock: Clock | None = None,
) -> IngestReport:
    """Ask for what messages named and take it in; messages may be repeated and out of order.

    Raises as :func:`sync_crm`. The checkpoint stays: the next poll reads what messages may have missed.
    """
    with only_sync(workspace.home / ".locks", settings.name):
        return _Sync(workspace, settings, progress, clock or SystemClock()).refetch(hints)


class _Sync:
    def __init__(self, workspace: Workspace, settings: CrmSystem, progress: Progress, clock: Clock) -> None:
        self._workspace, self._settings, self._progress, self._clock = workspace, settings, progress, clock
        company = workspace.settings.company
        self._around = Surroundings.of(workspace.home, company.zone, company.phone_region, clock)
        with workspace.store.reading() as reader:
            managers = call_store.managers(reader)
            hashes = suppressed_hashes(reader)
            self._state = connections.state_of(reader, settings.name, settings.kind)
            users = crm_records.users(reader, settings.name)
            stages = crm_records.stages(reader, settings.name)
        suppressed = Suppressed(workspace_secret(workspace.home) if hashes else b"", hashes)
        book = CrmBook(settings.name, agent_lines(settings, company.zone), managers.values(), users)
        near = self._around.for_source(settings)
        self._rows = CrmRows(workspace.store, settings.name, near.region, book, stages, suppressed)
        self._problems: list[Problem] = []

    def run(self, since: datetime | None) -> IngestReport:
        try:
            source = open_crm(self._settings, self._around)
        except NotConfigured as error:
            self._note_run(self._clock.now(), None, 0.0, error)
            raise
        done = self._state.done_until
        asked = since if since is not None else (done - OVERLAP if done else None)
        gap = since is not None and (done is None or since > done)
        with self._noted(source, asked):
            self._remake()
            self._progress.start("sync_crm", 1)
            for batch in understood(self._settings.name, source.changes(asked)):
                self._take(batch, moves_checkpoint=not gap)
            self._ask_after(source, all_was_read=asked is None)
            self._ask_histories(source)
            self._remake()
            self._progress.advance(1, self._settings.name)
            self._progress.finish()
        return self._report()

    def refetch(self, hints: Sequence[CrmHint]) -> IngestReport:
        source = open_crm(self._settings, self._around)
        wanted: dict[CrmRef, list[CrmMove]] = {}
        for hint in hints:
            wanted.setdefault(CrmRef(hint.entity, hint.key), []).extend(hint.moves)
        with self._noted(source, None):
            self._progress.start("sync_crm", len(wanted))
            for ref, moves in wanted.items():
                with understanding(self._settings.name):
                    batch = source.refetch(ref.entity, ref.key)
                self._take(replace(batch, moves=(*batch.moves, *moves)), moves_checkpoint=False)
                self._progress.advance(1, ref.entity.value)
            self._progress.finish()
        return self._report()

    @contextmanager
    def _noted(self, source: CrmSource, asked: datetime | None) -> Iterator[None]:
        """Whatever becomes of the reading, the CRM is let go and the run written down."""
        began = self._clock.now()
        failed: QcwError | None = None
        try:
            yield
        except SourceError as error:
            failed = error
            raise
        finally:
            source.close()
            self._note_run(began, asked, source.skew_s, failed)

    def _take(self, batch: CrmBatch, *, moves_checkpoint: bool, asked_history: Sequence[str] = ()) -> None:
        """One answer: what it says and, with the last one, how far it brings us, in one write."""
        now = self._clock.now()
        self._problems += batch.problems
        state = self._state
        if batch.complete_until is not None and moves_checkpoint:
            reached = batch.complete_until if state.done_until is None else max(state.done_until, batch.complete_until)
            state = replace(state, done_until=reached)
        statements = self._rows.taken_in(batch, now, asked_history)
        if statements or state != self._state:
            self._workspace.store.write(
                *statements, insert("source_state", connections.state_row(state, now), replace=True)
            )
        self._state = state

    def _ask_histories(self, source: CrmSource) -> None:
        """Histories of stages that are told of one deal at a time: some in each sync, the latest moves first."""
        limit = source.capabilities.histories_a_sync
        if not limit:
            return
        with self._workspace.store.reading() as reader:
            keys = crm_records.histories_due(reader, self._settings.name, limit)
        for start in range(0, len(keys), _HISTORIES_A_COMMIT):
            chunk = keys[start : start + _HISTORIES_A_COMMIT]
            with understanding(self._settings.name):
                moves = [move for key in chunk for move in source.stage_history(key)]
            self._take(CrmBatch(moves=moves), moves_checkpoint=False, asked_history=chunk)

    def _ask_after(self, source: CrmSource, *, all_was_read: bool) -> None:
        """Deletions that the CRM does not tell by itself: what is open here is asked after, a little of it each time,
        much once a day, all of it in turn."""
        now, position = self._clock.now(), self._state.position
        last = position.get("asked_after")
        is_daily = last is None or now - datetime.fromisoformat(last) >= _ASK_AFTER_EVERY
        most = _ASKED_AFTER_A_DAY if is_daily else _ASKED_AFTER_A_SYNC
        reached = {}
        for entity in () if all_was_read else _ASKED_AFTER:
            if entity in source.capabilities.tells_deletions:
                continue
            with self._workspace.store.reading() as reader:
                keys = crm_records.keys_of(reader, self._settings.name, entity, only_open=True)
            after = position.get(f"asked_after_{entity.value}", "")
            turn = [key for key in keys if key > after][:most]
            with understanding(self._settings.name):
                there = source.still_there(entity, turn) if turn else frozenset()
            if there is None:
                continue
            reached[f"asked_after_{entity.value}"] = turn[-1] if turn and turn[-1] != keys[-1] else ""
            gone = [CrmRef(entity, key) for key in turn if key not in there]
            if gone:
                self._take(CrmBatch(gone=gone), moves_checkpoint=False)
        if is_daily:
            reached["asked_after"] = now.isoformat()
        if reached:
            self._position(**reached)

    def _remake(self) -> None:
        """Another mapping of agents, renamed stages or users: everything kept is made anew from what was told."""
        reading = hashlib.sha256(repr(self._rows.fingerprint()).encode()).hexdigest()[:32]
        before = self._state.position.get("reading")
        if before == reading:
            return
        if before is not None:
            for entity in (CrmEntity.DEAL, CrmEntity.ACTIVITY, CrmEntity.NOTE):
                with self._workspace.store.reading() as reader:
                    chunks = list(crm_records.key_chunks(reader, self._settings.name, entity, _REMADE_A_COMMIT))
                for chunk in chunks:
                    statements = self._rows.made_anew([CrmRef(entity, key) for key in chunk])
                    if statements:
                        self._workspace.store.write(*statements)
        self._position(reading=reading)

    def _position(self, **values: str) -> None:
        self._state = replace(self._state, position={**self._state.position, **values})
        row = connections.state_row(self._state, self._clock.now())
        self._workspace.store.write(insert("source_state", row, replace=True))

    def _note_run(self, began: datetime, since: datetime | None, skew_s: float, failed: QcwError | None) -> None:
        ended = self._clock.now()
        counts = {f"{name}_{what}": number for name, found in self._rows.counts.items()
                  for what, number in (("new", found.new), ("updated", found.updated)) if number}  # fmt: skip
        every = list(self._rows.counts.values())
        totals = {"new": sum(found.new for found in every), "updated": sum(found.updated for found in every)}
        asked = self._around.meter.as_counts()
        told = {**counts, **totals, **asked, "rejected": len(self._problems), "gone": self._rows.gone}
        period = (since, ended if failed is None else None)
        run = connections.ended_run(self._settings.name, began, ended, period, told, skew_s, failed)
        self._workspace.store.write(insert("source_runs", connections.run_row(run), replace=True))

    def _report(self) -> IngestReport:
        company = self._workspace.settings.company
        t = Translator(company.language, company.zone)
        write_problems(self._workspace.rejects_file, self._problems, t)
        counts = dict(self._rows.counts)
        changed = any(found.new or found.updated for found in counts.values()) or self._rows.gone
        return IngestReport(
            source=self._settings.name,
            folder=self._settings.name,
            counts=counts or {"deals": EntityCounts()},
            recording_states={},
            rejects=tuple(self._problems),
            nothing_new=not (changed or self._problems),
            rejects_file=self._workspace.rejects_file,
        )
