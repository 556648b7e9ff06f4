"""The words of a call that are not there yet: asked for when somebody opens it, waited for, or impossible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pipelines import steer_work
from qc_workbench.domain.access import Action
from qc_workbench.domain.job import ASKED_FOR, Job, JobState
from qc_workbench.domain.progress import is_abandoned
from qc_workbench.store import calls, ledger
from qc_workbench.store.database import Reader
from qc_workbench.store.job_board import EVERY_STEP
from qc_workbench.store.job_progress import Pause, before, has_words, is_somebody_working, standing_pauses
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: The step that makes words, and the one it begins with.
_STEP: Final = "transcribe"
_STEPS: Final = (_STEP, "measure")
#: The app starts a worker for a call that somebody waits for; within this time that is no reason to worry. Loading a
#: model takes seconds, a worker that has ended rests for half a minute (:mod:`qc_workbench.ui.attendant`).
STARTING: Final = timedelta(seconds=60)


class Words(StrEnum):
    HERE = "here"  # or there is nothing to hear
    FIRST = "first"
    WAITS = "waits"
    RUNNING = "running"
    PAUSED = "paused"
    NOBODY_WORKS = "nobody_works"
    FAILED = "failed"

    @property
    def is_awaited(self) -> bool:
        return self not in (Words.HERE, Words.FAILED)


@dataclass(frozen=True, slots=True)
class WordsOfCall:
    """``before``: calls that come first; ``since``: when it was begun; ``pause``: what it rests for."""

    state: Words
    before: int = 0
    since: datetime | None = None
    pause: Pause | None = None


def words(workspace: Workspace, call_id: str, now: datetime, waited_since: datetime | None = None) -> WordsOfCall:
    """Where the words of a call are. ``waited_since``: when the reader began to wait for them."""
    with workspace.store.reading() as reader:
        return _words(reader, call_id, now, waited_since or now)


def ask_for_words(workspace: Workspace, call_id: str, now: datetime) -> WordsOfCall:
    """Somebody opened the call: what can be heard and has no words yet goes before all routine work.

    What failed is not tried again unasked.
    """
    with workspace.store.reading() as reader:
        found = _words(reader, call_id, now, now)
        wanted = ledger.ask_for(reader, call_id, now) if found.state.is_awaited and _unasked(reader, call_id) else []
    if not wanted:
        return found
    workspace.store.write(*wanted)
    return words(workspace, call_id, now)


def try_again(workspace: Workspace, viewer: Viewer, call_id: str, now: datetime) -> None:
    """Let the failed work on a call wait again, before the others.

    Raises ``not_allowed`` for whoever may not see the call.
    """
    with workspace.store.reading() as reader:
        viewer.require(Action.SEE_CALL, calls.agent_of_call(reader, call_id))
    steer_work.retry(workspace, EVERY_STEP, viewer.name, now, call_ids=(call_id,))
    ask_for_words(workspace, call_id, now)


def _job(reader: Reader, call_id: str) -> Job | None:
    recording = calls.recording(reader, call_id)
    return ledger.job(reader, _STEP, recording.content_hash or "") if recording else None


def _unasked(reader: Reader, call_id: str) -> bool:
    job = _job(reader, call_id)
    return job is None or job.state.is_final or job.priority < ASKED_FOR


def _words(reader: Reader, call_id: str, now: datetime, waited_since: datetime) -> WordsOfCall:
    recording = calls.recording(reader, call_id)
    if recording is None or not recording.is_audible or not recording.path or not recording.content_hash:
        return WordsOfCall(Words.HERE)
    subject = recording.content_hash
    if has_words(reader, call_id, subject):
        return WordsOfCall(Words.HERE)
    jobs = [ledger.job(reader, step, subject) for step in _STEPS]
    if any(job is not None and job.state in (JobState.FAILED, JobState.POISONED) for job in jobs):
        return WordsOfCall(Words.FAILED)
    job = jobs[0]
    if job is not None and job.state is JobState.RUNNING and not is_abandoned(job.state, job.lease_until, now):
        return WordsOfCall(Words.RUNNING, since=job.started_at)
    pause = next((item for item in standing_pauses(reader) if item.step in (EVERY_STEP, *_STEPS)), None)
    if pause is not None:
        return WordsOfCall(Words.PAUSED, pause=pause)
    if now - waited_since > STARTING and not is_somebody_working(reader, now):
        return WordsOfCall(Words.NOBODY_WORKS)
    ahead = before(reader, job) if job is not None and job.state is JobState.WAITING else 0
    return WordsOfCall(Words.WAITS if ahead else Words.FIRST, before=ahead)
