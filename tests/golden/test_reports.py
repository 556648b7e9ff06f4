"""The reports of the sample company are what they were when every table was read whole to make them.

The files hold the report values as JSON, made by the program before the store counted for it; what was added
since is not in them. ``python -m tests.golden.test_reports`` writes them anew: look at the difference first.
"""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.build_report import build_day_report, build_month_report
from qc_workbench.reporting.plain import plain
from qc_workbench.workspace import Workspace
from tests.ui.sample_company import AS_OF, sample_company

FOLDER = Path(__file__).parent / "reports"


def reports(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Without ``calls``: once all calls, now those that a list names."""
    found = {
        "month": plain(build_month_report(workspace, date(2026, 10, 1), AS_OF)),
        "day": plain(build_day_report(workspace, date(2026, 10, 9), AS_OF)),
    }
    return {name: {key: value for key, value in report.items() if key != "calls"} for name, report in found.items()}


@pytest.mark.parametrize("name", ["month", "day"])
def test_a_report_says_what_it_said_when_whole_tables_were_read(name: str, tmp_path: Path) -> None:
    golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = reports(sample_company(tmp_path / "company"))[name]
    assert golden
    assert {key: found[key] for key in golden} == golden


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, report in reports(sample_company(Path(folder) / "company")).items():
            text = json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
