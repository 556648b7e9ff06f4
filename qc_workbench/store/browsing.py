"""Questions the pages ask: counts, lists of one screen, everything about one client."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import ClientSaid, Commitment, Refusal
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, Note
from qc_workbench.domain.flag import AnsweredBy, Conversation, Flag
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.store.calls import call_of, recording_of
from qc_workbench.store.crm import activity_of, deal_of
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.listening import acoustics as acoustics_of_hash
from qc_workbench.store.samples import sampled_of
from qc_workbench.store.verdicts import commitment_of, flag_of


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Calls of one day in the company's zone. ``counted``: the CRM counts them as effective."""

    day: date
    calls: int
    counted: int
    verified: int  # counted, and a live conversation was heard
    refuted: int  # counted, and no live conversation was heard
    unexamined: int  # counted, and not (or not surely) examined


@dataclass(frozen=True, slots=True)
class StoreCounts:
    calls: int
    first_at: datetime | None
    last_at: datetime | None
    audible: int
    transcribed: int
    failures: int
    inbound: int
    missed_inbound: int


@dataclass(frozen=True, slots=True)
class Failure:
    step: str
    code: str
    params: str


def day_counts(reader: Reader, zone: str, counted_from_s: float) -> list[DayCounts]:
    rows = reader.rows(
        """
        with marked as (
            select cast(timezone(?, c.started_at) as date) as day,
                   c.outcome = 'answered' and c.talk_s >= ? as counted, v.verified_effective as verified
            from calls c left join conversations v using (call_id) where c.direction <> 'internal'
        )
        select day, count(*) as calls, count(*) filter (counted) as counted,
               count(*) filter (counted and verified) as verified,
               count(*) filter (counted and not verified) as refuted,
               count(*) filter (counted and verified is null) as unexamined
        from marked group by day order by day
        """,
        zone,
        counted_from_s,
    )
    return [DayCounts(**row) for row in rows]


def store_counts(reader: Reader) -> StoreCounts:
    row = reader.row(
        """
        select count(*) as calls, min(started_at) as first_at, max(started_at) as last_at,
               (select count(*) from recordings where state in ('ready', 'truncated')) as audible,
               (select count(*) from transcripts) as transcribed,
               (select count(*) from failures) as failures,
               count(*) filter (direction = 'inbound') as inbound,
               count(*) filter (direction = 'inbound' and outcome <> 'answered') as missed_inbound
        from calls
        """
    )
    assert row is not None
    return StoreCounts(**row)


def calls_by_id(reader: Reader, call_ids: Collection[str]) -> dict[str, Call]:
    rows = reader.rows("select * from calls where call_id in (select unnest(?))", list(call_ids))
    return {row["call_id"]: call_of(row) for row in rows}


def recordings_by_call(reader: Reader, call_ids: Collection[str]) -> dict[str, Recording]:
    rows = reader.rows("select * from recordings where call_id in (select unnest(?))", list(call_ids))
    return {row["call_id"]: recording_of(row) for row in rows}


def recording_with_hash(reader: Reader, content_hash: str) -> Recording | None:
    """Any recording that keeps its sound under this hash."""
    row = reader.row(
        "select * from recordings where content_hash = ? and path is not null order by call_id limit 1", content_hash
    )
    return recording_of(row) if row else None


def latest_calls(reader: Reader, manager_id: str | None, search: str, limit: int) -> list[Call]:
    """The newest calls, of one agent if given, whose number holds the digits searched or whose client is so named."""
    digits = "".join(char for char in search if char.isdigit())
    named = search.strip().lower()
    rows = reader.rows(
        """
        select c.* from calls c
        where (? is null or c.manager_id = ?)
          and (? = '' or (? <> '' and contains(coalesce(c.client_phone, ''), ?)) or c.call_id = ? or exists (
                select 1 from deals d where contains(lower(coalesce(d.client_name, '')), ?)
                and list_contains(from_json(d.client_phones, '["VARCHAR"]'), c.client_phone)))
        order by c.started_at desc, c.call_id limit ?
        """,
        manager_id,
        manager_id,
        named,
        digits,
        digits,
        search.strip(),
        named,
        limit,
    )
    return [call_of(row) for row in rows]


def calls_with_phones(reader: Reader, phones: Collection[str]) -> list[Call]:
    rows = reader.rows(
        "select * from calls where client_phone in (select unnest(?)) order by started_at, call_id", list(phones)
    )
    return [call_of(row) for row in rows]


def deals_of_phones(reader: Reader, phones: Collection[str]) -> list[Deal]:
    """Deals of these clients, newest first."""
    if not phones:
        return []
    rows = reader.rows(
        """
        select * from deals where list_has_any(from_json(client_phones, '["VARCHAR"]'), ?)
        order by created_at desc nulls last, deal_id
        """,
        list(phones),
    )
    return [deal_of(row) for row in rows]


def _of_client(reader: Reader, table: str, order: str, deal_ids: Collection[str], phone: str | None) -> list[Row]:
    return reader.rows(
        f"select * from {table} where deal_id in (select unnest(?)) or client_phone = ? order by {order}",  # noqa: S608 - both are literals of this module
        list(deal_ids),
        phone,
    )


def activities_of(reader: Reader, deal_ids: Collection[str], phone: str | None) -> list[Activity]:
    return [activity_of(row) for row in _of_client(reader, "activities", "created_at", deal_ids, phone)]


def notes_of(reader: Reader, deal_ids: Collection[str], phone: str | None) -> list[Note]:
    return [Note(**row) for row in _of_client(reader, "notes", "created_at", deal_ids, phone)]


def activities_by_id(reader: Reader, activity_ids: Collection[str]) -> dict[str, Activity]:
    rows = reader.rows("select * from activities where activity_id in (select unnest(?))", list(activity_ids))
    return {row["activity_id"]: activity_of(row) for row in rows}


def due_moves(reader: Reader, activity_ids: Collection[str]) -> list[ActivityChange]:
    """Moves of due dates, oldest first."""
    rows = reader.rows(
        """
        select * from activity_changes where field = 'due_at' and activity_id in (select unnest(?))
        order by changed_at
        """,
        list(activity_ids),
    )
    return [ActivityChange(**row) for row in rows]


def flags_of_call(reader: Reader, call_id: str) -> list[Flag]:
    rows = reader.rows("select * from flags where retired_at is null and call_id = ? order by kind", call_id)
    return [flag_of(row) for row in rows]


def commitments_of_call(reader: Reader, call_id: str) -> list[Commitment]:
    rows = reader.rows("select * from commitments where call_id = ? order by start_s", call_id)
    return [commitment_of(row) for row in rows]


def commitments_as_of(reader: Reader) -> datetime | None:
    """The moment the outcomes of promises stand at."""
    found: datetime | None = reader.value("select max(as_of) from commitments")
    return found


def conversation_of_call(reader: Reader, call_id: str) -> Conversation | None:
    row = reader.row("select * from conversations where call_id = ?", call_id)
    return Conversation(**{**row, "answered_by": AnsweredBy(row["answered_by"])}) if row else None


def refusal_of_call(reader: Reader, call_id: str) -> Refusal | None:
    row = reader.row("select * from refusals where call_id = ?", call_id)
    return Refusal(**{**row, "client_said": ClientSaid(row["client_said"])}) if row else None


def sample_of_call(reader: Reader, call_id: str) -> list[SampledCall]:
    """The draws a call is in, the oldest first."""
    return [sampled_of(row) for row in reader.rows("select * from sample where call_id = ? order by drawn_at", call_id)]


def counted_by_agent(reader: Reader, counted_from_s: float) -> dict[str, int]:
    """manager_id -> calls with clients that the CRM counts as effective."""
    rows = reader.rows(
        """
        select manager_id, count(*) as n from calls
        where outcome = 'answered' and talk_s >= ? and direction <> 'internal' group by manager_id
        """,
        counted_from_s,
    )
    return {row["manager_id"]: int(row["n"]) for row in rows}


def failures_of_call(reader: Reader, call_id: str) -> list[Failure]:
    rows = reader.rows("select step, code, params from failures where call_id = ? order by step", call_id)
    return [Failure(**row) for row in rows]


def acoustics_of_recording(reader: Reader, recording: Recording | None) -> Acoustics | None:
    if recording is None or recording.content_hash is None:
        return None
    return acoustics_of_hash(reader, recording.content_hash)
