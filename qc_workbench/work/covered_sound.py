"""A recording with a quiet tone over some of its seconds: what is played where a secret was said.

The stored file is not touched. What is made of it is kept under a name that says which seconds are covered, so other
seconds are another file; files of other seconds are removed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.domain.redaction import Hidden

#: The tone: pitch, and loudness as a share of full scale (-30 dB): heard, and not a fright in headphones.
TONE_HZ: Final = 1000.0
TONE_LEVEL: Final = 0.03
#: The tone comes and goes over this time instead of clicking.
_FADE_S: Final = 0.01
#: Frames covered at once.
_BLOCK: Final = 1 << 18


def covered_name(stem: str, hidden: Sequence[Hidden]) -> str:
    """The name of the file in which exactly these seconds are covered."""
    seconds = repr(sorted((item.start_s, item.end_s, -1 if item.channel is None else item.channel) for item in hidden))
    return f"{stem}.{hashlib.sha256(seconds.encode()).hexdigest()[:12]}.wav"


def kept_covered(
    folder: Path, stem: str, hidden: Sequence[Hidden], write: Callable[[Path], None], offset_s: float = 0.0
) -> Path:
    """The covered file in ``folder``, made by ``write`` (a 16-bit PCM wav) and covered when it is not there yet.

    ``offset_s``: where in the recording the file begins.
    """
    target = folder / covered_name(stem, hidden)
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        write(part)
        cover(part, hidden, offset_s)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    for old in folder.glob(f"{stem}.*.wav"):
        if old != target:
            old.unlink(missing_ok=True)
    return target


def cover(path: Path, hidden: Sequence[Hidden], offset_s: float = 0.0) -> None:
    """Put the tone over these seconds of a 16-bit PCM wav, in place: nothing of the sound under it is left."""
    with wave.open(str(path), "rb") as head:
        rate, channels, frames = head.getframerate(), head.getnchannels(), head.getnframes()
        if head.getsampwidth() != 2:
            raise ValueError("16-bit PCM is expected")
    data = _data_offset(path)
    sound = np.memmap(path, dtype="<i2", mode="r+", offset=data, shape=(frames, channels))
    for item in hidden:
        first = max(0, round((item.start_s - offset_s) * rate))
        last = min(frames, round((item.end_s - offset_s) * rate))
        lanes = range(channels) if item.channel is None or item.channel >= channels else (item.channel,)
        for start in range(first, last, _BLOCK):
            end = min(last, start + _BLOCK)
            tone = _tone(start - first, end - first, last - first, rate)
            for lane in lanes:
                sound[start:end, lane] = tone
    sound.flush()
    del sound


def _tone(start: int, end: int, length: int, rate: int) -> NDArray[np.int16]:
    at = np.arange(start, end)
    fade = np.minimum(1.0, np.minimum(at, length - 1 - at) / max(1.0, _FADE_S * rate))
    wave_ = np.sin(2 * np.pi * TONE_HZ * at / rate) * fade * TONE_LEVEL
    return np.round(wave_ * 32767).astype(np.int16)


def _data_offset(path: Path) -> int:
    """Where the samples of a wav begin."""
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return file.tell()
            file.seek(size + size % 2, os.SEEK_CUR)
    raise ValueError("no samples")
