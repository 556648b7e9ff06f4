"""What an agent says to a question about a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.flag import FlagKind


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """One statement. Append-only: whoever changes their mind says so in another one.

    It belongs to the call and the kind of suspicion; ``flag_id`` is the flag it was given on, which a newer detector
    may have replaced since.
    """

    answer_id: str
    call_id: str
    kind: FlagKind
    flag_id: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FaultAnswer:
    """One statement about breaches or promises that the agent was asked about with one question (``batch``)."""

    answer_id: str
    batch: str
    agent_id: str
    text: str
    by: str
    at: datetime
