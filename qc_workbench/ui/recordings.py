"""Addresses of recordings and files a browser can play.

An address is signed with a secret of this server and expires, so that the recordings are never an
open folder: who has only the hash, or an old address, gets nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from qc_workbench.domain.call import Recording
from qc_workbench.domain.redaction import Hidden
from qc_workbench.store.database import Reader
from qc_workbench.store.listening import hidden_in
from qc_workbench.ui.viewer import Viewer
from qc_workbench.work.covered_sound import kept_covered
from qc_workbench.work.decoding import write_pcm
from qc_workbench.work.recordings import WORKER
from qc_workbench.workspace import Workspace

#: How long an address works at least. The end is rounded up to the hour, so that a page that is
#: drawn again gives the same address and the browser does not load the sound twice.
ADDRESS_LIFE = timedelta(hours=8)

ADDRESS_SECRET = ".address-secret"  # noqa: S105 - the name of a file

_HASH = re.compile(r"[0-9a-f]{64}")

#: What current browsers play without help: container -> media type and the codecs inside it.
_PLAYABLE = {
    "wav": ("audio/wav", frozenset({"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"})),
    "mp3": ("audio/mpeg", frozenset({"mp3", "mp3float"})),
    "ogg": ("audio/ogg", frozenset({"opus", "vorbis", "flac"})),
    "opus": ("audio/ogg", frozenset({"opus"})),
    "flac": ("audio/flac", frozenset({"flac"})),
    "m4a": ("audio/mp4", frozenset({"aac"})),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may listen to which recording of which call, and until when."""

    content_hash: str
    call_id: str
    who: str
    until: int  # seconds since 1970

    def query(self, secret: bytes) -> str:
        return urlencode({"call": self.call_id, "who": self.who, "until": self.until, "sign": self.sign(secret)})

    def sign(self, secret: bytes) -> str:
        message = "\n".join((self.content_hash, self.call_id, self.who, str(self.until)))
        return hmac.new(secret, message.encode(), hashlib.sha256).hexdigest()


def workspace_secret(home: Path) -> bytes:
    """The secret of the workspace's digests and certificates. It is in backups, without which they say nothing."""
    return _secret(home, ".secret")


def address_secret(home: Path) -> bytes:
    """The secret of what opens this server: recordings' addresses, links that set a password, the first set-up.

    In no backup: whoever steals one could else sign such links for the server that goes on. After a restore a new one
    is made, so that addresses, links and sessions of before are over.
    """
    return _secret(home, ADDRESS_SECRET)


def _secret(home: Path, name: str) -> bytes:
    """Made at first need, readable by its owner only."""
    path = home / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    fresh = home / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        os.link(fresh, path)  # fails when another process was first: its secret counts
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()


def recording_address(workspace: Workspace, recording: Recording, who: str, now: datetime) -> str | None:
    """The path a browser of ``who`` loads the recording from, or None when there is nothing to play."""
    if not recording.is_audible or recording.content_hash is None or recording.path is None:
        return None
    end = (now + ADDRESS_LIFE).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    grant = Grant(recording.content_hash, recording.call_id, who, int(end.timestamp()))
    return f"/recordings/{recording.content_hash}?{grant.query(address_secret(workspace.home))}"


def worker_query(home: Path, content_hash: str, until: datetime) -> str:
    """The query of the address from which a worker of a cluster fetches a recording as it is."""
    return Grant(content_hash, "", WORKER, int(until.timestamp())).query(address_secret(home))


def check_grant(home: Path, content_hash: str, call_id: str, who: str, until: str, sign: str) -> Grant | None:
    """The grant that an address carries, or None when it is malformed, forged or too old."""
    if not _HASH.fullmatch(content_hash) or not until.isdecimal() or len(until) > 12:
        return None
    grant = Grant(content_hash, call_id, who, int(until))
    if not hmac.compare_digest(grant.sign(address_secret(home)).encode(), sign.encode()):
        return None
    return grant if datetime.now(UTC).timestamp() <= grant.until else None


def hidden_sound(workspace: Workspace, reader: Reader, content_hash: str) -> tuple[Hidden, ...]:
    """The seconds of a recording that are not played, by the kinds of secrets that the settings name."""
    kinds = workspace.settings.privacy.redact
    return tuple(item for item in hidden_in(reader, content_hash) if item.kind in kinds)


def may_hear_original(workspace: Workspace, viewer: Viewer) -> bool:
    """Whether this person may hear secrets too; asked besides whether they may hear the call."""
    return bool(viewer.account.person.roles & set(workspace.settings.privacy.original_sound))


def playable(workspace: Workspace, recording: Recording, hidden: Sequence[Hidden] = ()) -> tuple[Path, str]:
    """A file the browser can play and its media type; made once and kept where the original is none, or where these
    seconds of it are covered by a tone.

    Raises :class:`~qc_workbench.errors.MediaError`, and ``FileNotFoundError`` when the file is gone.
    """
    assert recording.path is not None
    assert recording.content_hash is not None
    path = workspace.media_path(recording.path)
    if not path.is_file():
        raise FileNotFoundError(path)
    folder = workspace.home / "cache" / "playable"
    if hidden:
        return kept_covered(folder, recording.content_hash, hidden, lambda part: write_pcm(path, part)), "audio/wav"
    media_type = browser_media_type(recording)
    if media_type is not None:
        return path, media_type
    target = folder / f"{recording.content_hash}.wav"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            write_pcm(path, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return target, "audio/wav"


def browser_media_type(recording: Recording) -> str | None:
    """The media type of a recording that browsers play as it is; None when it must be converted (A-law, GSM …)."""
    media_type, codecs = _PLAYABLE.get(recording.container or "", (None, frozenset()))
    return media_type if recording.codec in codecs else None
