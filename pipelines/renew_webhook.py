"""A new secret for the address that a source's webhooks are sent to. The old address ends with it."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

from qc_workbench.errors import NotConfigured, UsageError
from qc_workbench.sources.webhook_kinds import KINDS
from qc_workbench.store.calls import audit_entry
from qc_workbench.workspace import Workspace


def renew_webhook(workspace: Workspace, name: str, by: str, at: datetime) -> str:
    """Write a secret to the file that the settings name, readable by its owner only; it is returned.

    Raises ``source_not_configured``, ``webhook_unsupported`` (the system sends none), ``webhook_off`` (no place is
    named), ``webhook_place_not_ours`` (a variable of the environment: whoever sets it renews it).
    """
    source = next((item for item in workspace.settings.sources if item.name == name), None)
    if source is None:
        known = ", ".join(item.name for item in workspace.settings.sources) or "—"
        raise NotConfigured("source_not_configured", source=name, known=known, file=str(workspace.settings_file))
    if source.kind not in KINDS:
        raise UsageError("webhook_unsupported", source=name)
    place = str(getattr(source, "webhook_secret", ""))
    kind, _, where = place.partition(":")
    if not place:
        raise UsageError("webhook_off", source=name)
    if kind != "file":
        raise UsageError("webhook_place_not_ours", source=name, place=place)
    token = secrets.token_urlsafe(32)
    _write(workspace.home / Path(where).expanduser(), token)
    workspace.store.write(audit_entry(at, by, "webhook_renewed", name))
    return token


def _write(path: Path, token: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(token + "\n")
    fresh.replace(path)
