"""Connected systems for the doctor: what can be told of them without asking them. That ``qcw sources test`` does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipelines.connections import places
from pipelines.doctor import Check, State
from pipelines.import_file import saved_mapping
from pipelines.try_source import check_folder
from qc_workbench.config_sources import Asterisk, AsteriskSource, Connected, CsvSource, FilesSource, Source
from qc_workbench.domain.connection import SourceFacts
from qc_workbench.errors import QcwError, SourceError, SourceUnreachable
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.sources.secrets_place import secret_at
from qc_workbench.store import source_overview
from qc_workbench.workspace import Workspace

#: A source that was not read for so long is worth a look.
LONG_AGO: Final = timedelta(days=1)


def check_sources(workspace: Workspace, now: datetime) -> tuple[Check, ...]:
    """Each source: what its settings lead to, whether its secrets can be had, when it was read; then the secrets' file.

    A store that can't be read is one line, and what it knows is not said.
    """
    sources = workspace.settings.sources
    found, facts = list[Check](), dict[str, SourceFacts]()
    try:
        with workspace.store.reading() as reader:
            facts = source_overview.facts(reader, now)
        known = True
    except QcwError as error:
        found, known = [Check("sources", State.FAULT, "error", error=error)], False
    for source in sources:
        faults = [Check("source", State.FAULT, "error", error=error) for error in _wrong(workspace, source)]
        found += [*faults, *(_open(item) for item in _open_files(workspace, source))]
        if known and not faults:
            found.append(_read(source, facts.get(source.name, SourceFacts()), now))
    return (*found, *_secrets(workspace))


def _wrong(workspace: Workspace, source: Source) -> Iterator[QcwError]:
    for place in places(source).values():
        try:
            secret_at(place, workspace.home, source.name)
        except QcwError as error:
            yield error
    try:
        if isinstance(source, CsvSource | FilesSource):
            check_folder(workspace, source)
        if isinstance(source, FilesSource):
            saved_mapping(workspace, source.mapping)
    except QcwError as error:
        yield error
    for path in _paths(workspace, source):
        if not os.access(path, os.R_OK):
            detail = os.strerror(13 if path.exists() else 2)
            yield SourceUnreachable("source_file_unreadable", source=source.name, file=str(path), detail=detail)


def _paths(workspace: Workspace, source: Source) -> list[Path]:
    """Files and folders of this machine that a source is read from, but those of :func:`check_folder`."""
    named: list[Any] = [source.monitor] if isinstance(source, Asterisk) else []
    named += [source.file] if isinstance(source, AsteriskSource) else []
    named.append(getattr(source, "tokens_file", None))
    return [workspace.home / Path(item).expanduser() for item in named if item]


def _open_files(workspace: Workspace, source: Source) -> list[Path]:
    """Files of secrets that others on this machine may read."""
    told = [place.removeprefix("file:") for place in places(source).values() if place.startswith("file:")]
    told += filter(None, [getattr(source, "tokens_file", "")])
    return _readable_by_others(workspace.home / Path(item).expanduser() for item in told)


def _readable_by_others(files: Iterable[Path]) -> list[Path]:
    if os.name != "posix":
        return []
    return [path for path in files if path.exists() and path.stat().st_mode & 0o077]


def _open(path: Path) -> Check:
    return Check("secrets", State.WARNING, "secret_open", {"file": str(path)})


def _read(source: Source, facts: SourceFacts, now: datetime) -> Check:
    """When it was read well. What the last try came to goes before how long ago the good one was."""
    name = {"name": source.name}
    if facts.paused is not None:
        return Check("source", State.OK, "source_paused", {**name, "who": facts.paused.who})
    if facts.last is None:
        return Check("source", State.WARNING, "source_never", name)
    if facts.last.error_code is not None:
        return Check(
            "source", State.WARNING, "error", error=SourceError(facts.last.error_code, **facts.last.error_params)
        )
    ago = now - facts.last.ended_at
    # what lies in a folder is noted when it changed anything
    is_old = isinstance(source, Connected) and ago > LONG_AGO
    return Check("source", State.WARNING if is_old else State.OK, "source_read", name, ago_s=ago.total_seconds())


def _secrets(workspace: Workspace) -> list[Check]:
    """The encrypted file, where there is one: whether it opens, who may read it, what in it nothing asks for."""
    secrets = SecretsFile.of(workspace.home)
    if not secrets.path.exists():
        return []
    try:
        names = secrets.names()
    except QcwError as error:
        return [Check("secrets", State.FAULT, "error", error=error)]
    found = [_open(path) for path in _readable_by_others([secrets.path])]
    used = {
        text.removeprefix("secret:") for text in _texts(workspace.settings.model_dump()) if text.startswith("secret:")
    }
    unused = [name for name in names if name not in used]
    if unused:
        found.append(Check("secrets", State.WARNING, "secrets_unused", {"names": ", ".join(unused)}))
    return found or [Check("secrets", State.OK, "secrets", {"count": str(len(names))})]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
