"""docs/security.md: every mitigation names a module and a test that exist, and every test of this folder is named."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "security.md"
HEADER: Final = "| threat | attacker | mitigation | where | test |"


class Row(NamedTuple):
    threat: str
    attacker: str
    mitigation: str
    where: str
    test: str


def rows(text: str) -> list[Row]:
    """Of every table with the header above."""
    found, is_inside = [], False
    for line in text.splitlines():
        if line == HEADER:
            is_inside = True
        elif not line.startswith("|"):
            is_inside = False
        elif is_inside and not line.startswith("|---"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found.append(Row(*cells))
    return found


def attackers(text: str) -> set[str]:
    table = text.split("| attacker | has | wants |")[1].split("\n\n")[0]
    return {line.split("|")[1].strip() for line in table.splitlines()[2:] if line.startswith("|")}


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions, classes and constants of a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


TEXT: Final = PAGE.read_text(encoding="utf-8")
ROWS: Final = rows(TEXT)


def test_there_is_a_table_and_every_attacker_is_met_by_something() -> None:
    assert len(ROWS) >= 5
    assert {row.attacker for row in ROWS} <= attackers(TEXT)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.threat[:60])
def test_every_mitigation_names_where_it_is_and_a_test_that_exists(row: Row) -> None:
    assert all(row)
    assert named(row.where), "where: `qc_workbench/….py` or `qc_workbench/….py:name`"
    for place in named(row.where):
        file, _, name = place.partition(":")
        assert (ROOT / file).is_file(), place
        assert not name or name in names_in(ROOT / file), place
    assert named(row.test), "test: `tests/….py::test_…`"
    for test in named(row.test):
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file(), test
        assert name.startswith("test_"), test
        assert name in names_in(ROOT / file), test


def test_every_test_of_this_folder_proves_a_mitigation_of_the_table() -> None:
    said = {test for row in ROWS for test in named(row.test)}
    there = {
        f"tests/security/{file.name}::{name}"
        for file in Path(__file__).parent.glob("test_*.py")
        if file != Path(__file__)
        for name in names_in(file)
        if name.startswith("test_")
    }
    assert there <= said, "name these in a row of docs/security.md"
