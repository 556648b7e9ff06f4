"""Settings are a file that people edit with whatever they like: what changed since the workspace was last opened goes
to the audit log, once."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from qc_workbench.config import Settings
from qc_workbench.errors import WriteRefused
from qc_workbench.settings_changes import SettingChange, flat_settings, setting_changes, settings_digest
from qc_workbench.store import settings_seen
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.settings_seen import SeenSettings
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: The file says nobody's name: the line is the program's, which noticed it.
NOTICED_BY: Final = "qcw"


def note_settings(workspace: Workspace, by: str, now: datetime) -> tuple[SettingChange, ...]:
    """Compare the settings in force with those last seen and keep what changed; the changes.

    ``by``: whose command or app noticed it, which need not be whoever edited the file. A workspace that was never
    looked at has changed nothing. Raises what reading the settings and the store raise.
    """
    secret = workspace_secret(workspace.home)
    flat = flat_settings(workspace.settings, secret)
    after = SeenSettings(settings_digest(flat), flat)
    with workspace.store.reading() as reader:
        before = settings_seen.last_seen(reader)
    if before is not None and before.digest == after.digest:
        return ()
    changes = setting_changes(before.settings, flat, flat_settings(Settings(), secret)) if before else ()
    entries = []
    if changes:
        edited_at = datetime.fromtimestamp(workspace.settings_file.stat().st_mtime, UTC)
        entries = [
            audit_entry(
                now, NOTICED_BY, "settings_changed", workspace.settings_file.name,
                noticed_by=by, edited_at=edited_at.isoformat(timespec="seconds"),
                changed={item.key: [item.before, item.after] for item in changes},
            )
        ]  # fmt: skip
    with suppress(WriteRefused):  # another process noticed the same a moment before
        workspace.store.apply(settings_seen.seen(before, after, now, *entries))
    return changes
