"""Decoding recordings to samples, without a system ffmpeg (PyAV carries its own)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from qc_workbench.errors import MediaError

#: Rate of all analysis: what Whisper and the voice-activity model expect.
RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Samples of shape (channels, n), float32 in -1..1, at ``RATE_HZ``; one or two channels."""

    samples: NDArray[np.float32]

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        return float(self.samples.shape[1]) / RATE_HZ


def decode(path: Path) -> Audio:
    """Decode a recording; what can be decoded before a broken frame is kept.

    More than two channels are reduced to two. Raises :class:`MediaError`
    ``media_undecodable`` when no sound comes out.
    """
    frames: list[NDArray[np.int16]] = []
    channels = 1
    try:
        with av.open(str(path)) as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None:
                raise MediaError("media_undecodable", file=path.name, detail="no audio stream")
            channels = 1 if stream.codec_context.channels == 1 else 2
            resampler = av.AudioResampler(format="s16", layout="mono" if channels == 1 else "stereo", rate=RATE_HZ)
            try:
                for frame in container.decode(stream):
                    frames.extend(_samples(part, channels) for part in resampler.resample(frame))
                frames.extend(_samples(part, channels) for part in resampler.resample(None))
            except av.FFmpegError:
                pass  # a broken tail: the part before it is still a recording
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError("media_undecodable", file=path.name, detail=str(error)) from error
    if not frames:
        raise MediaError("media_undecodable", file=path.name, detail="no audio frames")
    samples = np.concatenate(frames, axis=1).astype(np.float32) / 32768.0
    return Audio(np.ascontiguousarray(samples))


def _samples(frame: av.AudioFrame, channels: int) -> NDArray[np.int16]:
    return np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, channels).T
