"""Recordings that telephone systems keep: fetched a few at once, taken in under the hash of what they hold.

Links that expire go first. What fails is tried again later, ever later, and then no more. Threads only download and
examine; what came of each recording is written by the thread that began, in one write a recording.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from pipelines.download_recording import Downloads, NotFetchedError
from pipelines.kept_sounds import Kept, keep
from pipelines.progress import Progress
from pipelines.understanding import understanding
from qc_workbench.config_sources import TelephonySource
from qc_workbench.domain.call import AUDIBLE_STATES, REMOVED_STATES, Call, Recording, RecordingState
from qc_workbench.domain.telephony import FetchState, RecordingRef
from qc_workbench.errors import MediaError, SourceError, SourceThrottled
from qc_workbench.sources.connector import CallSource, FileSource, LinksNeedKey
from qc_workbench.sources.recording_files import Expectations, judge
from qc_workbench.sources.recording_links import LinkRules, PinnedTransport
from qc_workbench.sources.registry import own_address
from qc_workbench.sources.wire import Clock
from qc_workbench.store import calls as call_store
from qc_workbench.store import connections as store
from qc_workbench.store.database import insert
from qc_workbench.workspace import Workspace

#: Failed attempts after which a recording is given up. With the pauses below that is about two days.
ATTEMPTS: Final = 10
FIRST_PAUSE: Final = timedelta(minutes=2)
LONGEST_PAUSE: Final = timedelta(hours=12)
#: Recordings of one run: a first sync of years should not keep a run from its other steps for ever.
LARGEST_RUN: Final = 5_000
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)


class AbsentError(Exception):
    """The system says that there is no recording."""


def pause_after(attempts: int) -> timedelta:
    """Before the next attempt, when so many have failed."""
    doublings: int = 2 ** min(attempts, 20)
    return min(LONGEST_PAUSE, FIRST_PAUSE * doublings)


def fetch_recordings(
    workspace: Workspace,
    settings: TelephonySource,
    source: CallSource | FileSource,
    progress: Progress,
    clock: Clock,
    *,
    transport: httpx.BaseTransport | None = None,
    only_expiring: bool = False,
) -> Mapping[FetchState, int]:
    """Fetch every recording of a source whose turn it is; how many are in each state then.

    ``only_expiring``: those alone whose links hold for a time. ``transport``: what goes out to the network instead.
    """
    with workspace.store.reading() as reader:
        due = store.due_recordings(reader, settings.name, clock.now(), LARGEST_RUN)
    if only_expiring:
        due = [item for item in due if item.ref.expires_at is not None]
    if due and settings.recordings:
        progress.start("fetch_recordings", len(due))
        rules = LinkRules(
            own_address(settings, workspace.home), settings.recording_hosts, settings.allow_private,
            settings.public_only,
        )  # fmt: skip
        out = PinnedTransport(rules, transport)
        with httpx.Client(timeout=_TIMEOUT, transport=out, follow_redirects=False) as client:
            downloads = Downloads(
                client, rules, workspace.media / ".incoming", settings.longest_recording_mb << 20,
                source.download_headers if isinstance(source, LinksNeedKey) else lambda _: {},
            )  # fmt: skip
            _Fetching(workspace, settings, source, downloads, clock).take_all(due, progress)
        progress.finish()
    with workspace.store.reading() as reader:
        return store.fetch_counts(reader, settings.name)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A recording that was had, at ``ref`` in the end."""

    kept: Kept
    ref: RecordingRef


@dataclass
class _Fetching:
    workspace: Workspace
    settings: TelephonySource
    source: CallSource | FileSource
    downloads: Downloads
    clock: Clock
    asking: threading.Lock = field(default_factory=threading.Lock)  # a source is asked by one thread at a time

    def take_all(self, due: Sequence[store.Waiting], progress: Progress) -> None:
        """Never more under way than are downloaded at once, so that one that throttles stops the rest before they
        begin."""
        waiting = iter(due)
        under_way: dict[Future[_Taken], tuple[store.Waiting, Call]] = {}
        stopped: SourceThrottled | None = None
        with ThreadPoolExecutor(self.settings.downloads_at_once, "fetching") as pool:
            while True:
                if stopped is None:
                    self._begin(pool, waiting, under_way, progress)
                if not under_way:
                    break
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    item, call = under_way.pop(future)
                    try:
                        self._settle(item, call, future)
                    except SourceThrottled as error:
                        stopped = error  # all others would be refused as well
                    progress.advance(1, item.call_id)
        if stopped is not None:
            raise stopped

    def _begin(
        self,
        pool: ThreadPoolExecutor,
        waiting: Iterator[store.Waiting],
        under_way: dict[Future[_Taken], tuple[store.Waiting, Call]],
        progress: Progress,
    ) -> None:
        while len(under_way) < self.settings.downloads_at_once:
            item = next(waiting, None)
            if item is None:
                return
            with self.workspace.store.reading() as reader:
                call = call_store.call(reader, item.call_id)
                known = call_store.recording(reader, item.call_id)
            if call is None or (known and known.state in REMOVED_STATES):
                self._write(replace(item, state=FetchState.ABSENT), None)
                progress.advance(1, item.call_id)
                continue
            under_way[pool.submit(self._have, item)] = (item, call)

    def _have(self, item: store.Waiting) -> _Taken:
        """In a thread of its own: download and examine. Raises what :meth:`_settle` knows."""
        path, ref = self._file(item.call_id, item.ref)
        return _Taken(keep(self.workspace, path), ref)

    def _settle(self, item: store.Waiting, call: Call, future: Future[_Taken]) -> None:
        """What came of one recording, in one write."""
        try:
            taken = future.result()
            self.downloads.part(item.call_id, item.ref).unlink(missing_ok=True)
            kept = taken.kept
            if kept.sound.state not in AUDIBLE_STATES:
                recording = judge(call, kept.sound, None, self._expected)
                self._later(item, f"sound_{kept.sound.state.value}", None, recording)
                return
            recording = judge(call, kept.sound, kept.path, self._expected)
            done = replace(item, ref=taken.ref, state=FetchState.READY, error_code=None, error_detail=None)
            self._write(done, recording)
        except AbsentError:
            self._write(replace(item, state=FetchState.ABSENT), Recording(item.call_id, RecordingState.ABSENT))
        except NotFetchedError as error:
            attempts = ATTEMPTS if error.is_final else item.attempts
            # the next attempt asks the source for another link
            ref = replace(item.ref, place="") if error.code == "link_gone" and item.ref.key else item.ref
            self._later(replace(item, ref=ref, attempts=attempts), error.code, error.detail, None)
        except MediaError as error:
            self._later(item, error.code, None, None)
        except SourceThrottled:
            raise
        except SourceError as error:
            self._later(item, error.code, None, None)

    def _file(self, call_id: str, ref: RecordingRef) -> tuple[Path, RecordingRef]:
        if isinstance(self.source, FileSource):
            with self.asking:
                found = self.source.recording_file(ref)
            if found is None:
                raise NotFetchedError("no_file")
            return found, ref
        is_stale = ref.expires_at is not None and ref.expires_at <= self.clock.now()
        if not ref.place or is_stale:
            with self.asking, understanding(self.settings.name):
                fresh = self.source.fresh_link(ref)
            if fresh is None:
                raise AbsentError
            ref = replace(fresh, key=ref.key or fresh.key)
        return self.downloads.download(call_id, ref), ref

    @property
    def _expected(self) -> Expectations:
        shared = self.workspace.settings.recordings
        side = self.settings.agent_channel or shared.agent_channel
        return Expectations(0 if side == "left" else 1, shared.truncated_below)

    def _later(self, item: store.Waiting, code: str, detail: str | None, recording: Recording | None) -> None:
        attempts = item.attempts + 1
        next_at = self.clock.now() + pause_after(item.attempts)
        told = replace(item, attempts=attempts, error_code=code, error_detail=detail)
        if attempts < ATTEMPTS:
            self._write(replace(told, next_at=next_at), None)
            return
        given_up = recording or Recording(item.call_id, RecordingState.MISSING, detail="not_fetched")
        self._write(replace(told, state=FetchState.FAILED), given_up)

    def _write(self, item: store.Waiting, recording: Recording | None) -> None:
        now: datetime = self.clock.now()
        statements = [insert("recording_queue", store.waiting_row(item, now), replace=True)]
        if recording is not None:
            statements.append(insert("recordings", call_store.recording_row(recording), replace=True))
        self.workspace.store.write(*statements)
