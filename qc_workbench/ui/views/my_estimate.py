"""What an agent's calls come to, for the agent: the team's estimate of them, and nothing of anybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qc_workbench.sampling.estimates import Estimate
from qc_workbench.sampling.trends import Change
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.team import TeamChoice, team_view
from qc_workbench.ui.views.team_agent import AgentView, QuestionLine, agent_view
from qc_workbench.workspace import Workspace

#: Questions named as the worst.
WORST: Final = 3


@dataclass(frozen=True, slots=True)
class MyEstimate:
    """``change``: since the time before; ``worst``: questions with a bad answer, the worst first."""

    estimate: Estimate
    change: Change | None
    view: AgentView
    worst: tuple[QuestionLine, ...]


def my_estimate(
    workspace: Workspace, viewer: Viewer, agent: str, choice: TeamChoice, now: datetime
) -> MyEstimate | None:
    """None where no call of the agent was scored in the time chosen. Places among colleagues are left out."""
    found = team_view(workspace, viewer, now, choice, agent_id=agent)
    row = next(iter(found.whole), None) if found else None
    if row is None or row.estimate.value is None:
        return None
    view = agent_view(workspace, viewer, choice, row)
    worst = [item for item in view.questions if item.bad]
    return MyEstimate(row.estimate, row.change, view, tuple(worst[:WORST]))
