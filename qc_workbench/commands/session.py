"""What every command works with: where, as of when, in which language, and how it speaks."""

from __future__ import annotations

import getpass
import json
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from qc_workbench.commands.printable import printable
from qc_workbench.errors import UsageError
from qc_workbench.ui.i18n import Language, Translator

if TYPE_CHECKING:
    from qc_workbench.workspace import Workspace

#: Folder of the workspace where none is named.
DEFAULT_HOME = Path("workspace")


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """Options accepted before or after every command."""

    home: Path | None = None
    as_of: str | None = None
    json: bool = False
    quiet: bool = False
    lang: Language | None = None

    def over(self, earlier: CommonOptions) -> CommonOptions:
        """These options where given, those given earlier on the line where not."""
        return CommonOptions(
            home=self.home or earlier.home,
            as_of=self.as_of or earlier.as_of,
            json=self.json or earlier.json,
            quiet=self.quiet or earlier.quiet,
            lang=self.lang or earlier.lang,
        )


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people. Cells are text already formatted; numbers go to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command: ``data`` for ``--json``, tables and lines for people, and the exit code.

    ``next_step``: what a person would do now.
    """

    data: Mapping[str, object] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    next_step: str | None = None
    exit_code: int = 0
    silent: bool = False  # stdout belongs to the data the command has written itself


@dataclass
class Session:
    """One run of one command."""

    options: CommonOptions
    t: Translator
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def home(self) -> Path:
        return self.options.home or DEFAULT_HOME

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, opened at the first use. Texts follow its zone and lines go to its log from then on; what
        changed in its settings since it was last opened goes to the audit log."""
        from pipelines.note_settings import note_settings
        from qc_workbench import logs
        from qc_workbench.workspace import Workspace

        workspace = Workspace.open(self.home)
        logs.start(workspace.home, workspace.settings.logs, "command")
        self.t = Translator(self.t.language, workspace.settings.company.zone)
        note_settings(workspace, person(), self.started_at)
        return workspace

    @cached_property
    def as_of(self) -> datetime:
        """The moment the analysis stands at: ``--as-of``, or now. A time without offset is the company's."""
        return self.moment(self.options.as_of) or self.started_at

    def moment(self, text: str | None) -> datetime | None:
        """What a person wrote for a moment. A time without offset is the company's."""
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise UsageError("as_of_invalid", value=text) from error
        if moment.tzinfo is None:
            # The settings alone: a workspace may not be there yet.
            from qc_workbench.config import load_settings

            moment = moment.replace(tzinfo=load_settings(self.home / "qcw.toml").company.zone)
        return moment.astimezone(UTC)

    def audit(self, action: str, subject: str, **detail: object) -> None:
        """A line of the audit log: what the person at the terminal does, and when in truth (not ``as_of``)."""
        from qc_workbench.store.calls import audit_entry

        self.workspace.store.write(audit_entry(self.started_at, person(), action, subject, **detail))

    def note(self, text: str) -> None:
        """A line for people, beside the result: on stderr, so that stdout stays clean."""
        if not self.options.quiet:
            print(printable(text), file=sys.stderr, flush=True)

    def deliver(self, done: Done, out: TextIO) -> None:
        """Print the result the way the options ask for."""
        if self.options.json:
            if not done.silent:
                from qc_workbench.reporting.plain import plain

                print(json.dumps(plain(done.data), ensure_ascii=False), file=out)
        elif not self.options.quiet:
            from qc_workbench.commands.terminal import show

            show(done, sys.stderr if done.silent else out)


def person() -> str:
    """Who typed the command, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "qcw"


def choose_language(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Language:
    """Language before the line is parsed, so that the help speaks it too.

    ``--lang``, then QCW_LANG, then what the workspace's settings say, then the system's language.
    """
    named = _value_of("--lang", arguments) or environment.get("QCW_LANG")
    if named in ("ru", "en"):
        return "ru" if named == "ru" else "en"
    home = Path(_value_of("--home", arguments) or environment.get("QCW_HOME") or DEFAULT_HOME)
    try:
        company = tomllib.loads((home / "qcw.toml").read_text(encoding="utf-8-sig")).get("company", {})
        return "en" if isinstance(company, dict) and company.get("language") == "en" else "ru"
    except (OSError, ValueError):
        pass  # no workspace yet, or settings with a mistake that will be reported when they are needed
    system = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "ru" if system.lower().startswith("ru") else "en"


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument == option and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith(option + "="):
            return argument.partition("=")[2]
    return None
