"""What the store says of scored calls is what the rules say of draws, rows and values; nothing else gets in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_workbench.domain.evaluation import Purpose
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.sampling.estimates import Judged, samples_by, samples_by_day
from qc_workbench.sampling.scores import Spread, spread_of
from qc_workbench.store import samples, score_sheets
from qc_workbench.store.database import Statement
from qc_workbench.ui.views.agent_table import BEFORE, NOW, AgentTable
from qc_workbench.workspace import Workspace
from tests import scored_company as company
from tests.form_cases import form_of, yes_no
from tests.scored_company import ANSWERS, MONDAY, Drawn
from tests.ui.sample_company import empty_company

DAYS = (MONDAY - timedelta(days=2), MONDAY + timedelta(days=3))
drawn_calls = st.lists(
    st.tuples(
        st.sampled_from(["m1", "m2"]),
        st.integers(0, 4),
        st.sampled_from([None, *ANSWERS]),
        st.booleans(),
        st.sampled_from([SampleStatus.DONE, SampleStatus.WAITING, SampleStatus.REPLACED]),
    ),
    min_size=1,
    max_size=14,
)


def calls_of(rows: list[tuple[str, int, int | None, bool, SampleStatus]]) -> list[Drawn]:
    return [
        Drawn(f"c{number}", agent, DAYS[0] + timedelta(days=day), points, is_drawn, status)
        for number, (agent, day, points, is_drawn, status) in enumerate(rows)
    ]


def spreads(workspace: Workspace) -> tuple[dict[str, Spread | None], dict[str, Spread | None]]:
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        found = score_sheets.score_table(reader, DAYS, MONDAY, DAYS[0], zone, "daily", "talk", (), {})
    table = AgentTable.of(found)
    return table.spreads(NOW), table.spreads(BEFORE)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


def scored(homes: Path, drawn: list[Drawn]) -> Workspace:
    workspace = empty_company(homes / str(len(list(homes.iterdir()))))
    company.publish(workspace)
    company.draw(workspace, drawn)
    return workspace


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn_calls, st.booleans())
def test_the_store_says_what_the_rules_say_of_draws_and_rows(
    homes: Path, rows: list[tuple[str, int, int | None, bool, SampleStatus]], is_counted: bool
) -> None:
    drawn = calls_of(rows)
    workspace = scored(homes, drawn)
    zone = workspace.settings.company.zone
    if is_counted:
        workspace.store.write(score_sheets.count_frames(zone))
    values = {item.call_id: float(item.points) for item in drawn if item.points is not None}
    day_of = {item.call_id: item.day for item in drawn}

    def part(agent: str, call_id: str) -> tuple[str, int]:
        return agent, NOW if day_of[call_id] >= MONDAY else BEFORE

    with workspace.store.reading() as reader:
        passports, sampled = samples.draws(reader), samples.sampled(reader)
        by_rules = samples_by(passports, sampled, values, lambda item: part(item.agent_id, item.call_id))
        for agent in {item.agent for item in drawn}:
            counts = score_sheets.frame_counts(reader, DAYS, zone, "daily", agent)
            judged = [
                Judged(row.draw_id, row.stratum, row.day, row.score)
                for row in score_sheets.sheet_rows(reader, DAYS, zone, "daily", agent)
            ]
            by_day = samples_by_day(counts, judged, lambda day: NOW if day >= MONDAY else BEFORE)
            for half, groups in by_day.items():
                alone, expected = spread_of(groups), spread_of(by_rules[agent, half])
                assert (alone and alone.mean) == pytest.approx(expected and expected.mean)
                assert (alone and alone.population) == (expected and expected.population)
    now, before = spreads(workspace)
    for half, found in ((NOW, now), (BEFORE, before)):
        for agent, own in found.items():
            expected = spread_of(by_rules.get((agent, half), ()))
            assert (own is None) == (expected is None)
            if own is not None and expected is not None:
                for name in Spread.__slots__:
                    assert getattr(own, name) == pytest.approx(getattr(expected, name), abs=1e-9), name
    workspace.store.release()


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn_calls, st.sampled_from(list(ANSWERS)), st.integers(0, 13))
def test_a_targeted_call_a_second_look_and_a_replaced_call_change_nothing(
    homes: Path, rows: list[tuple[str, int, int | None, bool, SampleStatus]], points: int, which: int
) -> None:
    drawn = calls_of(rows)
    workspace = scored(homes, drawn)
    before = spreads(workspace)
    item = drawn[which % len(drawn)]
    later = item.started_at + timedelta(days=30)
    company.give(workspace, item.call_id, points, later, Purpose.SECOND_LOOK)
    company.give(workspace, item.call_id, points, later, Purpose.CALIBRATION)
    for call in drawn:
        if not call.is_drawn:
            company.target(workspace, call.call_id)
            company.give(workspace, call.call_id, points, later)
        elif call.points is not None or call.status is SampleStatus.REPLACED:
            company.give(workspace, call.call_id, points, later)  # scored once more, or though it was replaced
    assert spreads(workspace) == before
    workspace.store.release()


def test_who_replaces_a_call_counts_in_its_stead(tmp_path: Path) -> None:
    gone = Drawn("gone", "m1", MONDAY, 0, status=SampleStatus.REPLACED)
    newcomer = Drawn("new", "m1", MONDAY, 100, replaces="gone")
    workspace = scored(tmp_path, [gone, newcomer, Drawn("unheard", "m1", MONDAY)])
    own = spreads(workspace)[0]["m1"]
    assert own is not None
    assert (own.mean, own.judged, own.population) == (1.0, 1, 3)


def test_a_call_scored_on_another_form_is_judged_and_has_no_score(tmp_path: Path) -> None:
    workspace = scored(tmp_path, [Drawn("a", "m1", MONDAY, 100), Drawn("b", "m1", MONDAY), Drawn("c", "m1", MONDAY)])
    other = form_of(yes_no("need", 50), yes_no("greeting", 30), yes_no("truth", 20))
    company.publish(workspace, other)
    company.give(workspace, "b", 20, Drawn("b", "m1", MONDAY).started_at + timedelta(days=1), form=other)
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        found = score_sheets.score_table(reader, DAYS, MONDAY, DAYS[0], zone, "daily", "talk", (), {})
        forms = score_sheets.scored_forms(reader, DAYS, zone)
    assert [(item.form_code, item.calls) for item in forms] == [("small", 1), ("talk", 1)]
    (row,) = found.to_pylist()
    assert (row["population"], row["judged"], row["scores"]) == (3, 2, [100.0])


def test_a_day_of_the_company_is_not_a_day_of_greenwich(tmp_path: Path) -> None:
    """00:30 on Monday in Moscow is still Sunday in Greenwich."""
    workspace = scored(tmp_path, [Drawn("a", "m1", MONDAY, 100)])
    midnight = "2026-10-04T21:30:00+00:00"
    workspace.store.write(
        Statement("update calls set started_at = ?", (datetime.fromisoformat(midnight),)),
        Statement("update draws set frame = replace(frame::varchar, '2026-10-05T09:00:00+00:00', ?)", (midnight,)),
    )
    with workspace.store.reading() as reader:
        (count,) = score_sheets.frame_counts(reader, DAYS, workspace.settings.company.zone, "daily", "m1")
    assert count.day == date(2026, 10, 5)
    own = spreads(workspace)[0]["m1"]
    assert own is not None
    assert own.mean == 1.0
