"""The monthly report counts what happened in the company's month and says what it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from qc_workbench.config import Company
from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid, CommitmentOutcome
from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.sampling import Queue, SampleStatus
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.reporting.facts import month_span
from qc_workbench.reporting.month import AgentResult, Month, build_month
from tests.report_cases import AS_OF, at, call, deal, facts, finding

OCTOBER = date(2026, 10, 17)


def october(**changes: object) -> Month:
    return build_month(replace(facts(), **changes), OCTOBER)  # type: ignore[arg-type]


def agent(month: Month, manager_id: str) -> AgentResult:
    return next(item for item in month.agents if item.manager_id == manager_id)


def test_the_month_begins_and_ends_at_midnight_of_the_companys_zone() -> None:
    span = month_span(OCTOBER, Company(timezone="Asia/Vladivostok"))
    assert span.starts_at == datetime(2026, 9, 30, 14, tzinfo=UTC)
    assert span.ends_at == datetime(2026, 10, 31, 14, tzinfo=UTC)
    last_evening = call("last", at(31, 23, 59))
    next_morning = call("next", at(1, 0, 0, month=11))
    assert october(calls=(last_evening, next_morning)).dynamics.now.calls == 1
    in_vladivostok = october(calls=(last_evening, next_morning), company=Company(timezone="Asia/Vladivostok"))
    assert in_vladivostok.dynamics.now.calls == 0


def test_internal_calls_are_no_calls_with_clients() -> None:
    assert october().dynamics.now.calls == 8
    assert october(calls=tuple(item for item in facts().calls if item.call_id != "inner")).dynamics.now.calls == 8


def test_lost_calls_are_the_unanswered_of_the_inbound_ones() -> None:
    lost = october().dynamics.now.lost_calls
    assert (lost.count, lost.of) == (2, 3)


def test_a_call_of_39_9_seconds_is_not_crm_effective_and_a_call_of_40_is() -> None:
    assert october().dynamics.now.crm_effective == 5
    assert october(calls=(call("x", at(5), talk_s=39.9), call("y", at(5), talk_s=40))).dynamics.now.crm_effective == 1


def test_what_was_not_examined_is_neither_verified_nor_padded() -> None:
    now = october().dynamics.now
    assert (now.examined, now.verified) == (2, 1)
    assert [item.call_id for item in october().analysis.padded] == ["o1"]
    assert october().analysis.unsure == 1


def test_a_rejected_suspicion_leaves_the_table_and_is_counted() -> None:
    month = october(findings=(finding("flag-o1", Ruling.REJECTED),))
    assert month.analysis.padded == ()
    assert month.analysis.rejected == 1
    assert agent(month, "m1").padded == 0


def test_a_confirmed_suspicion_is_counted_as_confirmed() -> None:
    month = october(findings=(finding("flag-o1", Ruling.CONFIRMED),))
    assert month.analysis.padded[0].ruling is Ruling.CONFIRMED
    assert agent(month, "m1").padded_confirmed == 1


def test_a_withdrawn_ruling_leaves_the_flag_waiting() -> None:
    ruled = finding("flag-o1", Ruling.REJECTED, 10, "f1")
    undone = replace(finding("flag-o1", Ruling.WITHDRAWN, 11, "f2"), supersedes="f1")
    assert october(findings=(ruled, undone)).analysis.padded[0].ruling is None


def test_deals_count_in_the_month_they_were_closed_in() -> None:
    now = october().dynamics.now
    assert (now.deals_won, now.deals_lost) == (1, 1)
    assert now.amount_won == {"RUB": Decimal("1000.50")}
    assert now.amount_lost == {}


def test_a_deal_without_a_closing_date_counts_by_its_last_stage() -> None:
    assert october(deals=(deal("d", DealStatus.WON),)).dynamics.now.deals_won == 1
    assert october(deals=(deal("d", DealStatus.WON, stage_since=at(1, month=9)),)).dynamics.now.deals_won == 0


def test_weeks_run_from_monday_to_sunday_and_are_cut_to_the_month() -> None:
    weeks = october().dynamics.weeks
    assert [(week.days.first_day.day, week.days.last_day.day) for week in weeks] == [
        (1, 4),
        (5, 11),
        (12, 18),
        (19, 25),
        (26, 31),
    ]
    assert sum(week.calls for week in weeks) == october().dynamics.now.calls


def test_the_month_before_is_shown_only_when_there_was_one() -> None:
    before = october().dynamics.before
    assert before is not None
    assert before.calls == 1
    assert build_month(facts(), date(2026, 9, 1)).dynamics.before is None


def test_promises_are_those_made_in_the_months_calls() -> None:
    analysis = october().analysis
    assert analysis.promises[CommitmentOutcome.MISSING] == 1
    assert analysis.promises[CommitmentOutcome.KEPT] == 1
    assert analysis.promises[CommitmentOutcome.OVERDUE] == 0
    assert [item.spoken.call_id for item in analysis.broken] == ["o1"]


def test_refusals_are_counted_by_what_the_client_said() -> None:
    analysis = october().analysis
    assert analysis.refusals == {ClientSaid.EXPLICIT: 0, ClientSaid.POSTPONED: 1, ClientSaid.NONE: 1}
    assert [item.deal_id for item in analysis.false_refusals] == ["d2"]


def test_a_call_drawn_by_two_plans_is_one_call_of_the_sample() -> None:
    outbound = october().analysis.sampled[1]
    assert outbound.direction is Direction.OUTBOUND
    assert (outbound.drawn.count, outbound.drawn.of) == (1, 5)


def test_targeted_and_replaced_calls_are_not_in_the_sampled_share() -> None:
    first = facts().sample[0]
    month = october(
        sample=(replace(first, queue=Queue.TARGETED), replace(first, draw_id="d3", status=SampleStatus.REPLACED))
    )
    assert month.analysis.sampled[1].drawn.count == 0


def test_agents_are_all_who_called_or_could_have() -> None:
    assert [(item.manager_id, item.name) for item in october().agents] == [("m2", "Анна"), ("m1", "Борис")]


def test_an_agents_line_counts_their_own() -> None:
    boris = agent(october(), "m1")
    assert (boris.calls, boris.crm_effective, boris.padded, boris.sampled) == (4, 1, 1, 1)
    assert (boris.promises, boris.promises_broken, boris.promises_kept, boris.false_refusals) == (1, 1, 0, 1)
    assert boris.violations[ViolationKind.NO_NOTE] == 1
    assert (boris.deals_won, boris.amount_won) == (1, {"RUB": Decimal("1000.50")})


def test_a_month_that_goes_on_says_so_and_leaves_out_what_comes_later() -> None:
    month = october(as_of=at(6, 12, 30))
    assert not month.is_complete
    assert (month.dynamics.now.inbound, month.dynamics.now.lost_calls.count) == (1, 0)
    assert build_month(replace(facts(), as_of=AS_OF), OCTOBER).is_complete


def test_the_investigation_is_said_to_be_not_configured() -> None:
    assert october().investigation.configured is False
