"""init, ingest, sample, transcribe, detect, run, demo: the way of a call through the workbench."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session
from qc_workbench.commands.terminal import TerminalProgress


def init(session: Session, folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False)]) -> Done:
    from pipelines.make_workspace import make_workspace

    # The language of the person who makes it is the language of the company, unless they change it.
    language = session.options.lang
    workspace = make_workspace(folder, {"company.language": language} if language else None)
    t = session.t
    return Done(
        data={"home": str(workspace.home), "settings": str(workspace.settings_file)},
        lines=(t("cli.init.done", home=str(workspace.home), settings=str(workspace.settings_file)),),
        next_step=t("cli.init.next", home=str(folder)),
    )


def ingest(
    session: Session,
    source: Annotated[str, typer.Argument(metavar="csv|SOURCE")],
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", show_default=False)] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="ISO-TIME", show_default=False)] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="ISO-TIME", show_default=False)] = None,
) -> Done:
    from pipelines.ingest import ingest_csv, ingest_source
    from qc_workbench.commands.summaries import ingested
    from qc_workbench.errors import UsageError

    progress = TerminalProgress(session)
    if source == "csv":
        if folder is None:
            raise UsageError("ingest_folder_missing")
        report = ingest_csv(session.workspace, folder, progress)
    else:
        if folder is not None:
            raise UsageError("ingest_folder_unexpected", source=source, folder=str(folder))
        report = ingest_source(
            session.workspace, source, progress, since=session.moment(since), until=session.moment(until)
        )
    return ingested(session, report)


def sample(session: Session) -> Done:
    from pipelines.assign_reviews import assign_reviews
    from pipelines.draw_sample import draw_sample
    from qc_workbench.commands.summaries import sampled

    progress = TerminalProgress(session)
    drawn = draw_sample(session.workspace, session.as_of, progress)
    assigned = assign_reviews(session.workspace, session.as_of, progress)
    if drawn.calls or assigned.assigned:
        session.audit("calls_shared_out", "queue", drawn=drawn.calls, assigned=assigned.assigned)
    return sampled(session, drawn, assigned)


def transcribe(
    session: Session,
    everything: Annotated[bool, typer.Option("--all", show_default=False)] = False,
    call: Annotated[list[str] | None, typer.Option("--call", metavar="ID", show_default=False)] = None,
) -> Done:
    from pipelines.listen import listen
    from qc_workbench.commands.summaries import transcribed
    from qc_workbench.errors import UsageError

    if everything and call:
        raise UsageError("all_and_calls")
    measured, report = listen(
        session.workspace, TerminalProgress(session), everything=everything, call_ids=tuple(call or ())
    )
    return transcribed(session, measured, report)


def detect(
    session: Session,
    call: Annotated[list[str] | None, typer.Option("--call", metavar="ID", show_default=False)] = None,
) -> Done:
    from pipelines.detect import detect as detect_calls
    from pipelines.index_words import index_words
    from pipelines.measure import measure
    from qc_workbench.commands.summaries import detected

    progress = TerminalProgress(session)
    workspace = session.workspace
    measure(workspace, progress)
    report = detect_calls(workspace, session.as_of, progress, call_ids=tuple(call or ()))
    index_words(workspace, progress)
    return detected(session, report)


def run(session: Session) -> Done:
    from pipelines.run import run as run_all
    from qc_workbench.commands.summaries import whole_run

    report = run_all(session.workspace, session.as_of, TerminalProgress(session))
    return whole_run(session, report)


def demo(
    session: Session,
    no_serve: Annotated[bool, typer.Option("--no-serve", show_default=False)] = False,
    samples: Annotated[Path | None, typer.Option("--samples", metavar="DIR", show_default=False)] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8501,
) -> Done:
    from pipelines.demo import AS_OF, make_demo
    from qc_workbench.commands.summaries import demonstrated

    as_of = session.as_of if session.options.as_of else AS_OF
    report = make_demo(session.home, TerminalProgress(session), samples=samples, as_of=as_of)
    done = demonstrated(session, report)
    if no_serve:
        return done
    from qc_workbench.commands.service import open_app

    session.deliver(done, sys.stdout)
    open_app(session, host="127.0.0.1", port=port, browser=True)
    return Done(silent=True)


COMMANDS = (
    Command(("demo",), demo),
    Command(("init",), init),
    Command(("ingest",), ingest),
    Command(("sample",), sample),
    Command(("transcribe",), transcribe),
    Command(("detect",), detect),
    Command(("run",), run),
)
