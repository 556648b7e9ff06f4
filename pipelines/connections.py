"""What people do to connected systems: add one, change it, take it out, pause it, put its key away. Each with a name in
the audit log; a key itself is in none of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pipelines.settings_file import change_settings, settings_text
from qc_workbench.config_sources import Source
from qc_workbench.domain.telephony import FetchState
from qc_workbench.errors import NotConfigured, UsageError
from qc_workbench.settings_blocks import block, entry_of, with_block, with_entry, without_block
from qc_workbench.settings_entry import read_entry, rewritten
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.store import source_overview as rows
from qc_workbench.store.calls import audit_entry
from qc_workbench.workspace import Workspace


def source_named(workspace: Workspace, name: str) -> Source:
    """Raises :class:`NotConfigured` ``source_not_configured``."""
    for source in workspace.settings.sources:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in workspace.settings.sources) or "—"
    raise NotConfigured("source_not_configured", source=name, known=known, file=str(workspace.settings_file))


def reading_by_itself(workspace: Workspace) -> list[Source]:
    """Sources that the schedule and ``qcw run`` read: all but those that somebody has paused."""
    with workspace.store.reading() as reader:
        paused = rows.paused(reader)
    return [source for source in workspace.settings.sources if source.name not in paused]


def add_source(workspace: Workspace, values: Mapping[str, Any], by: str, now: datetime) -> str:
    """Write a ``[[sources]]`` entry into qcw.toml; the entry as it stands there.

    ``values``: its keys in their order, those alone that are to be written. Raises :class:`SettingsError`.
    """
    return put_back(workspace, block(values), str(values["name"]), by, now)


def put_back(workspace: Workspace, entry: str, name: str, by: str, now: datetime) -> str:
    """Write an entry as :func:`remove_source` gave it. Raises :class:`SettingsError`."""
    change_settings(workspace, lambda text: with_block(text, entry))
    workspace.store.write(audit_entry(now, by, "source_added", name, entry=entry))
    return entry


def remove_source(workspace: Workspace, name: str, by: str, now: datetime) -> str:
    """Take a source out of qcw.toml; its entry, so that it can be put back. What was read of it stays.

    Raises :class:`SettingsError` ``settings_block_unclear``, :class:`NotConfigured` ``source_not_configured``.
    """
    source_named(workspace, name)
    taken: list[str] = []

    def without(text: str) -> str:
        left, entry = without_block(text, name)
        taken.append(entry)
        return left

    change_settings(workspace, without)
    workspace.store.write(audit_entry(now, by, "source_removed", name, entry=taken[-1]))
    return taken[-1]


def written(workspace: Workspace, name: str) -> dict[str, Any]:
    """What the entry of a source says, as it is written. Raises ``settings_block_unclear``."""
    return read_entry(entry_of(settings_text(workspace), name))


def change_source(workspace: Workspace, name: str, values: Mapping[str, Any], by: str, now: datetime) -> str:
    """Make the entry of a source say ``values``; the entry as it was, so that it can be put in its place again.

    Raises :class:`SettingsError`, also ``settings_block_unclear``; :class:`NotConfigured` ``source_not_configured``.
    """
    return _in_its_place(workspace, name, lambda entry: rewritten(entry, values), by, now)


def change_back(workspace: Workspace, name: str, entry: str, by: str, now: datetime) -> None:
    """Put an entry in its place as :func:`change_source` gave it. Raises as that does."""
    _in_its_place(workspace, name, lambda _: entry, by, now)


def _in_its_place(workspace: Workspace, name: str, change: Callable[[str], str], by: str, now: datetime) -> str:
    source_named(workspace, name)
    entries: list[str] = []

    def changed(text: str) -> str:
        before = entry_of(text, name)
        entries[:] = before, change(before)
        return with_entry(text, name, entries[1])

    change_settings(workspace, changed)
    before, after = entries
    workspace.store.write(audit_entry(now, by, "source_changed", name, before=before, entry=after))
    return before


def set_paused(workspace: Workspace, name: str, paused: bool, by: str, now: datetime) -> None:
    """Pause a source or let it be read again; what came meanwhile is read then. Raises ``source_not_configured``."""
    source_named(workspace, name)
    action = "source_paused" if paused else "source_resumed"
    workspace.store.write(rows.moved(name, paused, by, now), audit_entry(now, by, action, name))


def keep_secret(workspace: Workspace, name: str, value: str, by: str, now: datetime) -> bool:
    """Put a key into the encrypted file; whether it took the place of another. Raises as
    :meth:`~qc_workbench.sources.secrets_file.SecretsFile.put` does."""
    was_there = SecretsFile.of(workspace.home, os.environ).put(name, value)
    workspace.store.write(audit_entry(now, by, "secret_kept", name, replaced=was_there))
    return was_there


def remove_secret(workspace: Workspace, name: str, by: str, now: datetime) -> None:
    """Raises :class:`UsageError` ``secret_unknown``, ``secret_in_use`` (a source still needs it)."""
    secrets = SecretsFile.of(workspace.home, os.environ)
    if name not in secrets.names():
        raise UsageError("secret_unknown", name=name)
    users = [source.name for source in workspace.settings.sources if f"secret:{name}" in places(source).values()]
    if users:
        raise UsageError("secret_in_use", name=name, sources=", ".join(users))
    secrets.remove(name)
    workspace.store.write(audit_entry(now, by, "secret_removed", name))


def places(source: Source) -> dict[str, str]:
    """Keys of the settings that say where a secret is -> that place."""
    found = {key: getattr(source, key) for key in type(source).model_fields}
    return {
        key: value
        for key, value in found.items()
        if isinstance(value, str) and value.startswith(("env:", "file:", "secret:"))
    }


def fetch_again(workspace: Workspace, name: str, by: str, now: datetime) -> None:
    """Recordings of a source that were given up are tried again from the next sync on."""
    source_named(workspace, name)
    with workspace.store.reading() as reader:
        found = rows.facts(reader, now).get(name)
    codes = {item.code for item in found.troubles if item.state is FetchState.FAILED} if found else set()
    if codes:
        workspace.store.write(rows.fetch_again(name, codes, now), audit_entry(now, by, "recordings_asked_again", name))
