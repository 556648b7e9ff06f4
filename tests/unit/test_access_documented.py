"""docs/access.md and its Russian twin say what the table of rights says."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_workbench.domain.access import TABLE, AccessRole, Scope
from qc_workbench.ui.i18n import LANGUAGES, Language, Translator, catalogue

DOCS = Path(__file__).parents[2] / "docs"
PAGES: dict[Language, Path] = {"en": DOCS / "access.md", "ru": DOCS / "ru" / "access.md"}

MAY: dict[Language, str] = {"en": "may", "ru": "может"}
REACH: dict[Language, dict[Scope, str]] = {
    "en": {Scope.OWN: "own", Scope.TEAM: "of the team", Scope.ALL: "all"},
    "ru": {Scope.OWN: "свои", Scope.TEAM: "команды", Scope.ALL: "все"},
}


def documented(language: Language) -> str:
    t = Translator(language)
    head = [MAY[language], *(t(f"access_role.{role.value}") for role in AccessRole)]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---|' * len(AccessRole)}"]
    for action, row in TABLE.items():
        cells = ["" if row[role] is Scope.NONE else REACH[language][row[role]] for role in AccessRole]
        lines.append(f"| {t(f'may.{action.value}')} | {' | '.join(cells)} |")
    return "\n".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_about_access_shows_the_table_that_the_program_asks(language: Language) -> None:
    assert documented(language) in PAGES[language].read_text(encoding="utf-8")


def test_every_action_and_role_has_a_name_of_its_own_in_both_languages() -> None:
    codes = [
        *(f"may.{action.value}" for action in TABLE),
        *(f"access_role.{role.value}" for role in AccessRole),
    ]
    for language in LANGUAGES:
        named = [catalogue()[code][language] for code in codes]
        assert len({str(name) for name in named}) == len(named)
