"""What a connected system is to the workbench: protocols, one module a system behind them.

A module has two halves. *Transport* asks the outside for rows of a window and says how far they are complete.
*Meaning* (``collapse``) is pure: all rows of one call in any order, repeated or not, to one
:class:`~qc_workbench.domain.telephony.TelephonyCall`. The store, checkpoints and retries are nobody's business here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from qc_workbench.domain.crm_write import CrmWrite
from qc_workbench.domain.telephony import RecordingRef, TelephonyCall
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity, CrmMove
from qc_workbench.sources.problems import Problem


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, ``since`` inclusive, ``until`` exclusive; aware."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can give, declared by its module and shown on the connection page.

    ``longest_window``: the longest period of one request; None: any. ``rows_at_most``: rows of one answer where the
    rest is silently left out, so that a full answer is asked again in halves. ``requests_per_s`` and ``burst``: the
    pace that it bears. ``has_legs``: attempts to reach each agent are told. ``rows_come_apart``: rows of one call may
    arrive in different syncs, so those kept are joined with the new ones. ``has_final_event``: it says itself when a
    call is over. ``links_live_s``: how long an address of a recording holds; None: as long as the recording.
    """

    longest_window: timedelta | None
    rows_at_most: int | None
    requests_per_s: float
    burst: int
    has_legs: bool
    rows_come_apart: bool = False
    has_final_event: bool = False
    links_live_s: float | None = None


@dataclass(frozen=True, slots=True)
class VendorRow:
    """One row as the vendor gave it. ``key`` tells rows of one call apart: the same row read twice is one row."""

    group_id: str
    key: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one answer. Everything of the source up to ``complete_until`` has been given by now.

    ``position``: where a file is read on from (see :class:`FileSource`). ``problems``: rows that could not be read.
    """

    rows: Sequence[VendorRow]
    complete_until: datetime | None = None
    position: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


class CallMeaning(Protocol):
    """The pure half of a telephone system."""

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        """All rows of one call to one value; None for what is no call. The order of rows does not matter.

        Raises :class:`~qc_workbench.sources.problems.BadValueError` for what can't be understood.
        """


class CallSource(CallMeaning, Protocol):
    """A telephone system that is asked for periods."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def skew_s(self) -> float:
        """The vendor's clock less ours, seconds; 0 while unknown."""

    def batches(self, window: Window) -> Iterator[Batch]:
        """Everything of a window that is no longer than ``capabilities.longest_window``.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def fresh_link(self, ref: RecordingRef) -> RecordingRef | None:
        """A new address of a recording; None where the system says that there is none.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def close(self) -> None: ...


@runtime_checkable
class LinksNeedKey(Protocol):
    """A telephone system whose recordings are not handed out without its key."""

    def download_headers(self, place: str) -> Mapping[str, str]:
        """What goes with the request of one recording; nothing where the address is not the system's own."""


@runtime_checkable
class FileSource(CallMeaning, Protocol):
    """A telephone system that writes a file, read on from where it was left."""

    @property
    def capabilities(self) -> Capabilities: ...

    def batches_from(self, position: Mapping[str, Any]) -> Iterator[Batch]:
        """Rows after a position (as an earlier batch gave it; empty: the beginning).

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def recording_file(self, ref: RecordingRef) -> Path | None:
        """The file of a recording, when it is there."""

    def close(self) -> None: ...


@runtime_checkable
class Checkable(Protocol):
    """A source that can say by itself whether it would answer, without being asked for a period."""

    def check(self) -> int | None:
        """Rows at hand, None where that is not known. Raises :class:`~qc_workbench.errors.SourceError`."""


@dataclass(frozen=True, slots=True)
class CrmCapabilities:
    """What a CRM can give. ``due_moves_have_history``: moves of due dates are told by the CRM; else only differences
    between polls are seen. ``tells_deletions``: entities whose deletions come among the changes; others are asked for
    with :meth:`CrmSource.still_there`. ``histories_a_sync``: where stages' history is told of one deal at a time, how
    many deals are asked so in one sync; 0: it comes among the changes, or not at all.
    """

    requests_per_s: float
    burst: int
    rows_a_page: int
    due_moves_have_history: bool
    stages_have_history: bool
    tells_deletions: frozenset[CrmEntity] = frozenset()
    histories_a_sync: int = 0


class CrmSource(Protocol):
    """A CRM that is asked for what changed. It gives its own ids; what they mean is :mod:`.crm_meaning`'s."""

    @property
    def capabilities(self) -> CrmCapabilities: ...

    @property
    def skew_s(self) -> float:
        """The vendor's clock less ours, seconds; 0 while unknown."""

    def changes(self, since: datetime | None) -> Iterator[CrmBatch]:
        """What was changed since a moment; None: everything.

        Users and stages first, then persons, deals, activities, notes. Only the last batch has ``complete_until``: the
        vendor's time when the reading began. Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def refetch(self, entity: CrmEntity, key: str) -> CrmBatch:
        """One entity as it is now, with the persons that it names; ``gone`` where it is deleted.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def stage_history(self, deal_key: str) -> Sequence[CrmMove]:
        """The moves of one deal between stages, where ``capabilities.histories_a_sync`` says that they are asked so.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def still_there(self, entity: CrmEntity, keys: Sequence[str]) -> frozenset[str] | None:
        """Those of the keys that are not deleted; None where the CRM can't be asked so.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CrmOrder:
    """One thing to put into a CRM, with the ids that the CRM knows things by; None where it has none.

    ``since``: when it was first begun, where that is so: what was made of it then is younger.
    """

    write: CrmWrite
    deal_key: str | None = None
    person_key: str | None = None
    user_key: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What the CRM calls what was written, and where a person sees it there ("": unknown)."""

    key: str
    link: str = ""


class CrmSink(Protocol):
    """Writes one thing at a time. The marker of a write stands in its text in the CRM."""

    def find(self, order: CrmOrder) -> Written | None:
        """What was written with this marker, if it was. Asked after an answer that never came, before a second try.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """

    def write(self, order: CrmOrder) -> Written:
        """Make it, asking once. Raises :class:`~qc_workbench.errors.SourceRefused` and ``SourceThrottled`` where the
        CRM surely did nothing, another :class:`~qc_workbench.errors.SourceError` where it may have.
        """

    def close(self) -> None: ...
