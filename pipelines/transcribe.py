"""Transcription of the calls that need it: what is chosen, what is done already, what fails.

Resumable: a call is done when its transcript carries the recording's content hash and the
fingerprint of the engine and rules. Results are written after every group of a few minutes of
sound, so that a killed run loses that group at most and repeats nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from pipelines.progress import Progress
from qc_workbench.detection.triage import looks_padded
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import MediaError, UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import listening, samples
from qc_workbench.store.database import Reader, Statement
from qc_workbench.transcription.agent_voice import AgentVoice, learn_voice, speech_features
from qc_workbench.transcription.audio import decode
from qc_workbench.transcription.engine import ChannelSpeech, Recogniser, Whisper
from qc_workbench.transcription.models import resolve
from qc_workbench.transcription.speakers import Floats
from qc_workbench.transcription.transcript_assembly import assemble, fingerprint_of
from qc_workbench.workspace import Workspace

STEP: Final = "transcribe"
#: Calls and seconds of sound recognised and written together: enough for full batches, little to lose.
GROUP_CALLS: Final = 16
GROUP_S: Final = 600.0


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
class _Job:
    """One recording to recognise and all calls that have it."""

    recording: Recording
    calls: tuple[tuple[Call, Recording], ...]

    @property
    def duration_s(self) -> float:
        return self.recording.duration_s or 0.0


#: Stereo recordings of an agent that are tried to learn the voice from, and how long they may be.
VOICE_RECORDINGS: Final = 3
_VOICE_LONGEST_S: Final = 240.0


@dataclass(frozen=True, slots=True)
class _Plan:
    jobs: tuple[_Job, ...]
    #: manager_id -> stereo recordings with the agent's channel known, longest first
    stereo: Mapping[str, tuple[Recording, ...]]
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
) -> TranscribeReport:
    """Transcribe the chosen calls that have no up-to-date transcript.

    Chosen are: ``call_ids`` when given (also those that failed before); all calls when ``everything``;
    else the sampled calls and those that the triage finds suspicious. ``recogniser`` is the speech
    engine (tests give a fake); without one the settings choose the model.

    Raises :class:`UsageError` ``call_unknown`` and :class:`ModelError`. A recording that can't
    be decoded is a row of ``failures`` and is not tried again until it changes.
    """
    engine = recogniser or Whisper(resolve(workspace.settings.speech), workspace.settings.speech)
    with workspace.store.reading() as reader:
        plan = _plan(reader, workspace, fingerprint_of(engine), everything=everything, call_ids=call_ids)
    if plan.copies:
        now = datetime.now(UTC)
        workspace.store.write(*(row for copy in plan.copies for row in listening.save_transcript(copy, now)))
    voices = _Voices(workspace, engine, plan.stereo)
    started = monotonic()
    failed: list[tuple[str, str]] = []
    transcribed = copied = 0
    audio_s = 0.0
    progress.start(STEP, round(sum(job.duration_s for job in plan.jobs)))
    try:
        for group in _groups(plan.jobs):
            done, failures = _recognise(workspace, engine, group, voices)
            now = datetime.now(UTC)
            statements: list[Statement] = [row for item in done for row in listening.save_transcript(item, now)]
            for job, error in failures:
                for call, recording in job.calls:
                    failed.append((call.call_id, error.code))
                    statements.append(
                        listening.failure(STEP, call.call_id, recording.content_hash, error.code, now, **error.params)
                    )
            if statements:
                workspace.store.write(*statements)
            heard = len(group) - len(failures)
            transcribed += heard
            copied += len(done) - heard
            group_s = sum(job.duration_s for job in group)
            audio_s += group_s
            progress.advance(group_s, group[-1].calls[0][0].call_id)
    finally:
        progress.finish()
    return TranscribeReport(
        transcribed,
        copied + len(plan.copies),
        plan.already,
        plan.without_sound,
        tuple(failed),
        audio_s,
        monotonic() - started,
        engine.model_name,
    )


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
    tried = {} if call_ids else _failed_before(reader)
    #: content hash and agent channel -> a call that has its transcript
    ready = {
        (content_hash, recordings[call_id].agent_channel): call_id
        for call_id, (content_hash, mark) in sorted(done.items())
        if mark == fingerprint and call_id in recordings
    }
    already = without_sound = 0
    copies: list[Transcript] = []
    wanted: dict[str, list[tuple[Call, Recording]]] = {}
    for call in calls.values():
        if call.call_id not in chosen:
            continue
        recording = recordings.get(call.call_id)
        if recording is None or not recording.is_audible or not recording.path or not recording.content_hash:
            without_sound += 1
        elif (
            done.get(call.call_id) == (recording.content_hash, fingerprint)
            or tried.get(call.call_id) == recording.content_hash
        ):
            already += 1
        elif (twin := ready.get((recording.content_hash, recording.agent_channel))) and (
            transcript := listening.transcript(reader, twin)
        ):
            copies.append(replace(transcript, call_id=call.call_id))
        else:
            wanted.setdefault(recording.content_hash, []).append((call, recording))
    jobs = tuple(_Job(group[0][1], tuple(group)) for group in wanted.values())
    return _Plan(jobs, _stereo_by_agent(calls, recordings), tuple(copies), already, without_sound)


def _stereo_by_agent(
    calls: Mapping[str, Call], recordings: Mapping[str, Recording]
) -> dict[str, tuple[Recording, ...]]:
    found: dict[str, dict[str, Recording]] = {}
    for call_id, recording in recordings.items():
        known = recording.is_audible and recording.path and recording.agent_channel is not None
        if call_id in calls and known and (recording.duration_s or 0) <= _VOICE_LONGEST_S:
            found.setdefault(calls[call_id].manager_id, {})[recording.content_hash or ""] = recording
    return {
        agent: tuple(sorted(by_hash.values(), key=lambda item: (-(item.duration_s or 0), item.content_hash or "")))
        for agent, by_hash in found.items()
    }


@dataclass
class _Voices:
    """The voices of agents, each learned when a mono call first asks for it."""

    workspace: Workspace
    engine: Recogniser
    stereo: Mapping[str, tuple[Recording, ...]]
    _learned: dict[str, AgentVoice | None] = field(default_factory=dict)

    def of(self, manager_id: str) -> AgentVoice | None:
        if manager_id not in self._learned:
            self._learned[manager_id] = self._learn(self.stereo.get(manager_id, ())[:VOICE_RECORDINGS])
        return self._learned[manager_id]

    def _learn(self, recordings: Sequence[Recording]) -> AgentVoice | None:
        agent: list[Floats] = []
        others: list[Floats] = []
        for recording in recordings:
            try:
                audio = decode(self.workspace.media_path(recording.path or ""))
            except MediaError:
                continue  # it gets its own row of failures when its turn comes
            for channel in self.engine.listen(audio):
                side = agent if channel.channel == recording.agent_channel else others
                side.append(speech_features(channel.samples, channel.speech))
        return learn_voice(agent, others)


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


def _failed_before(reader: Reader) -> dict[str, str | None]:
    rows = reader.rows("select call_id, content_hash from failures where step = ?", STEP)
    return {row["call_id"]: row["content_hash"] for row in rows}


def _groups(jobs: Sequence[_Job]) -> Iterator[tuple[_Job, ...]]:
    group: list[_Job] = []
    seconds = 0.0
    for job in jobs:
        if group and (len(group) >= GROUP_CALLS or seconds + job.duration_s > GROUP_S):
            yield tuple(group)
            group, seconds = [], 0.0
        group.append(job)
        seconds += job.duration_s
    if group:
        yield tuple(group)


def _recognise(
    workspace: Workspace, engine: Recogniser, group: Sequence[_Job], voices: _Voices
) -> tuple[list[Transcript], list[tuple[_Job, MediaError]]]:
    """Transcripts of all calls of the group's recordings, and the recordings that can't be decoded."""
    heard: list[tuple[_Job, tuple[ChannelSpeech, ...]]] = []
    failures: list[tuple[_Job, MediaError]] = []
    for job in group:
        try:
            heard.append((job, engine.listen(decode(workspace.media_path(job.recording.path or "")))))
        except MediaError as error:
            failures.append((job, error))
    results = engine.recognise([channels for _, channels in heard])
    transcripts = [
        assemble(call, recording, channels, result, engine, voices.of(call.manager_id) if len(channels) == 1 else None)
        for (job, channels), result in zip(heard, results, strict=True)
        for call, recording in job.calls
    ]
    return transcripts, failures
