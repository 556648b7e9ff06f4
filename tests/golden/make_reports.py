"""Writes the golden values of the reports of the sample company: ``python -m tests.golden.make_reports``.

Look at the difference first.
"""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.build_report import build_month_report
from pipelines.build_today import read_today
from qc_workbench.reporting.plain import plain
from qc_workbench.workspace import Workspace
from tests.ui.sample_company import AS_OF, sample_company

FOLDER = Path(__file__).parent / "reports"


def reports(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Without ``calls``: they stand where a list names them."""
    found = {
        "month": plain(build_month_report(workspace, date(2026, 10, 1), AS_OF)),
        "day": plain(read_today(workspace, date(2026, 10, 9), AS_OF)),
    }
    return {name: {key: value for key, value in report.items() if key != "calls"} for name, report in found.items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, report in reports(sample_company(Path(folder) / "company")).items():
            text = json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
