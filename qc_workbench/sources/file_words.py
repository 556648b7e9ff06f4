"""Headers and words of exported files (``models/lexicons/file_columns.toml``), read once into typed values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from qc_workbench.sources.sheet_layout import header_key


@dataclass(frozen=True, slots=True)
class FileWords:
    """``headers``: table to field to headers as they are compared; ``words``: field to text to what is meant.

    ``known``: every header that some file of a department has; ``clocks``: those of a time of day.
    """

    headers: Mapping[str, Mapping[str, tuple[str, ...]]]
    words: Mapping[str, Mapping[str, str]]
    known: frozenset[str]
    clocks: frozenset[str]

    def knows(self, header: str) -> bool:
        return header_key(header) in self.known


@lru_cache(maxsize=1)
def file_words() -> FileWords:
    text = (resources.files("models") / "lexicons" / "file_columns.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    headers: dict[str, dict[str, tuple[str, ...]]] = {}
    known: set[str] = set()
    clocks: frozenset[str] = frozenset()
    for field, by_table in data["headers"].items():
        for table, names in by_table.items():
            keys = tuple(header_key(name) for name in names)
            known.update(keys)
            if field == "time_of_day":
                clocks = frozenset(keys)
            elif table != "any":
                headers.setdefault(table, {})["manager_id" if field == "manager_id_own" else field] = keys
    words = {
        field: {header_key(word): meant for meant, written in by_meaning.items() for word in written}
        for field, by_meaning in data["words"].items()
    }
    return FileWords(headers, words, frozenset(known), clocks)
