"""The order in the CRM, rule by rule: each is a query of its own in ``rules/``, readable without this program.

A rule says which thing broke it, whose it is, when, and what shows it. ``rules/_crm.sql`` says what all of them read:
the CRM and the telephone system as they stood at a moment. :class:`Order` makes that once and asks the rules of it.

* A breach is a suggestion until a named person confirms it.
* What is not known is held against nobody: a rule whose export was never imported is silent (no notes at all means
  "notes are kept elsewhere"), and calls that were not examined are no conversations.
* ``violation_id`` hashes the rule and the thing that broke it, with the moment since when where a thing can break a
  rule more than once; not the moment of the check. So a second run gives the same ids.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

import pyarrow as pa

from qc_workbench.domain.violation import ViolationKind
from qc_workbench.store.database import Reader

#: What a rule can't do without: where the company keeps none of it, its absence says nothing.
NEEDS: Final[Mapping[ViolationKind, str]] = {
    ViolationKind.NO_TASK: "tasks",
    ViolationKind.NO_NOTE: "known_notes",
    ViolationKind.CALL_NOT_LOGGED: "tasks",
    ViolationKind.NO_DEAL: "known_deals",
    ViolationKind.MISSED_WITHOUT_DEAL: "known_deals",
    ViolationKind.SALE_NOT_IN_CRM: "known_deals",
    ViolationKind.NOTE_NOT_PINNED: "known_notes where pinned",  # some CRMs export no pins
    ViolationKind.ANONYMOUS_SALE: "sales where client_phone is not null or client_name is not null",
}
#: Columns of ``violations`` that a rule gives, in their order.
COLUMNS: Final = ("violation_id", "kind", "manager_id", "happened_at", "call_id", "deal_id", "activity_id", "detail")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the company asks of its agents, and when its days are.

    ``working``: each day with the working day on or after it, without a gap, from before the first record to a month
    after ``as_of``. ``reviewed``: lost deals that the head of sales has ruled on.
    """

    as_of: datetime
    zone: str
    day_starts: time
    day_ends: time
    note_within_hours: float
    callback_within_minutes: int
    open_deals_at_most: int
    dragged_days_at_most: int
    stage_limits_days: Mapping[str, int]
    working: Mapping[date, date]
    reviewed: Collection[str] = ()


@cache
def _text(name: str) -> str:
    return (files("qc_workbench.store") / "rules" / f"{name}.sql").read_text(encoding="utf-8")


def rule_text(kind: ViolationKind) -> str:
    """The query of a rule as it stands in its file, with the sentence that says what it means."""
    return _text(kind.value)


@cache
def _read_by(kinds: frozenset[ViolationKind]) -> tuple[str, ...]:
    """The statements of ``_crm.sql`` whose tables these rules read, or the tables that they read do."""
    words = {"deal_phones"}.union(*(_words(f"{rule_text(kind)} {NEEDS.get(kind, '')}") for kind in kinds))
    needed: list[str] = []
    for statement in reversed(re.split(r";\n", _text("_crm"))):  # each reads only what comes before it
        name = re.search(r"^create or replace temp table (\w+) as\b", statement, re.MULTILINE)
        assert name is not None
        if name[1] in words:
            needed.append(statement)
            words |= _words(statement)
    return tuple(reversed(needed))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", re.sub(r"--.*", "", text)))


def first_day(reader: Reader, as_of: datetime) -> date:
    """A day before every record that a rule may ask about, at most thirty years back."""
    found = reader.value(
        """
        select min(moment) from (
            select min(started_at) as moment from calls union all select min(created_at) from deals
            union all select min(stage_since) from deals union all select min(closed_at) from deals
            union all select min(created_at) from activities union all select min(due_at) from activities
            union all select min(done_at) from activities union all select min(created_at) from notes
            union all select min(changed_at) from stage_changes union all select min(sold_at) from sales)
        """
    )
    far = (as_of - timedelta(days=30 * 365)).date()
    return max(far, (found or as_of).date() - timedelta(days=2))


@dataclass(frozen=True, slots=True)
class Order:
    """The CRM at a moment under some terms, within one reading; a second one in the same reading replaces it."""

    reader: Reader

    @classmethod
    def at(cls, reader: Reader, terms: Terms, kinds: Collection[ViolationKind] = tuple(ViolationKind)) -> Order:
        """What ``kinds`` read, the only rules that can be asked then.

        For all rules this takes two seconds with a million calls; each rule then some tenths.
        """
        given = {
            "as_of": ("timestamptz", terms.as_of),
            "zone": ("varchar", terms.zone),
            "day_starts": ("time", terms.day_starts),
            "day_ends": ("time", terms.day_ends),
            "note_within_hours": ("double", terms.note_within_hours),
            "callback_within_minutes": ("integer", terms.callback_within_minutes),
            "open_deals_at_most": ("integer", terms.open_deals_at_most),
            "dragged_days_at_most": ("integer", terms.dragged_days_at_most),
        }
        for name, (sql_type, value) in given.items():
            # Functions of constants: a table of one row to join with makes a million comparisons of it.
            reader.arrow(f"set variable {name} = ?::{sql_type}", value)
            reader.arrow(f"create or replace temp macro {name}() as getvariable('{name}')")
        tables: Mapping[str, tuple[str, tuple[object, ...]]] = {
            "reviewed": ("unnest(?::varchar[]) as deal_id", (list(terms.reviewed),)),
            "stage_limits": (
                "unnest(?::varchar[]) as stage, unnest(?::integer[]) as days",
                (list(terms.stage_limits_days), list(terms.stage_limits_days.values())),
            ),
            "working": (
                "unnest(?::date[]) as day, unnest(?::date[]) as works_on",
                (list(terms.working), list(terms.working.values())),
            ),
        }
        for name, (columns, parameters) in tables.items():
            reader.arrow(f"create or replace temp table {name} as select {columns}", *parameters)
        for statement in _read_by(frozenset(kinds)):
            reader.arrow(statement)
        return cls(reader)

    def breaches(self, kind: ViolationKind) -> pa.Table:
        """What broke a rule: the columns of ``violations`` but for time. No rows where it is silent."""
        return self.reader.arrow(self._rule(kind))

    def keep(self, kinds: Iterable[ViolationKind], name: str = "found") -> int:
        """Put what broke some rules into a table of this reading, for other questions; how many."""
        columns = ", ".join(COLUMNS)
        self.reader.arrow(
            f"create or replace temp table {name} as select {columns} from violations where false"  # noqa: S608 - a name of the program
        )
        for kind in kinds:
            self.reader.arrow(f"insert into {name} {self._rule(kind)}")
        return int(self.reader.value(f"select count(*) from {name}"))  # noqa: S608 - as above

    def _rule(self, kind: ViolationKind) -> str:
        needed = NEEDS.get(kind)
        kept = needed is None or self.reader.value(f"select 1 from {needed} limit 1") is not None  # noqa: S608 - as above
        return f"""
        with broken as (
            select null::varchar as call_id, null::varchar as deal_id, null::varchar as activity_id, '' as detail,
                   null::varchar as phone, null::varchar as thing, null::varchar as manager_id,
                   null::timestamptz as happened_at, null::timestamptz as since, null::timestamptz as started_at
            where false
            union all by name select * from ({rule_text(kind)}) where {str(kept).lower()}
        ),
        -- The client's deal that a call belongs to: the newest that existed, else the first made afterwards.
        belonging as (
            select b.call_id, coalesce(
                arg_max(p.deal_id, (coalesce(p.created_at, 'epoch'), p.deal_id))
                    filter (coalesce(p.created_at, 'epoch') <= b.started_at),
                arg_min(p.deal_id, (coalesce(p.created_at, 'epoch'), p.deal_id))) as its_deal
            from broken b join deal_phones p using (phone) group by b.call_id
        )
        select substr(sha256(concat_ws(chr(0), '{kind.value}', thing,
                   replace(strftime(timezone('UTC', since), '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '') || '+00:00'
               )), 1, 20) as violation_id,
               '{kind.value}' as kind, manager_id, happened_at, b.call_id, coalesce(b.deal_id, g.its_deal) as deal_id,
               activity_id, coalesce(detail, '') as detail
        from broken b left join belonging g on g.call_id = b.call_id and b.phone is not null
        """  # noqa: S608 - files of this package
