"""A run killed at any moment (kill -9) and started again ends like one that was never disturbed."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.export import export
from qc_workbench.reporting.export_fields import Format, What
from qc_workbench.workspace import Workspace

SAMPLES = Path(__file__).parent.parent.parent / "samples"
AS_OF = "2026-11-01T09:00+03:00"
#: Calls with a recording in the small workspace.
CALLS = 3
#: When the kills come, in lengths of an undisturbed run: first in the import, later in the recognition.
MOMENTS = (0.08, 0.16, 0.24, 0.32, 0.45, 0.6)


def start(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "qc_workbench.cli", "--home", str(home), "--as-of", AS_OF, "-q", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes], *expected: int) -> bytes:
    out, err = process.communicate(timeout=280)
    assert process.returncode in (expected or (0,)), err.decode()
    return out


def small_company(folder: Path) -> None:
    """The shortest audible calls of the sample company, with everything the CRM knows."""
    (folder / "recordings").mkdir(parents=True)
    for table in SAMPLES.glob("*.csv"):
        shutil.copy(table, folder / table.name)
    lines = (SAMPLES / "calls.csv").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split(",")
    rows = [dict(zip(columns, line.split(","), strict=True)) for line in lines[1:]]
    audible = sorted((row for row in rows if row["recording"]), key=lambda row: float(row["talk_s"]))[:CALLS]
    for row in audible:
        shutil.copy(SAMPLES / "recordings" / row["recording"], folder / "recordings" / row["recording"])
    kept = [row for row in rows if not row["recording"]] + audible
    text = "\n".join([lines[0], *(",".join(row.values()) for row in kept)]) + "\n"
    (folder / "calls.csv").write_text(text, encoding="utf-8")


def workspace(home: Path, source: Path) -> Path:
    home.mkdir()
    settings = f'[[sources]]\nname = "crm"\nkind = "csv"\nfolder = {json.dumps(str(source))}\n'
    (home / "qcw.toml").write_text(settings, encoding="utf-8")
    return home


def exported(home: Path) -> dict[str, bytes]:
    """Everything the workspace says, by export; when something was drawn or ruled is not part of it."""
    opened = Workspace.open(home)
    found = {}
    for what in What:
        out = io.BytesIO()
        export(opened, what, Format.JSONL, out)
        found[what.value] = out.getvalue()
    return found


def rows(home: Path, table: str) -> int:
    with Workspace.open(home).store.reading() as reader:
        return int(reader.value(f"select count(*) from {table}"))


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(1500)  # eight runs that load the speech model, on a machine that may be busy
def test_killed_runs_lose_and_repeat_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source"
    small_company(source)
    undisturbed = workspace(tmp_path / "undisturbed", source)
    began = time.monotonic()
    finish(start(undisturbed, "run"))
    length_s = time.monotonic() - began
    expected = exported(undisturbed)
    assert len(expected["transcripts"].splitlines()) == CALLS

    disturbed = workspace(tmp_path / "disturbed", source)
    killed = 0
    for moment in MOMENTS:
        process = start(disturbed, "run")
        try:
            process.wait(timeout=moment * length_s)
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate()
    assert killed >= len(MOMENTS) // 2
    finish(start(disturbed, "run"))

    assert exported(disturbed) == expected
    for table in ("calls", "recordings", "transcripts", "turns", "sample", "draws", "flags", "acoustics"):
        assert rows(disturbed, table) == rows(undisturbed, table), table
    finish(start(disturbed, "check", "--deep"))


@pytest.mark.model
@pytest.mark.slow
def test_a_second_run_does_nothing_and_changes_nothing(tmp_path: Path) -> None:
    """The time of it is measured by hand and by the bench: a loaded machine would make a test of it lie."""
    source = tmp_path / "source"
    small_company(source)
    home = workspace(tmp_path / "W", source)
    finish(start(home, "run"))
    before = exported(home)
    second = subprocess.run(
        [sys.executable, "-m", "qc_workbench.cli", "--home", str(home), "--as-of", AS_OF, "--json", "run"],
        capture_output=True,
        env=os.environ,
        check=True,
        timeout=280,
    )
    report = json.loads(second.stdout)
    assert report["ingested"]["crm"]["nothing_new"] is True
    assert (report["drawn"]["draws"], report["measured"]["measured"], report["transcribed"]["transcribed"]) == (0, 0, 0)
    assert (report["detected"]["examined"], report["detected"]["changed"], report["assigned"]["assigned"]) == (0, 0, 0)
    assert exported(home) == before
