"""«Ваши данные»: what everybody reads, the own report, erasing a client in two steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_workbench.config import Settings
from qc_workbench.domain.personal_data import Category, SubjectKind
from qc_workbench.errors import UsageError
from qc_workbench.review.personal_data import kept_data
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import may_enter
from qc_workbench.ui.views.personal_data import (
    data_room,
    erase_client,
    erasure_preview,
    next_retention,
    own_report,
    report_about,
)
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

T = Translator("ru")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "home")


def test_everybody_may_read_what_is_kept_and_only_some_erase(workspace: Workspace) -> None:
    for who in ("m1", "q1", "h1"):
        viewer = company.viewer(workspace, who)
        assert may_enter(viewer, "data"), who
        if who != "h1":
            with pytest.raises(UsageError, match="not_allowed"):
                erasure_preview(workspace, viewer, company.PHONE)
            with pytest.raises(UsageError, match="not_allowed"):
                report_about(workspace, viewer, T, agent="m2")


def test_an_agent_takes_the_report_about_oneself(workspace: Workspace) -> None:
    assert own_report(workspace, company.viewer(workspace, "m1"), T)().startswith(b"PK")


def test_the_terms_shown_are_those_that_are_set_and_own_words_go_before_drafts() -> None:
    settings = Settings.model_validate(
        {
            "retention": {"recordings_months": 12, "transcripts_months": 24},
            "privacy": {"bases": {"recordings": "Договор № 1"}},
        }
    )
    kept = {item.category: item for item in kept_data(settings, SubjectKind.CLIENT, T)}
    assert (kept[Category.RECORDINGS].months, kept[Category.TRANSCRIPTS].months) == (12, 24)
    assert (kept[Category.RECORDINGS].basis, kept[Category.RECORDINGS].basis_is_draft) == ("Договор № 1", False)
    assert kept[Category.TRANSCRIPTS].basis_is_draft
    assert Category.BONUS not in kept


def test_a_client_is_erased_only_after_a_look_and_the_last_digits(workspace: Workspace) -> None:
    admin = company.viewer(workspace, "h1")
    seen = erasure_preview(workspace, admin, company.PHONE)
    assert seen.removed
    with pytest.raises(UsageError, match="erase_digits"):
        erase_client(workspace, admin, company.PHONE, "9999", "")
    assert erasure_preview(workspace, admin, company.PHONE).removed == seen.removed
    done = erase_client(workspace, admin, company.PHONE, company.PHONE[-4:], "отзыв согласия")
    assert done.certificate is not None
    assert done.certificate.is_intact
    assert not erasure_preview(workspace, admin, company.PHONE).removed
    assert data_room(workspace, T).erasures == 1


def test_a_look_at_retention_removes_nothing(workspace: Workspace) -> None:
    assert next_retention(workspace, company.viewer(workspace, "h1"), company.AS_OF).dry_run


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_page_says_what_is_kept(workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    t = Translator(language)
    shown = read(enter(start(workspace.home, language, monkeypatch, "m1"), "data"))
    assert t("data.own") in shown
    assert t("data.recordings.who") in shown
    assert t("data.erase") not in shown
