"""What the address of a page says, and what to write there.

Anybody may type an address: what can't be read is not there. Values are codes and ISO days, never names, so that an
address sent to somebody opens the same in their language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.search import CallFilters
from qc_workbench.store.scoping import Stretch

Code = TypeVar("Code", bound=StrEnum)
Address = Mapping[str, str]

#: Whose calls and of which days: of every list that takes them.
SPAN: Final = ("agent", "from", "to")
#: Everything the search room reads: a question with its conditions, or the id of a saved search.
SEARCH: Final = ("q", "agent", "direction", "from", "to", "longer", "shorter", "flag", "said", "saved")


def day_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def code_of(kind: type[Code], text: str | None) -> Code | None:
    return next((item for item in kind if item.value == text), None)


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 6 else None


@dataclass(frozen=True, slots=True)
class Span:
    """Calls of an agent from the first day to the last, both of the company's; None: no such limit."""

    agent: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def has_days(self) -> bool:
        return self.first is not None

    def moments(self, zone: ZoneInfo, until: datetime) -> Stretch | None:
        """From the beginning of the first day to the end of the last or of ``until``, the end excluded; None without
        days. A first day alone goes on until now."""
        if self.first is None:
            return None
        now = until + timedelta(microseconds=1)
        last = now if self.last is None else datetime.combine(self.last + timedelta(days=1), time(), zone)
        return datetime.combine(self.first, time(), zone), min(last, now)

    @property
    def address(self) -> dict[str, str]:
        said = {"agent": self.agent, "from": self.first, "to": self.last}
        return {name: str(value) for name, value in said.items() if value is not None}


def span_of(address: Address) -> Span:
    """A last day without a first stands for both, one before the first is not there."""
    first, last = day_of(address.get("from")), day_of(address.get("to"))
    first = last if first is None else first
    is_ordered = first is not None and last is not None and first <= last
    return Span(address.get("agent") or None, first, last if is_ordered else None)


def search_address(question: str, filters: CallFilters) -> dict[str, str]:
    """The address that asks this question of these calls."""
    said: dict[str, object] = {
        "q": question or None, "agent": filters.agent_id, "direction": filters.direction, "from": filters.day_from,
        "to": filters.day_to, "longer": filters.talk_from_s, "shorter": filters.talk_to_s, "flag": filters.flag,
        "said": filters.client_said,
    }  # fmt: skip
    return {name: str(value) for name, value in said.items() if value is not None}


def searched(address: Address) -> tuple[str, CallFilters]:
    """The question and the calls that an address asks about."""
    span = span_of(address)
    return address.get("q", ""), CallFilters(
        span.agent,
        code_of(Direction, address.get("direction")),
        span.first,
        span.last,
        _seconds(address.get("longer")),
        _seconds(address.get("shorter")),
        code_of(FlagKind, address.get("flag")),
        code_of(ClientSaid, address.get("said")),
    )
