"""Refusal control: decisions with their rulings, errands, the warm-up list, reasons; who may and who may not."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.call import Call, Direction, Manager, Outcome
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.lost_deal import DealFinding, DealVerdict, LostDeal, RecallResult
from qc_workbench.errors import UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm
from qc_workbench.store.browsing import standing_findings
from qc_workbench.store.deal_decisions import DecisionList, ReasonBy, errands
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.deal_decisions import (
    decide_on_deal,
    decision_page,
    decisions,
    reasons,
    rule_on_refusal,
    warm_up_download,
)
from qc_workbench.ui.views.recalls import write_recall
from qc_workbench.ui.views.refusals import RefusalList, refusals
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
GENUINE, SAME, OTHER, WITHDRAWN = DealVerdict


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Beside the sample's own lost deal (of m2) four more, two of them of Алла."""
    found = company.sample_company(tmp_path / "company")
    lost = DealStatus.LOST
    deals = [
        Deal("x-1", ("+79000000101",), "m1", "КП", lost, lost_reason="Дорого", closed_at=NOW - timedelta(days=3)),
        Deal("x-2", ("+79000000102",), "m1", "КП", lost, lost_reason="=1+1", closed_at=NOW - timedelta(days=2),
             amount=Decimal("1000.50"), currency="RUB", client_name="ООО «Ромб»"),
        Deal("x-3", ("+79000000103",), "m2", "КП", lost, closed_at=NOW - timedelta(days=1)),
        Deal("open", ("+79000000104",), "m2", "КП", DealStatus.OPEN),
    ]  # fmt: skip
    found.store.insert_many("deals", [crm.deal_row(deal) for deal in deals])
    findings = (("x-1", DealFinding.CLIENT_REFUSED, 0.1), ("x-2", DealFinding.AGENT_REFUSED, 0.8))
    rows = [lost_deal_row(LostDeal(deal, finding, None, None, 0, sure)) for deal, finding, sure in findings]
    found.store.insert_many("deal_findings", rows)
    found.store.insert_many("managers", [call_store.manager_row(Manager("gone", "Ушёл", left_at=NOW))])
    return found


@pytest.fixture
def vera(workspace: Workspace) -> Viewer:
    return company.viewer(workspace)


def ids(workspace: Workspace, viewer: Viewer, which: DecisionList, finding: DealFinding | None = None) -> list[str]:
    return [case.deal.deal_id for case in decision_page(workspace, viewer, which, finding, 1, NOW).cases]


def test_deals_whose_client_was_not_heard_refusing_come_first_then_the_newest(
    workspace: Workspace, vera: Viewer
) -> None:
    assert ids(workspace, vera, DecisionList.WAITING) == ["x-2", "deal-2", "x-3", "x-1"]
    assert decisions(workspace, vera).count(DecisionList.WAITING) == 4
    assert ids(workspace, vera, DecisionList.WAITING, DealFinding.UNSURE) == ["x-3"]  # not examined yet


def test_a_decision_moves_the_deal_and_an_undo_brings_it_back(workspace: Workspace, vera: Viewer) -> None:
    decide_on_deal(workspace, vera, "x-1", GENUINE, NOW, buy_from=date(2027, 3, 1), comment="Весной")
    assert ids(workspace, vera, DecisionList.WARM_UP) == ["x-1"]
    decide_on_deal(workspace, vera, "x-1", OTHER, NOW + timedelta(hours=1), worked_by="m2")
    assert ids(workspace, vera, DecisionList.REWORK) == ["x-1"]
    decide_on_deal(workspace, vera, "x-1", WITHDRAWN, NOW + timedelta(hours=2))
    [case] = decision_page(workspace, vera, DecisionList.WARM_UP, None, 1, NOW).cases
    assert case.decision is not None
    assert (case.decision.buy_from, case.decision.comment, case.decision.by) == (date(2027, 3, 1), "Весной", vera.name)
    decide_on_deal(workspace, vera, "x-1", WITHDRAWN, NOW + timedelta(hours=3))
    assert "x-1" in ids(workspace, vera, DecisionList.WAITING)
    with workspace.store.reading() as reader:
        actions = [
            row["action"] for row in reader.rows("select action from audit where object = 'x-1' order by happened_at")
        ]
    assert actions == ["deal_genuine", "deal_rework_other", "deal_withdrawn", "deal_withdrawn"]


def test_the_doubt_of_the_machine_is_ruled_on_with_the_deal_and_undone_with_it(
    workspace: Workspace, vera: Viewer
) -> None:
    decide_on_deal(workspace, vera, "deal-2", SAME, NOW)
    with workspace.store.reading() as reader:
        assert standing_findings(reader, ["flag-refused"])["flag-refused"].ruling is Ruling.CONFIRMED
    decide_on_deal(workspace, vera, "deal-2", WITHDRAWN, NOW + timedelta(minutes=1))
    with workspace.store.reading() as reader:
        assert standing_findings(reader, ["flag-refused"]) == {}


def test_a_ruling_on_the_doubt_decides_on_its_deal_and_is_undone_with_it(workspace: Workspace, vera: Viewer) -> None:
    [case] = refusals(workspace, vera).lists[RefusalList.DOUBTFUL]
    assert case.flag is not None
    rule_on_refusal(workspace, vera, case.flag, None, Ruling.REJECTED, case.refusal.deal_id, NOW)
    assert ids(workspace, vera, DecisionList.WARM_UP) == ["deal-2"]
    [ruled] = refusals(workspace, vera).lists[RefusalList.RULED]
    later = NOW + timedelta(minutes=1)
    rule_on_refusal(workspace, vera, case.flag, ruled.ruling, Ruling.WITHDRAWN, case.refusal.deal_id, later)
    assert "deal-2" in ids(workspace, vera, DecisionList.WAITING)
    assert refusals(workspace, vera).totals[RefusalList.DOUBTFUL] == 1


def test_a_doubt_without_a_deal_is_ruled_on_alone(workspace: Workspace, vera: Viewer) -> None:
    [case] = refusals(workspace, vera).lists[RefusalList.DOUBTFUL]
    assert case.flag is not None
    rule_on_refusal(workspace, vera, case.flag, None, Ruling.REJECTED, None, NOW)
    assert ids(workspace, vera, DecisionList.WARM_UP) == []
    assert refusals(workspace, vera).totals[RefusalList.RULED] == 1


@pytest.mark.parametrize("worker", ["gone", "q1", "nobody", "m1", None])
def test_work_is_given_to_another_agent_who_is_here(workspace: Workspace, vera: Viewer, worker: str | None) -> None:
    with pytest.raises(UsageError, match="decision_needs_agent"):
        decide_on_deal(workspace, vera, "x-1", OTHER, NOW, worked_by=worker)
    assert ids(workspace, vera, DecisionList.REWORK) == []


@pytest.mark.parametrize("employee", ["q1", "m1", "m2"])
def test_only_who_rules_decides(workspace: Workspace, employee: str) -> None:
    with pytest.raises(UsageError, match="not_allowed"):
        decide_on_deal(workspace, company.viewer(workspace, employee), "x-1", GENUINE, NOW)


def test_nobody_decides_on_their_own_deals(workspace: Workspace) -> None:
    both = Person("p", frozenset({AccessRole.AGENT, AccessRole.HEAD}), "m1", None)
    viewer = Viewer(Account(both, "p", "Алла Пробная", NOW), {})
    with pytest.raises(UsageError, match="not_allowed"):
        decide_on_deal(workspace, viewer, "x-1", GENUINE, NOW)


def test_a_head_sees_the_deals_of_the_own_team(workspace: Workspace) -> None:
    person = Person("n", frozenset({AccessRole.HEAD}), None, frozenset({"north"}))
    nina = Viewer(Account(person, "n", "Нина", NOW), {"m2": "north"})
    assert ids(workspace, nina, DecisionList.WAITING) == ["deal-2", "x-3"]
    assert decision_page(workspace, nina, DecisionList.WAITING, None, 1, NOW).workers == {"m2": "Борис Образцов"}
    assert {item.tally.key for item in reasons(workspace, nina, ReasonBy.AGENT)} == {"m2"}


def test_an_errand_is_done_when_the_client_was_talked_to_or_the_deal_is_open_again(
    workspace: Workspace, vera: Viewer
) -> None:
    decide_on_deal(workspace, vera, "x-1", OTHER, NOW, worked_by="m2", comment="Предложить рассрочку")
    decide_on_deal(workspace, vera, "x-2", OTHER, NOW, worked_by="m2")
    month = NOW - timedelta(days=30)

    def state() -> dict[str, bool]:
        with workspace.store.reading() as reader:
            return {errand.deal.deal_id: errand.is_done for errand in errands(reader, "m2", month)}

    assert state() == {"x-1": False, "x-2": False}
    tried = Call("t", NOW + timedelta(hours=1), Direction.OUTBOUND, "m2", "+79000000101", 0, Outcome.MISSED)
    talked = Call("k", NOW + timedelta(hours=2), Direction.OUTBOUND, "m2", "+79000000101", 90, Outcome.ANSWERED)
    workspace.store.insert_many("calls", [call_store.call_row(tried, NOW)])
    assert state()["x-1"] is False
    workspace.store.insert_many("calls", [call_store.call_row(talked, NOW)])
    reopened = Deal("x-2", ("+79000000102",), "m2", "КП", DealStatus.OPEN)
    workspace.store.insert_many("deals", [crm.deal_row(reopened)], replace=True)
    assert state() == {"x-1": True, "x-2": True}
    with workspace.store.reading() as reader:
        assert errands(reader, "m1", month) == []


def test_the_warm_up_list_says_why_and_when_and_no_cell_is_a_formula(workspace: Workspace, vera: Viewer) -> None:
    decide_on_deal(workspace, vera, "x-2", GENUINE, NOW, comment="Перезвонить в марте")
    decide_on_deal(workspace, vera, "x-1", GENUINE, NOW, buy_from=date(2027, 3, 1))
    write_recall(workspace, vera, "x-2", RecallResult.BUYS_LATER, NOW, "", date(2026, 12, 1))
    t = Translator("ru")
    rows = list(csv.reader(io.StringIO(warm_up_download(workspace, vera, "csv", t)().decode("utf-8-sig"))))
    by_column = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert [row["Сделка"] for row in by_column] == ["x-2", "x-1"]  # who buys first comes first
    assert by_column[0]["Причина в CRM"] == "'=1+1"
    assert by_column[0]["Готов купить с"] == "2026-12-01"
    assert by_column[0]["Сумма"] == "1000.50"
    assert by_column[0]["Что сказал клиент"] == "Купит позже"
    book = load_workbook(io.BytesIO(warm_up_download(workspace, vera, "xlsx", t)()))
    sheet = list(book["Прогрев"].iter_rows(values_only=True))
    assert [row[0] for row in sheet[1:]] == ["x-2", "x-1"]
    assert book["Прогрев"].cell(2, 5).data_type == "s"
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from audit where action = 'data_exported' and object = 'warm_up'") == 2


def test_the_warm_up_list_leaves_with_those_who_may_export_and_holds_their_teams(
    workspace: Workspace, vera: Viewer
) -> None:
    decide_on_deal(workspace, vera, "x-1", GENUINE, NOW)
    decide_on_deal(workspace, vera, "x-3", GENUINE, NOW)
    for employee in ("q1", "m1"):
        with pytest.raises(UsageError, match="not_allowed"):
            warm_up_download(workspace, company.viewer(workspace, employee), "csv", Translator("ru"))()
    person = Person("n", frozenset({AccessRole.HEAD}), None, frozenset({"north"}))
    nina = Viewer(Account(person, "n", "Нина", NOW), {"m2": "north"})
    text = warm_up_download(workspace, nina, "csv", Translator("ru"))().decode("utf-8-sig")
    assert "x-3" in text
    assert "x-1" not in text


def test_reasons_are_counted_as_they_are_written_and_judged(workspace: Workspace, vera: Viewer) -> None:
    decide_on_deal(workspace, vera, "x-1", GENUINE, NOW)
    decide_on_deal(workspace, vera, "deal-2", SAME, NOW)
    write_recall(workspace, vera, "deal-2", RecallResult.NEVER_REFUSED, NOW)
    write_recall(workspace, vera, "x-2", RecallResult.NO_CONTACT, NOW)
    found = {item.name: item for item in reasons(workspace, vera, ReasonBy.REASON)}
    dear = found["Дорого"]
    assert (dear.tally.lost, dear.tally.genuine, dear.tally.false, dear.tally.said_none) == (2, 1, 1, 1)
    assert (dear.false.count, dear.false.of, dear.none_said.of) == (1, 2, 1)
    assert found["=1+1"].none_said.of == 0  # nobody was reached
    assert found[""].tally.lost == 1
    agents = {item.name: item.tally.lost for item in reasons(workspace, vera, ReasonBy.AGENT)}
    assert agents == {"Алла Пробная": 2, "Борис Образцов": 2}
    assert sum(item.tally.lost for item in found.values()) == sum(agents.values())


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_room_decides_with_a_button_and_takes_it_back(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = Translator(language)
    app = enter(start(workspace.home, language, monkeypatch), "refusals")
    assert t("refusal_shelf.DecisionList.waiting") + " · 4" in str(app.get("button_group")[1].proto)
    app.button(key="decision_genuine_x-2").click().run()
    assert "decision_genuine_x-2" not in [button.key for button in app.button]
    app.button(key="decision_undo_last").click().run()
    assert app.button(key="decision_genuine_x-2").label == t("deal_verdict.genuine")
    app.button(key="decision_rework_other_x-2").click().run()
    assert t("error.decision_needs_agent", deal="x-2")[:20] in read(app)
    app.selectbox(key="decision_worker_x-2").select("m2").run()
    app.button(key="decision_rework_other_x-2").click().run()
    enter(app, "refusals", list="DecisionList.rework")
    assert t("deal_verdict.rework_other.done", agent="Борис Образцов") in read(app)
    my = enter(start(workspace.home, language, monkeypatch, "m2"), "my", list="tasks")
    assert f"{t('errand.title')} · 1" in read(my)
    assert "+79000000102" not in read(my)  # the client is named by the CRM, in a colleague's deal too


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_reasons_true_and_false_are_shown_with_few_cases_called_few(
    workspace: Workspace, language: str, monkeypatch: pytest.MonkeyPatch, vera: Viewer
) -> None:
    decide_on_deal(workspace, vera, "x-1", GENUINE, NOW)
    app = enter(start(workspace.home, language, monkeypatch), "refusals", list="reasons")
    assert Translator(language)("reasons.says") in read(app)
    [table] = app.table  # it wraps: no column is cut on a narrow page
    few = {"ru": "0 из 1, мало данных", "en": "0 of 1, not enough data"}[language]
    assert few in table.value.to_string()


def test_quality_control_reads_the_room_and_decides_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "refusals")
    buttons = [button for button in app.button if button.key and button.key.startswith("decision_genuine")]
    assert buttons
    assert all(button.disabled for button in buttons)
