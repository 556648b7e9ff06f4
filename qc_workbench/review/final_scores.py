"""What a call is scored after its disputes: the answers that stand now, and their result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qc_workbench.domain.dispute import DisputeMove, ScoredCall
from qc_workbench.domain.evaluation import Reply, Result
from qc_workbench.domain.forms import Form
from qc_workbench.review.disputes import Windows, final_replies, lines
from qc_workbench.review.scoring import score


@dataclass(frozen=True, slots=True)
class Revised:
    """A score after its disputes, as ``Evaluation`` has the submitted one."""

    score: float | None
    band: str | None
    failed: bool

    @classmethod
    def of(cls, result: Result) -> Revised:
        return cls(None if result.score is None else float(result.score), result.band, result.has_failed)


def standing_answers(scored: ScoredCall, moves: Sequence[DisputeMove]) -> Mapping[str, Reply]:
    """Question -> the answer that counts now: as ruled, else as submitted. What is only disputed changes nothing."""
    at = max((move.at for move in moves), default=scored.published_at)
    return {reply.question: reply for reply in final_replies(lines(scored, moves, at, Windows()))}


def final_result(form: Form, scored: ScoredCall, moves: Iterable[DisputeMove]) -> Result:
    """The result of the answers that count now; the submitted one stays beside it."""
    return score(form, standing_answers(scored, tuple(moves)))
