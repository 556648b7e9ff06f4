"""Who is at the screen, and what they may do: what pages and routes ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from qc_workbench.domain.access import (
    AccessRole,
    Account,
    Action,
    Person,
    Scope,
    Subject,
    agents_within,
    may,
    names_clients,
    scope,
)
from qc_workbench.review.admission import require


@dataclass(frozen=True)
class Viewer:
    """A person who is logged in. ``team_of``: the team of each agent who is in one."""

    account: Account
    team_of: Mapping[str, str]

    @property
    def name(self) -> str:
        """What rulings and the audit log say as "by"; no two accounts share one."""
        return self.account.name

    @property
    def person_id(self) -> str:
        return self.account.person.person_id

    @property
    def agent_id(self) -> str | None:
        """The employee (``manager_id`` of calls) this account belongs to."""
        return self.account.person.agent_id

    @property
    def reviewer_id(self) -> str:
        """Whose calls to listen to are theirs (``sample.assigned_to``): the employee's where there is one."""
        return self.account.person.reviewer_id

    def may(self, action: Action, agent_id: str | None = None) -> bool:
        """``agent_id``: whose call or score it is. Without one, only general actions are allowed."""
        return may(self.account.person, action, self.subject(agent_id))

    def require(self, action: Action, agent_id: str | None = None) -> None:
        """Raises :class:`~qc_workbench.errors.UsageError` ``not_allowed``."""
        require(self.account.person, action, self.subject(agent_id))

    def reach(self, action: Action) -> Scope:
        return scope(self.account.person, action)

    def agents(self, action: Action) -> frozenset[str] | None:
        """Agents whose calls a list may show; None for everybody's."""
        return agents_within(self.account.person, action, self.team_of)

    def among(self, action: Action, agent_id: str | None) -> frozenset[str] | None:
        """The same, narrowed to one agent where one is chosen."""
        mine = self.agents(action)
        if agent_id is None:
            return mine
        return frozenset({agent_id}) if mine is None or agent_id in mine else frozenset()

    @property
    def sees_clients(self) -> bool:
        """See :func:`~qc_workbench.domain.access.names_clients`."""
        return names_clients(self.account.person, self.team_of)

    @classmethod
    def of_program(cls, name: str) -> Viewer:
        """Whoever may do everything, for measurements and trials of load that no person does."""
        roles = frozenset(role for role in AccessRole if role is not AccessRole.AGENT)
        began = datetime(2026, 1, 1, tzinfo=UTC)
        return cls(Account(Person(name, roles, None, None), name, name, began), {})

    def subject(self, agent_id: str | None) -> Subject | None:
        """This agent with their team, as the rules of access are asked about them."""
        return None if agent_id is None else Subject(agent_id, self.team_of.get(agent_id))
