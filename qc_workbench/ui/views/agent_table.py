"""The strata of all agents, from the store's columns to the rules' ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qc_workbench.sampling.estimates import Estimate
from qc_workbench.sampling.score_tables import StratumTable, spreads
from qc_workbench.sampling.scores import Spread, estimates_of
from qc_workbench.sampling.trends import Change, difference

#: Parts of the time, as ``store.score_sheets.score_table`` numbers them.
NOW: Final = 2
BEFORE: Final = 1


@dataclass(frozen=True, eq=False)
class AgentTable:
    """``agents``: ids, whose places are the groups of ``strata``; of its rows ``part`` and ``week``, a place in
    ``mondays``."""

    agents: tuple[str, ...]
    mondays: tuple[date, ...]
    strata: StratumTable
    part: NDArray[Any]
    week: NDArray[Any]
    judged_calls: NDArray[Any]
    failed_calls: NDArray[Any]

    @classmethod
    def of(cls, found: pa.Table) -> AgentTable:
        """``found``: of :func:`qc_workbench.store.score_sheets.score_table`."""
        agents, group = _numbered(found["agent"])
        mondays, week = _numbered(found["week"])
        scores = found["scores"].combine_chunks()
        values = scores.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
        held = scores.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
        judged = found["judged"].to_numpy()
        strata = StratumTable(
            group=group,
            draw=_numbered(found["draw"])[1],
            stratum=_numbered(found["stratum"])[1],
            population=found["population"].to_numpy().astype(np.float64),
            absent=judged - held,
            values=values,
            row_of=np.repeat(np.arange(len(held)), held),
        )
        return cls(
            tuple(agents), tuple(mondays), strata, found["part"].to_numpy(), week, judged, found["failed"].to_numpy()
        )

    def spreads(self, part: int) -> dict[str, Spread | None]:
        """What the judged calls of each agent say, of the period or the one before."""
        found = spreads(self.strata.only(self.part == part), len(self.agents))
        return dict(zip(self.agents, found, strict=True))

    def calls(self, part: int) -> dict[str, int]:
        """Calls in the frames."""
        return self._sums(self.strata.population, part)

    @cached_property
    def judged(self) -> dict[str, int]:
        """Judged calls of the period, on any form."""
        return self._sums(self.judged_calls, NOW)

    @cached_property
    def failed(self) -> dict[str, int]:
        """Judged calls of the period with an auto-fail."""
        return self._sums(self.failed_calls, NOW)

    def _sums(self, of_rows: NDArray[Any], part: int) -> dict[str, int]:
        inside = self.part == part
        found = np.bincount(self.strata.group[inside], of_rows[inside], len(self.agents))
        return {name: int(count) for name, count in zip(self.agents, found, strict=True)}

    def weeks(self, agents: Sequence[str]) -> dict[str, tuple[tuple[date, float | None], ...]]:
        """The score of each week, of some agents; None where nothing was scored."""
        place = {name: number for number, name in enumerate(agents)}
        mine = np.array([place.get(name, -1) for name in self.agents], np.int64)[self.strata.group]
        number = len(self.mondays)
        found = spreads(self.strata.only(mine >= 0, mine * number + self.week), len(agents) * number)
        in_order = sorted(range(number), key=self.mondays.__getitem__)
        return {
            name: tuple((self.mondays[week], _points(found[row * number + week])) for week in in_order)
            for name, row in place.items()
        }

    def together(self, agents: Sequence[str]) -> tuple[Estimate, Change | None]:
        """All calls of these agents in the period, and what changed since the one before."""
        chosen = np.isin(self.strata.group, [self.agents.index(name) for name in agents])
        found = []
        for part in (NOW, BEFORE):
            inside = chosen & (self.part == part)
            (spread,) = spreads(self.strata.only(inside, np.zeros_like(self.strata.group)), 1)
            found.append((spread, int(self.strata.population[inside].sum())))
        (now, calls), (past, past_calls) = found
        estimate = estimates_of({"": now}, {"": calls}, [past] if past else [])[""]
        return estimate, difference(estimate, estimates_of({"": past}, {"": past_calls})[""])


def _points(spread: Spread | None) -> float | None:
    return None if spread is None else 100 * spread.mean


def _numbered(column: pa.ChunkedArray) -> tuple[list[Any], NDArray[Any]]:
    """The different values of a column, and the place of each row's among them."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
