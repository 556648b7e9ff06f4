"""The discipline bonus: exact, order-free, never below zero; what is disputed or taken back costs nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.bonus import FAULT_KINDS, Fault, FaultMove, LineState, Objection, Statement, Terms, Why
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.errors import UsageError
from qc_workbench.review.bonus import (
    Record,
    approve,
    differences,
    frozen,
    frozen_terms,
    standing_approval,
    statement,
    undo_approval,
)
from qc_workbench.review.objections import may_object, may_settle, objection, settlement, withdrawal
from qc_workbench.review.rulings import rule, undo

ZONE = ZoneInfo("Europe/Moscow")
MONTH = date(2026, 10, 1)
FIRST = datetime(2026, 9, 30, 21, tzinfo=UTC)  # midnight in Moscow
NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
KINDS = ("overdue_task", "fake_effective", "call_not_logged", "broken_promise")
TERMS = Terms(
    currency="RUB",
    pool=Decimal(3000),
    fixed=Decimal(25000),
    tariffs={"overdue_task": Decimal(100), "fake_effective": Decimal(500), "call_not_logged": Decimal(200)},
    most_by_kind={},
    most_a_day=None,
    most_a_month=None,
    validity_days=31,
    step=Decimal(1),
)


def fault(name: str = "v1", kind: str = "overdue_task", day: int = 5, **more: str) -> Fault:
    return Fault(name, kind, "a1", FIRST + timedelta(days=day - 1, hours=12), **more)


def confirmed(item: Fault, by: str = "Вера", at: datetime | None = None) -> Record:
    moment = at or item.happened_at + timedelta(days=1)
    return Record(item, (rule(item.fault_id, Ruling.CONFIRMED, by, moment, "", ()),))


def made(*records: Record, terms: Terms = TERMS) -> Statement:
    return statement("a1", MONTH, records, terms, ZONE)


amounts = st.integers(0, 4000).map(Decimal)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        item = Fault(
            f"f{number}",
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(["a1", "a1", "a1", "a2"])),
            FIRST + timedelta(hours=draw(st.integers(-48, 800))),
            call_id=draw(st.sampled_from([None, "c1", "c2"])),
            activity_id=draw(st.sampled_from([None, "t1"])),
        )
        findings: list[Finding] = []
        moves: list[FaultMove] = []
        at = item.happened_at
        for _ in range(draw(st.integers(0, 4))):
            at += timedelta(hours=draw(st.integers(1, 500)))
            step = draw(st.sampled_from(["confirmed", "rejected", "undo", "dispute", "keep", "grant", "withdraw"]))
            who = draw(st.sampled_from(["Вера", "Олег"]))
            try:
                match step:
                    case "undo":
                        findings.append(undo(item.fault_id, who, at, findings))
                    case "dispute":
                        now = Record(item, tuple(findings)).confirmation
                        moves.append(objection(item.fault_id, "нет", "Анна", at, moves, now, 0))
                    case "withdraw":
                        moves.append(withdrawal(item.fault_id, "Анна", at, moves))
                    case "keep" | "grant":
                        moves.append(settlement(item.fault_id, Objection(step), "да", who, at, moves, findings))
                    case _:
                        findings.append(rule(item.fault_id, Ruling(step), who, at, "", findings))
            except UsageError:
                continue
        found.append(Record(item, tuple(findings), tuple(moves)))
    return found


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    return Terms(
        "RUB", draw(amounts), Decimal(25000), {kind: draw(amounts) for kind in KINDS[:3]},
        draw(st.dictionaries(st.sampled_from(KINDS), amounts)), draw(st.none() | amounts), draw(st.none() | amounts),
        draw(st.sampled_from([0, 7, 31])), Decimal(1),
    )  # fmt: skip


@given(records(), all_terms())
def test_the_sum_is_exact_and_never_leaves_the_bonus(found: list[Record], terms: Terms) -> None:
    it = made(*found, terms=terms)
    assert it.payable + sum((line.amount for line in it.lines), Decimal(0)) == terms.pool
    assert Decimal(0) <= it.payable <= terms.pool
    for line in it.lines:
        assert Decimal(0) <= line.amount <= line.tariff
        assert (line.amount == line.tariff) or line.state is not LineState.COUNTED
        assert line.state in (LineState.COUNTED, LineState.CAPPED) or not line.amount
        assert (line.why is None) == (line.state is LineState.COUNTED)
    for kind, most in terms.most_by_kind.items():
        assert sum(line.amount for line in it.lines if line.fault.kind == kind) <= most
    for day in {line.day for line in it.lines}:
        of_day = sum(line.amount for line in it.lines if line.day == day)
        assert terms.most_a_day is None or of_day <= terms.most_a_day
    assert terms.most_a_month is None or it.deducted <= terms.most_a_month


@given(records(), all_terms(), st.randoms(use_true_random=False))
def test_the_order_of_the_findings_changes_nothing(found: list[Record], terms: Terms, chance: random.Random) -> None:
    mixed = [replace(item, findings=tuple(chance.sample(item.findings, len(item.findings)))) for item in found]
    mixed = [replace(item, moves=tuple(chance.sample(item.moves, len(item.moves)))) for item in mixed]
    chance.shuffle(mixed)
    assert made(*mixed, terms=terms) == made(*found, terms=terms)


@given(records(), all_terms())
def test_only_what_stands_confirmed_and_undisputed_costs(found: list[Record], terms: Terms) -> None:
    by_id = {item.fault.fault_id: item for item in found}
    for line in made(*found, terms=terms).lines:
        record = by_id[line.fault.fault_id]
        assert line.fault.agent_id == "a1"
        assert any(item.ruling is Ruling.CONFIRMED for item in record.findings)
        if line.amount:
            ruling = record.ruling
            assert ruling is not None
            assert ruling.ruling is Ruling.CONFIRMED
            last = max(record.moves, key=lambda move: move.step, default=None)
            assert last is None or last.move is not Objection.DISPUTE
            assert last is None or last.move is not Objection.GRANT or last.at < ruling.at


def _deed(item: Fault) -> tuple[str, str | None]:
    by_task = item.call_id is None or (item.kind == "broken_promise" and item.activity_id is not None)
    return ("task", item.activity_id) if by_task else ("call", item.call_id)


@given(records(), all_terms())
def test_a_call_or_a_task_is_charged_once(found: list[Record], terms: Terms) -> None:
    paying = [line for line in made(*found, terms=terms).lines if line.amount]
    deeds = [
        ("call", line.fault.call_id) if line.fault.call_id else ("task", line.fault.activity_id) for line in paying
    ]
    named = [deed for deed in deeds if deed[1]]
    assert len(named) == len(set(named))


@given(records(), all_terms())
def test_a_frozen_statement_says_the_same_terms_and_differs_in_nothing(found: list[Record], terms: Terms) -> None:
    it = made(*found, terms=terms)
    assert frozen_terms(frozen(it)) == terms
    assert differences(frozen(it), it) == ()
    assert frozen(made(*reversed(found), terms=terms)) == frozen(it)


@given(records(), records(), all_terms())
def test_differences_explain_the_whole_change(one: list[Record], other: list[Record], terms: Terms) -> None:
    before, after = made(*one, terms=terms), made(*other, terms=terms)
    found = differences(frozen(before), after)
    change = sum((item.amount_after - item.amount_before for item in found), Decimal(0))
    assert change == after.deducted - before.deducted


def test_a_confirmed_fault_costs_its_tariff_in_the_month_it_happened() -> None:
    it = made(confirmed(fault()), confirmed(fault("v2", "fake_effective", 9)))
    assert [(line.state, line.amount) for line in it.lines] == [
        (LineState.COUNTED, Decimal(100)), (LineState.COUNTED, Decimal(500)),
    ]  # fmt: skip
    assert (it.deducted, it.payable) == (Decimal(600), Decimal(2400))


def test_what_nobody_confirmed_is_no_line() -> None:
    rejected = Record(fault(), (rule("v1", Ruling.REJECTED, "Вера", NOW, "", ()),))
    assert made(Record(fault(), ()), rejected).lines == ()


def test_a_fault_of_the_last_minute_belongs_to_the_month_of_the_companys_zone() -> None:
    late = replace(fault(), happened_at=datetime(2026, 10, 31, 20, 59, tzinfo=UTC))  # 23:59 in Moscow
    after = replace(fault("v2"), happened_at=datetime(2026, 10, 31, 21, 0, tzinfo=UTC))
    assert [line.fault.fault_id for line in made(confirmed(late), confirmed(after)).lines] == ["v1"]
    november = statement("a1", date(2026, 11, 1), [confirmed(late), confirmed(after)], TERMS, ZONE)
    assert [line.fault.fault_id for line in november.lines] == ["v2"]


def test_a_later_ruling_takes_the_deduction_back_and_an_undo_of_it_brings_it_again() -> None:
    item = fault()
    first = rule("v1", Ruling.CONFIRMED, "Вера", item.happened_at + timedelta(days=1), "", ())
    second = rule("v1", Ruling.REJECTED, "Олег", item.happened_at + timedelta(days=2), "", (first,))
    third = undo("v1", "Олег", item.happened_at + timedelta(days=3), (first, second))
    assert made(Record(item, (first, second))).lines[0].why is Why.REJECTED
    assert made(Record(item, (first, second, third))).lines[0].amount == Decimal(100)
    undone = undo("v1", "Вера", item.happened_at + timedelta(days=2), (first,))
    it = made(Record(item, (first, undone)))
    assert (it.lines[0].state, it.lines[0].why, it.payable) == (LineState.DROPPED, Why.WITHDRAWN, TERMS.pool)


def test_a_replaced_flag_leaves_the_last_ruling_about_the_call() -> None:
    item = fault("fake_effective:c1", "fake_effective", call_id="c1")
    old = rule("flag-old", Ruling.CONFIRMED, "Вера", item.happened_at + timedelta(days=1), "", ())
    new = rule("flag-new", Ruling.REJECTED, "Вера", item.happened_at + timedelta(days=2), "", ())
    assert made(Record(item, (old, new))).deducted == 0
    assert made(Record(item, (new, old))).deducted == 0
    assert made(Record(item, (old,))).deducted == Decimal(500)


def test_an_open_dispute_suspends_until_another_person_rules() -> None:
    item = confirmed(fault())
    opened = objection("v1", "задача закрыта в срок", "Анна", NOW, (), item.confirmation, 0)
    it = made(replace(item, moves=(opened,)))
    assert (it.lines[0].state, it.deducted, it.suspended) == (LineState.SUSPENDED, Decimal(0), Decimal(100))
    with pytest.raises(UsageError, match="objection_same_person"):
        settlement("v1", Objection.KEEP, "стоит", "Вера", NOW, (opened,), item.findings)
    with pytest.raises(UsageError, match="objection_same_person"):
        settlement("v1", Objection.GRANT, "снять", "Анна", NOW, (opened,), item.findings)
    kept = settlement("v1", Objection.KEEP, "стоит", "Олег", NOW, (opened,), item.findings)
    granted = settlement("v1", Objection.GRANT, "снять", "Олег", NOW, (opened,), item.findings)
    assert made(replace(item, moves=(opened, kept))).deducted == Decimal(100)
    it = made(replace(item, moves=(opened, granted)))
    assert (it.lines[0].state, it.lines[0].why) == (LineState.DROPPED, Why.GRANTED)
    taken_back = withdrawal("v1", "Анна", NOW, (opened,))
    assert made(replace(item, moves=(opened, taken_back))).deducted == Decimal(100)


def test_confirming_anew_does_not_end_an_open_dispute() -> None:
    item = confirmed(fault())
    opened = objection("v1", "нет", "Анна", NOW, (), item.confirmation, 0)
    again = rule("v1", Ruling.CONFIRMED, "Олег", NOW + timedelta(hours=1), "", item.findings)
    it = replace(item, findings=(*item.findings, again), moves=(opened,))
    assert made(replace(it), terms=replace(TERMS, validity_days=0)).lines[0].state is LineState.SUSPENDED
    assert not may_settle(it.moves, it.findings, "Олег")
    assert may_settle(it.moves, it.findings, "Пётр")


def test_a_fault_is_disputed_once_a_confirmation_and_within_the_window() -> None:
    item = confirmed(fault())
    at = item.findings[0].at
    assert may_object((), item.confirmation, at + timedelta(days=14), 14)
    assert not may_object((), item.confirmation, at + timedelta(days=14, seconds=1), 14)
    opened = objection("v1", "нет", "Анна", at, (), item.confirmation, 14)
    kept = settlement("v1", Objection.KEEP, "стоит", "Олег", at + timedelta(hours=1), (opened,), item.findings)
    assert not may_object((opened,), item.confirmation, at, 14)
    assert not may_object((opened, kept), item.confirmation, at + timedelta(hours=2), 14)
    with pytest.raises(UsageError, match="objection_needs_reason"):
        objection("v1", "  ", "Анна", at, (), item.confirmation, 14)
    assert not may_object((), None, at, 14)


def test_what_was_confirmed_too_late_costs_nothing() -> None:
    item = fault(day=1)
    on_time = confirmed(item, at=item.happened_at + timedelta(days=31))
    late = confirmed(item, at=item.happened_at + timedelta(days=32))
    assert made(on_time).deducted == Decimal(100)
    assert (made(late).lines[0].why, made(late).deducted) == (Why.EXPIRED, Decimal(0))
    assert made(late, terms=replace(TERMS, validity_days=0)).deducted == Decimal(100)


def test_one_deed_is_charged_at_the_highest_tariff() -> None:
    logged = confirmed(fault("v1", "call_not_logged", 5, call_id="c1"))
    padded = confirmed(fault("v2", "fake_effective", 6, call_id="c1"))
    it = made(logged, padded)
    assert [(line.amount, line.why) for line in it.lines] == [(Decimal(0), Why.SAME_CALL), (Decimal(500), None)]
    opened = objection("v2", "нет", "Анна", NOW, (), padded.confirmation, 0)
    it = made(logged, replace(padded, moves=(opened,)))
    assert [line.amount for line in it.lines] == [Decimal(200), Decimal(0)]


def test_the_closing_of_a_deal_is_charged_once() -> None:
    terms = replace(TERMS, tariffs={"false_refusal": Decimal(1000), "lost_without_refusal": Decimal(500)})
    flag = confirmed(fault("false_refusal:c1", "false_refusal", 5, call_id="c1", deal_id="d1"))
    rule_of_order = confirmed(fault("v1", "lost_without_refusal", 6, deal_id="d1"))
    it = made(flag, rule_of_order, terms=terms)
    assert [(line.amount, line.why) for line in it.lines] == [(Decimal(1000), None), (Decimal(0), Why.SAME_DEAL)]


@pytest.mark.parametrize(
    ("terms", "expected", "why"),
    [
        (replace(TERMS, most_by_kind={"overdue_task": Decimal(150)}), [100, 50, 0], Why.KIND_LIMIT),
        (replace(TERMS, most_a_day=Decimal(120)), [100, 20, 100], Why.DAY_LIMIT),
        (replace(TERMS, most_a_month=Decimal(210)), [100, 100, 10], Why.MONTH_LIMIT),
        (replace(TERMS, pool=Decimal(130)), [100, 30, 0], Why.POOL),
    ],
)
def test_a_limit_takes_the_later_lines_down(terms: Terms, expected: list[int], why: Why) -> None:
    it = made(*(confirmed(fault(f"v{n}", day=day)) for n, day in enumerate((5, 5, 6))), terms=terms)
    assert [line.amount for line in it.lines] == [Decimal(amount) for amount in expected]
    assert {line.why for line in it.lines if line.state is LineState.CAPPED} == {why}


def test_approvals_are_revisions_and_can_be_taken_back() -> None:
    it = made(confirmed(fault()))
    first = approve(it, "Вера", NOW, (), ZONE)
    assert (first.revision, standing_approval([first])) == (1, first)
    with pytest.raises(UsageError, match="bonus_approved_already"):
        approve(it, "Вера", NOW, (first,), ZONE)
    later = made(confirmed(fault()), confirmed(fault("v2", "fake_effective", 9)))
    second = approve(later, "Олег", NOW + timedelta(hours=1), (first,), ZONE)
    change = differences(first.frozen, later)
    assert second.revision == 2
    assert [(item.kind, item.state_before, item.amount_after) for item in change] == [
        ("fake_effective", None, Decimal(500))
    ]
    undone = undo_approval("Олег", NOW + timedelta(hours=2), (first, second))
    assert standing_approval([first, second, undone]) == first
    with pytest.raises(UsageError, match="bonus_nothing_to_undo"):
        undo_approval("Олег", NOW, ())
    with pytest.raises(UsageError, match="bonus_month_not_over"):
        approve(it, "Вера", datetime(2026, 10, 31, 20, tzinfo=UTC), (), ZONE)
    with pytest.raises(UsageError, match="bonus_needs_name"):
        approve(it, " ", NOW, (), ZONE)


def test_a_frozen_statement_names_no_client_call_or_deal() -> None:
    item = confirmed(fault("secret-fault", call_id="secret-call", deal_id="secret-deal", activity_id="secret-task"))
    assert "secret" not in frozen(made(item))


def test_every_kind_of_fault_has_its_code_once() -> None:
    assert len(FAULT_KINDS) == len(set(FAULT_KINDS))
