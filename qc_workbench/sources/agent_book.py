"""Who of ours stands behind a vendor's agent at a moment: extensions pass from hand to hand, names vanish."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from qc_workbench.domain.call import Manager, Role
from qc_workbench.domain.telephony import RUNG_OF_ROLE, AgentLine, Rung, TelephonyCall, VendorAgent

#: manager_id of a call that no agent has anything to do with.
NOBODY = ""


@dataclass
class AgentBook:
    """First what settings say, then extensions and ids of managers.csv within their days of work.

    Someone whom neither knows gets an id of their own, ``source:key``, and is in :attr:`newcomers`.
    """

    source: str
    lines: Sequence[AgentLine]
    managers: Collection[Manager]
    newcomers: dict[str, Manager] = field(default_factory=dict)
    _lines: dict[str, list[AgentLine]] = field(init=False, repr=False)
    _by_extension: dict[str, list[Manager]] = field(init=False, repr=False)
    _by_id: dict[str, Manager] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._lines, self._by_extension = {}, {}
        for line in self.lines:
            self._lines.setdefault(line.agent.casefold(), []).append(line)
        self._by_id = {manager.manager_id: manager for manager in self.managers}
        for manager in self.managers:
            if manager.extension:
                self._by_extension.setdefault(manager.extension, []).append(manager)

    def who(self, agent: VendorAgent | None, at: datetime) -> str:
        """manager_id; "" for nobody."""
        if agent is None:
            return NOBODY
        for name in (agent.key, agent.extension, agent.name):
            for line in self._lines.get(name.casefold(), ()) if name else ():
                if line.holds_at(at):
                    return line.manager_id
        for extension in (agent.extension, agent.key):
            there = [item for item in self._by_extension.get(extension or "", ()) if _works_at(item, at)]
            there = [item for item in there if not item.manager_id.startswith(f"{self.source}:")] or there
            if len(there) == 1:  # two at once: nobody can tell which
                return there[0].manager_id
        own = f"{self.source}:{agent.key}"
        if own not in self._by_id and own not in self.newcomers:
            self.newcomers[own] = Manager(own, agent.name or agent.key, extension=agent.extension)
        return own

    def take_newcomers(self) -> list[Manager]:
        """Those met since the last time, to be written down once."""
        found = list(self.newcomers.values())
        self._by_id.update(self.newcomers)
        self.newcomers.clear()
        return found

    def role(self, manager_id: str) -> Role | None:
        known = self._by_id.get(manager_id) or self.newcomers.get(manager_id)
        return known.role if known else None

    def rung(self, call: TelephonyCall) -> Rung | None:
        """How high the call climbed; None when nobody answered."""
        answered = next((leg for leg in call.legs if leg.talk_s > 0 and leg.agent), None)
        if answered is None:
            return None
        at = call.started_at
        role = self.role(self.who(answered.agent, at))
        if role is not None and role in RUNG_OF_ROLE:
            return RUNG_OF_ROLE[role]
        first = next((leg.agent for leg in call.legs if leg.agent), None)
        return Rung.AGENT if self.who(first, at) == self.who(answered.agent, at) else Rung.DEPARTMENT

    def fingerprint(self) -> Mapping[str, object]:
        """What decides about names; another one and the same rows mean something else."""
        return {
            "lines": [repr(line) for line in self.lines],
            "managers": sorted(
                f"{item.manager_id} {item.extension} {item.role} {item.hired_at} {item.left_at}"
                for item in self.managers
                if not item.manager_id.startswith(f"{self.source}:")
            ),
        }


def _works_at(manager: Manager, at: datetime) -> bool:
    return (manager.hired_at is None or manager.hired_at <= at) and (manager.left_at is None or at < manager.left_at)
