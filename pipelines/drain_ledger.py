"""Doing what waits in the ledger, whoever put it there: first what somebody waits for, then the rest.

For a machine that should help all the time (``qcw work``) and for the app, which starts it when a reviewer has
opened a call that has no words yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from time import sleep
from typing import Final, Protocol

from pipelines import measure, transcribe
from pipelines.hands import executor_for
from pipelines.index_words import index_words
from pipelines.progress import Progress, Silent
from qc_workbench.store import calls as call_store
from qc_workbench.store import job_board
from qc_workbench.transcription.engine import Whisper
from qc_workbench.transcription.models import resolve
from qc_workbench.transcription.recognised import Recogniser
from qc_workbench.work.task import Executor
from qc_workbench.workspace import Workspace

#: Pause between looks at an empty ledger, seconds.
_LOOK_EVERY_S: Final = 1.0


@dataclass(slots=True)
class DrainReport:
    """What was done, in recordings; ``failed`` of them not."""

    measured: int = 0
    transcribed: int = 0
    failed: int = 0


def drain_ledger(
    workspace: Workspace,
    progress: Progress,
    *,
    until_idle: bool = False,
    asked_only: bool = False,
    hands: Hands | None = None,
) -> DrainReport:
    """Work until stopped, or ``until_idle``: until nothing waits. ``asked_only``: leave routine work to others.

    Calls that somebody waits for are also examined (``detect``), so that their page shows what was found.
    ``hands``: engine and workers; without them those that the settings name.
    """
    report = DrainReport()
    with ExitStack() as stack:
        hands = hands or SettingsHands(workspace, stack)
        while True:
            if _asked(workspace, report, hands):
                continue
            now = datetime.now(UTC)
            with workspace.store.reading() as reader:
                waiting = set() if asked_only else job_board.waiting_steps(reader, now)
            if measure.STEP in waiting:
                _measure(workspace, progress, report, hands)
            elif transcribe.STEP in waiting:
                _transcribe(workspace, progress, report, hands)
            elif until_idle:
                return report
            else:
                sleep(_LOOK_EVERY_S)


class Hands(Protocol):
    """A speech engine and those who work."""

    @property
    def engine(self) -> Recogniser: ...

    @property
    def with_model(self) -> Executor:
        """Workers that can recognise."""

    @property
    def for_sound(self) -> Executor | None:
        """Workers for what needs no model; None: of its own."""


class SettingsHands:
    """What the settings name. Workers are kept from one call to the next: the model is loaded when somebody waits."""

    def __init__(self, workspace: Workspace, stack: ExitStack) -> None:
        self._workspace = workspace
        self._stack = stack

    @cached_property
    def engine(self) -> Whisper:
        speech = self._workspace.settings.speech
        return Whisper(resolve(speech), speech)

    @cached_property
    def with_model(self) -> Executor:
        return self._stack.enter_context(executor_for(self._workspace, self.engine.choice))

    @property
    def for_sound(self) -> Executor | None:
        return vars(self).get("with_model")


def _measure(
    workspace: Workspace, progress: Progress, report: DrainReport, hands: Hands, only: Sequence[str] | None = None
) -> None:
    enough = _never if only else lambda: _somebody_waits(workspace)
    done = measure.drain(workspace, progress, 0, hands.for_sound, only=only, enough=enough)
    report.measured += len(done.done)
    report.failed += len(done.failed)


def _transcribe(
    workspace: Workspace, progress: Progress, report: DrainReport, hands: Hands, only: Sequence[str] | None = None
) -> Sequence[str]:
    enough = _never if only else lambda: _somebody_waits(workspace)
    done, _ = transcribe.drain(
        workspace, progress, 0, hands.engine, only=only, enough=enough, executor=hands.with_model
    )
    report.transcribed += len(done.done)
    report.failed += len(done.failed)
    if done.done and only is None:  # who waits for a call waits for nothing else: the next run indexes it
        index_words(workspace, Silent())
    return done.done


def _asked(workspace: Workspace, report: DrainReport, hands: Hands) -> bool:
    """Do what somebody waits for; False when nobody waits."""
    with workspace.store.reading() as reader:
        asked = job_board.asked_for(reader, datetime.now(UTC))
    if subjects := asked.get(measure.STEP):
        _measure(workspace, Silent(), report, hands, subjects)
    if (subjects := asked.get(transcribe.STEP)) and (done := _transcribe(workspace, Silent(), report, hands, subjects)):
        from pipelines.detect import detect

        with workspace.store.reading() as reader:
            calls = [call.call_id for call, _ in call_store.calls_of_content(reader, done)]
        detect(workspace, datetime.now(UTC), Silent(), calls)
    return bool(asked.keys() & {measure.STEP, transcribe.STEP})


def _never() -> bool:
    return False


def _somebody_waits(workspace: Workspace) -> bool:
    """Routine work makes room. Its own step would take such a call next by itself; another step would not."""
    with workspace.store.reading() as reader:
        return bool(job_board.asked_for(reader, datetime.now(UTC)))
