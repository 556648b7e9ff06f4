"""A source put into qcw.toml and taken out of it: everything else stays to the letter."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.errors import SettingsError
from qc_workbench.settings_blocks import block, with_block, without_block

ENTRY = block({"kind": "ringostat", "name": "r", "key": "secret:r.key"})
HAND = """# наша компания
[company]
name = "Окна" # не менять

[[sources]]
# первая АТС
kind = "binotel"
name = "b"
key = "env:K"
secret = "env:S"
  [[sources.agents]]
  agent = "101"
  manager = "m1"

# папка выгрузок
[[sources]]
kind = "csv"
name = "files"
folder = "incoming"

# почта
[mail]
host = ""
"""


def test_an_entry_goes_to_the_end_and_the_rest_stays_to_the_letter() -> None:
    found = with_block(HAND, ENTRY)
    assert found.startswith(HAND)
    assert [item["name"] for item in tomllib.loads(found)["sources"]] == ["b", "files", "r"]


def test_taking_it_out_again_gives_the_text_that_was_there() -> None:
    assert without_block(with_block(HAND, ENTRY), "r") == (HAND, ENTRY)


@pytest.mark.parametrize(("name", "gone", "kept"), [("b", "101", "# папка выгрузок"), ("files", "incoming", "# почта")])
def test_an_entry_goes_with_its_own_tables_and_comments_of_others_stay(name: str, gone: str, kept: str) -> None:
    left, entry = without_block(HAND, name)
    assert gone in entry
    assert gone not in left
    assert kept in left
    assert kept not in entry
    assert "# не менять" in left
    again = tomllib.loads(with_block(left, entry))
    assert sorted(item["name"] for item in again["sources"]) == ["b", "files"]
    assert again["sources"][-1] == next(item for item in tomllib.loads(HAND)["sources"] if item["name"] == name)


def test_windows_line_ends_stay() -> None:
    text = HAND.replace("\n", "\r\n")
    found = with_block(text, ENTRY)
    assert found.startswith(text)
    assert "\n" not in found.replace("\r\n", "")
    assert without_block(found, "r")[0] == text


@pytest.mark.parametrize("text", ["", "\n", "[company]", "# nothing but words"])
def test_an_odd_file_takes_one_too(text: str) -> None:
    assert tomllib.loads(with_block(text, ENTRY))["sources"][0]["name"] == "r"


def test_sources_written_in_one_line_are_left_alone() -> None:
    with pytest.raises(SettingsError, match="settings_sources_inline"):
        with_block('sources = [{kind = "csv", name = "a", folder = "b"}]\n', ENTRY)


def test_an_entry_that_is_not_there_is_told() -> None:
    with pytest.raises(SettingsError, match="settings_block_unclear"):
        without_block(HAND, "nobody")


def test_a_text_that_only_looks_like_a_header_does_not_cut_an_entry() -> None:
    text = '[[sources]]\nkind = "csv"\nname = "a"\nfolder = """\n[[sources]]\nx"""\n[mail]\nhost = ""\n'
    with pytest.raises(SettingsError, match="settings_block_unclear"):
        without_block(text, "a")


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text() | st.integers() | st.booleans(), max_size=5))
def test_any_value_is_read_back_as_it_was_given(values: dict[str, object]) -> None:
    assert tomllib.loads(with_block("", block(values)))["sources"] == [values]
