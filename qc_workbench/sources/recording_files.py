"""Recordings of a folder: found safely, identified, measured, and judged against their calls.

Length comes from the packets that are really there, not from what a header promises;
files are read in pieces, so a recording of five hours costs no memory.
"""

from __future__ import annotations

import math
import os
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path, PurePosixPath

import av

from qc_workbench.domain.call import AUDIBLE_STATES, Call, Recording, RecordingState
from qc_workbench.sources.sound_opening import CODECS, LONGEST_S, TooLongError, frames, open_sound
from qc_workbench.sources.sound_signature import HEAD_BYTES, Signature, signature

#: The documented range of sampling rates.
LOWEST_RATE_HZ = 8_000
HIGHEST_RATE_HZ = 48_000
#: A WAV header alone; such a file holds no sound.
WAV_HEADER_BYTES = 44
#: Connected seconds are whole seconds, so a recording up to this much shorter than its share is not called truncated.
ROUNDING_S = 1.0
#: Less sound than this is no recording: a few bytes of tags read as samples.
SHORTEST_S = 0.05
#: Frames decoded to be sure that there is sound; the rest is only counted.
FRAMES_TRIED = 3
_LONGER = f"longer:{LONGEST_S / 3600:.0f}"

_EXTENSIONS = {"wav": "wav", "ogg": "ogg", "flac": "flac", "mov": "m4a", "mp3": "mp3"}


@dataclass(frozen=True, slots=True)
class SoundFile:
    """What a file holds, whatever call it belongs to. ``state`` is never TRUNCATED: that depends on the call.

    ``detail`` is a code of the catalogue (``recording_detail.<code>``), with a value after a colon for some.
    ``broken_off``: reading stopped before the end of the file.
    """

    state: RecordingState
    detail: str | None = None
    container: str | None = None
    codec: str | None = None
    rate_hz: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    broken_off: bool = False
    size_bytes: int | None = None
    content_hash: str | None = None


class RecordingsFolder:
    """The ``recordings/`` folder of an import; finds files by the names that the calls give.

    A name may hold folders, differ in case or in the way «й» is composed; it may not
    leave the folder, neither by itself (``..``, an absolute path) nor through a link.
    """

    def __init__(self, folder: Path) -> None:
        self._base = folder.resolve()

    def locate(self, name: str) -> Path | SoundFile:
        """The file, or why there is none to read: ``MISSING`` with ``outside_folder``, ``url``, ``unreadable`` …"""
        written = name.replace("\\", "/").removeprefix("./")
        if "://" in written:
            return SoundFile(RecordingState.MISSING, "url")
        parts = PurePosixPath(written).parts
        if not parts or written.startswith("/") or ".." in parts or ":" in parts[0] or "\x00" in written:
            return SoundFile(RecordingState.MISSING, "outside_folder")
        try:
            path = self._existing(parts)
            if path is None:
                return SoundFile(RecordingState.MISSING)
            if not path.resolve().is_relative_to(self._base):
                return SoundFile(RecordingState.MISSING, "outside_folder")
            if path.is_dir():
                return SoundFile(RecordingState.NOT_AUDIO, "directory")
            if not path.is_file():  # a pipe or a device would block the reader
                return SoundFile(RecordingState.NOT_AUDIO, "special_file")
        except (OSError, RuntimeError):  # RuntimeError: a link that points to itself
            return SoundFile(RecordingState.MISSING, "unreadable")
        return path

    def _existing(self, parts: tuple[str, ...]) -> Path | None:
        direct = self._base.joinpath(*parts)
        if direct.exists() or direct.is_symlink():
            return direct if direct.exists() else None
        found = self._index.get(_folded("/".join(parts)))
        if found is None and parts[0].casefold() == "recordings":
            found = self._index.get(_folded("/".join(parts[1:])))
        return found

    @cached_property
    def _index(self) -> Mapping[str, Path]:
        """Every file by its name without regard to case and composition; walked only when a name is not exact."""
        found: dict[str, Path] = {}
        for folder, _, names in os.walk(self._base):
            for name in names:
                path = Path(folder) / name
                found.setdefault(_folded(path.relative_to(self._base).as_posix()), path)
        return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def probe(path: Path) -> SoundFile:
    """Identify and measure one file. Never raises for what is *in* the file, only OSError for a disk that fails."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return replace(_identify(path, size, head), size_bytes=size)


def _identify(path: Path, size: int, head: bytes) -> SoundFile:
    if size == 0:
        return SoundFile(RecordingState.EMPTY, "zero_bytes")
    if not head.strip(b"\x00"):
        return SoundFile(RecordingState.EMPTY, "only_zeros")
    found = signature(head)
    if not found.is_audio:
        return SoundFile(RecordingState.NOT_AUDIO, found.kind)
    if found.demuxer is None:
        return SoundFile(RecordingState.UNSUPPORTED, f"format:{found.kind}")
    if found.kind == "wav" and size <= WAV_HEADER_BYTES:
        return SoundFile(RecordingState.EMPTY, "header_only", container="wav")
    try:
        return _measure(path, found)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        return _undecodable(found, head, error)


def _undecodable(found: Signature, head: bytes, error: Exception) -> SoundFile:
    container = _EXTENSIONS[found.demuxer or ""]
    if found.demuxer == "mov" and b"moov" not in head:
        # the index of an m4a is written last: without it not one frame can be found
        return SoundFile(RecordingState.EMPTY, "no_index", container=container)
    kind = RecordingState.EMPTY if isinstance(error, av.EOFError) else RecordingState.NOT_AUDIO
    return SoundFile(kind, "no_frames" if kind is RecordingState.EMPTY else "damaged", container=container)


def _measure(path: Path, found: Signature) -> SoundFile:
    container = _EXTENSIONS[found.demuxer or ""]
    with open_sound(path, found.demuxer) as opened:
        stream = next(iter(opened.streams.audio), None)
        if stream is None:
            return SoundFile(RecordingState.NOT_AUDIO, "no_audio_stream", container=container)
        codec = stream.codec_context.name if stream.codec_context else "?"
        if not (codec.startswith("pcm_") or codec in CODECS):
            return SoundFile(RecordingState.UNSUPPORTED, f"format:{codec}", container=container, codec=codec)
        ticks, unknown, tried, broken_off = 0, 0, 0, False
        rate_hz, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        tick_s = Fraction(stream.time_base or 0)
        most_ticks = LONGEST_S / tick_s if tick_s else math.inf
        try:
            for packet in opened.demux(stream):
                if packet.size == 0:
                    continue
                ticks += packet.duration or 0
                if ticks > most_ticks:
                    return SoundFile(RecordingState.UNSUPPORTED, _LONGER, container=container, codec=codec)
                unknown += not packet.duration
                if tried < FRAMES_TRIED:
                    for frame in _decoded(packet):
                        tried += 1
                        rate_hz, channels = frame.sample_rate, frame.layout.nb_channels
        except av.FFmpegError:
            broken_off = True
        if tried == 0:
            return SoundFile(RecordingState.EMPTY, "no_frames", container=container, codec=codec)
        duration_s = float(ticks * tick_s)
        promised_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else duration_s
    if unknown:
        duration_s = _decoded_s(path, found)
    if duration_s > LONGEST_S:
        return SoundFile(RecordingState.UNSUPPORTED, _LONGER, container=container, codec=codec)
    if duration_s < SHORTEST_S:
        return SoundFile(RecordingState.EMPTY, "no_frames", container=container, codec=codec)
    if codec == "opus" and container == "ogg":
        container = "opus"
    if found.kind == "wav" and _hides_sound(path):
        detail: str | None = "header_short"
    else:
        differs = abs(promised_s - duration_s) > max(1.0, 0.05 * duration_s)
        detail = "header_length" if differs else None
    sound = SoundFile(
        RecordingState.READY,
        detail,
        container=container,
        codec=codec.removesuffix("float"),
        rate_hz=rate_hz,
        channels=channels,
        duration_s=round(duration_s, 3),
        broken_off=broken_off,
    )
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        return replace(sound, state=RecordingState.UNSUPPORTED, detail=f"rate:{rate_hz}")
    if channels not in (1, 2):
        return replace(sound, state=RecordingState.UNSUPPORTED, detail=f"channels:{channels}")
    return sound


def _hides_sound(path: Path) -> bool:
    """Whether a WAV header announces much less than the file holds: what lies behind it plays nowhere."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(12)
        for _ in range(100):
            chunk = file.read(8)
            if len(chunk) < 8:
                return False
            name, length = struct.unpack("<4sI", chunk)
            if name == b"data":
                behind = size - file.tell() - length
                return bool(0 < length < 0xFFFFFFFF and behind > max(HEAD_BYTES, length // 20))
            file.seek(length + length % 2, os.SEEK_CUR)
    return False


def _decoded(packet: av.Packet[av.AudioStream]) -> list[av.AudioFrame]:
    """Frames of a packet; none when it is damaged: one bad packet does not make a file unreadable."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def _decoded_s(path: Path, found: Signature) -> float:
    """Length by decoding everything, for the rare stream whose packets do not say how long they are."""
    seconds = 0.0
    with open_sound(path, found.demuxer) as opened:
        try:
            for frame in frames(opened, opened.streams.audio[0]):
                seconds += frame.samples / max(1, frame.sample_rate)
        except TooLongError:
            return math.inf
        except av.FFmpegError:
            pass  # the part before the break counts
    return seconds


@dataclass(frozen=True, slots=True)
class Expectations:
    """Settings that a recording is judged by (``[recordings]``)."""

    agent_channel: int  # 0 = left
    truncated_below: float


def judge(call: Call, sound: SoundFile | None, kept_path: str | None, expected: Expectations) -> Recording:
    """The recording of a call. ``sound`` is None when the call names no file.

    Truncated: shorter than ``truncated_below`` of the connected seconds and more than :data:`ROUNDING_S`
    shorter than them; or, where the connected seconds say nothing, reading broke off before the end.
    """
    if sound is None:
        return Recording(call.call_id, RecordingState.ABSENT)
    state, detail = sound.state, sound.detail
    if state is RecordingState.READY and sound.duration_s is not None:
        missing_s = call.talk_s - sound.duration_s
        if sound.duration_s < expected.truncated_below * call.talk_s and missing_s > ROUNDING_S:
            state = RecordingState.TRUNCATED
            if detail != "header_short":
                detail = f"shorter:{sound.duration_s:.0f}/{call.talk_s:.0f}"
        elif sound.broken_off and call.talk_s <= 0:
            state, detail = RecordingState.TRUNCATED, "breaks_off"
    audible = state in AUDIBLE_STATES
    return Recording(
        call_id=call.call_id,
        state=state,
        content_hash=sound.content_hash if audible else None,
        path=kept_path if audible else None,
        size_bytes=sound.size_bytes,
        container=sound.container,
        codec=sound.codec,
        rate_hz=sound.rate_hz,
        channels=sound.channels,
        duration_s=sound.duration_s,
        agent_channel=expected.agent_channel if audible and sound.channels == 2 else None,
        detail=detail,
    )


def detail_parts(detail: str | None) -> tuple[str, str]:
    """(code, value) of a recording's ``detail``: ``rate:4000`` is ``("rate", "4000")``."""
    code, _, value = (detail or "").partition(":")
    return code, value
