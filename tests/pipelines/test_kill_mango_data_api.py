"""Syncs of Mango Office and the Data API in processes of their own, killed with -9 and repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connected_cases import everything, kill_syncs, sync, sync_in_a_process, workspace
from tests.pipelines.mango_data_api_cases import settings, stand_in_of
from tests.stand_ins import mango
from tests.stand_ins.serving import serving


@pytest.mark.slow
@pytest.mark.timeout(280)
@pytest.mark.parametrize("kind", ["mango", "uis"])
def test_a_sync_that_is_killed_and_repeated_leaves_the_same(kind: str, tmp_path: Path) -> None:
    """Killed behind the first window, of which there are several."""
    stand_in = stand_in_of(kind, 60)
    if isinstance(stand_in, mango.MangoStandIn):
        stand_in.not_ready = 0
    with serving(stand_in) as address:
        calm = workspace(tmp_path / "calm", settings(kind, address))
        sync(calm)
        expected = everything(calm)
        assert len(expected["calls"]) == 60
        disturbed = workspace(tmp_path / "disturbed", settings(kind, address))
        disturbed.store.release()
        stand_in.delay_s = 0.3
        assert kill_syncs(disturbed.home, "s", stand_in, (3,)) == 1
        stand_in.delay_s = 0.0
        sync_in_a_process(disturbed.home, "s")
        found = everything(disturbed)
    assert found == expected
