"""Everything that is new, through all steps: import, draw, measure, transcribe, detect, assign.

Each step knows what it has done before, so a run that was stopped anywhere goes on where it
was, and a run with nothing new ends in moments. The speech model is loaded only when there is
something to transcribe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.progress import Progress
from qc_workbench.errors import NotConfigured, SourceError
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.assign_reviews import AssignReport
    from pipelines.detect import DetectReport
    from pipelines.draw_sample import DrawReport
    from pipelines.import_report import IngestReport
    from pipelines.measure import MeasureReport
    from pipelines.transcribe import TranscribeReport


@dataclass(frozen=True, slots=True)
class RunReport:
    """What each step did; ``ingested`` by name of the source, ``unread``: sources that did not answer, and why."""

    ingested: dict[str, IngestReport]
    unread: dict[str, SourceError | NotConfigured]
    drawn: DrawReport
    measured: MeasureReport
    transcribed: TranscribeReport
    detected: DetectReport
    assigned: AssignReport


def run(workspace: Workspace, as_of: datetime, progress: Progress) -> RunReport:
    """Take what the configured sources have now through all steps, as of a moment. Uploads that nobody imported go."""
    from pipelines.assign_reviews import assign_reviews
    from pipelines.connections import reading_by_itself
    from pipelines.detect import detect
    from pipelines.draw_sample import draw_sample
    from pipelines.ingest import ingest_source
    from pipelines.listen import listen
    from pipelines.put_aside import KEPT_S, throw_away

    throw_away(workspace, older_than_s=KEPT_S)
    ingested, unread = {}, {}
    for source in reading_by_itself(workspace):
        try:
            ingested[source.name] = ingest_source(workspace, source.name, progress)
        # A system that is down, or whose key is not there, holds up nothing but itself.
        except (SourceError, NotConfigured) as error:
            unread[source.name] = error
    drawn = draw_sample(workspace, as_of, progress)
    measured, transcribed = listen(workspace, progress)
    return RunReport(
        ingested=ingested,
        unread=unread,
        drawn=drawn,
        measured=measured,
        transcribed=transcribed,
        detected=detect(workspace, as_of, progress),
        assigned=assign_reviews(workspace, as_of, progress),
    )
