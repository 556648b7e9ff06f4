"""Bodies of webhooks: JSON, and forms with the keys of PHP (``leads[status][0][id]``), into one shape.

Whoever sends them may be anybody, so each has its limits. What is no body of either kind is :class:`UnreadableBody`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from qc_workbench.sources.json_text import parsed

#: No honest webhook is longer, bytes. Pipedrive sends whole deals with their own fields.
LARGEST_BODY_BYTES: Final = 256 << 10
FIELDS_AT_MOST: Final = 5000
DEPTH_AT_MOST: Final = 12
FORM: Final = "application/x-www-form-urlencoded"
JSON_TYPES: Final = frozenset({"application/json", "text/json", "application/vnd.api+json"})
_KEY: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")


#: Levels within each other.
_DEEPEST: Final = 50


class UnreadableBodyError(ValueError):
    """Neither JSON nor a form, or beyond the limits."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A webhook as it came in. ``url``: as the vendor called it; ``pairs``: fields of a form in their order, with
    repetitions; ``fields``: the same as nested values, or the JSON."""

    method: str
    url: str
    tail: str
    headers: Mapping[str, str]
    fields: Mapping[str, Any]
    pairs: Sequence[tuple[str, str]] = field(default=())


def read_body(content: bytes, media_type: str) -> tuple[Mapping[str, Any], Sequence[tuple[str, str]]]:
    """(nested fields, pairs of a form). A list in JSON becomes a mapping by place.

    Raises :class:`UnreadableBodyError`.
    """
    if media_type == FORM:
        pairs = _pairs(content)
        return nested(pairs), pairs
    return json_body(content), ()


def json_body(content: bytes | str) -> Mapping[str, Any]:
    try:
        found = parsed(content)
    except ValueError as error:
        raise UnreadableBodyError("json") from error
    if isinstance(found, list):
        found = {str(place): item for place, item in enumerate(found)}
    if not isinstance(found, dict) or _is_deep(found):
        raise UnreadableBodyError("json")
    return found


def _is_deep(found: Any) -> bool:
    """Whether it is nested deeper than any vendor's message: it could be read and not be written again."""
    level = [found]
    for _ in range(_DEEPEST):
        level = [inner for item in level if isinstance(item, dict | list)
                 for inner in (item.values() if isinstance(item, dict) else item)]  # fmt: skip
    return bool(level)


def _pairs(content: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            content.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_AT_MOST
        )
    except ValueError as error:
        raise UnreadableBodyError("form") from error


def nested(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """``a[b][0]=v`` as {"a": {"b": {"0": "v"}}}; ``a[]=v`` counts up. Of two values at one place the last stays.

    Raises :class:`UnreadableBodyError` where a key goes too deep, or is a value and a branch at once.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        path = [key] if match is None else [match[1], *_PART.findall(match[2])]
        if len(path) > DEPTH_AT_MOST:
            raise UnreadableBodyError("depth")
        place = found
        for part in path[:-1]:
            place = place.setdefault(part or str(len(place)), {})
            if not isinstance(place, dict):
                raise UnreadableBodyError("form")
        place[path[-1] or str(len(place))] = value
    return found


def text_of(fields: Mapping[str, Any], *path: str) -> str:
    """The text or number at a path; "" where there is none."""
    found: Any = fields
    for part in path:
        if not isinstance(found, Mapping):
            return ""
        found = found.get(part)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found).strip()


def branch(fields: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The values below a path, lists by place; empty where there are none."""
    found: Any = fields
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, list):
        return {str(place): item for place, item in enumerate(found)}
    return found if isinstance(found, Mapping) else {}
