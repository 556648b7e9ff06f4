"""The invented store of the search benchmark is one the index could have made, and every question of it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.bench_search import line, make_store, measure, questions, vocabulary
from qc_workbench.domain.search import CallFilters
from qc_workbench.ui.views.search import results


@pytest.mark.slow
def test_what_is_found_is_in_the_turns_and_each_kind_of_question_is_timed(tmp_path: Path) -> None:
    words = vocabulary()[:40_000]
    workspace = make_store(tmp_path / "bench", 300, words, lambda _line: None)
    with workspace.store.reading() as reader:
        said = reader.value(
            "select count(distinct call_id) from turns where list_contains(split(text, ' '), ?)", words[40]
        )
        assert reader.value("select count(*) from turns") > 2500
    found = results(workspace, f"={words[40]}", CallFilters(), None)
    assert found.total == said > 5
    assert all(any(marked for _, marked in snippet.pieces) for call in found.calls for snippet in call.lines)
    asked = questions(words)
    assert len(asked) == 18
    for name, wordings in asked.items():
        assert line(name, measure(workspace, wordings[:1], 1)).count("|") == 8
