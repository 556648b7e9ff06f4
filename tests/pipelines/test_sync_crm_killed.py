"""A sync of a CRM, killed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.connected_cases import kill_syncs, sync_in_a_process
from tests.crm_cases import NOW, everything, of_pipedrive, sync, workspace
from tests.stand_ins.pipedrive import PipedriveStandIn, stamp
from tests.stand_ins.serving import serving


@pytest.mark.timeout(280)
@pytest.mark.slow
def test_a_crm_sync_that_is_killed_and_repeated_leaves_the_same(tmp_path: Path) -> None:
    """Real processes, killed with -9 at moments through the whole of it."""
    stand_in = PipedriveStandIn(now=NOW - timedelta(days=2), delay_s=0.05, page=30)
    stand_in.furnish()
    for number in range(1, 101):
        stand_in.person(number, f"067000{number:04d}")
        stand_in.deal(number, person_id=number)
        stand_in.activity(number, deal_id=number, person_id=number, due_date=stamp(stand_in.now)[:10])
        stand_in.note(number, f"<b>{number}</b>", deal_id=number)
        if number % 9 == 0:
            stand_in.change(stand_in.deals[number], stage_id=2)
    with serving(stand_in) as address:
        calm = workspace(tmp_path / "calm", of_pipedrive(address))
        sync(calm, stand_in)
        expected = everything(calm)
        assert len(expected["deals"]) == len(expected["notes"]) == 100
        disturbed = workspace(tmp_path / "disturbed", of_pipedrive(address))
        disturbed.store.release()
        assert kill_syncs(disturbed.home, "p", stand_in, (4, 12, 20)) == 3
        sync_in_a_process(disturbed.home, "p")
        assert everything(disturbed) == expected
