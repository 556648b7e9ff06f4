"""The team's room: scores that say how sure they are, for whom they may be shown to, and what they count."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from openpyxl import load_workbook

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.errors import UsageError
from qc_workbench.sampling.estimates import StratumSample
from qc_workbench.sampling.ranking import calls_needed
from qc_workbench.sampling.scores import estimate_score
from qc_workbench.sampling.trends import Span
from qc_workbench.store import crm, verdicts
from qc_workbench.store.database import Statement
from qc_workbench.store.people import team_saved
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.team_words import part_text, period_name, place_text, points, signed
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.breaches import breaches
from qc_workbench.ui.views.team import GOAL, Part, TeamView, team_choice, team_view
from qc_workbench.ui.views.team_agent import agent_view
from qc_workbench.ui.views.team_file import FIELDS, TeamFormat, may_take, team_file
from qc_workbench.workspace import Workspace
from tests import scored_company as scored
from tests.report_cases import conversation, deal, promise
from tests.scored_company import MONDAY, Drawn
from tests.ui.sample_company import empty_company, sample_company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
NAMES = {"a1": "Яна Первая", "a2": "Анна Вторая"}
#: a1: 100 and 50 of four calls; a2: both of two calls, 100 each.
CALLS = [
    Drawn("y1", "a1", MONDAY, 100),
    Drawn("y2", "a1", MONDAY, 50),
    Drawn("y3", "a1", MONDAY, is_drawn=False),
    Drawn("y4", "a1", MONDAY, is_drawn=False),
    Drawn("n1", "a2", MONDAY, 100),
    Drawn("n2", "a2", MONDAY, 100),
]


def viewer(*roles: AccessRole, teams: frozenset[str] | None = None, team_of: dict[str, str] | None = None) -> Viewer:
    person = Person("p1", frozenset(roles), None, teams)
    return Viewer(Account(person, "p1", "Павел Смотрящий", NOW), team_of or {})


OWNER = viewer(AccessRole.OWNER)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = empty_company(tmp_path / "home")
    scored.publish(made)
    scored.employ(made, NAMES)
    scored.draw(made, CALLS)
    return made


def seen(workspace: Workspace, by: Viewer = OWNER, span: Span = Span.MONTH, **more: str) -> TeamView:
    found = team_view(workspace, by, NOW, team_choice(workspace, by, NOW, span, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_the_numbers_are_those_of_a_count_by_hand(workspace: Workspace) -> None:
    view = seen(workspace)
    by_name = {row.agent_id: row for row in view.rows}
    yana, anna = by_name["a1"], by_name["a2"]
    assert (yana.estimate.value, yana.estimate.judged, yana.estimate.population) == (75.0, 2, 4)
    assert (anna.estimate.value, anna.estimate.low, anna.estimate.high) == (100.0, 100.0, 100.0)  # all was heard
    assert view.team.value == pytest.approx((4 * 75 + 2 * 100) / 6)  # by calls, not by agents
    assert (view.team.judged, view.team.population) == (4, 6)
    own = [StratumSample("daily", "y", 4, (100.0, 50.0))]
    hers = [StratumSample("daily", "a", 2, (100.0, 100.0))]
    expected = estimate_score(own, [hers])
    assert (yana.estimate.low, yana.estimate.high) == pytest.approx((expected.low, expected.high))
    assert yana.needed == calls_needed(own, GOAL, [hers]) == 2
    assert anna.needed == 0
    assert (yana.failed, anna.failed) == (0, 0)


def test_those_who_share_a_place_stand_by_name(workspace: Workspace) -> None:
    more = [Drawn(f"x{n}", "a2", MONDAY + timedelta(days=1), None, is_drawn=False) for n in range(6)]
    scored.draw(workspace, [replace(more[0], points=100, is_drawn=True), *more[1:]])
    first, second = seen(workspace).rows
    assert first.place is not None
    assert second.place is not None
    assert first.place.place == second.place.place == 1
    assert [first.name, second.name] == ["Анна Вторая", "Яна Первая"]
    assert place_text(first.place, Translator("ru")) == "1–2"


def test_a_dispute_changes_the_score_when_it_is_ruled_and_not_before(workspace: Workspace) -> None:
    evaluation_id = f"y2-score-{MONDAY + timedelta(days=1):%m%d}0900"
    at = NOW - timedelta(days=3)
    scored.dispute(workspace, evaluation_id, "need", at, is_ruled=False)
    assert seen(workspace).rows[-1].estimate.value == 75.0
    workspace.store.write(Statement("delete from dispute_moves"))
    scored.dispute(workspace, evaluation_id, "need", at, is_ruled=True)
    view = seen(workspace)
    row = next(row for row in view.rows if row.agent_id == "a1")
    assert row.estimate.value == 100.0
    lines = agent_view(workspace, OWNER, view.choice, row).calls
    assert {line.call_id: (line.submitted, line.score) for line in lines} == {"y1": (100, 100), "y2": (50, 100)}


def test_the_trend_is_against_the_time_before(workspace: Workspace) -> None:
    before = MONDAY - timedelta(days=28)
    scored.draw(workspace, [Drawn("p1", "a1", before, 50), Drawn("p2", "a1", before, 50)])
    row = next(row for row in seen(workspace).rows if row.agent_id == "a1")
    assert row.change is not None
    assert row.change.value == pytest.approx(25.0)
    assert row.change.low < 25.0 < row.change.high
    assert [value for _, value in row.weeks if value is not None] == [50.0, 75.0]


def test_auto_fails_are_counted(workspace: Workspace) -> None:
    scored.draw(workspace, [Drawn("f1", "a1", MONDAY + timedelta(days=1), 0)])
    row = next(row for row in seen(workspace).rows if row.agent_id == "a1")
    assert row.failed == 1


def test_a_head_sees_the_own_team_and_the_same_intervals_as_the_owner(workspace: Workspace) -> None:
    team_of = {"a1": "north", "a2": "south"}
    workspace.store.write(*team_saved(Team("north", "Север"), ["a1"]), *team_saved(Team("south", "Юг"), ["a2"]))
    head = seen(workspace, viewer(AccessRole.HEAD, teams=frozenset({"north"}), team_of=team_of))
    owner = seen(workspace, viewer(AccessRole.OWNER, team_of=team_of))
    assert [row.agent_id for row in head.rows] == ["a1"]
    assert [item.name for item in head.choice.teams] == ["Север"]
    assert head.rows[0].estimate == next(row for row in owner.rows if row.agent_id == "a1").estimate
    assert head.team.population == 4
    south = seen(workspace, viewer(AccessRole.OWNER, team_of=team_of), team_id="south")
    assert [row.agent_id for row in south.rows] == ["a2"]


def test_nobody_opens_an_agent_of_another_team(workspace: Workspace) -> None:
    view = seen(workspace)
    stranger = viewer(AccessRole.HEAD, teams=frozenset({"south"}), team_of={"a1": "north", "a2": "south"})
    row = next(row for row in view.rows if row.agent_id == "a1")
    with pytest.raises(UsageError, match="not_allowed"):
        agent_view(workspace, stranger, view.choice, row)


def test_worst_questions_name_their_causes(workspace: Workspace) -> None:
    workspace.store.write(
        Statement(
            "update evaluation_answers set cause = 'hurry' where question = 'need' and given::varchar = '[\"no\"]'"
        )
    )
    view = seen(workspace)
    row = next(row for row in view.rows if row.agent_id == "a1")
    questions = agent_view(workspace, OWNER, view.choice, row).questions
    worst = next(item for item in questions if item.question.code == "need")
    assert (worst.place.estimate.value, worst.bad, worst.answered, worst.causes) == (50.0, 1, 2, (("hurry", 1),))
    assert worst.place.place == 1
    shares = [band.share.value for band in agent_view(workspace, OWNER, view.choice, row).bands]
    assert shares == [0.5, 0.5]


def test_the_workbook_holds_everybody_and_is_noted(workspace: Workspace) -> None:
    view = seen(workspace)
    content = team_file(workspace, OWNER, NOW, view.choice, Translator("ru"), TeamFormat.XLSX)()
    rows = list(load_workbook(io.BytesIO(content))["Команда"].values)
    assert rows[0][:3] == ("Место", "Менеджер", "Балл")
    assert {(row[1], row[2], row[5], row[6]) for row in rows[1:]} == {
        ("Яна Первая", 75, 2, 4),
        ("Анна Вторая", 100, 2, 2),
    }
    with workspace.store.reading() as reader:
        assert reader.value("select actor from audit where action = 'scores_exported'") == "Павел Смотрящий"


def test_the_csv_file_says_the_same_for_programs_and_is_noted(workspace: Workspace) -> None:
    workspace.store.write(Statement("update managers set name = '=Яна, Первая' where manager_id = 'a1'"))
    view = seen(workspace)
    content = team_file(workspace, OWNER, NOW, view.choice, Translator("en"), TeamFormat.CSV)()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    rows = {row["manager_id"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
    assert tuple(rows["a1"]) == FIELDS
    yana = next(row for row in view.rows if row.agent_id == "a1")
    assert yana.estimate.low is not None
    assert (rows["a1"]["name"], rows["a1"]["score"], rows["a1"]["calls"]) == ("'=Яна, Первая", "75.0", "4")
    assert (rows["a1"]["from"], rows["a1"]["to"], rows["a1"]["change"]) == ("2026-10-01", "2026-10-31", "")
    assert float(rows["a1"]["low"]) == pytest.approx(yana.estimate.low, abs=0.01)
    with workspace.store.reading() as reader:
        assert "csv" in str(reader.value("select detail from audit where action = 'scores_exported'"))


def test_who_may_not_export_gets_no_file(workspace: Workspace) -> None:
    listener = viewer(AccessRole.QC)
    view = seen(workspace, listener)
    assert not may_take(listener, view)
    assert may_take(OWNER, view)
    with pytest.raises(UsageError, match="not_allowed"):
        team_file(workspace, listener, NOW, view.choice, Translator("ru"), TeamFormat.CSV)()


def test_words_do_not_say_more_than_is_known() -> None:
    t = Translator("ru")
    assert points(99.7, t) == "99"  # not everything was perfect
    assert points(100.0, t) == "100"
    assert signed(-0.4, t) == "0"
    assert part_text(Part(0, 0), t) == "—"
    assert period_name(MONDAY, Span.WEEK, t, MONDAY) == "5–11 окт. 2026, ещё идёт"
    assert period_name(MONDAY.replace(day=1), Span.QUARTER, t, MONDAY - timedelta(days=90)) == "4-й квартал 2026"


@pytest.mark.parametrize(
    ("language", "team", "agent"),
    [
        (
            "ru",
            ("Вместе", "83", "4 из 6", "Скачать XLSX", "Скачать CSV", "Яна Первая"),
            ("от худших к лучшим", "Откуда эти пределы", "2 из 4"),
        ),
        (
            "en",
            ("Together", "83", "4 of 6", "Download XLSX", "Download CSV", "Яна Первая"),
            ("the worst first", "Where the limits", "2 of 4"),
        ),
    ],
)
def test_the_room_and_an_agent_open(
    tmp_path: Path, language: str, team: tuple[str, ...], agent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = sample_company(tmp_path / "home")
    workspace.store.write(Statement("delete from draws"), Statement("delete from sample"))
    scored.publish(workspace)
    scored.employ(workspace, NAMES)
    scored.draw(workspace, CALLS)
    app = start(workspace.home, language, monkeypatch)
    shown = read(enter(app, "team"))
    assert [text for text in team if text not in shown] == []
    scores, counts = app.dataframe  # one table of twelve columns is cut on a narrow page
    assert list(scores.value.iloc[:, 1]) == list(counts.value.iloc[:, 0]) == ["Анна Вторая", "Яна Первая"]
    assert (scores.value.shape[1], counts.value.shape[1]) == (8, 5)
    shown = read(enter(app, "team", agent="a1"))
    assert [text for text in agent if text not in shown] == []
    assert "a2" not in shown
    assert read(enter(app, "team", agent="nobody")).count("nobody") == 0


@pytest.mark.parametrize(
    ("language", "talks", "promised", "breach"),
    [
        ("ru", "Проверенные · 2", "обещано **1**, выполнено **0**", "нарушений — 1"),
        ("en", "Examined · 2", "**1** were promised, **0** were kept", "breaches — 1"),
    ],
)
def test_the_numbers_of_an_agent_open_what_they_count(
    workspace: Workspace, language: str, talks: str, promised: str, breach: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = workspace.store
    for call_id, verified in (("y1", True), ("y2", False)):
        store.insert_many("conversations", [verdicts.conversation_row(conversation(call_id, verified))])
    promised_there = promise("y1", CommitmentOutcome.MISSING, MONDAY)
    store.insert_many("commitments", [verdicts.commitment_row(promised_there, NOW)])
    broken = Violation("v1", ViolationKind.NO_NOTE, "a1", NOW - timedelta(days=9), call_id="y1")
    store.insert_many("violations", [verdicts.violation_row(broken)])
    app = enter(start(workspace.home, language, monkeypatch), "team", agent="a1")
    links = [parse_qs(item.proto.query_string) for item in app.main.get("page_link")]
    addresses = [{name: value for name, (value,) in link.items()} for link in links if "from" in link]
    assert [item["agent"] for item in addresses] == ["a1", "a1"]
    calls, promises = addresses
    app.button(key="team_breaches").click().run()
    assert breach in read(app)
    assert len(app.dataframe[0].value) == 1
    assert len(enter(app, "call", **calls).dataframe[0].value) == 2
    chooser = app.segmented_control(key="calls_talk")
    assert talks in chooser.options
    assert chooser.value == "examined"
    shown = read(enter(app, "promises", **promises))
    assert promised in shown
    assert "Перезвоню в понедельник" in shown


def test_breaches_name_no_client_to_whoever_does_not_see_clients(workspace: Workspace) -> None:
    lost = replace(deal("d1", DealStatus.LOST), client_name="Ирина Окнова")
    workspace.store.insert_many("deals", [crm.deal_row(lost)])
    broken = Violation(
        "v1", ViolationKind.UNREVIEWED_REFUSAL, "a1", NOW, deal_id="d1", detail="Окнова просила на +79160000000"
    )
    workspace.store.insert_many("violations", [verdicts.violation_row(broken)])
    span = (NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert breaches(workspace, OWNER, "a1", span, None, 1).deals["d1"].client_name == "Ирина Окнова"
    found = breaches(workspace, viewer(AccessRole.QC), "a1", span, None, 1)
    assert found.deals["d1"].client_name is None
    assert found.listed[0].detail == "····· просила на ·····"


def test_few_calls_are_called_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = sample_company(tmp_path / "home")
    scored.publish(workspace)
    scored.employ(workspace, NAMES)
    scored.draw(workspace, [replace(item, status=SampleStatus.DONE) for item in CALLS[:1]])
    assert "Оценён всего 1 звонок" in read(enter(start(workspace.home, "ru", monkeypatch), "team"))
