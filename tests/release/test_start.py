"""Packages of ours under plain names are never mixed up with those of others in silence."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from importlib.metadata import PathDistribution
from pathlib import Path

import qc_workbench
from pipelines.doctor import State, installation
from pipelines.lock_file import ROOT
from qc_workbench.start import command, strangers
from qc_workbench.ui.i18n import Translator


def stranger(folder: Path) -> Path:
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "__init__.py").write_text("raise SystemExit('a stranger was imported')\n")
    return folder


def test_here_every_package_is_ours() -> None:
    assert strangers() == {}


def test_a_package_of_that_name_earlier_on_the_path_is_refused_in_both_languages_with_the_way_out(
    tmp_path: Path,
) -> None:
    paths = os.pathsep.join([str(stranger(tmp_path)), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "qc_workbench.start", "doctor"],
        env={**os.environ, "PYTHONPATH": paths}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    for said in (str(tmp_path / "models"), str(ROOT / "models"), "PYTHONPATH", "Вместо папки", "Another folder"):
        assert said in done.stderr


def test_a_process_of_ours_started_in_a_folder_with_such_a_package_takes_ours(tmp_path: Path) -> None:
    line, environment = command("schedule", "--help")
    done = subprocess.run(line, env=environment, cwd=stranger(tmp_path), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def installed(folder: Path, **contents: str) -> PathDistribution:
    """An installation whose list of files was written before somebody else came."""
    rows = []
    here = Path(qc_workbench.__file__).resolve()
    for path, content in {str(here): here.read_text(encoding="utf-8"), **contents}.items():
        digest = urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content)}")
    info = folder / "qc_workbench-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: qc-workbench\nVersion: 1\n")
    (info / "RECORD").write_text("\n".join(rows) + "\n")
    return PathDistribution(info)


def test_the_doctor_finds_a_file_that_another_package_put_its_own_over(tmp_path: Path) -> None:
    ours = tmp_path / "run.py"
    ours.write_text("ours")
    found = installed(tmp_path, **{str(ours): "ours"})
    assert installation(found).state is State.OK
    ours.write_text("theirs")
    check = installation(found)
    assert check.state is State.FAULT
    assert "run.py" in check.text(Translator("en"))
    assert "--force-reinstall" in check.text(Translator("ru"))
    ours.unlink()
    assert installation(found).is_fault


def test_run_from_the_sources_there_is_no_list_to_compare_with(tmp_path: Path) -> None:
    info = tmp_path / "qc_workbench-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: qc-workbench\nVersion: 1\n")
    assert installation(PathDistribution(info)).detail == "installation_source"
