"""Two mono recordings of one call put together as the two channels of one, piece by piece: length costs no memory."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.resampler import AudioResampler

from qc_workbench.errors import MediaError
from qc_workbench.sources.sound_opening import frames, open_sound

#: Samples without a header: their format by the ending of the name, 8000 a second as Asterisk writes them.
_BARE: Final = {"ulaw": "mulaw", "slin": "s16le", "raw": "s16le"}
_BARE_RATE_HZ: Final = 8_000
_HIGHEST_RATE_HZ: Final = 48_000

Samples = np.ndarray[Any, np.dtype[np.int16]]


def join_tracks(left: Path, right: Path, target: Path) -> None:
    """One 16-bit WAV with ``left`` and ``right`` as its channels. The shorter one ends in silence.

    Raises :class:`MediaError` ``tracks_unreadable`` where either holds no sound; nothing is left behind then.
    """
    try:
        rate_hz = min(_HIGHEST_RATE_HZ, max(_rate_of(left), _rate_of(right)))
        with wave.open(str(target), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(rate_hz)
            for one, other in _side_by_side(_samples(left, rate_hz), _samples(right, rate_hz)):
                out.writeframes(np.column_stack((one, other)).astype("<i2").tobytes())
    except (av.FFmpegError, OSError, ValueError, EOFError, IndexError) as error:
        target.unlink(missing_ok=True)
        raise MediaError("tracks_unreadable", file=left.name, detail=type(error).__name__) from error


def _open(path: Path) -> Any:
    bare = _BARE.get(path.suffix.casefold().removeprefix("."))
    if bare is None:
        return open_sound(path)
    return open_sound(path, bare, {"sample_rate": str(_BARE_RATE_HZ)})


def _rate_of(path: Path) -> int:
    with _open(path) as container:
        return int(container.streams.audio[0].rate)


def _samples(path: Path, rate_hz: int) -> Iterator[Samples]:
    with _open(path) as container:
        resampler = AudioResampler(format="s16", layout="mono", rate=rate_hz)
        for frame in frames(container, container.streams.audio[0]):
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().reshape(-1).astype(np.int16, copy=False)
        for piece in resampler.resample(None):
            yield piece.to_ndarray().reshape(-1).astype(np.int16, copy=False)


def _side_by_side(one: Iterator[Samples], other: Iterator[Samples]) -> Iterator[tuple[Samples, Samples]]:
    """Pieces of equal length of both; what one lacks at the end is silence."""
    rest = [np.zeros(0, np.int16), np.zeros(0, np.int16)]
    streams = [one, other]
    has_ended = [False, False]
    while True:
        for side in (0, 1):
            while rest[side].size == 0 and not has_ended[side]:
                piece = next(streams[side], None)
                if piece is None:
                    has_ended[side] = True
                else:
                    rest[side] = piece
        if all(has_ended) and not rest[0].size and not rest[1].size:
            return
        lengths = [part.size for part, ended in zip(rest, has_ended, strict=True) if part.size or not ended]
        n = min(lengths)
        pieces = [np.concatenate((part[:n], np.zeros(max(0, n - part.size), np.int16))) for part in rest]
        rest = [part[n:] for part in rest]
        yield pieces[0], pieces[1]
