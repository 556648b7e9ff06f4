"""A workspace: one folder with the settings, the database and the recordings of one company.

qcw.toml       settings
qcw.duckdb     the store
media/         recordings by content hash: ab/abcdef….mp3
rejects.csv    rows of the last import that could not be read
warnings.csv   rows of the last import that were read but need a look
.locks/        locks between processes
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qc_workbench.config import Settings, load_settings
from qc_workbench.errors import WorkspaceError
from qc_workbench.store.database import Store


@dataclass(frozen=True)
class Workspace:
    """Paths and settings of an opened workspace. Cheap to make; holds no open file."""

    home: Path

    @classmethod
    def open(cls, home: Path) -> Workspace:
        """Open an existing workspace (bringing its database up to date), or say how to make one."""
        home = home.expanduser().resolve()
        if not (home / "qcw.toml").is_file():
            raise WorkspaceError("workspace_missing", home=str(home))
        workspace = cls(home)
        workspace.store.migrate()
        return workspace

    @property
    def settings_file(self) -> Path:
        return self.home / "qcw.toml"

    @property
    def media(self) -> Path:
        return self.home / "media"

    @property
    def rejects_file(self) -> Path:
        return self.home / "rejects.csv"

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.settings_file)

    @cached_property
    def store(self) -> Store:
        return Store(self.home / "qcw.duckdb", self.home / ".locks")

    def media_path(self, relative: str) -> Path:
        """The absolute path of a recording; refuses to leave the workspace."""
        path = (self.home / relative).resolve()
        if not path.is_relative_to(self.home):
            raise WorkspaceError("path_outside_workspace", path=relative)
        return path
