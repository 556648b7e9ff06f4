"""The generated documentation is complete and current."""

from __future__ import annotations

import re

import pytest

from pipelines.make_docs import DOCS, pages
from qc_workbench.cli import COMMANDS
from qc_workbench.commands.frame import common_parameters, described_parameters
from qc_workbench.reporting.export_fields import FIELDS, Kind, What
from qc_workbench.settings_text import all_settings
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.ui.navigation import ROOMS
from tests.browser.pictures import FOLDER, PICTURES


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_pages_are_current(name: str) -> None:
    """Renew them with ``python -m pipelines.make_docs``."""
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name]()


def test_every_command_and_every_option_is_documented() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    t = Translator("en")
    for command in COMMANDS:
        title = f"## `qcw {' '.join(command.words)}"
        assert title in text
        section = text.split(title)[1].split("\n## ")[0]
        for parameter in described_parameters(command, t):
            help_text = parameter.annotation.__metadata__[0].help
            assert help_text in section, (command.words, parameter.name)
    for parameter in common_parameters(t):
        assert parameter.annotation.__metadata__[0].help in text


@pytest.mark.parametrize("what", FIELDS)
def test_every_exported_field_is_documented_in_its_order_and_with_its_kind(what: What) -> None:
    section = (DOCS / "exports.md").read_text(encoding="utf-8").split(f"\n## {what.value}\n")[1].split("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE)
    nested = {
        Kind.TEXTS: "list",
        Kind.TURNS: "list",
        Kind.EVIDENCE: "list",
        Kind.ANSWERS: "list",
        Kind.REVIEW: "object",
    }
    assert told == [(name, nested.get(kind, kind.value)) for name, kind in FIELDS[what].items()]


def test_every_setting_is_documented() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    for setting in all_settings():
        assert f"| `{setting.key}` |" in text


def test_every_room_has_its_picture_in_both_languages() -> None:
    """Take them with ``python -m tests.browser.take_screenshots --docs``."""
    assert ROOMS.keys() <= PICTURES.keys()
    expected = {f"{name}-{language}.png" for name in PICTURES for language in LANGUAGES}
    assert {file.name for file in FOLDER.glob("*.png")} == expected
    gallery = (DOCS / "screenshots.md").read_text(encoding="utf-8")
    assert set(re.findall(r"!\[[^\]]+\]\(screenshots/([\w.-]+)\)", gallery)) == expected
    assert sum(file.stat().st_size for file in FOLDER.glob("*.png")) < 8_000_000
