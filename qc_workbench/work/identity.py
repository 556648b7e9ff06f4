"""Who a worker is, as far as results go: the program, the libraries that decide values, the speech model.

Two machines that differ in any of these may hear different words in the same recording, and a transcript would then
depend on which of them was free. Such a worker is refused, by name and with the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

import models
import qc_workbench
from qc_workbench.config import Speech

#: Their versions decide samples, voices, words or flags.
_LIBRARIES: Final = (
    "av", "ctranslate2", "faster-whisper", "librosa", "numpy", "onnxruntime", "pymorphy3", "pymorphy3-dicts-ru",
    "rapidfuzz", "scikit-learn", "scipy", "soxr", "tokenizers",
)  # fmt: skip
#: Parts of the program that decide nothing in a result.
_BESIDE_THE_POINT: Final = ("ui", "commands", "store", "reporting")


@dataclass(frozen=True, slots=True)
class Identity:
    """``program``: version and digest of the code; ``model``: its name and sha256, None when no model is asked for."""

    program: str
    libraries: Mapping[str, str]
    model: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a worker is refused. ``what``: ``program``, ``library`` or ``model``; ``name`` of the library or model."""

    what: str
    name: str
    here: str
    there: str

    @property
    def code(self) -> str:
        return f"cluster_other_{self.what}"


@cache
def program_identity() -> Identity:
    """This installation, without a model."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "-"
    return Identity(f"{qc_workbench.__version__} {_code_digest()}", found)


def required_here(speech: Speech) -> Identity:
    """What a worker must be to make the results that this machine's settings ask for.

    A card that the workers have and this machine has not is no mistake here. Raises :class:`ModelError`.
    """
    from qc_workbench.transcription.models import resolve, this_machine

    machine = this_machine()
    if speech.device == "cuda":
        machine = replace(machine, cuda_devices=max(1, machine.cuda_devices))
    choice = resolve(speech, machine=machine)
    return replace(program_identity(), model=(choice.name, choice.digest))


def differences(here: Identity, there: Identity) -> Iterator[Difference]:
    """What makes results of ``there`` other than those of ``here``, the gravest first."""
    if here.program != there.program:
        yield Difference("program", "qc-workbench", here.program, there.program)
    for name in sorted({*here.libraries, *there.libraries}):
        ours, theirs = here.libraries.get(name, "-"), there.libraries.get(name, "-")
        if ours != theirs:
            yield Difference("library", name, ours, theirs)
    if here.model is not None and here.model != there.model:
        theirs = there.model[1][:12] if there.model else "-"
        yield Difference("model", here.model[0], here.model[1][:12], theirs)


def _code_digest() -> str:
    """Names the code and lexicons that decide results; the same whatever the line ends of the system."""
    digest = hashlib.sha256()
    for package in (qc_workbench, models):
        root = Path(package.__file__ or "").parent
        for path in sorted(root.rglob("*")):
            parts = path.relative_to(root).parts
            if parts[0] in _BESIDE_THE_POINT or path.suffix not in {".py", ".toml", ".json"}:
                continue
            digest.update("/".join(parts).encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]
