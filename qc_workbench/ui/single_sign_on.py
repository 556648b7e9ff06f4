"""Single sign-on by Streamlit's OpenID Connect log-in: offered when the workspace's ``secrets.toml`` has ``[auth]``."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from qc_workbench.ui.state import default_home


def secrets_file(home: Path) -> Path:
    """Where Streamlit finds the provider (docs/access.md): in the workspace, readable by its owner only."""
    return home / "secrets.toml"


def is_offered() -> bool:
    """Whether there is a provider to ask."""
    path = secrets_file(default_home())
    try:
        return _has_provider(path, path.stat().st_mtime_ns)
    except OSError:
        return False


@lru_cache(maxsize=4)
def _has_provider(path: Path, _stamp: int) -> bool:
    try:
        return "auth" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
