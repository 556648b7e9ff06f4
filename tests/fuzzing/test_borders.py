"""Every border under Hypothesis: good inputs are taken, changed ones are taken or refused in our own words."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.borders import BORDERS
from tests.fuzzing.mutate import altered
from tests.fuzzing.rule import judged

#: What takes longest is tried least; a run of all has its own command (docs/fuzzing.md).
EXAMPLES = 60 if os.environ.get("QCW_TEST_EXAMPLES") == "new" else 5


@pytest.mark.parametrize("name", BORDERS)
def test_whatever_comes_is_taken_or_refused_in_our_own_words(name: str) -> None:
    border = BORDERS[name]
    seeds = border.seeds()
    once, again = (judged(partial(border.read_guarded, seeds[0]), has_key=border.has_key) for _ in range(2))
    assert once == again, "what is read twice is read the same"

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(range(len(seeds))), st.integers(0, 2**32), st.binary(max_size=60))
    def changed(place: int, chance: int, raw: bytes) -> None:
        data = raw if chance % 10 == 0 else altered(seeds[place], chance)
        judged(partial(border.read_guarded, data), has_key=border.has_key)

    changed()
