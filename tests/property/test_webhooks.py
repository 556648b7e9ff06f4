"""Webhooks in any order and number, lost, late and repeated: the store in the end is the same."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.follow_webhooks import follow_webhooks, has_webhooks
from pipelines.progress import Silent
from pipelines.sync_crm import sync_crm
from pipelines.webhook_journal import Spool
from qc_workbench.domain.webhooks import Receipt
from qc_workbench.sources.webhook_bodies import Arrived
from qc_workbench.sources.webhook_kinds import KINDS, receipts
from qc_workbench.sources.wire import TRIES
from qc_workbench.store import webhooks
from qc_workbench.workspace import Workspace
from tests.stand_ins import ringostat
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import Fault, QuickClock, serving
from tests.webhook_cases import KYIV, NOW, calls, hint, poll, rows, source, wall, workspace

ARRIVALS = st.lists(
    st.one_of(
        st.tuples(st.just("told"), st.integers(1, 12), st.integers(0, 60)),
        st.just(("followed", 0, 0)),
        st.just(("down", 0, 0)),
        st.tuples(st.just("spooled"), st.integers(1, 12), st.integers(0, 60)),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def twelve_calls() -> ringostat.RingostatStandIn:
    return ringostat.RingostatStandIn(
        calls=[dict(ringostat.row(n, wall(timedelta(minutes=7 * n)))) for n in range(1, 13)]
    )


@pytest.fixture(scope="module")
def without_webhooks(
    tmp_path_factory: pytest.TempPathFactory, twelve_calls: ringostat.RingostatStandIn
) -> Mapping[str, Any]:
    with serving(twelve_calls) as base:
        opened = workspace(tmp_path_factory.mktemp("silent") / "W", source("ringostat", "r", base))
        poll(opened, QuickClock(NOW))
        return left(opened)


def left(opened: Workspace) -> Mapping[str, Any]:
    tables = ("source_calls", "call_legs", "recordings", "recording_queue")
    amounts = {table: rows(opened, f"select count(*) as n from {table}") for table in tables}
    return {"calls": calls(opened), **amounts}


@settings(max_examples=6)
@given(arrivals=ARRIVALS)
def test_lost_repeated_reordered_and_late_webhooks_lead_to_the_same_store(
    arrivals: list[tuple[str, int, int]],
    twelve_calls: ringostat.RingostatStandIn,
    without_webhooks: Mapping[str, Any],
) -> None:
    """Whatever comes of twelve calls, in the end there is what a poll leaves without any webhook."""
    home = Path(mkdtemp())
    try:
        with serving(twelve_calls) as base:
            opened = workspace(home / "W", source("ringostat", "r", base))
            clock = QuickClock(NOW)
            for what, number, late in arrivals:
                receipt = hint(number, timedelta(minutes=7 * number), timedelta(minutes=7 * number - late))
                if what == "told":
                    opened.store.write(*webhooks.kept([receipt]))
                elif what == "spooled":
                    Spool(opened.home).append([receipt])
                elif what == "down":
                    twelve_calls.spoil(*[Fault.SERVER_ERROR] * TRIES)
                    follow_webhooks(opened, clock)
                    twelve_calls.faults.clear()
                else:
                    follow_webhooks(opened, clock)
            poll(opened, clock)
            clock.sleep(3600)
            follow_webhooks(opened, clock)
            assert left(opened) == without_webhooks
            assert len(calls(opened)) == 12
            assert not has_webhooks(opened, clock)
            opened.store.release()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def activity_moved(stand_in: PipedriveStandIn, number: int, before: str, after: str) -> Receipt:
    """A due date is moved in the CRM; the webhook of it, as it would be kept."""
    stand_in.passes(minutes=7)
    stand_in.change(stand_in.activities[number], due_date=after)
    body = {
        "meta": {"action": "change", "entity": "activity", "entity_id": str(number), "user_id": "11",
                 "timestamp": stand_in.now.isoformat(), "attempt": 1},
        "data": {"due_date": after, "due_time": {"value": "15:00:00", "timezone_id": None}},
        "previous": {"due_date": before},
    }  # fmt: skip
    arrived = Arrived("POST", "", "", {}, body)
    (receipt,) = receipts(KINDS["pipedrive"], "p", arrived, KYIV, b"secret", stand_in.now)
    return receipt


@settings(max_examples=4)
@given(told=st.lists(st.integers(0, 3), max_size=8), is_polled_between=st.booleans())
@pytest.mark.slow
def test_moves_of_due_dates_are_the_same_in_whatever_order_and_number_they_are_told(
    told: list[int], is_polled_between: bool
) -> None:
    home = Path(mkdtemp())
    try:
        stand_in = PipedriveStandIn(now=NOW - timedelta(days=2))
        stand_in.furnish()
        stand_in.person(1, "067 000 00 01")
        stand_in.deal(1, person_id=1)
        stand_in.activity(1, deal_id=1, person_id=1, due_date="2026-03-02", due_time="15:00:00")
        with serving(stand_in) as base:
            opened = workspace(home / "W", source("pipedrive", "p", base))
            ingest_crm(opened, stand_in)
            days = ["2026-03-02", "2026-03-03", "2026-03-09", "2026-03-05", "2026-03-20"]
            sent = []
            for place, (before, after) in enumerate(pairwise(days)):
                sent.append(activity_moved(stand_in, 1, before, after))
                if is_polled_between and place == 1:
                    ingest_crm(opened, stand_in)
            clock = QuickClock(stand_in.now)
            for place in told:
                opened.store.write(*webhooks.kept([sent[place]]))
                if place % 2:
                    follow_webhooks(opened, clock)
            opened.store.write(*webhooks.kept(sent))
            follow_webhooks(opened, clock)
            ingest_crm(opened, stand_in)
            found = rows(opened, "select * from activity_changes where field = 'due_at' order by changed_at")
            assert [row["origin"] for row in found] == ["webhook"] * 4
            assert [row["new_value"][:10] for row in found] == days[1:]
            assert not has_webhooks(opened, clock)
            opened.store.release()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def ingest_crm(opened: Workspace, stand_in: PipedriveStandIn) -> None:
    (settings_of_source,) = opened.settings.sources
    assert settings_of_source.kind == "pipedrive"
    sync_crm(opened, settings_of_source, Silent(), clock=QuickClock(stand_in.now))
