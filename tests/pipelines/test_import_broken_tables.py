"""Every kind of broken table: what is said, where, and that the good rest is imported."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.import_report import describe, expected, message
from pipelines.ingest import ingest_csv
from pipelines.progress import Silent
from qc_workbench.sources.problems import Problem, Severity
from qc_workbench.store import calls as call_store
from qc_workbench.ui.i18n import LANGUAGES, Translator
from tests.broken_tables import CALLS, CASES, Broken, row
from tests.import_cases import GOOD_CALLS, calls_csv, folder_with, new_workspace


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_table_gives_place_value_and_next_step_and_the_good_rest_lands(case: Broken, tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home")
    report = ingest_csv(workspace, folder_with(tmp_path / "in", case.files), Silent())

    problems = report.rejects if case.severity is Severity.REJECTED else report.warnings
    found = [problem for problem in problems if problem.code == case.code]
    assert len(found) == 1, f"{case.code} among {problems}"
    assert (found[0].file, found[0].row, found[0].column) == (case.file, case.row, case.column)
    assert case.value in found[0].value
    for language in LANGUAGES:
        t = Translator(language)
        said = message(found[0], t)
        assert found[0].value in said
        assert expected(found[0], t)
        assert "{" not in said.replace(found[0].value, "")
        assert describe(found[0], t).startswith(case.file)
    with workspace.store.reading() as reader:
        assert {item.call_id for item in call_store.calls(reader)} == set(case.calls)
        deals = {entry["deal_id"] for entry in reader.rows("select deal_id from deals")}
    assert deals == set(case.deals)
    assert_listed(workspace.rejects_file, report.rejects, case)


def assert_listed(rejects_file: Path, rejects: tuple[Problem, ...], case: Broken) -> None:
    """rejects.csv holds every reject, and the expected one with its place, what was expected and the message."""
    with rejects_file.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["file"] for line in lines] == [problem.file for problem in rejects]
    if case.severity is Severity.REJECTED:
        mine = [line for line in lines if (line["row"], line["column"]) == (str(case.row or ""), case.column or "")]
        assert case.value in mine[0]["value"]
        assert mine[0]["expected"]
        assert mine[0]["message"]


def test_a_row_with_two_bad_values_is_reported_twice_and_counted_once(tmp_path: Path) -> None:
    files = {CALLS: calls_csv(row(talk_s="-1", direction="up"))}
    report = ingest_csv(new_workspace(tmp_path / "home"), folder_with(tmp_path / "in", files), Silent())
    assert {problem.column for problem in report.rejects} == {"talk_s", "direction"}
    assert report.counts["calls"].rejected == 1
    assert report.rejected == 1


def test_there_are_at_least_forty_kinds_of_broken_tables() -> None:
    assert len(CASES) >= 40
    assert len({case.code for case in CASES}) >= 25
    assert all(line in calls_csv() for line in GOOD_CALLS)
