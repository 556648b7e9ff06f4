"""Changes that a parser is likely not to expect, of inputs that are good: JSON by its structure, the rest by lines,
words and bytes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any, Final

from tests.fuzzing.answers import DIVIDER
from tests.fuzzing.rule import SECRET

#: Values that stand where others were expected.
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 0.1, -0.0, 1e308, float("nan"), float("inf"), float("-inf"), 2**31, 2**63, 2**64,
    -(2**63) - 1, 10**400, "", " ", "null", "NaN", "-1", "1e999", "٣", "²", "0x10", "1_000", "\x00", "a\x00b", "\ud800",
    "\udfff", "😀" * 3, "\u202e", "\ufeff", "A" * 5_000, "7" * 1_000, "+" + "7" * 400, "<html>", "=1+1", "'; drop--",
    "0000-00-00 00:00:00", "0001-01-01T00:00:00", "9999-12-31 23:59:59", "9999-12-31T23:59:59-12:00", "2026-03-29 02:30:00",
    "2026-10-25 03:30:00", "2026-02-30", "-1-01-01", "1e10", "253402300800", "-62135596801", "99999999999999999999",
    "2026-03-02T10:15:04+99:99", "2026-W10-1", "20260302", "24:00:00", "-00:00:10", "http://[", "https://", "file:///etc/passwd",
    "http://169.254.169.254/", "../../etc/passwd", SECRET, [], {}, [[]], [{}], {"": ""}, [None], ["a", 1, None], {"0": []},
    {"id": []}, {"id": None}, {"error": SECRET}, "Europe/Nowhere", "%s%n", "{0}", "{value}", "\n", "\r\n,;\t", '"', "\\",
)  # fmt: skip
_WORDS: Final = (
    b'"', b"'", b"\n", b"\r", b"\0", b",", b";", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80",
    b"%00", b"%", b"[", b"]", b"{", b"}", b"&", b"*", b"|", b"!!python/object:os.system", b"<<: *a", b"---", b"\\u0000",
    b"\\ud800", b"NaN", b"1e999", b"9" * 30, b"-1", "²".encode(), "٣".encode(), b"0000-00-00", b"9999-12-31 23:59:59",
    b"=cmd|'/c calc'!A1", b"\x1a", b"\xa0", b"  ", b"%HTTP 204 \n", b"%HTTP 429 retry-after: \xb2\n",
    b"%HTTP 200 date: Mon, 02 Mar 2026 08:15:13 -0000\n", b"%HTTP 302 location: http://[\n", DIVIDER,
)  # fmt: skip
Alter = Callable[[random.Random, bytes], bytes]


def altered(data: bytes, seed: int, most: int = 1 << 16) -> bytes:
    """One to three changes of an input, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2, 3))):
        parts = data.split(DIVIDER)
        place = chance.randrange(len(parts))
        parts[place] = _part(chance, parts[place])
        if chance.random() < 0.05:
            parts.insert(chance.randrange(len(parts) + 1), chance.choice(parts))
        if chance.random() < 0.05 and len(parts) > 1:
            del parts[chance.randrange(len(parts))]
        data = DIVIDER.join(parts)
    return data[:most]


def _part(chance: random.Random, part: bytes) -> bytes:
    head, body = b"", part
    if part.startswith(b"%HTTP"):
        head, line, body = part.partition(b"\n")
        head += line
    if body[:1] in (b"{", b"[") and chance.random() < 0.85:
        try:
            return head + _written(chance, _tree(chance, json.loads(body)))
        except (ValueError, RecursionError, TypeError):  # no JSON, or nested so deep that it can't be written again
            return chance.choice(_OF_BYTES)(chance, part)
    return chance.choice(_OF_BYTES)(chance, part)


def _tree(chance: random.Random, tree: Any) -> Any:
    """One place of a tree becomes something else."""
    places = list(_places(tree))
    if not places or chance.random() < 0.03:
        return chance.choice(ODD)
    holder, key = chance.choice(places)
    value = holder[key]
    match chance.randrange(9):
        case 0 | 1 | 2:
            holder[key] = chance.choice(ODD)
        case 3:
            del holder[key]
        case 4:
            holder[key] = [value] if chance.random() < 0.5 else {"value": value}
        case 5:
            other, name = chance.choice(places)
            holder[key] = _copy(other[name]) if _has(other, name) else None
        case 6:
            holder[key] = _retyped(value)
        case 7 if isinstance(holder, list):
            holder.extend(_copy(value) for _ in range(chance.choice((1, 3, 60))))
        case _:
            if isinstance(holder, dict):
                holder[str(chance.choice(ODD))[:60]] = value
            else:
                holder.append(chance.choice(ODD))
    return tree


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 3_000:
        item = waiting.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        for key in keys:
            found.append((item, key))
            waiting.append(item[key])
    return found


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _retyped(value: Any) -> Any:
    """The same, said in another type."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else [value]
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return {str(place): item for place, item in enumerate(value)}
    return list(value.values())


def _written(chance: random.Random, tree: Any) -> bytes:
    text = json.dumps(tree, ensure_ascii=chance.random() < 0.5)
    match chance.randrange(40):
        case 0:
            text = "[" * chance.choice((100, 2_000, 30_000)) + text
        case 1:
            deep = chance.choice((50, 900, 5_000))
            text = '{"a":' * deep + text + "}" * deep
        case 2:
            return text.encode("utf-16", "surrogatepass")
        case 3:
            return text.encode("cp1251", "replace")
        case 4:
            text = re.sub(r'("[a-zA-Z_]+"): ', r"\1: 1, \1: ", text, count=3)
        case 5:
            text = text[: chance.randrange(len(text) + 1)]
        case 6:
            text = f"\ufeff{text}"
    return text.encode("utf-8", "surrogatepass")


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _word(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data) + 1)
    return (
        data[:place]
        + chance.choice(_WORDS) * chance.choice((1, 1, 1, 50))
        + data[place + chance.choice((0, 0, 1, 4)) :]
    )


def _lines(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    if chance.random() < 0.5:
        lines[one], lines[other] = lines[other], lines[one]
    else:
        lines.insert(one, lines[other])
    return b"\n".join(lines)


def _cells(chance: random.Random, data: bytes) -> bytes:
    """A cell of a table, or a value of a setting, becomes an odd one."""
    cells = re.split(rb"([,;\t\n=:])", data)
    place = chance.randrange(0, len(cells), 2)
    odd = chance.choice(ODD)
    said = odd if isinstance(odd, str) else json.dumps(odd)
    cells[place] = said.encode("utf-8", "surrogatepass")
    return b"".join(cells)


def _bits(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 8, 30))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.choice((0, 0xFF, 0x7F, 0x80, chance.randrange(256)))
    return bytes(changed)


def _block(chance: random.Random, data: bytes) -> bytes:
    """A piece is repeated, or goes."""
    if not data:
        return data
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((1, 4, 64, 512)))
    times = chance.choice((0, 2, 20))
    return data[:start] + data[start:end] * times + data[end:]


_OF_BYTES: Final[tuple[Alter, ...]] = (_cut, _word, _word, _lines, _cells, _cells, _bits, _bits, _block)
