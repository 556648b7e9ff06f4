"""Index what was said, so that search finds it: transcripts that are new or changed since the last time.

Each group of calls is one write, so a run that was stopped goes on where it was. Words are appended as they come and
moved into ordered runs when there are enough of them: see docs/search.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from pipelines.progress import Progress
from pipelines.tell_watchers import tell_watchers
from qc_workbench.detection.masked_words import masked_places
from qc_workbench.errors import WriteRefused
from qc_workbench.searching.matching import said_words
from qc_workbench.store import word_index
from qc_workbench.store.client_names import names_of_calls
from qc_workbench.store.database import Row, Write
from qc_workbench.workspace import Workspace

STEP: Final = "index_words"
#: Changes when words are cut or numbered otherwise: every call is then indexed anew.
VERSION: Final = "words-2"
#: Calls of one write: some 16 000 words, a fifth of a second.
GROUP: Final = 200
#: Calls whose names are read at once.
READ_AHEAD: Final = 20_000
#: Fresh words that become a run; pieces it is moved in, a write each, so that nobody's write waits long.
RUN_WORDS: Final = 2_000_000
RUN_PIECES: Final = 10
#: Another indexing run may take the next number first; then the group is read and written again.
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class IndexReport:
    """Calls indexed and taken out now; words moved into a run."""

    indexed: int
    forgotten: int
    settled: int


def index_words(workspace: Workspace, progress: Progress, *, run_words: int = RUN_WORDS) -> IndexReport:
    """Bring the index up to the transcripts, and tell those who watch searches what is new in them.

    A second run with nothing new changes nothing.
    """
    report = _index(workspace, progress, run_words)
    tell_watchers(workspace)
    return report


def _index(workspace: Workspace, progress: Progress, run_words: int) -> IndexReport:
    with workspace.store.reading(heavy=True) as reader:
        waiting = word_index.count_to_index(reader, VERSION)
        gone = word_index.calls_without_words(reader)
    if gone:
        workspace.store.write(*word_index.forget_calls(gone), word_index.forget_words())
    if not waiting:
        return IndexReport(0, len(gone), 0)
    indexed = settled = 0
    progress.start(STEP, waiting)
    try:
        while heads := _next_heads(workspace):
            done = 0
            for start in range(0, len(heads), GROUP):
                group = heads[start : start + GROUP]
                done += len(group) if _index_group(workspace, group) else 0
                progress.advance(len(group))
            settled += settle(workspace, run_words)
            indexed += done
            if not done:
                break  # somebody else is changing all of them: the next run takes them
    finally:
        progress.finish()
    return IndexReport(indexed, len(gone), settled)


def _next_heads(workspace: Workspace) -> list[Row]:
    with workspace.store.reading(heavy=True) as reader:
        return word_index.calls_to_index(reader, VERSION, READ_AHEAD)


def _index_group(workspace: Workspace, group: list[Row]) -> bool:
    """False when the transcripts were changing all the time."""
    for _ in range(TRIES):
        with workspace.store.reading() as reader:
            turns = word_index.turns_of_calls(reader, [head["call_id"] for head in group])
            number = word_index.next_number(reader)
            names = names_of_calls(reader, list(turns))
        said = {call_id: said_words(spoken) for call_id, spoken in turns.items()}
        masked = {
            call_id: masked_places(turns[call_id], words, names.get(call_id, ())) for call_id, words in said.items()
        }
        rows = word_index.index_rows(group, said, number, VERSION, datetime.now(UTC), masked)
        try:
            workspace.store.apply(
                Write(tuple(rows), require=(word_index.still_next(number), word_index.still_written(group)))
            )
            return True
        except WriteRefused:
            continue
    return False


def settle(workspace: Workspace, run_words: int) -> int:
    """Move fresh words into a run when there are enough; returns how many."""
    with workspace.store.reading() as reader:
        fresh = word_index.fresh_words(reader)
        if fresh < run_words:
            return 0
        borders = word_index.fresh_borders(reader, RUN_PIECES)
    for after, until in pairwise([None, *borders, None]):
        workspace.store.write(*word_index.settle(after, until))
    return fresh
