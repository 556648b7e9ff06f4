"""The statements of an erasure, table by table: what is deleted, what stays under an id of chance without the person.

What happens to which table: :mod:`pipelines.erasure_tables`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines import (
    erased_calibration,
    erased_crm,
    erased_faults,
    erased_forms,
    erased_investigation,
    erased_mail,
    erased_memory,
    erased_months,
)
from pipelines.erased_ids import ChanceIds
from pipelines.forgotten_text import evidence_without_quotes
from pipelines.landmark_file import LANDMARK_FILE
from pipelines.person_traces import Traces
from qc_workbench.domain.call import RecordingState
from qc_workbench.sampling.draws import amend, to_the_hour
from qc_workbench.sources.suppression import keyed_hash
from qc_workbench.store import crm_writes, file_imports, fingerprints, safekeeping, samples, webhooks, word_index
from qc_workbench.store.database import Reader, Row, Statement, from_json, insert_all, to_json

#: A ticked answer or a number, as opposed to a text.
_CODE: Final = re.compile(r"[a-z0-9_.-]{1,64}")


def erasure_statements(
    reader: Reader,
    traces: Traces,
    found_in: Sequence[tuple[str, str]],
    erasure_id: str,
    now: datetime,
    zone: ZoneInfo,
    secret: bytes,
) -> list[Statement]:
    """All statements of one transaction. ``found_in``: columns in which the number is written somewhere."""
    names = ChanceIds()
    for call_id in traces.calls:
        names.new("call", call_id)
    for deal_id in traces.deals:
        names.new("deal", deal_id)
    rows = _Rows(reader, traces)
    statements = [
        *_calls(rows, names, now, zone),
        *_rulings(rows, names),
        *erased_forms.of_evaluations(reader, names.of("call"), lambda old: names.new("evaluation", old)),
        *erased_forms.of_forms(reader, traces.calls, traces.numbers),
        *_scoring(reader, rows, names),
        *erased_calibration.statements(reader, names.of("call"), lambda old: names.new("calibration", old)),
        *_derived(rows, traces, names),
        *erased_faults.statements(reader, traces, names.new),
        *_crm(rows, traces, names),
        *erased_crm.statements(reader, traces),
        webhooks.erased([*traces.calls, *traces.deals, *traces.activities, *traces.notes]),
        *_draws(reader, traces, names, zone),
        *erased_months.statements(
            reader, names.everything() | dict.fromkeys((*traces.activities, *traces.notes), "—")
        ),
        *_words(rows, traces),
        *erased_memory.statements(reader, traces, names.everything()),
        *erased_mail.statements(reader, traces),
        *erased_investigation.statements(reader, traces, names.everything()),
        safekeeping.let_go(
            [
                *traces.own_paths,
                *(f"cache/playable/{item}.wav" for item in traces.own_hashes),
                *(f"cache/clips/{row['clip_id']}.wav" for row in rows.of_calls("clips")),
                LANDMARK_FILE,
            ],
            now,
        ),
        *_blot_out(found_in, traces.numbers),
    ]  # fmt: skip
    kept = [
        {"kind": kind, "id": new, "erasure_id": erasure_id}
        for kind in ("call", "deal", "sale", "violation")
        for new in names.by_old.get(kind, {}).values()
    ]
    return [*statements, *insert_all("erased", kept), *_suppress(traces, now, secret)]


class _Rows:
    """The rows of the person that are changed one by one."""

    def __init__(self, reader: Reader, traces: Traces) -> None:
        self._reader, self.call_ids = reader, list(traces.calls)
        self.deal_ids = list(traces.deals)
        self.calls = self.of_calls("calls")
        self.flags = self.of_calls("flags")
        flag_ids = [row["flag_id"] for row in self.flags]
        self.findings = reader.rows(
            "select * from findings where flag_id in (select unnest(?)) order by ruled_at", flag_ids
        )
        self.violations = reader.rows(
            "select * from violations where call_id in (select unnest(?)) or deal_id in (select unnest(?)) "
            "or activity_id in (select unnest(?)) or violation_id in ("
            "  select substr(sha256(concat_ws(chr(0), kind, sale)), 1, 20) from unnest(?::varchar[]) sold(sale), "
            "  (values ('sale_not_in_crm'), ('anonymous_sale')) kinds(kind))",
            self.call_ids,
            self.deal_ids,
            list(traces.activities),
            list(traces.sales),
        )
        self.deals = reader.rows("select * from deals where deal_id in (select unnest(?))", self.deal_ids)
        self.shared_deals = reader.rows(
            "select * from deals where deal_id in (select unnest(?))", list(traces.shared_deals)
        )
        self.common_reasons = {
            row["lost_reason"]
            for row in reader.rows(
                "select distinct lost_reason from deals where lost_reason is not null "
                "and deal_id not in (select unnest(?))",
                self.deal_ids,
            )
        }

    def of_calls(self, table: str) -> list[Row]:
        return self._reader.rows(f"select * from {table} where call_id in (select unnest(?))", self.call_ids)  # noqa: S608 - names of this module


def _update(table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> Statement:
    settings = ", ".join(f'"{name}" = ?' for name in values)
    where = " and ".join(f'"{name}" = ?' for name in key)
    return Statement(f"update {table} set {settings} where {where}", (*values.values(), *key.values()))  # noqa: S608 - names of this module


def _calls(rows: _Rows, names: ChanceIds, now: datetime, zone: ZoneInfo) -> list[Statement]:
    """A call keeps its day and hour, agent, direction, length and outcome."""
    day = now.astimezone(zone).date().isoformat()
    nothing = ("content_hash", "path", "size_bytes", "container", "codec", "rate_hz", "channels", "agent_channel")
    found = []
    for row in rows.calls:
        new = names.new("call", row["call_id"])
        anonymous = {
            "call_id": new, "started_at": to_the_hour(row["started_at"], zone), "client_phone": None,
            "recording_name": None, "keyword": None, "attributes": "{}",
        }  # fmt: skip
        found.append(_update("calls", {"call_id": row["call_id"]}, anonymous))
    for row in rows.of_calls("recordings"):
        state = RecordingState(row["state"])
        gone = {"call_id": names.new("call", row["call_id"]), **dict.fromkeys(nothing), "duration_s": None}
        if state is not RecordingState.ABSENT:
            gone |= {"state": RecordingState.ERASED.value, "detail": day}
        found.append(_update("recordings", {"call_id": row["call_id"]}, gone))
    for table in ("conversations", "expired", "heard", "consent_lines"):
        found += [
            _update(table, {"call_id": call_id}, {"call_id": names.new("call", call_id)})
            for call_id in sorted({row["call_id"] for row in rows.of_calls(table)})
        ]
    return found


def _rulings(rows: _Rows, names: ChanceIds) -> list[Statement]:
    """Who ruled what and when stays: deductions stand on it. Words of the call and free text go."""
    found = []
    for row in rows.flags:
        values = {
            "flag_id": names.new("flag", row["flag_id"]),
            "call_id": names.new("call", row["call_id"]),
            "evidence": evidence_without_quotes(row["evidence"]),
        }
        found.append(_update("flags", {"flag_id": row["flag_id"]}, values))
    for row in rows.findings:
        names.new("finding", row["finding_id"])
    for row in rows.findings:
        ruling = {
            "finding_id": names.new("finding", row["finding_id"]),
            "flag_id": names.new("flag", row["flag_id"]),
            "supersedes": names.get("finding", row["supersedes"]),
            "reason": "",
        }
        found.append(_update("findings", {"finding_id": row["finding_id"]}, ruling))
    for row in rows.of_calls("agent_answers"):
        given = {
            "answer_id": names.new("answer", row["answer_id"]),
            "flag_id": names.new("flag", row["flag_id"]),
            "call_id": names.new("call", row["call_id"]),
            "answer": "",
        }
        found.append(_update("agent_answers", {"answer_id": row["answer_id"]}, given))
    return found


def _scoring(reader: Reader, rows: _Rows, names: ChanceIds) -> list[Statement]:
    """That somebody disputed, commented or coached stays, when and about what question. What they wrote goes."""
    found = []
    for row in rows.of_calls("dispute_moves"):
        reply = from_json(row["reply"])
        if reply is not None:
            ticked = [value for value in reply["values"] if _CODE.fullmatch(value)]  # the rest was written by hand
            reply = to_json({**reply, "values": ticked, "comment": ""})
        key = {name: row[name] for name in ("evaluation_id", "question", "step")}
        values = {
            "evaluation_id": names.get("evaluation", row["evaluation_id"]),
            "call_id": names.new("call", row["call_id"]), "reply": reply, "reason": "",
        }  # fmt: skip
        found.append(_update("dispute_moves", key, values))
    comments = rows.of_calls("comments")
    for row in comments:
        names.new("comment", row["comment_id"])
    for row in comments:
        values = {
            "comment_id": names.new("comment", row["comment_id"]),
            "call_id": names.new("call", row["call_id"]),
            "comment": "",
            "supersedes": names.get("comment", row["supersedes"]),
        }
        found.append(_update("comments", {"comment_id": row["comment_id"]}, values))
    for row in reader.rows(
        """select * from coaching_tasks where list_has_any(from_json(calls, '["VARCHAR"]'), ?)""", rows.call_ids
    ):
        values = {
            "task": "",
            "comments": to_json([names.get("comment", item) for item in from_json(row["comments"])]),
            "calls": to_json([names.get("call", item) for item in from_json(row["calls"])]),
        }
        found.append(_update("coaching_tasks", {"task_id": row["task_id"]}, values))
        found.append(_update("coaching_steps", {"task_id": row["task_id"]}, {"note": ""}))
    return found


def _derived(rows: _Rows, traces: Traces, names: ChanceIds) -> list[Statement]:
    found = []
    for row in rows.of_calls("commitments"):
        values = {
            "commitment_id": names.new("commitment", row["commitment_id"]),
            "call_id": names.new("call", row["call_id"]),
            "quote": "", "date_phrase": None, "activity_id": None, "story": None,
            "kept_by_call_id": names.get("call", row["kept_by_call_id"]),
        }  # fmt: skip
        found.append(_update("commitments", {"commitment_id": row["commitment_id"]}, values))
    for row in rows.of_calls("refusals"):
        values = {
            "call_id": names.new("call", row["call_id"]),
            "deal_id": names.get("deal", row["deal_id"]),
            "quote": None,
        }
        found.append(_update("refusals", {"call_id": row["call_id"]}, values))
    for row in rows.violations:
        values = {
            "violation_id": names.new("violation", row["violation_id"]),
            "call_id": names.get("call", row["call_id"]),
            "deal_id": names.get("deal", row["deal_id"]),
            "activity_id": None if row["activity_id"] in traces.activities else row["activity_id"],
            "detail": "",
        }
        found.append(_update("violations", {"violation_id": row["violation_id"]}, values))
        renamed_gaps = {"violation_id": values["violation_id"]}
        found.append(_update("violation_gaps", {"violation_id": row["violation_id"]}, renamed_gaps))
    return found


def _crm(rows: _Rows, traces: Traces, names: ChanceIds) -> list[Statement]:
    found = []
    for row in rows.deals:
        values = {
            "deal_id": names.new("deal", row["deal_id"]), "client_phones": "[]", "client_name": None,
            "attributes": "{}",
            # A reason that other deals have too is a category; one of its own may be the person's words.
            "lost_reason": row["lost_reason"] if row["lost_reason"] in rows.common_reasons else None,
        }  # fmt: skip
        found.append(_update("deals", {"deal_id": row["deal_id"]}, values))
        found.append(
            _update("stage_changes", {"deal_id": row["deal_id"]}, {"deal_id": names.new("deal", row["deal_id"])})
        )
    for row in rows.shared_deals:
        rest = [phone for phone in from_json(row["client_phones"]) if phone not in traces.phones]
        values = {"client_phones": to_json(rest), "client_name": None, "attributes": "{}"}
        found.append(_update("deals", {"deal_id": row["deal_id"]}, values))
    for sale_id in traces.sales:
        values = {"sale_id": names.new("sale", sale_id), "client_phone": None, "client_name": None}
        found.append(_update("sales", {"sale_id": sale_id}, values))
    found += [
        _delete("deal_findings", "deal_id", rows.deal_ids),
        _delete("recalls", "deal_id", rows.deal_ids),
        _delete("refusal_decisions", "deal_id", rows.deal_ids),
        *(_delete("evening_items", *of) for of in (("deal_id", rows.deal_ids), ("call_id", rows.call_ids))),
        _delete("evening_items", "activity_id", traces.activities),
        _delete("activity_changes", "activity_id", traces.activities),
        _delete("activities", "activity_id", traces.activities),
        _delete("notes", "note_id", traces.notes),
        file_imports.without_memory([*traces.calls, *rows.deal_ids, *traces.activities, *traces.notes, *traces.sales]),
    ]
    return found


def _draws(reader: Reader, traces: Traces, names: ChanceIds, zone: ZoneInfo) -> list[Statement]:
    """Drawn calls keep their probability and place, under the id of chance: every estimate stays what it was."""
    found = []
    calls = {call_id: names.new("call", call_id) for call_id in traces.calls}
    for row in reader.rows(f"select * from draws where {erased_memory.HOLDS.format('frame')}", list(calls)):  # noqa: S608 - of this module
        draw = samples.draw_of(row)
        if any(item.call_id in calls for item in draw.frame):
            amended = samples.draw_row(amend(draw, calls, zone))
            values = {name: amended[name] for name in ("frame", "amended_hash")}
            found.append(_update("draws", {"draw_id": draw.draw_id}, values))
    for row in reader.rows(
        "select draw_id, call_id, replaces from sample where call_id in (select unnest(?)) "
        "or replaces in (select unnest(?))",
        list(calls),
        list(calls),
    ):
        values = {"call_id": names.get("call", row["call_id"]), "replaces": names.get("call", row["replaces"])}
        found.append(_update("sample", {"draw_id": row["draw_id"], "call_id": row["call_id"]}, values))
    return found


#: Deleted with the calls that they are about.
_OF_CALLS: Final = (
    "detected", "detector_mistakes", "answer_checks", "clips", "second_looks", "source_calls", "call_legs",
    "recording_queue", "calendar_events",
)  # fmt: skip


def _words(rows: _Rows, traces: Traces) -> list[Statement]:
    return [
        _delete("turns", "call_id", rows.call_ids),
        _delete("hidden_seconds", "call_id", rows.call_ids),
        _delete("transcripts", "call_id", rows.call_ids),
        *word_index.forget_calls(rows.call_ids),
        word_index.forget_words(),  # the name may be a word that nobody else said
        *(_delete(table, "call_id", rows.call_ids) for table in _OF_CALLS),
        *crm_writes.forgotten(traces.calls, traces.deals, traces.phones),
        _delete("acoustics", "content_hash", traces.own_hashes),
        *fingerprints.forget(traces.own_hashes),
        _delete("jobs", "subject", [*traces.own_hashes, *traces.calls]),
        _delete("recording_files", "name", traces.recording_names),
        _delete("recording_files", "path", traces.own_paths),
    ]


def _delete(table: str, column: str, values: Sequence[str]) -> Statement:
    return Statement(f'delete from {table} where "{column}" in (select unnest(?))', (list(values),))  # noqa: S608 - names of this module


def _blot_out(found_in: Sequence[tuple[str, str]], numbers: Sequence[str]) -> list[Statement]:
    """The number where others wrote it down: a note about somebody else, a name of a file."""
    return [
        Statement(
            f'update "{table}" set "{column}" = replace("{column}", ?, ?) where contains(cast("{column}" as varchar), ?)',  # noqa: S608, E501 - our own catalogue
            (number, "0" * len(number), number),
        )
        for table, column in found_in
        for number in numbers
    ]


def _suppress(traces: Traces, now: datetime, secret: bytes) -> list[Statement]:
    kinds: Mapping[str, Sequence[str]] = {
        "phone": traces.phones, "call": traces.calls, "deal": traces.deals, "activity": traces.activities,
        "note": traces.notes, "sale": traces.sales,
    }  # fmt: skip
    rows = [
        {"kind": kind, "keyed_hash": keyed_hash(secret, kind, value), "since": now}
        for kind, values in kinds.items()
        for value in values
    ]
    return insert_all("suppressed", rows, replace=True)
