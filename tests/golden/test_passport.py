from __future__ import annotations

import json

from qc_workbench.sampling.draws import redraw, verify
from qc_workbench.sampling.passports import draw_of_passport
from tests.golden.make_passport import FILE, make


def test_the_same_calls_and_seed_give_the_passport_that_was_kept() -> None:
    assert make() == FILE.read_text(encoding="utf-8")


def test_a_kept_passport_can_be_drawn_again_without_the_database() -> None:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    draw = draw_of_passport(content)
    drawn = {row["call_id"] for row in content["drawn"] if row["replaces"] is None}
    assert {row.call_id for row in redraw(draw)} == drawn
    assert verify(draw, redraw(draw)) == ()
    assert content["discrepancies"] == []
