"""The one way in which a recording is opened: as what its first bytes say, and as nothing else.

Left to guess, the media library takes a text behind an ID3 tag for a playlist and reads the files and addresses that it
names. So the format is told, no other format, protocol or codec is within its reach, and what is decoded ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av

from qc_workbench.sources.sound_signature import HEAD_BYTES, signature

#: No call is longer. What claims more is a lying header, a bomb, or a recorder that nobody stopped.
LONGEST_S: Final = 12 * 3600.0
#: Codecs of what the workbench reads; pictures in a tag are not among them, and stay packed.
CODECS: Final = frozenset(
    {"mp3", "mp3float", "opus", "libopus", "vorbis", "aac", "aac_fixed", "alac", "flac", "gsm", "gsm_ms"}
)
_PCM: Final = ("s16le", "s16be", "u8", "s8", "s24le", "s32le", "f32le", "f64le", "alaw", "mulaw")
_READABLE: Final = ",".join((*sorted(CODECS), *(f"pcm_{name}" for name in _PCM)))


class TooLongError(ValueError):
    """More sound came out than a call can have."""


def open_sound(path: Path, demuxer: str | None = None, options: dict[str, str] | None = None) -> Any:
    """The file as ``demuxer`` reads it, or as its first bytes say. Close it, or use it as a context.

    Raises ``ValueError`` for what is none of the formats, ``OSError`` and ``av.FFmpegError``.
    """
    if demuxer is None:
        with path.open("rb") as file:
            demuxer = signature(file.read(HEAD_BYTES)).demuxer
        if demuxer is None:
            raise ValueError("no format that is read here")
    fences = {
        "protocol_whitelist": "file",
        "format_whitelist": demuxer,
        "codec_whitelist": _READABLE,
        "max_streams": "16",
    }
    # "file:": a name that begins like an address is a name all the same
    return av.open(f"file:{path}", format=demuxer, metadata_errors="ignore", options={**fences, **(options or {})})


def reason(error: Exception) -> str:
    """Why a file could not be read, without the place where it lies."""
    return getattr(error, "strerror", None) or (str(error) if isinstance(error, ValueError) else type(error).__name__)


def frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames of a stream. Raises :class:`TooLongError` behind :data:`LONGEST_S`, and ``av.FFmpegError``."""
    seconds = 0.0
    for frame in container.decode(stream):
        seconds += frame.samples / max(1, frame.sample_rate)
        if seconds > LONGEST_S:
            raise TooLongError(f"longer than {LONGEST_S / 3600:.0f} h")
        yield frame
