"""Clients judged in many small parts come out as when all are judged together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import pipelines.judge_clients
from pipelines.detect import detect
from pipelines.judge_clients import judge_clients
from pipelines.make_large_store import AS_OF, make_large_store
from pipelines.progress import Silent
from qc_workbench.store.client_parts import part_rows, parts
from qc_workbench.store.database import Row, Statement
from qc_workbench.workspace import Workspace

#: Promises to judge, tasks and notes that name another client's number, tasks of nobody, records of nothing.
TANGLES = (
    """update detected set spoken = '[{"commitment_id":"p-' || call_id || '","call_id":"' || call_id || '",
       "by":"agent","action":"callback","quote":"перезвоню","start_s":1.0,"end_s":2.0,"rule":"r",
       "date_phrase":null,"due":["2026-10-05","2026-10-06",null,null]}]' where hash(call_id) % 3 = 0""",
    "update activities set client_phone = '+79000000003' where hash(activity_id) % 29 = 0",
    "update activities set deal_id = null where hash(activity_id) % 7 = 0",
    "update activities set deal_id = null, client_phone = null where hash(activity_id) % 31 = 0",
    "update activities set deal_id = 'deal-of-nobody' where hash(activity_id) % 37 = 0",
    "update notes set client_phone = '+79000000011', deal_id = null where hash(note_id) % 5 = 0",
    "update deals set client_phones = '[]' where hash(deal_id) % 11 = 0",
    "insert into violations values ('stale', 'no_task', 'm1', now(), null, 'deal-gone', null, '', now(), null)",
    "insert into refusals values ('call-gone', 'none', null, null, false, null, null, null)",
)  # fmt: skip
JUDGED = ("commitments", "refusals", "violations", "flags")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make_large_store(tmp_path_factory.mktemp("parts") / "company", 300)
    workspace.store.write(*(Statement(sql) for sql in TANGLES))
    return workspace


def judged(workspace: Workspace) -> dict[str, list[Row]]:
    with workspace.store.reading() as reader:
        return {
            table: reader.rows(f"select * exclude ({moment}) from {table} order by all")
            for table, moment in zip(JUDGED, ("as_of", "deal_status", "detail", "created_at, retired_at"), strict=True)
        }


@pytest.mark.slow
def test_small_parts_give_what_one_part_gives(company: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    together = judge_clients(company, AS_OF)
    whole = judged(company)
    assert all(whole.values())
    assert len({row["outcome"] for row in whole["commitments"]}) > 1
    monkeypatch.setattr(pipelines.judge_clients, "CALLS_A_PART", 25)
    again = judge_clients(company, AS_OF)
    assert judged(company) == whole
    assert (again.changed, again.retired) == (0, 0)
    counts = (together.outcomes, together.explicit_refusals, together.violations)
    assert (again.outcomes, again.explicit_refusals, again.violations) == counts


def test_what_nothing_stands_for_any_more_is_cleared_or_dropped(company: Workspace) -> None:
    judge_clients(company, AS_OF)
    with company.store.reading() as reader:
        assert reader.value("select cleared_at from violations where violation_id = 'stale'") == AS_OF
        assert reader.value("select count(*) from refusals where call_id = 'call-gone'") == 0


def test_every_row_is_in_one_part_and_a_client_is_never_split(company: Workspace) -> None:
    with company.store.reading() as reader:
        found = [part_rows(reader, part) for part in parts(reader, 25)]
        numbers = {
            table: int(reader.value(f"select count(*) from {table}"))
            for table in ("calls", "deals", "activities", "notes", "activity_changes", "stage_changes")
        }
    assert len(found) == 12
    for table, number in numbers.items():
        assert sum(len(getattr(rows, table)) for rows in found) == number, table
    places = Counter(
        phone
        for rows in found
        for phone in {phone for deal in rows.deals for phone in deal.client_phones}
        | {call.client_phone for call in rows.calls if call.client_phone}
        | {task.client_phone for task in rows.activities if task.client_phone}
    )
    assert set(places.values()) == {1}


@pytest.mark.slow
def test_a_detection_with_nothing_new_examines_and_changes_nothing(company: Workspace, tmp_path: Path) -> None:
    detect(company, AS_OF, Silent())
    again = detect(company, AS_OF, Silent())
    assert (again.examined, again.changed, again.retired) == (0, 0, 0)
    assert again.already > 200
