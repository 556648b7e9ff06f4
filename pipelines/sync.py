"""The sync step: what a telephone system has had since the last time, into the workspace.

May be killed at any moment. The calls of an answer, their legs, the recordings to fetch and the checkpoint behind them
are one write: after a kill the same windows are asked again, and rows that are known change nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pipelines.alive import only_sync
from pipelines.fetch_recordings import fetch_recordings
from pipelines.import_report import EntityCounts, IngestReport, write_problems
from pipelines.progress import Progress, Silent
from pipelines.understanding import understood
from qc_workbench.config_sources import TelephonySource
from qc_workbench.domain.call import Call, Recording, RecordingState
from qc_workbench.domain.telephony import FetchState, TelephonyCall
from qc_workbench.errors import NotConfigured, QcwError, SourceError, UsageError
from qc_workbench.sources.agent_book import AgentBook
from qc_workbench.sources.call_values import to_call
from qc_workbench.sources.connector import Batch, CallSource, FileSource, VendorRow, Window
from qc_workbench.sources.problems import STUMBLES, BadValueError, Problem
from qc_workbench.sources.registry import Surroundings, agent_lines, open_source
from qc_workbench.sources.suppression import Suppressed
from qc_workbench.sources.windows import next_checkpoint, period_to_ask, split
from qc_workbench.sources.wire import Clock, SystemClock
from qc_workbench.store import calls as call_store
from qc_workbench.store import connections as store
from qc_workbench.store import source_overview
from qc_workbench.store.database import Statement, insert, insert_all, to_json
from qc_workbench.store.safekeeping import suppressed_hashes
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: Part of every digest; raise it when the same rows would be read differently.
READER_VERSION = "2"


#: Settings that change nothing in how rows are read.
_OF_FETCHING: Final = (
    "name", "history_days", "recordings", "downloads_at_once", "longest_recording_mb", "recording_hosts",
    "allow_private",
)  # fmt: skip


def sync_source(
    workspace: Workspace,
    settings: TelephonySource,
    progress: Progress,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    clock: Clock | None = None,
    recordings: bool = True,
) -> IngestReport:
    """Read a telephone system from its checkpoint (or a period) up to now, then fetch recordings whose turn it is
    (without ``recordings`` only those whose links will not wait).

    Raises :class:`~qc_workbench.errors.SourceError` when the system did not answer as it should; what was read before
    stays. :class:`UsageError` ``source_busy`` when another sync of the source is under way.
    """
    clock = clock or SystemClock()
    with only_sync(workspace.home / ".locks", settings.name):
        return _Sync(workspace, settings, progress, clock).run(since, until, only_expiring=not recordings)


@dataclass
class _Tally:
    """What a sync has met so far."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    unfinished: dict[str, datetime] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def as_counts(self) -> dict[str, int]:
        return {"new": self.new, "updated": self.updated, "unchanged": self.unchanged,
                "unfinished": len(self.unfinished), "rejected": len(self.problems)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Read:
    """A call that is to be written, with all that is known of it."""

    call: Call
    told: TelephonyCall
    rows: Mapping[str, Mapping[str, Any]]
    digest: str


class _Sync:
    def __init__(self, workspace: Workspace, settings: TelephonySource, progress: Progress, clock: Clock) -> None:
        self._workspace = workspace
        self._settings = settings
        self._progress = progress
        self._clock = clock
        company = workspace.settings.company
        around = Surroundings.of(workspace.home, company.zone, company.phone_region, clock)
        self._around = replace(around, agent_on_right=workspace.settings.recordings.agent_channel == "right")
        with workspace.store.reading() as reader:
            managers = call_store.managers(reader)
            hashes = suppressed_hashes(reader)
            self._state = store.state_of(reader, settings.name, settings.kind)
        self._suppressed = Suppressed(workspace_secret(workspace.home) if hashes else b"", hashes)
        self._book = AgentBook(settings.name, agent_lines(settings, company.zone), managers.values())
        near = self._around.for_source(settings)
        reading = (READER_VERSION, settings.kind, near.zone.key, near.region, self._book.fingerprint(),
                   settings.model_dump(mode="json", exclude=set(_OF_FETCHING)))  # fmt: skip
        self._reading = hashlib.sha256(repr(reading).encode()).hexdigest()
        self._tally = _Tally()

    def run(self, since: datetime | None, until: datetime | None, *, only_expiring: bool) -> IngestReport:
        began = self._clock.now()
        asked: Window | None = None
        source: CallSource | FileSource | None = None
        failed: QcwError | None = None
        try:
            source = open_source(self._settings, self._around)
            if isinstance(source, FileSource):
                if since is not None or until is not None:
                    raise UsageError("source_period_unsupported", source=self._settings.name)
                self._read_file(source)
            else:
                history = timedelta(days=self._settings.history_days)
                asked = period_to_ask(self._state.done_until, began, history, since=since, until=until)
                if asked is not None:
                    self._read_windows(source, asked)
            fetched = fetch_recordings(
                self._workspace, self._settings, source, self._progress, self._clock, only_expiring=only_expiring
            )
        except (SourceError, NotConfigured) as error:
            failed = error
            raise
        finally:
            skew_s = 0.0 if source is None or isinstance(source, FileSource) else source.skew_s
            self._note_run(began, asked, skew_s, failed)
            if source is not None:
                source.close()
        return self._report(asked, fetched)

    def _read_windows(self, source: CallSource, asked: Window) -> None:
        windows = list(split(asked, source.capabilities.longest_window))
        self._progress.start("sync_calls", len(windows))
        for window in windows:
            for batch in understood(self._settings.name, source.batches(window)):
                self._take(source, batch, window)
            if source.capabilities.links_live_s is not None:  # a first sync may last longer than they do
                fetch_recordings(self._workspace, self._settings, source, Silent(), self._clock, only_expiring=True)
            self._progress.advance(1, window.since.date().isoformat())
        self._progress.finish()

    def _read_file(self, source: FileSource) -> None:
        self._progress.start("sync_calls", 1)
        for batch in understood(self._settings.name, source.batches_from(self._state.position)):
            self._take(source, batch, None)
        self._progress.advance(1, self._settings.name)
        self._progress.finish()

    def _take(self, source: CallSource | FileSource, batch: Batch, window: Window | None) -> None:
        """One answer: what it says and how far it brings us, in one write."""
        now = self._clock.now()
        self._tally.problems += batch.problems
        read = self._read(source, batch.rows)
        if window is None:
            state = replace(self._state, done_until=now, position=batch.position)
        else:
            complete = batch.complete_until or window.until
            done = next_checkpoint(self._state.done_until, window, complete, self._tally.unfinished.values(), now)
            state = replace(self._state, done_until=done)
        statements = self._statements(read, now)
        if state != self._state or statements:
            checkpoint = insert("source_state", store.state_row(state, now), replace=True)
            self._workspace.store.write(*statements, checkpoint)
        self._state = state

    def _read(self, source: CallSource | FileSource, rows: Sequence[VendorRow]) -> list[_Read]:
        """Calls of these rows that are new or say something else than before."""
        groups: dict[str, dict[str, Mapping[str, Any]]] = {}
        for row in rows:
            groups.setdefault(self._call_id(row.group_id), {})[row.key] = row.fields
        joined = source.capabilities.rows_come_apart
        with self._workspace.store.reading() as reader:
            known = store.known_calls(reader, list(groups), with_rows=joined)
        found = []
        for call_id, fresh in groups.items():
            before = known.get(call_id)
            together = {**before.rows, **fresh} if joined and before else fresh
            digest = hashlib.sha256((self._reading + to_json(together)).encode()).hexdigest()[:32]
            if before and before.digest == digest:
                self._tally.unchanged += 1
                self._tally.unfinished.pop(call_id, None)
                continue
            read = self._understood(source, call_id, together, digest)
            if read is not None:
                found.append(read)
                self._tally.new += before is None
                self._tally.updated += before is not None
        return found

    def _understood(
        self, source: CallSource | FileSource, call_id: str, rows: Mapping[str, Mapping[str, Any]], digest: str
    ) -> _Read | None:
        try:
            told = source.collapse(list(rows.values()))
            call = to_call(told, self._settings.name, self._book) if told is not None and told.is_final else None
            if call is not None and call.call_id != call_id:
                raise BadValueError("vendor_row")  # a part that names another call: it would take that one's place
        except STUMBLES as error:
            bad = error if isinstance(error, BadValueError) else BadValueError("vendor_row")
            place, first = len(self._tally.problems) + 1, next(iter(rows.values()))
            self._tally.problems.append(Problem.of(bad, self._settings.name, place, first, call_id))
            return None
        if told is None:
            return None
        if not told.is_final:
            self._tally.unfinished[call_id] = told.started_at
            return None
        self._tally.unfinished.pop(call_id, None)
        if call is None or self._suppressed.has("call", call_id) or self._suppressed.has("phone", call.client_phone):
            return None
        return _Read(call, told, rows, digest)

    def _call_id(self, group_id: str) -> str:
        return f"{self._settings.name}:{group_id}"

    def _statements(self, read: Sequence[_Read], now: datetime) -> list[Statement]:
        if not read:
            return []
        ids = [item.call.call_id for item in read]
        with self._workspace.store.reading() as reader:
            first_seen = store.imported_at(reader, ids)
            recorded = store.recording_states(reader, ids)
            queued = store.queued(reader, ids)
        calls = [call_store.call_row(item.call, first_seen.get(item.call.call_id, now)) for item in read]
        told = [
            store.source_call_row(
                item.call.call_id,
                self._settings.name,
                item.told,
                self._book.rung(item.told),
                item.rows,
                item.digest,
                now,
            )
            for item in read
        ]
        legs = [
            store.leg_row(item.call.call_id, place, leg, self._book.who(leg.agent, leg.started_at))
            for item in read
            for place, leg in enumerate(item.told.legs)
        ]
        waiting, recordings = self._recordings(read, recorded, queued, now)
        newcomers = [call_store.manager_row(manager) for manager in self._book.take_newcomers()]
        return [
            *insert_all("managers", newcomers, replace=True),
            *([store.without_legs(list(first_seen))] if first_seen else []),
            *insert_all("calls", calls, replace=True),
            *insert_all("source_calls", told, replace=True),
            *insert_all("call_legs", legs),
            *insert_all("recording_queue", [store.waiting_row(item, now) for item in waiting], replace=True),
            *insert_all("recordings", [call_store.recording_row(item) for item in recordings], replace=True),
        ]

    def _recordings(
        self, read: Iterable[_Read], recorded: Mapping[str, str], queued: Mapping[str, store.Waiting], now: datetime
    ) -> tuple[list[store.Waiting], list[Recording]]:
        """Recordings to fetch, at first pending. What was fetched, or removed on purpose, stays as it is."""
        waiting, recordings = [], []
        for item in read:
            call_id, ref = item.call.call_id, item.told.recording
            before = queued.get(call_id)
            if ref is None or not self._settings.recordings:
                if call_id not in recorded:
                    recordings.append(Recording(call_id, RecordingState.ABSENT))
                continue
            if before is not None and (before.state is FetchState.READY or before.ref == ref):
                continue
            if recorded.get(call_id, RecordingState.ABSENT) not in (RecordingState.ABSENT, RecordingState.MISSING):
                continue
            waiting.append(store.Waiting(call_id, self._settings.name, ref, FetchState.PENDING, 0, now))
            recordings.append(Recording(call_id, RecordingState.MISSING, detail="pending"))
        return waiting, recordings

    def _note_run(self, began: datetime, asked: Window | None, skew_s: float, failed: QcwError | None) -> None:
        period = (asked.since, asked.until) if asked else (None, None)
        counts = {**self._tally.as_counts(), **self._around.meter.as_counts()}
        run = store.ended_run(self._settings.name, began, self._clock.now(), period, counts, skew_s, failed)
        rejects = Counter((problem.code, problem.column) for problem in self._tally.problems)
        self._workspace.store.write(
            insert("source_runs", store.run_row(run), replace=True),
            *source_overview.rejected(run.run_id, self._settings.name, rejects),
        )

    def _report(self, asked: Window | None, fetched: Mapping[FetchState, int]) -> IngestReport:
        settings = self._workspace.settings
        t = Translator(settings.company.language, settings.company.zone)
        period = f"{t.moment(asked.since)} – {t.moment(asked.until)}" if asked else ""
        tally = self._tally
        write_problems(self._workspace.rejects_file, tally.problems, t)
        return IngestReport(
            source=self._settings.name,
            folder=" ".join(part for part in (self._settings.name, period) if part),
            counts={"calls": EntityCounts(tally.new, tally.updated, tally.unchanged, len(tally.problems))},
            recording_states={f"fetch_{state.value}": count for state, count in fetched.items()},
            rejects=tuple(tally.problems),
            nothing_new=not (tally.new or tally.updated or tally.problems),
            rejects_file=self._workspace.rejects_file,
        )
