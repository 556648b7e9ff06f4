"""Files as people export them: what is guessed and read of them is what somebody looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.make_exported_files import FILES, READ, everything, read


def test_exported_files_are_read_as_they_were_when_somebody_looked() -> None:
    assert everything() == READ.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_script_still_makes_files_that_read_the_same(name: str, tmp_path: Path) -> None:
    made = tmp_path / name
    made.write_bytes(FILES[name]())
    assert read(made) == read(READ.parent / name)
