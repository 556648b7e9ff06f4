"""Small CRMs, and what the rules of order make of them in a real store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.check_order import terms_at
from qc_workbench.config import Settings
from qc_workbench.config_discipline import Discipline
from qc_workbench.domain.call import Call
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, Note, Sale, StageChange
from qc_workbench.domain.flag import Conversation
from qc_workbench.domain.lost_deal import LostDeal, Recall
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm, lost_deals, verdicts
from qc_workbench.store.database import Reader, Statement, insert_all, rows_of
from qc_workbench.store.link import Session
from qc_workbench.store.order import Order
from qc_workbench.store.schema import migrate
from qc_workbench.store.verdicts import violation_of
from qc_workbench.workspace import Workspace
from tests.order_in_python import check_discipline

TABLES = (
    "deals", "activities", "activity_changes", "notes", "stage_changes", "calls", "conversations", "sales",
    "deal_findings", "recalls", "flags", "findings", "refusals", "erased", "violations", "violation_gaps",
    "violation_findings",
)  # fmt: skip
#: Rules that were written in Python before: :mod:`tests.order_in_python` judges them too.
IN_PYTHON = tuple(ViolationKind)[:9]


class InMemory(Session):
    """Reads of the database of this process that :class:`MemoryStore` writes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def close(self) -> None:
        """There is nobody to tell."""

    def table(self, sql: str, parameters: tuple[Any, ...]) -> pa.Table:
        return self._connection.sql(sql, params=list(parameters) or None).to_arrow_table()


class MemoryStore:
    """The tables of a store without its owner: hundreds of small CRMs, and their rules, in a third of the time."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute("set threads = 1")
        migrate(self._connection, Path(":memory:"))

    def write(self, *statements: Statement) -> None:
        self._connection.execute("begin")
        for statement in statements:
            self._connection.execute(statement.sql, statement.parameters)
        self._connection.execute("commit")

    @contextmanager
    def reading(self, *, heavy: bool = False) -> Iterator[Reader]:
        with self._connection.cursor() as cursor:  # temporary tables are its own
            cursor.execute("set timezone = 'UTC'")
            yield Reader(InMemory(cursor))


@dataclass(frozen=True)
class SmallCompany:
    """Of a workspace what the rules of order ask for."""

    store: MemoryStore
    settings: Settings


@cache
def small_company() -> SmallCompany:
    """One for the whole process: each case writes all of its records."""
    return SmallCompany(MemoryStore(), Settings())


def write_crm(
    workspace: Workspace | SmallCompany,
    as_of: datetime,
    *,
    deals: Iterable[Deal] = (),
    activities: Iterable[Activity] = (),
    activity_changes: Iterable[ActivityChange] = (),
    notes: Iterable[Note] = (),
    stage_changes: Iterable[StageChange] = (),
    calls: Iterable[Call] = (),
    conversations: Iterable[Conversation] = (),
    sales: Iterable[Sale] = (),
    lost: Iterable[LostDeal] = (),
    recalls: Iterable[Recall] = (),
    keep: Sequence[str] = (),
) -> None:
    """Make these the only rows of their tables, but for those named in ``keep``."""
    workspace.store.write(
        *(Statement(f"delete from {table}") for table in TABLES if table not in keep),
        *insert_all("deals", [crm.deal_row(item) for item in deals]),
        *insert_all("activities", [crm.activity_row(item) for item in activities]),
        *insert_all("activity_changes", [crm.activity_change_row(item) for item in activity_changes]),
        *insert_all("notes", [crm.note_row(item) for item in notes]),
        *insert_all("stage_changes", [crm.stage_change_row(item) for item in stage_changes]),
        *insert_all("calls", [call_store.call_row(item, as_of) for item in calls]),
        *insert_all("conversations", [verdicts.conversation_row(item) for item in conversations]),
        *insert_all("sales", [crm.sale_row(item) for item in sales]),
        *insert_all("deal_findings", [lost_deals.lost_deal_row(item) for item in lost]),
        *insert_all("recalls", [lost_deals.recall_row(item) for item in recalls]),
    )


def judged(
    workspace: Workspace | SmallCompany,
    as_of: datetime,
    kinds: Collection[ViolationKind],
    discipline: Discipline | None = None,
    reviewed: frozenset[str] = frozenset(),
) -> list[Violation]:
    """What the rules of the store find, oldest first."""
    settings = workspace.settings
    with workspace.store.reading() as reader:
        terms = terms_at(reader, discipline or settings.discipline, settings.company, as_of)
        order = Order.at(reader, replace(terms, reviewed=reviewed or terms.reviewed), kinds)
        found = [violation_of(row) for kind in kinds for row in rows_of(order.breaches(kind))]
    return sorted(found, key=lambda item: (item.happened_at, item.violation_id))


def judged_in_python(
    workspace: Workspace | SmallCompany,
    as_of: datetime,
    reviewed: frozenset[str] = frozenset(),
    **records: Iterable[Any],
) -> list[Violation]:
    names = ("deals", "activities", "activity_changes", "notes", "stage_changes", "calls", "conversations")
    given = [records.get(name, ()) for name in names]
    return list(check_discipline(*given, workspace.settings, as_of, reviewed_deal_ids=reviewed))


def told(violations: Iterable[Violation]) -> list[Violation]:
    """Without what only one of both rules says: how many calls of the day were logged."""
    return [replace(item, detail="") if item.kind is ViolationKind.CALL_NOT_LOGGED else item for item in violations]
