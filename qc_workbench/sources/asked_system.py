"""What every telephone system that is asked over the network has: its wire and what its rows mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from qc_workbench.domain.telephony import TelephonyCall
from qc_workbench.sources.connector import CallMeaning
from qc_workbench.sources.wire import Wire

Meaning = TypeVar("Meaning", bound=CallMeaning)


class AskedSystem(Generic[Meaning]):
    """A :class:`~qc_workbench.sources.connector.CallSource` but for what is each system's own: its questions."""

    def __init__(self, wire: Wire, meaning: Meaning) -> None:
        self._wire = wire
        self._meaning = meaning

    @property
    def skew_s(self) -> float:
        return self._wire.skew_s

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        return self._meaning.collapse(rows)

    def close(self) -> None:
        self._wire.close()
