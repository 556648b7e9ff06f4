"""How often people agree with a detector, and what follows when they stop to.

The live precision of a detector is the share of its flags that a named person confirmed, of those that a person
confirmed or rejected. Withdrawn rulings and questions to the agent don't count; cases where the detector abstained
don't either, because it accused nobody. It is kept by kind, name and version, with a Wilson interval.

A detector is downgraded to "check" when the rulings show its precision below the target (``detectors`` of the
settings): from ``rulings_needed`` rulings on, when the share itself is below; with fewer, but at least
``FEWEST_RULINGS``, when the whole interval is. It comes back by the same rule: nothing is stored, the standing follows
from the rulings as they are now.

A new version begins with what is known of the ones before it: as many rulings as it lacks to ``rulings_needed`` are
taken over, each for half (a power prior, Ibrahim and Chen 2000, with the weight 1/2), in the proportion of the old
ones. With rulings enough of its own it stands on these alone. So a repaired detector comes back after some ten
confirmations, and a good one isn't shaken by the first rejection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.standing import DetectorKey
from qc_workbench.reporting.share import Z_95, interval_of
from qc_workbench.sampling.estimates import wilson

#: Under this many rulings nothing follows from them.
FEWEST_RULINGS = 5
#: How much a ruling on an earlier version weighs.
EARLIER_WEIGHT = 0.5
#: A variant (its reasons) is shown apart from this many rulings on.
VARIANT_FROM = 5


@dataclass(frozen=True, slots=True)
class RulingCount:
    """Standing rulings on the flags of one detector with the same reasons. ``first_at``: its first such flag."""

    key: DetectorKey
    reasons: tuple[str, ...]
    first_at: datetime
    confirmed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class VariantPrecision:
    """Precision where the flag gave these reasons."""

    reasons: tuple[str, ...]
    confirmed: int
    ruled: int
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class DetectorStanding:
    """``confirmed`` of ``ruled`` are its own rulings; ``carried_confirmed`` of ``carried`` (weighted) are those of
    earlier versions. ``share`` and its 95 % ``interval`` are of both together; None and (0, 1) without any.
    """

    key: DetectorKey
    confirmed: int
    ruled: int
    carried_confirmed: float
    carried: float
    target: float
    share: float | None
    interval: tuple[float, float]
    is_downgraded: bool
    variants: tuple[VariantPrecision, ...]

    @property
    def rejected(self) -> int:
        return self.ruled - self.confirmed


def standings(
    counts: Iterable[RulingCount], targets: Mapping[FlagKind, float], rulings_needed: int
) -> tuple[DetectorStanding, ...]:
    """The standing of every version that ever raised a flag; of each detector the newest version first."""
    versions: dict[tuple[FlagKind, str], dict[DetectorKey, list[RulingCount]]] = defaultdict(lambda: defaultdict(list))
    for count in counts:
        versions[count.key.kind, count.key.detector][count.key].append(count)
    found = []
    for _, of in sorted(versions.items()):
        ordered = sorted(of.items(), key=lambda item: (min(count.first_at for count in item[1]), item[0].version))
        earlier_confirmed = earlier_ruled = 0
        newest_first: list[DetectorStanding] = []
        for key, mine in ordered:
            confirmed = sum(count.confirmed for count in mine)
            ruled = confirmed + sum(count.rejected for count in mine)
            newest_first.insert(
                0, _standing(key, mine, (earlier_confirmed, earlier_ruled), targets[key.kind], rulings_needed)
            )
            earlier_confirmed += confirmed
            earlier_ruled += ruled
        found += newest_first
    return tuple(found)


def _standing(
    key: DetectorKey, mine: Sequence[RulingCount], earlier: tuple[int, int], target: float, rulings_needed: int
) -> DetectorStanding:
    confirmed = sum(count.confirmed for count in mine)
    ruled = confirmed + sum(count.rejected for count in mine)
    carried_confirmed, carried = _carried(earlier, rulings_needed - ruled)
    of = ruled + carried
    share = (confirmed + carried_confirmed) / of if of else None
    interval = interval_of_weighted(confirmed + carried_confirmed, of)
    return DetectorStanding(
        key=key,
        confirmed=confirmed,
        ruled=ruled,
        carried_confirmed=carried_confirmed,
        carried=carried,
        target=target,
        share=share,
        interval=interval,
        is_downgraded=is_below(share, interval, of, target, rulings_needed),
        variants=_variants(mine),
    )


def _carried(earlier: tuple[int, int], lacking: int) -> tuple[float, float]:
    """Weighted rulings of earlier versions: confirmed ones, all."""
    confirmed, ruled = earlier
    if not ruled or lacking <= 0:
        return 0.0, 0.0
    weight = EARLIER_WEIGHT * min(ruled, lacking) / ruled
    return weight * confirmed, weight * ruled


def is_below(
    share: float | None, interval: tuple[float, float], ruled: float, target: float, rulings_needed: int
) -> bool:
    """Whether the rulings show that the precision is below the target."""
    if share is None or ruled < FEWEST_RULINGS:
        return False
    return share < target if ruled >= rulings_needed else interval[1] < target


def interval_of_weighted(confirmed: float, ruled: float) -> tuple[float, float]:
    """95 % Wilson interval of weighted counts; nothing counted gives (0, 1)."""
    return wilson(confirmed / ruled, ruled, Z_95) if ruled else (0.0, 1.0)


def _variants(mine: Sequence[RulingCount]) -> tuple[VariantPrecision, ...]:
    counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for count in mine:
        counts[count.reasons][0] += count.confirmed
        counts[count.reasons][1] += count.confirmed + count.rejected
    return tuple(
        VariantPrecision(reasons, confirmed, ruled, interval_of(confirmed, ruled))
        for reasons, (confirmed, ruled) in sorted(counts.items(), key=lambda item: (-item[1][1], item[0]))
        if ruled >= VARIANT_FROM
    )
