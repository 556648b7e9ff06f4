"""Labels of some calls of the sample company, as a file, and the company."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qc_workbench.workspace import Workspace
from tests.quality.labelled_calls import LABELS
from tests.safekeeping.companies import kept_company


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    return kept_company(tmp_path / "company")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    file = tmp_path / "truth.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in LABELS) + "\n\n", encoding="utf-8")
    return file
