"""The wheel holds every file of the packages and nothing else; built twice it is the same to the byte."""

from __future__ import annotations

import io
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from setuptools import Distribution

import pipelines.demo
from pipelines.lock_file import ROOT
from pipelines.make_release import even_archive, even_wheel, tracked
from qc_workbench import __version__

PACKAGES = ("qc_workbench/", "pipelines/", "models/")


def packed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What setuptools would put into the wheel, by the project's own settings."""
    monkeypatch.chdir(ROOT)
    distribution = Distribution({"name": "qc-workbench"})
    distribution.script_name = "setup.py"
    distribution.parse_config_files()
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    outputs = build.get_outputs(include_bytecode=False)
    return {Path(path).relative_to(build.build_lib).as_posix() for path in outputs}


def in_git() -> set[str]:
    try:
        return set(tracked())
    except (OSError, ValueError):
        pytest.skip("not a git checkout")


def test_every_file_of_the_packages_goes_into_the_wheel_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {name for name in in_git() if name.startswith(PACKAGES)}
    found = packed(monkeypatch)
    assert sorted(expected - found) == [], "not packed: name their endings in [tool.setuptools.package-data]"
    strange = {name for name in found - expected if not (ROOT / name).is_file() or "__pycache__" in name}
    assert strange == set()
    assert not [name for name in found if re.search(r"(^|/)(tests|\.env|__pycache__|\.[a-z_]+cache)(/|$)", name)]


def test_the_source_archive_names_all_that_the_wheel_is_built_from() -> None:
    named = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    for folder in ("docs", "deploy", "samples"):
        assert f"graft {folder}" in named
    assert "prune tests" in named


def test_the_sample_company_is_found_in_the_repository() -> None:
    assert (pipelines.demo.SAMPLES / "calls.csv").is_file()


def test_the_version_has_one_source_and_the_changelog_begins_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "qc_workbench.__version__"}
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == __version__
    assert f"qc-workbench:{__version__}" in (ROOT / "deploy" / "container" / "compose.yaml").read_text(encoding="utf-8")
    assert f"qc-workbench:{__version__}" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def archive(names: list[str], mtime: int, owner: str, mode: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packing:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.uname, entry.mode, entry.uid = len(name), mtime, owner, mode, mtime % 1000
            packing.addfile(entry, io.BytesIO(name.encode()))
    return out.getvalue()


def test_an_archive_says_nothing_of_when_where_and_by_whom_it_was_made() -> None:
    one = even_archive(archive(["a", "b"], 1_700_000_000, "anna", 0o600), 1_800_000_000)
    other = even_archive(archive(["b", "a"], 1_700_000_777, "boris", 0o664), 1_800_000_000)
    assert one == other
    with tarfile.open(fileobj=io.BytesIO(one)) as found:
        assert [(item.name, item.mtime, item.mode, item.uname) for item in found] == [
            ("a", 1_800_000_000, 0o644, ""), ("b", 1_800_000_000, 0o644, ""),
        ]  # fmt: skip


def wheel(names: list[str], minute: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packing:
        for name in names:
            packing.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 1, minute, 0)), name)
    return out.getvalue()


def test_a_wheel_says_nothing_of_when_it_was_made_and_keeps_its_list_last() -> None:
    one = even_wheel(wheel(["p/b.py", "p/a.py", "q.dist-info/RECORD", "q.dist-info/METADATA"], 1), 1_800_000_000)
    other = even_wheel(wheel(["q.dist-info/METADATA", "q.dist-info/RECORD", "p/a.py", "p/b.py"], 2), 1_800_000_000)
    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as found:
        assert found.namelist() == ["p/a.py", "p/b.py", "q.dist-info/METADATA", "q.dist-info/RECORD"]
