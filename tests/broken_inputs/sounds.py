"""Recordings that are cut, changed or promise what they do not hold."""

from __future__ import annotations

import struct

from tests.broken_inputs.files import Files
from tests.fuzzing.borders import BORDERS
from tests.import_cases import mp3, wav


def of_sound(kind: str) -> Files:
    good = BORDERS[kind].seeds()[0]
    yield f"cut.{kind}", good[: len(good) // 2]
    yield f"head_alone.{kind}", good[:20]
    yield f"middle_is_zeros.{kind}", good[:200] + bytes(400) + good[600:]
    yield f"middle_is_ones.{kind}", good[: len(good) // 3] + b"\xff" * 300 + good[len(good) // 3 + 300 :]
    yield f"twice.{kind}", good + good
    if kind == "wav":
        yield "length_beyond.wav", wav(0.2, announced_bytes=0xFFFFFFFF)
        yield "no_channels.wav", _wav_with(22, struct.pack("<H", 0))
        yield "channels_65535.wav", _wav_with(22, struct.pack("<H", 65_535))
        yield "rate_0.wav", _wav_with(24, struct.pack("<I", 0))
        yield "rate_4_billion.wav", _wav_with(24, struct.pack("<I", 0xFFFFFFFF))
        yield "no_bits.wav", _wav_with(34, struct.pack("<H", 0))
        yield "block_of_0.wav", _wav_with(32, struct.pack("<H", 0))
        yield "codec_of_nobody.wav", _wav_with(20, struct.pack("<H", 0x7777))
        yield "chunk_that_loops.wav", wav(0.1)[:12] + b"LIST" + struct.pack("<I", 0xFFFFFFF8) + wav(0.1)[12:]
        yield "amr.wav", b"#!AMR\n" + bytes(200)
        yield "playlist.wav", b"#EXTM3U\nfile:///etc/passwd\n"
    if kind == "mp3":
        yield "tag_of_256_mb.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + mp3(0.3, 1)
        yield "frames_of_no_rate.mp3", b"\xff\xfb\xfc\x00" * 500
    if kind == "m4a":
        yield (
            "index_of_4_gb.m4a",
            good[:4] + good[4:].replace(b"moov", b"moov", 1).replace(b"stsz", b"stsz\xff\xff\xff\xff", 1),
        )
        yield "box_in_itself.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom" + b"\0\0\0\x08moov" * 50


def _wav_with(place: int, content: bytes) -> bytes:
    made = bytearray(wav(0.2))
    made[place : place + len(content)] = content
    return bytes(made)
