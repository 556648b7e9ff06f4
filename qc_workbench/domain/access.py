"""Who may see and do what: one table, one question.

:data:`TABLE` is the whole policy. A role gives an action on everybody's calls, on those of one's teams, on one's own,
or not at all; several roles of a person add up. Two rules stand above the table: whoever has left may do nothing,
and nobody judges themselves, whatever their roles.

The administrator keeps the program running and decides who gets in, and for that need not hear one client: hearing
and scores come with another role (least privilege, NIST SP 800-53 AC-6; separation of duties, AC-5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final


class AccessRole(StrEnum):
    """What an account is for. Not :class:`~qc_workbench.domain.call.Role`, which is what the telephone system says."""

    AGENT = "agent"
    QC = "qc"
    HEAD = "head"
    OWNER = "owner"
    ADMIN = "admin"


class Scope(IntEnum):
    """Whose calls an action reaches; a greater one holds every lesser one."""

    NONE = 0
    OWN = 1
    TEAM = 2
    ALL = 3


class Action(StrEnum):
    # about one agent's call or score: the subject names the agent
    SEE_CALL = "see_call"
    HEAR_CALL = "hear_call"
    SEE_CLIENT = "see_client"  # the client's name and whole number
    SEE_SCORE = "see_score"
    SEE_FLAG = "see_flag"
    SEE_COACHING = "see_coaching"
    SEE_MONEY = "see_money"
    SCORE_CALL = "score_call"
    REPLACE_CALL = "replace_call"
    COMMENT_CALL = "comment_call"
    ANSWER_FLAG = "answer_flag"
    RULE_ON_FLAG = "rule_on_flag"
    ANSWER_SCORE = "answer_score"  # acknowledge or dispute, appeal
    RULE_ON_DISPUTE = "rule_on_dispute"
    ASSIGN_COACHING = "assign_coaching"
    FINISH_COACHING = "finish_coaching"
    KEEP_CLIP = "keep_clip"
    CALL_BACK = "call_back"  # the client of a lost deal, with the number that takes
    APPROVE_BONUS = "approve_bonus"
    EXPORT_CALLS = "export_calls"
    WRITE_TO_CRM = "write_to_crm"  # approve or decline what the program wants to write there
    # about no call in particular
    HEAR_CLIP = "hear_clip"  # the library: passages chosen to be heard by all
    SEARCH = "search"
    SEE_COMPARISON = "see_comparison"  # people side by side
    SEE_REPORT = "see_report"
    SIGN_REPORT = "sign_report"
    INVESTIGATE = "investigate"  # hypotheses, letters, measures
    TAKE_PART_IN_CALIBRATION = "take_part_in_calibration"
    LEAD_CALIBRATION = "lead_calibration"
    PLAN_LISTENING = "plan_listening"
    IMPORT_FILES = "import_files"
    EDIT_FORM = "edit_form"
    EDIT_SETTINGS = "edit_settings"
    RUN_WORK = "run_work"
    ADMIT_PEOPLE = "admit_people"
    ERASE_CLIENT = "erase_client"
    SEE_AUDIT = "see_audit"


#: Actions that pass judgement on an agent: never on oneself.
JUDGING: Final = frozenset(
    {
        Action.SCORE_CALL, Action.REPLACE_CALL, Action.RULE_ON_FLAG, Action.RULE_ON_DISPUTE, Action.KEEP_CLIP,
        Action.CALL_BACK, Action.APPROVE_BONUS,
    }
)  # fmt: skip
#: Actions that have no agent: any scope but NONE allows them.
GENERAL: Final = frozenset(list(Action)[list(Action).index(Action.HEAR_CLIP) :])

_N, _O, _T, _A = Scope.NONE, Scope.OWN, Scope.TEAM, Scope.ALL


def _row(agent: Scope, qc: Scope, head: Scope, owner: Scope, admin: Scope) -> Mapping[AccessRole, Scope]:
    return dict(zip(AccessRole, (agent, qc, head, owner, admin), strict=True))


#: The policy.
TABLE: Final[Mapping[Action, Mapping[AccessRole, Scope]]] = {
    #                                  agent  qc  head owner admin
    Action.SEE_CALL:                  _row(_O, _A, _T, _A, _N),
    Action.HEAR_CALL:                 _row(_O, _A, _T, _A, _N),
    Action.SEE_CLIENT:                _row(_O, _N, _T, _A, _N),
    Action.SEE_SCORE:                 _row(_O, _A, _T, _A, _N),
    Action.SEE_FLAG:                  _row(_O, _A, _T, _A, _N),
    Action.SEE_COACHING:              _row(_O, _A, _T, _A, _N),
    Action.SEE_MONEY:                 _row(_O, _N, _T, _A, _N),
    Action.SCORE_CALL:                _row(_N, _A, _T, _N, _N),
    Action.REPLACE_CALL:              _row(_N, _A, _N, _N, _N),
    Action.COMMENT_CALL:              _row(_N, _A, _T, _A, _N),
    Action.ANSWER_FLAG:               _row(_O, _N, _N, _N, _N),
    Action.RULE_ON_FLAG:              _row(_N, _N, _T, _A, _N),
    Action.ANSWER_SCORE:              _row(_O, _N, _N, _N, _N),
    Action.RULE_ON_DISPUTE:           _row(_N, _A, _T, _A, _N),
    Action.ASSIGN_COACHING:           _row(_N, _A, _T, _N, _N),
    Action.FINISH_COACHING:           _row(_O, _N, _T, _N, _N),
    Action.KEEP_CLIP:                 _row(_N, _A, _T, _N, _N),
    Action.CALL_BACK:                 _row(_N, _A, _T, _A, _N),
    Action.APPROVE_BONUS:             _row(_N, _N, _T, _A, _N),
    Action.EXPORT_CALLS:              _row(_N, _N, _T, _A, _N),
    Action.WRITE_TO_CRM:              _row(_N, _N, _T, _A, _N),
    Action.HEAR_CLIP:                 _row(_A, _A, _A, _A, _N),
    Action.SEARCH:                    _row(_A, _A, _A, _A, _N),  # finds only what SEE_CALL lets through
    Action.SEE_COMPARISON:            _row(_N, _A, _A, _A, _N),
    Action.SEE_REPORT:                _row(_N, _N, _A, _A, _N),
    Action.SIGN_REPORT:               _row(_N, _N, _N, _A, _N),
    Action.INVESTIGATE:               _row(_N, _N, _A, _A, _N),
    Action.TAKE_PART_IN_CALIBRATION:  _row(_N, _A, _A, _N, _N),
    Action.LEAD_CALIBRATION:          _row(_N, _A, _A, _N, _N),
    Action.PLAN_LISTENING:            _row(_N, _N, _A, _N, _A),
    Action.IMPORT_FILES:              _row(_N, _N, _A, _N, _A),
    Action.EDIT_FORM:                 _row(_N, _N, _A, _N, _A),
    Action.EDIT_SETTINGS:             _row(_N, _N, _N, _N, _A),
    Action.RUN_WORK:                  _row(_N, _N, _N, _N, _A),
    Action.ADMIT_PEOPLE:              _row(_N, _N, _N, _N, _A),
    Action.ERASE_CLIENT:              _row(_N, _N, _N, _N, _A),
    Action.SEE_AUDIT:                 _row(_N, _N, _N, _A, _A),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """An account. ``agent_id``: the employee (``manager_id`` of calls) it belongs to, if any.

    ``teams``: those whose head the person is; None means every team, the empty set none. ``may_enter``: not left,
    not shut out.
    """

    person_id: str
    roles: frozenset[AccessRole]
    agent_id: str | None = None
    teams: frozenset[str] | None = frozenset()
    may_enter: bool = True

    @property
    def reviewer_id(self) -> str:
        """Whose calls to listen to are theirs (``sample.assigned_to``): the employee's where there is one."""
        return self.agent_id or self.person_id


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the list of people shows them. ``login`` is in the form of :func:`~qc_workbench.domain.entry.login`.

    ``issuer`` and ``subject``: who vouches for them at single sign-on, and under which name. ``calls_a_day`` and
    ``weekdays`` (0 is Monday): what they can listen to. The hash of the password is not here: nobody has to see it.
    """

    person: Person
    login: str
    name: str
    admitted_at: datetime
    left_at: datetime | None = None
    issuer: str | None = None
    subject: str | None = None
    calls_a_day: int = 0
    weekdays: frozenset[int] = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Team:
    team_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose call, score or flag it is; ``team`` is the agent's, None where the agent is in none."""

    agent_id: str
    team: str | None = None


def scope(person: Person, action: Action) -> Scope:
    """How far ``action`` reaches for this person: what a list is filtered by."""
    if not person.may_enter:
        return Scope.NONE
    return max((TABLE[action][role] for role in person.roles), default=Scope.NONE)


def may(person: Person, action: Action, subject: Subject | None = None) -> bool:
    """Whether the person may do this to this subject.

    An action about a call without a subject is asked of nobody's call in particular and is refused: a page that
    forgot to say whose call it shows must not open. A general action ignores the subject.
    """
    reach = scope(person, action)
    if action in GENERAL:
        return reach is not Scope.NONE
    if subject is None or reach is Scope.NONE:
        return False
    own = person.agent_id is not None and person.agent_id == subject.agent_id
    if own and action in JUDGING:
        return False
    if reach is Scope.ALL or own:
        return True
    led = person.teams is None or (subject.team is not None and subject.team in person.teams)
    return reach is Scope.TEAM and led


def names_clients(person: Person, team_of: Mapping[str, str]) -> bool:
    """Whether lists name clients and are searched by them: where these are known of every call in the lists.

    Somebody who knows the clients of some calls and hears others too is named none of them in a list.
    """
    known, seen = (agents_within(person, action, team_of) for action in (Action.SEE_CLIENT, Action.SEE_CALL))
    return known is None or (seen is not None and bool(known) and seen <= known)


def agents_within(person: Person, action: Action, team_of: Mapping[str, str]) -> frozenset[str] | None:
    """Agents whose calls a list may show; None for everybody's. ``team_of``: the team of each agent who is in one."""
    reach = scope(person, action)
    if reach is Scope.ALL or (reach is Scope.TEAM and person.teams is None):
        return None
    own = frozenset({person.agent_id} if person.agent_id and reach is not Scope.NONE else ())
    if reach is not Scope.TEAM:
        return own
    return own | {agent for agent, team in team_of.items() if team in (person.teams or ())}
