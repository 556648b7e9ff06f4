"""Disputes: whatever people try, only the allowed moves happen, and nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.access import AccessRole, Person
from qc_workbench.domain.dispute import UNSETTLED, DisputeMove, Line, LineState, Move, Outcome, ScoredCall
from qc_workbench.domain.evaluation import Reply
from qc_workbench.errors import UsageError
from qc_workbench.review.disputes import (
    DisputeCase,
    Windows,
    acknowledge,
    appeal,
    dispute,
    final_replies,
    is_unsettled,
    lines,
    may_rule,
    rates_by_question,
    rates_by_reviewer,
    rule,
    rule_again,
    withdraw,
)

START = datetime(2026, 10, 5, 9, tzinfo=UTC)
AGENT = Person("anna", frozenset({AccessRole.AGENT}), agent_id="m1")
SCORER = Person("qc-1", frozenset({AccessRole.QC}))
OTHER = Person("qc-2", frozenset({AccessRole.QC}))
HEAD = Person("head", frozenset({AccessRole.HEAD}), agent_id="m9")
PEOPLE = [AGENT, SCORER, OTHER, HEAD]
WINDOWS = Windows(timedelta(days=5), timedelta(days=3))
NO, YES, PARTLY = (Reply("greeting", (value,)) for value in ("no", "yes", "partly"))
SCORED = ScoredCall("e1", "c1", "m1", "qc-1", START, (NO, Reply("needs", ("2",)), Reply("close", ("yes",))))


def case(moves: tuple[DisputeMove, ...] = (), days: float = 1.0) -> DisputeCase:
    return DisputeCase(SCORED, moves, START + timedelta(days=days), WINDOWS)


def greeting(moves: tuple[DisputeMove, ...], days: float) -> Line:
    return lines(SCORED, moves, START + timedelta(days=days), WINDOWS)[0]


DISPUTED = (dispute(case(), AGENT, YES, "Поздоровалась на 3-й секунде"),)
RULED = (*DISPUTED, rule(case(DISPUTED, 2), SCORER, NO, "Это не приветствие"))
APPEALED = (*RULED, appeal(case(RULED, 3), AGENT, "greeting", "Послушайте ещё раз"))
FINAL = (*APPEALED, rule_again(case(APPEALED, 4), OTHER, PARTLY, "Поздоровалась, но не назвалась"))


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as error:
        attempt()
    return error.value.code


def test_original_disputed_first_and_final_answers_stand_side_by_side() -> None:
    line = greeting(FINAL, 5)
    assert (line.original, line.disputed, line.first, line.final) == (NO, YES, NO, PARTLY)
    assert (line.state, line.outcome, line.ruled_by) == (LineState.FINAL, Outcome.PARTLY, ("qc-1", "qc-2"))
    assert final_replies(lines(SCORED, FINAL, START + timedelta(days=5), WINDOWS)) == (PARTLY, *SCORED.replies[1:])
    assert SCORED.replies[0] == NO


def test_a_form_may_be_accepted_in_part() -> None:
    moves = DISPUTED + acknowledge(case(DISPUTED), AGENT, ["needs"])
    found = lines(SCORED, moves, START + timedelta(days=1), WINDOWS)
    assert [line.state for line in found] == [LineState.DISPUTED, LineState.ACKNOWLEDGED, LineState.OPEN]
    (rest,) = acknowledge(case(moves), AGENT)  # all that is still open
    assert rest.question == "close"


def test_the_window_closes_by_itself_and_silence_is_not_agreement() -> None:
    assert greeting((), 4.99).state is LineState.OPEN
    assert greeting((), 4.99).until == START + timedelta(days=5)
    assert greeting((), 5).state is LineState.LAPSED
    assert refused(lambda: dispute(case((), 5), AGENT, YES, "поздно")) == "dispute_not_now"
    assert refused(lambda: acknowledge(case((), 5), AGENT, ["greeting"])) == "dispute_not_now"


def test_an_appeal_has_its_own_window_after_which_the_ruling_is_settled() -> None:
    assert greeting(RULED, 4.9).state is LineState.RULED
    assert greeting(RULED, 5).state is LineState.SETTLED
    assert refused(lambda: appeal(case(RULED, 5), AGENT, "greeting", "поздно")) == "dispute_not_now"


def test_a_ruling_for_the_agent_leaves_nothing_to_appeal_against() -> None:
    moves = (*DISPUTED, rule(case(DISPUTED, 2), HEAD, replace(YES, comment="слышно"), "Верно"))
    line = greeting(moves, 2)
    assert (line.state, line.outcome, line.final.values) == (LineState.SETTLED, Outcome.ACCEPTED, ("yes",))


def test_a_withdrawn_dispute_leaves_the_question_open_until_its_window_closes() -> None:
    moves = (*DISPUTED, withdraw(case(DISPUTED), AGENT, "greeting"))
    assert (greeting(moves, 2).state, greeting(moves, 2).disputed) == (LineState.OPEN, None)
    agreed = moves + acknowledge(case(moves, 2), AGENT, ["greeting"])
    assert (greeting(agreed, 2).state, greeting(agreed, 2).disputed) == (LineState.ACKNOWLEDGED, None)
    assert refused(lambda: withdraw(case(RULED, 3), AGENT, "greeting")) == "dispute_not_now"


def test_the_second_round_is_another_persons() -> None:
    assert refused(lambda: rule_again(case(APPEALED, 4), SCORER, YES, "ещё раз")) == "dispute_same_person"
    by_head = (*DISPUTED, rule(case(DISPUTED, 2), HEAD, NO, "нет"))
    appealed = (*by_head, appeal(case(by_head, 3), AGENT, "greeting", "прошу"))
    for person, may in ((SCORER, False), (HEAD, False), (OTHER, True), (AGENT, False)):
        assert may_rule(greeting(appealed, 3), SCORED, person) is may
    assert refused(lambda: rule_again(case(appealed, 4), HEAD, YES, "ещё раз")) == "dispute_same_person"


def test_refusals_say_what_is_missing() -> None:
    assert refused(lambda: dispute(case(), AGENT, NO, "так же")) == "dispute_same_answer"
    assert refused(lambda: dispute(case(), AGENT, YES, "  ")) == "dispute_needs_reason"
    assert refused(lambda: dispute(case(), AGENT, YES, "д" * 4001)) == "dispute_reason_too_long"
    assert refused(lambda: dispute(case(), SCORER, YES, "почему")) == "dispute_not_yours"
    assert refused(lambda: dispute(case(), AGENT, Reply("other", ("yes",)), "почему")) == "dispute_no_question"
    assert refused(lambda: rule(case(DISPUTED), AGENT, YES, "себе")) == "dispute_own_score"
    assert refused(lambda: rule_again(case(APPEALED, 4), AGENT, YES, "себе")) == "dispute_own_score"


attempts = st.lists(
    st.tuples(st.sampled_from(list(Move)), st.sampled_from(PEOPLE), st.sampled_from([NO, YES, PARTLY]),
              st.floats(0, 2)), max_size=12,
)  # fmt: skip


def attempted(spec: list[tuple[Move, Person, Reply, float]]) -> tuple[tuple[DisputeMove, ...], float]:
    moves: tuple[DisputeMove, ...] = ()
    days = 0.0
    for move, person, reply, pause in spec:
        days += pause
        now = case(moves, days)
        try:
            match move:
                case Move.ACKNOWLEDGE:
                    moves += acknowledge(now, person, ["greeting"])
                case Move.DISPUTE:
                    moves += (dispute(now, person, reply, "почему"),)
                case Move.WITHDRAW:
                    moves += (withdraw(now, person, "greeting"),)
                case Move.RULE:
                    moves += (rule(now, person, reply, "почему"),)
                case Move.APPEAL:
                    moves += (appeal(now, person, "greeting", "почему"),)
                case Move.RULE_AGAIN:
                    moves += (rule_again(now, person, reply, "почему"),)
        except UsageError:
            pass
    return moves, days


@given(attempts)
def test_whatever_is_attempted_the_rules_hold(spec: list[tuple[Move, Person, Reply, float]]) -> None:
    moves, days = attempted(spec)
    assert [move.step for move in moves] == list(range(1, len(moves) + 1))
    line = greeting(moves, days)
    assert line.original == NO
    agents_moves = {Move.ACKNOWLEDGE, Move.DISPUTE, Move.WITHDRAW, Move.APPEAL}
    assert all((move.by == "anna") is (move.move in agents_moves) for move in moves)
    if len(line.ruled_by) == 2:
        assert line.ruled_by[1] not in {"qc-1", line.ruled_by[0]}
    if line.outcome is None:
        assert line.final == NO, "without a ruling the original stands"
    assert is_unsettled([line]) is (line.state in UNSETTLED)
    kinds = [move.move for move in moves]
    assert kinds.count(Move.RULE) <= 1
    assert kinds.count(Move.RULE_AGAIN) <= kinds.count(Move.APPEAL) <= kinds.count(Move.RULE)


@given(attempts, st.floats(0, 30))
def test_the_past_can_be_read_again_and_time_alone_settles_everything_but_what_waits_for_a_ruling(
    spec: list[tuple[Move, Person, Reply, float]], later: float
) -> None:
    moves, days = attempted(spec)
    for seen in range(len(moves) + 1):
        at = moves[seen - 1].at if seen else START
        known = [move for move in moves if move.at <= at]
        assert lines(SCORED, moves, at, WINDOWS) == lines(SCORED, known, at, WINDOWS)
    ends = {LineState.LAPSED, LineState.ACKNOWLEDGED, LineState.SETTLED, LineState.FINAL}
    waits = {LineState.DISPUTED, LineState.APPEALED}
    assert greeting(moves, days + 9 + later).state in ends | waits


def test_rates_count_answers_that_can_be_disputed_no_more() -> None:
    scored = {"e1": SCORED, "e2": replace(SCORED, evaluation_id="e2", reviewer="qc-2")}
    at = START + timedelta(days=6)
    found = {key: lines(item, FINAL, at, WINDOWS) for key, item in scored.items()}
    first, *others = rates_by_question(found)
    assert (first.of, first.answers, first.disputed, first.changed, first.unsettled) == ("greeting", 2, 1, 1, 0)
    assert (first.dispute_share, first.change_share) == (0.5, 1.0)
    assert first.dispute_interval[0] < 0.5 < first.dispute_interval[1]
    assert [item.disputed for item in others] == [0, 0]
    by_reviewer = rates_by_reviewer(found, {"e1": "qc-1", "e2": "qc-2"})
    assert [(item.of, item.answers, item.disputed) for item in by_reviewer] == [("qc-1", 3, 1), ("qc-2", 3, 0)]
    fresh = {"e1": lines(SCORED, DISPUTED, START + timedelta(days=1), WINDOWS)}
    (only,) = rates_by_question(fresh)
    assert (only.answers, only.disputed, only.unsettled, only.change_share) == (1, 1, 1, None)
