"""The reports of the sample company say what they said: ``tests/golden/reports``, written by ``make_reports``.

The month's file was made before the store counted for it; what was added since is not in it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.make_reports import FOLDER, reports
from tests.ui.sample_company import sample_company


@pytest.mark.parametrize("name", ["month", "day"])
def test_a_report_says_what_it_said(name: str, tmp_path: Path) -> None:
    golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = reports(sample_company(tmp_path / "company"))[name]
    assert golden
    assert {key: found[key] for key in golden} == golden
