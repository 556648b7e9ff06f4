"""The small company of the interface's tests, its sound kept under its hash as an import keeps it."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from functools import cache
from pathlib import Path

from pipelines.export import export
from qc_workbench.reporting.export_fields import Format, What
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace
from tests.ui.sample_company import sample_company


def kept_company(home: Path) -> Workspace:
    """A workspace of its own for every test; it is made once and copied."""
    shutil.copytree(_made_once(), home)
    return Workspace.open(home)


@cache
def _made_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qcw-company-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = folder / "made"
    workspace = sample_company(home)
    with workspace.store.reading() as reader:
        rows = reader.rows("select call_id, content_hash, path from recordings where path is not null")
    statements = []
    for row in rows:
        place = f"media/{row['content_hash'][:2]}/{row['content_hash']}.wav"
        (home / place).parent.mkdir(exist_ok=True)
        (home / row["path"]).replace(home / place)
        statements.append(Statement("update recordings set path = ? where call_id = ?", (place, row["call_id"])))
    workspace.store.write(*statements)
    clean = folder / "clean"
    clean.mkdir()
    workspace.store.backup(home / "copy.duckdb")  # SQL reaches no other folder
    (home / "copy.duckdb").rename(clean / "qcw.duckdb")
    shutil.copy(home / "qcw.toml", clean)
    shutil.copytree(home / "media", clean / "media", ignore=shutil.ignore_patterns("sample"))
    return clean


def exported(workspace: Workspace) -> dict[str, bytes]:
    """Everything the workspace says, by export."""
    found = {}
    for what in What:
        out = io.BytesIO()
        export(workspace, what, Format.JSONL, out)
        found[what.value] = out.getvalue()
    return found


def sounds(home: Path) -> dict[str, bytes]:
    return {
        path.relative_to(home).as_posix(): path.read_bytes() for path in (home / "media").rglob("*") if path.is_file()
    }
