"""The load test itself, short: nothing is lost or doubled, and a lost answer would be noticed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipelines import bench_scoring
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace


@pytest.mark.slow
def test_reviewers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    found = bench_scoring.bench(tmp_path / "home", reviewers=6, seconds=20, think_s=(0.05, 0.3), calls_each=20)
    assert found["faults"] == []
    assert found["wrong"] == []
    assert found["saves"] > 50
    assert found["submitted"] > 0


def test_an_answer_that_is_missing_or_doubled_is_found(tmp_path: Path) -> None:
    ((token, first),) = bench_scoring.prepared(tmp_path / "home", 1, 1)
    workspace = Workspace.open(tmp_path / "home")
    row = (
        "insert into evaluation_answers "
        "(evaluation_id, place, question, is_cleared, given, comment, saved_by, saved_at) "
        "values ('e', ?, 'greeted', false, '[\"yes\"]', '', 'person-0', now())"
    )
    who = bench_scoring.Reviewer(token, "", 0, first, random.Random(1), (0, 0))
    who.steps, who.standing = {"e": 1}, {"e": {"greeted": ["yes"]}}
    assert len(bench_scoring.wrong_rows(workspace, [who])) == 3  # missing, so another stands, and the sum
    workspace.store.write(Statement(row, (1,)))
    assert bench_scoring.wrong_rows(workspace, [who]) == []
    workspace.store.write(Statement(row, (2,)))
    assert len(bench_scoring.wrong_rows(workspace, [who])) == 2
