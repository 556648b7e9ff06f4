"""forms: what calls are scored on, from the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, person
from qc_workbench.domain.forms import FormState, FormVersion
from qc_workbench.errors import ImportFailed, UsageError, WriteRefused


def form_list(session: Session) -> Done:
    from qc_workbench.store import forms

    t = session.t
    with session.workspace.store.reading() as reader:
        heads = forms.version_heads(reader)
    rows = [
        {
            "form": head.form_code,
            "version": head.version,
            "state": head.state.value,
            "published_by": head.published_by,
            "published_at": head.published_at.isoformat() if head.published_at else None,
            "evaluations": head.evaluations,
        }
        for head in heads
    ]
    lines = tuple(
        t(
            "cli.forms.line",
            form=head.form_code,
            version=head.version,
            state=t(f"form_state.{head.state.value}"),
            evaluations=t("form_editor.evaluations", n=head.evaluations),
        )
        for head in heads
    )
    return Done(data={"forms": rows}, lines=lines or (t("cli.forms.none"),))


def form_export(
    session: Session,
    code: Annotated[str, typer.Argument(metavar="CODE")],
    version: Annotated[int | None, typer.Option("--version", min=1, show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", dir_okay=False, show_default=False)] = None,
) -> Done:
    from qc_workbench.sources.form_files import form_text

    found = _found(session, code, version)
    session.audit("form_exported", code, version=found.version, file=out.name if out else "")
    text = form_text(found.form)
    data = {"form": code, "version": found.version, "text": text}
    if out is None:
        return Done(data=data, lines=(text.rstrip("\n"),))
    out.write_text(text, encoding="utf-8")
    return Done(data=data, lines=(session.t("cli.forms.exported", form=code, version=found.version, file=str(out)),))


def form_import(
    session: Session, file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, exists=True)]
) -> Done:
    from qc_workbench.sources.form_files import read_form
    from qc_workbench.store import forms
    from qc_workbench.store.calls import audit_entry

    try:
        form = read_form(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise ImportFailed("form_not_text", file=file.name, place=error.start + 1) from error
    write = forms.new_draft(form, person(), session.as_of)
    entry = audit_entry(session.as_of, person(), "form_imported", form.code)
    try:
        session.workspace.store.apply(replace(write, statements=(*write.statements, entry)))
    except WriteRefused as error:
        raise UsageError("form_has_draft", form=form.code) from error
    draft = _found(session, form.code, None)
    return Done(
        data={"form": form.code, "version": draft.version},
        lines=(session.t("cli.forms.imported", form=form.code, version=draft.version),),
        next_step=session.t("cli.forms.publish_next", form=form.code),
    )


def form_publish(session: Session, code: Annotated[str, typer.Argument(metavar="CODE")]) -> Done:
    from qc_workbench.sources.form_files import form_text, read_form
    from qc_workbench.store import forms
    from qc_workbench.store.calls import audit_entry

    with session.workspace.store.reading() as reader:
        drafts = [item for item in forms.form_versions(reader, FormState.DRAFT) if item.form.code == code]
    if not drafts:
        raise UsageError("form_no_draft", form=code)
    (draft,) = drafts
    read_form(form_text(draft.form), f"{code} v{draft.version}")  # says line and place of what keeps it from that
    write = forms.publish(draft, person(), session.as_of)
    entry = audit_entry(session.as_of, person(), "form_published", code, version=draft.version)
    try:
        session.workspace.store.apply(replace(write, statements=(*write.statements, entry)))
    except WriteRefused as error:
        raise UsageError("form_draft_newer", form=code) from error
    return Done(
        data={"form": code, "version": draft.version},
        lines=(session.t("cli.forms.published", form=code, version=draft.version),),
    )


def _found(session: Session, code: str, version: int | None) -> FormVersion:
    """A version; without a number the newest."""
    from qc_workbench.store import forms

    with session.workspace.store.reading() as reader:
        numbers = [head.version for head in forms.version_heads(reader) if head.form_code == code]
        wanted = version if version is not None else next(iter(numbers), None)
        found = None if wanted is None else forms.form_version(reader, code, wanted)
    if found is None:
        raise UsageError("form_unknown", form=code)
    return found


COMMANDS = (
    Command(("forms", "list"), form_list),
    Command(("forms", "export"), form_export),
    Command(("forms", "import"), form_import),
    Command(("forms", "publish"), form_publish),
)
