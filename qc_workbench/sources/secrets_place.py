"""Keys of connected systems: read from where qcw.toml says they are, never written down in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qc_workbench.errors import NotConfigured
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.sources.secrets_seen import note_secret


def secret_at(place: str, home: Path, source: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret at ``env:NAME``, ``file:PATH`` (relative to the workspace) or ``secret:NAME`` (the encrypted file).

    Raises :class:`~qc_workbench.errors.NotConfigured` ``secret_missing``, which names the place only, and what
    :class:`~qc_workbench.sources.secrets_file.SecretsFile` raises where that file does not open.
    """
    kind, _, name = place.partition(":")
    if kind == "env":
        found = environment.get(name, "").strip()
    elif kind == "secret":
        found = SecretsFile.of(home, environment).get(name) or ""
    else:
        try:
            found = (home / Path(name).expanduser()).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            found = ""
    if not found:
        raise NotConfigured("secret_missing", source=source, place=place)
    note_secret(found)
    return found
