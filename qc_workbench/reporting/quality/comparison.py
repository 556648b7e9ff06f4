"""What got better and what got worse between two evaluations, with the calls that changed.

What a rule writer asks after a change: which figures moved, which mistakes are gone, which are new. Two mistakes are
the same when they are about the same thing of the same call (task, kind, label): a promise that was missed before and
after is the same mistake, however its neighbours changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qc_workbench.reporting.quality.figures import Figure, Mistake


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after. ``better`` is None where it did not move, or where one side has no value."""

    figure: Figure
    before: float | None

    @property
    def difference(self) -> float | None:
        if self.before is None or self.figure.value is None:
            return None
        return self.figure.value - self.before

    @property
    def better(self) -> bool | None:
        difference = self.difference
        if not difference:
            return None
        return (difference < 0) == self.figure.lower_is_better


@dataclass(frozen=True, slots=True)
class Comparison:
    """``changed``: figures that moved; ``new`` and ``gone``: mistakes that only the later, only the earlier one has."""

    changed: tuple[Change, ...]
    new: tuple[Mistake, ...]
    gone: tuple[Mistake, ...]


#: Differences smaller than this are of the arithmetic.
_SMALLEST = 1e-9


def compare(
    before: Sequence[Figure], before_mistakes: Sequence[Mistake], after: Sequence[Figure], mistakes: Sequence[Mistake]
) -> Comparison:
    """Both evaluations should be of the same labels; whoever calls says so when they are not."""
    old = {figure.code: figure.value for figure in before}
    changes = [Change(figure, old.get(figure.code)) for figure in after if figure.code in old]
    moved = [item for item in changes if _moved(item.before, item.figure.value)]
    return Comparison(tuple(moved), _without(mistakes, before_mistakes), _without(before_mistakes, mistakes))


def _moved(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > _SMALLEST


def _without(some: Sequence[Mistake], others: Sequence[Mistake]) -> tuple[Mistake, ...]:
    """Mistakes of ``some`` that ``others`` do not have, counted: two equal ones against one leave one."""
    left = Counter(map(_subject, others))
    found = []
    for mistake in some:
        subject = _subject(mistake)
        if left[subject]:
            left[subject] -= 1
        else:
            found.append(mistake)
    return tuple(found)


def _subject(mistake: Mistake) -> tuple[str, ...]:
    # An invention has no label: what was found says which one it is.
    about = mistake.expected_text or (mistake.found_text if mistake.expected == "none" else "")
    return (mistake.task, mistake.kind, mistake.call_id, mistake.expected, about)
