"""report, export, evaluate: what leaves the workbench."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session
from qc_workbench.errors import UsageError
from qc_workbench.reporting.export_fields import Format, What


def report_month(
    session: Session,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.(html|pdf|xlsx)", dir_okay=False)],
) -> Done:
    from pipelines.build_report import write_month_report

    first = _month(month)
    workspace = session.workspace
    written = write_month_report(workspace, first, session.as_of, out, session.t)
    session.audit("report_exported", first.strftime("%Y-%m"), report="month", file=out.name)
    return _written(session, "month", first.strftime("%Y-%m"), written)


def report_day(
    session: Session,
    day: Annotated[str, typer.Argument(metavar="YYYY-MM-DD")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.(html|pdf)", dir_okay=False)],
) -> Done:
    from pipelines.build_report import write_day_report

    workspace = session.workspace
    today = session.as_of.astimezone(workspace.settings.company.zone).date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    which = named.get(day) or _day(day)
    written = write_day_report(workspace, which, session.as_of, out, session.t)
    session.audit("report_exported", which.isoformat(), report="day", file=out.name)
    return _written(session, "day", which.isoformat(), written)


def _month(text: str) -> date:
    try:
        year, month = text.split("-")
        if len(year) == 4 and len(month) == 2:
            return date(int(year), int(month), 1)
    except ValueError:
        pass
    raise UsageError("month_invalid", value=text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("day_invalid", value=text) from error


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
    Command(("export",), export),
    Command(("evaluate",), evaluate),
)
