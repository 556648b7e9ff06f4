"""Zadarma and Twilio: a sync that is killed with -9 and repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connected_cases import everything, kill_syncs, sync, sync_in_a_process
from tests.pipelines.test_sync_signed_systems import stand_in_of, workspace
from tests.stand_ins import twilio
from tests.stand_ins.serving import serving


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("kind", "later_s"), [("zadarma", 0.0), ("twilio", 0.3)])
def test_a_sync_that_is_killed_and_repeated_leaves_the_same(kind: str, later_s: float, tmp_path: Path) -> None:
    """Real processes, killed with -9 while an answer is on its way and while it is written down."""
    stand_in = stand_in_of(kind, 300, hours=0.2)
    stand_in.delay_s = 0.1
    if isinstance(stand_in, twilio.TwilioStandIn):
        stand_in.page_rows = 200
    with serving(stand_in) as address:
        calm = workspace(tmp_path / "calm", kind, address, "recordings = false\n")
        sync(calm)
        expected = everything(calm)
        disturbed = workspace(tmp_path / "disturbed", kind, address, "recordings = false\n")
        disturbed.store.release()
        assert kill_syncs(disturbed.home, "s", stand_in, (1,), later_s=later_s) == 1
        sync_in_a_process(disturbed.home, "s")
        assert everything(disturbed) == expected
    assert len(expected["calls"]) == 300
