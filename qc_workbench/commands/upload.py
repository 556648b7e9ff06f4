"""upload: reports to the place of ``[upload]``."""

from __future__ import annotations

from typing import Annotated

import typer

from qc_workbench.commands.day import day_named
from qc_workbench.commands.frame import Command
from qc_workbench.commands.reports import month_of
from qc_workbench.commands.session import Done, Session, person


def upload(
    session: Session,
    day: Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD|today|yesterday", show_default=False)] = None,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", show_default=False)] = None,
) -> Done:
    from pipelines import upload as work

    workspace, by, at, t = session.workspace, person(), session.as_of, session.t
    reports = []
    if day is not None:
        reports.append(work.upload_day(workspace, day_named(session, day), by, at))
    if month is not None:
        reports.append(work.upload_month(workspace, month_of(month), by, at))
    if not reports:
        reports.append(work.upload_due(workspace, by, at))
    nothing = []
    if month is not None and not reports[-1].uploaded and not reports[-1].already:
        nothing.append(t("upload.no_month", month=month))
    elif day is None and not reports[-1].uploaded and not reports[-1].already:
        nothing.append(t("upload.nothing"))
    names = [name for report in reports for name in report.uploaded]
    already, place = sum(report.already for report in reports), reports[0].place
    lines = [t("upload.done", n=len(names), place=place, already=t.number(already)), *names, *nothing]
    return Done(data={"place": place, "uploaded": names, "already": already}, lines=tuple(lines))


COMMANDS = (Command(("upload",), upload),)
