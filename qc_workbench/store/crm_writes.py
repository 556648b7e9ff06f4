"""What is to be written into a CRM: planned, decided on, being sent, written. Rows to values and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from qc_workbench.domain.crm_write import CrmWrite, KeptWrite, WriteKind, WriteState, WriteVerdict
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, insert_all, to_json
from qc_workbench.store.scoping import Agents, among

#: Rows with the last decision beside them.
_WITH_DECISION: Final = """
    select w.*, d.decided_by, d.decided_at from crm_writes w left join (
        select write_id, arg_max(decided_by, decided_at) as decided_by, max(decided_at) as decided_at
        from crm_write_decisions group by write_id
    ) d using (write_id)"""


def kept_of(row: Row) -> KeptWrite:
    write = CrmWrite(
        row["crm"], WriteKind(row["kind"]), row["subject"], row["call_id"], row["manager_id"], row["client_phone"],
        row["deal_id"], from_json(row["fields"]), row["at_s"], row["quote"],
    )  # fmt: skip
    return KeptWrite(
        write,
        WriteState(row["state"]),
        row["planned_at"],
        row["state_at"],
        row["begun_at"],
        row["attempts"],
        row["next_try_at"],
        row["crm_id"],
        row["link"],
        row["error_code"],
        from_json(row["error_params"]),
        row["decided_by"],
        row["decided_at"],
    )


def _content(write: CrmWrite) -> dict[str, Any]:
    return {
        "call_id": write.call_id, "manager_id": write.manager_id, "client_phone": write.client_phone,
        "deal_id": write.deal_id, "fields": to_json(dict(write.fields)), "at_s": write.at_s, "quote": write.quote,
        "digest": write.digest,
    }  # fmt: skip


def _new_row(write: CrmWrite, at: datetime) -> Mapping[str, Any]:
    return {
        "write_id": write.write_id, "crm": write.crm, "kind": write.kind.value, "subject": write.subject,
        **_content(write), "state": WriteState.PLANNED.value, "planned_at": at, "state_at": at, "attempts": 0,
        "error_params": "{}",
    }  # fmt: skip


def kept_writes(reader: Reader, crm: str, calls_since: datetime) -> list[KeptWrite]:
    """Those that planning has to know of: of calls since a moment, and of deals whatever their age."""
    rows = reader.rows(
        f"""{_WITH_DECISION} where crm = ? and (kind in ('new_deal', 'tracking_fields')
            or call_id in (select call_id from calls where started_at >= ?)) order by write_id""",  # noqa: S608 - of this module
        crm,
        calls_since,
    )
    return [kept_of(row) for row in rows]


def kept_write(reader: Reader, write_id: str) -> KeptWrite | None:
    """One write by its id or by the digits of its marker."""
    row = reader.row(f"{_WITH_DECISION} where write_id = ? or (len(?) >= 16 and starts_with(write_id, ?)) limit 1",
                     write_id, write_id, write_id)  # fmt: skip
    return kept_of(row) if row else None


def counts(reader: Reader, crm: str | None, agents: Agents) -> dict[tuple[WriteKind, WriteState], int]:
    mine, whose = among(agents)
    rows = reader.rows(
        f"select kind, state, count(*) as n from crm_writes where {mine} and (? is null or crm = ?) group by all",  # noqa: S608 - of this module
        *whose,
        crm,
        crm,
    )
    return {(WriteKind(row["kind"]), WriteState(row["state"])): row["n"] for row in rows}


def page_of(
    reader: Reader, states: Collection[WriteState], kind: WriteKind | None, agents: Agents, limit: int, offset: int
) -> list[KeptWrite]:
    """What waits: the oldest call first; what is over: the latest first."""
    mine, whose = among(agents, "w.manager_id")
    over = not {WriteState.PLANNED, WriteState.APPROVED} & set(states)
    order = "w.state_at desc, w.write_id" if over else "c.started_at, w.write_id"
    code = kind.value if kind else None
    rows = reader.rows(
        f"select w.* from ({_WITH_DECISION}) w left join calls c using (call_id) "  # noqa: S608 - of this module
        f"where {mine} and w.state in (select unnest(?::varchar[])) and (? is null or w.kind = ?) "
        f"order by {order} limit ? offset ?",
        *whose,
        [state.value for state in states],
        code,
        code,
        limit,
        offset,
    )
    return [kept_of(row) for row in rows]


def last_planned_at(reader: Reader, crm: str) -> datetime | None:
    """When the plan was last brought up to date; None: never."""
    found: datetime | None = reader.value("select planned_at from crm_write_plans where crm = ?", crm)
    return found


# --- planning --------------------------------------------------------------------------------------------------------


def planned(writes: Sequence[CrmWrite], at: datetime) -> list[Statement]:
    """New ones. One that came in meanwhile stays as it is."""
    return [
        Statement(item.sql.replace("insert into", "insert or ignore into", 1), item.parameters)
        for item in insert_all("crm_writes", [_new_row(write, at) for write in writes])
    ]


def plan_made(crm: str, at: datetime) -> Statement:
    return insert("crm_write_plans", {"crm": crm, "planned_at": at}, replace=True)


def replanned(write: CrmWrite, at: datetime) -> Statement:
    """The same thing says something else now, or is needed again. Nothing that a person approved is changed."""
    content = _content(write)
    settings = ", ".join(f'"{name}" = ?' for name in content)
    return Statement(
        f"update crm_writes set {settings}, state = 'planned', state_at = ? "  # noqa: S608 - names of this module
        "where write_id = ? and state in ('planned', 'not_needed') and begun_at is null",
        (*content.values(), at, write.write_id),
    )


def no_longer_needed(write_ids: Sequence[str], at: datetime) -> Statement:
    return Statement(
        "update crm_writes set state = 'not_needed', state_at = ? where write_id in (select unnest(?::varchar[])) "
        "and state in ('planned', 'approved') and begun_at is null",
        (at, list(write_ids)),
    )


# --- deciding --------------------------------------------------------------------------------------------------------

#: What a decision makes of a write, and of which states it may be made.
_DECIDES: Final[Mapping[WriteVerdict, tuple[WriteState, tuple[str, ...]]]] = {
    WriteVerdict.APPROVED: (WriteState.APPROVED, ("planned",)),
    WriteVerdict.DECLINED: (WriteState.DECLINED, ("planned", "approved", "refused")),
    WriteVerdict.WITHDRAWN: (WriteState.PLANNED, ("approved", "declined")),
    WriteVerdict.AGAIN: (WriteState.APPROVED, ("refused",)),
}


def decided(item: KeptWrite, verdict: WriteVerdict, by: str, at: datetime) -> Write:
    """Refused (:class:`~qc_workbench.errors.WriteRefused`) where the write is not what the person saw any more, or is
    being sent already."""
    state, before = _DECIDES[verdict]
    digest = item.write.digest
    row = {"write_id": item.write_id, "digest": digest, "verdict": verdict.value, "decided_by": by, "decided_at": at}
    return Write(
        (
            Statement(
                "update crm_writes set state = ?, state_at = ?, next_try_at = null, error_code = null "
                "where write_id = ?",
                (state.value, at, item.write_id),
            ),
            insert("crm_write_decisions", row),
        ),
        require=(
            Statement(
                "select 1 from crm_writes where write_id = ? and digest = ? and begun_at is null "
                "and state in (select unnest(?::varchar[]))",
                (item.write_id, digest, list(before)),
            ),
        ),
    )


# --- sending ---------------------------------------------------------------------------------------------------------


def to_send(reader: Reader, crm: str, automatic: Collection[WriteKind], asked: Collection[WriteKind], at: datetime,
            approved_by: datetime, limit: int) -> list[KeptWrite]:  # fmt: skip
    """Those whose turn has come: of ``automatic`` kinds all, of ``asked`` ones those approved until ``approved_by``.
    A deal before what goes into it, then the oldest."""
    rows = reader.rows(
        f"{_WITH_DECISION} where crm = ? and begun_at is null and (next_try_at is null or next_try_at <= ?) and ("
        "(kind in (select unnest(?::varchar[])) and state in ('planned', 'approved')) or "
        "(kind in (select unnest(?::varchar[])) and state = 'approved' and state_at <= ?)) "
        "order by kind <> 'new_deal', planned_at, write_id limit ?",
        crm,
        at,
        [kind.value for kind in automatic],
        [kind.value for kind in asked],
        approved_by,
        limit,
    )
    return [kept_of(row) for row in rows]


def cut_off(reader: Reader, crm: str) -> list[KeptWrite]:
    """Those whose sender died, or got no answer it could trust. To be asked by the one sender there is."""
    rows = reader.rows(f"{_WITH_DECISION} where crm = ? and begun_at is not null order by begun_at, write_id", crm)
    return [kept_of(row) for row in rows]


def begun(item: KeptWrite, at: datetime) -> Write:
    """It is being sent from now on. Refused where a person took it back, or it says something else by now."""
    return Write(
        (
            Statement(
                "update crm_writes set begun_at = ?, attempts = attempts + 1 where write_id = ?", (at, item.write_id)
            ),
        ),
        require=(
            Statement(
                "select 1 from crm_writes where write_id = ? and state = ? and digest = ? and begun_at is null",
                (item.write_id, item.state.value, item.write.digest),
            ),
        ),
    )


def written(write_id: str, crm_id: str, link: str | None, at: datetime) -> Statement:
    return Statement(
        "update crm_writes set state = 'written', state_at = ?, begun_at = null, next_try_at = null, crm_id = ?, "
        "link = ?, error_code = null where write_id = ?",
        (at, crm_id, link, write_id),
    )


def refused(write_id: str, code: str, params: Mapping[str, str], at: datetime) -> Statement:
    """The CRM will not have it: nothing is tried again by itself."""
    return Statement(
        "update crm_writes set state = 'refused', state_at = ?, begun_at = null, next_try_at = null, error_code = ?, "
        "error_params = ? where write_id = ?",
        (at, code, to_json(dict(params)), write_id),
    )


def put_off(write_id: str, code: str, params: Mapping[str, str], until: datetime, *, is_unknown: bool) -> Statement:
    """It is tried again. ``is_unknown``: the CRM may have it, so it is looked for first."""
    begun_at = "begun_at" if is_unknown else "null"
    return Statement(
        f"update crm_writes set begun_at = {begun_at}, next_try_at = ?, error_code = ?, error_params = ? "  # noqa: S608 - one of two words
        "where write_id = ?",
        (until, code, to_json(dict(params)), write_id),
    )


def not_there(write_id: str) -> Statement:
    """It was looked for and the CRM does not have it: as if it had never been sent."""
    return Statement("update crm_writes set begun_at = null where write_id = ?", (write_id,))


# --- forgetting ------------------------------------------------------------------------------------------------------


def forgotten(calls: Collection[str], deals: Collection[str], phones: Collection[str]) -> list[Statement]:
    """Of a person who is erased: what was to be written and what was, with the decisions. The CRM keeps its own."""
    theirs = (
        "call_id in (select unnest(?::varchar[])) or deal_id in (select unnest(?::varchar[])) "
        "or client_phone in (select unnest(?::varchar[]))"
    )
    values = (list(calls), list(deals), list(phones))
    return [
        Statement(
            f"delete from crm_write_decisions where write_id in (select write_id from crm_writes where {theirs})",  # noqa: S608 - of this module
            values,
        ),
        Statement(f"delete from crm_writes where {theirs}", values),  # noqa: S608 - of this module
    ]


def without_words(calls: Collection[str]) -> Statement:
    """Of calls whose transcripts are removed: nothing that was said stays; what waited is not sent any more."""
    return Statement(
        "update crm_writes set quote = null, fields = '{}', state = case when state in ('planned', 'approved') "
        "and begun_at is null then 'not_needed' else state end where call_id in (select unnest(?::varchar[]))",
        (list(calls),),
    )
