"""Moves of due dates and stages: whatever the order, the repetition and the moments of reading, each is kept once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.crm import ActivityType, ChangeOrigin, DealStatus
from qc_workbench.sources.crm_meaning import CrmBook, CrmContext, CrmRecord, crm_id, merged, taken_in, vendor_key
from qc_workbench.sources.crm_values import (
    DUE_AT,
    CrmActivity,
    CrmDeal,
    CrmEntity,
    CrmMove,
    CrmNote,
    CrmStage,
    entity_of,
    moment_text,
    told_from_json,
    told_json,
)

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DUE = [START + timedelta(days=day) for day in range(5)]


def task(due: datetime, updated_at: datetime) -> CrmActivity:
    return CrmActivity("7", "11", ActivityType.CALL, "call", START, updated_at, due_at=due)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[CrmMove], list[datetime]]:
    """True moves of one task, each to another date, and moments of reading it."""
    gaps = draw(st.lists(st.integers(1, 600), min_size=1, max_size=6))
    at, due, moves = START, DUE[0], []
    for gap in gaps:
        at += timedelta(seconds=2 * gap)
        new = draw(st.sampled_from([item for item in DUE if item != due]))
        moves.append(CrmMove(CrmEntity.ACTIVITY, "7", DUE_AT, at, moment_text(due), moment_text(new), "11",
                             ChangeOrigin.WEBHOOK))  # fmt: skip
        due = new
    length = int((at - START).total_seconds()) + 10
    reads = sorted(draw(st.lists(st.integers(0, length), max_size=6)))
    return moves, [START + timedelta(seconds=read) for read in reads]


def as_read(moves: list[CrmMove], at: datetime) -> CrmActivity:
    """The task as a reading at a moment finds it."""
    made = [move for move in moves if move.at <= at]
    if not made:
        return task(DUE[0], START)
    assert made[-1].new is not None
    return task(datetime.fromisoformat(made[-1].new), made[-1].at)


@given(histories(), st.randoms())
def test_when_every_move_was_told_they_alone_stay_in_whatever_order(
    history: tuple[list[CrmMove], list[datetime]], chance: object
) -> None:
    moves, reads = history
    steps: list[CrmMove | datetime] = [*moves, *moves, *reads]
    chance.shuffle(steps)  # type: ignore[attr-defined]
    record: CrmRecord | None = taken_in(None, task(DUE[0], START), (), START)
    unread = sorted(reads)
    for step in steps:
        if isinstance(step, CrmMove):
            record = taken_in(record, None, [step], step.at)
        else:  # readings themselves come in their order, messages between them in any
            at = unread.pop(0)
            record = taken_in(record, as_read(moves, at), (), at)
    assert record is not None
    assert list(record.moves) == moves


@given(histories())
def test_without_messages_every_difference_between_readings_is_there_once(
    history: tuple[list[CrmMove], list[datetime]],
) -> None:
    moves, reads = history
    record: CrmRecord | None = taken_in(None, task(DUE[0], START), (), START)
    expected, due = [], moment_text(DUE[0])
    for at in [*reads, *reads[-1:]]:
        now = as_read(moves, at)
        if moment_text(now.due_at) != due:
            expected.append((due, moment_text(now.due_at), now.updated_at))
            due = moment_text(now.due_at)
        record = taken_in(record, now, (), at)
    assert record is not None
    assert [(move.old, move.new, move.at) for move in record.moves] == expected
    assert all(move.origin is ChangeOrigin.DIFF for move in record.moves)


@given(histories(), st.data())
def test_moves_make_a_chain_whatever_was_lost(
    history: tuple[list[CrmMove], list[datetime]], data: st.DataObject
) -> None:
    moves, reads = history
    told = data.draw(st.lists(st.sampled_from(moves), unique=True))
    record: CrmRecord | None = taken_in(None, task(DUE[0], START), (), START)
    for at in reads:
        record = taken_in(record, as_read(moves, at), (), at)
    record = taken_in(record, None, told, START)
    assert record is not None
    times = [move.at for move in record.moves]
    assert times == sorted(set(times)), "a moment each: it is part of the key"
    for one, other in zip(record.moves, record.moves[1:], strict=False):
        assert one.new != other.new or other.origin is ChangeOrigin.WEBHOOK
    assert {move.at for move in told} <= set(times)


@given(histories(), st.randoms())
def test_putting_moves_together_twice_changes_nothing(
    history: tuple[list[CrmMove], list[datetime]], chance: object
) -> None:
    moves = list(history[0])
    chance.shuffle(moves)  # type: ignore[attr-defined]
    once = merged(moves)
    assert merged([*once, *moves]) == once == tuple(history[0])


@given(st.permutations(["1", "2", "3"]))
def test_moves_within_one_second_follow_each_other(order: list[str]) -> None:
    stages = {"1": ("0", "1"), "2": ("1", "2"), "3": ("2", "3")}
    first = CrmMove(CrmEntity.DEAL, "5", "stage", START - timedelta(hours=1), None, "0")
    told = [CrmMove(CrmEntity.DEAL, "5", "stage", START, *stages[key]) for key in order]
    found = merged([first, *told])
    assert [move.new for move in found] == ["0", "1", "2", "3"]
    assert len({move.at for move in found}) == 4


def test_a_reading_older_than_the_one_known_says_nothing_new() -> None:
    record = taken_in(None, task(DUE[1], START + timedelta(hours=2)), (), START)
    assert taken_in(record, task(DUE[0], START + timedelta(hours=1)), (), START) == record


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda item: item.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware here
words = st.text(max_size=20)
deals = st.builds(
    CrmDeal, words, words, words, st.sampled_from(DealStatus), moments, title=st.none() | words,
    person_keys=st.lists(words, max_size=2).map(tuple), amount=st.none() | st.decimals(0, 10**9, places=2),
    created_at=st.none() | moments, attributes=st.dictionaries(words, words, max_size=2),
)  # fmt: skip
activities = st.builds(
    CrmActivity, words, words, st.sampled_from(ActivityType), words, moments, moments, due_at=st.none() | moments,
    due_has_time=st.booleans(), done=st.booleans(), deal_key=st.none() | words,
)  # fmt: skip
notes = st.builds(CrmNote, words, words, moments, moments, pinned=st.none() | st.booleans())


@given(deals | activities | notes)
def test_what_is_kept_is_what_was_told(told: CrmDeal | CrmActivity | CrmNote) -> None:
    assert told_from_json(entity_of(told), told_json(told)) == told


@given(st.from_regex(r"[\w.-]{1,40}", fullmatch=True), words, st.from_regex(r"[\w.-]{1,40}", fullmatch=True))
def test_ids_of_two_sources_never_meet(source: str, key: str, other: str) -> None:
    assert vendor_key(source, crm_id(source, key)) == key
    if other != source:
        assert vendor_key(other, crm_id(source, key)) is None


def test_a_stage_is_told_with_its_pipeline_only_where_names_meet() -> None:
    stages = {key: CrmStage(key, name, pipeline, f"Воронка {pipeline}") for key, name, pipeline in
              (("1", "Новая", "1"), ("2", "Новая", "2"), ("3", "Договор", "2"))}  # fmt: skip
    context = CrmContext("p", "UA", CrmBook("p", (), ()), stages)
    assert [context.stage(key) for key in ("1", "2", "3", "9")] == [
        "Воронка 1: Новая", "Воронка 2: Новая", "Договор", "9",
    ]  # fmt: skip


def test_amounts_keep_their_cents() -> None:
    told = CrmDeal("1", "1", "1", DealStatus.OPEN, START, amount=Decimal("1000.10"))
    assert told_json(told)["amount"] == "1000.10"
