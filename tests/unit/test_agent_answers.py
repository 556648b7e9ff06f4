"""An agent's answers: by name, not empty, one after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.detection.counterfactuals import Change
from qc_workbench.detection.intent import PatternKind, Reading
from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.errors import UsageError
from qc_workbench.review.answers import LONGEST_ANSWER, answer
from qc_workbench.review.rulings import CaseState, case_state
from qc_workbench.ui.i18n import catalogue
from qc_workbench.ui.views.call import call_view
from qc_workbench.ui.views.suspicious import one_case, write_answer, write_ruling
from tests.ui import sample_company as company

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)
FLAG = Flag("f", "c", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "d", "1")


@pytest.mark.parametrize(
    ("text", "by", "code"),
    [("Ждал клиента", " ", "answer_needs_name"), (" \n", "Борис", "answer_empty"),
     ("я" * (LONGEST_ANSWER + 1), "Борис", "answer_too_long")],
)  # fmt: skip
def test_an_answer_needs_a_name_and_words(text: str, by: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        answer(FLAG, text, by, AT)


@given(st.text(min_size=1, max_size=50).filter(str.strip), st.integers(0, 100))
def test_no_two_answers_are_the_same_one(text: str, minutes: int) -> None:
    first = answer(FLAG, text, "Борис", AT)
    later = answer(FLAG, text, "Борис", AT + timedelta(minutes=minutes + 1))
    assert first.answer_id != later.answer_id
    assert first.answer_id == answer(FLAG, text, "Борис", AT).answer_id


def test_only_an_answer_after_the_question_takes_the_case_back_to_the_head_of_sales() -> None:
    asked = Finding("r", "f", Ruling.ASKED, "Вера", AT)
    minute = timedelta(minutes=1)
    assert case_state(FLAG, asked) is CaseState.ASKED
    assert case_state(FLAG, asked, answered_at=AT - minute) is CaseState.ASKED
    assert case_state(FLAG, asked, answered_at=AT + minute) is CaseState.ANSWERED
    assert case_state(FLAG, None, answered_at=AT) is CaseState.WAITING


def test_answers_are_added_and_none_is_lost(tmp_path: Path) -> None:
    workspace = company.sample_company(tmp_path / "answers")
    case = one_case(workspace, "flag-padded")
    assert case is not None
    write_ruling(workspace, company.viewer(workspace), case.flag, Ruling.ASKED, company.AS_OF, "")
    for minute, text in enumerate(("Клиент искал договор", "Вспомнил: он отошёл к двери")):
        write_answer(
            workspace, company.viewer(workspace, "m1"), case.flag, text, company.AS_OF + timedelta(minutes=minute + 1)
        )
    again = one_case(workspace, "flag-padded")
    assert again is not None
    assert again.state is CaseState.ANSWERED
    assert [item.text for item in again.answers] == ["Клиент искал договор", "Вспомнил: он отошёл к двери"]
    view = call_view(workspace, company.viewer(workspace), company.PADDED)
    assert view is not None
    assert view.state_of(case.flag) is CaseState.ANSWERED
    assert view.answers_to(case.flag) == again.answers
    with workspace.store.reading() as reader:
        audit = reader.rows("select actor, object, detail from audit where action = 'flag_answered'")
    assert [(row["actor"], row["object"]) for row in audit] == [("Алла Пробная", company.PADDED)] * 2
    assert "договор" not in str(audit)  # the words stay where they can be erased


def test_whatever_the_case_file_may_say_is_in_the_catalogue() -> None:
    needed = [
        *(f"{family}.{change.value}" for family in ("flips", "steady") for change in Change),
        *(f"{family}.{kind.value}" for family in ("pattern", "pattern_says", "pattern_not") for kind in PatternKind),
        *(f"pattern_reading.{reading.value}" for reading in Reading if reading is not Reading.TOO_FEW),
    ]
    assert [code for code in needed if code not in catalogue()] == []
