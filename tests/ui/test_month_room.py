"""The month in its room: read, signed by the owner alone, compared, opened from its numbers, taken as a file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.sign_month import revisions
from qc_workbench.errors import UsageError
from qc_workbench.store.database import Statement
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.server import SCRIPT
from qc_workbench.ui.state import HOME_VARIABLE, LANGUAGE_KEY, TOKEN_KEY
from qc_workbench.ui.views.month import file_name, month_page, sign, withdraw
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

PAGE = SCRIPT.parent.parent / "pages" / "month.py"
OCTOBER = date(2026, 10, 1)
#: After the month, whatever the clock of the machine says.
LATER = datetime(2026, 11, 5, 9, tzinfo=UTC)
OWNER, QC, AGENT = "h1", "q1", "m1"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "company")


def start(workspace: Workspace, employee: str, language: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    app.session_state[LANGUAGE_KEY] = language
    app.session_state[TOKEN_KEY] = company.admit(workspace, employee)
    return app.run().switch_page(str(PAGE)).run()


def read(app: AppTest) -> str:
    assert [error.value for error in app.exception] == []
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error")
    parts = [str(element.value) for kind in kinds for element in app.main.get(kind)]
    parts += [f"{element.label} {element.value} {element.help}" for element in app.metric]
    return "\n".join(parts)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def lose_a_call(workspace: Workspace) -> None:
    workspace.store.write(
        Statement("update calls set outcome = 'missed', talk_s = 0 where call_id = ?", (company.TALK,))
    )


EXPECTED = {
    "ru": (
        "1. Динамика продаж",
        "Приложение. Как посчитано",
        "Показатели месяца",
        "Кто не дозвонился",
    ),
    "en": ("1. Dynamics", "Appendix. How it was counted", "Figures of the month", "Missed callers"),
}


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_report_reads_from_top_to_bottom_and_a_figure_says_how_it_was_counted(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(workspace, OWNER, language, monkeypatch)
    shown = read(app)
    for text in EXPECTED[language]:
        assert text in shown
    t = Translator(language)
    tile = next(item for item in app.metric if item.label == t("indicator.lost_call_rate"))
    assert t("month_proof.lost_call_rate") in (tile.help or "")
    assert t("month.sign") in labels(app)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_owner_signs_the_data_change_and_a_new_revision_is_signed(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = Translator(language)
    app = start(workspace, OWNER, language, monkeypatch)
    app.button(key="month_sign").click().run()
    shown = read(app)
    assert t("month.same") in shown
    assert t("month.sign") not in labels(app)
    lose_a_call(workspace)
    app.run()
    assert len(revisions(workspace, OCTOBER)) == 1
    assert t("month.sign_again") in labels(app)
    differing = next(table.value for table in app.dataframe)
    assert list(differing.columns) == [t("month.figure"), t("month.was"), t("month.became")]
    assert any(t("indicator.crm_effective") in str(name) for name in differing[t("month.figure")])
    app.button(key="month_sign").click().run()
    assert [item.revision for item in revisions(workspace, OCTOBER)] == [1, 2]
    assert t("month.same") in read(app)
    app.selectbox(key="month_revision_2026-10").set_value(1).run()
    first = read(app)
    assert revisions(workspace, OCTOBER)[0].sha256[:12] in first
    app.button(key="month_withdraw").click().run()
    assert [item.stands for item in revisions(workspace, OCTOBER)] == [True, False]


def test_the_head_reads_and_does_not_sign(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.store.write(Statement("delete from person_roles where role in ('owner', 'admin')"))
    app = start(workspace, OWNER, "ru", monkeypatch)
    assert "1. Динамика продаж" in read(app)
    assert "Подписать месяц" not in labels(app)
    with pytest.raises(UsageError, match="not_allowed"):
        sign(workspace, company.viewer(workspace), OCTOBER, LATER)
    with pytest.raises(UsageError, match="not_allowed"):
        withdraw(workspace, company.viewer(workspace), OCTOBER, 1, LATER)
    assert revisions(workspace, OCTOBER) == []


@pytest.mark.parametrize("employee", [QC, AGENT])
def test_agents_and_reviewers_have_no_monthly_report(
    workspace: Workspace, employee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1. Динамика продаж" not in read(start(workspace, employee, "ru", monkeypatch))
    with pytest.raises(UsageError, match="not_allowed"):
        month_page(workspace, company.viewer(workspace, employee), OCTOBER, None, LATER, Translator("ru"))


def test_an_unknown_revision_is_refused_and_a_known_one_names_its_file(workspace: Workspace) -> None:
    owner, t = company.viewer(workspace, OWNER), Translator("ru")
    with pytest.raises(UsageError, match="revision_unknown"):
        month_page(workspace, owner, OCTOBER, 1, LATER, t)
    sign(workspace, owner, OCTOBER, LATER)
    page = month_page(workspace, owner, OCTOBER, 1, LATER, t)
    assert file_name(page, "pdf") == "2026-10-r1.pdf"
    assert page.is_up_to_date
    lose_a_call(workspace)
    page = month_page(workspace, owner, OCTOBER, 1, LATER, t)
    assert not page.is_up_to_date
    assert page.document == month_page(workspace, owner, OCTOBER, 1, LATER, t).document
