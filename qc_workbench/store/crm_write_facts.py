"""What planning of writes into a CRM goes by, read for the calls of a time."""

from __future__ import annotations

from datetime import datetime

from qc_workbench.review.crm_writing import Known
from qc_workbench.store.calls import call_of
from qc_workbench.store.crm import activity_of, deal_of
from qc_workbench.store.crm_writes import kept_writes
from qc_workbench.store.database import Reader, Row, from_json
from qc_workbench.store.missed_callers import missed_callers
from qc_workbench.store.scoping import WITH_CLIENTS
from qc_workbench.store.verdicts import commitment_of, refusal_of

_CALLS = (
    f"select * from calls where started_at >= ? and started_at <= ? and client_phone is not null and {WITH_CLIENTS}"  # noqa: S608 - of this module
)
_OF_CALLS = f"call_id in (select call_id from ({_CALLS}))"  # noqa: S608 - of this module
_PHONES = f"(select distinct client_phone from ({_CALLS}))"  # noqa: S608 - of this module


def known_for_writing(reader: Reader, crm: str, since: datetime, now: datetime) -> Known:
    """Everything of calls from ``since`` to ``now``; deals and activities of the CRM alone."""
    of_crm = f"{crm}:"
    calls = [
        call_of({name: value for name, value in row.items() if name != "imported_at"})
        for row in reader.rows(f"{_CALLS} order by started_at, call_id", since, now)
    ]
    deals = reader.rows(
        f"""select * from deals where starts_with(deal_id, ?) and list_has_any(
            from_json(client_phones, '["VARCHAR"]'), (select list(client_phone) from {_PHONES})) order by deal_id""",  # noqa: S608 - of this module
        of_crm, since, now,
    )  # fmt: skip
    activities = reader.rows(
        f"""select * from activities where starts_with(activity_id, ?) and (
            deal_id in (select unnest(?::varchar[])) or client_phone in {_PHONES}) order by activity_id""",  # noqa: S608 - of this module
        of_crm, [row["deal_id"] for row in deals], since, now,
    )  # fmt: skip

    def of_calls(columns: str, table: str) -> list[Row]:
        return reader.rows(f"select {columns} from {table} where {_OF_CALLS}", since, now)  # noqa: S608 - of this module

    return Known(
        calls=calls,
        promises=[commitment_of(row) for row in of_calls("*", "commitments")],
        refusals=[refusal_of(row) for row in of_calls("*", "refusals")],
        missed=missed_callers(reader, [(since, now)], now),
        deals=[deal_of(row) for row in deals],
        activities=[activity_of(row) for row in activities],
        tracking={row["call_id"]: from_json(row["tracking"]) for row in of_calls("call_id, tracking", "source_calls")},
        summed_up=frozenset(row["call_id"] for row in of_calls("call_id", "transcripts")),
        kept=kept_writes(reader, crm, since),
    )
