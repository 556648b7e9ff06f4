"""The room of files: what a person sees of a file before anything is written, and what the buttons do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.progress import Silent
from qc_workbench.domain.file_mapping import FileMapping
from qc_workbench.errors import UsageError
from qc_workbench.sources.guess_columns import SURE
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views import import_files as view
from qc_workbench.workspace import Workspace
from tests.golden.make_exported_files import FOLDER
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)
SALES = "1c_sales_by_agent.xlsx"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "office")


def looked_at(workspace: Workspace, name: str, who: str = "h1") -> view.Look:
    viewer = company.viewer(workspace, who)
    path = view.take(workspace, viewer, name, (FOLDER / name).read_bytes())
    return view.look(workspace, viewer, path, name, view.Layout())


def brought(workspace: Workspace, name: str, mapping_name: str = "") -> FileMapping:
    found = looked_at(workspace, name)
    mapping = found.suggestion.mapping
    vera = company.viewer(workspace)
    if mapping_name:
        view.save(workspace, vera, mapping_name, mapping, found, NOW)
    view.bring_in(workspace, vera, found, mapping, mapping_name, Silent(), NOW)
    return mapping


def test_an_upload_is_guessed_and_nothing_is_written_by_looking(workspace: Workspace) -> None:
    found = looked_at(workspace, SALES)
    tried = view.tried(workspace, company.viewer(workspace), found, found.suggestion.mapping)
    assert (tried.good, tried.rejected) == (4, 1)
    assert found.suggestion.guesses["sold_at"].sureness >= SURE
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from import_batches") == 0


def test_what_was_chosen_stays_when_the_page_asks_for_the_layout_that_it_found(workspace: Workspace) -> None:
    found = looked_at(workspace, "calls.csv")
    vera, book, header = company.viewer(workspace), found.opened.book, found.opened.header
    same = view.Layout("", header.row, header.rows, book.encoding, book.delimiter)
    assert view.look(workspace, vera, found.opened.path, "calls.csv", same).token == found.token
    other = view.Layout("", header.row, header.rows, "cp1251", book.delimiter)
    assert view.look(workspace, vera, found.opened.path, "calls.csv", other).token != found.token


def test_an_upload_is_kept_under_the_hash_of_its_bytes_and_goes_with_the_import(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    path = view.take(workspace, vera, "../../etc/passwd.csv", b"a;b\n1;2\n")
    assert path.parent == workspace.home / "cache" / "incoming"
    brought(workspace, SALES)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_the_second_upload_is_recognised_by_its_headers(workspace: Workspace) -> None:
    brought(workspace, "quick_sales_clients.csv", "Клиенты")
    saved = looked_at(workspace, "quick_sales_clients.csv").saved
    assert saved is not None
    assert saved.name == "Клиенты"
    assert looked_at(workspace, SALES).saved is None


def test_who_may_not_see_clients_sees_neither_their_numbers_nor_their_names(workspace: Workspace) -> None:
    found = looked_at(workspace, SALES, "h1")
    t = Translator("ru")
    for who, sees in (("h1", True), ("q1", False)):
        viewer = company.viewer(workspace, who)
        raw = " ".join(text for _, cells in view.raw_table(viewer, found) for text in cells)
        tried = view.tried(workspace, company.viewer(workspace), found, found.suggestion.mapping)
        names = ("client_phone", "client_name")
        cells = [view.cell_seen(viewer, t, "sales", name, row) for row in tried.rows for name in names]
        assert ("916" in raw) is sees
        assert "02.09.2026" in raw, "a date is no number of a client"
        assert any("916" in cell or "Ромашка" in cell for cell in cells) is sees


def test_only_those_who_may_import_get_in(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as error:
        view.take(workspace, company.viewer(workspace, "q1"), "a.csv", b"a;b\n")
    assert error.value.code == "not_allowed"
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "import_files")
    assert "Эта страница не для вашей роли" in read(app)


def room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru") -> AppTest:
    return enter(start(workspace.home, language, monkeypatch), "import_files")


def test_past_imports_stand_there_and_can_be_undone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    brought(workspace, SALES)
    app = room(workspace, monkeypatch)
    assert "Новых: 4, обновлено: 0, без изменений: 0, не принято: 1" in read(app)
    (undo,) = [button for button in app.button if str(button.key).startswith("files_undo_")]
    undo.click().run()
    said = read(app)
    assert "Отменил" in said
    assert "с тех пор изменили" not in said, "nothing was kept, so nothing is said of why"
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from sales where sale_id like 'РТУ%'") == 0


def test_a_mapping_that_was_forgotten_can_be_brought_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought(workspace, "quick_sales_clients.csv", "Клиенты")
    app = room(workspace, monkeypatch, "en")
    app.button(key="files_remove_Клиенты").click().run()
    assert "is offered no more" in read(app)
    app.button(key="files_bring_back").click().run()
    assert "Version 3" in read(app)


def test_old_uploads_that_nobody_imported_are_thrown_away(workspace: Workspace) -> None:
    import os

    vera = company.viewer(workspace)
    path = view.take(workspace, vera, "a.csv", b"a;b\n1;2\n")
    past = (NOW - timedelta(days=2)).timestamp()
    os.utime(path, (past, past))
    view.take(workspace, vera, "b.csv", b"c;d\n")
    assert not path.exists()
