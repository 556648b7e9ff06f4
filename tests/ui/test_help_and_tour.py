"""Help of every page, and the tour that leads through those of one's role."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.ui.doorway import DEMO_FILE
from qc_workbench.ui.i18n import LANGUAGES, Translator, catalogue
from qc_workbench.ui.navigation import ROOMS, may_enter
from qc_workbench.ui.views.tour import MOST, ROOMS_SHOWN, Stop, tour
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import read, start


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company.sample_company(tmp_path_factory.mktemp("toured")).home


UI = Path(__file__).parents[2] / "qc_workbench" / "ui"


def parts_of(source: Path, seen: set[Path] | None = None) -> set[Path]:
    """The components that a page is made of, and those that they are made of."""
    found: set[Path] = set() if seen is None else seen
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qc_workbench.ui.components"):
            for name in ((node.module or "").rpartition(".")[2], *(alias.name for alias in node.names)):
                part = UI / "components" / f"{name}.py"
                if part.exists() and part not in found:
                    found.add(part)
                    parts_of(part, found)
    return found


def pressed(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_every_page_says_what_it_is_for_what_to_do_and_where_its_figures_come_from(room: str, language: str) -> None:
    t = Translator(language)
    assert len(t(f"help.{room}.why")) > 20
    assert t(f"help.{room}.do").startswith("- ")
    assert t(f"help.{room}.numbers").endswith(".")


def test_every_stop_of_the_tour_says_what_to_look_at() -> None:
    t = Translator("ru")
    assert all(t(f"tour.stop.{room}") for room in ROOMS_SHOWN)
    assert set(ROOMS_SHOWN) <= set(ROOMS)


@pytest.mark.parametrize("employee", company.ROLES)
def test_the_tour_leads_only_into_rooms_of_ones_own(home: Path, employee: str) -> None:
    workspace = Workspace.open(home)
    viewer = company.viewer(workspace, employee)
    stops = tour(workspace, viewer)
    assert 2 <= len(stops) <= MOST
    assert all(may_enter(viewer, stop.room) for stop in stops)


def test_the_head_of_sales_is_first_shown_a_call_that_waits_for_a_ruling(home: Path) -> None:
    workspace = Workspace.open(home)
    assert tour(workspace, company.viewer(workspace))[0] == Stop("suspicious", {"call": company.PADDED})


@pytest.mark.parametrize("room", ROOMS)
def test_a_page_with_keys_tells_them_in_its_help(room: str) -> None:
    parts = [part for part in parts_of(UI / "pages" / f"{room}.py") if part.stem != "page_help"]
    has_keys = any("shortcut=" in part.read_text(encoding="utf-8") for part in parts)
    assert not has_keys or f"help.{room}.keys" in catalogue()


def test_help_opens_over_the_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pressed(start(home, "ru", monkeypatch), "page_help")
    assert not app.exception
    assert "Откуда цифры" in "".join(element.value for element in app.markdown)


def test_the_tour_begins_and_can_be_ended_on_any_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pressed(start(home, "ru", monkeypatch), "tour_start")
    assert "Экскурсия · 1 из 8" in read(app)
    app = pressed(app, "tour_end")
    assert "Экскурсия ·" not in read(app)


def test_only_the_sample_company_offers_the_tour_unasked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Первый раз здесь?" not in read(start(home, "ru", monkeypatch))
    (home / DEMO_FILE).write_text(company.PASSWORD, encoding="utf-8")
    app = start(home, "ru", monkeypatch)
    assert "Первый раз здесь?" in read(app)
    assert "Первый раз здесь?" not in read(pressed(app, "tour_later"))
    (home / DEMO_FILE).unlink()
