"""What the store counts in SQL is what ``reporting.counting`` counts in Python, on companies full of borders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.build_report import read_month
from pipelines.build_today import read_today
from qc_workbench.domain.call import Call, Direction, Manager, Outcome, Role
from qc_workbench.domain.commitment import ClientSaid, CommitmentOutcome, Refusal
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.domain.flag import Finding, FlagKind, Ruling, Verdict
from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, Queue, SampledCall, SampleStatus
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.reporting.counting import month_facts
from qc_workbench.reporting.facts import Facts
from qc_workbench.reporting.month import build_month, month_of
from qc_workbench.review.rulings import standing
from qc_workbench.store import verdicts
from qc_workbench.store.verdicts import STANDING_FINDINGS, finding_of
from qc_workbench.workspace import Workspace
from tests.report_cases import at, conversation, flag, promise
from tests.whole_store import read_facts, write_facts

T = TypeVar("T")
OCTOBER, SIXTH = date(2026, 10, 1), date(2026, 10, 6)
#: Both sides of every border a report knows: months, weeks, days, a week ago, the reports' moments.
MOMENTS = [
    moment + shift
    for moment in (at(1), at(1, 0), at(5, 0), at(6, 0), at(6, 13), at(7, 0), at(29, 0, month=9), at(1, 0, month=11),
                   at(1, 0, month=9), at(30, 0, month=9), at(12, 9))
    for shift in (timedelta(0), timedelta(microseconds=-1), timedelta(minutes=7))
]  # fmt: skip
CALL_IDS = [f"c{number}" for number in range(8)]
AGENTS = ["m1", "m2", "m3", "stranger"]
PHONES = ["+79000000001", "+79000000002", "+79000000003", None]
moments, agents = st.sampled_from(MOMENTS), st.sampled_from(AGENTS)
call_ids = st.sampled_from(CALL_IDS)


def by_key(strategy: st.SearchStrategy[T], key: str, most: int = 8) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=most, unique_by=lambda item: getattr(item, key)).map(tuple)


calls = st.builds(
    Call, call_ids, moments, st.sampled_from(Direction), agents, st.sampled_from(PHONES),
    st.sampled_from([0.0, 39.9, 40.0, 60.0]), st.sampled_from(Outcome),
)  # fmt: skip
flags = st.builds(
    lambda call_id, verdict, kind, number: replace(flag(call_id, verdict, kind), flag_id=f"f{number}"),
    call_ids, st.sampled_from(Verdict), st.sampled_from(FlagKind), st.integers(0, 9),
)  # fmt: skip
findings = st.builds(
    lambda number, about, ruling, moment, takes_back: Finding(
        f"r{number}", f"f{about}", ruling, "Вера", moment, "", None if takes_back is None else f"r{takes_back}"
    ),
    st.integers(0, 9), st.integers(0, 3), st.sampled_from(Ruling), moments, st.none() | st.integers(0, 9),
)  # fmt: skip
days = st.sampled_from([date(2026, 10, day) for day in (4, 5, 6, 7)])
promises = st.builds(
    lambda call_id, outcome, first, length: promise(call_id, outcome, first, first + timedelta(days=length)),
    call_ids, st.sampled_from(CommitmentOutcome), days, st.integers(0, 2),
)  # fmt: skip
deals = st.builds(
    lambda number, agent, stage, status, since, amount, currency, created, closed: Deal(
        f"d{number}", (), agent, stage, status, stage_since=since, amount=amount, currency=currency,
        created_at=created, closed_at=closed,
    ),
    st.integers(0, 7), agents, st.sampled_from(["Новая", "КП отправлено", "Думают"]), st.sampled_from(DealStatus),
    st.none() | moments, st.none() | st.decimals(0, 10**6, places=2), st.sampled_from([None, "RUB", "EUR"]),
    st.none() | moments, st.none() | moments,
)  # fmt: skip
activities = st.builds(
    lambda number, agent, due, done: Activity(f"a{number}", agent, ActivityType.CALL, at(1), due_at=due, done_at=done),
    st.integers(0, 7), agents, st.none() | moments, st.none() | moments,
)  # fmt: skip
DRAWS = (
    ("daily-6", "daily", Period.DAILY, SIXTH, SIXTH),
    ("daily-late", "daily", Period.DAILY, SIXTH, SIXTH),
    ("weekly", "weekly", Period.WEEKLY, date(2026, 9, 28), date(2026, 10, 4)),
    ("before", "weekly", Period.WEEKLY, date(2026, 9, 21), date(2026, 9, 27)),
)
sampled = st.builds(
    lambda draw, call_id, queue, status: SampledCall(
        draw[0], draw[1], "p", "s", call_id, 0.5, at(12), queue, status
    ),
    st.sampled_from(DRAWS), call_ids, st.sampled_from(Queue), st.sampled_from(SampleStatus),
)  # fmt: skip


def drawn(number: int, members: list[tuple[str, str]]) -> Draw:
    draw_id, name, period, first, last = DRAWS[number]
    frame = tuple(FrameItem(call_id, at(6), stratum, "m1") for call_id, stratum in members)
    return Draw(draw_id, Plan(name, period, {"inbound": 0.5}), first, last, "seed", "hash", frame, at(12), "1")


frames = st.lists(st.tuples(call_ids, st.sampled_from(["a", "б", "Б"])), max_size=6, unique_by=lambda item: item[0])
draws = st.tuples(*(frames for _ in DRAWS)).map(
    lambda members: tuple(drawn(number, found) for number, found in enumerate(members))
)
companies = st.builds(
    Facts,
    as_of=st.sampled_from([at(6, 13), at(7, 0), at(2, 6, month=11)]),
    calls=by_key(calls, "call_id"),
    managers=st.just(
        {
            "m1": Manager("m1", "Борис"),
            "m2": Manager("m2", "Анна", left_at=at(1, 0)),
            "m3": Manager("m3", "Ян", left_at=at(1, 0) - timedelta(seconds=1)),
            "q1": Manager("q1", "Ольга", Role.QC),
        }
    ),
    conversations=st.dictionaries(call_ids, st.sampled_from([True, False, None])).map(
        lambda known: {call_id: conversation(call_id, verified) for call_id, verified in known.items()}
    ),
    flags=by_key(flags, "flag_id", 10),
    findings=by_key(findings, "finding_id", 10),
    commitments=st.lists(promises, max_size=8, unique_by=lambda item: item.spoken.commitment_id).map(tuple),
    refusals=by_key(
        st.builds(Refusal, call_ids, st.sampled_from(ClientSaid), st.none(), st.none(), st.booleans()), "call_id"
    ),
    deals=by_key(deals, "deal_id"),
    activities=by_key(activities, "activity_id"),
    draws=draws,
    sample=st.lists(sampled, max_size=12, unique_by=lambda row: (row.draw_id, row.call_id)).map(tuple),
    violations=by_key(
        st.builds(
            lambda number, kind, agent, moment: Violation(f"v{number}", kind, agent, moment),
            st.integers(0, 5), st.sampled_from(ViolationKind), agents, moments,
        ),
        "violation_id",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("company")
    (home / "qcw.toml").write_text('[discipline.stage_limits_days]\n"Новая" = 2\n"КП отправлено" = 5\n', "utf-8")
    return Workspace.open(home)


def stored(workspace: Workspace, company: Facts, doubted: Collection[FlagKind] = ()) -> Facts:
    """The company as the store gives it back: the order of rows is the store's, amounts are what it keeps.

    ``doubted``: kinds of flags whose detector people rejected five times before.
    """
    write_facts(workspace, company)
    for kind in doubted:
        before = [replace(flag("gone", kind=kind), flag_id=f"gone-{kind}-{number}") for number in range(5)]
        rejected = [
            Finding(f"no-{item.flag_id}", item.flag_id, Ruling.REJECTED, "Вера", company.as_of) for item in before
        ]
        rows = [{**verdicts.flag_row(item, company.as_of), "retired_at": company.as_of} for item in before]
        workspace.store.insert_many("flags", rows)
        workspace.store.insert_many("findings", [verdicts.finding_row(item) for item in rejected])
    found = read_facts(workspace, company.as_of)
    assert {key.kind for key in found.downgraded} == set(doubted)
    return found


def assert_same(found: Any, expected: Any) -> None:
    """Equal values; counts in any order, as they are sums; lists in the same order."""
    for field in fields(found):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if field.name in {"calls", "deals", "drawn", "promises", "refusals", "violations"}:
            one, other = sorted(one, key=repr), sorted(other, key=repr)
        assert one == other, field.name


doubts = st.sets(st.sampled_from(FlagKind))
SLOWLY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOWLY
@given(companies, doubts)
def test_the_store_counts_a_month_as_the_rules_do(workspace: Workspace, company: Facts, doubted: set[FlagKind]) -> None:
    whole = stored(workspace, company, doubted)
    found = read_month(workspace, OCTOBER, company.as_of)
    assert_same(found, month_facts(whole, OCTOBER))
    assert month_of(found) == build_month(whole, OCTOBER)


@SLOWLY
@given(by_key(findings, "finding_id", 10))
def test_the_ruling_that_stands_is_the_same_in_the_store(workspace: Workspace, ruled: Sequence[Finding]) -> None:
    write_facts(workspace, Facts(as_of=datetime(2026, 11, 1, tzinfo=UTC), findings=tuple(ruled)))
    with workspace.store.reading() as reader:
        found: Mapping[str, Finding] = {row["flag_id"]: finding_of(row) for row in reader.rows(STANDING_FINDINGS)}
    assert found == standing(sorted(ruled, key=lambda item: (item.at, item.finding_id)))


def test_a_currency_is_counted_even_where_no_deal_of_it_has_an_amount(workspace: Workspace) -> None:
    deals = (
        Deal("d1", (), "m1", "Новая", DealStatus.WON, amount=None, currency="EUR", closed_at=at(6)),
        Deal("d2", (), "m1", "Новая", DealStatus.WON, amount=Decimal("10.50"), currency="RUB", closed_at=at(6)),
    )
    write_facts(workspace, Facts(as_of=at(7), deals=deals))
    now = month_of(read_month(workspace, OCTOBER, at(7))).dynamics.now
    assert (now.deals_won, now.amount_won) == (2, {"RUB": Decimal("10.50")})


def test_reports_are_made_on_any_home(tmp_path: Path) -> None:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    empty = Workspace.open(tmp_path)
    assert month_of(read_month(empty, OCTOBER, at(7))).agents == ()
    page = read_today(empty, SIXTH, at(7))
    assert (page.waits, page.alarms) == (0, {})
