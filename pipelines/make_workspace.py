"""A new workspace: the folder, its commented settings, a database that holds nothing but the starter forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.note_settings import note_settings
from pipelines.starter_forms import PROGRAM, publish_starter_set
from qc_workbench.errors import WorkspaceError
from qc_workbench.settings_text import commented_toml
from qc_workbench.workspace import Workspace


def make_workspace(home: Path, chosen: Mapping[str, Any] | None = None) -> Workspace:
    """Make a workspace in ``home``, which must not exist yet or be empty.

    ``chosen``: settings that differ from the defaults, by name (``company.language``). Raises
    :class:`WorkspaceError` ``workspace_exists`` or ``workspace_not_empty``.
    """
    home = home.expanduser()
    if (home / "qcw.toml").exists():
        raise WorkspaceError("workspace_exists", home=str(home))
    try:
        home.mkdir(parents=True, exist_ok=True)
        if any(home.iterdir()):
            raise WorkspaceError("workspace_not_empty", home=str(home))
        # Written last of the files that make a workspace: a half-made one is not taken for a whole one.
        unfinished = home / ".qcw.toml.part"
        unfinished.write_text(commented_toml(chosen), encoding="utf-8")
        unfinished.replace(home / "qcw.toml")
    except OSError as error:
        raise WorkspaceError("workspace_unwritable", home=str(home), detail=error.strerror or str(error)) from error
    workspace = Workspace.open(home)
    note_settings(workspace, PROGRAM, datetime.now(UTC))
    publish_starter_set(workspace, PROGRAM, datetime.now(UTC))
    return workspace
