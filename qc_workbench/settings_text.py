"""Settings explained: the commented qcw.toml of ``qcw init`` and the table of docs/settings.md.

Both come from the fields of :class:`~qc_workbench.config.Settings`, so they cannot go stale.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qc_workbench.config import Settings
from qc_workbench.domain.crm_write import WriteKind


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: ``section`` is its table in qcw.toml, ``is_list`` when the table is repeated ([[…]])."""

    section: str
    is_list: bool
    key: str
    type_name: str
    default: Any  # None: there is no value that stands for its absence, or the key is required in its table
    required: bool
    meaning: str
    variant: str = ""  # the kind, where entries of a repeated table differ by it

    @property
    def shown(self) -> Any:
        """The default, or a value to start from for a key that has none."""
        if self.default is not None:
            return self.default
        name = f"{self.section}.{self.key}"
        if self.variant and self.key == "kind":
            return self.variant
        return EXAMPLES.get(f"{name}.{self.variant}") or EXAMPLES[name]


#: What the commented settings show for keys that have no default.
EXAMPLES: Mapping[str, Any] = {
    "upload.folder": "/mnt/reports",
    "sampling.plans.name": "daily",
    "sampling.plans.period": "daily",
    "sampling.plans.shares": {"inbound": 0.3, "outbound": 0.3},
    "day.recipients.address": "owner@example.com",
    "day.recipients.language": "ru",
    **dict.fromkeys(
        (f"crm_write.{kind.value}.since" for kind in WriteKind),
        date(2026, 1, 1),
    ),
    "sources.name": "exports",
    "sources.name.ringostat": "ringostat",
    "sources.name.binotel": "binotel",
    "sources.name.asterisk": "pbx",
    "sources.name.pipedrive": "pipedrive",
    "sources.address.pipedrive": "https://company.pipedrive.com",
    "sources.key.pipedrive": "env:QCW_PIPEDRIVE_KEY",
    "sources.name.mango": "mango",
    "sources.name.uis": "uis",
    "sources.name.novofon2": "novofon2",
    "sources.name.zadarma": "zadarma",
    "sources.name.novofon": "novofon1",
    "sources.name.twilio": "twilio",
    "sources.account": "AC00000000000000000000000000000000",
    "sources.token": "env:QCW_TWILIO_TOKEN",
    "sources.name.amocrm": "amo",
    "sources.name.bitrix24": "b24",
    "sources.name.bitrix24_calls": "b24calls",
    "sources.address.amocrm": "https://company.amocrm.ru",
    "sources.token.amocrm": "env:QCW_AMOCRM_TOKEN",
    "sources.webhook": "env:QCW_BITRIX24_WEBHOOK",
    "sources.name.asterisk_sql": "freepbx",
    "sources.user": "qcw",
    "sources.password": "secret:freepbx",
    "sources.folder": "incoming",
    "sources.name.files": "1c-sales",
    "sources.mapping": "1C sales",
    "sources.name.odata_1c": "1c",
    "sources.user.odata_1c": "exchange",
    "sources.password.odata_1c": "env:QCW_1C_PASSWORD",
    "sources.address.odata_1c": "http://server/base",
    "sources.key": "env:QCW_TELEPHONY_KEY",
    "sources.secret": "file:secrets/telephony",
    "sources.file": "/var/log/asterisk/cdr-csv/Master.csv",
    "sources.monitor": "/var/spool/asterisk/monitor",
    "sources.agents.agent": "101",
    "sources.agents.manager": "m1",
    "sources.agents.since": date(2026, 1, 1),
    "sources.agents.until": date(2027, 1, 1),
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
    table = None
    for setting in all_settings():
        section = setting.section
        is_chosen = values.get(f"{section}.kind", setting.variant) == setting.variant
        if (section, setting.variant) != table:
            table = (section, setting.variant)
            used = is_chosen and any(name.startswith(f"{section}.") for name in values)
            lines += ["", _header(setting, is_used=used)]
        lines += [f"# {line}" for line in textwrap.wrap(setting.meaning, 110)]
        name = f"{section}.{setting.key}"
        if name in values and is_chosen:
            lines.append(f"{setting.key} = {toml_value(values[name])}")
        else:
            lines.append(f"#{setting.key} = {toml_value(setting.shown)}")
    return "\n".join(lines) + "\n"


def settings_markdown() -> str:
    """Tables of all settings, one a section, for the documentation."""
    lines = []
    table = None
    for setting in all_settings():
        section = setting.section
        if (section, setting.variant) != table:
            table = (section, setting.variant)
            title = f"[[{section}]]" if setting.is_list else f"[{section}]"
            kind = f", `kind = {toml_value(setting.variant)}`" if setting.variant else ""
            lines += ["", f"## `{title}`{kind}", "", "| key | type | default | meaning |", "|---|---|---|---|"]
        default = "none" if setting.default is None else f"`{toml_value(setting.default)}`"
        default = "required" if setting.required else default
        type_name = setting.type_name.replace("|", "\\|")
        lines.append(f"| `{setting.key}` | {type_name} | {default} | {setting.meaning} |")
    return "\n".join(lines).strip() + "\n"


def _walk(model: type[BaseModel], section: str, *, is_list: bool, variant: str = "") -> Iterator[Setting]:
    nested: list[tuple[str, tuple[type[BaseModel], ...], bool]] = []
    tables: list[Setting] = []
    for key, info in model.model_fields.items():
        named = _named_tables(info, f"{section}.{key}")
        if named:
            tables += named
            continue
        inner, repeated = _inner_models(info)
        if inner:
            nested.append((f"{section}.{key}" if section else key, inner, repeated))
            continue
        yield Setting(
            section=section,
            is_list=is_list,
            key=key,
            type_name=_type_name(info.annotation),
            default=None if info.is_required() else info.get_default(call_default_factory=True),
            required=info.is_required(),
            meaning=info.description or "",
            variant=variant,
        )
    yield from tables
    for name, models, repeated in nested:
        for inner_model in models:
            kind = get_args(inner_model.model_fields["kind"].annotation)[0] if len(models) > 1 else ""
            found = list(_walk(inner_model, name, is_list=repeated, variant=kind))
            # tables inside an entry are the same for every kind that has them: told once, after the last kind
            yield from (item for item in found if item.section == name or inner_model is models[-1])


def _named_tables(info: FieldInfo, section: str) -> list[Setting]:
    """A table whose keys are given and whose values are tables of their own: a key each, with its default."""
    if get_origin(info.annotation) is not dict or not issubclass(get_args(info.annotation)[1], BaseModel):
        return []
    defaults: Mapping[Any, BaseModel] = info.get_default(call_default_factory=True)
    each: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    meanings: Mapping[str, str] = each.get("each", {})
    return [
        Setting(
            section, False, str(key), "table", value.model_dump(), False, meanings.get(str(key), info.description or "")
        )
        for key, value in defaults.items()
    ]


def _inner_models(info: FieldInfo) -> tuple[tuple[type[BaseModel], ...], bool]:
    """The model of a nested table, or one for each kind of its entries, and whether the table is repeated."""
    found = tuple(_models(info.annotation))
    return found, not (isinstance(info.annotation, type) and bool(found))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (tuple, Annotated, Union, UnionType):
        for part in get_args(annotation):
            yield from _models(part)


def _type_name(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if origin is Annotated:
        return _type_name(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return " or ".join(_type_name(part) for part in get_args(annotation) if part is not type(None))
    if origin is tuple:
        return f"list of {_type_name(get_args(annotation)[0])}"
    if origin in (dict, Mapping):
        key, value = get_args(annotation)
        return f"table {_type_name(key)} = {_type_name(value)}"
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        Decimal: "number",
        bool: "true or false",
        time: "time",
        date: "day",
    }
    if isinstance(annotation, type) and issubclass(annotation, PurePath):
        return "path"
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _header(setting: Setting, *, is_used: bool) -> str:
    """Plain tables may stand open and empty; a repeated one would be an entry without its required keys."""
    if setting.is_list:
        return f"[[{setting.section}]]" if is_used else f"#[[{setting.section}]]"
    return f"[{setting.section}]"


def toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(str(key))} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float | Decimal):
        return str(value)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """JSON's way is TOML's but for one character that TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(text: str) -> str:
    return text if text.replace("_", "").isalnum() and text.isascii() else _quoted(text)
