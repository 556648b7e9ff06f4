"""Transcription of the calls that need it: what is chosen, what is done already, what fails.

Resumable: a call is done when its transcript carries the recording's content hash and the
fingerprint of the engine and rules. What has none is put into the ledger, once a content, and recognised by
workers, a batch of a few minutes of sound at a time; a killed run loses the batches in work at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

from pipelines.batches import batches
from pipelines.coordinate import Effect, WorkDone, coordinate
from pipelines.hands import choice_for, executor_for, for_workers, location
from pipelines.measure import cost_of
from pipelines.progress import Progress
from qc_workbench.detection.spoken_secrets import redacted
from qc_workbench.detection.triage import looks_padded
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.job import ASKED_FOR, ROUTINE, Job
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import ledger, listening, samples
from qc_workbench.store.database import Reader, Statement
from qc_workbench.transcription.agent_voice import AgentVoice
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.recognised import Recogniser
from qc_workbench.transcription.transcript_assembly import fingerprint_of
from qc_workbench.work.inline import Inline
from qc_workbench.work.task import Executor, Needs, Outcome, Task
from qc_workbench.work.units import (
    EngineSettings,
    MediaFailure,
    RecordingToHear,
    learn_voice,
    recognise_group,
    to_hear,
)
from qc_workbench.workspace import Workspace

STEP: Final = "transcribe"
#: The most calls and seconds of sound recognised and written together: many fill batches of windows of one length
#: (measured in docs/transcription.md). Towards the end of a run groups get smaller (:mod:`pipelines.batches`).
GROUP_CALLS: Final = 24
GROUP_S: Final = 900.0
#: Stereo recordings of an agent that the voice is learned from, and how long they may be.
VOICE_RECORDINGS: Final = 3
_VOICE_LONGEST_S: Final = 240.0


@dataclass(frozen=True, slots=True)
class TranscribeReport:
    """What a run did. ``failed``: (call_id, error code). ``audio_s`` and ``wall_s`` of what was recognised now."""

    transcribed: int
    copied: int
    already: int
    without_sound: int
    failed: tuple[tuple[str, str], ...]
    audio_s: float
    wall_s: float
    model: str


@dataclass(frozen=True, slots=True)
class _Plan:
    #: content hash -> the chosen calls that need its words
    wanted: Mapping[str, tuple[Recording, ...]]
    copies: tuple[Transcript, ...]
    already: int
    without_sound: int


def transcribe(
    workspace: Workspace,
    progress: Progress,
    *,
    everything: bool = False,
    call_ids: Sequence[str] = (),
    recogniser: Recogniser | None = None,
    executor: Executor | None = None,
) -> TranscribeReport:
    """Transcribe the chosen calls that have no up-to-date transcript, and whatever else waits in the ledger.

    Chosen are: ``call_ids`` when given (also those that failed before; then nothing else is done); all calls when
    ``everything``; else the sampled calls and those that the triage finds suspicious. Calls of one recording get
    their transcripts together. ``recogniser`` is the speech engine (tests give a fake, which works in this
    process); without one the settings choose the model. ``executor``: whoever runs the tasks.

    Raises :class:`UsageError` ``call_unknown`` and :class:`ModelError`. A recording that can't
    be decoded is a failed unit of the ledger and is not tried again until it or the rules change.
    """
    engine = recogniser or _engine(workspace)
    mark = fingerprint_of(engine)
    store = workspace.store
    with store.reading() as reader:
        plan = _plan(reader, workspace, mark, everything=everything, call_ids=call_ids)
    now = datetime.now(UTC)
    if plan.copies:
        store.write(*(row for copy in plan.copies for row in _kept(workspace, copy, now)))
    units = [(subject, cost_of(calls[0])) for subject, calls in plan.wanted.items()]
    priority = ASKED_FOR if call_ids else ROUTINE
    jobs = list(batches(STEP, mark, units, most=GROUP_CALLS, most_s=GROUP_S, priority=priority))
    if jobs:
        store.write(*ledger.enqueue(jobs, now))
    started = monotonic()
    done, calls = drain(
        workspace,
        progress,
        round(sum(cost_s for _, cost_s in units)),
        engine,
        only=list(plan.wanted) if call_ids else None,
        executor=executor,
    )
    return TranscribeReport(
        transcribed=len(done.done),
        copied=calls - len(done.done) + len(plan.copies),
        already=plan.already,
        without_sound=plan.without_sound,
        failed=tuple(
            (recording.call_id, code) for subject, code in done.failed for recording in plan.wanted.get(subject, ())
        ),
        audio_s=done.cost_s,
        wall_s=monotonic() - started,
        model=engine.model_name,
    )


def drain(
    workspace: Workspace,
    progress: Progress,
    total_s: int,
    engine: Recogniser | None = None,
    *,
    only: Sequence[str] | None = None,
    enough: Callable[[], bool] = lambda: False,
    executor: Executor | None = None,
) -> tuple[WorkDone, int]:
    """Transcribe what waits in the ledger. Returns what was done and how many calls got a transcript."""
    engine = engine or _engine(workspace)
    with ExitStack() as stack:
        if isinstance(engine, Whisper):
            hands = executor or stack.enter_context(executor_for(workspace, engine.choice))
            speech = workspace.settings.speech
            step = TranscribeStep(workspace, engine, EngineSettings(for_workers(workspace, engine.choice), speech))
        else:
            hands, step = executor or Inline(), TranscribeStep(workspace, engine, engine)
        progress.start(STEP, total_s)
        try:
            done = coordinate(
                workspace.store,
                step,
                hands,
                progress,
                only=only,
                enough=enough,
                timeout_factor=workspace.settings.work.timeout_factor,
            )
        finally:
            progress.finish()
    return done, step.calls


def _engine(workspace: Workspace) -> Whisper:
    return Whisper(choice_for(workspace), workspace.settings.speech)


class TranscribeStep:
    """Transcription, as the coordinator sees it. Agents' voices are learned when a mono call first asks for them,
    and live as long as this."""

    name = STEP

    def __init__(self, workspace: Workspace, engine: Recogniser, for_tasks: EngineSettings | Recogniser) -> None:
        self._workspace = workspace
        self._engine = for_tasks
        self._needs: Needs = (
            "gpu" if isinstance(for_tasks, EngineSettings) and for_tasks.choice.device == "cuda" else "cpu"
        )
        self.fingerprint = fingerprint_of(engine)
        #: calls that got a transcript
        self.calls = 0
        self._voices: dict[str, AgentVoice | None] = {}
        self._asked: dict[str, str] = {}
        self._agents: dict[str, frozenset[str]] = {}

    def before(self, reader: Reader, jobs: Sequence[Job]) -> Sequence[Task]:
        calls = call_store.calls_of_content(reader, [job.subject for job in jobs])
        agents = frozenset(call.manager_id for call, recording in calls if recording.channels != 2)
        self._agents[_key(jobs)] = agents
        tasks = []
        for agent in sorted(agents - set(self._voices) - set(self._asked.values())):
            found = call_store.stereo_recordings(reader, agent, _VOICE_LONGEST_S, VOICE_RECORDINGS)
            if not found:
                self._voices[agent] = None
                continue
            task_id = f"voice:{len(self._asked)}:{_key(jobs)}"
            self._asked[task_id] = agent
            inputs = tuple((location(self._workspace, item.path or ""), item.agent_channel or 0) for item in found)
            cost_s = sum(cost_of(item) for item in found)
            tasks.append(Task(task_id, learn_voice, (inputs, self._engine), 600.0, cost_s, self._needs))
        return tasks

    def is_ready(self, jobs: Sequence[Job]) -> bool:
        return self._agents[_key(jobs)] <= set(self._voices)

    def prepared(self, outcome: Outcome) -> None:
        # A voice that can't be learned is done without: the words still tell most agents from their clients.
        self._voices[self._asked.pop(outcome.task_id)] = outcome.value

    def task(self, reader: Reader, jobs: Sequence[Job], task_id: str, timeout_s: float) -> tuple[Sequence[Job], Task]:
        self._agents.pop(_key(jobs), None)
        by_content: dict[str, list[tuple[Call, Recording]]] = {}
        for call, recording in call_store.calls_of_content(reader, [job.subject for job in jobs]):
            by_content.setdefault(recording.content_hash or "", []).append((call, recording))
        present = [job for job in jobs if job.subject in by_content]
        speech = listening.speech_of(reader, [job.subject for job in present])
        inputs = tuple(
            RecordingToHear(
                location(self._workspace, by_content[job.subject][0][1].path or ""),
                tuple(
                    to_hear(call, recording, self._voices.get(call.manager_id) if recording.channels != 2 else None)
                    for call, recording in by_content[job.subject]
                ),
                speech.get(job.subject, ()),
            )
            for job in present
        )
        cost_s = sum(job.cost_s for job in present)
        return present, Task(task_id, recognise_group, (inputs, self._engine), timeout_s, cost_s, self._needs)

    def effects(self, jobs: Sequence[Job], value: Any, now: datetime) -> Iterable[tuple[Job, Effect]]:
        for job, result in zip(jobs, value, strict=True):
            if isinstance(result, MediaFailure):
                yield job, Effect(failure=result)
            else:
                self.calls += len(result)
                yield job, Effect(tuple(row for item in result for row in _kept(self._workspace, item, now)))


def _kept(workspace: Workspace, transcript: Transcript, now: datetime) -> Sequence[Statement]:
    """Secrets are never written: the transcript is freed of them before."""
    return listening.save_transcript(redacted(transcript, workspace.settings.privacy.redact), now)


def _key(jobs: Sequence[Job]) -> str:
    return jobs[0].token or ""


def _plan(
    reader: Reader, workspace: Workspace, fingerprint: str, *, everything: bool, call_ids: Sequence[str]
) -> _Plan:
    calls = {call.call_id: call for call in call_store.calls(reader)}
    recordings = call_store.recordings(reader)
    unknown = sorted(set(call_ids) - set(calls))
    if unknown:
        raise UsageError("call_unknown", call_id=unknown[0], count=len(unknown))
    if call_ids:
        chosen = set(call_ids)
    elif everything:
        chosen = set(calls)
    else:
        chosen = _sampled(reader) | _suspicious(reader, workspace, calls, recordings)
    done = listening.transcript_fingerprints(reader)
    tried = frozenset[str]() if call_ids else ledger.set_aside(reader, STEP, fingerprint)
    #: content hash and agent channel -> a call that has its transcript
    ready = {
        (content_hash, recordings[call_id].agent_channel): call_id
        for call_id, (content_hash, mark) in sorted(done.items())
        if mark == fingerprint and call_id in recordings
    }
    already = without_sound = 0
    copies: list[Transcript] = []
    wanted: dict[str, list[Recording]] = {}
    for call in calls.values():
        if call.call_id not in chosen:
            continue
        recording = recordings.get(call.call_id)
        if recording is None or not recording.is_audible or not recording.path or not recording.content_hash:
            without_sound += 1
        elif done.get(call.call_id) == (recording.content_hash, fingerprint) or recording.content_hash in tried:
            already += 1
        elif (twin := ready.get((recording.content_hash, recording.agent_channel))) and (
            transcript := listening.transcript(reader, twin)
        ):
            copies.append(replace(transcript, call_id=call.call_id))
        else:
            wanted.setdefault(recording.content_hash, []).append(recording)
    return _Plan({subject: tuple(calls) for subject, calls in wanted.items()}, tuple(copies), already, without_sound)


def _sampled(reader: Reader) -> set[str]:
    return {item.call_id for item in samples.sampled(reader) if item.status is not SampleStatus.REPLACED}


def _suspicious(
    reader: Reader, workspace: Workspace, calls: Mapping[str, Call], recordings: Mapping[str, Recording]
) -> set[str]:
    found = set()
    for call_id, recording in recordings.items():
        call = calls.get(call_id)
        if call is None or not recording.is_audible or not recording.content_hash:
            continue
        measured = listening.acoustics(reader, recording.content_hash)
        if measured and looks_padded(call, measured, workspace.settings.effective):
            found.add(call_id)
    return found
