"""What an erasure does to rulings on breaches and to disputes of deductions: who ruled what and when stays, for money
stands on it; ids become ids of chance, words go. Approved statements name no client and stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pipelines.person_traces import Traces
from qc_workbench.domain.flag import FlagKind
from qc_workbench.store.database import Reader, Statement

#: An id of chance for the old one of a kind; the same one for the same id.
NewName = Callable[[str, str], str]

_OF_PERSON: Final = (
    "select * from violation_findings where call_id in (select unnest(?)) or deal_id in (select unnest(?)) "
    "or activity_id in (select unnest(?)) order by ruled_at, finding_id"
)


def statements(reader: Reader, traces: Traces, new: NewName) -> list[Statement]:
    rows = reader.rows(_OF_PERSON, list(traces.calls), list(traces.deals), list(traces.activities))

    def renamed(kind: str, mine: tuple[str, ...], old: str | None) -> str | None:
        return new(kind, old) if old is not None and old in mine else old

    found = []
    for row in rows:
        is_promise = row["kind"] == "broken_promise"
        undone = row["supersedes"]
        found.append(
            Statement(
                "update violation_findings set finding_id = ?, violation_id = ?, call_id = ?, deal_id = ?, "
                "activity_id = ?, supersedes = ?, reason = '' where finding_id = ?",
                (
                    new("finding", row["finding_id"]),
                    new("commitment" if is_promise else "violation", row["violation_id"]),
                    renamed("call", traces.calls, row["call_id"]),
                    renamed("deal", traces.deals, row["deal_id"]),
                    renamed("activity", traces.activities, row["activity_id"]),
                    None if undone is None else new("finding", undone),
                    row["finding_id"],
                ),
            )
        )
    batches = sorted({row["batch"] for row in rows})
    found.append(Statement("update fault_answers set answer = '' where batch in (select unnest(?))", (batches,)))
    names = {
        row["violation_id"]: new("commitment" if row["kind"] == "broken_promise" else "violation", row["violation_id"])
        for row in rows
    }
    names |= {f"{kind.value}:{call}": f"{kind.value}:{new('call', call)}" for call in traces.calls for kind in FlagKind}
    disputed = reader.rows("select distinct fault_id from fault_moves where fault_id in (select unnest(?))", [*names])
    found += [
        Statement(
            "update fault_moves set fault_id = ?, reason = '' where fault_id = ?",
            (names[row["fault_id"]], row["fault_id"]),
        )
        for row in disputed
    ]
    return found
