"""Rows of the import format (docs/data-formats.md) to domain values.

Each entity is a set of columns and a function that reads one row. A row with any bad
value is rejected with *all* its bad values; only a phone among several good ones and
a recording that cannot be used are no reason to lose the row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from qc_workbench.domain.call import Call, Direction, Manager, Outcome, Role
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, Note, Sale, StageChange
from qc_workbench.sources import phones, values
from qc_workbench.sources.cells import Cells, Conventions
from qc_workbench.sources.problems import Problem, Severity, shown
from qc_workbench.sources.tables import Table

Entry = TypeVar("Entry")


def read_manager(cells: Cells) -> Manager:
    return Manager(
        manager_id=cells.key("manager_id"),
        name=cells.required_text("name"),
        role=cells.choice("role", Role) or Role.MANAGER,
        extension=cells.text("extension"),
        group_id=cells.text("group"),
        hired_at=cells.day("hired_at"),
        left_at=cells.day("left_at"),
        attributes=cells.attributes(MANAGERS.columns),
    )


def read_call(cells: Cells) -> Call:
    direction = cells.required_choice("direction", Direction.INBOUND)
    attributes = dict(cells.attributes(CALLS.columns))
    return Call(
        call_id=cells.key("call_id"),
        started_at=cells.required_moment("started_at"),
        direction=direction,
        manager_id=cells.key("manager_id"),
        client_phone=_client_of_call(cells, direction, attributes),
        talk_s=cells.required("talk_s", values.seconds, 0.0),
        outcome=cells.required_choice("outcome", Outcome.ANSWERED),
        wait_s=cells.seconds("wait_s"),
        recording_name=cells.text("recording"),
        source=cells.text("source"),
        medium=cells.text("medium"),
        campaign=cells.text("campaign"),
        keyword=cells.text("keyword"),
        answered_by_role=cells.choice("answered_by_role", Role, Role.MANAGER, Role.HEAD, Role.OWNER),
        group_id=cells.text("group_id"),
        language=cells.optional("language", values.language),
        attributes=attributes,
    )


def _client_of_call(cells: Cells, direction: Direction, attributes: dict[str, str]) -> str | None:
    """An incoming caller may hide the number; who is dialled is always known; inside, extensions are no clients."""
    written = cells.cells.get("client_phone", "")
    if direction is Direction.INTERNAL:
        if written:
            attributes["client_phone"] = written
        return None
    if direction is Direction.OUTBOUND and phones.is_hidden(written):
        cells.note("client_phone", "phone_hidden" if written else "value_missing")
        return None
    return cells.phone("client_phone")


def read_deal(cells: Cells) -> Deal:
    numbers, bad = phones.several_e164(cells.cells.get("client_phone", ""), cells.conventions.phone_region)
    if numbers:
        for written in bad:
            cells.warn("client_phone", "phone_skipped", phone=shown(written))
    elif cells.required_text("client_phone"):
        only = bad[0] if len(bad) == 1 else ""
        cells.required("client_phone", lambda text: phones.e164(only or text, cells.conventions.phone_region), "")
    return Deal(
        deal_id=cells.key("deal_id"),
        client_phones=numbers,
        manager_id=cells.key("manager_id"),
        stage=cells.required_text("stage"),
        status=cells.required_choice("status", DealStatus.OPEN),
        stage_since=cells.moment("stage_since"),
        lost_reason=cells.text("lost_reason"),
        amount=cells.optional("amount", values.money),
        currency=cells.text("currency"),
        created_at=cells.moment("created_at"),
        closed_at=cells.moment("closed_at"),
        source=cells.text("source"),
        client_name=cells.text("client_name"),
        attributes=cells.attributes(DEALS.columns),
    )


def read_stage_change(cells: Cells) -> StageChange:
    return StageChange(
        deal_id=cells.key("deal_id"),
        changed_at=cells.required_moment("changed_at"),
        to_stage=cells.text("to_stage"),
        from_stage=cells.text("from_stage"),
        changed_by=cells.reference("changed_by"),
    )


def read_activity(cells: Cells) -> Activity:
    return Activity(
        activity_id=cells.key("activity_id"),
        manager_id=cells.key("manager_id"),
        type=cells.required_choice("type", ActivityType.TASK),
        created_at=cells.required_moment("created_at"),
        deal_id=cells.reference("deal_id"),
        client_phone=cells.phone("client_phone"),
        subject=cells.text("subject"),
        due_at=cells.moment("due_at"),
        done_at=cells.moment("done_at"),
        result=cells.text("result"),
        attributes=cells.attributes(ACTIVITIES.columns),
    )


def read_activity_change(cells: Cells) -> ActivityChange:
    return ActivityChange(
        activity_id=cells.key("activity_id"),
        changed_at=cells.required_moment("changed_at"),
        field=cells.key("field"),
        old_value=cells.text("old_value"),
        new_value=cells.text("new_value"),
        changed_by=cells.reference("changed_by"),
    )


def read_note(cells: Cells) -> Note:
    return Note(
        note_id=cells.key("note_id"),
        created_at=cells.required_moment("created_at"),
        text=cells.required_text("text"),
        deal_id=cells.reference("deal_id"),
        client_phone=cells.phone("client_phone"),
        author_id=cells.reference("author_id"),
        pinned=cells.optional("pinned", values.yes_or_no) or False,
    )


def read_sale(cells: Cells) -> Sale:
    return Sale(
        sale_id=cells.key("sale_id"),
        sold_at=cells.required_day("sold_at"),
        amount=cells.required("amount", lambda text: values.money(text, may_be_negative=True), Decimal(0)),
        client_phone=cells.phone("client_phone"),
        client_name=cells.text("client_name"),
        manager_id=cells.reference("manager_id"),
    )


@dataclass(frozen=True, slots=True)
class Entity(Generic[Entry]):
    """One table of the format: its columns, how a row is read and what makes a row unique."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Cells], Entry]
    key: Callable[[Entry], tuple[object, ...]]
    key_column: str
    keeps_attributes: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


MANAGERS: Entity[Manager] = Entity(
    "managers",
    ("manager_id", "name"),
    ("role", "extension", "group", "hired_at", "left_at"),
    read_manager,
    lambda manager: (manager.manager_id,),
    "manager_id",
    keeps_attributes=True,
)
CALLS: Entity[Call] = Entity(
    "calls",
    ("call_id", "started_at", "direction", "manager_id", "client_phone", "talk_s", "outcome"),
    ("wait_s", "recording", "source", "medium", "campaign", "keyword", "answered_by_role", "group_id", "language"),
    read_call,
    lambda call: (call.call_id,),
    "call_id",
    keeps_attributes=True,
)
DEALS: Entity[Deal] = Entity(
    "deals",
    ("deal_id", "client_phone", "manager_id", "stage", "status"),
    ("stage_since", "lost_reason", "amount", "currency", "created_at", "closed_at", "source", "client_name"),
    read_deal,
    lambda deal: (deal.deal_id,),
    "deal_id",
    keeps_attributes=True,
)
STAGE_CHANGES: Entity[StageChange] = Entity(
    "stage_changes",
    ("deal_id", "changed_at"),
    ("from_stage", "to_stage", "changed_by"),
    read_stage_change,
    lambda change: (change.deal_id, change.changed_at),
    "changed_at",
)
ACTIVITIES: Entity[Activity] = Entity(
    "activities",
    ("activity_id", "manager_id", "type", "created_at"),
    ("deal_id", "client_phone", "subject", "due_at", "done_at", "result"),
    read_activity,
    lambda activity: (activity.activity_id,),
    "activity_id",
    keeps_attributes=True,
)
ACTIVITY_CHANGES: Entity[ActivityChange] = Entity(
    "activity_changes",
    ("activity_id", "changed_at", "field"),
    ("old_value", "new_value", "changed_by"),
    read_activity_change,
    lambda change: (change.activity_id, change.changed_at, change.field),
    "activity_id",
)
NOTES: Entity[Note] = Entity(
    "notes",
    ("note_id", "created_at", "text"),
    ("deal_id", "client_phone", "author_id", "pinned"),
    read_note,
    lambda note: (note.note_id,),
    "note_id",
)
SALES: Entity[Sale] = Entity(
    "sales",
    ("sale_id", "sold_at", "amount"),
    ("client_phone", "client_name", "manager_id"),
    read_sale,
    lambda sale: (sale.sale_id,),
    "sale_id",
)


@dataclass(frozen=True, slots=True)
class Placed(Generic[Entry]):
    """A value and the row it came from, for problems found later."""

    row: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Entries(Generic[Entry]):
    """What one table gave: the good values, and what was wrong. ``rejected_rows`` counts rows, not problems."""

    file: str | None = None
    placed: tuple[Placed[Entry], ...] = ()
    problems: tuple[Problem, ...] = ()
    rejected_rows: int = 0

    @property
    def values(self) -> tuple[Entry, ...]:
        return tuple(item.entry for item in self.placed)


def read_entries(entity: Entity[Entry], table: Table, conventions: Conventions) -> Entries[Entry]:
    """Every row of a table whose header is good. Of rows with the same key the first one counts."""
    problems: list[Problem] = list(table.problems)
    broken = {problem.row for problem in table.problems if problem.row is not None}
    placed: list[Placed[Entry]] = []
    first_rows: dict[tuple[object, ...], int] = {}
    if not entity.keeps_attributes:
        strangers = [name for name in dict.fromkeys(table.columns) if name not in entity.columns]
        problems.extend(
            Problem(table.file, table.header_row, name, name, "column_ignored", {}, Severity.WARNING)
            for name in strangers
        )
    for row in table.rows:
        cells = Cells(table, row, conventions)
        entry = entity.read(cells)
        if not cells.rejected:
            key = entity.key(entry)
            if key in first_rows:
                cells.note(entity.key_column, "duplicate_id", first_row=first_rows[key])
            else:
                first_rows[key] = row.number
                placed.append(Placed(row.number, entry))
        if cells.rejected:
            broken.add(row.number)
        problems.extend(cells.problems)
    return Entries(table.file, tuple(placed), tuple(problems), len(broken))
