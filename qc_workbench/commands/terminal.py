"""How a command looks in a terminal: tables, and progress bars on stderr."""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table as RichTable
from rich.text import Text

from qc_workbench.commands.printable import printable
from qc_workbench.commands.session import Done, Session
from qc_workbench.logs import event
from qc_workbench.ui.i18n import Translator

#: Seconds between lines about progress where no terminal can show a bar.
LINE_EVERY_S = 15.0


def show(done: Done, out: TextIO) -> None:
    """Tables, lines and the next step of a command, for a person."""
    console = Console(file=out, highlight=False, soft_wrap=True, markup=False)
    for table in done.tables:
        grid = RichTable(title=table.title or None, title_justify="left", header_style="bold")
        for position, column in enumerate(table.columns):
            grid.add_column(column, justify="right" if position in table.numeric else "left", overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(printable(cell)) for cell in row))
        console.print(grid)
    for line in done.lines:
        console.print(printable(line))
    if done.next_step:
        console.print(printable(done.next_step))


class _Rate(ProgressColumn):
    """Units a second."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self._t = t

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else self._t("cli.rate", rate=self._t.number(speed, 1 if speed < 100 else 0)))


class TerminalProgress:
    """A bar with the rate and the time left; lines now and then where stderr is no terminal."""

    def __init__(self, session: Session) -> None:
        self._t = session.t
        self._quiet = session.options.quiet
        self._console = Console(file=sys.stderr, highlight=False, markup=False)
        self._bar: Progress | None = None
        self._step = self._code = ""
        self._total = 0
        self._done = 0.0
        self._said_at = 0.0
        self._started_at = 0.0

    def start(self, step: str, total: int) -> None:
        self.finish()
        code = f"step.{step}"
        self._code = step
        self._step = self._t(code) if self._t.knows(code) else step
        self._total, self._done = total, 0.0
        self._started_at = self._said_at = time.monotonic()
        event("step.started", step=step, total=total)
        if self._quiet or total == 0:
            return
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                _Rate(self._t),
                TimeRemainingColumn(elapsed_when_finished=True),
                TextColumn("{task.fields[note]}"),
                console=self._console,
            )
            self._bar.start()
            self._bar.add_task(self._step, total=total, note="")

    def advance(self, units: float = 1, note: str = "") -> None:
        self._done += units
        event("step.advanced", logging.DEBUG, step=self._code, count=int(self._done), total=self._total)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=units, note=note)
        elif not self._quiet and time.monotonic() - self._said_at > LINE_EVERY_S:
            self._say()

    def finish(self) -> None:
        if self._code:
            elapsed_s = time.monotonic() - self._started_at
            event("step.ended", step=self._code, count=int(self._done), total=self._total, duration_s=elapsed_s)
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        elif self._step and self._total and not self._quiet and not self._console.is_terminal:
            self._say()
        self._step, self._code, self._total = "", "", 0

    def _say(self) -> None:
        self._said_at = time.monotonic()
        elapsed = max(self._said_at - self._started_at, 1e-6)
        rate = self._done / elapsed
        left = (self._total - self._done) / rate if rate else 0.0
        self._console.print(
            self._t(
                "cli.progress",
                step=self._step,
                done=self._t.number(self._done),
                total=self._t.number(self._total),
                rate=self._t.number(rate, 1),
                left=self._t.number(max(left, 0.0)),
            ),
            soft_wrap=True,
        )
