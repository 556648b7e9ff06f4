"""Links of calendars, days on which they were fetched, and what calendar programs were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from qc_workbench.domain.calendar import CalendarLink, ToldEvent
from qc_workbench.domain.commitment import KEPT_OUTCOMES, Action, Commitment, DueWindow
from qc_workbench.store.database import Reader, Statement, insert, insert_all
from qc_workbench.store.verdicts import commitment_of

_KEPT: Final = ", ".join(f"'{outcome.value}'" for outcome in sorted(KEPT_OUTCOMES))


def links_of(reader: Reader, person_id: str) -> list[CalendarLink]:
    """All that a person ever had, oldest first."""
    rows = reader.rows("select * from calendar_links where person_id = ? order by made_at", person_id)
    return [CalendarLink(**row) for row in rows]


def standing_links(reader: Reader) -> list[CalendarLink]:
    """The last of everybody, those that were shut left out."""
    rows = reader.rows(
        """
        select * from calendar_links qualify row_number() over (partition by person_id order by made_at desc) = 1
        """
    )
    return [CalendarLink(**row) for row in rows if row["token_hash"]]


def link_row(link: CalendarLink) -> Statement:
    return insert(
        "calendar_links",
        {
            "person_id": link.person_id,
            "made_at": link.made_at,
            "token_hash": link.token_hash,
            "language": link.language,
            "made_by": link.made_by,
        },
    )


def read_on(reader: Reader, token_hash: str) -> date | None:
    """The last day on which a calendar was fetched with this link."""
    found: date | None = reader.value("select max(read_on) from calendar_reads where token_hash = ?", token_hash)
    return found


def read_noted(token_hash: str, day: date) -> Statement:
    return Statement("insert into calendar_reads values (?, ?) on conflict do nothing", (token_hash, day))


def told_events(reader: Reader, person_id: str) -> dict[str, ToldEvent]:
    """By commitment."""
    rows = reader.rows("select * from calendar_events where person_id = ?", person_id)
    return {
        row["commitment_id"]: ToldEvent(
            row["commitment_id"],
            row["call_id"],
            DueWindow(row["due_from"], row["due_to"], row["time_from"], row["time_to"]),
            row["is_cancelled"],
            row["sequence"],
            row["changed_at"],
            row["digest"],
        )
        for row in rows
    }


def events_told(person_id: str, found: Sequence[ToldEvent]) -> list[Statement]:
    rows = [
        {
            "person_id": person_id,
            "commitment_id": item.commitment_id,
            "call_id": item.call_id,
            "due_from": item.due.due_from,
            "due_to": item.due.due_to,
            "time_from": item.due.time_from,
            "time_to": item.due.time_to,
            "is_cancelled": item.is_cancelled,
            "sequence": item.sequence,
            "changed_at": item.changed_at,
            "digest": item.digest,
        }
        for item in found
    ]
    return insert_all("calendar_events", rows, replace=True)


def waiting_callbacks(reader: Reader, agent_id: str, since: date) -> list[Commitment]:
    """Callbacks promised in an agent's calls that were not made yet, due since a day. Not to an erased client."""
    rows = reader.rows(
        f"""
        select p.* from commitments p join calls c using (call_id)
        where c.manager_id = ? and p.action = ? and p.due_to >= ? and p.outcome not in ({_KEPT})
            and not exists (select 1 from erased e where e.kind = 'call' and e.id = p.call_id)
        order by p.due_to, p.commitment_id
        """,  # noqa: S608 - constants of this module
        agent_id,
        Action.CALLBACK.value,
        since,
    )
    return [commitment_of(row) for row in rows]
