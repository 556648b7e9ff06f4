"""Erasure in what the workbench remembers: imports forget the lines about the person; the audit log and keys of writes
name the ids of chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipelines.person_traces import Traces, blotted, renamed, says
from qc_workbench.store.database import Reader, Statement, from_json, to_json

#: Whether a column's text holds one of the words of a list.
HOLDS: Final = (
    "coalesce(list_bool_or(list_transform(?::varchar[], lambda word: contains(cast({} as varchar), word))), false)"
)


def statements(reader: Reader, traces: Traces, names: Mapping[str, str]) -> list[Statement]:
    """``names``: ids of chance by old ones."""
    found = []
    new_names = {**names, **dict.fromkeys(traces.own_hashes, "erased")}
    words = {*traces.calls, *traces.deals, *traces.activities, *traces.notes, *traces.sales,
             *traces.recording_names, *traces.client_names}  # fmt: skip
    for row in reader.rows("select import_id, rejects from imports"):
        problems = from_json(row["rejects"])
        kept = [item for item in problems if not says(item, traces.numbers, words)]
        if len(kept) != len(problems):
            sql = "update imports set rejects = ? where import_id = ?"
            found.append(Statement(sql, (to_json(kept), row["import_id"])))
    holds = f"object in (select unnest(?)) or {HOLDS.format('detail')} or {HOLDS.format('object')}"
    for row in reader.rows(
        f"select rowid as place, object, detail from audit where {holds}",  # noqa: S608 - of this module
        list(new_names),
        [*new_names, *traces.numbers],
        list(traces.numbers),
    ):
        detail = to_json(renamed(from_json(row["detail"]), new_names, traces.numbers))
        subject = new_names.get(row["object"], blotted(row["object"], traces.numbers))
        if (subject, detail) != (row["object"], row["detail"]):
            found.append(
                Statement("update audit set object = ?, detail = ? where rowid = ?", (subject, detail, row["place"]))
            )
    for row in reader.rows(
        "select key from applied_writes where list_has_any(string_split(key, ':'), ?)", list(new_names)
    ):
        key = ":".join(new_names.get(part, part) for part in row["key"].split(":"))
        if key != row["key"]:
            found.append(Statement("update applied_writes set key = ? where key = ?", (key, row["key"])))
    return found
