"""docs/operations.md knows every event of the log and every metric, and no error code that does not exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from qc_workbench.ui.i18n import catalogue
from qc_workbench.ui.operations import SCRAPED
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.traffic import REGISTRY
from tests.ui import sample_company as company

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def events() -> Iterator[tuple[str, str]]:
    for package in ("qc_workbench", "pipelines"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                first = node.args[0]
                if name == "event" and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, path.name


def test_every_event_is_documented() -> None:
    found = set(events())
    assert len(found) >= 9
    assert sorted((code, path) for code, path in found if f"`{code}`" not in PAGE) == []


def test_every_metric_is_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(company.sample_company(tmp_path).home))
    text = (generate_latest(SCRAPED) + generate_latest(REGISTRY)).decode()
    names = {name for name in re.findall(r"^# TYPE (qcw_\w+)", text, re.MULTILINE) if not name.endswith("_created")}
    assert len(names) > 15
    assert [name for name in sorted(names) if name not in PAGE] == []


def test_every_code_of_the_trouble_table_exists() -> None:
    table = PAGE.split("## Trouble")[1].split("\n## ")[0]
    codes = [code for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)]
    assert len(codes) > 20
    assert [code for code in codes if f"error.{code}" not in catalogue()] == []


def test_every_file_of_deploy_is_named() -> None:
    for path in (ROOT / "deploy").rglob("*"):
        if path.is_file():
            assert path.name in PAGE or path.suffix in (".service", ".timer"), path.name
