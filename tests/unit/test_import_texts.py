"""Every problem that the import can report has its texts, in both languages, with the same parameters."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from qc_workbench.domain.call import REMOVED_STATES, RecordingState
from qc_workbench.sources import sound_signature
from qc_workbench.ui.i18n import LANGUAGES, catalogue

SOURCES = Path(sound_signature.__file__).parent


def codes() -> set[str]:
    """Codes of problems as they stand in the code: of values, of cells, of files and of references."""
    found: set[str] = set()
    for file in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"BadValueError": 0, "note": 1, "warn": 1, "Problem": 4}.get(name)
            if place is not None and len(node.args) > place:
                inside = (part for part in ast.walk(node.args[place]) if isinstance(part, ast.Constant))
                found |= {part.value for part in inside if isinstance(part.value, str)}
    found |= set(re.findall(r'"(\w+_unknown)"', (SOURCES / "csv_folder.py").read_text(encoding="utf-8")))
    # what is there, what never was, and what was removed on purpose is no problem of an import
    fine = {RecordingState.READY, RecordingState.ABSENT, *REMOVED_STATES}
    return found | {f"recording_{state.value}" for state in RecordingState if state not in fine}


@pytest.mark.parametrize("code", sorted(codes()))
def test_a_problem_has_a_message_and_an_expectation_with_the_same_parameters(code: str) -> None:
    entries = catalogue()
    for kind in ("reject", "expected"):
        texts = [str(entries[f"{kind}.{code}"][language]) for language in LANGUAGES]
        assert all(texts)
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in texts}) == 1


def test_the_search_for_codes_finds_them() -> None:
    assert {"moment_no_offset", "row_quotes", "duplicate_id", "phone_hidden", "deal_unknown", "file_empty"} <= codes()


def test_every_state_and_detail_of_a_recording_has_a_text() -> None:
    text = (SOURCES / "recording_files.py").read_text(encoding="utf-8")
    details = set(re.findall(r'RecordingState\.\w+, f?"(\w+)', text))
    details |= {kind for _, kind in sound_signature._NOT_AUDIO} | {"html", "json", "xml", "text", "unknown"}
    assert {"zero_bytes", "outside_folder", "header_only", "format"} <= details
    assert [item for item in details if f"recording_detail.{item}" not in catalogue()] == []
    assert [state for state in RecordingState if f"recording_state.{state.value}" not in catalogue()] == []
