"""Settings explain themselves: the commented qcw.toml and the documentation name every key."""

from __future__ import annotations

import re
import tomllib

import pytest

from qc_workbench.config import Settings, parse_settings
from qc_workbench.config_sources import PipedriveSource
from qc_workbench.settings_text import all_settings, commented_toml, settings_markdown

_COMMENTED_KEY = re.compile(r"^#(?=\[\[|\w+ = )", re.MULTILINE)


def test_the_commented_settings_are_the_defaults() -> None:
    assert parse_settings(commented_toml(), "qcw.toml") == Settings()


def test_every_commented_key_can_be_switched_on_as_it_stands() -> None:
    """Without their # the lines are valid settings, and those with a default are that default."""
    everything = parse_settings(_COMMENTED_KEY.sub("", commented_toml()), "qcw.toml")
    defaults = Settings()
    for section in ("company", "effective", "speech", "recordings", "discipline"):
        assert getattr(everything, section) == getattr(defaults, section), section
    assert everything.sources[0].kind == "csv"


def test_chosen_values_stand_uncommented() -> None:
    chosen = {"company.language": "en", "sources.name": "crm", "sources.kind": "csv", "sources.folder": 'a "b" \\ c'}
    settings = parse_settings(commented_toml(chosen), "qcw.toml")
    assert settings.company.language == "en"
    assert str(settings.sources[0].folder) == 'a "b" \\ c'


@pytest.mark.parametrize("text", [commented_toml(), settings_markdown()], ids=["qcw.toml", "docs"])
def test_every_setting_is_named_with_its_meaning(text: str) -> None:
    flat = " ".join(text.replace("\n# ", " ").split())
    for setting in all_settings():
        assert setting.key in text
        assert setting.meaning
        assert " ".join(setting.meaning.split()) in flat, setting


def test_every_section_of_the_settings_is_there() -> None:
    top = {setting.section.partition(".")[0] for setting in all_settings()}
    assert top == set(Settings.model_fields)
    assert set(tomllib.loads(commented_toml())) <= top


def test_an_address_may_end_with_a_slash() -> None:
    text = '[[sources]]\nkind = "pipedrive"\nname = "p"\nkey = "env:KEY"\naddress = "https://company.pipedrive.com/"\n'
    (source,) = parse_settings(text, "qcw.toml").sources
    assert isinstance(source, PipedriveSource)
    assert source.address == "https://company.pipedrive.com"
