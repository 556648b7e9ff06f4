"""Places in the text of a form: a value of its YAML, where it stands, and on which line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NoReturn, TypeVar

import yaml

from qc_workbench.domain.form_rules import FormProblem, Path

_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?")
#: Characters of a wrong value that a message repeats.
_SHOWN: Final = 80

_Member = TypeVar("_Member", bound=StrEnum)


class Wrong(Exception):
    """A value that is not what its place asks for; whoever reads a form makes an error of ours of it."""

    def __init__(self, problem: FormProblem) -> None:
        self.problem = problem
        super().__init__(problem.code)


class Place:
    """A node, where it stands and its line; reading anything else than what is asked for is a :class:`Wrong`."""

    def __init__(self, node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
        self.node, self.path, self._lines = node, path, lines
        lines[path] = node.start_mark.line + 1

    def wrong(self, code: str, **params: str) -> NoReturn:
        raise Wrong(FormProblem(self.path, code, params))

    def fields(self, *allowed: str, required: Sequence[str] = ()) -> dict[str, Place]:
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong("mapping", value=self._shown(), expected=", ".join(allowed))
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            place = Place(value, (*self.path, name), self._lines)
            self._lines[place.path] = key.start_mark.line + 1
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, 1)
                place.wrong("unknown_field", value=_cut(name), expected=", ".join(near or allowed))
            if name in found:
                place.wrong("field_twice", value=name)
            found[name] = place
        for name in required:
            if name not in found:
                self.wrong("field_missing", value=name)
        return found

    def items(self) -> Iterator[Place]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.wrong("list", value=self._shown())
        for number, node in enumerate(self.node.value):
            yield Place(node, (*self.path, number), self._lines)

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self.wrong("text", value=self._shown())
        said = str(self.node.value)
        if said.encode(errors="ignore").decode() != said:  # half of a surrogate pair can't be kept
            self.wrong("text", value=ascii(said))
        return said

    def number(self) -> Decimal:
        written = self.text()
        if not _NUMBER.fullmatch(written):
            self.wrong("decimal", value=_cut(written))
        return Decimal(written)

    def flag(self) -> bool:
        written = self.text()
        if written not in ("true", "false"):
            self.wrong("flag", value=_cut(written))
        return written == "true"

    def member(self, family: type[_Member]) -> _Member:
        written = self.text()
        if written not in set(family):
            self.wrong("member", value=_cut(written), expected=", ".join(family))
        return family(written)

    def _shown(self) -> str:
        kinds = {yaml.SequenceNode: "[…]", yaml.MappingNode: "{…}"}
        return kinds.get(type(self.node)) or _cut(str(self.node.value))


def written(path: Path) -> str:
    """A place as a person counts: ``sections[1].questions[3].points``."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of a place, or of the nearest thing around it that is written."""
    return next((lines[path[:size]] for size in range(len(path), -1, -1) if path[:size] in lines), 1)


def _cut(value: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in value)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
