"""What comes of each broken input that is kept: an error of ours, or what was taken and what was told."""

from __future__ import annotations

import csv
from functools import partial

import pytest

from tests.broken_inputs.make import HERE, TABLE, inputs, outcome
from tests.fuzzing.borders import BORDERS
from tests.fuzzing.rule import judged


def expected() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["outcome"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


@pytest.mark.parametrize("border", BORDERS)
def test_every_broken_input_ends_as_the_table_says(border: str) -> None:
    said = {name: told for name, told in expected().items() if name.split("/")[1] == border}
    assert said, f"there are inputs of {border}"
    assert {name: outcome(border, (HERE / name).read_bytes()) for name in said} == said


def test_the_table_knows_every_input_and_there_are_enough_of_them() -> None:
    names = {path.relative_to(HERE).as_posix() for path in inputs()}
    assert set(expected()) == names
    assert len(names) >= 200
    assert sum((HERE / name).stat().st_size for name in names) < 2 << 20


@pytest.mark.slow
@pytest.mark.parametrize("border", BORDERS)
def test_a_real_database_behind_it_changes_nothing_of_what_must_hold(border: str) -> None:
    found = BORDERS[border]
    for path in inputs():
        if path.parent.name == border:
            judged(partial(found.read_guarded, path.read_bytes()), has_key=found.has_key)
