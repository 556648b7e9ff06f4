"""The layout of docs/architecture.md, held by the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = ("domain", "detection", "sampling", "review", "reporting", "capacity", "searching")
SIDE_EFFECTS = {"duckdb", "streamlit", "sqlite3", "requests", "httpx", "subprocess", "socket", "pipelines"}
#: May nothing of the left import anything of the right: data flows one way.
ONE_WAY = {
    "qc_workbench.domain": ("qc_workbench.",),
    "qc_workbench.store": ("qc_workbench.ui", "qc_workbench.detection", "pipelines"),
    "qc_workbench.transcription": ("qc_workbench.ui", "qc_workbench.store", "pipelines"),
    "qc_workbench.sources": ("qc_workbench.ui", "qc_workbench.store", "pipelines"),
    "qc_workbench.work": ("qc_workbench.store", "qc_workbench.ui", "pipelines"),
    "pipelines": ("streamlit",),
}
PAGES = sorted((ROOT / "qc_workbench" / "ui" / "pages").glob("*.py"))


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package.replace(".", "/")).rglob("*.py"))


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_import_nothing_that_has_side_effects(package: str) -> None:
    files = sources(f"qc_workbench.{package}")
    assert files
    guilty = {
        str(path.relative_to(ROOT)): sorted(found)
        for path in files
        if (found := {name for name in imports_of(path) if name.split(".")[0] in SIDE_EFFECTS})
        or (found := {name for name in imports_of(path) if name.startswith(("qc_workbench.store", "qc_workbench.ui"))})
    }
    assert guilty == {}


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_never_ask_the_clock(package: str) -> None:
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(f"qc_workbench.{package}")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"}
        and isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date", "time"}
    ]  # fmt: skip
    assert asked == []


@pytest.mark.parametrize(("package", "forbidden"), ONE_WAY.items(), ids=list(ONE_WAY))
def test_data_flows_one_way(package: str, forbidden: tuple[str, ...]) -> None:
    guilty = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in imports_of(path)
        if name.startswith(forbidden) and not name.startswith(package)
    }
    assert guilty == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_hold_no_sql_no_pandas_and_no_database(page: Path) -> None:
    names = {name.split(".")[0] for name in imports_of(page)}
    assert not names & {"duckdb", "pandas", "numpy"}
    text = page.read_text(encoding="utf-8").lower()
    assert "select " not in text
    assert "insert into" not in text


def test_no_module_outgrows_its_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in ("qc_workbench", "pipelines")
        for path in sources(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}
