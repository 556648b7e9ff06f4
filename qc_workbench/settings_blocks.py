"""A ``[[sources]]`` entry put into the text of qcw.toml, changed or taken out of it; all else stays to the letter.

The text is a person's: comments, order and blank lines are theirs. So nothing is parsed and printed anew: lines are
added at the end, or those of one entry or one key are cut out, and the result is read back to see that it says what was
meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from qc_workbench.errors import SettingsError
from qc_workbench.settings_text import toml_key, toml_value

_HEADER: Final = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_SOURCES: Final = "sources"


def block(values: Mapping[str, Any]) -> str:
    """An entry as it is written down: its header and a line a key."""
    return "".join(["[[sources]]\n", *(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in values.items())])


def with_block(text: str, entry: str) -> str:
    """The text with an entry at its end. Raises :class:`SettingsError` ``settings_sources_inline`` where sources are
    written as ``sources = […]``, to which no entry can be added."""
    parsed = tomllib.loads(text)
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text.strip() else (end if text.endswith("\n") else end * 2)
    found = text + gap + entry.replace("\n", end)
    try:
        after = tomllib.loads(found)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("settings_sources_inline") from error
    added = tomllib.loads(entry)[_SOURCES]
    if after != {**parsed, _SOURCES: [*parsed.get(_SOURCES, []), *added]}:
        raise SettingsError("settings_sources_inline")
    return found


def without_block(text: str, name: str) -> tuple[str, str]:
    """The text without the entry of this name, and the entry as it stood, with its own tables and comments.

    Raises :class:`SettingsError` ``settings_block_unclear`` where the entry can't be told from what is around it.
    """
    lines = text.splitlines(keepends=True)
    for start, end, piece in _named(lines, name):
        rest = "".join(lines[:start]).rstrip("\r\n")
        gap = "\r\n" if "\r\n" in text else "\n"
        left = (rest + gap if rest else "") + (gap if rest and end < len(lines) else "") + "".join(lines[end:])
        if tomllib.loads(left) == _meant(text, name, None):
            return left, piece
    raise SettingsError("settings_block_unclear", name=name)


def entry_of(text: str, name: str) -> str:
    """The entry of this name as it stands. Raises :class:`SettingsError` ``settings_block_unclear``."""
    return without_block(text, name)[1]


def with_entry(text: str, name: str, entry: str) -> str:
    """The text with this entry in the place of the one of that name. Raises ``settings_block_unclear``."""
    lines = text.splitlines(keepends=True)
    meant = _meant(text, name, tomllib.loads(entry)[_SOURCES][0])
    for start, end, _ in _named(lines, name):
        behind = end
        while not lines[behind - 1].strip():
            behind -= 1
        piece = entry.replace("\n", "\r\n") if "\r\n" in text else entry
        found = "".join(lines[:start]) + piece + "".join(lines[behind:])
        if tomllib.loads(found) == meant:
            return found
    raise SettingsError("settings_block_unclear", name=name)


def _meant(text: str, name: str, entry: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the whole says with another entry of this name, or with none."""
    parsed = tomllib.loads(text)
    put = [] if entry is None else [entry]
    sources = [new for item in parsed.get(_SOURCES, []) for new in (put if item.get("name") == name else [item])]
    return {key: value for key, value in {**parsed, _SOURCES: sources}.items() if key != _SOURCES or sources}


def _named(lines: list[str], name: str) -> Iterator[tuple[int, int, str]]:
    """(first line, line behind the last, text) of what looks like the entry of this name."""
    for start, end in _entries(lines):
        piece = "".join(lines[start:end])
        try:
            entries = tomllib.loads(piece).get(_SOURCES, [])
        except tomllib.TOMLDecodeError:
            continue
        if len(entries) == 1 and entries[0].get("name") == name:
            yield start, end, piece.rstrip("\r\n").replace("\r\n", "\n") + "\n"


def _entries(lines: list[str]) -> list[tuple[int, int]]:
    """(first line, line behind the last) of each entry, its own tables included. Comments that stand right above the
    next header belong to that header."""
    headers = [(place, match[1]) for place, line in enumerate(lines) if (match := _HEADER.match(line))]
    found = []
    for number, (place, name) in enumerate(headers):
        if name != _SOURCES:
            continue
        later = (at for at, other in headers[number + 1 :] if not other.startswith(f"{_SOURCES}."))
        end = next(later, len(lines))
        while end > place + 1 and end < len(lines) and not lines[end - 1].strip().partition("#")[0]:
            end -= 1
        found.append((place, end))
    return found
