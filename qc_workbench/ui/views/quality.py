"""Evaluations for the page: one of them with its mistakes and their calls, what changed, how it went over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call
from qc_workbench.reporting.quality import Comparison, Figure, Matrix, Mistake, Slice, compare
from qc_workbench.review.standing import DetectorStanding
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.evaluations import EvaluationHead, KeptEvaluation, evaluation, figures_over_time, heads
from qc_workbench.store.standings import detector_standings
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Evaluations to choose from, and on the line of history.
_KEPT: Final = 50
#: Mistakes of one screen.
PAGE: Final = 8
#: Cells that are right although their two codes differ: how a padded call is labelled and how it is flagged.
_RIGHT: Final = frozenset({("padded", "padded", "flag"), ("padded", "genuine", "none")})


@dataclass(frozen=True, slots=True)
class QualityRoom:
    """``standings``: how people rule on the detectors' flags at work; only detectors with a ruling."""

    heads: tuple[EvaluationHead, ...]
    standings: tuple[DetectorStanding, ...]


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """``share``: of the cases with this label."""

    expected: str
    found: str
    cases: int
    share: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """``previous``: the evaluation of the same labels before this one, with what changed since."""

    kept: KeptEvaluation
    previous: EvaluationHead | None
    compared: Comparison | None
    history: tuple[tuple[EvaluationHead, tuple[Figure, ...]], ...]
    calls: Mapping[str, Call]
    people: Directory

    def before(self, code: str) -> Figure | None:
        """The figure in the previous evaluation."""
        for head, figures in self.history:
            if self.previous is not None and head.evaluation_id == self.previous.evaluation_id:
                return next((figure for figure in figures if figure.code == code), None)
        return None

    def wrong(self, matrix: str, cell: tuple[str, str] | None = None) -> tuple[Mistake, ...]:
        """Mistakes of a matrix, of one cell or of all."""
        return tuple(
            mistake
            for mistake in self.kept.mistakes
            if mistake.matrix == matrix and (cell is None or (mistake.expected, mistake.found) == cell)
        )

    @property
    def others(self) -> tuple[Mistake, ...]:
        """Mistakes of no matrix: days, seconds, places of quotes, invented turns."""
        return tuple(mistake for mistake in self.kept.mistakes if not mistake.matrix)

    def slices(self, dimension: str) -> tuple[Slice, ...]:
        return tuple(item for item in self.kept.slices if item.dimension == dimension)


def quality_room(workspace: Workspace) -> QualityRoom:
    with workspace.store.reading() as reader:
        standings = detector_standings(reader, workspace.settings.detectors)
        return QualityRoom(tuple(heads(reader, _KEPT)), tuple(item for item in standings if item.ruled))


def evaluation_view(workspace: Workspace, viewer: Viewer, evaluation_id: str) -> EvaluationView | None:
    with workspace.store.reading() as reader:
        kept = evaluation(reader, evaluation_id)
        if kept is None:
            return None
        history = figures_over_time(reader, kept.head.truth_hash, _KEPT)
        earlier = [head for head, _ in history if head.evaluated_at < kept.head.evaluated_at]
        before = evaluation(reader, earlier[-1].evaluation_id) if earlier else None
        compared = compare(before.figures, before.mistakes, kept.figures, kept.mistakes) if before else None
        wrong = [*kept.mistakes, *(compared.gone if compared else ())]
        calls = calls_by_id(reader, {mistake.call_id for mistake in wrong})
        # The mistakes are of everybody's calls: named for whoever knows everybody's clients.
        names_clients = viewer.agents(Action.SEE_CLIENT) is None
        people = replace(directory(reader, {call.client_phone for call in calls.values()}), names_clients=names_clients)
    return EvaluationView(kept, before.head if before else None, compared, tuple(history), calls, people)


def cells(matrix: Matrix) -> tuple[MatrixCell, ...]:
    """Every pair that occurred."""
    found = []
    for expected, row in matrix.counts.items():
        total = sum(row.values())
        for answer, cases in row.items():
            right = expected == answer or (matrix.name, expected, answer) in _RIGHT
            found.append(MatrixCell(expected, answer, cases, cases / total, right))
    return tuple(found)


def wrong_cells(matrix: Matrix) -> tuple[MatrixCell, ...]:
    """The wrong ones, most cases first."""
    return tuple(sorted((cell for cell in cells(matrix) if not cell.is_right), key=lambda cell: -cell.cases))


def wrong_count(matrix: Matrix) -> int:
    return sum(cell.cases for cell in cells(matrix) if not cell.is_right)


def shown_page(mistakes: Sequence[Mistake], page: int) -> Sequence[Mistake]:
    """The mistakes of one page, from 1."""
    return mistakes[(page - 1) * PAGE : page * PAGE]
