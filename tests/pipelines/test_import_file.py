"""The import of exported files: the same checks, nothing twice, nothing lost, taken back without harm."""

from __future__ import annotations

import csv
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import import_file as files
from pipelines.import_folder import import_folder
from pipelines.import_report import EntityCounts
from pipelines.ingest import ingest_source
from pipelines.progress import Silent
from qc_workbench.cli import main
from qc_workbench.config_sources import FilesSource
from qc_workbench.domain.call import Manager
from qc_workbench.domain.file_mapping import FileMapping, RowKind
from qc_workbench.errors import ImportFailed, SourceError, UsageError
from qc_workbench.sources.file_reading import open_guessed
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.guess_columns import suggest
from qc_workbench.sources.mapped_rows import sample_rows
from qc_workbench.store.audit_log import AuditQuestion, audit_entries
from qc_workbench.store.calls import manager_row
from qc_workbench.store.database import Statement, insert_all
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.workspace import Workspace
from tests.golden.make_exported_files import FOLDER
from tests.import_cases import new_workspace

AT = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
SALES = FOLDER / "1c_sales_by_agent.xlsx"
TABLES = ("managers", "calls", "recordings", "deals", "activities", "sales", "notes")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "home")


def guessed(path: Path) -> FileMapping:
    opened = open_guessed(path)
    return suggest(opened.header, sample_rows(opened.beginning, opened.header, 200), file_words(), "RU").mapping


def bring(workspace: Workspace, path: Path, mapping: FileMapping | None = None, **more: Any) -> files.FileImport:
    given = {"by": "Ольга", "at": AT} | more
    return files.import_file(workspace, path, mapping or guessed(path), Silent(), **given)


def contents(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    with workspace.store.reading() as reader:
        found = {name: reader.rows(f"select * from {name} order by all") for name in TABLES}
    for row in found["calls"]:
        row.pop("imported_at")
    return found


def test_a_report_of_1c_becomes_sales_by_the_guess_alone(workspace: Workspace) -> None:
    done = bring(workspace, SALES)
    assert done.report.counts == {"sales": EntityCounts(4, 0, 0, 1)}
    assert done.skipped == {RowKind.GROUP: 2, RowKind.TOTAL: 1}
    sold = {row["sale_id"]: (str(row["amount"]), row["client_phone"]) for row in contents(workspace)["sales"]}
    assert sold["РТУ-000041"] == ("12000.50", "+79161112233")
    assert sold["РТУ-000044"] == ("-500.00", "+79161112236")
    with workspace.rejects_file.open(encoding="utf-8-sig") as file:
        rejects = list(csv.DictReader(file))
    assert [(row["row"], row["column"], row["value"]) for row in rejects] == [("13", "Дата", "31.02.2026")]


def test_headings_of_groups_name_the_agent_of_the_rows_below(workspace: Workspace) -> None:
    bring(workspace, SALES, replace(guessed(SALES), group_field="manager_id"))
    found = contents(workspace)
    assert {row["manager_id"] for row in found["sales"]} == {"files:Иванова Анна", "files:Петров Борис"}
    assert {row["manager_id"]: row["name"] for row in found["managers"]}["files:Петров Борис"] == "Петров Борис"


def add_manager(workspace: Workspace, manager_id: str, name: str) -> None:
    workspace.store.write(*insert_all("managers", [manager_row(Manager(manager_id, name))]))


def test_an_employee_who_is_known_by_name_is_not_added_again(workspace: Workspace) -> None:
    add_manager(workspace, "m1", "Иванова Анна Сергеевна")
    add_manager(workspace, "m2", "Борис Петров")
    bring(workspace, FOLDER / "quick_sales_done.xlsx")
    found = contents(workspace)
    assert {row["manager_id"] for row in found["activities"]} == {"m1", "m2"}
    assert len(found["managers"]) == 2


def test_a_name_that_two_employees_have_is_told_and_not_chosen(workspace: Workspace) -> None:
    for manager_id in ("m1", "m2"):
        add_manager(workspace, manager_id, "Иванова Анна")
    done = bring(workspace, FOLDER / "calls.csv")
    assert "manager_two" in {problem.code for problem in done.report.rejects}


def test_work_is_tied_to_its_client_by_the_name_of_a_known_deal(workspace: Workspace) -> None:
    bring(workspace, FOLDER / "quick_sales_clients.csv")
    bring(workspace, FOLDER / "quick_sales_done.xlsx")
    phones = {row["subject"]: row["client_phone"] for row in contents(workspace)["activities"]}
    assert phones == {None: "+79161112233", "КП на двери": "+79161112233", "Показ": "+79161112234"}


@pytest.mark.parametrize(
    "name", ["1c_sales_by_agent.xlsx", "quick_sales_done.xlsx", "quick_sales_clients.csv", "calls.csv"]
)
def test_the_same_file_again_changes_nothing(workspace: Workspace, name: str) -> None:
    bring(workspace, FOLDER / name)
    before = contents(workspace)
    again = bring(workspace, FOLDER / name, at=AT + timedelta(hours=1))
    assert contents(workspace) == before
    assert all((counts.new, counts.updated) == (0, 0) for counts in again.report.counts.values())
    assert again.made == 0


class Killed(Exception):
    pass


class KillsAfter:
    """A progress that stops the work after so many parts."""

    def __init__(self, parts: int) -> None:
        self._left = parts

    def start(self, step: str, total: int) -> None:
        pass

    def advance(self, units: float = 1, note: str = "") -> None:
        self._left -= 1
        if self._left <= 0:
            raise Killed

    def finish(self) -> None:
        pass


def numbers(path: Path, count: int, bad: frozenset[int] = frozenset()) -> Path:
    lines = ["Дата;Номер;Контрагент;Телефон;Сумма;Менеджер"]
    lines += [
        f"{'31.02.2026' if n in bad else f'{n % 28 + 1:02d}.09.2026'};Н-{n};Клиент {n};+7916{n:07d};{n},50;"
        f"Менеджер {n % 5}"
        for n in range(count)
    ]
    path.write_text("\n".join(lines) + "\nИтого;;;;100,00;\n", encoding="utf-8")
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=6)
@given(parts=st.integers(1, 5), bad=st.frozensets(st.integers(0, 39), max_size=8))
def test_killed_anywhere_and_started_again_it_is_the_same_store_and_all_of_it_can_be_taken_back(
    tmp_path_factory: pytest.TempPathFactory, parts: int, bad: frozenset[int]
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    path = numbers(folder / "sales.csv", 40, bad)
    whole, stopped = new_workspace(folder / "whole"), new_workspace(folder / "stopped")
    bring(whole, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "ROWS_A_COMMIT", 10)
        with pytest.raises(Killed):
            files.import_file(stopped, path, guessed(path), KillsAfter(parts), by="a", at=AT)
        done = bring(stopped, path, at=AT + timedelta(minutes=5))
    assert contents(stopped) == contents(whole)
    undone = files.undo_import(stopped, done.batch_id, by="a", at=AT + timedelta(minutes=9))
    assert undone.kept == 0
    assert not any(contents(stopped).values())


def test_bad_rows_never_lose_good_ones(workspace: Workspace, tmp_path: Path) -> None:
    done = bring(workspace, numbers(tmp_path / "a.csv", 30, frozenset({0, 7, 29})))
    assert done.report.counts["sales"] == EntityCounts(27, 0, 0, 3)
    assert {problem.row for problem in done.report.rejects} == {2, 9, 31}


def test_undo_takes_back_what_was_made_and_leaves_what_was_there_or_was_touched(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = numbers(tmp_path / "a.csv", 3)
    bring(workspace, first)
    second = numbers(tmp_path / "b.csv", 6)
    done = bring(workspace, second, at=AT + timedelta(hours=1))
    assert done.made == 5  # three sales and two more agents
    workspace.store.write(Statement("update sales set client_name = 'Исправлено' where sale_id = 'Н-5'"))
    undone = files.undo_import(workspace, done.batch_id, by="Ольга", at=AT + timedelta(hours=2))
    assert [row["sale_id"] for row in contents(workspace)["sales"]] == ["Н-0", "Н-1", "Н-2", "Н-5"]
    assert (undone.removed, undone.kept) == (4, 1)
    with pytest.raises(UsageError) as error:
        files.undo_import(workspace, done.batch_id, by="Ольга", at=AT)
    assert error.value.code == "import_undone"
    with workspace.store.reading() as reader:
        said = [entry.action for entry in audit_entries(reader, AuditQuestion(), 10)]
    assert said.count("file_imported") == 2
    assert said.count("file_import_undone") == 1


def test_a_call_that_somebody_drew_is_not_taken_back(workspace: Workspace) -> None:
    done = bring(workspace, FOLDER / "calls.csv")
    call_id = contents(workspace)["calls"][0]["call_id"]
    with workspace.store.reading() as reader:
        columns = reader.rows(
            "select column_name, data_type, is_nullable from information_schema.columns where table_name = 'heard'"
        )
    values = {
        row["column_name"]: call_id if row["column_name"] == "call_id" else _any(row["data_type"]) for row in columns
    }
    names = ", ".join(values)
    workspace.store.write(
        Statement(f"insert into heard ({names}) values ({', '.join('?' for _ in values)})", tuple(values.values()))
    )
    files.undo_import(workspace, done.batch_id, by="a", at=AT)
    found = contents(workspace)
    assert [row["call_id"] for row in found["calls"]] == [call_id]
    assert [row["call_id"] for row in found["recordings"]] == [call_id]


def _any(kind: str) -> Any:
    return AT if kind.startswith("TIMESTAMP") else "x" if kind == "VARCHAR" else "[]" if kind == "JSON" else 0


def test_a_saved_mapping_recognises_the_next_file_also_with_its_columns_in_another_order(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = numbers(tmp_path / "a.csv", 2)
    files.save_mapping(workspace, "1С продажи", guessed(path), open_guessed(path).header.print, by="a", at=AT)
    other = tmp_path / "b.csv"
    other.write_text(
        "Отчёт\n\nСумма;Менеджер;Дата;Номер;Телефон;Контрагент\n5;М;01.09.2026;1;+79160000001;К\n", encoding="cp1251"
    )
    found = files.recognised(workspace, open_guessed(other))
    assert found is not None
    assert found.name == "1С продажи"
    done = bring(workspace, other, replace(found.mapping, encoding=""))
    assert done.report.counts["sales"].new == 1


def test_a_file_that_lost_a_column_is_refused_with_its_name(workspace: Workspace, tmp_path: Path) -> None:
    mapping = guessed(numbers(tmp_path / "a.csv", 2))
    other = tmp_path / "b.csv"
    other.write_text("Дата;Номер;Контрагент\n01.09.2026;1;К\n", encoding="utf-8")
    with pytest.raises(ImportFailed) as error:
        bring(workspace, other, mapping)
    assert error.value.code == "file_columns_missing"
    assert "сумма" in str(error.value.params["missing"])


def test_saving_again_is_a_new_version_and_a_forgotten_one_is_offered_no_more(workspace: Workspace) -> None:
    mapping = guessed(SALES)
    assert files.save_mapping(workspace, " 1С  продажи ", mapping, "p", by="a", at=AT).version == 1
    assert files.save_mapping(workspace, "1С продажи", mapping, "p", by="b", at=AT).version == 2
    files.remove_mapping(workspace, "1С продажи", by="a", at=AT)
    with pytest.raises(UsageError) as error:
        files.saved_mapping(workspace, "1С продажи")
    assert error.value.code == "mapping_unknown"
    assert files.save_mapping(workspace, "1С продажи", mapping, "p", by="b", at=AT).version == 4


def test_a_mapping_that_lacks_a_required_field_is_neither_saved_nor_used(workspace: Workspace) -> None:
    poor = FileMapping("sales", {"sold_at": "дата"})
    for act in (
        lambda: files.save_mapping(workspace, "x", poor, "p", by="a", at=AT),
        lambda: bring(workspace, SALES, poor),
    ):
        with pytest.raises(UsageError) as error:
            act()
        assert error.value.code == "mapping_incomplete"


def old(path: Path) -> Path:
    """As if it had been written a while ago."""
    past = time.time() - 60
    os.utime(path, (past, past))
    return path


def test_a_folder_is_read_by_itself_each_file_once(workspace: Workspace, tmp_path: Path) -> None:
    folder = workspace.home / "1c"
    folder.mkdir()
    path = old(numbers(folder / "september.csv", 3))
    files.save_mapping(workspace, "продажи", guessed(path), "p", by="a", at=AT)
    source = FilesSource(kind="files", name="1c", folder=Path("1c"), mapping="продажи", pattern="*.csv")
    assert import_folder(workspace, source, Silent(), AT).counts["sales"].new == 3
    assert import_folder(workspace, source, Silent(), AT).nothing_new
    old(numbers(folder / "october.csv", 5))
    numbers(folder / "still_written.csv", 9)
    assert import_folder(workspace, source, Silent(), AT).counts["sales"] == EntityCounts(2, 0, 3, 0)


def test_a_file_that_cannot_be_read_holds_up_nothing_but_itself(workspace: Workspace) -> None:
    folder = workspace.home / "1c"
    folder.mkdir()
    files.save_mapping(workspace, "продажи", guessed(old(numbers(folder / "b.csv", 3))), "p", by="a", at=AT)
    (folder / "a.xlsx").write_bytes(b"PK\x03\x04 broken")
    old(folder / "a.xlsx")
    source = FilesSource(kind="files", name="1c", folder=Path("1c"), mapping="продажи", pattern="*")
    report = import_folder(workspace, source, Silent(), AT)
    assert report.counts["sales"].new == 3
    assert [(problem.file, problem.code) for problem in report.rejects] == [("a.xlsx", "file_damaged")]


def test_an_import_that_a_person_took_back_does_not_come_again_by_itself(workspace: Workspace) -> None:
    folder = workspace.home / "1c"
    folder.mkdir()
    files.save_mapping(workspace, "продажи", guessed(old(numbers(folder / "a.csv", 3))), "p", by="a", at=AT)
    source = FilesSource(kind="files", name="1c", folder=Path("1c"), mapping="продажи", pattern="*")
    import_folder(workspace, source, Silent(), AT)
    with workspace.store.reading() as reader:
        batch_id = str(reader.value("select batch_id from import_batches"))
    files.undo_import(workspace, batch_id, by="a", at=AT)
    assert import_folder(workspace, source, Silent(), AT).nothing_new
    assert not contents(workspace)["sales"]


def test_a_source_without_its_mapping_or_folder_says_so_as_a_source(tmp_path: Path) -> None:
    told = '[[sources]]\nkind = "files"\nname = "1c"\nfolder = "none"\nmapping = "нет"\n'
    with pytest.raises(SourceError) as error:
        ingest_source(new_workspace(tmp_path / "home", told), "1c", Silent())
    assert error.value.code == "source_mapping_missing"


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_the_command_previews_and_imports(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = numbers(tmp_path / "a.csv", 4, frozenset({1}))
    files.save_mapping(workspace, "продажи", guessed(path), open_guessed(path).header.print, by="a", at=AT)
    home = ["--home", str(workspace.home), "--lang", "ru"]
    assert run(["import-file", str(path), "--preview", *home]) == 1
    said = capsys.readouterr().out
    assert "31.02.2026" in said
    assert not contents(workspace)["sales"]
    assert run(["import-file", str(path), "--mapping", "продажи", *home]) == 1
    assert len(contents(workspace)["sales"]) == 3
    assert run(["import-file", str(path), "--mapping", "нет такого", *home]) == 2


def test_every_problem_of_cells_has_words_in_both_languages() -> None:
    codes = [
        "cell_date",
        "cell_date_order",
        "cell_time",
        "cell_length",
        "word_unknown",
        "manager_two",
        "field_untold",
        "row_twice",
    ]
    for language in LANGUAGES:
        t = Translator(language)
        assert all(t.knows(f"{family}.{code}") for code in codes for family in ("reject", "expected"))


def test_a_path_that_leads_to_no_file_is_wrong_usage(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("nowhere.xlsx", str(workspace.home)):
        assert run(["import-file", path, "--home", str(workspace.home), "--lang", "ru"]) == 2
        assert "Проверьте путь" in capsys.readouterr().err
