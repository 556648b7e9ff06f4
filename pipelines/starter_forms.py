"""The forms that come with the program, published in a workspace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from qc_workbench.errors import WriteRefused
from qc_workbench.sources.form_files import starter_forms
from qc_workbench.store import forms
from qc_workbench.store.calls import audit_entry
from qc_workbench.workspace import Workspace

#: Who published them where no person did.
PROGRAM: Final = "QC Workbench"


def publish_starter_set(workspace: Workspace, by: str, at: datetime) -> tuple[str, ...]:
    """Publish each starter form of which the workspace has no version yet; their codes. Done again it does nothing."""
    with workspace.store.reading() as reader:
        known = {head.form_code for head in forms.version_heads(reader)}
    published = []
    for code, form in starter_forms().items():
        if code in known:
            continue
        try:
            workspace.store.apply(forms.new_draft(form, by, at))
            with workspace.store.reading() as reader:
                draft = forms.form_version(reader, code, 1)
            assert draft is not None
            write = forms.publish(draft, by, at)
            entry = audit_entry(at, by, "form_published", code, version=draft.version)
            workspace.store.apply(replace(write, statements=(*write.statements, entry)))
        except WriteRefused:  # somebody else did the same in this moment
            continue
        published.append(code)
    return tuple(published)
