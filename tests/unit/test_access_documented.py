"""docs/access.md says what the table of rights says."""

from __future__ import annotations

from pathlib import Path

from qc_workbench.domain.access import TABLE, AccessRole, Scope
from qc_workbench.ui.i18n import LANGUAGES, Translator, catalogue

DOC = Path(__file__).parents[2] / "docs" / "access.md"

REACH = {Scope.OWN: "own", Scope.TEAM: "of the team", Scope.ALL: "all"}


def documented() -> str:
    t = Translator("en")
    head = ["may", *(t(f"access_role.{role.value}") for role in AccessRole)]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---|' * len(AccessRole)}"]
    for action, row in TABLE.items():
        cells = ["" if row[role] is Scope.NONE else REACH[row[role]] for role in AccessRole]
        lines.append(f"| {t(f'may.{action.value}')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_page_about_access_shows_the_table_that_the_program_asks() -> None:
    assert documented() in DOC.read_text(encoding="utf-8")


def test_every_action_and_role_has_a_name_of_its_own_in_both_languages() -> None:
    codes = [
        *(f"may.{action.value}" for action in TABLE),
        *(f"access_role.{role.value}" for role in AccessRole),
    ]
    for language in LANGUAGES:
        named = [catalogue()[code][language] for code in codes]
        assert len({str(name) for name in named}) == len(named)
