"""The files of a release: ``python -m pipelines.make_release [FOLDER]`` makes them of what the repository tracks.

Built twice from the same sources the files are the same to the byte: times are those of the last commit, owners and
rights are fixed. Nothing of a working folder (caches, builds, settings of a person) can slip in: the sources are copied
by their list into an empty folder first. The wheel is built from the unpacked source archive, which proves it whole.

    qc_workbench-VERSION-py3-none-any.whl   the program with models, texts and the sample company
    qc_workbench-VERSION.tar.gz             the sources it was built from
    requirements-VERSION.txt                every package it needs, with digests: pip install --require-hashes -r
    sbom-VERSION.cdx.json                   the same as a bill of materials (CycloneDX)
    SHA256SUMS                              digests of these
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.lock_file import ROOT, running, written
from pipelines.make_sbom import bill_of_materials
from qc_workbench import __version__

#: Tracked, but no part of a release.
_LEFT_OUT: Final = ("tests/", "docs/screenshots/")
#: The oldest moment a ZIP can hold.
_OLDEST: Final = 315_532_800
_HOOK: Final = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def tracked(root: Path = ROOT) -> list[str]:
    """Files that git knows and that are there, without those that no release holds."""
    asked = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git of the machine
        cwd=root, capture_output=True, check=True, text=True,
    )  # fmt: skip
    names = (name for name in asked.stdout.split("\0") if name and not name.startswith(_LEFT_OUT))
    return sorted(name for name in names if (root / name).is_file())


def moment(root: Path = ROOT) -> int:
    """The time that the files get: ``SOURCE_DATE_EPOCH``, or when the last commit was made."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        given = subprocess.run(
            ["git", "log", "-1", "--format=%ct"],  # noqa: S607 - git of the machine
            cwd=root, capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
    return max(int(given), _OLDEST)


def make_release(folder: Path, root: Path = ROOT) -> list[Path]:
    """Build into ``folder``; returns the files made."""
    at = moment(root)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="qcw-release-") as scratch:
        sources = Path(scratch) / "sources"
        _copy(root, tracked(root), sources)
        archive = folder / f"qc_workbench-{__version__}.tar.gz"
        made = Path(scratch) / "made"
        archive.write_bytes(even_archive((made / _build("build_sdist", sources, made, at)).read_bytes(), at))
        unpacked = Path(scratch) / "unpacked"
        with tarfile.open(archive) as packed:
            packed.extractall(unpacked, filter="data")
        wheel = _build("build_wheel", unpacked / f"qc_workbench-{__version__}", made, at)
        (folder / wheel).write_bytes(even_wheel((made / wheel).read_bytes(), at))
    needs = folder / f"requirements-{__version__}.txt"
    needs.write_text(written(running(root)), encoding="utf-8")
    bill = folder / f"sbom-{__version__}.cdx.json"
    bill.write_text(bill_of_materials(root, datetime.fromtimestamp(at, UTC)), encoding="utf-8")
    files = [folder / wheel, archive, needs, bill]
    sums = folder / "SHA256SUMS"
    sums.write_text(
        "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files), encoding="utf-8"
    )
    return [*files, sums]


def even_archive(packed: bytes, at: int) -> bytes:
    """The same archive with names in order, one time, nobody's ownership and plain rights."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(packed)) as before,
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=at) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for entry in sorted(before.getmembers(), key=lambda member: member.name):
            plain = tarfile.TarInfo(entry.name)
            plain.type, plain.mtime, plain.mode = entry.type, at, 0o755 if entry.isdir() else 0o644
            content = before.extractfile(entry)
            held = content.read() if content else b""
            plain.size = len(held)
            after.addfile(plain, io.BytesIO(held))
    return out.getvalue()


def even_wheel(packed: bytes, at: int) -> bytes:
    """The same wheel with names in order, one time and plain rights; its list of files last, as the format has it."""
    time = datetime.fromtimestamp(at, UTC)
    stamp = (time.year, time.month, time.day, time.hour, time.minute, time.second // 2 * 2)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in sorted(before.namelist(), key=lambda item: (".dist-info/" in item, item.endswith("RECORD"), item)):
            plain = zipfile.ZipInfo(name, stamp)
            plain.external_attr, plain.create_system = 0o100644 << 16, 3
            after.writestr(plain, before.read(name), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def _copy(root: Path, names: Iterable[str], target: Path) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)


def _build(hook: str, sources: Path, target: Path, at: int) -> str:
    """Call the builder of the sources; its last line names the file made."""
    target.mkdir(exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(at), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
    done = subprocess.run(  # noqa: S603 - this Python and a fixed program
        [sys.executable, "-W", "ignore", "-c", _HOOK, hook, str(target)],
        cwd=sources, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{hook} failed in {sources}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout.strip().splitlines()[-1]


def main() -> None:
    for file in make_release(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"):
        print(f"{file}  {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
