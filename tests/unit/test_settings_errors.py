"""A wrong qcw.toml is answered with the place, what was read, what was expected and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_workbench.config import load_settings, parse_settings
from qc_workbench.errors import SettingsError
from qc_workbench.ui.i18n import LANGUAGES, Translator

PLANS = '[[sampling.plans]]\nname = "a"\nperiod = "daily"\nshares = {inbound = 0.3}\n'
#: name, text, code, line, key, what the message must repeat, what it must suggest
BROKEN = [
    ("no value", "[company]\nname =\n", "settings_syntax", 2, None, "name =", ""),
    ("quote not closed", '[company]\nname = "a\n', "settings_syntax", 2, None, 'name = "a', ""),
    ("key twice", '[company]\nname = "a"\nname = "b"\n', "settings_syntax", 3, None, 'name = "b"', ""),
    ("text without quotes", "[company]\nname = Окна\n", "settings_syntax", 2, None, "name = Окна", ""),
    (
        "misspelt key",
        '[company]\n\ntimezne = "x"\n',
        "settings_unknown_key",
        3,
        "company.timezne",
        "timezne",
        "timezone",
    ),
    ("misspelt table", '[compny]\nname = "x"\n', "settings_unknown_key", 1, "compny", "compny", "company"),
    (
        "key of another table",
        '[speech]\nagent_channel = "left"\n',
        "settings_unknown_key",
        2,
        "speech.agent_channel",
        "agent_channel",
        "recordings.agent_channel",
    ),
    ("key nobody knows", "zzzz = 1\n", "settings_unknown_key", 1, "zzzz", "zzzz", ""),
    (
        "unknown zone",
        '[company]\ntimezone = "Europe/Moskow"\n',
        "settings_value",
        2,
        "company.timezone",
        "Europe/Moskow",
        "Europe/Moscow",
    ),
    ("unknown choice", '[speech]\ndevice = "gpus"\n', "settings_value", 2, "speech.device", "gpus", "cuda"),
    ("text for a number", '[speech]\nthreads = "four"\n', "settings_value", 2, "speech.threads", "four", ""),
    ("fraction for a whole number", "[speech]\nthreads = 1.5\n", "settings_value", 2, "speech.threads", "1.5", ""),
    ("number for text", "[company]\nname = 5\n", "settings_value", 2, "company.name", "5", ""),
    ("below zero", "[effective]\ncounted_from_s = -1\n", "settings_value", 2, "effective.counted_from_s", "-1", "0"),
    (
        "above the limit",
        "[recordings]\ntruncated_below = 3\n",
        "settings_value",
        2,
        "recordings.truncated_below",
        "3",
        "1",
    ),
    ("hour 25", '[company]\nday_starts = "25:00"\n', "settings_value", 2, "company.day_starts", "25:00", "09:00"),
    ("eighth day", "[company]\nworkdays = [1, 8]\n", "settings_value", 2, "company.workdays", "[1, 8]", "7"),
    ("country by name", '[company]\ncountry = "Russia"\n', "settings_value", 2, "company.country", "Russia", "RU"),
    ("value for a table", "company = 5\n", "settings_value", 1, "company", "5", "[company]"),
    ("nothing in a list", "[speech]\nlanguages = []\n", "settings_value", 2, "speech.languages", "[]", ""),
    ("percent for a share", PLANS.replace("0.3", "30"), "settings_value", 4, "sampling.plans[1].shares", "30", "1"),
    (
        "second plan",
        PLANS + PLANS.replace('"a"', '"b"').replace("daily", "dayly"),
        "settings_value",
        7,
        "sampling.plans[2].period",
        "dayly",
        "daily",
    ),
    ("two plans of one name", PLANS + PLANS, "settings_value", 1, "sampling.plans", "name", ""),
    (
        "source without a folder",
        '[[sources]]\nname = "x"\nkind = "csv"\n',
        "settings_missing_key",
        1,
        "sources[1].folder",
        "folder",
        "",
    ),
]


@pytest.mark.parametrize(
    ("text", "code", "line", "key", "value", "suggestion"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
def test_wrong_settings_say_where_what_and_what_to_do(
    text: str, code: str, line: int, key: str | None, value: str, suggestion: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, "qcw.toml")
    assert caught.value.code == code
    assert caught.value.params["line"] == line
    assert caught.value.params.get("key") == key
    for language in LANGUAGES:
        said = Translator(language).error(caught.value)
        assert value in said
        assert suggestion in said
        assert "qcw.toml" in said
        assert str(line) in said


def test_a_misspelt_key_is_told_before_what_is_missing_because_of_it() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings('[[sources]]\nname = "x"\nkind = "csv"\nfoldr = "in"\n', "qcw.toml")
    assert caught.value.code == "settings_unknown_key"
    said = Translator("ru").error(caught.value)
    assert "«folder»" in said
    assert "Есть ещё 1 ошибка" in said


def test_settings_in_another_encoding_say_so(tmp_path: Path) -> None:
    file = tmp_path / "qcw.toml"
    file.write_bytes('[company]\nname = "Окна"\n'.encode("cp1251"))
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert caught.value.code == "settings_unreadable"
    assert "UTF-8" in Translator("ru").error(caught.value)


def test_a_folder_in_place_of_the_settings_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "qcw.toml").mkdir()
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "qcw.toml")
    assert str(tmp_path) in Translator("en").error(caught.value)
