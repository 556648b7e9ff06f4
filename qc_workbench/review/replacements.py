"""Drawn calls that somebody replaced, counted per person.

A reason is always given, yet a reviewer who replaces the long or difficult calls bends the sample. So everybody's
share stands beside the others', and one that chance does not explain is named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from qc_workbench.sampling.estimates import wilson

#: Normal quantile of a two-sided 99 % interval: many people are looked at, every month.
_Z_99: Final = 2.5758293035489004


@dataclass(frozen=True, slots=True)
class Replacement:
    """``reason``: a code (``replacement.<code>``)."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReplacementCount:
    """``replaced`` of ``handled`` calls (scored and replaced together). ``low`` and ``high``: 99 % Wilson interval.

    ``others``: the share of everybody else; None without any. ``stands_out``: the whole interval is above it.
    """

    by: str
    replaced: int
    handled: int
    reasons: Mapping[str, int]
    low: float
    high: float
    others: float | None
    stands_out: bool


def count_replacements(replacements: Iterable[Replacement], scored: Mapping[str, int]) -> tuple[ReplacementCount, ...]:
    """One line a person, most replaced first. ``scored``: drawn calls that each person scored in the same time."""
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in replacements:
        reasons[item.by][item.reason] += 1
    people = {name for name, count in scored.items() if count} | set(reasons)
    everybody = sum(scored.get(name, 0) for name in people)
    replaced_by_all = sum(counts.total() for counts in reasons.values())
    found = []
    for name in people:
        replaced = reasons[name].total()
        handled = replaced + scored.get(name, 0)
        rest = everybody - scored.get(name, 0) + replaced_by_all - replaced
        others = (replaced_by_all - replaced) / rest if rest else None
        low, high = wilson(replaced / handled, handled, _Z_99)
        found.append(
            ReplacementCount(
                name, replaced, handled, dict(reasons[name].most_common()), low, high, others,
                stands_out=others is not None and low > others,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda item: (-item.replaced, item.by)))
