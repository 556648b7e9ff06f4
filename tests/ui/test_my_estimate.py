"""An agent's own score: the team's estimate of it in words, with what it is made of, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.sampling.estimates import Estimate
from qc_workbench.sampling.trends import Change, Span
from qc_workbench.store.database import Statement
from qc_workbench.ui.components.my_estimate import change_sentence, estimate_sentence
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.my_estimate import my_estimate
from qc_workbench.ui.views.team import team_choice, team_view
from qc_workbench.workspace import Workspace
from tests import scored_company as scored
from tests.scored_company import MONDAY, Drawn
from tests.ui.sample_company import sample_company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
#: Алла (m1): 100 and 50 of four calls; Борис (m2): one of two.
CALLS = [
    Drawn("y1", "m1", MONDAY, 100),
    Drawn("y2", "m1", MONDAY, 50),
    Drawn("y3", "m1", TUESDAY, is_drawn=False),
    Drawn("y4", "m1", MONDAY, is_drawn=False),
    Drawn("n1", "m2", MONDAY, 20),
    Drawn("n2", "m2", MONDAY, is_drawn=False),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = sample_company(tmp_path_factory.mktemp("mine") / "home")
    made.store.write(Statement("delete from draws"), Statement("delete from sample"))
    scored.publish(made)
    scored.draw(made, CALLS)
    made.store.write(
        Statement(
            "update evaluation_answers set cause = 'hurry' where question = 'need' and given::varchar = '[\"no\"]'"
        )
    )
    return made


def test_it_is_the_score_that_the_head_sees(workspace: Workspace) -> None:
    agent = Viewer(Account(Person("p1", frozenset({AccessRole.AGENT}), "m1", None), "m1", "Алла Пробная", NOW), {})
    owner = Viewer(Account(Person("p2", frozenset({AccessRole.OWNER}), None, None), "o", "Павел", NOW), {})
    choice = team_choice(workspace, agent, NOW)
    mine = my_estimate(workspace, agent, "m1", choice, NOW)
    everybody = team_view(workspace, owner, NOW, team_choice(workspace, owner, NOW))
    assert mine is not None
    assert everybody is not None
    assert mine.estimate == next(row for row in everybody.rows if row.agent_id == "m1").estimate
    assert [item.question.code for item in mine.worst] == ["need"]
    assert {line.call_id for line in mine.view.calls} == {"y1", "y2"}
    assert my_estimate(workspace, agent, "m2", choice, NOW) is None
    september = team_choice(workspace, agent, NOW, Span.MONTH, MONDAY.replace(month=9, day=1))
    assert my_estimate(workspace, agent, "m1", september, NOW) is None


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "ru",
            ("Ваш балл: октябрь 2026", "Оценено звонков: 2 из 4", "месяцем раньше ваших звонков не оценивали",
             "— плохо в 1 из 2 звонков. Чаще всего: спешил.", "Звонки для оценки выбирает случай"),
        ),
        (
            "en",
            ("Your score: October 2026", "By 2 of 4 calls", "no call of yours was scored the month before",
             "— bad in 1 of 2 calls. Mostly: in a hurry.", "Chance chooses the calls"),
        ),
    ],
)  # fmt: skip
def test_the_shelf_says_it_in_words_and_names_nobody_else(
    workspace: Workspace, language: str, says: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, language, monkeypatch, "m1"), "my", list="estimate")
    shown = read(app)
    assert [text for text in says if text not in shown] == []
    assert len(app.dataframe[0].value) == 2
    for hidden in ("Борис Образцов", "Место", "Place", "Глеб Слушатель"):
        assert hidden not in shown


def test_sentences_claim_no_more_than_the_limits_allow() -> None:
    t, e = Translator("ru"), Translator("en")
    said = estimate_sentence(Estimate(77.4, 71.2, 82.8, 9, 41, 1.0, 0.95), t)
    assert said.startswith("Оценено звонков: 9 из 41. Если бы оценили все, балл оказался бы **между 71 и 83**")
    assert "пока не сказать" in estimate_sentence(Estimate(70.0, None, None, 1, 5, 0.4, 0.95), t)
    assert "Оценены все звонки за это время (3)" in estimate_sentence(Estimate(80.0, 80.0, 80.0, 3, 3, 1.0, 0.95), t)
    assert change_sentence(Change(4.0, -3.0, 11.0), Span.WEEK, t).endswith("разница 4 может быть случайной.")
    assert change_sentence(Change(-6.0, -9.6, -2.2), Span.MONTH, t) == (
        "Стало хуже, чем месяцем раньше: на 6 (не меньше 2 и не больше 10)."
    )
    assert change_sentence(Change(6.0, 2.2, 9.6), Span.QUARTER, e) == (
        "Better than the quarter before by 6 (at least 2, at most 10)."
    )
    assert "the week before" in change_sentence(None, Span.WEEK, e)
