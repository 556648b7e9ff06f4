"""Settings explained: the commented qcw.toml of ``qcw init`` and the table of docs/settings.md.

Both come from the fields of :class:`~qc_workbench.config.Settings`, so they cannot go stale.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import PurePath
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qc_workbench.config import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: ``section`` is its table in qcw.toml, ``is_list`` when the table is repeated ([[…]])."""

    section: str
    is_list: bool
    key: str
    type_name: str
    default: Any  # None: the key is required in its table
    required: bool
    meaning: str

    @property
    def example(self) -> Any:
        """A value to start from, for a key that has no default."""
        return EXAMPLES[f"{self.section}.{self.key}"]


#: What the commented settings show for keys that have no default.
EXAMPLES: Mapping[str, Any] = {
    "sampling.plans.name": "daily",
    "sampling.plans.period": "daily",
    "sampling.plans.shares": {"inbound": 0.3, "outbound": 0.3},
    "sources.name": "exports",
    "sources.kind": "csv",
    "sources.folder": "incoming",
}


def all_settings() -> list[Setting]:
    """Every key a person may write, in the order of the definition."""
    return list(_walk(Settings, "", is_list=False))


def commented_toml(chosen: Mapping[str, Any] | None = None) -> str:
    """A qcw.toml in which every key stands, commented out, with its meaning and default.

    ``chosen``: keys with their tables (``company.name``) that get a value of their own.
    """
    values = chosen or {}
    lines = [
        "# Settings of this workspace. Every key has the default shown; remove the # in front to change it.",
        "# A key that is not listed here is an error. See docs/settings.md.",
    ]
    section = None
    for setting in all_settings():
        if setting.section != section:
            section = setting.section
            lines += ["", _header(setting, is_used=any(name.startswith(f"{section}.") for name in values))]
        lines += [f"# {line}" for line in textwrap.wrap(setting.meaning, 110)]
        name = f"{section}.{setting.key}"
        if name in values:
            lines.append(f"{setting.key} = {_toml(values[name])}")
        else:
            lines.append(f"#{setting.key} = {_toml(setting.example if setting.required else setting.default)}")
    return "\n".join(lines) + "\n"


def settings_markdown() -> str:
    """Tables of all settings, one a section, for the documentation."""
    lines = []
    section = None
    for setting in all_settings():
        if setting.section != section:
            section = setting.section
            title = f"[[{section}]]" if setting.is_list else f"[{section}]"
            lines += ["", f"## `{title}`", "", "| key | type | default | meaning |", "|---|---|---|---|"]
        default = "required" if setting.required else f"`{_toml(setting.default)}`"
        type_name = setting.type_name.replace("|", "\\|")
        lines.append(f"| `{setting.key}` | {type_name} | {default} | {setting.meaning} |")
    return "\n".join(lines).strip() + "\n"


def _walk(model: type[BaseModel], section: str, *, is_list: bool) -> Iterator[Setting]:
    nested: list[tuple[str, type[BaseModel], bool]] = []
    for key, info in model.model_fields.items():
        inner = _inner_model(info)
        if inner is not None:
            nested.append((f"{section}.{key}" if section else key, *inner))
            continue
        yield Setting(
            section=section,
            is_list=is_list,
            key=key,
            type_name=_type_name(info.annotation),
            default=None if info.is_required() else info.get_default(call_default_factory=True),
            required=info.is_required(),
            meaning=info.description or "",
        )
    for name, inner_model, repeated in nested:
        yield from _walk(inner_model, name, is_list=repeated)


def _inner_model(info: FieldInfo) -> tuple[type[BaseModel], bool] | None:
    """The model of a nested table and whether the table is repeated."""
    annotation = info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part, True
    return None


def _type_name(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, UnionType):
        return " or ".join(_type_name(part) for part in get_args(annotation) if part is not type(None))
    if origin is tuple:
        return f"list of {_type_name(get_args(annotation)[0])}"
    if origin in (dict, Mapping):
        key, value = get_args(annotation)
        return f"table {_type_name(key)} = {_type_name(value)}"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", time: "time"}
    if isinstance(annotation, type) and issubclass(annotation, PurePath):
        return "path"
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _header(setting: Setting, *, is_used: bool) -> str:
    """Plain tables may stand open and empty; a repeated one would be an entry without its required keys."""
    if setting.is_list:
        return f"[[{setting.section}]]" if is_used else f"#[[{setting.section}]]"
    return f"[{setting.section}]"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)


def _key(text: str) -> str:
    return text if text.replace("_", "").isalnum() and text.isascii() else json.dumps(text, ensure_ascii=False)
