"""Histories of amoCRM and Bitrix24: order and repetition of rows, and how they are cut into answers, don't matter."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.sources import amocrm_rows, bitrix24_rows
from qc_workbench.sources.amocrm_rows import AmocrmAccount
from qc_workbench.sources.bitrix24_calls import Bitrix24CallsMeaning
from qc_workbench.sources.crm_meaning import CrmRecord, taken_in
from qc_workbench.sources.crm_values import CrmMove
from tests.stand_ins import amocrm, bitrix24

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AT = int(START.timestamp())
ZONE = ZoneInfo("Europe/Moscow")
#: Days by which a due date is moved, one move after another, and minutes between the moves.
plans = st.lists(st.tuples(st.integers(-9, 30).filter(bool), st.integers(1, 5_000)), min_size=1, max_size=8)
seeds = st.randoms(use_true_random=False)


def history_of(plan: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """(when, from, to), unix seconds."""
    found, at, due = [], AT, AT + 86_400
    for days, minutes in plan:
        at += minutes * 60
        found.append((at, due, due + days * 86_400))
        due += days * 86_400
    return found


def shuffled(items: list[Any], chance: random.Random) -> list[Any]:
    """In another order, some of them twice."""
    found = items + [item for item in items if chance.random() < 0.4]
    chance.shuffle(found)
    return found


def record(moves: list[CrmMove], chance: random.Random | None = None) -> CrmRecord | None:
    """The task as it is after all its moves, taken in at once or in pieces."""
    told = amocrm_rows.activity(amocrm.task(7, AT, AT, 1, updated_at=AT + 9_999_999), AmocrmAccount())
    if chance is None:
        return taken_in(None, told, moves, START)
    found = taken_in(None, told, [], START)
    for move in shuffled(moves, chance):
        found = taken_in(found, told if chance.random() < 0.3 else None, [move], START)
    return found


@given(plans, seeds)
def test_events_of_amocrm_tell_the_same_moves_in_any_order_and_pieces(
    plan: list[tuple[int, int]], chance: random.Random
) -> None:
    history = history_of(plan)
    events = [amocrm.move_event(n, at, 7, old, new) for n, (at, old, new) in enumerate(history)]
    moves = [move for event in events if (move := amocrm_rows.move(event)) is not None]
    found = record(moves, chance)
    assert found == record(moves)
    assert found is not None
    assert [move.at for move in found.moves] == [datetime.fromtimestamp(at, UTC) for at, _, _ in history]
    assert all(one.new == two.old for one, two in pairwise(found.moves))


@given(plans, seeds)
def test_a_task_s_history_of_bitrix24_tells_the_same_moves_in_any_order(
    plan: list[tuple[int, int]], chance: random.Random
) -> None:
    rows = [
        bitrix24.history(n, datetime.fromtimestamp(at, UTC).isoformat(), "DEADLINE", old, new)
        for n, (at, old, new) in enumerate(history_of(plan))
    ]
    told = record(list(bitrix24_rows.task_moves("7", rows, ZONE)))
    assert record(list(bitrix24_rows.task_moves("7", shuffled(rows, chance), ZONE))) == told
    assert told is not None
    assert len(told.moves) == len(plan)


@given(st.lists(st.sampled_from(["NEW", "OFFER", "WON", "LOSE"]), min_size=1, max_size=9), seeds)
def test_a_deal_s_stages_of_bitrix24_follow_each_other_in_any_order_of_rows(
    stages: list[str], chance: random.Random
) -> None:
    rows = [
        bitrix24.stage(n, 5, (START + timedelta(hours=n)).isoformat(), key, 1 if n == 1 else 2)
        for n, key in enumerate(stages, start=1)
    ]
    moves = list(bitrix24_rows.stage_moves(shuffled(rows, chance)))
    assert moves == list(bitrix24_rows.stage_moves(rows))
    assert [(move.old, move.new) for move in moves] == [(one, two) for one, two in pairwise(stages) if one != two]


@given(
    st.lists(
        st.tuples(st.sampled_from(["200", "304", "603-S", "486", "?"]), st.integers(0, 600)), min_size=1, max_size=5
    ),
    seeds,
)
def test_a_call_of_bitrix24_is_one_call_in_any_order_of_its_rows(
    attempts: list[tuple[str, int]], chance: random.Random
) -> None:
    rows = [
        bitrix24.call(n, (START + timedelta(minutes=n)).isoformat(), CALL_ID="x", PORTAL_USER_ID=str(n),
                      CALL_FAILED_CODE=code, CALL_DURATION=str(seconds))
        for n, (code, seconds) in enumerate(attempts)
    ]  # fmt: skip
    meaning = Bitrix24CallsMeaning("RU")
    call = meaning.collapse(shuffled(rows, chance))
    assert call == meaning.collapse(rows)
    assert call is not None
    talked = ("200", "?")  # a code that nobody documented says nothing: the seconds decide
    assert call.talk_s == sum(seconds for code, seconds in attempts if code in talked)
