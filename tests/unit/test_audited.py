"""The list of what the audit log records is the same in the program, the catalogue, docs/access.md and its twin."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from qc_workbench.domain.audit import ACTIONS, RECORDED, group_of
from qc_workbench.domain.coaching import TaskState
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.letter import LetterStep
from qc_workbench.domain.lost_deal import DealVerdict, RecallResult
from qc_workbench.domain.measure import MeasureDecision
from qc_workbench.ui.components.audit_parts import action_name, detail_text
from qc_workbench.ui.i18n import LANGUAGES, Language, Translator, catalogue

ROOT = Path(__file__).parent.parent.parent
PAGES: dict[Language, Path] = {"en": ROOT / "docs" / "access.md", "ru": ROOT / "docs" / "ru" / "access.md"}
HEAD: dict[Language, str] = {"en": "| about | recorded |", "ru": "| о чём | что записывается |"}
#: Measurements and trials of load write lines of their own into stores that nobody looks at.
TRIALS = {"unit_costs.py", "soak_roles.py"}


@cache
def sources() -> list[ast.AST]:
    return [
        ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("qc_workbench", "pipelines")
        for path in (ROOT / folder).rglob("*.py")
        if path.name not in TRIALS and path.parts[-2:] != ("domain", "audit.py")
    ]


def texts(node: ast.AST) -> set[str]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def families() -> set[str]:
    """Actions that are put together of a family and a member."""
    members = (
        ("flag", Ruling), ("recall", RecallResult), ("deal", DealVerdict), ("coaching", TaskState),
        ("letter", LetterStep), ("measure", MeasureDecision),
    )  # fmt: skip
    return {f"{family}_{member.value}" for family, kind in members for member in kind}


def documented(language: Language) -> str:
    t = Translator(language)
    lines = [HEAD[language], "|---|---|"]
    for group, actions in RECORDED.items():
        said = "; ".join(f"{t(f'audit.{action}').lower()} (`{action}`)" for action in actions)
        lines.append(f"| {t(f'audit_group.{group}')} | {said} |")
    return "\n".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_about_access_lists_what_is_recorded(language: Language) -> None:
    assert documented(language) in PAGES[language].read_text(encoding="utf-8")


def test_every_action_has_its_name_in_the_catalogue_and_nothing_else_is_called_one() -> None:
    assert {code.removeprefix("audit.") for code in catalogue() if code.startswith("audit.")} == set(ACTIONS)
    assert {code.removeprefix("audit_group.") for code in catalogue() if code.startswith("audit_group.")} == set(
        RECORDED
    )
    assert len(set(ACTIONS)) == len(ACTIONS)
    for language in LANGUAGES:
        names = [action_name(action, Translator(language)) for action in ACTIONS]
        assert len(set(names)) == len(names)


def test_whatever_the_source_writes_is_on_the_list() -> None:
    written: set[str] = set()
    for tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = {"audit_entry": 2, "audit": 0}.get(called)
            if place is not None and len(node.args) > place and not isinstance(node.args[place], ast.JoinedStr):
                written |= texts(node.args[place])
    assert len(written) > 30
    assert written - set(ACTIONS) == set()


def test_whatever_is_on_the_list_is_written_by_the_source() -> None:
    said = set().union(*(texts(tree) for tree in sources())) | families()
    # The erasure writes its line in SQL of its own.
    assert [action for action in ACTIONS if action not in said and action != "person_erased"] == []


def test_an_action_of_a_newer_program_is_shown_as_it_is() -> None:
    assert group_of("moon_landed") is None
    assert action_name("moon_landed", Translator("ru")) == "moon landed"


def test_details_are_named_in_the_readers_language_and_changes_show_both_values() -> None:
    detail: dict[str, object] = {
        "login": "q1",
        "with_phones": None,
        "changed": {"calls_a_day": [20, 0], "roles": [["qc"], ["qc", "head"]]},
    }
    assert detail_text(detail, Translator("ru")) == (
        "логин: q1 · звонков в день: 20 → 0 · роли: специалист ОКК → специалист ОКК, РОП"
    )
    detail = {"changed": {"sampling.plans.daily.shares.inbound": [0.3, None]}}
    assert detail_text(detail, Translator("en")) == "sampling.plans.daily.shares.inbound: 0.3 → —"


def test_every_detail_that_the_source_writes_has_its_name_in_both_languages() -> None:
    calls = [node for tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    written = {
        keyword.arg
        for node in calls
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in ("audit_entry", "audit")
        for keyword in node.keywords
        if keyword.arg and keyword.arg != "changed"
    }
    assert len(written) > 40
    assert [name for name in sorted(written) if f"audit_detail.{name}" not in catalogue()] == []


def test_codes_among_the_details_are_said_in_words() -> None:
    told = detail_text({"way": "password", "kind": "no_task", "verdict": "confirmed"}, Translator("ru"))
    assert told == "способ: пароль · вид: Сделка без задачи · вывод: подтвердилась"


def test_every_action_begins_with_a_capital_as_its_neighbours_in_the_table_do() -> None:
    names = [Translator(language)(f"audit.{action}") for action in ACTIONS for language in LANGUAGES]
    assert [name for name in names if not name[0].isupper()] == []
