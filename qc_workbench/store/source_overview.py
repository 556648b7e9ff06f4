"""What the page of connections reads of sources, and what people do to them. Rows to values and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.connection import FetchTrouble, PausedBy, Reject, SourceFacts, SyncRun
from qc_workbench.domain.telephony import FetchState
from qc_workbench.store.database import Reader, Statement, from_json, insert, insert_all

_DAY: Final = timedelta(hours=24)
#: Rejects of readings so old are not shown any more.
_REJECTS_SHOWN: Final = timedelta(days=7)


def facts(reader: Reader, now: datetime) -> dict[str, SourceFacts]:
    """Every source of which anything is known. A folder's readings are its imports that changed something."""
    last = {row["source"]: _run(row) for row in _latest(reader, "true")}
    good = {row["source"]: _run(row) for row in _latest(reader, "error_code is null")}
    for source, run in _folders(reader).items():
        if source not in last or last[source].ended_at < run.ended_at:
            last[source] = good[source] = run
    states = {row["source"]: row["done_until"] for row in reader.rows("select source, done_until from source_state")}
    days, runs = _day(reader, now)
    recordings, next_at = _recordings(reader)
    troubles, rejects, pauses = _troubles(reader), _rejects(reader, now), paused(reader)
    return {
        source: SourceFacts(
            last=last.get(source),
            last_good=good.get(source),
            done_until=states.get(source),
            day=days.get(source, {}),
            day_runs=runs.get(source, 0),
            recordings=recordings.get(source, {}),
            troubles=tuple(troubles.get(source, ())),
            next_fetch_at=next_at.get(source),
            rejects=tuple(rejects.get(source, ())),
            paused=pauses.get(source),
        )
        for source in {*last, *states, *recordings, *pauses}
    }


def paused(reader: Reader) -> dict[str, PausedBy]:
    """Sources that somebody has paused."""
    rows = reader.rows(
        "select * from source_moves qualify row_number() over (partition by source order by made_at desc) = 1"
    )
    return {row["source"]: PausedBy(row["made_by"], row["made_at"]) for row in rows if row["is_paused"]}


def moved(source: str, is_paused: bool, by: str, at: datetime) -> Statement:
    return insert("source_moves", {"source": source, "is_paused": is_paused, "made_by": by, "made_at": at})


def rejected(run_id: str, source: str, amounts: Mapping[tuple[str, str | None], int]) -> Sequence[Statement]:
    """Rows of a sync that could not be read: (reason, field) -> how many."""
    return insert_all(
        "source_rejects",
        [
            {"run_id": run_id, "source": source, "code": code, "field": field, "amount": amount}
            for (code, field), amount in sorted(amounts.items(), key=str)
        ],
    )


def runs_of(reader: Reader, source: str, limit: int, offset: int = 0) -> list[SyncRun]:
    """The newest first."""
    rows = reader.rows(
        "select * from source_runs where source = ? order by ended_at desc, run_id limit ? offset ?",
        source,
        limit,
        offset,
    )
    return [_run(row) for row in rows]


def runs_total(reader: Reader, source: str) -> int:
    return int(reader.value("select count(*) from source_runs where source = ?", source) or 0)


def fetch_again(source: str, codes: Collection[str], at: datetime) -> Statement:
    """Recordings that were given up for these reasons are waited for again, from the first attempt."""
    return Statement(
        "update recording_queue set state = 'pending', attempts = 0, next_at = ?, updated_at = ? "
        "where source = ? and state = 'failed' and error_code in (select unnest(?::varchar[]))",
        (at, at, source, sorted(codes)),
    )


def _latest(reader: Reader, condition: str) -> Sequence[Mapping[str, Any]]:
    return reader.rows(
        f"select * from source_runs where {condition} "  # noqa: S608 - literals of this module
        "qualify row_number() over (partition by source order by ended_at desc) = 1"
    )


def _run(row: Mapping[str, Any]) -> SyncRun:
    return SyncRun(
        row["began_at"], row["ended_at"], from_json(row["counts"]), row["since"], row["until"], row["skew_s"],
        row["error_code"], from_json(row["error_params"]) or {},
    )  # fmt: skip


def _folders(reader: Reader) -> dict[str, SyncRun]:
    rows = reader.rows(
        "select source, finished_at, counts from imports "
        "qualify row_number() over (partition by source order by finished_at desc) = 1"
    )
    return {
        row["source"]: SyncRun(row["finished_at"], row["finished_at"], _of_import(from_json(row["counts"])))
        for row in rows
    }


def _of_import(counts: Mapping[str, Any]) -> dict[str, int]:
    """Calls of an import, by the names that syncs use."""
    calls = (counts.get("entities") or {}).get("calls") or {}
    return {name: int(calls[name]) for name in ("new", "updated", "unchanged", "rejected") if name in calls}


def _day(reader: Reader, now: datetime) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    runs: dict[str, int] = defaultdict(int)
    for row in reader.rows("select source, counts from source_runs where ended_at > ?", now - _DAY):
        runs[row["source"]] += 1
        for name, amount in from_json(row["counts"]).items():
            sums[row["source"]][name] += int(amount)
    return {source: dict(counts) for source, counts in sums.items()}, dict(runs)


def _recordings(reader: Reader) -> tuple[dict[str, dict[FetchState, int]], dict[str, datetime]]:
    found: dict[str, dict[FetchState, int]] = {}
    next_at: dict[str, datetime] = {}
    for row in reader.rows(
        "select source, state, count(*) as n, min(next_at) as next_at from recording_queue group by all"
    ):
        found.setdefault(row["source"], {})[FetchState(row["state"])] = row["n"]
        if row["state"] == FetchState.PENDING:
            next_at[row["source"]] = row["next_at"]
    return found, next_at


def _troubles(reader: Reader) -> dict[str, list[FetchTrouble]]:
    found: dict[str, list[FetchTrouble]] = {}
    for row in reader.rows(
        "select source, state, error_code, error_detail, count(*) as n from recording_queue "
        "where error_code is not null and state in ('pending', 'failed') group by all "
        "order by n desc, error_code, error_detail"
    ):
        trouble = FetchTrouble(FetchState(row["state"]), row["error_code"], row["error_detail"], row["n"])
        found.setdefault(row["source"], []).append(trouble)
    return found


def _rejects(reader: Reader, now: datetime) -> dict[str, list[Reject]]:
    found: dict[str, list[Reject]] = {}
    for row in reader.rows(
        "select r.source, r.code, r.field, sum(r.amount)::integer as n from source_rejects r "
        "join source_runs s using (run_id) where s.ended_at > ? group by all order by n desc, r.code, r.field",
        now - _REJECTS_SHOWN,
    ):
        found.setdefault(row["source"], []).append(Reject(row["code"], row["field"], row["n"]))
    return found
