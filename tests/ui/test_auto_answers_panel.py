"""The program's answers on the page of a call: shown, checked by a person, counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.auto_answer import Answer, Question
from qc_workbench.domain.transcript import Party
from qc_workbench.store.auto_answers import checks_of_call
from qc_workbench.store.database import Statement, to_json
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, start

GREETED = Question.GREETED.value


def company_heard(home: Path) -> Workspace:
    """The sample company with the voices of its talk measured, as the measuring of sound leaves them."""
    workspace = company.sample_company(home)
    sounds = [
        {
            "channel": int(party is not Party.AGENT),
            "start_s": start_s,
            "end_s": end_s,
            "kind": SoundKind.VOICE.value,
            "score": 1.0,
            "frequency_hz": None,
            "features": {},
        }
        for party, start_s, end_s, _ in company.SPOKEN[company.TALK]
    ]
    workspace.store.write(
        Statement(
            "update acoustics set sounds = ? where content_hash = "
            "(select content_hash from recordings where call_id = ?)",
            (to_json(sounds), company.TALK),
        )
    )
    return workspace


def open_call(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, employee: str = "h1") -> AppTest:
    app = start(workspace.home, "ru", monkeypatch, employee)
    return enter(app, "call", id=company.TALK)


def test_an_answer_says_that_nobody_checked_it_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_call(company_heard(tmp_path / "shown"), monkeypatch)
    (greeted,) = [item for item in app.markdown if "Поздоровался" in item.value]
    assert greeted.value.endswith("· Да")
    assert "людьми ещё не проверялось" in greeted.help
    assert not app.button(key=f"agree_{company.TALK}_{GREETED}").disabled


def test_a_persons_answer_is_kept_and_shown_and_can_be_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company_heard(tmp_path / "checked")
    app = open_call(workspace, monkeypatch)
    app.button(key=f"agree_{company.TALK}_{GREETED}").click().run()
    with workspace.store.reading() as reader:
        check = checks_of_call(reader, company.TALK)[Question.GREETED]
    assert (check.human, check.by) == (Answer.YES, "Вера Главная")
    assert app.button(key=f"agree_{company.TALK}_{GREETED}").disabled
    app.button(key=f"answer_no_{company.TALK}_{GREETED}").click().run()
    with workspace.store.reading() as reader:
        assert checks_of_call(reader, company.TALK)[Question.GREETED].human is Answer.NO


def test_the_agent_sees_the_answers_and_checks_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_call(company_heard(tmp_path / "own"), monkeypatch, "m2")
    assert any("Поздоровался" in item.value for item in app.markdown)
    assert not [button for button in app.button if str(button.key).startswith(("agree_", "answer_"))]
