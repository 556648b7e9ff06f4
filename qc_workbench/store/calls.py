"""Calls, recordings and managers: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from qc_workbench.domain.call import Call, Direction, Manager, Outcome, Recording, RecordingState, Role
from qc_workbench.store.database import Reader, Row, Statement, from_json, insert, to_json


def call_of(row: Row) -> Call:
    return Call(
        call_id=row["call_id"],
        started_at=row["started_at"],
        direction=Direction(row["direction"]),
        manager_id=row["manager_id"],
        client_phone=row["client_phone"],
        talk_s=row["talk_s"],
        outcome=Outcome(row["outcome"]),
        wait_s=row["wait_s"],
        recording_name=row["recording_name"],
        source=row["source"],
        medium=row["medium"],
        campaign=row["campaign"],
        keyword=row["keyword"],
        answered_by_role=Role(row["answered_by_role"]) if row["answered_by_role"] else None,
        group_id=row["group_id"],
        language=row["language"],
        attributes=from_json(row["attributes"]),
    )


def call_row(call: Call, imported_at: datetime) -> Mapping[str, Any]:
    return {
        "call_id": call.call_id,
        "started_at": call.started_at,
        "direction": call.direction.value,
        "manager_id": call.manager_id,
        "client_phone": call.client_phone,
        "talk_s": call.talk_s,
        "outcome": call.outcome.value,
        "wait_s": call.wait_s,
        "recording_name": call.recording_name,
        "source": call.source,
        "medium": call.medium,
        "campaign": call.campaign,
        "keyword": call.keyword,
        "answered_by_role": call.answered_by_role.value if call.answered_by_role else None,
        "group_id": call.group_id,
        "language": call.language,
        "attributes": to_json(dict(call.attributes)),
        "imported_at": imported_at,
    }


def calls(reader: Reader) -> list[Call]:
    """Every call, oldest first."""
    return [call_of(row) for row in reader.rows("select * from calls order by started_at, call_id")]


def call(reader: Reader, call_id: str) -> Call | None:
    row = reader.row("select * from calls where call_id = ?", call_id)
    return call_of(row) if row else None


def recording_of(row: Row) -> Recording:
    return Recording(**{**row, "state": RecordingState(row["state"])})


def recording_row(recording: Recording) -> Mapping[str, Any]:
    return {
        "call_id": recording.call_id,
        "state": recording.state.value,
        "content_hash": recording.content_hash,
        "path": recording.path,
        "size_bytes": recording.size_bytes,
        "container": recording.container,
        "codec": recording.codec,
        "rate_hz": recording.rate_hz,
        "channels": recording.channels,
        "duration_s": recording.duration_s,
        "agent_channel": recording.agent_channel,
        "detail": recording.detail,
    }


def recordings(reader: Reader) -> dict[str, Recording]:
    """Every recording by call_id."""
    rows = reader.rows("select * from recordings order by call_id")
    return {row["call_id"]: recording_of(row) for row in rows}


def recording(reader: Reader, call_id: str) -> Recording | None:
    row = reader.row("select * from recordings where call_id = ?", call_id)
    return recording_of(row) if row else None


def paths_of(reader: Reader, content_hashes: Sequence[str]) -> dict[str, str]:
    """content_hash -> where its sound is kept, of those that are kept."""
    rows = reader.rows(
        "select content_hash, min(path) as path from recordings where path is not null "
        "and state in ('ready', 'truncated') and content_hash in (select unnest(?)) group by content_hash",
        list(content_hashes),
    )
    return {row["content_hash"]: row["path"] for row in rows}


def calls_of_content(reader: Reader, content_hashes: Sequence[str]) -> list[tuple[Call, Recording]]:
    """All calls whose recording has one of these contents, oldest first."""
    wanted = list(content_hashes)
    rows = reader.rows(
        "select c.* from calls c join recordings r using (call_id) where r.path is not null "
        "and r.state in ('ready', 'truncated') and r.content_hash in (select unnest(?)) order by started_at, call_id",
        wanted,
    )
    recordings = {
        row["call_id"]: recording_of(row)
        for row in reader.rows("select * from recordings where content_hash in (select unnest(?))", wanted)
    }
    return [(call_of(row), recordings[row["call_id"]]) for row in rows]


def stereo_recordings(reader: Reader, manager_id: str, longest_s: float, limit: int) -> list[Recording]:
    """An agent's recordings that tell the agent's channel: the longest up to ``longest_s``, each content once."""
    rows = reader.rows(
        "select r.* from recordings r join calls c using (call_id) where c.manager_id = ? "
        "and r.agent_channel is not null and r.path is not null and r.state in ('ready', 'truncated') "
        "and coalesce(r.duration_s, 0) <= ? "
        "qualify row_number() over (partition by r.content_hash order by r.call_id desc) = 1 "
        "order by coalesce(r.duration_s, 0) desc, r.content_hash limit ?",
        manager_id,
        longest_s,
        limit,
    )
    return [recording_of(row) for row in rows]


def manager_of(row: Row) -> Manager:
    return Manager(**{**row, "role": Role(row["role"]), "attributes": from_json(row["attributes"])})


def manager_row(manager: Manager) -> Mapping[str, Any]:
    return {
        "manager_id": manager.manager_id,
        "name": manager.name,
        "role": manager.role.value,
        "extension": manager.extension,
        "group_id": manager.group_id,
        "hired_at": manager.hired_at,
        "left_at": manager.left_at,
        "attributes": to_json(dict(manager.attributes)),
    }


def managers(reader: Reader) -> dict[str, Manager]:
    rows = reader.rows("select * from managers order by manager_id")
    return {row["manager_id"]: manager_of(row) for row in rows}


def agent_of_call(reader: Reader, call_id: str) -> str:
    """Whose call it is: what access to it is asked about. "" where there is no such call: nobody's."""
    return str(reader.value("select manager_id from calls where call_id = ?", call_id) or "")


def agent_of_deal(reader: Reader, deal_id: str) -> str:
    """Whose deal it is; "" where there is no such deal: nobody's."""
    return str(reader.value("select manager_id from deals where deal_id = ?", deal_id) or "")


def audit_entry(happened_at: datetime, actor: str, action: str, subject: str, **detail: object) -> Statement:
    """A line of the audit log; ``action`` is a code of the catalogue (``audit.<action>``)."""
    return insert(
        "audit",
        {
            "happened_at": happened_at,
            "actor": actor,
            "action": action,
            "object": subject,
            "detail": to_json(detail),
        },
    )
