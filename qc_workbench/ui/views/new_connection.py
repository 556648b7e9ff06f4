"""The form by which a source is added: its fields are those of the settings, so a new system has one by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from pipelines import connections as steps
from pipelines.settings_file import settings_text
from qc_workbench.config_sources import SECRET_PLACE, Source
from qc_workbench.domain.access import Action
from qc_workbench.domain.connection import Family
from qc_workbench.errors import SettingsError, UsageError
from qc_workbench.sources.reachable import FOLDERS, check_change, check_file, check_folder, leads_outside
from qc_workbench.sources.registry import family_of
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Fields that the form asks for at once though they have a default; the rest are among the further ones.
_AT_ONCE: Final = frozenset(
    {"address", "token", "history_days", "recordings", "timezone", "monitor", "host", "database_kind"}
)
_PLACES: Final = ("env:", "file:", "secret:")
#: Let more in than the app may, or name a file whose keys would go to the address that is typed: written by hand.
_BY_HAND: Final = frozenset({"public_only", "allow_private", "tokens_file"})


class FieldKind(StrEnum):
    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a kind of field
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    LINES = "lines"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class FormField:
    """``choices``: of a choice. ``is_further``: its default suits most. ``meaning``: as docs/settings.md says."""

    name: str
    kind: FieldKind
    default: Any
    is_required: bool
    is_further: bool
    meaning: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceForm:
    kind: str
    family: Family
    fields: tuple[FormField, ...]


def source_forms() -> tuple[SourceForm, ...]:
    """One for each kind of source that the settings know, by family."""
    found = [_form(model) for model in _models()]
    return tuple(sorted(found, key=lambda form: list(Family).index(form.family)))


def add(workspace: Workspace, viewer: Viewer, kind: str, typed: Mapping[str, Any], now: datetime) -> str:
    """Write a source as it was typed into qcw.toml; keys themselves go to the encrypted file. The entry.

    A text in the place of a key is the key itself, or a secret (``secret:…``) that nothing else uses. Only what differs
    from the default is written. Nothing is kept of what is refused.
    Raises ``not_allowed``, ``source_name_taken``, ``source_field_wrong``, ``source_fields_apart``, what
    :func:`check_place` and :func:`guard` raise, and what the settings and secrets raise.
    """
    viewer.require(Action.EDIT_SETTINGS)
    values: dict[str, Any] = {"kind": kind}
    secrets: dict[str, str] = {}
    name = str(typed.get("name", "")).strip()
    form = form_of(kind)
    for field in form.fields:
        value = cleaned(field, typed.get(field.name))
        if is_key(field, value):
            kept_as = secret_name(name, field.name)
            secrets[kept_as] = value
            value = f"secret:{kept_as}"
        elif field.kind is FieldKind.SECRET and value:
            check_place(workspace, value)
        if says_something(field, value):
            values[field.name] = value
    if name in {source.name for source in workspace.settings.sources}:
        raise UsageError("source_name_taken", name=name)
    check(values)
    guard(workspace, form, {}, values, secrets.values())
    for kept_as, secret in secrets.items():
        steps.keep_secret(workspace, kept_as, secret, viewer.name, now)
    return steps.add_source(workspace, values, viewer.name, now)


def check_place(workspace: Workspace, place: str) -> None:
    """The place of a key that was typed in the app: a secret of the encrypted file that nothing else is said to use.

    A variable or a file of the server might be a key of something else, and goes to the address that is typed beside
    it. Raises ``source_place_by_hand``.
    """
    if not place.startswith("secret:") or f'"{place}"' in settings_text(workspace):
        raise UsageError("source_place_by_hand")


def guard(
    workspace: Workspace, form: SourceForm, before: Mapping[str, Any], values: dict[str, Any], typed: Iterable[str]
) -> None:
    """Where an entry that is to be written leads (:mod:`qc_workbench.sources.reachable`); puts ``public_only`` into it
    where an address was typed. ``typed``: keys themselves, of which some are addresses.

    Raises ``source_inner_network``, ``source_keys_again``, ``source_hosts_by_hand``, ``source_file_no_csv``,
    ``source_folder_by_hand``.
    """
    if values.get("file") != before.get("file"):
        check_file(values)
    for key in FOLDERS:
        if values.get(key) and values[key] != before.get(key):
            check_folder(values[key], workspace.home, workspace.settings.serve.source_folders)
    if before:
        check_change(before, values, [field.name for field in form.fields if field.kind is FieldKind.SECRET])
    places = [str(values[key]) for key in ("address", "host") if key in values and values[key] != before.get(key)]
    places += [text for text in typed if text.startswith(("http://", "https://"))]
    if not places:
        return
    inner_hosts = workspace.settings.serve.inner_hosts
    values.pop("public_only", None)
    outside = [leads_outside(place, inner_hosts) for place in places]  # each of them is looked at
    if any(outside):
        values["public_only"] = True


def form_of(kind: str) -> SourceForm:
    return next(item for item in source_forms() if item.kind == kind)


def is_key(field: FormField, value: Any) -> bool:
    """Whether this is a key itself, not the place of one."""
    return field.kind is FieldKind.SECRET and bool(value) and not value.startswith(_PLACES)


def says_something(field: FormField, value: Any) -> bool:
    """Whether a value is to be written: it is there, and not what holds anyway."""
    if value is None or (value in ("", ()) and not field.is_required):
        return False
    return bool(field.is_required or value != field.default)


def secret_name(source: str, field: str) -> str:
    """Names of sources may be Russian, names of secrets not."""
    plain = source if source.isascii() and source[:1].isalnum() else hashlib.sha256(source.encode()).hexdigest()[:8]
    return f"{plain}.{field}"


def check(values: Mapping[str, Any]) -> None:
    """Before anything is written. What was typed is never repeated: it may be a key in the wrong field.

    Raises ``source_field_wrong``, ``source_fields_apart``.
    """
    try:
        TypeAdapter[Source](Source).validate_python(dict(values))
    except ValidationError as error:
        where = [str(part) for part in error.errors(include_input=False)[0]["loc"] if part != values["kind"]]
        if not where:  # each field is right by itself, not all of them together
            raise SettingsError("source_fields_apart") from None
        raise SettingsError("source_field_wrong", field=where[0]) from None


def cleaned(field: FormField, value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        if field.kind is FieldKind.LINES:
            return tuple(line.strip() for line in value.splitlines() if line.strip())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _models() -> tuple[type[BaseModel], ...]:
    """Of every kind, however the unions of the settings are nested."""

    def leaves(kind: Any) -> Iterator[type[BaseModel]]:
        if isinstance(kind, type):
            yield kind
        for part in get_args(kind):
            if part is not None and not isinstance(part, FieldInfo):
                yield from leaves(part)

    return tuple(leaves(Source))


def _form(model: type[BaseModel]) -> SourceForm:
    kind = get_args(model.model_fields["kind"].annotation)[0]
    fields = [
        field
        for name, info in model.model_fields.items()
        if name != "kind" and name not in _BY_HAND and (field := _field(name, info)) is not None
    ]
    order = sorted(fields, key=lambda field: (field.name != "name", field.is_further, not field.is_required))
    return SourceForm(kind, family_of(model), tuple(order))


def _field(name: str, info: FieldInfo) -> FormField | None:
    """None for tables inside an entry, which are written by hand."""
    told = _kind(info)
    if told is None:
        return None
    kind, choices = told
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    if isinstance(default, PurePath):
        default = str(default)
    further = not info.is_required() and name not in _AT_ONCE
    return FormField(name, kind, default, info.is_required(), further, info.description or "", choices)


def _kind(info: FieldInfo) -> tuple[FieldKind, tuple[str, ...]] | None:
    annotation = info.annotation
    if any(SECRET_PLACE in str(getattr(rule, "pattern", "")) for rule in info.metadata):
        return FieldKind.SECRET, ()
    if get_origin(annotation) in (Union, UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        annotation = inner[0] if len(inner) == 1 else None
    if get_origin(annotation) is Literal:
        return FieldKind.CHOICE, tuple(map(str, get_args(annotation)))
    if get_origin(annotation) is tuple:
        inside = get_args(annotation)[0]
        inside = get_args(inside)[0] if get_origin(inside) is Annotated else inside
        return (FieldKind.LINES, ()) if inside is str else None
    kinds: Mapping[Any, FieldKind] = {bool: FieldKind.SWITCH, int: FieldKind.NUMBER, float: FieldKind.NUMBER,
                                      date: FieldKind.DAY, str: FieldKind.TEXT}  # fmt: skip
    if isinstance(annotation, type) and issubclass(annotation, PurePath):
        return FieldKind.TEXT, ()
    return (kinds[annotation], ()) if annotation in kinds else None
