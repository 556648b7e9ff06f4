"""What a month's investigation has come to: read, nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qc_workbench.domain.investigation import HypothesisState, MonthInvestigation
from qc_workbench.domain.measure import Measure
from qc_workbench.review import investigating, measures
from qc_workbench.store import investigations
from qc_workbench.store import measures as measure_store
from qc_workbench.store.database import Reader
from qc_workbench.workspace import Workspace


def read_investigation(workspace: Workspace, month: date) -> MonthInvestigation:
    """All of a month's investigation, of one moment of the store."""
    month = month.replace(day=1)
    with workspace.store.reading() as reader:
        hypotheses = investigations.hypotheses_of_month(reader, month)
        ids = [item.hypothesis_id for item in hypotheses]
        examinations = investigations.latest_examinations(reader, ids)
        verdicts = investigations.latest_verdicts(reader, ids)
        sent = investigations.letters_of_month(reader, month)
        decided = _decided(reader, measure_store.measures_of_month(reader, month))
    states = tuple(
        HypothesisState(item, examinations.get(item.hypothesis_id), verdicts.get(item.hypothesis_id))
        for item in hypotheses
    )
    standing = [item for item in states if item.hypothesis.withdrawn_at is None]
    checks = tuple(check for item in standing if item.verdict is not None for check in item.verdict.checks)
    step = investigating.next_step(states, sent, decided)
    return MonthInvestigation(month, states, tuple(sent), checks, decided, step)


def measures_of_agent(workspace: Workspace, agent: str) -> tuple[Measure, ...]:
    """Of all months, in order, with the decisions that stand."""
    with workspace.store.reading() as reader:
        return _decided(reader, measure_store.measures_of_agent(reader, agent))


def _decided(reader: Reader, found: Sequence[Measure]) -> tuple[Measure, ...]:
    decisions = measure_store.decisions_on(reader, [item.measure_id for item in found])
    return measure_store.with_decisions(found, measures.standing_decisions(decisions))
