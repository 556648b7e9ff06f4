"""What evaluations of the detectors measured: rows to values and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_workbench.reporting.plain import plain
from qc_workbench.reporting.quality import Evaluation, Figure, Matrix, Mistake, Slice, Unit
from qc_workbench.store.database import Reader, Row, Statement, from_json, insert, insert_all, to_json


@dataclass(frozen=True, slots=True)
class EvaluationHead:
    """When, by which program and detectors (name -> version), on which labels an evaluation was made."""

    evaluation_id: str
    evaluated_at: datetime
    program_version: str
    detectors: Mapping[str, str]
    truth_name: str
    truth_hash: str
    calls: int
    absent: int
    unheard: int


@dataclass(frozen=True, slots=True)
class KeptEvaluation:
    head: EvaluationHead
    figures: tuple[Figure, ...]
    slices: tuple[Slice, ...]
    matrices: tuple[Matrix, ...]
    mistakes: tuple[Mistake, ...]

    def figure(self, code: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.code == code), None)


_HEAD = "evaluation_id, evaluated_at, program_version, detectors, truth_name, truth_hash, calls, absent, unheard"


def save_evaluation(head: EvaluationHead, evaluation: Evaluation) -> list[Statement]:
    """Statements that keep an evaluation.

    Mistakes in calls that the store does not have are not kept: what was erased must not come back by its labels.
    """
    gone = set(evaluation.absent)
    result = {
        "figures": plain(evaluation.figures),
        "slices": plain(evaluation.slices),
        "matrices": plain(evaluation.matrices),
    }
    row = {
        "evaluation_id": head.evaluation_id,
        "evaluated_at": head.evaluated_at,
        "program_version": head.program_version,
        "detectors": to_json(dict(head.detectors)),
        "truth_name": head.truth_name,
        "truth_hash": head.truth_hash,
        "calls": head.calls,
        "absent": head.absent,
        "unheard": head.unheard,
        "result": to_json(result),
    }
    mistakes = [item for item in evaluation.mistakes if item.call_id not in gone]
    rows = [
        {"evaluation_id": head.evaluation_id, "position": position, **plain(mistake)}
        for position, mistake in enumerate(mistakes)
    ]
    return [insert("detector_evaluations", row), *insert_all("detector_mistakes", rows)]


def without_words_of(call_ids: Sequence[str]) -> Statement:
    """The statement that forgets the mistakes in some calls; the figures stay what they were."""
    return Statement("delete from detector_mistakes where call_id in (select unnest(?))", (list(call_ids),))


def heads(reader: Reader, limit: int) -> list[EvaluationHead]:
    """The newest evaluations, newest first."""
    rows = reader.rows(
        f"select {_HEAD} from detector_evaluations order by evaluated_at desc, evaluation_id limit ?",  # noqa: S608 - of this module
        limit,
    )
    return [_head_of(row) for row in rows]


def evaluation(reader: Reader, evaluation_id: str) -> KeptEvaluation | None:
    row = reader.row("select * from detector_evaluations where evaluation_id = ?", evaluation_id)
    if row is None:
        return None
    rows = reader.rows("select * from detector_mistakes where evaluation_id = ? order by position", evaluation_id)
    mistakes = tuple(mistake_of(item) for item in rows)
    return kept_of(_head_of(row), from_json(row["result"]), mistakes)


def figures_over_time(reader: Reader, truth_hash: str, limit: int) -> list[tuple[EvaluationHead, tuple[Figure, ...]]]:
    """The newest evaluations of the same labels with their figures, oldest first."""
    rows = reader.rows(
        f"select {_HEAD}, result from detector_evaluations where truth_hash = ? "  # noqa: S608 - of this module
        "order by evaluated_at desc, evaluation_id limit ?",
        truth_hash,
        limit,
    )
    found = [(_head_of(row), tuple(map(figure_of, from_json(row["result"])["figures"]))) for row in rows]
    return found[::-1]


def kept_of(head: EvaluationHead, result: Mapping[str, Any], mistakes: Sequence[Mistake]) -> KeptEvaluation:
    """An evaluation from its plain JSON form."""
    return KeptEvaluation(
        head,
        tuple(map(figure_of, result["figures"])),
        tuple(
            Slice(item["dimension"], item["value"], item["calls"], tuple(map(figure_of, item["figures"])))
            for item in result["slices"]
        ),
        tuple(Matrix(item["name"], item["counts"]) for item in result["matrices"]),
        tuple(mistakes),
    )


def figure_of(item: Mapping[str, Any]) -> Figure:
    return Figure(**{**item, "unit": Unit(item["unit"])})


def mistake_of(item: Mapping[str, Any]) -> Mistake:
    return Mistake(**{name: item[name] for name in Mistake.__slots__})


def _head_of(row: Row) -> EvaluationHead:
    return EvaluationHead(
        **{name.strip(): row[name.strip()] for name in _HEAD.split(",") if name.strip() != "detectors"},
        detectors=from_json(row["detectors"]),
    )
