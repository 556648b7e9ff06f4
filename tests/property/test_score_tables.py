"""Many agents at once say what each says alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.errors import UsageError
from qc_workbench.sampling.estimates import StratumSample
from qc_workbench.sampling.score_tables import StratumTable, spreads
from qc_workbench.sampling.scores import spread_of

_values = st.lists(st.sampled_from([0.0, 40.0, 62.5, 80.0, 100.0]), max_size=4)


@st.composite
def agents(draw: st.DrawFn) -> list[list[StratumSample]]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), unique=True, max_size=5))
        has_absent = draw(st.booleans())
        strata = []
        for draw_id, stratum in names:
            values = tuple(draw(_values))
            absent = draw(st.integers(0, 2)) if has_absent else 0
            unheard = draw(st.integers(0, 9))
            population = len(values) + absent + unheard
            if population:
                strata.append(StratumSample(draw_id, stratum, population, values, absent))
        found.append(strata)
    return found


def table_of(groups: list[list[StratumSample]]) -> StratumTable:
    rows = [(number, group) for number, strata in enumerate(groups) for group in strata]
    values = [(place, value) for place, (_, group) in enumerate(rows) for value in group.values]
    return StratumTable(
        np.array([number for number, _ in rows], np.int64),
        np.array([ord(group.draw_id) for _, group in rows], np.int64),
        np.array([ord(group.stratum) for _, group in rows], np.int64),
        np.array([group.population for _, group in rows], np.float64),
        np.array([group.absent for _, group in rows], np.int64),
        np.array([value for _, value in values], np.float64),
        np.array([place for place, _ in values], np.int64),
    )


@given(agents())
def test_many_agents_at_once_say_what_each_says_alone(groups: list[list[StratumSample]]) -> None:
    together = spreads(table_of(groups), len(groups))
    for strata, found in zip(groups, together, strict=True):
        alone = spread_of(strata)
        if alone is None:
            assert found is None
            continue
        assert found is not None
        for name in alone.__slots__:
            assert getattr(found, name) == pytest.approx(getattr(alone, name), abs=1e-9), name


@given(agents())
def test_an_agent_says_the_same_whoever_stands_beside(groups: list[list[StratumSample]]) -> None:
    table = table_of(groups)
    together = spreads(table, len(groups))
    for number in range(len(groups)):
        (alone,) = spreads(table.only(table.group == number, np.zeros_like(table.group)), 1)
        assert alone == together[number]


def test_a_score_off_the_scale_is_refused() -> None:
    with pytest.raises(UsageError, match="score_out_of_bounds"):
        spreads(table_of([[StratumSample("a", "x", 9, (101.0,))]]), 1)
