"""The units of heavy work: a recording in, values out. Top-level functions, so that any worker can import them.

They know no store and no settings file; all that decides a result is in the arguments, so a unit gives the
same on every worker. The speech model is loaded once a process and kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from qc_workbench.config import Speech
from qc_workbench.detection.acoustics import measure
from qc_workbench.detection.fingerprints import prints_of
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.sound_print import SoundPrint
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import MediaError, ModelError, RecordingUnreachable
from qc_workbench.transcription.agent_voice import AgentVoice, speech_features
from qc_workbench.transcription.agent_voice import learn_voice as voice_of
from qc_workbench.transcription.audio import Audio, decode, stretches
from qc_workbench.transcription.crosstalk import Intervals
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.models import ModelChoice, models_folder, verify_model
from qc_workbench.transcription.recognised import ChannelSpeech, Recognised, Recogniser
from qc_workbench.transcription.speakers import Floats
from qc_workbench.transcription.transcript_assembly import assemble
from qc_workbench.work.decoding import sound_blocks
from qc_workbench.work.recordings import open_recording
from qc_workbench.work.stretches import join_acoustics, join_transcripts

#: Processor threads of the speech model in a worker of a cluster, set by whoever starts it.
THREADS_VARIABLE: Final = "QCW_WORKER_THREADS"
_MAY_PASS: Final = ("media_too_slow", "media_too_heavy")


@dataclass(frozen=True, slots=True)
class MediaFailure:
    """A recording that gave no sound: an error code with its parameters, as a value.

    ``may_pass``: it could not be fetched, or the decoder was short of time or memory; another time it may go well.
    """

    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What names a speech engine to any worker: the model, how it runs, the options that decide the words."""

    choice: ModelChoice
    speech: Speech


@dataclass(frozen=True, slots=True)
class CallToHear:
    """A call of a recording: only what its transcript needs (see :func:`to_hear`). ``voice``: its agent's."""

    call: Call
    recording: Recording
    voice: AgentVoice | None = None


@dataclass(frozen=True, slots=True)
class RecordingToHear:
    """``speech``: where the measuring found its parties' voices (see :class:`Acoustics`), empty where it is unknown."""

    location: str
    calls: tuple[CallToHear, ...]
    speech: tuple[Intervals, ...] = ()


def to_hear(call: Call, recording: Recording, voice: AgentVoice | None) -> CallToHear:
    """A call without what no worker needs to know: the client's number and the source's own columns."""
    return CallToHear(replace(call, client_phone=None, attributes={}), recording, voice)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the sound of a recording gives without its words: the acoustics, and the print of each channel."""

    acoustics: Acoustics
    prints: tuple[SoundPrint, ...]


def measure_recordings(inputs: Sequence[tuple[str, str]]) -> tuple[Measured | MediaFailure, ...]:
    """:func:`measure_recording` of several (location, content_hash)."""
    return tuple(measure_recording(location, content_hash) for location, content_hash in inputs)


def measure_recording(location: str, content_hash: str) -> Measured | MediaFailure:
    """Of a long recording, a channel's print is that of the first stretch in which enough is spoken."""
    parts: list[tuple[float, Acoustics]] = []
    prints: dict[int, SoundPrint] = {}
    try:
        with open_recording(location) as path:
            for part in stretches(path, blocks=sound_blocks):
                acoustics = measure(part.audio, content_hash)
                parts.append((part.offset_s, acoustics))
                if not prints or not all(item.peaks for item in prints.values()):
                    for item in prints_of(part.audio, acoustics, part.offset_s):
                        if item.channel not in prints or not prints[item.channel].peaks:
                            prints[item.channel] = item
    except (MediaError, RecordingUnreachable) as error:
        return _failure(error)
    return Measured(join_acoustics(parts), tuple(prints[channel] for channel in sorted(prints)))


def recognise_group(
    inputs: Sequence[RecordingToHear], engine: EngineSettings | Recogniser
) -> tuple[tuple[Transcript, ...] | MediaFailure, ...]:
    """Transcripts of all calls of each recording, in the order of ``inputs``.

    Recordings of ordinary length are recognised together; what is together may show in the last digits of
    probabilities (see :mod:`qc_workbench.transcription.engine`), so the same group always gives the
    same. A longer one is recognised by itself, stretch by stretch, so that it never lies in memory as a whole.
    """
    recogniser = engine_of(engine)
    results: list[tuple[Transcript, ...] | MediaFailure | None] = []
    together: list[tuple[int, RecordingToHear, tuple[ChannelSpeech, ...]]] = []
    for place, item in enumerate(inputs):
        try:
            with open_recording(item.location) as path:
                parts = stretches(path, blocks=sound_blocks)
                first = next(parts)
                if first.is_last:
                    together.append((place, item, recogniser.listen(first.audio, item.speech)))
                    results.append(None)
                    continue
                apart = [(first.offset_s, _recognised(item, first.audio, recogniser))]
                del first  # its samples; the next ones come while it would still lie here
                apart.extend((part.offset_s, _recognised(item, part.audio, recogniser)) for part in parts)
            results.append(
                tuple(
                    join_transcripts([(offset_s, transcripts[index]) for offset_s, transcripts in apart])
                    for index in range(len(item.calls))
                )
            )
        except (MediaError, RecordingUnreachable) as error:
            results.append(_failure(error))
    heard = recogniser.recognise([channels for _, _, channels in together])
    for (place, item, channels), result in zip(together, heard, strict=True):
        results[place] = _assembled(item, channels, result, recogniser)
    return tuple(result for result in results if result is not None)


def _recognised(item: RecordingToHear, audio: Audio, recogniser: Recogniser) -> tuple[Transcript, ...]:
    channels = recogniser.listen(audio)
    return _assembled(item, channels, recogniser.recognise([channels])[0], recogniser)


def _assembled(
    item: RecordingToHear, channels: Sequence[ChannelSpeech], result: Recognised, recogniser: Recogniser
) -> tuple[Transcript, ...]:
    mono = len(channels) == 1
    return tuple(
        assemble(heard.call, heard.recording, channels, result, recogniser, heard.voice if mono else None)
        for heard in item.calls
    )


def learn_voice(recordings: Sequence[tuple[str, int]], engine: EngineSettings | Recogniser) -> AgentVoice | None:
    """An agent's voice from stereo recordings (location, the agent's channel); None when there is too little of it.

    A voice lives in memory for a run and is never kept: it would be biometric data of an employee.
    """
    recogniser = engine_of(engine)
    agent: list[Floats] = []
    others: list[Floats] = []
    for location, agent_channel in recordings:
        try:
            with open_recording(location) as path:
                audio = decode(path, sound_blocks)
        except MediaError:
            continue  # it is a failure of its own when its turn comes
        for channel in recogniser.listen(audio):
            side = agent if channel.channel == agent_channel else others
            side.append(speech_features(channel.samples, channel.speech))
    return voice_of(agent, others)


def engine_of(engine: EngineSettings | Recogniser) -> Recogniser:
    """The engine itself, loaded at its first use in this process. Tests give their own."""
    return _loaded(engine) if isinstance(engine, EngineSettings) else engine


@lru_cache(maxsize=1)
def _loaded(engine: EngineSettings) -> Whisper:
    choice = _present(engine.choice)
    if THREADS_VARIABLE in os.environ and not engine.speech.threads:  # another machine than the one that asks
        choice = replace(choice, threads=int(os.environ[THREADS_VARIABLE]))
    return Whisper(choice, engine.speech)


def _present(choice: ModelChoice) -> ModelChoice:
    """The same weights on this machine: another one keeps its models elsewhere."""
    if choice.folder.is_dir() and verify_model(choice.folder, choice.name, thorough=False).digest == choice.digest:
        return choice
    model = verify_model(models_folder() / choice.name.replace("/", "--"), choice.name, thorough=False)
    if model.digest != choice.digest:
        raise ModelError("model_differs", name=choice.name, folder=str(model.folder))
    return replace(choice, folder=model.folder)


def _failure(error: MediaError | RecordingUnreachable) -> MediaFailure:
    params = {key: str(value) for key, value in error.params.items()}
    may_pass = isinstance(error, RecordingUnreachable) or error.code in _MAY_PASS
    return MediaFailure(error.code, params, may_pass=may_pass)
