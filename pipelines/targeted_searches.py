"""Calls that saved searches put on the targeted queue, beside those with flags."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from qc_workbench.domain.sampling import SampledCall
from qc_workbench.errors import UsageError
from qc_workbench.review.searches import MOST_A_DAY, SEARCHED, searched_rows
from qc_workbench.searching.language import parse
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.saved_searches import on_targeted_queue, put_on_queue, targeted_searches
from qc_workbench.store.searching import find_calls
from qc_workbench.workspace import Workspace

#: Newest calls of a search that are looked at: enough for its day and for those on the queue already.
LOOKED_AT: Final = 20 * MOST_A_DAY


def rows_of_searches(workspace: Workspace, as_of: datetime) -> tuple[SampledCall, ...]:
    """New rows of the targeted queue. A second run on the same day adds only up to the day's number."""
    zone = workspace.settings.company.zone
    midnight = as_of.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows: dict[str, SampledCall] = {}
    with workspace.store.reading() as reader:
        for search in targeted_searches(reader):
            try:
                query = parse(search.question)
            except UsageError:  # a language of an older program: the page says so to whoever opens it
                continue
            found = find_calls(
                reader, query, search.filters, zone, new_since=search.targeted_since, limit=LOOKED_AT
            ).call_ids
            calls = calls_by_id(reader, found)
            taken = on_targeted_queue(reader, found) | rows.keys()
            today = put_on_queue(reader, SEARCHED + search.search_id, midnight)
            ordered = [calls[call_id] for call_id in found if call_id in calls]
            for row in searched_rows(search, ordered, taken, today, zone=zone, as_of=as_of):
                rows[row.call_id] = row
    return tuple(rows.values())
