"""SQL is made of the program's own words; values are bound; and the engine itself reaches no other file."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from qc_workbench.sources.table_access import identifiers
from qc_workbench.store.database import Store
from tests.security.sql_texts import Module

ROOT = Path(__file__).parent.parent.parent

#: Others know no store, so their ``row`` and ``value`` are something else.
SPEAKS_SQL = re.compile(r"qc_workbench\.store|import duckdb|\.execute\(")
#: Experiments and generators of data: run by developers, over files of their own.
NOT_SHIPPED_WORK = {
    f"pipelines/{name}.py"
    for name in ("bench_order", "bench_search", "bench_sync", "make_large_store", "simulate_year", "unit_costs")
}
PASSED_ON = "passes on a text that was judged where it was made"
TABLE_OF_OURS = "a table or column out of a list in the program"
PIECE_OF_OURS = "one of the conditions that this module or its caller holds as literals"
#: (file, function): why the part that is no constant is none of a person's.
EXCEPTIONS = {
    ("qc_workbench/sources/table_access.py", "_ask"): "names of a table in settings, matched as identifiers: see below",
    ("qc_workbench/store/database.py", "row"): PASSED_ON,
    ("qc_workbench/store/engine.py", "_run"): PASSED_ON,
    ("qc_workbench/store/engine.py", "stream"): PASSED_ON,
    ("qc_workbench/store/owner.py", "_read"): "the message of a client of this very user over a private socket",
    ("qc_workbench/store/messages.py", "unpacked_statements"): "the same",
    ("qc_workbench/store/messages.py", "insert"): TABLE_OF_OURS,
    ("qc_workbench/store/messages.py", "insert_all"): TABLE_OF_OURS,
    ("qc_workbench/store/operating.py", "_counted"): PASSED_ON,
    ("qc_workbench/store/schema.py", "migrate"): "the text of a migration",
    ("qc_workbench/store/copying.py", "copy_database"): "names of files can't be bound: quoted, see the test below",
    ("qc_workbench/store/copying.py", "fence_in"): "the same",
    ("qc_workbench/store/copying.py", "_read_whole"): "a name out of the catalogue of the file, quoted: see below",
    ("qc_workbench/store/bad_cases.py", "case_counts"): "tables and conditions of this module",
    ("qc_workbench/store/bad_cases.py", "bad_cases"): "tables and conditions of this module",
    ("qc_workbench/store/bad_cases.py", "case_of"): "tables and conditions of this module",
    ("qc_workbench/store/browsing.py", "rows_by_key"): TABLE_OF_OURS,
    ("qc_workbench/store/browsing.py", "_of_client"): TABLE_OF_OURS,
    ("qc_workbench/store/cases.py", "cases_in_state"): "a value of an enumeration",
    ("qc_workbench/store/cases.py", "place_of_case"): "a value of an enumeration",
    ("qc_workbench/store/client_parts.py", "part_rows"): TABLE_OF_OURS,
    ("qc_workbench/store/client_parts.py", "of"): TABLE_OF_OURS,
    ("qc_workbench/store/crm_records.py", "without_rows"): TABLE_OF_OURS,
    ("qc_workbench/store/crm_records.py", "without_changes"): TABLE_OF_OURS,
    ("qc_workbench/store/crm_write_facts.py", "known_for_writing"): TABLE_OF_OURS,
    ("qc_workbench/store/crm_write_facts.py", "of_calls"): TABLE_OF_OURS,
    ("qc_workbench/store/crm_writes.py", "planned"): PASSED_ON,
    ("qc_workbench/store/crm_writes.py", "replanned"): "columns of a record of ours; the values are bound",
    ("qc_workbench/store/deal_decisions.py", "_of_deals"): PIECE_OF_OURS,
    ("qc_workbench/store/evening.py", "found_at"): PIECE_OF_OURS,
    ("qc_workbench/store/file_imports.py", "untouched"): TABLE_OF_OURS,
    ("qc_workbench/store/file_imports.py", "removal"): TABLE_OF_OURS,
    ("qc_workbench/store/fingerprints.py", "sightings"): PIECE_OF_OURS,
    ("qc_workbench/store/forms.py", "form_versions"): "a value of an enumeration",
    ("qc_workbench/store/investigations.py", "_letters"): PIECE_OF_OURS,
    ("qc_workbench/store/job_progress.py", "units"): "a value of an enumeration",
    ("qc_workbench/store/measures.py", "_proposals"): PIECE_OF_OURS,
    ("qc_workbench/store/order.py", "at"): "names of the terms, which this module lists",
    ("qc_workbench/store/order.py", "breaches"): "a file of rules of the program",
    ("qc_workbench/store/order.py", "keep"): "a name out of the enumeration of violations",
    ("qc_workbench/store/order.py", "_rule"): "a name out of a list of this module",
    ("qc_workbench/store/order_changes.py", "changes"): TABLE_OF_OURS,
    ("qc_workbench/store/order_changes.py", "_columns"): TABLE_OF_OURS,
    ("qc_workbench/store/order_history.py", "order_days"): PIECE_OF_OURS,
    ("qc_workbench/store/outbox.py", "queued"): "columns of a record of ours; the values are bound",
    ("qc_workbench/store/people.py", "saved"): "columns of a record of ours; the values are bound",
    ("qc_workbench/store/schedule.py", "_latest"): PIECE_OF_OURS,
    ("qc_workbench/store/score_sheets.py", "frame_counts"): "the key of a time zone, which the zone itself checked",
    ("qc_workbench/store/score_sheets.py", "score_table"): "the key of a time zone, which the zone itself checked",
    ("qc_workbench/store/searching.py", "find_calls"): "conditions with ? made by this module; the words are bound",
    ("qc_workbench/store/searching.py", "count_found"): "the same",
    ("qc_workbench/store/source_overview.py", "_latest"): PIECE_OF_OURS,
    ("qc_workbench/store/today.py", "_promises"): PIECE_OF_OURS,
    ("pipelines/access_report.py", "_rows"): TABLE_OF_OURS,
    ("pipelines/access_subject.py", "_ids"): PASSED_ON,
    ("pipelines/crm_rows.py", "_changes"): TABLE_OF_OURS,
    ("pipelines/crm_rows.py", "_without"): TABLE_OF_OURS,
    ("pipelines/detected_rows.py", "differences"): TABLE_OF_OURS,
    ("pipelines/erased_investigation.py", "_written"): TABLE_OF_OURS,
    ("pipelines/erased_memory.py", "statements"): PIECE_OF_OURS,
    ("pipelines/erased_rows.py", "_update"): TABLE_OF_OURS,
    ("pipelines/erased_rows.py", "_draws"): PIECE_OF_OURS,
    ("pipelines/erased_rows.py", "_delete"): TABLE_OF_OURS,
    ("pipelines/erased_rows.py", "_blot_out"): TABLE_OF_OURS,
    ("pipelines/erased_rows.py", "of_calls"): TABLE_OF_OURS,
    ("pipelines/erasure.py", "_counts"): TABLE_OF_OURS,
    ("pipelines/erasure.py", "of_calls"): TABLE_OF_OURS,
    ("pipelines/erasure.py", "rows_of"): TABLE_OF_OURS,
    ("pipelines/evaluate_detectors.py", "_rows"): "no SQL: rows of a CSV",
    ("pipelines/export.py", "_one_by_one"): "no SQL: a function that is called",
    ("pipelines/export.py", "read"): "no SQL: a function that is called",
    ("pipelines/import_rows.py", "_stored"): TABLE_OF_OURS,
    ("pipelines/import_rows.py", "known_ids"): TABLE_OF_OURS,
    ("pipelines/import_rows.py", "ids"): PASSED_ON,
    ("pipelines/person_traces.py", "_of_person"): TABLE_OF_OURS,
    ("pipelines/person_traces.py", "mentions"): "names out of the store's own catalogue",
}


def unsound_parts() -> dict[tuple[str, str], str]:
    found = {}
    for package in ("qc_workbench", "pipelines"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            speaks = "/store/" in name or SPEAKS_SQL.search(path.read_text(encoding="utf-8"))
            if name in NOT_SHIPPED_WORK or not speaks:
                continue
            for function, line, part in Module(path).unsound():
                found[name, function] = f"{name}:{line} {function}: {part}"
    return found


def test_no_sql_holds_anything_but_the_programs_own_words() -> None:
    found = unsound_parts()
    assert [found[place] for place in found if place not in EXCEPTIONS] == [], "bind it, or say above why it is sound"
    assert [place for place in EXCEPTIONS if place not in found] == [], "these need no exception any more"


@pytest.mark.parametrize(
    "body",
    [
        "reader.rows(f\"select * from calls where client = '{name}'\")",
        'reader.rows("select * from calls where client = \'" + name + "\'")',
        "reader.rows(\"select * from calls where client = '%s'\" % name)",
        "reader.rows(\"select * from calls where client = '{}'\".format(name))",
        'sql = "select 1"\n    sql += name\n    reader.rows(sql)',
        'parts = ["select 1"]\n    parts.append(name)\n    reader.rows(" ".join(parts))',
        'Statement(f"delete from {name}")',
    ],
)
def test_a_text_made_of_a_parameter_is_seen(body: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(f"def bad(reader: Reader, name: str) -> None:\n    {body}\n")
    assert [function for function, _, _ in Module(tmp_path / "bad.py").unsound()] == ["bad"]


def test_a_text_of_constants_passes(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(
        "_WHERE = 'a = ?'\n"
        "def good(reader: Reader, name: str, first: bool) -> None:\n"
        "    order = 'a' if first else 'b'\n"
        "    marks = ', '.join('?' for _ in name)\n"
        "    reader.rows(f'select * from t where {_WHERE} and b in ({marks}) order by {order}', name)\n"
    )
    assert list(Module(tmp_path / "good.py").unsound()) == []


def test_what_people_search_for_is_never_a_pattern() -> None:
    """``like`` would make wildcards of % and _; texts of people are looked for with ``contains``."""
    written = {
        f"{path.relative_to(ROOT)}: {found.group()}"
        for package in ("qc_workbench", "pipelines")
        for path in (ROOT / package).rglob("*")
        if path.suffix in (".py", ".sql")
        for found in re.finditer(r"\bi?like (\?|\$\d|'%' *\|\||concat)", path.read_text(encoding="utf-8"))
    }
    assert written == set()


# The engine ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("it's a company")
    return Store(folder / "qcw.duckdb", folder / ".locks")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')", "select * from read_text('/etc/passwd')", "from '/etc/passwd'",
        "select * from glob('/*')", "select * from read_csv('https://example.com/a.csv')", "install httpfs",
        "load '/tmp/evil.duckdb_extension'", "attach '/tmp/other.duckdb' as other",
        "copy (select 1) to '/tmp/qcw-stolen.csv'", "set enable_external_access = true",
        "set lock_configuration = false", "set allowed_directories = ['/']", "reset enable_external_access",
    ],
)  # fmt: skip
def test_the_engine_reaches_no_file_address_or_extension(store: Store, sql: str) -> None:
    with pytest.raises(duckdb.Error), store.reading() as reader:
        reader.rows(sql)
    assert not Path("/tmp/qcw-stolen.csv").exists()


@pytest.mark.parametrize("name", ["cdr; drop table cdr", 'cdr"', "cdr`", "cdr\n", "a..b", "cdr--", "", "cdr where 1=1"])
def test_the_table_of_a_telephone_system_is_a_name_and_nothing_else(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        identifiers(name)


def test_a_backup_goes_where_its_name_says_whatever_the_name(store: Store) -> None:
    target = store.path.parent / "a' as x; attach '.duckdb"
    store.backup(target)
    assert target.is_file()
