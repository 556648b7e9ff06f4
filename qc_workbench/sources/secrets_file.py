"""Keys of connected systems in one encrypted file of the workspace, ``secrets.age``.

The file is an age file (age-encryption.org) of one JSON object, name -> secret, so that ``age -d -i KEY secrets.age``
opens it without this program. Its key never lies beside it: it is in the environment, ``QCW_SECRETS_KEY``, or in a
file outside the workspace that only its owner may read: the one that ``QCW_SECRETS_KEY_FILE`` names, or
``qc-workbench/secrets.key`` in the user's configuration folder. Whoever has a copy or a backup of the workspace alone
has no secrets.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyrage
from filelock import FileLock

from qc_workbench.errors import NotConfigured, UsageError
from qc_workbench.sources.json_text import parsed

FILE_NAME: Final = "secrets.age"
KEY_VARIABLE: Final = "QCW_SECRETS_KEY"
KEY_FILE_VARIABLE: Final = "QCW_SECRETS_KEY_FILE"
#: What a secret may be called.
NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")
#: No key of an interface is longer; a service account of Google in JSON is about 2.4 kB.
LONGEST_CHARS: Final = 16_384
_KEY_BEGINS: Final = "AGE-SECRET-KEY-1"
_LOCK_WAIT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class SecretsFile:
    """The secrets of one workspace. ``repr`` tells the place only."""

    home: Path
    environment: Mapping[str, str]

    @classmethod
    def of(cls, home: Path, environment: Mapping[str, str] | None = None) -> SecretsFile:
        return cls(home, os.environ if environment is None else environment)

    def __repr__(self) -> str:
        return f"SecretsFile({str(self.path)!r})"

    @property
    def path(self) -> Path:
        return self.home / FILE_NAME

    @property
    def key_file(self) -> Path:
        """Where the key is when it is not in the environment."""
        named = self.environment.get(KEY_FILE_VARIABLE, "").strip()
        if named:
            return Path(named).expanduser()
        base = self.environment.get("XDG_CONFIG_HOME", "").strip()
        return (Path(base) if base else Path("~/.config").expanduser()) / "qc-workbench" / "secrets.key"

    def names(self) -> list[str]:
        """What is kept, without values. Raises as :meth:`get` does where there is a file that does not open."""
        return sorted(self._read()) if self.path.exists() else []

    def get(self, name: str) -> str | None:
        """A secret; None where there is none of this name.

        Raises :class:`NotConfigured` ``secrets_key_missing``, ``secrets_key_open``, ``secrets_key_wrong``.
        """
        return self._read().get(name) if self.path.exists() else None

    def put(self, name: str, value: str) -> bool:
        """Keep a secret, in place of one of the same name; whether there was one. Makes the key where there is none.

        Raises :class:`UsageError` ``secret_name_invalid``, ``secret_empty``, and what :meth:`get` raises.
        """
        if not NAME.match(name):
            raise UsageError("secret_name_invalid", name=name[:80])
        value = value.strip()
        if not value or len(value) > LONGEST_CHARS:
            raise UsageError("secret_empty", name=name)
        with self._locked():
            known = self._read() if self.path.exists() else {}
            self._write({**known, name: value}, make_key=not self.path.exists())
        return name in known

    def remove(self, name: str) -> bool:
        """Forget a secret; whether there was one."""
        with self._locked():
            known = self._read() if self.path.exists() else {}
            if name not in known:
                return False
            self._write({key: value for key, value in known.items() if key != name}, make_key=False)
        return True

    def _locked(self) -> FileLock:
        locks = self.home / ".locks"
        locks.mkdir(exist_ok=True)
        return FileLock(locks / "secrets.lock", timeout=_LOCK_WAIT_S)

    def _read(self) -> dict[str, str]:
        identity = self._identity()
        try:
            found = parsed(pyrage.decrypt(self.path.read_bytes(), [identity]))
        except (pyrage.DecryptError, ValueError, OSError) as error:
            raise NotConfigured("secrets_key_wrong", file=str(self.path), key=self._key_place()) from error
        if not isinstance(found, dict):
            raise NotConfigured("secrets_key_wrong", file=str(self.path), key=self._key_place())
        return {str(name): str(value) for name, value in found.items()}

    def _write(self, secrets: Mapping[str, str], *, make_key: bool) -> None:
        """A whole new file in the place of the old one: a crash leaves one of the two."""
        if make_key and not self._has_key():
            self._make_key()
        locked = pyrage.encrypt(json.dumps(dict(secrets), ensure_ascii=False).encode(), [self._identity().to_public()])
        handle, name = tempfile.mkstemp(dir=self.home, prefix=".secrets-")  # readable by the owner alone
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(locked)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _has_key(self) -> bool:
        return bool(self.environment.get(KEY_VARIABLE, "").strip()) or self.key_file.exists()

    def _make_key(self) -> None:
        path = self.key_file
        if path.resolve().is_relative_to(self.home.resolve()):
            raise NotConfigured("secrets_key_inside", file=str(path))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{pyrage.x25519.Identity.generate()}\n")

    def _identity(self) -> Any:
        """The key. Raises :class:`NotConfigured`; what a wrong key looks like is never repeated."""
        text = self.environment.get(KEY_VARIABLE, "").strip() or self._key_in_file()
        line = next((line.strip() for line in text.splitlines() if line.strip().startswith(_KEY_BEGINS)), "")
        try:
            return pyrage.x25519.Identity.from_str(line)
        except (pyrage.IdentityError, ValueError):
            raise NotConfigured("secrets_key_wrong", file=str(self.path), key=self._key_place()) from None

    def _key_in_file(self) -> str:
        path = self.key_file
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii", errors="replace")
        except OSError as error:
            raise NotConfigured("secrets_key_missing", file=str(path), variable=KEY_VARIABLE) from error
        if path.resolve().is_relative_to(self.home.resolve()):
            raise NotConfigured("secrets_key_inside", file=str(path))
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NotConfigured("secrets_key_open", file=str(path))
        return text

    def _key_place(self) -> str:
        return KEY_VARIABLE if self.environment.get(KEY_VARIABLE, "").strip() else str(self.key_file)
