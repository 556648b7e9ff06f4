"""Names that are known beforehand of people in calls: the client's from the CRM, the agents' own."""

from __future__ import annotations

from collections.abc import Sequence

from qc_workbench.store.database import Reader


def names_of_calls(reader: Reader, call_ids: Sequence[str]) -> dict[str, list[str]]:
    """call_id -> names of the client of each, as deals with the number give them, and of all agents."""
    agents = [row["name"] for row in reader.rows("select distinct name from managers order by name")]
    found: dict[str, list[str]] = {call_id: list(agents) for call_id in call_ids}
    rows = reader.rows(
        """
        select distinct c.call_id, d.client_name from calls c
        join (select client_name, unnest(from_json(client_phones, '["VARCHAR"]')) as phone from deals
              where client_name is not null) d on d.phone = c.client_phone
        where c.call_id in (select unnest(?::varchar[])) order by 1, 2
        """,
        list(call_ids),
    )
    for row in rows:
        found[row["call_id"]].append(row["client_name"])
    return found
