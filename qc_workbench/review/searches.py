"""Rules about saved searches: what may be saved, and which calls they put on the targeted queue."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Call
from qc_workbench.domain.sampling import Queue, SampledCall
from qc_workbench.domain.search import CallFilters, SavedSearch
from qc_workbench.errors import UsageError
from qc_workbench.searching.language import parse

MOST_NAME: Final = 80
#: Calls a day that one search may put on the queue at most.
MOST_A_DAY: Final = 50
#: ``draw_id`` of rows that a search put on the targeted queue begins so; their ``plan`` is the search's name.
SEARCHED: Final = "search:"


def saved(
    name: str,
    question: str,
    filters: CallFilters,
    by: str,
    at: datetime,
    *,
    is_shared: bool = False,
    targeted_a_day: int | None = None,
) -> SavedSearch:
    """A new saved search. ``targeted_a_day``: calls a day for the targeted queue, None: none.

    Raises :class:`~qc_workbench.errors.UsageError`: ``search_name`` for a name that is empty or too long,
    ``search_a_day`` for a number out of its bounds, or what is wrong with the question.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MOST_NAME:
        raise UsageError("search_name", found=len(name), most=MOST_NAME)
    if targeted_a_day is not None and not 1 <= targeted_a_day <= MOST_A_DAY:
        raise UsageError("search_a_day", found=targeted_a_day, most=MOST_A_DAY)
    parse(question)
    return SavedSearch(
        secrets.token_hex(8), name, question.strip(), filters, by, at,
        is_shared=is_shared or targeted_a_day is not None,  # what fills everybody's queue is seen by everybody
        targeted_a_day=targeted_a_day,
        targeted_since=at if targeted_a_day is not None else None,
    )  # fmt: skip


def is_of_search(row: SampledCall) -> bool:
    """Whether a row of the targeted queue is there because of a saved search, not of a flag."""
    return row.queue is Queue.TARGETED and row.draw_id.startswith(SEARCHED)


def searched_rows(
    search: SavedSearch, found: Sequence[Call], taken: Collection[str], today: int, *, zone: ZoneInfo, as_of: datetime
) -> tuple[SampledCall, ...]:
    """New rows of the targeted queue for calls that a search found, the newest first.

    ``taken``: calls on the targeted queue already, for whatever reason; ``today``: calls this search has put there
    today. As with flags ``inclusion_probability`` is 1 and never a weight: estimates skip this queue.
    """
    room = max(0, (search.targeted_a_day or 0) - today)
    fresh = [call for call in found if call.call_id not in taken]
    return tuple(
        SampledCall(
            draw_id=SEARCHED + search.search_id,
            plan=search.name,
            period=call.started_at.astimezone(zone).date().isoformat(),
            stratum=SEARCHED + search.search_id,
            call_id=call.call_id,
            inclusion_probability=1.0,
            drawn_at=as_of,
            queue=Queue.TARGETED,
        )
        for call in fresh[:room]
    )
