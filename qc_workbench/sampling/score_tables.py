"""What :func:`qc_workbench.sampling.scores.spread_of` says, of many agents at once.

A quarter of a department of two hundred is some fifty thousand strata, most with one judged call: one by one they take
a second, as columns some hundredths. ``tests/property/test_score_tables.py`` holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_workbench.errors import UsageError
from qc_workbench.sampling.scores import POINTS, Spread

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StratumTable:
    """Rows of strata as columns: ``group`` (which agent, from 0), ``draw`` and ``stratum`` (any numbers that are equal
    where the names are), ``population``, ``absent`` as in ``StratumSample``; ``values`` of all rows, ``row_of`` each.

    A stratum of a draw comes once in a group.
    """

    group: Numbers
    draw: Numbers
    stratum: Numbers
    population: Floats
    absent: Numbers
    values: Floats
    row_of: Numbers

    def only(self, keep: NDArray[np.bool_], group: Numbers | None = None) -> StratumTable:
        """Some of the rows; ``group``: other numbers for the groups of all rows."""
        place = np.cumsum(keep) - 1
        inside = keep[self.row_of]
        groups = self.group if group is None else group
        return StratumTable(
            groups[keep], self.draw[keep], self.stratum[keep], self.population[keep], self.absent[keep],
            self.values[inside], place[self.row_of[inside]],
        )  # fmt: skip

    def populations(self, groups: int) -> Floats:
        """Calls of each group."""
        return np.bincount(self.group, self.population, groups)


def spreads(table: StratumTable, groups: int, bounds: tuple[float, float] = POINTS) -> list[Spread | None]:
    """Of each group from 0; None where nothing was judged.

    Raises :class:`UsageError` ``score_out_of_bounds``.
    """
    low, high = bounds
    outside = table.values[(table.values < low) | (table.values > high)]
    if len(outside):
        raise UsageError("score_out_of_bounds", value=float(outside[0]), low=low, high=high)
    values = (table.values - low) / (high - low)
    found = np.bincount(table.row_of, minlength=len(table.group)).astype(np.float64)
    judged = found + table.absent
    present = judged > 0
    weight = np.divide(table.population, judged, out=np.zeros_like(judged), where=present)

    def total(of_rows: Any) -> Floats:
        return np.bincount(table.group, of_rows, groups)

    count = total(found)
    size = total(weight * found)
    known = count > 0
    mean = _ratio(total(weight * np.bincount(table.row_of, values, len(table.group))), size).clip(0.0, 1.0)
    unheard = 1 - np.divide(judged, table.population, out=np.ones_like(judged), where=present)
    term = _ratio(weight, size[table.group]) ** 2 * unheard * found
    unit = total(term)
    own, freedom = _variances(table, values, found, mean, count, groups)
    variance = _ratio(total(term * own), unit)
    reached = _ratio(total(np.where(present, table.population, 0.0)), table.populations(groups))
    return [
        Spread(
            float(mean[n]), float(unit[n]), float(variance[n]), int(freedom[n]), int(count[n]), int(population),
            float(reached[n]),
        )
        if known[n]
        else None
        for n, population in enumerate(table.populations(groups))
    ]  # fmt: skip


def _variances(
    table: StratumTable, values: Floats, found: Floats, mean: Floats, count: Floats, groups: int
) -> tuple[Floats, Numbers]:
    """As ``scores._variances``: of each row, and the degrees of freedom of each group."""
    len(table.group)
    is_one = np.bincount(table.group, table.absent, groups) > 0
    common = np.bincount(table.group[table.row_of], (values - mean[table.group[table.row_of]]) ** 2, groups)
    common = common / np.maximum(1, count - 1)
    # Cells: the group itself, a stratum of a draw, or the strata of one name with a single value each.
    one, single = is_one[table.group], found == 1
    draws, strata = table.draw.max(initial=-1) + 2, table.stratum.max(initial=-1) + 2
    key = (table.group * draws + np.where(one | single, 0, table.draw + 1)) * strata + np.where(
        one, 0, table.stratum + 1
    )
    cells, cell_of_row = np.unique(key, return_inverse=True)
    cell, number = cell_of_row[table.row_of], len(cells)
    held = np.bincount(cell, minlength=number).astype(np.float64)
    middle = _ratio(np.bincount(cell, values, number), held)
    within = np.bincount(cell, (values - middle[cell]) ** 2, number) / np.maximum(1, held - 1)
    of_group = cells // (draws * strata)
    lone = np.bincount(of_group[held == 1], minlength=groups)
    freedom = np.bincount(of_group, np.maximum(0, held - 1), groups) + np.maximum(0, lone - 1)
    own = np.where((held[cell_of_row] > 1) & ~one, within[cell_of_row], common[table.group])
    return own, freedom.astype(np.int64)


def _ratio(above: Floats, below: Floats) -> Floats:
    """0 where there is nothing below."""
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
