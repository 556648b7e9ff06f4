"""What is erased or has been kept long enough is not found by search, and none of its words is left."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.erasure import erase
from pipelines.index_words import index_words
from pipelines.progress import Silent
from pipelines.retention import apply_retention
from qc_workbench.domain.search import CallFilters
from qc_workbench.store.word_index import PLACE_BITS
from qc_workbench.ui.views.search import results
from qc_workbench.workspace import Workspace
from tests.safekeeping.companies import kept_company
from tests.ui.sample_company import PHONE, PROMISE, UNSURE

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    return kept_company(tmp_path / "company")


def found(workspace: Workspace, question: str) -> set[str]:
    return {item.call.call_id for item in results(workspace, question, CallFilters(), None).calls}


def forms(workspace: Workspace) -> set[str]:
    with workspace.store.reading() as reader:
        return {row["form"] for row in reader.rows("select form from search_words")}


def stray_words(workspace: Workspace) -> int:
    """Words in the index of calls that are not in it."""
    with workspace.store.reading() as reader:
        return int(
            reader.value(
                f"select count(*) from search_said where spot >> {PLACE_BITS} not in (select call_no from search_calls)"
            )
        )


def test_an_erased_person_is_not_found_and_leaves_no_word(company: Workspace) -> None:
    assert found(company, "алло OR обеда") == {UNSURE, PROMISE}
    erase(company, [PHONE], by="q", now=NOW)
    assert found(company, "алло OR обеда") == set()
    assert len(found(company, "двери")) == 1
    assert "обеда" not in forms(company)
    assert "двери" in forms(company)
    assert stray_words(company) == 0
    assert index_words(company, Silent()).indexed == 0


def test_a_transcript_that_is_kept_no_longer_is_not_found(tmp_path: Path) -> None:
    company = kept_company(tmp_path / "company")
    with company.settings_file.open("a", encoding="utf-8") as settings:
        settings.write("\n[retention]\nrecordings_months = 1\ntranscripts_months = 1\n")
    company = Workspace.open(company.home)
    assert found(company, "двери")
    apply_retention(company, datetime(2028, 1, 1, tzinfo=UTC), Silent())
    assert found(company, "двери") == set()
    assert "двери" not in forms(company)
    assert stray_words(company) == 0
