"""Take secrets out of transcripts that were kept before today's rules: numbers of cards, passwords, codes.

New transcripts are freed before they are kept (:mod:`pipelines.transcribe`); this goes over the others, also when the
rules or the kinds of the settings change. The words go out of what was quoted from them too; findings and rulings stay
as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from qc_workbench.detection.spoken_secrets import mark_of, redacted, said_secrets
from qc_workbench.store import listening
from qc_workbench.store.database import Reader, Statement, from_json, to_json
from qc_workbench.workspace import Workspace

#: Calls read and written together.
GROUP: Final = 100


def redact_transcripts(workspace: Workspace) -> int:
    """Bring every transcript up to today's rules; returns how many were changed. A second run changes nothing."""
    kinds = workspace.settings.privacy.redact
    mark = mark_of(kinds)
    with workspace.store.reading() as reader:
        waiting = listening.not_redacted_by(reader, mark)
    changed = 0
    for start in range(0, len(waiting), GROUP):
        group = waiting[start : start + GROUP]
        statements: list[Statement] = []
        with workspace.store.reading() as reader:
            for call_id in group:
                before = listening.transcript(reader, call_id)
                after = redacted(before, kinds) if before else None
                if before is None or after is None or after.turns == before.turns:
                    continue
                statements += listening.save_transcript(after, datetime.now(UTC))
                statements += _unquoted(reader, call_id, said_secrets(before, kinds))
                changed += 1
        workspace.store.write(*statements, listening.note_redaction(group, mark))
    return changed


def _unquoted(reader: Reader, call_id: str, secrets: Mapping[str, str]) -> list[Statement]:
    """Statements that put marks into the quotes from a call. ``secrets``: words -> mark."""

    def freed(quote: str | None) -> str | None:
        for said, mark in secrets.items():
            quote = quote.replace(said, mark) if quote else quote
        return quote

    def without(item: Mapping[str, Any]) -> dict[str, Any]:
        return {**item, "quote": freed(item.get("quote"))}

    found: list[Statement] = []
    for row in reader.rows("select flag_id, evidence from flags where call_id = ?", call_id):
        evidence = to_json([without(item) for item in from_json(row["evidence"])])
        found.append(Statement("update flags set evidence = ? where flag_id = ?", (evidence, row["flag_id"])))
    for table, key in (("commitments", "commitment_id"), ("refusals", "call_id")):
        rows = reader.rows(f"select {key} as id, quote from {table} where call_id = ?", call_id)  # noqa: S608 - names of this line
        sql = f"update {table} set quote = ? where {key} = ?"  # noqa: S608 - names of this loop
        found += [Statement(sql, (freed(row["quote"]), row["id"])) for row in rows]
    for row in reader.rows("select spoken, said from detected where call_id = ?", call_id):
        said = from_json(row["said"])
        spoken = to_json([without(item) for item in from_json(row["spoken"])])
        said = to_json({**said, "said": without(said["said"]) if said["said"] else None})
        found.append(Statement("update detected set spoken = ?, said = ? where call_id = ?", (spoken, said, call_id)))
    for row in reader.rows("select write_id, quote, fields from crm_writes where call_id = ?", call_id):
        fields = {
            name: freed(value) if isinstance(value, str) else value for name, value in from_json(row["fields"]).items()
        }
        found.append(
            Statement(
                "update crm_writes set quote = ?, fields = ? where write_id = ?",
                (freed(row["quote"]), to_json(fields), row["write_id"]),
            )
        )
    return found
