"""The figures of a month, beside SQL that was written for this test alone, and what the workbook says of them."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from openpyxl import load_workbook

from pipelines.build_report import build_month_report, render
from qc_workbench.reporting.callbacks import CallBack, called_back
from qc_workbench.reporting.document import Table, Tiles
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_document import month_document
from qc_workbench.store.calls import call_of
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.missed_in_python import missed_in_python
from tests.month_company import AS_OF, month_company

#: A moment's month by the clock of Moscow, which has no daylight saving time.
MONTH = "strftime(({}) at time zone 'UTC' + interval 3 hour, '%Y-%m')"
CLOSED = MONTH.format("coalesce(closed_at, stage_since)")
MONTHS = ("2026-09", "2026-10")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return month_company(tmp_path_factory.mktemp("months") / "company")


@pytest.fixture(scope="module", params=MONTHS)
def month(request: pytest.FixtureRequest, workspace: Workspace) -> Month:
    return build_month_report(workspace, date.fromisoformat(f"{request.param}-01"), AS_OF)


def said(month: Month) -> str:
    return f"{month.days.first_day:%Y-%m}"


def asked(workspace: Workspace, sql: str, *parameters: object) -> list[dict[str, Any]]:
    with workspace.store.reading() as reader:
        return reader.rows(sql, *parameters)


def value(month: Month, code: str, currency: str | None = None) -> Any:
    return next(
        item.now.value
        for item in month.sales.indicators
        if item.code == code and (currency is None or item.currency == currency)
    )


def test_revenue_and_the_average_deal_are_summed_by_currency(workspace: Workspace, month: Month) -> None:
    rows = asked(
        workspace,
        f"select coalesce(currency, '') as currency, sum(amount) as total, count(amount) as n from deals "
        f"where status = 'won' and amount is not null and {CLOSED} = ? group by 1",
        said(month),
    )
    assert len(rows) >= 2
    for row in rows:
        assert value(month, "revenue", row["currency"]) == row["total"]
        mean = (row["total"] / row["n"]).quantize(Decimal("0.01"))
        assert value(month, "average_deal", row["currency"]) == mean


def test_won_lost_and_their_share(workspace: Workspace, month: Month) -> None:
    rows = asked(workspace, f"select status, count(*) as n from deals where {CLOSED} = ? group by 1", said(month))
    counts = {row["status"]: row["n"] for row in rows}
    assert value(month, "deals_won") == counts["won"]
    assert value(month, "deals_lost") == counts["lost"]
    assert value(month, "win_rate") == pytest.approx(counts["won"] / (counts["won"] + counts["lost"]))


def test_the_cycle_is_the_median_of_days(workspace: Workspace, month: Month) -> None:
    rows = asked(
        workspace,
        f"select quantile_cont(date_diff('second', created_at, coalesce(closed_at, stage_since)) / 86400.0, 0.5) as it "
        f"from deals where status = 'won' and {CLOSED} = ? and created_at <= coalesce(closed_at, stage_since)",
        said(month),
    )
    assert value(month, "cycle_days") == pytest.approx(rows[0]["it"])


def test_meetings_and_proposals(workspace: Workspace, month: Month) -> None:
    for code, kind, column in (
        ("meetings_set", "meeting", "created_at"),
        ("meetings_held", "meeting", "done_at"),
        ("proposals_sent", "proposal", "done_at"),
    ):
        rows = asked(
            workspace,
            f"select count(*) as n from activities where type = ? and {MONTH.format(column)} = ?",
            kind,
            said(month),
        )
        assert value(month, code) == rows[0]["n"] > 0
    due = asked(
        workspace,
        f"select count(*) as n, count(done_at) as held from activities where type = 'meeting' "
        f"and {MONTH.format('due_at')} = ?",
        said(month),
    )[0]
    assert value(month, "held_share") == pytest.approx(due["held"] / due["n"])


def test_lost_calls_and_effective_calls(workspace: Workspace, month: Month) -> None:
    row = asked(
        workspace,
        f"select avg((outcome != 'answered')::int) filter (direction = 'inbound') as lost, "
        f"count(*) filter (outcome = 'answered' and talk_s >= 40 and direction in ('inbound', 'outbound')) as counted "
        f"from calls where {MONTH.format('started_at')} = ?",
        said(month),
    )[0]
    assert value(month, "lost_call_rate") == pytest.approx(row["lost"])
    assert value(month, "crm_effective") == row["counted"] == month.basis.effective_all == len(month.basis.effective)


def test_clients_told_of_the_recording_are_counted_by_direction(workspace: Workspace, month: Month) -> None:
    rows = asked(
        workspace,
        f"select direction, sum((verdict = 'told')::int) as told, sum((verdict = 'not_told')::int) as not_told, "
        f"sum((verdict = 'unsure')::int) as unsure, avg((verdict = 'told')::int) filter (verdict != 'unsure') as share "
        f"from calls join consent_lines using (call_id) "
        f"where direction in ('inbound', 'outbound') and {MONTH.format('started_at')} = ? group by 1 order by 1",
        said(month),
    )
    assert [row["direction"] for row in rows] == ["inbound", "outbound"]
    assert [(item.key, item.told, item.not_told, item.unsure) for item in month.consent] == [
        (row["direction"], row["told"], row["not_told"], row["unsure"]) for row in rows
    ]
    assert [item.share for item in month.consent] == pytest.approx([row["share"] for row in rows])
    assert all(item.unsure and item.known for item in month.consent)


def test_a_month_that_goes_on_counts_clients_told_up_to_its_moment(workspace: Workspace) -> None:
    first = asked(
        workspace,
        "select min(started_at) as it from calls join consent_lines using (call_id) where direction != 'internal'",
    )[0]["it"]
    report = build_month_report(workspace, first.date(), first)
    assert sum(item.known + item.unsure for item in report.consent) == 1


def test_sources_hold_every_deal_and_every_inbound_call(workspace: Workspace, month: Month) -> None:
    lines = {line.source: line for line in month.sales.sources}
    calls = asked(
        workspace,
        f"select source, count(*) as n, sum((outcome != 'answered')::int) as lost from calls "
        f"where direction = 'inbound' and {MONTH.format('started_at')} = ? group by 1",
        said(month),
    )
    for row in calls:
        assert (lines[row["source"]].lost_calls.of, lines[row["source"]].lost_calls.count) == (row["n"], row["lost"])
    deals = asked(
        workspace,
        f"""
        select coalesce(source, (
            select c.source from calls c where c.client_phone = json_extract_string(d.client_phones, '$[0]')
            and c.source is not null order by c.started_at, c.call_id limit 1)) as found,
            count(*) filter (status = 'won') as won, count(*) filter (status = 'lost') as lost
        from deals d where status in ('won', 'lost') and {CLOSED} = ? group by 1
        """,
        said(month),
    )
    assert {row["found"]: (row["won"], row["lost"]) for row in deals} == {
        line.source: (line.won, line.lost) for line in month.sales.sources if line.won or line.lost
    }


def test_stages_are_followed_deal_by_deal(workspace: Workspace, month: Month) -> None:
    """The same told in Python: each deal's way as a list."""
    deals = {row["deal_id"]: row for row in asked(workspace, "select * from deals")}
    ways: dict[str, list[tuple[Any, str]]] = {}
    for row in asked(workspace, "select * from stage_changes order by deal_id, changed_at"):
        way = ways.setdefault(row["deal_id"], [(deals[row["deal_id"]]["created_at"], row["from_stage"])])
        way.append((row["changed_at"], row["to_stage"]))
    expected: dict[str, list[int]] = {}
    for deal_id, way in ways.items():
        for number, (at, stage) in enumerate(way):
            if month.days.holds(at):
                counts = expected.setdefault(stage, [0, 0, 0, 0, 0, 0])
                status = deals[deal_id]["status"]
                went_on = number + 1 < len(way)
                counts[0] += 1
                counts[1] += went_on
                for place, name in ((2, "won"), (3, "lost"), (4, "open")):
                    counts[place] += not went_on and status == name
                counts[5] += status == "won"
    assert expected
    assert {
        line.now.stage: [
            line.now.entered, line.now.moved, line.now.won, line.now.lost, line.now.waiting, line.now.won_ever,
        ]
        for line in month.sales.stages
    } == expected  # fmt: skip


def test_callers_are_followed_call_by_call(workspace: Workspace, month: Month) -> None:
    """The same told in Python, then judged by the rule of the day page."""
    settings = workspace.settings
    with workspace.store.reading() as reader:
        calls = list(map(call_of, reader.rows("select * from calls")))
    callers = missed_in_python(calls, [(month.days.starts_at, month.days.ends_at)], month.as_of)
    expected = called_back(callers, settings.discipline.callback_within_minutes, settings.company)
    assert [(item.caller.call_id, item.how) for item in month.sales.missed] == [
        (item.caller.call_id, item.how) for item in expected
    ]
    counts = Counter(item.how for item in expected)
    assert month.sales.callers == {how: counts[how] for how in CallBack}
    assert len(counts) >= 5
    waits = [
        item.caller.after_s / 60
        for item in expected
        if item.how in (CallBack.IN_TIME, CallBack.LATE) and item.caller.after_s is not None
    ]
    assert value(month, "response_minutes") == pytest.approx(median(waits))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_workbook_opened_again_has_the_figures_of_the_report(
    workspace: Workspace, month: Month, language: str
) -> None:
    words = Translator(language, workspace.settings.company.zone)
    document = month_document(month, words)
    book = load_workbook(io.BytesIO(render(document, ".xlsx", words, workspace)))
    compared = 0
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.rows and block.sheet in book.sheetnames:
                sheet = book[block.sheet]
                found = list(sheet.iter_rows(min_row=2, values_only=True))
                assert len(found) == len(block.rows)
                assert sheet.freeze_panes == "A2"
                assert sheet.auto_filter.ref
                for row, cells in zip(found, block.rows, strict=True):
                    for one, cell in zip(row, cells, strict=True):
                        if isinstance(cell.value, int | float | Decimal):
                            assert one == pytest.approx(float(cell.value))
                            compared += 1
            elif isinstance(block, Tiles):
                summary = {row[0]: row[1] for row in book.worksheets[0].iter_rows(min_row=5, values_only=True)}
                for tile in block.tiles:
                    if isinstance(tile.cell.value, int | float | Decimal):
                        assert summary[tile.label] == pytest.approx(float(tile.cell.value))
                        compared += 1
    assert compared > 400
    charts = book[words("report.sheet.charts")]
    assert len(charts._charts) >= 4  # type: ignore[attr-defined]


def test_no_report_of_a_month_misses_a_definition(month: Month) -> None:
    from qc_workbench.reporting.month_appendix import definition

    words = Translator("ru")
    assert [item.code for item in month.sales.indicators if not definition(item.code, month, words)] == []


def test_a_report_is_made_where_there_is_no_crm(tmp_path: Path) -> None:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    empty = Workspace.open(tmp_path)
    report = build_month_report(empty, date(2026, 10, 1), AS_OF)
    for language in ("ru", "en"):
        words = Translator(language)
        assert words("month_say.no_stage_history") in str(month_document(report, words))
