"""A signed month stays as it was; what comes later is a new revision with a list of what differs."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipelines.build_report import build_month_report, render
from pipelines.erased_months import statements
from pipelines.sign_month import (
    changed_since,
    revisions,
    sign_month,
    signed_document,
    withdraw_signature,
    write_signed_report,
)
from qc_workbench.domain.signed_month import FigureKey
from qc_workbench.errors import UsageError
from qc_workbench.reporting.document_json import document_from, document_json
from qc_workbench.reporting.month_document import month_document
from qc_workbench.reporting.month_signing import canonical, differences, figures_from, figures_of, sha256_of
from qc_workbench.store.database import Statement
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.month_company import AS_OF, month_company
from tests.ui.sample_company import PROMISE, sample_company

OCTOBER = date(2026, 10, 1)
WON = FigureKey("indicator", "", "deals_won")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return month_company(tmp_path / "company", deals=60, calls=120)


def kept(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace.store.reading() as reader:
        rows = reader.rows("select figures::varchar as f, documents::varchar as d from signed_months order by revision")
    return [(row["f"], row["d"]) for row in rows]


def win_another_deal(workspace: Workspace) -> None:
    """Say of an open deal that it was won in October."""
    workspace.store.write(
        Statement(
            "update deals set status = 'won', closed_at = ?, amount = 100, currency = 'RUB' where deal_id = "
            "(select min(deal_id) from deals where status = 'open')",
            (datetime(2026, 10, 20, 9, tzinfo=UTC),),
        )
    )


def test_figures_signed_are_the_same_bytes_when_the_data_change(workspace: Workspace) -> None:
    signed = sign_month(workspace, OCTOBER, "Павел", AS_OF)
    before = kept(workspace)
    text = signed_document(workspace, OCTOBER, 1, "ru")
    win_another_deal(workspace)
    assert kept(workspace) == before
    assert signed_document(workspace, OCTOBER, 1, "ru") == text
    assert revisions(workspace, OCTOBER) == [signed]
    assert sha256_of(signed.figures) == signed.sha256


def test_later_data_make_a_new_revision_that_says_what_differs(workspace: Workspace) -> None:
    first = sign_month(workspace, OCTOBER, "Павел", AS_OF)
    report = build_month_report(workspace, OCTOBER, AS_OF)
    assert changed_since(first, report) == ()
    with pytest.raises(UsageError, match="month_unchanged"):
        sign_month(workspace, OCTOBER, "Павел", AS_OF + timedelta(hours=1))
    win_another_deal(workspace)
    found = {item.key: item for item in changed_since(first, build_month_report(workspace, OCTOBER, AS_OF))}
    assert int(found[WON].now or 0) == int(found[WON].was or 0) + 1
    assert WON in found
    second = sign_month(workspace, OCTOBER, "Ольга", AS_OF + timedelta(days=1))
    assert (second.revision, second.signed_by) == (2, "Ольга")
    assert [item.revision for item in revisions(workspace, OCTOBER)] == [1, 2]
    assert {item.key for item in differences(first.figures, second.figures)} == set(found)


def test_a_month_that_goes_on_is_not_signed(workspace: Workspace) -> None:
    last_second = datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC)
    with pytest.raises(UsageError, match="month_not_over"):
        sign_month(workspace, OCTOBER, "Павел", last_second)
    assert sign_month(workspace, OCTOBER, "Павел", last_second + timedelta(seconds=1)).revision == 1


def test_a_withdrawn_signature_leaves_the_revision_readable_and_its_number_taken(workspace: Workspace) -> None:
    sign_month(workspace, OCTOBER, "Павел", AS_OF)
    withdraw_signature(workspace, OCTOBER, 1, "Павел", AS_OF)
    assert [item.stands for item in revisions(workspace, OCTOBER)] == [False]
    assert signed_document(workspace, OCTOBER, 1, "en").language == "en"
    with pytest.raises(UsageError, match="revision_unknown"):
        withdraw_signature(workspace, OCTOBER, 1, "Павел", AS_OF)
    assert sign_month(workspace, OCTOBER, "Павел", AS_OF).revision == 2


def test_signing_and_withdrawing_are_in_the_log(workspace: Workspace) -> None:
    sign_month(workspace, OCTOBER, "Павел", AS_OF)
    withdraw_signature(workspace, OCTOBER, 1, "Павел", AS_OF)
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action, object, detail from audit order by action")
    assert [(row["actor"], row["action"], row["object"]) for row in rows] == [
        ("Павел", "month_signature_withdrawn", "2026-10"),
        ("Павел", "month_signed", "2026-10"),
    ]
    assert json.loads(rows[1]["detail"])["revision"] == 1


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_document_comes_back_from_json_as_it_was(workspace: Workspace, language: str) -> None:
    words = Translator(language, workspace.settings.company.zone)
    document = month_document(build_month_report(workspace, OCTOBER, AS_OF), words)
    again = document_from(json.loads(json.dumps(document_json(document))))
    assert again == document
    one, other = (
        [
            [cell.value for row in sheet.iter_rows() for cell in row]
            for sheet in load_workbook(io.BytesIO(render(item, ".xlsx", words, workspace))).worksheets
        ]
        for item in (document, again)
    )
    assert one == other
    assert render(document, ".html", words, workspace) == render(again, ".html", words, workspace)


def test_a_revision_is_written_to_a_file_and_an_unknown_one_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    sign_month(workspace, OCTOBER, "Павел", AS_OF)
    words = Translator("ru")
    for ending in (".html", ".pdf", ".xlsx"):
        assert write_signed_report(workspace, OCTOBER, 1, tmp_path / f"one{ending}", words).stat().st_size > 10_000
    with pytest.raises(UsageError, match="revision_unknown"):
        write_signed_report(workspace, OCTOBER, 2, tmp_path / "two.html", words)
    with pytest.raises(UsageError, match="report_ending"):
        write_signed_report(workspace, OCTOBER, 1, tmp_path / "one.txt", words)


keys = st.builds(FigureKey, st.sampled_from(["agent", "source"]), st.text(max_size=5), st.text(max_size=5))
figures = st.dictionaries(keys, st.none() | st.text(max_size=6), max_size=8)


@given(figures, figures)
def test_differences_are_all_that_differs_and_nothing_else(
    was: dict[FigureKey, str], now: dict[FigureKey, str]
) -> None:
    found = differences(was, now)
    patched = dict(was)
    for item in found:
        assert was.get(item.key) == item.was
        assert now.get(item.key) == item.now
        if item.key in now:
            patched[item.key] = now[item.key]
        else:
            del patched[item.key]
    assert patched == now
    assert (found == ()) == (was == now)
    assert (sha256_of(was) == sha256_of(now)) == (was == now)
    assert figures_from(canonical(was)) == was


def test_a_month_signed_before_clients_told_were_counted_differs_in_nothing(workspace: Workspace) -> None:
    report = build_month_report(workspace, OCTOBER, AS_OF)
    now = figures_of(report)
    before = {key: value for key, value in now.items() if key.group != "consent"}
    assert len(before) == len(now) - 6
    assert differences(before, now) == differences(now, before) == ()
    more = now | {FigureKey("consent", "inbound", "told"): "1000000"}
    assert [item.key.name for item in differences(more, now)] == ["told"]


def test_the_order_of_reading_does_not_change_the_hash(workspace: Workspace) -> None:
    found = figures_of(build_month_report(workspace, OCTOBER, AS_OF))
    assert sha256_of(dict(reversed(list(found.items())))) == sha256_of(found)
    assert isinstance(Decimal(found[FigureKey("indicator", "RUB", "revenue")] or "x"), Decimal)


def test_a_forgotten_client_leaves_the_signed_figures_and_takes_their_words_along(tmp_path: Path) -> None:
    workspace = sample_company(tmp_path / "company")
    signed = sign_month(workspace, OCTOBER, "Павел", AS_OF)
    told = kept(workspace)[0][1]
    quote = "Перезвоните мне"
    with workspace.store.reading() as reader:
        changes = statements(reader, {PROMISE: "erased-1"})
    workspace.store.write(*changes)
    text = kept(workspace)[0][1]
    assert f'"{PROMISE}"' in told
    assert f'"{PROMISE}"' not in text
    assert "erased-1" in text
    assert (quote in told) >= (quote in text)
    assert revisions(workspace, OCTOBER) == [signed]
