"""The catalogue is whole: both languages, the same placeholders, all plural forms, every code that is used."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

import pipelines
import qc_workbench
from qc_workbench.domain.call import Direction, Outcome, RecordingState
from qc_workbench.domain.commitment import Action, ClientSaid, CommitmentOutcome, Promiser
from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.domain.flag import AnsweredBy, FlagKind
from qc_workbench.domain.transcript import Party, Suspicion
from qc_workbench.review.rulings import CaseState
from qc_workbench.ui.i18n import LANGUAGES, Entry, Translator, catalogue
from qc_workbench.ui.views.promises import Column

FORMS = {"ru": {"one", "few", "many", "other"}, "en": {"one", "other"}}

ROOTS = [Path(package.__file__ or "").parent for package in (qc_workbench, pipelines)]


def texts(entry: Entry, language: str) -> dict[str, str]:
    found = entry[language]
    return found if isinstance(found, dict) else {"": found}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def empty_states() -> set[str]:
    """Codes of the texts that stand in the place of an empty list."""
    known, found = catalogue(), set()
    for path in (ROOTS[0] / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "nothing":
                said = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                found |= {code for code in said if code in known}
    shelves = ("refusal_shelf_none.", "task_none.", "crm_write.none.")
    return found | {code for code in known if code.startswith(shelves)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_empty_list_says_more_than_that_it_is_empty(language: str) -> None:
    """What is missing, and what comes of it or is to be done: two clauses at least."""
    codes = empty_states()
    assert len(codes) > 80
    bare = {
        code for code in codes for text in texts(catalogue()[code], language).values()
        if not re.search(r"[.:;!?]\s", text)
    }  # fmt: skip
    assert bare == set()


def test_every_text_is_there_in_both_languages() -> None:
    for code, entry in catalogue().items():
        assert set(entry) == set(LANGUAGES), code
        for language in LANGUAGES:
            assert all(text.strip() for text in texts(entry, language).values()), code


def test_both_languages_ask_for_the_same_values() -> None:
    for code, entry in catalogue().items():
        asked = {
            language: set().union(*(placeholders(text) for text in texts(entry, language).values()))
            for language in LANGUAGES
        }
        assert asked["ru"] == asked["en"], code


def test_a_text_with_a_number_has_every_plural_form_of_its_language() -> None:
    for code, entry in catalogue().items():
        for language in LANGUAGES:
            forms = entry[language]
            if isinstance(forms, dict):
                assert set(forms) == FORMS[language], (code, language)
                # «one» in Russian is also 21 and 101: the number must be said in every form.
                if language == "ru":
                    assert all("n" in placeholders(text) for text in forms.values()), code


def test_the_two_languages_are_not_the_same_text_by_oversight() -> None:
    """A Russian text without one Cyrillic letter was forgotten in translation, unless it says a name."""
    for code, entry in catalogue().items():
        for text in texts(entry, "ru").values():
            words = re.sub(r"\{[^}]*\}|<[^>]*>|`[^`]*`", "", text)
            if re.search(r"[A-Za-z]{4,}", words):
                assert re.search(r"[А-Яа-яЁё]", words) or words.isupper() or "QC Workbench" in words, (code, text)


def calls_of_translator() -> Iterator[tuple[Path, int, ast.expr]]:
    """First arguments of ``t(…)``, ``words(…)`` and ``room.t(…)`` in the source."""
    for root in ROOTS:
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    called = node.func
                    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                    if name in ("t", "words"):
                        yield path, node.lineno, node.args[0]


def literals(argument: ast.expr) -> Iterator[str]:
    """The codes an argument may be: a literal, or either branch of a choice between literals."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from literals(argument.body)
        yield from literals(argument.orelse)


def test_every_code_written_in_the_source_is_in_the_catalogue() -> None:
    used = [(path.name, line, code) for path, line, argument in calls_of_translator() for code in literals(argument)]
    assert len(used) > 100
    assert [item for item in used if item[2] not in catalogue()] == []


def test_every_family_of_codes_made_in_the_source_has_members() -> None:
    """``t(f"direction.{x}")`` with a mistyped family would fail only when it is drawn."""
    for path, line, argument in calls_of_translator():
        if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
            prefix = str(argument.values[0].value)
            assert any(code.startswith(prefix) for code in catalogue()), (path.name, line, prefix)


def strings_of_the_source() -> tuple[set[str], tuple[str, ...]]:
    """Whole strings, and beginnings that something is put behind (``f"direction.{x}"``, ``"files.made." + x``)."""
    whole, beginnings = set(), set()
    for root in ROOTS:
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                    beginnings.add(str(node.values[0].value))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    whole.add(node.value)
        for path in root.rglob("*.html"):
            whole |= set(re.findall(r"[\"']([a-z_.]+)[\"']", path.read_text(encoding="utf-8")))
    beginnings |= {text for text in whole if text.endswith(".")}
    return whole, tuple(text for text in beginnings if re.fullmatch(r"[a-z_]{2,}[.][a-z_.0-9]*|[a-z_]{3,}_", text))


def test_every_text_is_asked_for_somewhere() -> None:
    """By its whole code, by a beginning of it, or by its family where the two are put together elsewhere."""
    whole, beginnings = strings_of_the_source()
    unused = [
        code
        for code in catalogue()
        if code not in whole
        and not code.startswith(beginnings)
        and not any(code[: place.start()] in whole for place in re.finditer(r"[.]", code))
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("direction", Direction),
        ("call_outcome", Outcome),
        ("recording_state", RecordingState),
        ("party", Party),
        ("suspicion", Suspicion),
        ("answered_by", AnsweredBy),
        ("flag", FlagKind),
        ("case", CaseState),
        ("case_one", CaseState),
        ("action", Action),
        ("promiser", Promiser),
        ("outcome", CommitmentOutcome),
        ("column_says", Column),
        ("client_said", ClientSaid),
        ("deal_status", DealStatus),
        ("activity", ActivityType),
    ],
)
def test_every_member_of_a_family_has_a_name(family: str, members: type[StrEnum]) -> None:
    assert [member.value for member in members if f"{family}.{member.value}" not in catalogue()] == []


def error_codes() -> Iterator[tuple[str, int, str]]:
    """First arguments of our own exceptions where they are raised."""
    names = {
        "UsageError", "SettingsError", "NotConfigured", "WorkspaceError", "StoreBusy", "StoreTooNew", "ModelError",
        "ImportFailed", "MediaError",
    }  # fmt: skip
    for root in ROOTS:
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
                    continue
                if node.args and isinstance(node.args[0], ast.Constant):
                    yield path.name, node.lineno, str(node.args[0].value)


def test_every_error_has_a_text() -> None:
    missing = sorted({(code, path) for path, _, code in error_codes() if f"error.{code}" not in catalogue()})
    assert missing == []


def test_a_share_is_written_as_its_language_writes_it() -> None:
    """CLDR: a space that does not break in Russian, none in English."""
    assert [Translator("ru").percent(0.455, digits) for digits in (0, 1)] == ["46\u00a0%", "45,5\u00a0%"]
    assert [Translator("en").percent(0.455, digits) for digits in (0, 1)] == ["46%", "45.5%"]
    spaced = re.compile(r"[0-9}][ \u00a0]%")
    assert [code for code, entry in catalogue().items() if spaced.search(str(entry["en"]))] == []
    glued = re.compile(r"[0-9}]%")
    assert [code for code, entry in catalogue().items() if glued.search(str(entry["ru"]))] == []
