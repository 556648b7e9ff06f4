"""What a file is, by its first bytes and not by its name.

Also a safeguard: the media library is only ever told to read one of the formats below.
Left to guess, it would follow playlists and manifests that name other files and addresses.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Bytes of the beginning that :func:`signature` wants to see.
HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Signature:
    """``demuxer``: FFmpeg's name of the format when the workbench reads it, else None.

    ``kind``: what the file seems to be: an audio format, or ``html``, ``text``, ``archive`` …
    """

    kind: str
    demuxer: str | None = None
    is_audio: bool = False


#: Audio that exists but is not in the documented range: named in the message, not guessed at.
_OTHER_AUDIO = (
    (b"#!AMR", "AMR"),
    (b"FORM", "AIFF"),
    (b".snd", "AU"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"),
    (b"\x1aE\xdf\xa3", "WebM"),
    (b"caff", "CAF"),
    (b"RIFX", "RIFX"),
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"#!SILK", "SILK"),
    (b"\x02#!SILK", "SILK"),
    (b"MThd", "MIDI"),
)
_NOT_AUDIO = (
    (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#EXTM3U", "playlist"),
    (b"[playlist]", "playlist"),
)
#: Kilobits a second and hertz by the index in an MPEG audio header, layer III.
_MP3_KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def signature(head: bytes) -> Signature:
    """Name the contents from the first bytes (up to :data:`HEAD_BYTES`) of a file."""
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return Signature("wav", "wav", is_audio=True)
    if head.startswith(b"OggS"):
        return Signature("ogg", "ogg", is_audio=True)
    if head.startswith(b"fLaC"):
        return Signature("flac", "flac", is_audio=True)
    if head[4:8] == b"ftyp":
        return Signature("m4a", "mov", is_audio=True)
    if head.startswith(b"ID3"):
        return Signature("mp3", "mp3", is_audio=True)
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return Signature("AAC", is_audio=True)
    for start, kind in _OTHER_AUDIO:
        if head.startswith(start):
            return Signature(kind, is_audio=True)
    for start, kind in _NOT_AUDIO:
        if head.startswith(start):
            return Signature(kind)
    text = _text_kind(head)
    if text:
        return Signature(text)
    if _has_mp3_frames(head):
        return Signature("mp3", "mp3", is_audio=True)
    return Signature("unknown")


def _text_kind(head: bytes) -> str:
    sample = head[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    lowered = sample[:512].lower()
    if lowered.startswith((b"<!doctype", b"<html", b"<head", b"<body")) or b"<html" in lowered:
        return "html"
    if lowered.startswith((b"{", b"[", b"<?xml")) and _is_printable(sample):
        return "json" if lowered[:1] in b"{[" else "xml"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and head[2:40:2].count(0) + head[3:40:2].count(0) > 8:
        return "text"
    return "text" if sample and _is_printable(sample) else ""


def _is_printable(sample: bytes) -> bool:
    try:
        text = sample.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4:
            return False
        text = sample[: error.start].decode("utf-8")
    return all(char.isprintable() or char in "\r\n\t" for char in text)


def _has_mp3_frames(head: bytes) -> bool:
    """Two frames in a row, anywhere in the beginning: telephone systems put junk or nothing before the first."""
    place = head.find(b"\xff")
    while 0 <= place < len(head) - 4:
        length = _mp3_frame_bytes(head[place : place + 4])
        if length and (place + length + 4 > len(head) or _mp3_frame_bytes(head[place + length : place + length + 4])):
            return True
        place = head.find(b"\xff", place + 1)
    return False


def _mp3_frame_bytes(header: bytes) -> int:
    """Length of the layer III frame that starts with these four bytes; 0 when they start none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    kbps_index, hz_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer != 1 or kbps_index in (0, 15) or hz_index == 3:
        return 0
    kbps = _MP3_KBPS[3 if version == 3 else 2][kbps_index]
    hz = _MP3_HZ[version][hz_index]
    return (144 if version == 3 else 72) * kbps * 1000 // hz + (header[2] >> 1 & 1)
