"""A day of another year says its year; one of this year does not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.store.database import Statement
from qc_workbench.ui.i18n import Translator
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, start

ZONE = ZoneInfo("Europe/Moscow")
#: 1 January 2026 in Moscow, still 2025 in UTC.
NEW_YEAR = datetime(2025, 12, 31, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "moment", "weekday"),
    [
        ("ru", "5 октября 2025", "31 дек. 2025, 23:59", "вс, 5 окт. 2025"),
        ("en", "5 October 2025", "31 Dec 2025, 23:59", "Sun, 5 Oct 2025"),
    ],
)
def test_another_year_is_said_behind_the_month(language: str, day: str, moment: str, weekday: str) -> None:
    t = Translator(language, ZONE, date(2026, 11, 23))
    assert t.day(date(2025, 10, 5)) == day
    assert t.moment(datetime(2025, 12, 31, 20, 59, tzinfo=UTC)) == moment
    assert t.day(date(2025, 10, 5), "EEE, d MMM") == weekday
    assert t.day(date(2025, 10, 5), "d") == "5"
    assert t.day(date(2025, 10, 5), "d MMM y").count("2025") == 1


def test_the_year_is_that_of_the_company_and_the_present_one_is_not_said() -> None:
    t = Translator("ru", ZONE, date(2026, 11, 23))
    assert t.moment(NEW_YEAR) == "1 янв., 00:30"
    assert t.day(date(2026, 1, 1), "d MMM") == "1 янв."
    assert t.for_documents().day(date(2025, 10, 5), "d MMM") == "5 окт."


def test_a_list_with_calls_of_several_years_tells_them_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.sample_company(tmp_path / "company")
    now = datetime.now(UTC).astimezone(ZONE)
    this_year = now.replace(month=1, day=1, hour=12, minute=0)
    years_ago = datetime(2023, 10, 5, 9, tzinfo=UTC)
    for call_id, at in ((company.TALK, years_ago), (company.LATER, this_year)):
        workspace.store.write(Statement("update calls set started_at = ? where call_id = ?", (at, call_id)))
    app = enter(start(workspace.home, "ru", monkeypatch), "call")
    said = set(app.dataframe[0].value["Когда"])
    assert {"5 окт. 2023, 12:00", "1 янв., 12:00"} <= said
