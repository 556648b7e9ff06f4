"""What detection keeps: rows of ``detected`` to values and back, and the statements that bring a table up to date."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from qc_workbench.detection.refusals import Said
from qc_workbench.domain.commitment import Action, ClientSaid, DueWindow, Promiser, SpokenCommitment
from qc_workbench.domain.consent import ConsentLine
from qc_workbench.domain.flag import Flag, FlagKind
from qc_workbench.store import verdicts
from qc_workbench.store.consent import consent_row
from qc_workbench.store.database import Reader, Statement, from_json, insert_all, to_json


@dataclass(frozen=True, slots=True)
class Heard:
    """Promises spoken in a call and what the client said; ``said`` is None where there was no transcript. ``consent``
    is kept in a table of its own: see :func:`consent_changes`."""

    call_id: str
    fingerprint: str
    spoken: tuple[SpokenCommitment, ...]
    said: Said | None
    has_client: bool = False
    consent: ConsentLine | None = None


def heard_row(heard: Heard) -> Mapping[str, Any]:
    return {
        "call_id": heard.call_id,
        "fingerprint": heard.fingerprint,
        "spoken": to_json([_spoken_json(item) for item in heard.spoken]),
        "said": to_json({"has_client": heard.has_client, "said": asdict(heard.said) if heard.said else None}),
    }


def heard_of(row: Mapping[str, Any]) -> Heard:
    said = from_json(row["said"])
    return Heard(
        call_id=row["call_id"],
        fingerprint=row["fingerprint"],
        spoken=tuple(_spoken_of(item) for item in from_json(row["spoken"])),
        said=Said(**{**said["said"], "said": ClientSaid(said["said"]["said"])}) if said["said"] else None,
        has_client=said["has_client"],
    )


def _spoken_json(spoken: SpokenCommitment) -> dict[str, Any]:
    due = spoken.due
    return {
        **asdict(spoken),
        "due": [
            due.due_from.isoformat(),
            due.due_to.isoformat(),
            due.time_from.isoformat() if due.time_from else None,
            due.time_to.isoformat() if due.time_to else None,
        ],
    }


def _spoken_of(item: Mapping[str, Any]) -> SpokenCommitment:
    first, last, time_from, time_to = item["due"]
    window = DueWindow(
        date.fromisoformat(first),
        date.fromisoformat(last),
        time.fromisoformat(time_from) if time_from else None,
        time.fromisoformat(time_to) if time_to else None,
    )
    return SpokenCommitment(**{**item, "by": Promiser(item["by"]), "action": Action(item["action"]), "due": window})


def consent_changes(heard: Sequence[Heard]) -> list[Statement]:
    """Statements that keep whether clients were told of the recording, and forget it where nothing says so now."""
    gone = [item.call_id for item in heard if item.consent is None]
    rows = [consent_row(item.consent) for item in heard if item.consent is not None]
    forget = Statement("delete from consent_lines where call_id in (select unnest(?::varchar[]))", (gone,))
    return [*([forget] if gone else []), *insert_all("consent_lines", rows, replace=True)]


def standing_flags(reader: Reader, kind: FlagKind, call_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Flags of a kind ever raised on some calls: flag_id -> row with ``retired_at``."""
    rows = reader.rows(
        "select flag_id, call_id, retired_at from flags where kind = ? and call_id in (select unnest(?::varchar[]))",
        kind.value,
        list(call_ids),
    )
    return {row["flag_id"]: row for row in rows}


def flag_changes(
    standing: Mapping[str, Mapping[str, Any]], flags: Sequence[Flag], now: datetime
) -> tuple[list[Statement], int]:
    """Statements that insert what is new, raise again what had been retired, retire what no longer stands; and
    how many were retired."""
    wanted = {flag.flag_id: flag for flag in flags}
    statements = []
    retired = 0
    for flag_id, row in standing.items():
        if row["retired_at"] is None and flag_id not in wanted:
            statements.append(Statement("update flags set retired_at = ? where flag_id = ?", (now, flag_id)))
            retired += 1
        elif row["retired_at"] is not None and flag_id in wanted:
            statements.append(Statement("update flags set retired_at = null where flag_id = ?", (flag_id,)))
    new = [verdicts.flag_row(flag, now) for flag_id, flag in wanted.items() if flag_id not in standing]
    return [*statements, *insert_all("flags", new)], retired


def differences(
    table: str,
    key: str,
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    ignored: Collection[str] = (),
) -> list[Statement]:
    """Statements that turn the old rows of a table into the new ones, touching only what differs."""
    before = {row[key]: row for row in old}
    after = {row[key]: row for row in new}

    def same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
        return all(a.get(name) == value for name, value in b.items() if name not in ignored)

    names = [name for name in before if name not in after]
    sql = f"delete from {table} where {key} in (select unnest(?::varchar[]))"  # noqa: S608 - names of the callers
    gone = [Statement(sql, (names,))] if names else []
    changed = [row for name, row in after.items() if name not in before or not same(before[name], row)]
    return [*gone, *insert_all(table, changed, replace=True)]
