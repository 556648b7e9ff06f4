"""An entry of a source changed in the text of qcw.toml: what is not another stays to the letter."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.errors import SettingsError
from qc_workbench.settings_blocks import block, entry_of, with_entry
from qc_workbench.settings_entry import read_entry, rewritten

ENTRY = """[[sources]]
# первая АТС
kind = "binotel"
name = "b"  # как в кабинете
key = "env:K" # не "env:#S"
webhook_from = [
  "203.0.113.0/24", # офис
]
history_days = 30

# люди
[[sources.agents]]
agent = "101" # Аня
manager = "m1"

[[sources.agents]]
agent = "102"
manager = "m2"
since = 2026-01-05
"""
AGENTS = read_entry(ENTRY)["agents"]


def changed(**values: object) -> str:
    return rewritten(ENTRY, {**read_entry(ENTRY), **values})


def test_what_says_the_same_stays_to_the_letter() -> None:
    assert changed() == ENTRY


@pytest.mark.parametrize(
    ("values", "was", "line"),
    [
        ({"key": "secret:#b"}, 'key = "env:K" # не "env:#S"', 'key = "secret:#b" # не "env:#S"'),
        ({"history_days": 7}, "history_days = 30", "history_days = 7"),
        ({"webhook_from": ["::1"]}, 'webhook_from = [\n  "203.0.113.0/24", # офис\n]', 'webhook_from = ["::1"]'),
    ],
)
def test_a_value_changes_in_its_place(values: dict[str, object], was: str, line: str) -> None:
    assert changed(**values) == ENTRY.replace(was, line)


def test_a_new_key_comes_after_the_others_and_one_that_is_not_wanted_goes() -> None:
    assert changed(timezone="Europe/Kyiv") == ENTRY.replace("days = 30\n", 'days = 30\ntimezone = "Europe/Kyiv"\n')
    without = {key: value for key, value in read_entry(ENTRY).items() if key != "history_days"}
    assert rewritten(ENTRY, without) == ENTRY.replace("history_days = 30\n", "")


def test_people_that_stay_keep_their_lines_and_new_ones_follow() -> None:
    new = {"agent": "103", "manager": "m3", "until": date(2026, 3, 1)}
    found = changed(agents=[AGENTS[0], new])
    assert '[[sources.agents]]\nagent = "101" # Аня\n' in found
    assert "102" not in found
    assert found.endswith('\n[[sources.agents]]\nagent = "103"\nmanager = "m3"\nuntil = 2026-03-01\n')
    assert "# люди" in changed(agents=[])


def test_people_written_in_one_line_stay_there_until_they_are_others() -> None:
    text = '[[sources]]\nkind = "csv"\nname = "a"\nagents = [{agent = "1", manager = "m1"}] # один\n'
    said = read_entry(text)
    assert rewritten(text, {**said, "kind": "files"}) == text.replace("csv", "files")
    found = rewritten(text, {**said, "agents": [{"agent": "2", "manager": "m1"}]})
    assert read_entry(found)["agents"] == [{"agent": "2", "manager": "m1"}]


def test_lines_that_cannot_be_told_apart_are_left_alone() -> None:
    tricky = '[[sources]]\nname = "a"\nfolder = """\nname = "b"\n[[sources.agents]]\n"""\n'
    with pytest.raises(SettingsError, match="settings_block_unclear"):
        rewritten(tricky, {"name": "a", "folder": "other"})


VALUES = st.text() | st.integers() | st.booleans() | st.lists(st.text(max_size=5), max_size=3)
AGENT = st.fixed_dictionaries({"agent": st.text(max_size=4), "manager": st.text(max_size=3)},
                              optional={"since": st.dates()})  # fmt: skip
SAID = st.dictionaries(st.sampled_from(["name", "key", "a b", "#", "\u043a\u043b\u044e\u0447"]), VALUES, max_size=4)


@given(SAID, SAID, st.lists(AGENT, max_size=3), st.lists(AGENT, max_size=3))
def test_any_entry_is_made_to_say_anything(
    before: dict[str, object], after: dict[str, object], told: list[dict[str, object]], wanted: list[dict[str, object]]
) -> None:
    first = rewritten(block({"kind": "k"}), {"kind": "k", **before, "agents": told})
    found = read_entry(rewritten(first, {"kind": "k", **after, "agents": wanted}))
    assert sorted(map(repr, found.pop("agents", []))) == sorted(map(repr, wanted))
    assert found == {"kind": "k", **after}


def test_an_entry_takes_the_place_of_another_in_the_file() -> None:
    around = f'[company]\nname = "Окна"\n\n{ENTRY}\n# почта\n[mail]\nhost = ""\n'
    new = changed(history_days=1)
    for text, end in ((around, "\n"), (around.replace("\n", "\r\n"), "\r\n")):
        found = with_entry(text, "b", new)
        assert found == text.replace(f"history_days = 30{end}", f"history_days = 1{end}")
        assert entry_of(found, "b") == new
        assert tomllib.loads(with_entry(found, "b", ENTRY)) == tomllib.loads(around)
    with pytest.raises(SettingsError, match="settings_block_unclear"):
        with_entry(around, "nobody", new)
