"""report, export, evaluate: what leaves the workbench."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from qc_workbench.commands.day import day_named
from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session
from qc_workbench.errors import UsageError
from qc_workbench.reporting.export_fields import Format, What


def report_month(
    session: Session,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.(html|pdf|xlsx)", dir_okay=False)],
    revision: Annotated[int | None, typer.Option("--revision", metavar="N", min=1, show_default=False)] = None,
) -> Done:
    first = month_of(month)
    workspace = session.workspace
    if revision is None:
        from pipelines.build_report import write_month_report

        written = write_month_report(workspace, first, session.as_of, out, session.t)
        session.audit("report_exported", first.strftime("%Y-%m"), report="month", file=out.name)
    else:
        from pipelines.sign_month import write_signed_report

        written = write_signed_report(workspace, first, revision, out, session.t)
        session.audit("report_exported", first.strftime("%Y-%m"), report="month", file=out.name, revision=revision)
    return _written(session, "month", first.strftime("%Y-%m"), written)


def report_day(
    session: Session,
    day: Annotated[str, typer.Argument(metavar="YYYY-MM-DD")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.(html|pdf)", dir_okay=False)],
) -> Done:
    from pipelines.build_report import write_day_report

    workspace = session.workspace
    which = day_named(session, day)
    written = write_day_report(workspace, which, session.as_of, out, session.t)
    session.audit("report_exported", which.isoformat(), report="day", file=out.name)
    return _written(session, "day", which.isoformat(), written)


def report_bonus(
    session: Session,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.(html|pdf|xlsx)", dir_okay=False)],
    agent: Annotated[str | None, typer.Option("--agent", metavar="ID", show_default=False)] = None,
) -> Done:
    from pipelines.bonus import write_bonus_report

    first = month_of(month)
    written = write_bonus_report(session.workspace, first, session.as_of, out, session.t, agent)
    more = {} if agent is None else {"agent": agent}
    session.audit("report_exported", first.strftime("%Y-%m"), report="bonus", file=out.name, **more)
    return _written(session, "bonus", first.strftime("%Y-%m"), written)


def month_of(text: str) -> date:
    try:
        year, month = text.split("-")
        if len(year) == 4 and len(month) == 2:
            return date(int(year), int(month), 1)
    except ValueError:
        pass
    raise UsageError("month_invalid", value=text)


def _written(session: Session, what: str, period: str, out: Path) -> Done:
    size = out.stat().st_size
    return Done(
        data={"report": what, "period": period, "out": str(out), "bytes": size},
        lines=(session.t("cli.report.done", file=str(out), size=session.t.number(size / 1024)),),
    )


def export(
    session: Session,
    what: Annotated[What, typer.Argument(show_choices=True)],
    form: Annotated[Format, typer.Option("--format")] = Format.JSONL,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", dir_okay=False, show_default=False)] = None,
) -> Done:
    from pipelines.export import export as write_export
    from pipelines.export import records

    workspace = session.workspace
    # Before the first record leaves: a stream may be cut off by whoever reads it.
    session.audit("data_exported", what.value, format=form.value, file=out.name if out else "stdout")
    if out is None and session.options.json:
        # One object on stdout, as --json promises; for large data take jsonl or a file.
        found = list(records(workspace, what))
        return Done(data={"what": what, "count": len(found), "rows": found})
    count = write_export(workspace, what, form, out or sys.stdout.buffer)
    line = session.t("cli.export.done", n=count, what=what.value, file=str(out) if out else "stdout")
    data = {"what": what, "format": form, "count": count, "out": str(out) if out else None}
    return Done(data=data, lines=(line,), silent=out is None)


def evaluate(
    session: Session,
    truth: Annotated[Path, typer.Option("--truth", metavar="FILE", dir_okay=False)],
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE.json", dir_okay=False, show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.json", dir_okay=False, show_default=False)] = None,
) -> Done:
    from pipelines.evaluate_detectors import evaluate as measure_quality
    from qc_workbench.commands.evaluation import evaluated

    return evaluated(session, measure_quality(session.workspace, truth, baseline=baseline, out=out))


COMMANDS = (
    Command(("report", "month"), report_month),
    Command(("report", "day"), report_day),
    Command(("report", "bonus"), report_bonus),
    Command(("export",), export),
    Command(("evaluate",), evaluate),
)
