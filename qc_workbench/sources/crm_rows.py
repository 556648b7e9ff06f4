"""What modules of CRMs share in reading their rows and writing down ids. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from qc_workbench.errors import SourceRefused
from qc_workbench.sources.problems import STUMBLES, BadValueError, Problem, shown

Value = TypeVar("Value")

#: A deal of more is a slip of the hand, and the store's column ends there.
_MOST_MONEY: Final = Decimal(10) ** 16


def understood(
    source: str,
    what: str,
    key: str,
    page: Iterable[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], Value],
) -> tuple[list[Value], list[Problem]]:
    """Rows that can be read, and what is wrong with the others. ``key``: the field of a row's id."""
    found, problems = [], []
    for place, row in enumerate(page, start=1):
        try:
            found.append(read(row))
        except STUMBLES as error:
            name = str(error.params.get("name", "")) if isinstance(error, BadValueError) else _missing(error)
            ident = shown(row.get(key)) if isinstance(row, Mapping) else ""
            problems.append(Problem(source, place, name, ident, "crm_entry", {"what": what, "name": name, "id": ident}))
    return found, problems


def _missing(error: Exception) -> str:
    """The field that was not there; what else went wrong may hold words of a client."""
    return shown(error.args[0]) if isinstance(error, KeyError) and error.args else ""


def money(row: Mapping[str, Any], name: str) -> Decimal | None:
    """An amount in whole cents; None where none is written. Raises :class:`BadValueError` ``vendor_number``."""
    value = row.get(name) if name else None
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadValueError("vendor_number", name=name) from None
    if not found.is_finite() or abs(found) >= _MOST_MONEY:
        raise BadValueError("vendor_number", name=name)
    return found.quantize(Decimal("0.01"))


def written(value: Any) -> str | None:
    """A text without spaces at its ends; None where nothing else is there."""
    found = value.strip() if isinstance(value, str) else ""
    return found or None


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def digits(phone: str) -> str:
    return "".join(char for char in phone if char.isdigit())


def id_number(key: str | None) -> int:
    """An id as CRMs write it. A setting that is none is refused as the CRM itself would.

    Raises :class:`~qc_workbench.errors.SourceRefused` ``crm_write_not_accepted``.
    """
    if key is None or not key.isdigit():
        raise SourceRefused("crm_write_not_accepted", status="id")
    return int(key)
