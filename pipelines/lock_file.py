"""What a lock says: each package with version, digests and who asked for it.

``python -m pipelines.lock_file`` prints the part of ``requirements.lock`` that running needs, with its digests: without
the tools of development. Nothing but the standard library is imported, so that an empty Python can do it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements.lock"
CLUSTER_LOCK: Final = ROOT / "requirements-cluster.lock"
_HEAD: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?:\s*;\s*(.+?))?\s*\\?$")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA: Final = re.compile(r"^    #(?: via)?\s+([A-Za-z0-9._-]+)")
#: How the lock calls this project where it asked for a package itself.
_ITSELF: Final = "qc-workbench"


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock. ``marker``: the systems and versions of Python that it is for; empty: all. ``via``: who asks
    for it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    via: frozenset[str]

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


def canonical(name: str) -> str:
    """The name as registries compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> dict[str, tuple[Locked, ...]]:
    """Name -> its entries: several where systems or versions of Python need different versions."""
    found: dict[str, list[Locked]] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        head = _HEAD.match(lines[0]) if lines else None
        if head is None:
            continue
        via = {canonical(item[1]) for line in lines[1:] if (item := _VIA.match(line))}
        entry = Locked(
            canonical(head[1]), head[2], head[3] or "", tuple(_HASH.findall(block)), frozenset(via - {"via"})
        )
        found.setdefault(entry.name, []).append(entry)
    return {name: tuple(entries) for name, entries in found.items()}


def direct(project: Mapping[str, object], extras: Iterable[str] = ()) -> frozenset[str]:
    """Names that ``[project]`` of a pyproject.toml asks for itself, with those of some extras."""
    asked = list(_texts(project.get("dependencies")))
    optional = project.get("optional-dependencies")
    for extra in extras:
        asked += _texts(optional.get(extra)) if isinstance(optional, Mapping) else []
    return frozenset(canonical(re.split(r"[\[<>=!~; ]", item)[0]) for item in asked)


def needed(lock: Mapping[str, tuple[Locked, ...]], names: frozenset[str]) -> dict[str, tuple[Locked, ...]]:
    """The part of a lock that these names need, with all that they ask for in turn."""
    kept = set(names)
    while True:
        more = {name for name, entries in lock.items() if any(entry.via & kept for entry in entries)} - kept
        if not more:
            return {name: entries for name, entries in lock.items() if name in kept}
        kept |= more


def project(root: Path = ROOT) -> Mapping[str, object]:
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(table, Mapping)
    return table


def running(root: Path = ROOT) -> dict[str, tuple[Locked, ...]]:
    """What the installed program needs."""
    return needed(read_lock((root / LOCK.name).read_text(encoding="utf-8")), direct(project(root)))


def written(part: Mapping[str, tuple[Locked, ...]]) -> str:
    """A file for ``pip install --require-hashes -r``."""
    entries = [entry for name in sorted(part) for entry in part[name]]
    lines = [" \\\n".join([entry.pin, *(f"    --hash=sha256:{one}" for one in entry.hashes)]) for entry in entries]
    return "\n".join(lines) + "\n"


def _texts(items: object) -> list[str]:
    return [str(item) for item in items] if isinstance(items, list) else []


def main() -> None:
    sys.stdout.write(written(running(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)))


if __name__ == "__main__":
    main()
