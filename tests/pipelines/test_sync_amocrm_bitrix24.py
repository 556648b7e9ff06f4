"""amoCRM and Bitrix24 into a workspace: whole, once, with the vendor's own history of moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.check_order import check_order
from pipelines.progress import Silent
from pipelines.sync_crm import CrmHint, refetch_crm
from qc_workbench.config_sources import AmocrmSource, Bitrix24Source
from qc_workbench.sources.crm_values import CrmEntity
from tests.crm_companies import BEGAN, COMPANIES, NOW, Place, everything, live, rows, sync
from tests.stand_ins.serving import QuickClock, serving


@pytest.fixture(params=COMPANIES, ids=lambda kind: str(kind.name))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    company = request.param.furnished()
    with serving(company.stand_in) as address:
        yield Place(company, address, tmp_path)


def test_a_company_arrives_whole_and_once(place: Place) -> None:
    opened = place.workspace("W")
    for step in live(place.company):
        step()
    sync(opened)
    name = place.company.name
    [deal] = rows(opened, f"select * from deals where deal_id = '{name}:2'")
    assert deal["client_phones"] == '["+79160000002"]'
    assert (deal["stage"], deal["stage_since"]) == (deal["stage"], NOW - timedelta(days=15))
    assert "КП" in deal["stage"]
    [change] = rows(opened, "select * from stage_changes")
    assert (change["deal_id"], change["origin"], change["to_stage"]) == (f"{name}:2", "vendor", deal["stage"])
    assert change["from_stage"] in ("Первичный контакт", "Новая")
    [note] = rows(opened, "select * from notes")
    assert (note["text"], note["deal_id"]) == ("Просит замер", f"{name}:1")
    assert note["pinned"] is (name == "amo"), "Bitrix24 does not tell what is pinned"
    before = everything(opened)
    assert sync(opened).nothing_new
    assert sync(opened, since=BEGAN - timedelta(days=1)).nothing_new
    assert everything(opened) == before


def test_moves_of_a_due_date_are_a_breach_by_the_vendor_s_own_history(place: Place) -> None:
    """Read once, after all of it happened: a difference between readings would have shown nothing."""
    opened = place.workspace("W")
    for step in live(place.company):
        step()
    sync(opened)
    moves = rows(opened, "select * from activity_changes where field = 'due_at' order by changed_at")
    assert [move["origin"] for move in moves] == ["vendor", "vendor"]
    assert [move["changed_at"] for move in moves] == [NOW - timedelta(days=20), NOW - timedelta(days=10)]
    assert {move["changed_by"] for move in moves} == {
        f"{place.company.name}:{504142 if place.company.name == 'amo' else 506}"
    }
    check_order(opened, NOW)
    [breach] = rows(opened, "select * from violations where kind = 'dragged_task'")
    assert breach["activity_id"] == f"{place.company.name}:1"
    assert breach["detail"] == "2 × 12"


def test_a_move_that_was_seen_as_a_difference_first_is_told_once(place: Place) -> None:
    """Read before and after: the difference is there as well, and the vendor's history explains it."""
    opened = place.workspace("W")
    sync(opened, QuickClock(NOW - timedelta(days=25)))
    for step in live(place.company):
        step()
    sync(opened)
    moves = rows(opened, "select origin from activity_changes where field = 'due_at'")
    assert [move["origin"] for move in moves] == ["vendor", "vendor"]
    assert len(rows(opened, "select * from stage_changes")) == 1


def test_an_end_is_dated_by_the_vendor_and_a_later_edit_does_not_move_it(place: Place) -> None:
    opened = place.workspace("W")
    *steps, edit = live(place.company)
    for step in steps:
        step()
    sync(opened, QuickClock(NOW - timedelta(days=3)))
    edit()
    sync(opened)
    [task] = rows(opened, f"select * from activities where activity_id = '{place.company.name}:3'")
    assert (task["subject"], task["done_at"]) == ("Позвонить", NOW - timedelta(days=5))


def test_a_deleted_deal_goes_when_it_is_asked_after(place: Place) -> None:
    opened = place.workspace("W")
    sync(opened, QuickClock(NOW - timedelta(days=25)))
    place.company.forget_deal(3)
    sync(opened)
    assert [row["deal_id"] for row in rows(opened, "select deal_id from deals order by 1")] == [
        f"{place.company.name}:{key}" for key in (1, 2)
    ]


def test_of_a_small_company_a_deleted_deal_goes_with_the_next_poll(place: Place) -> None:
    opened = place.workspace("W")
    sync(opened, QuickClock(NOW - timedelta(minutes=20)))
    sync(opened, QuickClock(NOW - timedelta(minutes=10)))
    place.company.forget_deal(3)
    sync(opened)
    assert len(rows(opened, "select deal_id from deals")) == 2


def test_a_message_of_the_crm_is_a_hint_that_is_asked_after(place: Place) -> None:
    """Repeated and for something deleted, too."""
    opened = place.workspace("W")
    sync(opened, QuickClock(NOW - timedelta(days=25)))
    for step in live(place.company):
        step()
    place.company.forget_deal(3)
    (settings,) = opened.settings.sources
    assert isinstance(settings, AmocrmSource | Bitrix24Source)
    hints = [CrmHint(CrmEntity.ACTIVITY, "1"), CrmHint(CrmEntity.DEAL, "2"), CrmHint(CrmEntity.DEAL, "3")]
    refetch_crm(opened, settings, [*hints, *reversed(hints)], Silent(), clock=QuickClock(NOW))
    moves = rows(opened, "select origin from activity_changes where field = 'due_at'")
    assert [move["origin"] for move in moves] == ["vendor", "vendor"]
    assert len(rows(opened, "select * from deals")) == 2
