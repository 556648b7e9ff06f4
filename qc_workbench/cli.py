"""``qcw``: the one entry point. Parsing, language and exit codes; the work is in :mod:`pipelines`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType

import typer

from qc_workbench.commands import (
    cluster,
    crm,
    day,
    files,
    forms,
    investigate,
    jobs,
    mail,
    people,
    reports,
    safekeeping,
    schedule,
    service,
    sources,
    steps,
    upload,
    webhooks,
    work,
)
from qc_workbench.commands.frame import BUG, STOPPED, build
from qc_workbench.commands.session import choose_language
from qc_workbench.ui.i18n import Language

COMMANDS = (
    steps.COMMANDS
    + jobs.COMMANDS
    + people.COMMANDS
    + reports.COMMANDS
    + service.COMMANDS
    + safekeeping.COMMANDS
    + cluster.COMMANDS
    + work.COMMANDS
    + forms.COMMANDS
    + files.COMMANDS
    + day.COMMANDS
    + mail.COMMANDS
    + upload.COMMANDS
    + schedule.COMMANDS
    + sources.COMMANDS
    + webhooks.COMMANDS
    + investigate.COMMANDS
    + crm.COMMANDS
)

#: What the exit codes mean: texts of the catalogue.
EXIT_CODES = {
    0: "cli.exit.done",
    1: "cli.exit.rejected",
    2: "cli.exit.usage",
    3: "cli.exit.workspace",
    BUG: "cli.exit.bug",
    STOPPED: "cli.exit.stopped",
}
#: Variables of the environment that the program reads: texts of the catalogue.
ENVIRONMENT = {
    "QCW_HOME": "cli.environment.home",
    "QCW_LANG": "cli.environment.lang",
    "QCW_MODELS": "cli.environment.models",
    "QCW_SECRETS_KEY": "cli.environment.secrets_key",
    "QCW_SECRETS_KEY_FILE": "cli.environment.secrets_key_file",
    "QCW_DEBUG": "cli.environment.debug",
}


def application(language: Language) -> typer.Typer:
    """All commands, with help in one language."""
    return build(COMMANDS, language)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        application(choose_language(given))(args=given, prog_name="qcw")
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """A polite request to end is treated like Ctrl-C: work stops between two units."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
