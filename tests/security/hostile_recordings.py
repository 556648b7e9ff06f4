"""Recordings that someone made to hurt: built here byte by byte, so that no test needs an encoder for minutes."""

from __future__ import annotations

import struct
from pathlib import Path

#: The largest block of FLAC: a frame of silence says as much in 15 bytes.
_BLOCK = 65_535


def silent_flac(hours: float) -> bytes:
    """Hours of silence at 8 kHz, some 7 kB each."""
    count = round(hours * 3600 * 8_000 / _BLOCK)
    packed = 8_000 << 44 | 15 << 36 | count * _BLOCK
    info = struct.pack(">HH", _BLOCK, _BLOCK) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    return b"fLaC" + b"\x80\x00\x00\x22" + info + b"".join(map(_silence, range(count)))


def _silence(number: int) -> bytes:
    head = b"\xff\xf8\x74\x08" + chr(number).encode("utf-8", "surrogatepass") + struct.pack(">H", _BLOCK - 1)
    frame = head + bytes([_crc(head, 8, 0x07)]) + b"\x00\x00\x00"  # one constant: nothing
    return frame + struct.pack(">H", _crc(frame, 16, 0x8005))


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    found = 0
    for byte in data:
        found ^= byte << (bits - 8)
        for _ in range(8):
            found = found << 1 ^ (polynomial if found >> (bits - 1) else 0)
            found &= (1 << bits) - 1
    return found


def wav(
    samples: bytes = bytes(16_000), *, channels: int = 1, rate_hz: int = 8_000, bits: int = 16, data_size: int = -1,
    riff_size: int = -1, kind: int = 1,
) -> bytes:  # fmt: skip
    """A wav whose header says what it is told to."""
    block = min(0xFFFF, channels * bits // 8)
    form = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * block & 0xFFFFFFFF, block, bits)
    size = len(samples) if data_size < 0 else data_size
    whole = 36 + len(samples) if riff_size < 0 else riff_size
    return b"RIFF" + struct.pack("<I", whole) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack(
        "<I", size
    ) + samples  # fmt: skip


def flac(*, samples: int, channels: int = 1, rate_hz: int = 8_000, largest_block: int = 4_096) -> bytes:
    """A header alone: it promises ``samples``, and nothing follows but noise."""
    packed = rate_hz << 44 | (channels - 1) << 41 | 15 << 36 | samples
    info = struct.pack(">HH", 16, largest_block) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    return b"fLaC" + b"\x80\x00\x00\x22" + info + b"\xff\xf8\xc9\x08" + bytes(4_000)


def _atom(name: bytes, content: bytes, size: int = -1) -> bytes:
    return struct.pack(">I", 8 + len(content) if size < 0 else size) + name + content


def m4a(*, samples: int = 1, each: int = 1_024, sizes: int = 1, size: int = 400, deep: int = 0, lie: int = -1) -> bytes:
    """An m4a with one track; its tables say what they are told to."""
    movie = bytes(12) + struct.pack(">II", 8_000, samples * each & 0xFFFFFFFF) + bytes(80)
    sound = bytes(6) + struct.pack(">H", 1) + bytes(8) + struct.pack(">HHI", 1, 16, 0) + struct.pack(">I", 8_000 << 16)
    tables = (
        _atom(b"stsd", struct.pack(">II", 0, 1) + _atom(b"alaw", sound))
        + _atom(b"stts", struct.pack(">IIII", 0, 1, samples & 0xFFFFFFFF, each))
        + _atom(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1))
        + _atom(b"stsz", struct.pack(">III", 0, size, sizes), lie)
        + _atom(b"stco", struct.pack(">III", 0, 1, 48))
    )
    handler = _atom(b"hdlr", bytes(8) + b"soun" + bytes(13))
    clock = _atom(b"mdhd", bytes(12) + struct.pack(">II", 8_000, samples * each & 0xFFFFFFFF) + bytes(4))
    minor = _atom(b"minf", _atom(b"smhd", bytes(8)) + _atom(b"stbl", tables))
    track = _atom(b"trak", _atom(b"tkhd", bytes(84)) + _atom(b"mdia", clock + handler + minor))
    for _ in range(deep):
        track = _atom(b"udta", _atom(b"meta", track))
    return _atom(b"ftyp", b"M4A " + bytes(12)) + _atom(b"mdat", bytes(1_000)) + _atom(
        b"moov", _atom(b"mvhd", movie) + track
    )  # fmt: skip


def id3(content: bytes) -> bytes:
    """Something behind an ID3 tag."""
    length = 100
    return b"ID3\x04\x00\x00" + bytes([0, 0, length >> 7, length & 127]) + bytes(length) + content


PLAYLIST = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:7\n#EXTINF:7,\nvictim.wav\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile victim.wav\n"

HOSTILE: dict[str, bytes] = {
    "thousand_millions_of_samples.flac": flac(samples=10**9),
    "most_samples_there_can_be.flac": flac(samples=(1 << 36) - 1, channels=8, largest_block=65_535),
    "sixty_five_thousand_channels.wav": wav(channels=65_535),
    "ten_thousand_channels_of_floats.wav": wav(channels=10_000, bits=32, kind=3),
    "no_channel.wav": wav(channels=0),
    "four_thousand_millions_of_hertz.wav": wav(rate_hz=0xFFFFFFFF),
    "no_hertz.wav": wav(rate_hz=0),
    "no_bits.wav": wav(bits=0),
    "four_gigabytes_in_sixteen_kilobytes.wav": wav(data_size=0xFFFFFFFE, riff_size=0xFFFFFFFF),
    "sizes_of_nothing.wav": wav(data_size=0, riff_size=0),
    "an_endless_chunk.wav": b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xff" + bytes(4_000),
    "a_million_tiny_chunks.wav": b"RIFF\xff\xff\xff\xffWAVE" + b"junk\x00\x00\x00\x00" * 200_000,
    "thirteen_hours_in_90_kilobytes.flac": silent_flac(13),
    "a_hundred_years.m4a": m4a(samples=1, each=0x7FFFFFFF, sizes=1),
    "a_table_of_four_thousand_millions.m4a": m4a(samples=0xFFFFFFFF, sizes=0xFFFFFFFF, size=1),
    "one_atom_larger_than_the_file.m4a": m4a(lie=0x7FFFFFFF),
    "an_atom_smaller_than_its_head.m4a": m4a(lie=4),
    "atoms_in_atoms.m4a": m4a(deep=5_000),
    "a_playlist_of_others.mp3": id3(PLAYLIST),
    "a_list_of_others.mp3": id3(CONCAT),
    "a_playlist_that_calls_itself.wav": PLAYLIST,
    "a_list_that_calls_itself.wav": CONCAT,
    "a_hundred_thousand_tags.mp3": id3(b"") * 100_000,
    "a_tag_of_a_quarter_of_a_gigabyte.mp3": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(4_000),
    "pages_without_an_end.ogg": b"OggS" * 10_000,
}


def write_all(folder: Path) -> None:
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content)
