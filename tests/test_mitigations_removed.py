"""The tests of mitigations can fail: each is taken out of a copy of the program, and its test is run there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
#: What a test needs: the program, its tests, what lies beside them.
_COPIED: Final = ("qc_workbench", "pipelines", "tests", "models", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Removal:
    """``old`` stands once in ``file`` and becomes ``new``; ``test`` says then that something is wrong."""

    name: str
    file: str
    old: str
    new: str
    test: str


REMOVALS: Final = (
    Removal("the signature of a recording's address", "qc_workbench/ui/recordings.py",
            "if not hmac.compare_digest(grant.sign(address_secret(home)).encode(), sign.encode()):", "if False:",
            "test_leaked_links.py::test_an_agent_can_sign_no_address_by_moving_its_parts"),
    Removal("whose a file of a page is", "qc_workbench/ui/gate.py",
            "return (person, path.removeprefix(_MADE).partition(\".\")[0]) in self._told", "return True",
            "test_streamlits_doors.py::test_a_file_goes_to_the_person_whose_page_was_told_of_it"),
    Removal("our own header", "qc_workbench/ui/doorway.py",
            "return request.headers.get(\"x-qcw\") == \"1\"", "return True",
            "test_routes.py::test_without_our_header_nothing_is_changed"),
    Removal("whose page sends a form", "qc_workbench/ui/doorway.py",
            "return site in (\"same-origin\", \"none\")", "return True",
            "test_routes.py::test_a_form_of_another_site_changes_nothing"),
    Removal("whose page opens a line", "qc_workbench/ui/gate.py",
            "return origin is None or origin in (f\"http://{host}\", f\"https://{host}\")", "return True",
            "test_streamlits_doors.py::test_a_page_of_another_origin_gets_no_line_even_from_the_same_machine"),
    Removal("where a log-in leads", "qc_workbench/ui/doorway.py",
            "return asked if asked is not None and is_path else \"/\"", "return asked or \"/\"",
            "test_sessions.py::test_a_log_in_leads_to_a_path_of_ours_whatever_is_asked"),
    Removal("the scope of a search", "qc_workbench/store/searching.py",
            "    if agents is not None:\n        theirs, ids", "    if False:\n        theirs, ids",
            "test_access_by_object.py::test_a_search_finds_counts_and_quotes_the_own_calls_alone"),
    Removal("formulas in cells", "qc_workbench/reporting/exports.py",
            "text = \"'\" + text", "pass",
            "test_hostile_words_and_files.py::test_a_value_that_an_import_repeats_runs_in_no_table"),
    Removal("Markdown in names", "qc_workbench/ui/labels.py",
            "return _LINKS.sub(\"\\\\1\\u2060\\\\2\", escaped)", "return text",
            "test_hostile_words_and_files.py::test_an_address_in_a_name_becomes_no_link"),
    Removal("what a terminal obeys", "qc_workbench/commands/printable.py",
            "return _OBEYED.sub(\"\\ufffd\", text)", "return text",
            "test_hostile_words_and_files.py::test_a_terminal_is_shown_nothing_that_it_obeys"),
    Removal("the limit of unpacking", "qc_workbench/sources/unpacking.py",
            "if given > most_bytes:", "if False:",
            "test_answers_of_servers.py::test_a_small_answer_that_unpacks_to_much_is_left_at_the_limit"),
    Removal("the end of an answer that drips", "qc_workbench/sources/unpacking.py",
            "if clock() > until:", "if False:",
            "test_answers_of_servers.py::test_an_answer_that_drips_is_given_up"),
    Removal("the open internet", "qc_workbench/sources/recording_links.py",
            "return address.is_global and not address.is_multicast", "return True",
            "test_answers_of_servers.py::test_this_machine_is_not_reached_however_its_address_is_written"),
    Removal("keys in errors", "qc_workbench/sources/wire.py",
            "            blot(error)\n", "",
            "test_secrets_stay_inside.py::test_no_key_of_a_system_is_told_whatever_goes_wrong"),
    Removal("the fence of the engine", "qc_workbench/store/copying.py",
            "    connection.execute(\"set enable_external_access = false\")\n", "",
            "test_sql.py::test_the_engine_reaches_no_file_address_or_extension"),
    Removal("plain files", "qc_workbench/sources/plain_files.py",
            "if not stat.S_ISREG(os.fstat(handle).st_mode):", "if False:",
            "test_files_of_others.py::test_what_is_no_plain_file_is_not_waited_for"),
    Removal("the size of what a decoder writes", "qc_workbench/work/limits.py",
            "(resource.RLIMIT_FSIZE, file_bytes), ", "",
            "test_hostile_recordings.py::test_a_copy_for_the_player_cannot_fill_the_disk"),
    Removal("the memory of a decoder", "qc_workbench/work/limits.py",
            "            resource.setrlimit(resource.RLIMIT_AS, (most, most))\n", "            pass\n",
            "test_hostile_recordings.py::test_a_process_that_wants_too_much_memory_gets_none"),
)  # fmt: skip
_NAMES: Final = [removal.name for removal in REMOVALS]


@pytest.mark.parametrize("removal", REMOVALS, ids=_NAMES)
def test_what_is_removed_stands_in_the_program_once_and_its_test_in_the_table_of_threats(removal: Removal) -> None:
    assert (ROOT / removal.file).read_text(encoding="utf-8").count(removal.old) == 1
    assert f"tests/security/{removal.test}" in (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def copy_of_the_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    copy = tmp_path_factory.mktemp("copy")
    for name in _COPIED:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, copy / name)
    yield copy
    shutil.rmtree(copy)


def passes(copy: Path, *tests: str) -> bool:
    """Whether the tests pass in the copy. A run that ends otherwise than with passed or failed tests is an error."""
    names = (f"--basetemp={copy / 'scratch'}", *(f"tests/security/{test}" for test in tests))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            f"--basetemp={copy / 'scratch'}",
            *names,
        ],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]
    return done.returncode == 0


@pytest.mark.slow
def test_with_every_mitigation_in_its_place_the_tests_pass(copy_of_the_program: Path) -> None:
    assert passes(copy_of_the_program, *(removal.test for removal in REMOVALS))


@pytest.mark.slow
@pytest.mark.parametrize("removal", REMOVALS, ids=_NAMES)
def test_without_the_mitigation_its_test_fails(copy_of_the_program: Path, removal: Removal) -> None:
    file = copy_of_the_program / removal.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(removal.old, removal.new), encoding="utf-8")
    try:
        assert not passes(copy_of_the_program, removal.test)
    finally:
        file.write_text(whole, encoding="utf-8")
