"""Drawing and assigning read only what may change, and decide what whole tables would have decided."""

from __future__ import annotations

import pytest

from pipelines.assign_reviews import assign_reviews
from pipelines.draw_sample import draw_sample, plan_of
from pipelines.make_large_store import AS_OF, make_large_store
from pipelines.progress import Silent
from qc_workbench import __version__
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.review.assignment import assign, reviewers, targeted_rows
from qc_workbench.sampling.draws import due_draws
from qc_workbench.store import calls as call_store
from qc_workbench.store import samples, verdicts
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace


@pytest.fixture
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_large_store(tmp_path_factory.mktemp("little") / "company", 1000)


def test_the_draws_due_are_those_that_whole_tables_give(company: Workspace) -> None:
    company.store.write(
        Statement("delete from draws where period_from > date '2026-10-12' or hash(draw_id) % 40 = 0"),
        Statement("delete from sample where queue = 'random' and draw_id not in (select draw_id from draws)"),
        Statement("update calls set talk_s = 0 where hash(call_id) % 50 = 0"),
        Statement("update calls set started_at = started_at - interval 9 day where hash(call_id) % 60 = 0"),
    )
    settings = company.settings
    with company.store.reading() as reader:
        calls, recordings, existing = call_store.calls(reader), call_store.recordings(reader), samples.draws(reader)
    expected = {
        draw
        for plan in settings.sampling.plans
        for draw in (
            item.draw_id
            for item in due_draws(
                plan_of(plan), settings.sampling.seed, calls, recordings, existing,
                zone=settings.company.zone, as_of=AS_OF, program_version=__version__,
            )
        )
    }  # fmt: skip
    assert len(expected) > 10
    report = draw_sample(company, AS_OF, Silent())
    with company.store.reading() as reader:
        made = {draw.draw_id for draw in samples.draws(reader)} - {draw.draw_id for draw in existing}
    assert made == expected
    assert report.draws == len(expected)


Rows = dict[tuple[str, str], SampledCall]


def stored(company: Workspace) -> Rows:
    with company.store.reading() as reader:
        return {(row.draw_id, row.call_id): row for row in samples.sampled(reader)}


def assigned_by_whole_tables(company: Workspace) -> Rows:
    before = stored(company)
    with company.store.reading() as reader:
        calls = {call.call_id: call for call in call_store.calls(reader)}
        people = reviewers(call_store.managers(reader).values(), AS_OF)
        flags = verdicts.flags(reader)
    zone = company.settings.company.zone
    rows = dict(before)
    rows |= {
        (row.draw_id, row.call_id): row
        for row in targeted_rows(flags, calls, before.values(), zone=zone, as_of=AS_OF)
    }  # fmt: skip
    return rows | {(row.draw_id, row.call_id): row for row in assign(rows.values(), calls, people)}


@pytest.mark.parametrize("people", ["two", "nobody"])
def test_reviews_go_to_whom_whole_tables_would_give_them(company: Workspace, people: str) -> None:
    company.store.write(
        Statement("insert into managers values ('q2', 'Вторая', 'qc', null, null, null, null, '{}')"),
        Statement("update sample set assigned_to = null where hash(call_id, 1) % 3 = 0 and status = 'waiting'"),
        Statement("update sample set assigned_to = 'q2' where hash(call_id, 2) % 4 = 0 and status <> 'waiting'"),
        Statement("update sample set assigned_to = 'left' where hash(call_id, 3) % 5 = 0 and status = 'waiting'"),
        Statement("update sample set status = 'in_progress' where hash(call_id, 4) % 9 = 0"),
        Statement("delete from sample where queue = 'targeted' and hash(call_id, 5) % 3 = 0"),
        Statement("update flags set retired_at = now() where hash(call_id, 6) % 3 = 0"),
        Statement(
            "update sample set status = 'replaced', reason = 'flag_retired' "
            "where queue = 'targeted' and hash(call_id, 7) % 2 = 0"
        ),
        Statement(
            "update managers set left_at = now() - interval 5 year where role = 'qc' and ?", (people == "nobody",)
        ),
    )
    before, expected = stored(company), assigned_by_whole_tables(company)
    report = assign_reviews(company, AS_OF, Silent())
    assert stored(company) == expected
    assert expected != before
    waiting = [row for row in expected.values() if row.status is SampleStatus.WAITING]
    assert report.unassigned == sum(row.assigned_to is None for row in waiting)
    on_the_queue = [row for row in expected.values() if row.queue is Queue.TARGETED]
    assert report.targeted == sum(row.status is not SampleStatus.REPLACED for row in on_the_queue)
    assert assign_reviews(company, AS_OF, Silent()).assigned == 0
