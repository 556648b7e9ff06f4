"""Numbers that come from numpy are stored like Python's own."""

from __future__ import annotations

import numpy as np

from qc_workbench.store.database import insert_all


def test_a_float_of_numpy_is_written_as_the_number_it_is() -> None:
    assert insert_all("turns", [{"start_s": np.float64(5.48)}]) == insert_all("turns", [{"start_s": 5.48}])
