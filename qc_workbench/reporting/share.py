"""A share of a count with an honest interval."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.sampling.estimates import wilson

#: Normal quantile of a two-sided 95 % interval.
Z_95 = 1.959963984540054


def interval_of(count: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """Score interval of a binomial share (E. B. Wilson, 1927): stays inside 0..1 and is honest for few cases.

    Nothing counted gives (0, 1): we know nothing.
    """
    if of == 0:
        return 0.0, 1.0
    return wilson(count / of, of, z)


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``of``. ``value`` is None when there was nothing to count."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval."""
        return interval_of(self.count, self.of)
