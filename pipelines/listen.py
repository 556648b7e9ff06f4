"""Measuring and transcribing in one go, by one set of workers: each starts once and loads its libraries once.
Then what was said is indexed, so that search finds it."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.hands import choice_for, executor_for
from pipelines.index_words import index_words
from pipelines.measure import MeasureReport, measure
from pipelines.progress import Progress
from pipelines.transcribe import TranscribeReport, transcribe
from qc_workbench.errors import ModelError
from qc_workbench.workspace import Workspace


def listen(
    workspace: Workspace, progress: Progress, *, everything: bool = False, call_ids: Sequence[str] = ()
) -> tuple[MeasureReport, TranscribeReport]:
    """Measure all that is new, then transcribe what is chosen (see :func:`~pipelines.transcribe.transcribe`).

    What is suspicious shows in the sound, so it is measured before calls are chosen by it. Without a speech model
    the sound is measured all the same before :class:`ModelError` is raised.
    """
    try:
        choice = choice_for(workspace)
    except ModelError:
        measure(workspace, progress)
        raise
    with executor_for(workspace, choice) as workers:
        measured = measure(workspace, progress, workers)
        transcribed = transcribe(workspace, progress, everything=everything, call_ids=call_ids, executor=workers)
    index_words(workspace, progress)
    return measured, transcribed
