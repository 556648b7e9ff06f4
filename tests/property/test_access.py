"""Who may see and do what: properties of the whole table, not of its cells."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.access import GENERAL, JUDGING, TABLE, AccessRole, Action, Person, Scope, Subject, may, scope

ABOUT_CALLS = [action for action in Action if action not in GENERAL]
roles = st.frozensets(st.sampled_from(list(AccessRole)))
teams = st.none() | st.frozensets(st.sampled_from(["north", "south"]))
people = st.builds(Person, st.just("p"), roles, st.sampled_from([None, "m1", "m2"]), teams, st.booleans())
subjects = st.builds(Subject, st.sampled_from(["m1", "m2", "m3"]), st.sampled_from([None, "north", "south"]))
actions = st.sampled_from(list(Action))


def only(role: AccessRole, agent_id: str | None = None) -> Person:
    return Person("p", frozenset({role}), agent_id, teams=frozenset({"north"}))


def test_the_table_says_something_about_every_action_and_every_role() -> None:
    assert set(TABLE) == set(Action)
    assert all(set(row) == set(AccessRole) for row in TABLE.values())
    assert all(any(reach is not Scope.NONE for reach in row.values()) for row in TABLE.values()), "somebody must"
    assert all(reach in (Scope.NONE, Scope.ALL) for action in GENERAL for reach in TABLE[action].values())


@given(actions, subjects)
def test_an_agent_reaches_their_own_calls_only(action: Action, subject: Subject) -> None:
    agent = only(AccessRole.AGENT, "m1")
    if action not in GENERAL and may(agent, action, subject):
        assert subject.agent_id == "m1"


@pytest.mark.parametrize(
    "action", [Action.SEE_CALL, Action.HEAR_CALL, Action.SEE_SCORE, Action.ANSWER_SCORE, Action.SEE_COACHING]
)
def test_an_agent_does_reach_their_own(action: Action) -> None:
    assert may(only(AccessRole.AGENT, "m1"), action, Subject("m1", "south"))
    assert not may(only(AccessRole.AGENT, "m1"), action, Subject("m2", "north"))
    assert not may(only(AccessRole.AGENT), action, Subject("m1"))  # an account that belongs to no employee


@pytest.mark.parametrize("action", [Action.SEE_COMPARISON, Action.SEE_REPORT, Action.SEE_AUDIT, Action.PLAN_LISTENING])
def test_an_agent_sees_nothing_about_others_side_by_side(action: Action) -> None:
    assert not may(only(AccessRole.AGENT, "m1"), action)


@given(actions, subjects)
def test_a_head_reaches_the_own_teams_only(action: Action, subject: Subject) -> None:
    if action not in GENERAL and may(only(AccessRole.HEAD), action, subject):
        assert subject.team == "north"


@given(actions, subjects)
def test_a_head_of_every_team_reaches_whatever_a_head_of_one_does(action: Action, subject: Subject) -> None:
    every = Person("p", frozenset({AccessRole.HEAD}), teams=None)
    assert may(every, action, subject) or not may(only(AccessRole.HEAD), action, subject)


@given(subjects)
def test_an_administrator_hears_and_sees_no_call(subject: Subject) -> None:
    assert not any(may(only(AccessRole.ADMIN), action, subject) for action in ABOUT_CALLS)


@given(people, st.sampled_from(sorted(JUDGING)), st.sampled_from([None, "north"]))
def test_nobody_judges_themselves_whatever_their_roles(person: Person, action: Action, team: str | None) -> None:
    if person.agent_id is not None:
        assert not may(person, action, Subject(person.agent_id, team))


@given(people, actions, subjects, st.sampled_from(list(AccessRole)))
def test_one_more_role_takes_nothing_away(person: Person, action: Action, subject: Subject, role: AccessRole) -> None:
    more = Person("p", person.roles | {role}, person.agent_id, person.teams, person.may_enter)
    assert may(more, action, subject) or not may(person, action, subject)


@given(roles, actions, subjects)
def test_who_has_left_or_has_no_role_may_nothing(some: frozenset[AccessRole], action: Action, subject: Subject) -> None:
    assert not may(Person("p", some, "m1", None, may_enter=False), action, subject)
    assert not may(Person("p", frozenset(), "m1", None), action, subject)


@given(people, st.sampled_from(ABOUT_CALLS))
def test_a_page_that_forgot_to_say_whose_call_it_shows_does_not_open(person: Person, action: Action) -> None:
    assert not may(person, action)


@given(people, subjects)
def test_whoever_may_act_on_a_call_may_hear_it_and_whoever_may_hear_it_may_see_it(
    person: Person, subject: Subject
) -> None:
    for action in set(ABOUT_CALLS) - {Action.SEE_CALL}:
        if may(person, action, subject):
            assert may(person, Action.SEE_CALL, subject)
    for action in (Action.SCORE_CALL, Action.COMMENT_CALL, Action.RULE_ON_DISPUTE, Action.RULE_ON_FLAG):
        if may(person, action, subject):
            assert may(person, Action.HEAR_CALL, subject)


@given(people, actions, subjects)
def test_a_list_filtered_by_scope_shows_exactly_what_may_be_opened(
    person: Person, action: Action, subject: Subject
) -> None:
    """What SQL will do: own, or of a led team, or all."""
    reach = scope(person, action)
    own = person.agent_id == subject.agent_id
    led = person.teams is None or subject.team in person.teams
    listed = reach is Scope.ALL or (own and reach >= Scope.OWN) or (led and reach >= Scope.TEAM)
    if action in GENERAL:
        assert may(person, action, subject) is (reach is not Scope.NONE)
    elif not (own and action in JUDGING):
        assert may(person, action, subject) is listed


def test_money_and_rulings_and_settings_are_never_in_one_role_below_the_owner() -> None:
    """Whoever scores does not set the rules of the program, whoever sets them does not score."""
    for one, other in combinations((Action.SCORE_CALL, Action.EDIT_SETTINGS), 2):
        assert not any(TABLE[one][role] and TABLE[other][role] for role in AccessRole)
    assert not TABLE[Action.SEE_MONEY][AccessRole.QC]
