"""Copies of recordings that every browser plays: the whole, or one passage, as 16-bit PCM wav."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import av

from qc_workbench.errors import MediaError
from qc_workbench.sources.sound_opening import frames, open_sound, reason


def write_pcm(source: Path, target: Path) -> None:
    """Decode to a wav at the recording's own rate and channels (at most two). Errors as of :func:`cut`."""
    _write(source, target, 0.0, None)


def cut(source: Path, target: Path, from_s: float, to_s: float) -> None:
    """Write these seconds only, at the recording's own rate and channels (at most two).

    Decoded from the beginning: seeking in what telephone systems write does not land on a sample. Raises
    :class:`MediaError` ``media_undecodable``.
    """
    _write(source, target, from_s, to_s)


def _write(source: Path, target: Path, from_s: float, to_s: float | None) -> None:
    try:
        with open_sound(source) as container, wave.open(str(target), "wb") as out:
            if not container.streams.audio:
                raise MediaError("media_undecodable", file=source.name, detail="no audio stream")
            stream = container.streams.audio[0]
            channels, rate = (1 if stream.channels == 1 else 2), stream.rate
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(rate)
            first, last = round(from_s * rate), None if to_s is None else round(to_s * rate)
            heard = 0
            resampler = av.AudioResampler(format="s16", layout="mono" if channels == 1 else "stereo", rate=rate)
            for part in _resampled(container, stream, resampler):
                samples = part.to_ndarray().reshape(-1, channels)
                begin = max(0, first - heard)
                end = len(samples) if last is None else min(len(samples), last - heard)
                if begin < end:
                    out.writeframes(samples[begin:end].tobytes())
                heard += len(samples)
                if last is not None and heard >= last:
                    break
    except (av.FFmpegError, OSError, ValueError, wave.Error) as error:
        raise MediaError("media_undecodable", file=source.name, detail=reason(error)) from error


def _resampled(container: Any, stream: Any, resampler: Any) -> Any:
    for frame in frames(container, stream):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
