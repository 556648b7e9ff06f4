"""The company in parts: calls and CRM records of some clients together, so that they can be judged part by part.

Numbers that share a deal are one client, and so is a number that a task or a note of a deal names: whatever is
judged of a client is in one part. A client's part is a hash of its first number; what belongs to no client
(a hidden number, a task of nobody) goes by its own id. Parts are disjoint and together they are everything,
except what is kept of erased persons, which is not judged any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qc_workbench.domain.call import Call
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, Note, StageChange
from qc_workbench.domain.flag import Conversation
from qc_workbench.store.calls import call_of
from qc_workbench.store.crm import activity_change_of, activity_of, deal_of, stage_change_of
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.verdicts import conversation_of

#: First number of each deal (its id where it has none), and what joins several numbers to one client.
_KEYS = """
    kept_deals as (
        select *, coalesce(client_phones->>'$[0]', deal_id) as key from deals
        where deal_id not in (select id from erased where kind = 'deal')
    ),
    kept_calls as (select * from calls where call_id not in (select id from erased where kind = 'call'))"""
_LINKS = f"""
    with {_KEYS},
    numbers as (
        select key, unnest(from_json(client_phones, '["VARCHAR"]')) as phone
        from kept_deals where json_array_length(client_phones) > 1
        union
        select d.key, a.client_phone from activities a join kept_deals d using (deal_id)
        where a.client_phone is not null and a.client_phone <> d.key
        union
        select d.key, n.client_phone from notes n join kept_deals d using (deal_id)
        where n.client_phone is not null and n.client_phone <> d.key
    )
    select key, phone from numbers where phone <> key order by key, phone
    """  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Links:
    """Numbers (or ids of deals without one) that belong to a client of another first number."""

    names: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """``number`` of ``of`` parts."""

    number: int
    of: int
    links: Links


@dataclass(frozen=True, slots=True)
class PartRows:
    """What one part holds. From ``detected`` on: rows as they are kept."""

    calls: list[Call]
    conversations: Mapping[str, Conversation]
    deals: list[Deal]
    stage_changes: list[StageChange]
    activities: list[Activity]
    activity_changes: list[ActivityChange]
    notes: list[Note]
    detected: list[Row]
    commitments: list[Row]
    refusals: list[Row]
    deal_findings: list[Row]


def parts(reader: Reader, calls_a_part: int) -> tuple[Part, ...]:
    """As many parts as keep each at about ``calls_a_part`` calls."""
    count = max(1, -(-int(reader.value("select count(*) from calls")) // calls_a_part))
    links = _links(reader)
    return tuple(Part(number, count, links) for number in range(count))


def _links(reader: Reader) -> Links:
    parent: dict[str, str] = {}

    def first(name: str) -> str:
        while parent.get(name, name) != name:
            name = parent[name]
        return name

    for row in reader.rows(_LINKS):
        one, other = first(row["key"]), first(row["phone"])
        if one != other:
            parent[max(one, other)] = min(one, other)
    return Links(tuple(parent), tuple(map(first, parent)))


def part_rows(reader: Reader, part: Part) -> PartRows:
    """Everything of one part, each list in the order of the tables' own readers."""

    def of(key: str, rest: str) -> list[Row]:
        return reader.rows(
            f"""
            with {_KEYS},
            links as (select unnest(?::varchar[]) as name, unnest(?::varchar[]) as client),
            keyed as (select {key} as part_key, {rest.partition(" order by ")[0]}),
            placed as (
                select k.*, hash(coalesce(l.client, k.part_key)) % ?::ubigint as part
                from keyed k left join links l on l.name = k.part_key
            )
            select * exclude (part_key, part) from placed where part = ?::ubigint
            order by {rest.partition(" order by ")[2]}
            """,  # noqa: S608 - literals of this function
            list(part.links.names),
            list(part.links.clients),
            part.of,
            part.number,
        )

    call_key = "coalesce(c.client_phone, c.call_id)"
    task_key = "coalesce(d.key, a.client_phone, a.activity_id)"
    return PartRows(
        calls=[call_of(row) for row in of(call_key, "c.* from kept_calls c order by started_at, call_id")],
        conversations={
            row["call_id"]: conversation_of(row)
            for row in of(call_key, "v.* from kept_calls c join conversations v using (call_id) order by call_id")
        },
        deals=[deal_of(row) for row in of("d.key", "d.* exclude (key) from kept_deals d order by deal_id")],
        stage_changes=[
            stage_change_of(row)
            for row in of(
                "d.key", "s.* from stage_changes s join kept_deals d using (deal_id) order by changed_at, deal_id"
            )
        ],
        activities=[
            activity_of(row)
            for row in of(
                task_key,
                "a.* from activities a left join kept_deals d using (deal_id) order by created_at, activity_id",
            )
        ],
        activity_changes=[
            activity_change_of(row)
            for row in of(
                task_key,
                "m.* from activity_changes m join activities a using (activity_id) "
                "left join kept_deals d on d.deal_id = a.deal_id order by changed_at, activity_id, field",
            )
        ],
        notes=[
            Note(**row)
            for row in of(
                "coalesce(d.key, n.client_phone, n.note_id)",
                "n.* from notes n left join kept_deals d using (deal_id) order by created_at, note_id",
            )
        ],
        detected=of(call_key, "h.* from kept_calls c join detected h using (call_id) order by call_id"),
        commitments=of(call_key, "p.* from kept_calls c join commitments p using (call_id) order by commitment_id"),
        refusals=of(call_key, "r.* from kept_calls c join refusals r using (call_id) order by call_id"),
        deal_findings=of(
            "coalesce(d.key, f.deal_id)",
            "f.* from deal_findings f left join kept_deals d using (deal_id) order by deal_id",
        ),
    )
