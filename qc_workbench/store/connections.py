"""Connected systems: checkpoints, what vendors said of calls, recordings to fetch. Rows to values and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from qc_workbench.domain.telephony import FetchState, Leg, RecordingRef, Rung, TelephonyCall
from qc_workbench.errors import QcwError
from qc_workbench.store.database import Reader, Statement, from_json, to_json

#: Longest text of a parameter of an error that is kept, in characters.
_PARAM_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far a source is read. ``done_until``: everything before is known; ``position``: where its file goes on."""

    source: str
    kind: str
    done_until: datetime | None = None
    position: Mapping[str, Any] = field(default_factory=dict)


def state_of(reader: Reader, source: str, kind: str) -> SourceState:
    """The state of a source; of one that was never read, or read as another kind, an empty one."""
    row = reader.row("select * from source_state where source = ? and kind = ?", source, kind)
    if row is None:
        return SourceState(source, kind)
    return SourceState(source, kind, row["done_until"], from_json(row["position"]))


def state_row(state: SourceState, at: datetime) -> Mapping[str, Any]:
    return {
        "source": state.source,
        "kind": state.kind,
        "done_until": state.done_until,
        "position": to_json(dict(state.position)),
        "updated_at": at,
    }


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One sync that ended. ``counts`` by name; ``skew_s``: the vendor's clock less ours."""

    run_id: str
    source: str
    began_at: datetime
    ended_at: datetime
    since: datetime | None
    until: datetime | None
    counts: Mapping[str, int]
    skew_s: float = 0.0
    error_code: str | None = None
    error_params: Mapping[str, str] = field(default_factory=dict)


def _told_params(error: QcwError | None) -> Mapping[str, str]:
    """What the text of an error is filled in with, as it is kept."""
    return {name: str(value)[:_PARAM_CHARS] for name, value in error.params.items()} if error else {}


def ended_run(
    source: str,
    began: datetime,
    ended: datetime,
    period: tuple[datetime | None, datetime | None],
    counts: Mapping[str, int],
    skew_s: float,
    failed: QcwError | None,
) -> SourceRun:
    """A run as it ended, well or badly. Its id tells it from others of its source by when it began."""
    run_id = hashlib.sha256(f"{source}\0{began.isoformat()}".encode()).hexdigest()[:16]
    code = failed.code if failed else None
    return SourceRun(run_id, source, began, ended, *period, counts, skew_s, code, _told_params(failed))


def run_row(run: SourceRun) -> Mapping[str, Any]:
    return {**asdict(run), "counts": to_json(dict(run.counts)), "error_params": to_json(dict(run.error_params))}


@dataclass(frozen=True, slots=True)
class KnownCall:
    """What is kept of a call that a source gave before."""

    digest: str
    rows: Mapping[str, Mapping[str, Any]]


def known_calls(reader: Reader, call_ids: Sequence[str], *, with_rows: bool) -> dict[str, KnownCall]:
    rows = reader.rows(
        f"select call_id, digest, {'rows' if with_rows else 'null as rows'} from source_calls "  # noqa: S608 - one of two words
        "where call_id in (select unnest(?::varchar[]))",
        list(call_ids),
    )
    return {row["call_id"]: KnownCall(row["digest"], from_json(row["rows"]) or {}) for row in rows}


def source_call_row(
    call_id: str,
    source: str,
    call: TelephonyCall,
    rung: Rung | None,
    rows: Mapping[str, Mapping[str, Any]],
    digest: str,
    at: datetime,
) -> Mapping[str, Any]:
    return {
        "call_id": call_id,
        "source": source,
        "digest": digest,
        "rows": to_json(rows),
        "rung": rung.value if rung else None,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "total_s": call.total_s,
        "first_time": call.first_time,
        "tracking": to_json({key: value for key, value in asdict(call.tracking).items() if value}),
        "crm_refs": to_json(dict(call.crm_refs)),
        "fetched_at": at,
    }


def leg_row(call_id: str, place: int, leg: Leg, manager_id: str) -> Mapping[str, Any]:
    return {
        "call_id": call_id,
        "place": place,
        "manager_id": manager_id,
        "agent": leg.agent.key if leg.agent else None,
        "started_at": leg.started_at,
        "wait_s": leg.wait_s,
        "talk_s": leg.talk_s,
        "ending": leg.ending.value,
        "is_transfer": leg.is_transfer,
    }


def without_legs(call_ids: Sequence[str]) -> Statement:
    """Legs of these calls go, before those read anew are written in the same transaction."""
    return Statement("delete from call_legs where call_id in (select unnest(?::varchar[]))", (list(call_ids),))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recording to fetch. ``attempts`` failed so far; ``next_at``: not before."""

    call_id: str
    source: str
    ref: RecordingRef
    state: FetchState
    attempts: int
    next_at: datetime
    error_code: str | None = None
    error_detail: str | None = None


def waiting_of(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        call_id=row["call_id"],
        source=row["source"],
        ref=RecordingRef(row["place"], row["key"], row["expires_at"]),
        state=FetchState(row["state"]),
        attempts=row["attempts"],
        next_at=row["next_at"],
        error_code=row["error_code"],
        error_detail=row["error_detail"],
    )


def waiting_row(item: Waiting, at: datetime) -> Mapping[str, Any]:
    return {
        "call_id": item.call_id,
        "source": item.source,
        "place": item.ref.place,
        "key": item.ref.key,
        "expires_at": item.ref.expires_at,
        "state": item.state.value,
        "attempts": item.attempts,
        "next_at": item.next_at,
        "error_code": item.error_code,
        "error_detail": item.error_detail,
        "updated_at": at,
    }


def queued(reader: Reader, call_ids: Sequence[str]) -> dict[str, Waiting]:
    """What is known of the recordings of these calls, whatever its state."""
    rows = reader.rows("select * from recording_queue where call_id in (select unnest(?::varchar[]))", list(call_ids))
    return {row["call_id"]: waiting_of(row) for row in rows}


def due_recordings(reader: Reader, source: str, now: datetime, limit: int) -> list[Waiting]:
    """Recordings whose turn it is: addresses that expire first, then those that failed least, then the newest call."""
    rows = reader.rows(
        "select q.* from recording_queue q join calls c using (call_id) "
        "where q.source = ? and q.state = 'pending' and q.next_at <= ? "
        "order by q.expires_at nulls last, q.attempts, c.started_at desc, q.call_id limit ?",
        source,
        now,
        limit,
    )
    return [waiting_of(row) for row in rows]


def fetch_counts(reader: Reader, source: str) -> dict[FetchState, int]:
    rows = reader.rows("select state, count(*) as n from recording_queue where source = ? group by 1", source)
    return {FetchState(row["state"]): row["n"] for row in rows}


def recording_states(reader: Reader, call_ids: Sequence[str]) -> dict[str, str]:
    rows = reader.rows(
        "select call_id, state from recordings where call_id in (select unnest(?::varchar[]))", list(call_ids)
    )
    return {row["call_id"]: row["state"] for row in rows}


def imported_at(reader: Reader, call_ids: Sequence[str]) -> dict[str, datetime]:
    """When calls came first."""
    rows = reader.rows(
        "select call_id, imported_at from calls where call_id in (select unnest(?::varchar[]))", list(call_ids)
    )
    return {row["call_id"]: row["imported_at"] for row in rows}
