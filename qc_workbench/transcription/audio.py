"""Decoding recordings to samples, without a system ffmpeg (PyAV carries its own)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from qc_workbench.errors import MediaError
from qc_workbench.sources.sound_opening import LONGEST_S, frames, open_sound, reason

#: Rate of all analysis: what Whisper and the voice-activity model expect.
RATE_HZ = 16_000
#: A longer recording is taken apart: the voice and speaker models hold some 30 copies of what they
#: look at. Hardly any sales call is that long; measured memory in docs/transcription.md.
LONGEST_STRETCH_S: Final = 1200.0
#: Stretches begin at multiples of a tenth of a second, which waveform peaks divide evenly.
_CUT_STEP: Final = RATE_HZ // 10
_CUT_STEPS: Final = 10
#: Sound that goes from one process to another at a time.
PIECE_BYTES: Final = 1 << 20
#: Of one channel; a second more than the longest recording that is read.
MOST_SAMPLES: Final = round((LONGEST_S + 1) * RATE_HZ)

#: Blocks of samples of a recording, each of shape (channels, n).
Blocks = Callable[[Path], Iterator[NDArray[np.int16]]]


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


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A part of a long recording that is treated like a recording of its own. ``offset_s``: where it begins."""

    offset_s: float
    audio: Audio
    is_last: bool


def decode(path: Path, blocks: Blocks | None = None) -> Audio:
    """Decode a recording; what can be decoded before a broken frame is kept.

    More than two channels are reduced to two. Raises :class:`MediaError`
    ``media_undecodable`` when no sound comes out. For recordings of any length see :func:`stretches`.
    ``blocks``: who decodes, where it is not to be this process.
    """
    return _audio(list((blocks or sound_blocks)(path)))


def stretches(path: Path, longest_s: float = LONGEST_STRETCH_S, blocks: Blocks | None = None) -> Iterator[Stretch]:
    """Decode a recording in stretches of at most ``longest_s``, cut where it is quiet, so that memory is bounded.

    A recording that is no longer is one stretch, the same as :func:`decode` gives. Errors as there.
    """
    longest = round(longest_s * RATE_HZ)
    kept: list[NDArray[np.int16]] = []
    held = offset = 0
    for block in (blocks or sound_blocks)(path):
        kept.append(block)
        held += block.shape[1]
        while held > longest:
            whole = np.concatenate(kept, axis=1)
            cut = _quiet_cut(whole[:, :longest])
            yield Stretch(offset / RATE_HZ, _audio([whole[:, :cut]]), False)
            kept = [whole[:, cut:].copy()]
            offset, held = offset + cut, held - cut
    yield Stretch(offset / RATE_HZ, _audio(kept), True)


def _quiet_cut(samples: NDArray[np.int16]) -> int:
    """The middle of the quietest second in the last quarter, on the grid of ``_CUT_STEP``."""
    first = samples.shape[1] * 3 // 4 // _CUT_STEP * _CUT_STEP
    part = samples[:, first : first + (samples.shape[1] - first) // _CUT_STEP * _CUT_STEP].astype(np.float32)
    energy = np.square(part).reshape(part.shape[0], -1, _CUT_STEP).mean(axis=2).sum(axis=0)
    around = np.convolve(energy, np.ones(_CUT_STEPS), mode="valid")
    return int(first + (int(around.argmin()) + _CUT_STEPS // 2) * _CUT_STEP)


def _audio(blocks: list[NDArray[np.int16]]) -> Audio:
    samples = np.concatenate(blocks, axis=1).astype(np.float32)
    samples /= 32768.0
    return Audio(np.ascontiguousarray(samples))


def sound_pieces(path: Path) -> Iterator[tuple[int, bytes]]:
    """The sound on its way to another process: channels, and about :data:`PIECE_BYTES` of their samples in turn."""
    held: list[NDArray[np.int16]] = []
    size = 0
    for block in sound_blocks(path):
        held.append(block)
        size += block.nbytes
        if size >= PIECE_BYTES:
            yield _together(held)
            held, size = [], 0
    if held:
        yield _together(held)


def _together(blocks: list[NDArray[np.int16]]) -> tuple[int, bytes]:
    return blocks[0].shape[0], np.concatenate(blocks, axis=1).T.tobytes()


def sound_blocks(path: Path) -> Iterator[NDArray[np.int16]]:
    """The sound, block by block; at least one, or :class:`MediaError`."""
    some = False
    try:
        with open_sound(path) as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None:
                raise MediaError("media_undecodable", file=path.name, detail="no audio stream")
            channels = 1 if stream.codec_context.channels == 1 else 2
            resampler = av.AudioResampler(format="s16", layout="mono" if channels == 1 else "stereo", rate=RATE_HZ)
            try:
                for frame in frames(container, stream):
                    for part in resampler.resample(frame):
                        some = True
                        yield _samples(part, channels)
                for part in resampler.resample(None):
                    some = True
                    yield _samples(part, channels)
            except av.FFmpegError:
                pass  # a broken tail: the part before it is still a recording
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError("media_undecodable", file=path.name, detail=reason(error)) from error
    if not some:
        raise MediaError("media_undecodable", file=path.name, detail="no audio frames")


def _samples(frame: av.AudioFrame, channels: int) -> NDArray[np.int16]:
    return np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, channels).T
