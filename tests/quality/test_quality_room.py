"""The room of detector quality: every part of an evaluation is drawn, in both languages, with links to the calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.evaluate_detectors import evaluate
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace
from tests.quality.labelled_calls import LABELS
from tests.ui.sample_company import TALK
from tests.ui.test_pages_open import enter, read, start

#: Part of the page -> what must be read there.
PARTS = {
    "confusion": {"ru": "Программа: **обещания нет**", "en": "Program: **no promise**"},
    "kinds": {"ru": "", "en": ""},
    "changes": {"ru": "Кто ответил: кто именно", "en": "Who answered: who exactly"},
    "live": {"ru": "Решений по флагам пока нет", "en": "No rulings on flags yet"},
}


@pytest.fixture
def home(company: Workspace, truth: Path) -> Path:
    """Two evaluations of the same labels; something got worse in between."""
    evaluate(company, truth)
    company.store.write(Statement("update conversations set answered_by = 'ivr' where call_id = ?", (TALK,)))
    evaluate(company, truth)
    return company.home


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_part_of_an_evaluation_is_drawn(home: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(home, language, monkeypatch), "quality")
    shown = read(app)
    assert {"ru": f"{len(LABELS)} звонка", "en": f"{len(LABELS)} calls"}[language] in shown
    assert {"ru": "нет в базе", "en": "not in the store"}[language] in shown
    for part, expected in PARTS.items():
        app.session_state["quality_section"] = part
        assert expected[language] in read(app.run()), part
