"""import-file: a file that somebody exported, by a saved mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person
from qc_workbench.commands.terminal import TerminalProgress

if TYPE_CHECKING:
    from pipelines.file_trial import Trial

#: Rows of a preview in a terminal.
PREVIEWED = 10


def import_file(
    session: Session,
    path: Annotated[Path, typer.Argument(metavar="PATH")],
    mapping: Annotated[str | None, typer.Option("--mapping", metavar="NAME", show_default=False)] = None,
    preview: Annotated[bool, typer.Option("--preview", show_default=False)] = False,
) -> Done:
    from pipelines import import_file as files
    from qc_workbench.commands.summaries import ingested
    from qc_workbench.errors import UsageError
    from qc_workbench.sources.file_reading import open_guessed

    workspace = session.workspace
    if not path.is_file():
        raise UsageError("file_missing", file=str(path))
    if mapping is None:
        saved = files.recognised(workspace, open_guessed(path))
        if saved is None:
            raise UsageError("mapping_not_recognised", file=path.name)
    else:
        saved = files.saved_mapping(workspace, mapping)
    if preview:
        from pipelines.file_trial import trial
        from qc_workbench.sources.file_reading import open_mapped

        return _previewed(session, path, trial(workspace, open_mapped(path, saved.mapping), saved.mapping, path.name))
    done = files.import_file(
        workspace, path, saved.mapping, TerminalProgress(session), by=person(), at=session.started_at, name=saved.name
    )
    said = ingested(session, done.report)
    skipped = {kind.value: n for kind, n in done.skipped.items()}
    more = {"import_id": done.batch_id, "mapping": saved.name, "skipped": skipped, "made": done.made}
    lines = [session.t(f"files.skipped.{kind}", n=n) for kind, n in skipped.items()]
    return Done(
        data={**said.data, **more}, tables=said.tables, lines=(*said.lines, *lines), next_step=said.next_step,
        exit_code=said.exit_code,
    )  # fmt: skip


def _previewed(session: Session, path: Path, found: Trial) -> Done:
    from pipelines.import_report import describe

    t = session.t
    columns = [name for name in found.columns if any(row.cells.get(name) for row in found.rows)]
    rows = tuple(
        (str(row.number), *(row.cells.get(name, "") for name in columns), "" if row.problems else "✓")
        for row in found.rows[:PREVIEWED]
    )
    rejects = [describe(item, t) for item in found.rejects]
    return Done(
        data={
            "file": path.name, "good": found.good, "rejected": found.rejected, "rejects": rejects,
            "rows": [{"row": row.number, **row.cells} for row in found.rows],
        },
        tables=(Table(t("files.preview_title", file=path.name), ("№", *columns, ""), rows, frozenset({0})),),
        lines=(t("files.trial_counts", good=t.number(found.good), rejected=t.number(found.rejected)), *rejects[:10]),
        exit_code=1 if found.rejected else 0,
    )  # fmt: skip


COMMANDS = (Command(("import-file",), import_file),)
