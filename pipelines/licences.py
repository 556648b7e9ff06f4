"""What everything that we use, carry or are made with is licensed under: ``pipelines/licences.toml``, read by hand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from pipelines.lock_file import CLUSTER_LOCK, LOCK, Locked, direct, needed, project, read_lock, running

_FILE: Final = Path(__file__).with_name("licences.toml")


class Work(BaseModel):
    """Something of others inside our files, or fetched on demand. ``origin`` says more."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    what: str
    licence: str
    origin: str = Field(alias="from")
    where: str = ""


class Licences(BaseModel):
    """``packages``: name -> SPDX expression. ``carried``: name -> what else lies in its wheel."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    acceptable: frozenset[str]
    packages: Mapping[str, str]
    carried: Mapping[str, str]
    inside: tuple[Work, ...]
    fetched: tuple[Work, ...]


@cache
def licences() -> Licences:
    return Licences.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def refused(expression: str, acceptable: frozenset[str]) -> list[str]:
    """The licences of an SPDX expression that may not be taken; of several to choose from one will do."""
    ways = [
        [name for name in re.findall(r"[\w.+-]+", way) if name not in ("AND", "WITH") and name not in acceptable]
        for way in re.split(r"\bOR\b", expression)
    ]
    return min(ways, key=len)


def used_for() -> dict[str, dict[str, tuple[Locked, ...]]]:
    """What the packages of the locks are for -> the packages; each at the first that asks for it."""
    every = {
        **read_lock(CLUSTER_LOCK.read_text(encoding="utf-8")),
        **read_lock(LOCK.read_text(encoding="utf-8")),
    }
    parts = {"run": running(), "cluster": needed(every, direct(project(), ("cluster",)))}
    parts["cluster"] = {name: found for name, found in parts["cluster"].items() if name not in parts["run"]}
    parts["dev"] = {name: every[name] for name in sorted(every) if name not in parts["run"] | parts["cluster"]}
    return parts


def licences_page(generated: str) -> str:
    known = licences()
    titles = {
        "run": "At run time",
        "cluster": "Also for several machines: the `cluster` extra",
        "dev": "Only for development and tests",
    }
    lines = [
        "# Licences", "", generated, "",
        "The workbench itself: Apache-2.0. Below is everything that it runs with, carries inside or is made with, each",
        "with its licence as SPDX names it. What may be taken without asking stands at the top of",
        "`pipelines/licences.toml`, where licences are entered by hand; a test refuses a package of the locks without",
        "a known acceptable one. Why each: [dependencies](dependencies.md). As a bill of materials: `make sbom`",
        "(CycloneDX).",
    ]  # fmt: skip
    for part, packages in used_for().items():
        lines += ["", f"## {titles[part]}", "", "| package | version | licence |", "|---|---|---|", *_rows(packages)]
    lines += ["", "## Inside the wheels of these packages", "", "| package | carries |", "|---|---|"]
    lines += [f"| {name} | {what} |" for name, what in known.carried.items()]
    lines += ["", "## Inside our own wheel, by others or made with the works of others", ""]
    lines += ["| what | where | licence | more |", "|---|---|---|---|"]
    lines += [f"| {item.what} | `{item.where}` | {item.licence} | `{item.origin}` |" for item in known.inside]
    lines += ["", "## Fetched on demand, in no file of ours", "", "| what | licence | more |", "|---|---|---|"]
    lines += [f"| {item.what} | {item.licence} | {item.origin} |" for item in known.fetched]
    return "\n".join(lines) + "\n"


def _rows(packages: Mapping[str, Iterable[Locked]]) -> Iterator[str]:
    for name, entries in sorted(packages.items()):
        versions = ", ".join(dict.fromkeys(entry.version for entry in entries))
        yield f"| {name} | {versions} | {licences().packages.get(name, '**unknown**')} |"
