"""work: a process that does what waits, first what somebody waits for."""

from __future__ import annotations

from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session
from qc_workbench.commands.terminal import TerminalProgress


def work(
    session: Session,
    until_idle: Annotated[bool, typer.Option("--until-idle", show_default=False)] = False,
    asked: Annotated[bool, typer.Option("--asked", show_default=False)] = False,
) -> Done:
    from pipelines.drain_ledger import drain_ledger

    workspace = session.workspace
    if not until_idle:
        session.note(session.t("cli.work.started"))
    report = drain_ledger(workspace, TerminalProgress(session), until_idle=until_idle, asked_only=asked)
    t = session.t
    return Done(
        data={"work": report},
        lines=(
            t("cli.work.done", measured=t.number(report.measured), transcribed=t.number(report.transcribed)),
            *((t("cli.work.failed", n=report.failed),) if report.failed else ()),
        ),
        exit_code=1 if report.failed else 0,
    )


COMMANDS = (Command(("work",), work),)
