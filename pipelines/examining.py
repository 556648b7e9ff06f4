"""How one hypothesis is counted: the question to the store, and what an examination keeps of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from qc_workbench import __version__
from qc_workbench.domain.investigation import CaseCount, Examination, Hypothesis
from qc_workbench.review import investigating
from qc_workbench.store import bad_cases, investigations, standings
from qc_workbench.store.bad_cases import CaseQuestion
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import Stretch
from qc_workbench.workspace import Workspace

#: Bad cases of an agent that an examination keeps; their number is of all.
CASES_KEPT = 25


def examination(
    reader: Reader,
    hypothesis: Hypothesis,
    question: CaseQuestion,
    counts: Sequence[CaseCount],
    within: Stretch,
    by: str,
    at: datetime,
    kind: str = "examination",
) -> Examination:
    guilty = [item.agent for item in counts if item.bad]
    cases = bad_cases.bad_cases(reader, question, within, guilty, CASES_KEPT)
    agents = investigating.figures(hypothesis, counts, cases)
    versions = {
        "program": __version__,
        "counted_from_s": f"{question.counted_from_s:g}",
        **bad_cases.versions(reader, hypothesis.metric),
    }
    return investigating.examined(hypothesis, agents, *within, by, at, versions, kind)


def standing(reader: Reader, month: date) -> list[Hypothesis]:
    return [item for item in investigations.hypotheses_of_month(reader, month) if item.withdrawn_at is None]


def question(workspace: Workspace, reader: Reader, hypothesis: Hypothesis) -> CaseQuestion:
    settings = workspace.settings
    return CaseQuestion(
        hypothesis.metric, hypothesis.scope, settings.effective.counted_from_s, hypothesis.line,
        standings.downgraded(reader, settings.detectors),
    )  # fmt: skip
