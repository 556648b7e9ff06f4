"""Writes into the CRM in words: kinds, states, fields, refusals. Used by the page and by ``qcw crm-write``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Final

from qc_workbench.domain.crm_write import CUSTOM, KeptWrite, WriteKind, WriteMode, WriteState
from qc_workbench.ui.i18n import Translator, clock

#: Fields that hold a moment in UTC.
_MOMENTS: Final = frozenset({"due_at", "started_at"})
_ORDER: Final = ("title", "name", "subject", "due_day", "due_at", "started_at", "talk_s", "text")


def kind_text(t: Translator, kind: WriteKind) -> str:
    return t(f"crm_write_kind.{kind.value}")


def state_text(t: Translator, kept: KeptWrite, mode: WriteMode | None = None) -> str:
    """``mode``: how its kind is written; only where a person approves does anything wait for a decision."""
    if kept.begun_at is not None:
        return t("crm_write_state.unknown")
    if kept.state is WriteState.PLANNED and mode in (WriteMode.DRY, WriteMode.AUTOMATIC):
        return t(f"crm_write_planned.{mode.value}")
    return t(f"crm_write_state.{kept.state.value}")


def shown_fields(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a person is shown, in the order of reading; what says the same a second time is left out."""
    twice = {"direction", "link", "due_until"} | ({"due_day"} if "due_at" in fields else set())
    place = {name: number for number, name in enumerate(_ORDER)}
    order = sorted(fields, key=lambda name: (place.get(name, len(place)), name))
    return [(name, fields[name]) for name in order if name not in twice]


def field_parts(t: Translator, field: str, value: str) -> tuple[str, str]:
    """The field's name and what it says; a field of the CRM is named as the settings name it."""
    if field.startswith(CUSTOM):
        return t("crm_write.field_of_deal", field=field.removeprefix(CUSTOM)), value
    name = t(f"crm_write.field.{field}") if t.knows(f"crm_write.field.{field}") else field
    return name, _value(t, field, value)


def field_text(t: Translator, field: str, value: str) -> str:
    name, said = field_parts(t, field, value)
    return f"{name}: {said}"


def _value(t: Translator, field: str, value: str) -> str:
    with suppress(ValueError):  # what is no moment is shown as it is
        if field in _MOMENTS:
            return t.moment(datetime.fromisoformat(value), "d MMMM y, HH:mm")
        if field == "due_day":
            return t.day(date.fromisoformat(value), "d MMMM y")
        if field == "talk_s":
            return clock(float(value))
    return value


def reason_of_refusal(t: Translator, kept: KeptWrite) -> str:
    """Why it was refused or put off, and what to do; "" where nothing is wrong."""
    code = f"error.{kept.error_code}"
    if not kept.error_code or not t.knows(code):
        return kept.error_code or ""
    with suppress(KeyError, IndexError):  # an older program kept other parameters
        return t(code, **kept.error_params)
    return kept.error_code
