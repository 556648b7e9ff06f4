"""Databases as earlier programs wrote them: ``python -m tests.upgrade.make_old_databases [VERSION ...]``.

The code of each milestone is taken out of git into a folder of its own and run there: it makes its own invented company
with its own rules, says what it sees by its own exports, and makes a backup where it could. Kept are the database,
those words and the backup, compressed, under ``databases/``: what a later program must still be able to read.
"""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
FOLDER = HERE / "databases"
#: Schema -> the last commit of the milestone that had it.
MILESTONES = {
    2: "e0d057e", 5: "881180e", 10: "b0219a6", 14: "846a10a", 22: "a027945", 24: "2534dc2", 37: "d0793d4",
}  # fmt: skip
#: Made with the whole department at work that its tests knew: scores, disputes, coaching, calibration; without a
#: backup, which would hold the same bytes once more.
DEPARTMENTS = frozenset({24, 37})

#: Run by the old code, in its folder. Says on its last line what it exported.
PROGRAM = """
import io, json, sys
from datetime import UTC, datetime
from pathlib import Path
home, version = Path(sys.argv[1]), int(sys.argv[2])
if version in %s:
    from tests.browser.department import department as company
    workspace = company(home, datetime(2026, 11, 2, 9, tzinfo=UTC))
else:
    from tests.ui.sample_company import sample_company
    workspace = sample_company(home) or __import__("qc_workbench.workspace").workspace.Workspace.open(home)
from pipelines.export import export
try:
    from qc_workbench.reporting.export_fields import Format, What
except ImportError:
    from qc_workbench.reporting.exports import Format, What
said = {}
for what in What:
    out = io.BytesIO()
    export(workspace, what, Format.JSONL, out)
    said[what.value] = [json.loads(line) for line in out.getvalue().splitlines()]
try:
    from pipelines.check_integrity import check
    problems = [[item.code, item.subject, item.detail] for item in check(workspace)]
except ImportError:
    problems = None  # the first programs could not check
if version >= 5 and version not in %s:
    from qc_workbench.cli import main
    try:
        main(["--home", str(home), "-q", "backup", str(home.parent / "old.qcwbackup"), "--without-recordings"])
    except SystemExit as left:
        assert not left.code, left.code
release = getattr(workspace.store, "release", None) or getattr(workspace.store, "close", None)
if release:
    release()
print("SAID " + json.dumps({"exports": said, "problems": problems}, ensure_ascii=False))
""" % ((set(DEPARTMENTS),) * 2)


def make(version: int, commit: str, root: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f"qcw-old-{version}-") as scratch:
        code, home = Path(scratch) / "code", Path(scratch) / "home"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(code), commit], cwd=root, check=True)
        try:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", PROGRAM, str(home), str(version)],
                cwd=code, env={**os.environ, "PYTHONPATH": str(code)}, capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(code)], cwd=root, check=True)
        if done.returncode:
            raise SystemExit(f"{commit}: {done.stdout[-500:]}\n{done.stderr[-3000:]}")
        said = next(line for line in done.stdout.splitlines() if line.startswith("SAID "))
        with duckdb.connect(str(home / "qcw.duckdb")) as connection:
            connection.execute("checkpoint")
            found = connection.execute("select max(version), count(*) from migrations").fetchone()
            assert found == (version, version), found
            tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
            rows = {
                name: (connection.execute(f'select count(*) from "{name}"').fetchone() or (0,))[0]
                for name in sorted(tables)
            }
        FOLDER.mkdir(exist_ok=True)
        words = {"schema": version, "commit": commit, "rows": rows, **json.loads(said.removeprefix("SAID "))}
        kept = {
            "duckdb": (home / "qcw.duckdb").read_bytes(),
            "json": json.dumps(words, ensure_ascii=False, sort_keys=True).encode(),
            "toml": (home / "qcw.toml").read_bytes(),
        }
        backup = Path(scratch) / "old.qcwbackup"
        if backup.is_file():
            kept["qcwbackup"] = backup.read_bytes()
        for kind, content in kept.items():
            (FOLDER / f"schema{version:04d}.{kind}.xz").write_bytes(lzma.compress(content, preset=9))
        print(
            version, commit, {kind: len(lzma.compress(content)) for kind, content in kept.items()}, sum(rows.values())
        )


def main() -> None:
    wanted = [int(given) for given in sys.argv[1:]] or list(MILESTONES)
    for version in wanted:
        make(version, MILESTONES[version], HERE.parents[1])


if __name__ == "__main__":
    main()
