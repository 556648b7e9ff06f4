"""Today: numbers open the lists that they count, days can be turned, files are noted, whoever reads reports may."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from pipelines.build_today import to_decide
from pipelines.evening_control import take_evening_control
from pipelines.investigate import decide_measure
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.measure import Measure, MeasureDecision, MeasureKind, MeasureReason
from qc_workbench.errors import UsageError
from qc_workbench.reporting.today_lists import DayList, listed, total_of
from qc_workbench.store.database import Statement
from qc_workbench.store.measures import measure_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.bonus import stretch_of
from qc_workbench.ui.views.overview import overview
from qc_workbench.ui.views.today import FORMS, day_file, days, today
from qc_workbench.ui.views.violation_ruling import rule_on_group, waiting_rulings
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    found = company.sample_company(tmp_path_factory.mktemp("today") / "company")
    for day in (8, 9):
        take_evening_control(found, date(2026, 10, day), NOW)
    return found


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_each_number_of_each_day_opens_a_list_as_long_as_it_says(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = days(workspace, NOW)
    assert known is not None
    viewer, t = company.viewer(workspace), Translator(language)
    waiting = overview(workspace, viewer).waiting
    app = start(workspace.home, language, monkeypatch)
    day = known[1]
    page = today(workspace, viewer, day, NOW, waiting)
    enter(app, "overview", day=day.isoformat())
    for which in DayList:
        total = total_of(page, which)
        assert len(listed(page, which, t).rows) == total, which
        opened = [button for button in app.button if button.key == f"today_open_{which.value}"]
        if not total:
            assert not opened
        elif opened:
            opened[0].click().run()
            read(app)
            [table, *_] = app.dataframe
            assert len(table.value) == total, which


def test_a_day_in_the_address_is_the_day_that_is_shown(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch), "overview", day="2026-10-09")
    assert app.date_input(key="today_day").value == date(2026, 10, 9)
    assert "Снимок на 19:00" in read(app)
    app.date_input(key="today_day").set_value(date(2026, 10, 6)).run()
    assert "Контроль этого дня не снимали" in read(app)
    assert dict(app.query_params)["day"] in ("2026-10-06", ["2026-10-06"])


def test_a_day_that_is_no_day_shows_the_last_one(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    known = days(workspace, NOW)
    assert known is not None
    for asked in ("2019-01-01", "<script>", "2099-12-31"):
        app = enter(start(workspace.home, "ru", monkeypatch), "overview", day=asked)
        read(app)
        assert app.date_input(key="today_day").value == known[1]


@pytest.mark.parametrize("form", FORMS)
def test_files_of_the_day_are_made_for_who_may_and_noted(workspace: Workspace, form: str, tmp_path: Path) -> None:
    viewer, t = company.viewer(workspace), Translator("ru")
    page = today(workspace, viewer, date(2026, 10, 9), NOW, overview(workspace, viewer).waiting)
    content = day_file(workspace, viewer, page, form, t)()
    if form == "pdf":
        (tmp_path / "day.pdf").write_bytes(content)
        assert "Вечерний контроль" in "".join(part.extract_text() for part in PdfReader(tmp_path / "day.pdf").pages)
    else:
        assert "Вечерний контроль" in content.decode()
        assert company.PHONE not in content.decode()
    with workspace.store.reading() as reader:
        noted = reader.value(
            "select count(*) from audit where action = 'report_exported' and object = '2026-10-09' "
            "and detail->>'format' = ?",
            form,
        )
    assert noted == 1


def test_measures_wait_until_a_person_decides_month_by_month(tmp_path: Path) -> None:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    workspace = Workspace.open(tmp_path)
    talk, why = MeasureKind.TALK, MeasureReason.NOT_KNOWN_YET
    proposed = [
        Measure(f"{agent}-{month}", date(2026, month, 1), agent, talk, why, (), None, NOW)
        for agent, month in (("m1", 9), ("m1", 10), ("m2", 10))
    ]
    workspace.store.insert_many("measures", list(map(measure_row, proposed)))

    def waiting(agents: frozenset[str] | None = None) -> tuple[int, dict[str, str]]:
        with workspace.store.reading() as reader:
            [found] = [item for item in to_decide(reader, workspace, agents, NOW) if item.code == "measures"]
        assert found.room == "investigation"
        return found.count, dict(found.query)

    assert waiting() == (2, {"month": "2026-10"})
    assert waiting(frozenset({"m2"})) == (1, {"month": "2026-10"})
    assert waiting(frozenset({"m3"})) == (0, {})
    for agent in ("m1", "m2"):
        decide_measure(workspace, f"{agent}-10", MeasureDecision.ACCEPTED, "Вера", NOW)
    assert waiting() == (1, {"month": "2026-09"})
    decide_measure(workspace, "m1-10", MeasureDecision.WITHDRAWN, "Вера", NOW + timedelta(hours=1))
    assert waiting() == (1, {"month": "2026-10"})


def test_breaches_of_the_month_before_wait_first_for_its_bonus_is_paid_sooner(tmp_path: Path) -> None:
    workspace = company.sample_company(tmp_path / "company")

    def waiting() -> tuple[int, str]:
        with workspace.store.reading() as reader:
            [found] = [item for item in to_decide(reader, workspace, None, NOW) if item.code == "violations"]
        return found.count, dict(found.query)["month"]

    in_october = waiting()
    assert in_october == (2, "2026-10")
    workspace.store.write(
        Statement("update calls set started_at = started_at + interval 1 month where call_id = ?", (company.TALK,))
    )
    assert waiting() == in_october
    head, within = company.viewer(workspace), stretch_of(workspace, date(2026, 10, 1))
    for group in waiting_rulings(workspace, head, within, NOW, page=1).groups:
        rule_on_group(workspace, head, group, Ruling.REJECTED, NOW, "")
    assert waiting() == (0, "2026-11")


@pytest.mark.parametrize("employee", ["q1", "m1"])
def test_the_day_is_for_whoever_reads_reports(workspace: Workspace, employee: str) -> None:
    with pytest.raises(UsageError, match="not_allowed"):
        today(workspace, company.viewer(workspace, employee), date(2026, 10, 9), NOW, ())
