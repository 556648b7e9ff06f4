"""What a score is made of: how the calls are spread over bands, and which questions are answered worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qc_workbench.errors import UsageError
from qc_workbench.sampling.estimates import Estimate, StratumSample
from qc_workbench.sampling.ranking import Place, places
from qc_workbench.sampling.scores import POINTS, estimate_score


@dataclass(frozen=True, slots=True)
class Band:
    """The share (0..1) of calls with a score from ``low`` to below ``high``; the last band holds its ``high`` too."""

    low: float
    high: float
    share: Estimate


def distribution(
    strata: Sequence[StratumSample], edges: Sequence[float] = (0, 20, 40, 60, 80, 100), confidence: float = 0.95
) -> tuple[Band, ...]:
    """The share of all calls in each band, each with its own interval. ``edges`` rise and hold every score.

    Raises :class:`UsageError` ``score_out_of_bounds``, ``score_bands_order``.
    """
    if len(edges) < 2 or any(after <= before for before, after in pairwise(edges)):
        raise UsageError("score_bands_order", edges=", ".join(f"{edge:g}" for edge in edges))
    for value in (value for group in strata for value in group.values):
        if not edges[0] <= value <= edges[-1]:
            raise UsageError("score_out_of_bounds", value=value, low=edges[0], high=edges[-1])
    bands = []
    for low, high in pairwise(edges):
        is_last = high == edges[-1]
        inside = [
            replace(
                group, values=tuple(float(low <= value < high or (is_last and value == high)) for value in group.values)
            )
            for group in strata
        ]
        bands.append(Band(low, high, estimate_score(inside, (), (0.0, 1.0), confidence)))
    return tuple(bands)


def worst_questions(
    answers: Mapping[str, Sequence[StratumSample]],
    bounds: tuple[float, float] = POINTS,
    confidence: float = 0.95,
) -> tuple[Place[str], ...]:
    """Questions with their mean and interval, the worst first; place 1 is the worst, shared while intervals overlap.

    ``answers``: of each question, the points as a part of the possible ones on the scale ``bounds``; ``absent`` counts
    the calls that it did not apply to. Questions don't lend each other their dispersion, being of unlike kinds.
    """
    turned = {
        code: [
            replace(group, values=tuple(bounds[0] + bounds[1] - value for value in group.values)) for group in strata
        ]
        for code, strata in answers.items()
    }
    lost = {code: estimate_score(strata, (), bounds, confidence) for code, strata in turned.items()}
    return tuple(replace(row, estimate=_turned(row.estimate, bounds)) for row in places(lost))


def _turned(estimate: Estimate, bounds: tuple[float, float]) -> Estimate:
    total = bounds[0] + bounds[1]
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return replace(estimate, value=total - estimate.value, low=total - estimate.high, high=total - estimate.low)
