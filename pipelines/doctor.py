"""Is the installation fit to work: program, packages, codecs, speech model, lock, disk, workspace, sources."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import shutil
import struct
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path

import qc_workbench
from qc_workbench import __version__
from qc_workbench.errors import NotConfigured, QcwError, SettingsError
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.work_words import duration_text

#: Free space below which work may stop in the middle (a model, a month of recordings).
WANTED_FREE_GIB = 2.0
#: Packages whose absence or damage shows only in the middle of work.
PACKAGES = ("faster-whisper", "ctranslate2", "av", "duckdb", "librosa", "streamlit", "typst", "vl-convert-python")
#: What recordings come in (contracts of the file import).
CODECS = ("pcm_s16le", "pcm_alaw", "pcm_mulaw", "gsm", "gsm_ms", "mp3", "opus", "aac", "flac")


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``code`` names it (``doctor.<code>``), ``detail`` says what was found (``doctor.detail.<detail>``).
    ``ago_s``: how long ago that was."""

    code: str
    state: State
    detail: str
    params: Mapping[str, str | float] = field(default_factory=dict)
    error: QcwError | None = None
    ago_s: float | None = None

    @property
    def is_fault(self) -> bool:
        return self.state is State.FAULT

    def text(self, t: Translator) -> str:
        if self.error:
            return t.error(self.error)
        ago = {} if self.ago_s is None else {"ago": duration_text(t, self.ago_s)}
        said = {key: t.number(value, 1) if isinstance(value, float) else value for key, value in self.params.items()}
        return t(f"doctor.detail.{self.detail}", **said, **ago)


def examine(home: Path) -> tuple[Check, ...]:
    """Every check, worst news included; the workspace is looked at only where there is one."""
    codecs = [_codec(name) for name in CODECS]
    checks = [_program(), installation(), _packages(), *codecs, _model(), _lock(), _disk(home)]
    if (home / "qcw.toml").exists():
        checks += [_workspace(home), *_rights(home), *_mail(home), *_sources(home)]
    return tuple(checks)


def _program() -> Check:
    params = {"version": __version__, "python": platform.python_version(), "system": platform.platform(terse=True)}
    return Check("program", State.OK if sys.version_info >= (3, 11) else State.FAULT, "program", params)


def installation(distribution: metadata.Distribution | None = None) -> Check:
    """Are the files of the program as they were installed? Another package may have put its own over them."""
    here = Path(qc_workbench.__file__).resolve()
    try:
        found = distribution or metadata.distribution("qc-workbench")
        files = {file: Path(str(found.locate_file(file))) for file in found.files or () if file.hash}
    except metadata.PackageNotFoundError:
        files = {}
    if here not in {path.resolve() for file, path in files.items() if file.name == "__init__.py"}:
        return Check("installation", State.OK, "installation_source", {"folder": str(here.parents[1])})
    changed = [str(file) for file, path in files.items() if file.hash and not _is_whole(path, file.hash)]
    if changed:
        params = {"names": ", ".join(changed[:3]), "count": str(len(changed))}
        return Check("installation", State.FAULT, "installation_changed", params)
    return Check("installation", State.OK, "installation", {"count": str(len(files))})


def _is_whole(path: Path, recorded: metadata.FileHash) -> bool:
    if not path.is_file():
        return False
    digest = hashlib.new(recorded.mode, path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == recorded.value


def _packages() -> Check:
    missing = []
    for name in PACKAGES:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("packages", State.FAULT, "packages_missing", {"names": ", ".join(missing)})
    return Check("packages", State.OK, "packages", {"count": str(len(PACKAGES))})


def _codec(name: str) -> Check:
    """Decode a second of sound made in memory, the way a recording would be decoded."""
    try:
        samples = decoded_samples(sample_sound(name))
    except Exception as error:  # whatever the decoder throws, the codec does not work here
        return Check("codec", State.FAULT, "codec_fault", {"name": name, "detail": str(error) or type(error).__name__})
    if samples < 6_000:  # of 8000: codecs may drop a frame at an end
        return Check("codec", State.FAULT, "codec_fault", {"name": name, "detail": f"{samples} samples"})
    return Check("codec", State.OK, "codec", {"name": name})


def decoded_samples(sound: bytes) -> int:
    """How many samples a file in memory gives at 8 kHz."""
    import av
    from av.container import InputContainer

    with av.open(io.BytesIO(sound), "r") as container:
        assert isinstance(container, InputContainer)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=8000)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    return sum(frame.samples for frame in frames)


def sample_sound(codec: str) -> bytes:
    """One second of a quiet tone in a codec, as a file in memory."""
    if codec in ("gsm", "gsm_ms"):
        return _gsm_wave() if codec == "gsm_ms" else bytes([0xD0, *([0] * 32)]) * 50
    import av
    import numpy as np

    encoders: dict[str, tuple[str, str, int]] = {
        "mp3": ("mp3", "libmp3lame", 8000),
        "opus": ("ogg", "libopus", 8000),
        "aac": ("mp4", "aac", 8000),
        "flac": ("flac", "flac", 8000),
    }
    container_name, encoder, rate = encoders.get(codec, ("wav", codec, 8000))
    out = io.BytesIO()
    tone = (np.sin(np.arange(rate) * 2 * np.pi * 440 / rate) * 8000).astype(np.int16).reshape(1, -1)
    with av.open(out, "w", format=container_name) as container:
        stream = container.add_stream(encoder, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


def _gsm_wave() -> bytes:
    """A WAV of Microsoft's GSM (code 0x31): blocks of 65 bytes for 320 samples. PyAV decodes it but can't write it."""
    blocks = 25
    sound = bytes(65) * blocks
    head = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"fact" + struct.pack("<II", 4, blocks * 320)
    chunks += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _model() -> Check:
    from qc_workbench.errors import ModelError
    from qc_workbench.transcription.models import installed_models, models_folder, verify_model

    found = installed_models()
    if not found:
        error = ModelError("model_missing", name="base", folder=str(models_folder()))
        return Check("model", State.FAULT, "error", error=error)
    try:
        for model in found:
            verify_model(model.folder, model.name)
    except ModelError as error:
        return Check("model", State.FAULT, "error", error=error)
    return Check("model", State.OK, "model", {"names": ", ".join(model.name for model in found)})


def _lock() -> Check:
    """Two holders of one lock file must exclude each other; some network folders only pretend to."""
    from filelock import FileLock, Timeout

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doctor.lock"
        with FileLock(path):
            try:
                with FileLock(path, timeout=0.05, is_singleton=False):
                    return Check("lock", State.FAULT, "lock_fault")
            except Timeout:
                return Check("lock", State.OK, "lock")


def _disk(home: Path) -> Check:
    place = next(folder for folder in (home.resolve(), *home.resolve().parents) if folder.exists())
    free_gib = shutil.disk_usage(place).free / 2**30
    state = State.OK if free_gib >= WANTED_FREE_GIB else State.WARNING
    params: dict[str, str | float] = {
        "free": round(free_gib, 1),
        "folder": str(place),
        "wanted": f"{WANTED_FREE_GIB:.0f}",
    }
    return Check("disk", state, "disk" if state is State.OK else "disk_low", params)


def _workspace(home: Path) -> Check:
    from qc_workbench.workspace import Workspace

    try:
        workspace = Workspace.open(home)
        names = ", ".join(plan.name for plan in workspace.settings.sampling.plans)
    except QcwError as error:
        return Check("workspace", State.FAULT, "error", error=error)
    return Check("workspace", State.OK, "workspace", {"home": str(workspace.home), "plans": names})


def _rights(home: Path) -> tuple[Check, ...]:
    """A warning where others on this machine can read the database: an older program made it, or somebody opened it."""
    shut = [path.stat().st_mode & 0o055 == 0 for path in (home, home / "qcw.duckdb") if path.exists()]
    if os.name != "posix" or any(shut):
        return ()
    return (Check("rights", State.WARNING, "workspace_open", {"home": str(home)}),)


def _sources(home: Path) -> tuple[Check, ...]:
    from pipelines.doctor_sources import check_sources
    from qc_workbench.workspace import Workspace

    try:
        workspace = Workspace.open(home)
        is_connected = bool(workspace.settings.sources)
    except QcwError:
        return ()  # said by the check of the workspace
    return check_sources(workspace, datetime.now(UTC)) if is_connected else ()


def _mail(home: Path) -> tuple[Check, ...]:
    """Whether the mail server takes our log-in; nothing is sent. Only where one is named."""
    from pipelines.mail_server import MailConnection
    from qc_workbench.config import load_settings

    try:
        settings = load_settings(home / "qcw.toml").mail
        if not settings.host:
            return ()
        if not settings.is_set_up:
            raise NotConfigured("mail_no_sender", host=settings.host)
        with MailConnection(settings, home):
            pass
    except SettingsError:
        return ()  # said by the check of the workspace
    except QcwError as error:
        return (Check("mail", State.FAULT, "error", error=error),)
    where = {"host": settings.host, "port": str(settings.used_port), "sender": settings.sender}
    file = home / settings.password_file
    if settings.user and os.name == "posix" and file.stat().st_mode & 0o077:
        return (Check("mail", State.WARNING, "mail_password_open", {"file": str(settings.password_file)}),)
    return (Check("mail", State.OK, "mail", where),)
