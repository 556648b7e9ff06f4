"""What is wrong in a qcw.toml, said so that a person finds the place and knows what to write.

``settings_syntax``       the text is no TOML: line, column and the line itself
``settings_unknown_key``  a key nobody reads, with the one that was probably meant
``settings_missing_key``  a table lacks a key it cannot do without
``settings_value``        a value of the wrong kind or out of range: what was read, what was expected
"""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Final
from zoneinfo import available_timezones

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from qc_workbench.config_sources import SECRET_KEYS
from qc_workbench.errors import Phrase, SettingsError

#: How alike two words must be for one to be offered instead of the other (0 to 1).
LIKENESS = 0.6
#: Longest value repeated in a message.
VALUE_SHOWN = 80

_PLACE_IN_TOML = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?")
_KEY = re.compile(r"\s*([\w.\"' -]+?)\s*=")
_EXPECTED_BY_TYPE = {
    "string_type": "text",
    "string_too_short": "not_empty",
    "int_type": "whole_number",
    "int_parsing": "whole_number",
    "int_from_float": "whole_number",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "decimal_type": "number",
    "decimal_parsing": "number",
    "decimal_max_places": "number",
    "decimal_max_digits": "number",
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "time_type": "time",
    "time_parsing": "time",
    "tuple_type": "list",
    "list_type": "list",
    "too_short": "not_empty_list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
    "path_type": "path",
    "string_pattern_mismatch": "pattern",
    "string_too_long": "shorter",
    "date_type": "date",
    "date_parsing": "date",
    "date_from_datetime_parsing": "date",
}
#: What a key with a pattern of its own expects.
_EXPECTED_BY_PATTERN = {
    "country": "country",
    "phone_region": "country",
    "key": "secret_place",
    "secret": "secret_place",
    "token": "secret_place",
    "password": "secret_place",
    "address": "address",
    "name": "source_name",
}
#: What stands in a message for a secret that somebody wrote into qcw.toml itself.
_HIDDEN = "•••"
#: Rules that the settings check themselves, by the key they belong to.
_OWN_RULES = (
    "timezone", "workdays", "shares", "plans", "transcripts_months", "sender", "addresses", "user", "times",
    "sources",
)  # fmt: skip
_EXPECTED_BY_KEY = {key: key for key in _OWN_RULES}  # the name of the text is the key's
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at_least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at_most"),
}


#: No settings are longer, characters; and a key has four parts at most.
LONGEST_SETTINGS: Final = 1 << 20
_BOTTOMLESS: Final = re.compile(r"(?m)(?:^|[\[{,])\s*(?:[^\s=.#\[\]{},]+\s*\.\s*){32}")


def bounded(text: str) -> str:
    """The text, where the reader will not work on it for minutes. Raises ``ValueError``."""
    if len(text) > LONGEST_SETTINGS:
        raise ValueError(f"longer than {LONGEST_SETTINGS} characters")
    found = _BOTTOMLESS.search(text)
    if found:
        line = text.count("\n", 0, found.end()) + 1
        raise ValueError(f"A key of so many parts (at line {line}, column 1)")
    return text


def syntax_error(error: Exception, text: str, file: str) -> SettingsError:
    """Where the TOML reader stumbled. At the end of the text: its last line with something on it."""
    lines = text.splitlines() or [""]
    found = _PLACE_IN_TOML.search(str(error))
    if found:
        line, column = int(found.group(1)), int(found.group(2))
    else:
        line = max((number for number, written in enumerate(lines, start=1) if written.strip()), default=1)
        column = len(lines[line - 1]) + 1
    detail = _PLACE_IN_TOML.sub("", str(error)).replace("(at end of document)", "").strip()
    written = _cut(lines[min(line, len(lines)) - 1].strip())
    return SettingsError("settings_syntax", file=file, line=line, column=column, value=written, detail=detail)


def settings_error(error: ValidationError, text: str, file: str, settings: type[BaseModel]) -> SettingsError:
    """The first problem in full, and how many more there are."""
    problems = error.errors(include_url=False)
    # a misspelt key explains the missing one beside it, so it goes first
    problem = min(problems, key=lambda item: item["type"] != "extra_forbidden")
    location = _place_of(problem)
    key = _written(location)
    line = _line_of(location, text)
    params: dict[str, object] = {
        "file": file,
        "key": _cut(key),
        "line": line,
        "place": Phrase("settings.place", {"file": file, "line": line}) if line else file,
        "more": Phrase("settings.more", {"n": len(problems) - 1}) if len(problems) > 1 else "",
    }
    if problem["type"] == "extra_forbidden":
        return SettingsError("settings_unknown_key", hint=_hint_for_key(location, settings), **params)
    if problem["type"] in ("missing", "union_tag_not_found"):
        return SettingsError("settings_missing_key", **params)
    value = _HIDDEN if location[-1] in SECRET_KEYS else _cut(_toml(problem.get("input")))
    if problem["type"] == "union_tag_invalid":
        value = _cut(_toml(problem["ctx"]["tag"]))
    expected, hint = _expected(problem, location)
    return SettingsError("settings_value", value=value, expected=expected, hint=hint, **params)


def _place_of(problem: ErrorDetails) -> tuple[int | str, ...]:
    """The keys down to what is wrong. Where kinds of a table differ, pydantic names the kind as if it were a key."""
    parts = [part for part in problem["loc"] if part != "[key]"]
    if parts[:1] == ["sources"]:
        del parts[2:3]
    if problem["type"].startswith("union_tag"):
        parts.append("kind")
    return tuple(parts)


def _expected(problem: ErrorDetails, location: tuple[int | str, ...]) -> tuple[Phrase, Phrase | str]:
    """What should stand there, and the nearest right value where there is a list of them."""
    kind, context, written = problem["type"], problem.get("ctx") or {}, str(problem.get("input"))
    if kind in _BOUNDS:
        name, code = _BOUNDS[kind]
        return Phrase(f"settings.expected.{code}", {"limit": f"{context[name]:g}"}), ""
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        choices = re.findall(r"'([^']*)'", str(context["expected_tags" if kind == "union_tag_invalid" else "expected"]))
        written = str(context.get("tag", written))
        return Phrase("settings.expected.choice", {"choices": ", ".join(choices)}), _did_you_mean(written, choices)
    if kind == "value_error":
        names = [part for part in location if isinstance(part, str) and part in _EXPECTED_BY_KEY]
        code = _EXPECTED_BY_KEY[names[-1]] if names else "other"
        zones = sorted(available_timezones()) if code == "timezone" else []
        return Phrase(f"settings.expected.{code}", {"detail": problem["msg"]}), _did_you_mean(written, zones)
    if kind == "string_pattern_mismatch":
        code = _EXPECTED_BY_PATTERN.get(str(location[-1]), "pattern")
        return Phrase(f"settings.expected.{code}", {"pattern": context["pattern"]}), ""
    return Phrase(f"settings.expected.{_EXPECTED_BY_TYPE.get(kind, 'other')}", {"detail": problem["msg"]}), ""


def _did_you_mean(word: str, candidates: list[str]) -> Phrase | str:
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=LIKENESS)
    return Phrase("settings.did_you_mean", {"similar": by_folded[found[0]]}) if found else ""


def _hint_for_key(location: tuple[int | str, ...], settings: type[BaseModel]) -> Phrase | str:
    """The key beside it that was probably meant, or the table the key belongs into."""
    *table, last = (part for part in location if isinstance(part, str))
    every = dict(_keys(settings, ""))
    here = ".".join(table)
    siblings = [name for name, parent in every.values() if parent == here]
    close = _did_you_mean(last, siblings)
    if close:
        return close
    elsewhere = next((path for path, (name, _) in every.items() if name == last), None)
    return Phrase("settings.belongs", {"similar": elsewhere}) if elsewhere else ""


def _keys(model: type[BaseModel], parent: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(full name, (key, table)) of every key of the settings."""
    for name, field in model.model_fields.items():
        full = f"{parent}.{name}" if parent else name
        yield full, (name, parent)
        for inner in _models(field.annotation):
            yield from _keys(inner, full)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in typing.get_args(annotation):
        yield from _models(part)


def _written(location: tuple[int | str, ...]) -> str:
    """``sampling.plans[2].shares``: numbers count from one, as people do."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".")


def _line_of(location: tuple[int | str, ...], text: str) -> int:
    """The line on which the key (or else its table) is written; 0 when it cannot be told."""
    names = [part for part in location if isinstance(part, str)]
    wanted = next((part for part in location if isinstance(part, int)), 0)
    table: list[str] = []
    lists: dict[tuple[str, ...], int] = {}  # how often each [[table]] has begun, less one
    table_line, inside = 0, True
    for line, written in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(written)
        if header:
            table = _parts(header.group(2))
            if header.group(1) == "[[":
                lists[tuple(table)] = lists.get(tuple(table), -1) + 1
            counts = [count for name, count in lists.items() if list(name) == table[: len(name)]]
            inside = table == names[: len(table)] and counts in ([], [wanted])
            if inside:
                table_line = line
            continue
        key = _KEY.match(written) if inside else None
        if key:
            full = [*table, *_parts(key.group(1))]
            if full == names[: len(full)]:
                return line
    return table_line


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _toml(value: object) -> str:
    """A value as it is written in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + "…"
