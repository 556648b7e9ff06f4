"""Rows with what was said taken out of them: what was decided stays, the words go. Rows in, rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qc_workbench.store import crm_writes
from qc_workbench.store.database import Statement, from_json, to_json


def without_quotes(call_ids: list[str], rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Statement]:
    """Statements that empty every quote of these calls; ``rows``: flags and detected rows of theirs.

    Ids, times, outcomes and scores are untouched, so that rulings and reports keep what they refer to.
    """
    flag = "update flags set evidence = ? where flag_id = ?"
    detected = "update detected set spoken = ?, said = ? where call_id = ?"
    return [
        Statement(
            "update commitments set quote = '', date_phrase = null where call_id in (select unnest(?))", (call_ids,)
        ),
        Statement("update refusals set quote = null where call_id in (select unnest(?))", (call_ids,)),
        crm_writes.without_words(call_ids),
        *(Statement(flag, (evidence_without_quotes(row["evidence"]), row["flag_id"])) for row in rows["flags"]),
        *(
            Statement(
                detected, (spoken_without_quotes(row["spoken"]), said_without_quotes(row["said"]), row["call_id"])
            )
            for row in rows["detected"]
        ),
    ]


def evidence_without_quotes(text: str) -> str:
    return to_json([{**item, "quote": None} for item in from_json(text)])


def spoken_without_quotes(text: str) -> str:
    return to_json([{**item, "quote": "", "date_phrase": None} for item in from_json(text)])


def said_without_quotes(text: str) -> str:
    found = from_json(text)
    said = found["said"]
    return to_json({**found, "said": {**said, "quote": None} if said else None})
