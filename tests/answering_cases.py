"""Calls made by hand for the tests of answering: sounds and words, without a speech model."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from qc_workbench.config import Effective
from qc_workbench.detection.effective import Examination, examine
from qc_workbench.detection.sound_classes import subtract, union
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn
from qc_workbench.transcription.audio import RATE_HZ

Samples = NDArray[np.float32]
AGENT, CUSTOMER = 0, 1


def tone(seconds: float, *hz: float, level_db: float = -12.0) -> Samples:
    """A steady tone of one or more frequencies with 5 ms edges."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * item * t) for item in hz) / len(hz)
    edge = np.minimum(1.0, np.minimum(t, seconds - t) / 0.005)
    return (10 ** (level_db / 20) * wave * edge).astype(np.float32)


def pause(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), dtype=np.float32)


def cadence(total_s: float, on_s: float, off_s: float, *hz: float, level_db: float = -15.0) -> Samples:
    pulse = np.concatenate([tone(on_s, *hz, level_db=level_db), pause(off_s)])
    return np.tile(pulse, int(np.ceil(total_s / (on_s + off_s))))[: round(total_s * RATE_HZ)]


def with_noise(samples: Samples, level_db: float, seed: int = 1) -> Samples:
    noise = np.random.default_rng(seed).normal(0, 10 ** (level_db / 20), samples.shape)
    return (samples + noise).astype(np.float32)


def encoded(channels: Sequence[Samples], container: str, codec: str, rate_hz: int, bit_rate: int, path: Path) -> Path:
    """Write a recording through PyAV, as a telephone system would keep it."""
    layout = "mono" if len(channels) == 1 else "stereo"
    pcm = (np.clip(np.stack(list(channels), axis=1), -1, 1) * 32767).astype(np.int16)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout=layout)
        if bit_rate:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = RATE_HZ
        formats = stream.codec_context.format.name
        resampler = av.AudioResampler(
            format=formats, layout=layout, rate=rate_hz, frame_size=stream.codec_context.frame_size or 1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    path.write_bytes(buffer.getvalue())
    return path


class Story:
    """A call told line by line: who speaks or sounds, for how long, with which words."""

    def __init__(self, *, mono: bool = False) -> None:
        self.mono = mono
        self.at = 1.0
        self.sounds: list[Sound] = []
        self.turns: list[Turn] = []

    def says(
        self,
        channel: int,
        text: str,
        seconds: float | None = None,
        *,
        gap_s: float = 0.4,
        suspicion: Suspicion | None = None,
        pitch_hz: float | None = None,
        party: Party | None = None,
    ) -> Story:
        length = seconds if seconds is not None else max(0.5, 0.38 * len(text.split()))
        start = self.at + gap_s
        where = 0 if self.mono else channel
        pitch = pitch_hz if pitch_hz is not None else (120.0 if channel == AGENT else 210.0)
        self.sounds.append(Sound(where, start, start + length, SoundKind.VOICE, features={"pitch_hz": pitch}))
        if text:
            known = Party.AGENT if channel == AGENT else Party.CUSTOMER
            said_by = party or (Party.UNKNOWN if self.mono else known)
            self.turns.append(Turn(said_by, where, start, start + length, text, 0.9, (), suspicion))
        self.at = start + length
        return self

    def agent(self, text: str, seconds: float | None = None, *, gap_s: float = 0.4) -> Story:
        return self.says(AGENT, text, seconds, gap_s=gap_s)

    def far(self, text: str, seconds: float | None = None, *, gap_s: float = 0.4) -> Story:
        return self.says(CUSTOMER, text, seconds, gap_s=gap_s)

    def sound(self, kind: SoundKind, seconds: float, hz: float | None = None) -> Story:
        channel = 0 if self.mono else CUSTOMER
        self.sounds.append(Sound(channel, self.at + 0.1, self.at + 0.1 + seconds, kind, 1.0, hz))
        self.at += 0.1 + seconds
        return self

    def beep(self) -> Story:
        return self.sound(SoundKind.BEEP, 0.4, 880.0)

    def silence(self, seconds: float) -> Story:
        self.at += seconds
        return self

    def acoustics(self, *, digital_channels: Sequence[int] = ()) -> Acoustics:
        channels = 1 if self.mono else 2
        rest = [
            Sound(channel, start, end, SoundKind.SILENCE, features={"digital": float(channel in digital_channels)})
            for channel in range(channels)
            for start, end in subtract(
                [(0.0, self.at)], union((s.start_s, s.end_s) for s in self.sounds if s.channel == channel)
            )
        ]
        ordered = tuple(sorted([*self.sounds, *rest], key=lambda s: (s.start_s, s.channel)))
        return Acoustics("hash", "acoustics-test", self.at, channels, ordered, ((),) * channels)

    def transcript(self) -> Transcript:
        return Transcript("call", "hash", "words-test", "ru", "test", "test", tuple(self.turns))

    def call(self, talk_s: float | None = None) -> Call:
        moment = datetime(2026, 9, 1, 9, tzinfo=UTC)
        return Call("call", moment, Direction.OUTBOUND, "m1", "+79160000000", talk_s or self.at, Outcome.ANSWERED)

    def recording(self) -> Recording:
        return Recording("call", RecordingState.READY, "hash", agent_channel=None if self.mono else AGENT)

    def examined(self, *, talk_s: float | None = None, words: bool = True) -> Examination:
        transcript = self.transcript() if words else None
        return examine(self.call(talk_s), self.recording(), self.acoustics(), transcript, Effective())
