"""The body of an answer, piece by piece, never more of it than is allowed, however small it was on the way.

The HTTP library unpacks what has come before anybody can count it, and as often as the answer says it was packed:
12 kB of gzip in gzip are a gigabyte of memory. Here one packing is undone, piece by piece, and the clock is looked at.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final

import httpx

#: What answers are asked to be packed as; httpx would name all that happens to be installed.
ACCEPTED: Final = "gzip, deflate"
_PIECE: Final = 1 << 16
#: Digits of a number of bytes: exabytes have no more.
_MOST_DIGITS: Final = 18


class BodyRefusedError(Exception):
    """``code``: ``too_long``, ``too_slow``, ``packing`` (one that was not asked for, or damaged)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def body(
    response: httpx.Response, most_bytes: int, most_s: float, clock: Callable[[], float] = monotonic
) -> Iterator[bytes]:
    """Pieces of an unread answer, unpacked. Raises :class:`BodyRefusedError` and what httpx raises."""
    until, given = clock() + most_s, 0
    for piece in _unpacked(response):
        given += len(piece)
        if given > most_bytes:
            raise BodyRefusedError("too_long")
        if clock() > until:
            raise BodyRefusedError("too_slow")
        yield piece


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    if response.is_stream_consumed:  # it was made in this program, and lies in memory
        yield response.content
        return
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        yield from response.iter_raw(_PIECE)
        return
    if packing not in ("gzip", "x-gzip", "deflate"):
        raise BodyRefusedError("packing")
    yield from _inflated(response.iter_raw(), is_gzip=packing != "deflate")


def _inflated(packed: Iterator[bytes], *, is_gzip: bool) -> Iterator[bytes]:
    unpacker = None
    try:
        for some in packed:
            if unpacker is None:  # "deflate" means zlib; some servers send it bare
                is_bare = not is_gzip and some[:1] != b"\x78"
                kind = 16 if is_gzip else 0
                unpacker = zlib.decompressobj(-zlib.MAX_WBITS if is_bare else zlib.MAX_WBITS | kind)
            while some:
                # an empty piece counts too: what unpacks to nothing for ever is seen by the clock
                yield unpacker.decompress(some, _PIECE)
                some = unpacker.unconsumed_tail
        if unpacker is not None:
            while rest := unpacker.decompress(b"", _PIECE):
                yield rest
            if not unpacker.eof:
                raise BodyRefusedError("packing")
    except zlib.error as error:
        raise BodyRefusedError("packing") from error


def told_bytes(text: str) -> int | None:
    """A number of bytes in a header; None for what is none, also where Python calls it one ("²") and cannot read it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
