"""Pages lay out; they neither compute nor ask the database."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from qc_workbench.ui.server import SCRIPT

PAGES = sorted((SCRIPT.parent.parent / "pages").glob("[a-z]*.py"))

#: What a page may import: its view, pieces of layout, the frame; of the domain only the words for choices.
ALLOWED = ("streamlit", "qc_workbench.ui", "qc_workbench.review.rulings", "qc_workbench.domain")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_imports_no_store(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 50
    imported = [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if not name.startswith(ALLOWED)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_writes_no_words_of_its_own(page: Path) -> None:
    """Every text comes from the catalogue: no Cyrillic outside of docstrings and comments."""
    tree = ast.parse(page.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree, clean=False)
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert [text for text in texts if text != docstring and any("а" <= char <= "я" for char in text.lower())] == []
