"""What a page writes into its address it reads from there again, and no address breaks it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.search import CallFilters
from qc_workbench.ui.address import SEARCH, Span, search_address, searched, span_of

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
SECONDS = st.none() | st.integers(0, 999_999)
IDS = st.none() | st.text(min_size=1, max_size=12)


@st.composite
def filters(draw: st.DrawFn) -> CallFilters:
    """As the page makes them: the last day comes after a first one."""
    days = sorted(draw(st.lists(DAYS, max_size=2)))
    return CallFilters(
        draw(IDS),
        draw(st.none() | st.sampled_from(Direction)),
        days[0] if days else None,
        days[1] if len(days) > 1 else None,
        draw(SECONDS),
        draw(SECONDS),
        draw(st.none() | st.sampled_from(FlagKind)),
        draw(st.none() | st.sampled_from(ClientSaid)),
    )


@given(question=st.text(max_size=30), which=filters())
def test_a_search_comes_back_from_its_address(question: str, which: CallFilters) -> None:
    address = search_address(question, which)
    assert set(address) <= set(SEARCH)
    assert searched(address) == (question, which)


@given(st.dictionaries(st.sampled_from(SEARCH), st.text(max_size=12) | DAYS.map(str)))
def test_every_address_is_read_and_days_are_in_order(address: dict[str, str]) -> None:
    _, which = searched(address)
    assert which.day_to is None or (which.day_from is not None and which.day_from <= which.day_to)
    assert searched(search_address(*searched(address))) == searched(address)


@given(filters())
def test_a_span_comes_back_from_its_address_and_ends_no_later_than_now(which: CallFilters) -> None:
    span = Span(which.agent_id, which.day_from, which.day_to)
    assert span_of(span.address) == span
    now = datetime(2050, 1, 1, 12, tzinfo=UTC)
    found = span.moments(ZoneInfo("Europe/Moscow"), now)
    assert (found is None) is (span.first is None)
    assert found is None or found[1] <= now + timedelta(microseconds=1)


def test_what_cannot_be_read_is_not_there() -> None:
    assert span_of({"agent": "", "from": "yesterday", "to": "2026-13-01"}) == Span()
    assert searched({"direction": "sideways", "longer": "-5", "shorter": "1e3", "to": "2026-10-01"}) == (
        "",
        CallFilters(day_from=date(2026, 10, 1), day_to=date(2026, 10, 1)),
    )
