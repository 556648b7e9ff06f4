"""The bench of the rules of order runs on a small company, where every rule but the lists of work finds something."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.bench_order import make_order_store, measure, table
from qc_workbench.domain.violation import ViolationKind


@pytest.mark.slow
def test_the_invented_company_breaks_the_rules_and_each_is_measured(tmp_path: Path) -> None:
    workspace = make_order_store(tmp_path / "company", 10_000)
    found = {row.name: row.breaches for row in measure(workspace)}
    assert set(found) == {"(reading)", *(kind.value for kind in ViolationKind)}
    silent = {name for name, breaches in found.items() if not breaches}
    assert silent <= {"(reading)", "over_open_deals"}
    assert f"{sum(found.values()):,}" in table(measure(workspace))[-1]
    workspace.store.release()
