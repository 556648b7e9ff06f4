"""One ``[[sources]]`` entry made to say something else: a line whose value stays, stays to the letter."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from qc_workbench.errors import SettingsError
from qc_workbench.settings_text import toml_key, toml_value

_AGENTS: Final = "agents"
_TABLE: Final = "[[sources.agents]]"
_IS_TABLE: Final = re.compile(r"^\s*\[\[\s*sources\s*\.\s*agents\s*\]\]\s*(#.*)?$")


def read_entry(entry: str) -> dict[str, Any]:
    """What an entry says."""
    found: dict[str, Any] = tomllib.loads(entry)["sources"][0]
    return found


def rewritten(entry: str, values: Mapping[str, Any]) -> str:
    """The entry saying ``values`` and nothing else: what is not among them goes, what is new comes after the rest.

    Tables of agents that stay keep their place, new ones follow. Raises :class:`SettingsError`
    ``settings_block_unclear`` where the lines can't be told apart.
    """
    before, name = read_entry(entry), str(values.get("name", ""))
    lines = entry.splitlines(keepends=True)
    cuts = [place for place, line in enumerate(lines) if _IS_TABLE.match(line)]
    head = lines[: cuts[0]] if cuts else lines
    tables = ["".join(lines[start:end]) for start, end in pairwise([*cuts, len(lines)])]
    plain = {key: value for key, value in values.items() if key != _AGENTS}
    agents: Sequence[Mapping[str, Any]] = list(values.get(_AGENTS, ()))
    in_one_line = not cuts and agents == before.get(_AGENTS)
    for key in before:
        stays = bool(cuts) or in_one_line if key == _AGENTS else key in plain and plain[key] == before[key]
        if not stays:
            head = _without_or_with(head, key, plain, name)
    fresh = {key: value for key, value in plain.items() if key not in before}
    kept, agents = _kept(tables, [] if in_one_line else agents)
    found = "".join(_after_the_last(head, [f"{toml_key(key)} = {toml_value(value)}\n" for key, value in fresh.items()]))
    found = "".join([found, *kept]).rstrip("\n") + "\n"
    found += "".join(f"\n{_TABLE}\n" + "".join(_lines(item)) for item in agents)
    if not _says(found, values):
        raise SettingsError("settings_block_unclear", name=name)
    return found


def _lines(values: Mapping[str, Any]) -> Iterable[str]:
    return (f"{toml_key(key)} = {toml_value(value)}\n" for key, value in values.items())


def _without_or_with(head: Sequence[str], key: str, values: Mapping[str, Any], name: str) -> list[str]:
    """The lines with the one of this key, which may go over several, saying its new value, or without it."""
    start, end, comment = _place(head, key, name)
    if key not in values:
        return [*head[:start], *head[end:]]
    indent = head[start][: len(head[start]) - len(head[start].lstrip())]
    return [*head[:start], f"{indent}{toml_key(key)} = {toml_value(values[key])}{comment}\n", *head[end:]]


def _place(head: Sequence[str], key: str, name: str) -> tuple[int, int, str]:
    """(first line, line behind the last, comment with the space before it)."""
    begins = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=")
    for start, line in enumerate(head):
        if not begins.match(line):
            continue
        for end in range(start + 1, len(head) + 1):
            if _reads("".join(head[start:end])) == {key}:
                return start, end, _comment(line) if end == start + 1 else ""
    raise SettingsError("settings_block_unclear", name=name)


def _comment(line: str) -> str:
    """The comment of a line, told from a # inside a text: without it the line says the same."""
    whole = tomllib.loads(line)
    for found in re.finditer("#", line):
        left = line[: found.start()]
        if _reads(left) is not None and tomllib.loads(left) == whole:
            return line[len(left.rstrip()) :].rstrip("\r\n")
    return ""


def _reads(text: str) -> set[str] | None:
    try:
        return set(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def _kept(tables: Sequence[str], agents: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[Mapping[str, Any]]]:
    """The tables that say what is still wanted, and what none of them says."""
    kept, wanted = [], list(agents)
    for table in tables:
        said = read_entry(f"[[sources]]\n{table}")[_AGENTS][0]
        if said in wanted:
            wanted.remove(said)
            kept.append(table)
    return kept, wanted


def _after_the_last(head: Sequence[str], added: Sequence[str]) -> list[str]:
    """Behind the last line that says something; blank lines and comments below belong to what follows."""
    at = max(place for place, line in enumerate(head) if line.strip() and not line.lstrip().startswith("#")) + 1
    return [*head[:at], *added, *head[at:]]


def _says(entry: str, values: Mapping[str, Any]) -> bool:
    def apart(said: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        plain = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}
        return plain, sorted(repr(sorted(item.items())) for item in plain.pop(_AGENTS, ()))

    try:
        return apart(read_entry(entry)) == apart(values)
    except tomllib.TOMLDecodeError:
        return False
