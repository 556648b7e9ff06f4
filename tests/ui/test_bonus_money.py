"""The bonus: ruling on many faults with one key, statements, disputes, approval, files; who may see and do what."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from pipelines.bonus import bonus_month, month_contest
from pipelines.erasure import erase
from pipelines.export import records
from qc_workbench.domain.bonus import LineState, Objection, Why
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.reporting.contest import Nomination
from qc_workbench.reporting.export_fields import What
from qc_workbench.review.rulings import standing
from qc_workbench.store import faults, verdicts
from qc_workbench.store.database import Statement
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import may_enter
from qc_workbench.ui.views.bonus import (
    approve,
    boards,
    bonus_file,
    bonus_room,
    disputed,
    own_bonus,
    settle_objection,
    undo_approval,
    withdraw_objection,
    write_objection,
)
from qc_workbench.ui.views.violation_ruling import (
    group_shown,
    rule_on_faults,
    rule_on_group,
    undo_rulings,
    waiting_rulings,
)
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.bonus_cases import MANY, NOW, OCTOBER, breached_company, confirm_flag, group, october


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return breached_company(tmp_path / "home")


def test_two_hundred_tasks_are_one_decision_and_one_undo(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    before = waiting_rulings(workspace, vera, october(workspace), NOW, 1)
    chosen = group(workspace, vera, "m1")
    assert chosen.faults == MANY
    assert len(group_shown(workspace, vera, chosen, NOW).faults) == 10
    made = rule_on_group(workspace, vera, chosen, Ruling.CONFIRMED, NOW, "проверено по CRM")
    assert len(made) == MANY
    after = waiting_rulings(workspace, vera, october(workspace), NOW, 1)
    assert (after.faults, after.total) == (before.faults - MANY, before.total - 1)
    assert [(item.faults, item.by) for item in after.batches] == [(MANY, "Вера Главная")]
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from audit where action = 'violations_confirmed'") == 1
    undone = undo_rulings(workspace, vera, after.batches[0].batch, NOW + timedelta(minutes=1))
    assert len(undone) == MANY
    again = waiting_rulings(workspace, vera, october(workspace), NOW, 1)
    assert (again.faults, again.batches) == (before.faults, ())
    with pytest.raises(UsageError, match="ruling_nothing_to_undo"):
        undo_rulings(workspace, vera, after.batches[0].batch, NOW + timedelta(minutes=2))


def test_a_page_that_was_decided_whole_shows_what_is_left(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    first = waiting_rulings(workspace, vera, october(workspace), NOW, 1)
    assert waiting_rulings(workspace, vera, october(workspace), NOW, 7) == first
    assert first.groups


def test_what_somebody_ruled_on_again_since_stays_when_the_rest_is_undone(workspace: Workspace) -> None:
    vera, oleg = company.viewer(workspace), company.viewer(workspace, "o1")
    made = rule_on_group(workspace, vera, group(workspace, vera, "m1"), Ruling.CONFIRMED, NOW, "")
    rule_on_faults(workspace, oleg, ["v007"], Ruling.REJECTED, NOW + timedelta(minutes=1), "задача закрыта утром")
    undo_rulings(workspace, vera, made[0].batch, NOW + timedelta(minutes=2))
    with workspace.store.reading() as reader:
        now = standing(item.finding for item in faults.rulings_of(reader, {f"v{n:03d}" for n in range(MANY)}))
    assert {key: item.ruling for key, item in now.items()} == {"v007": Ruling.REJECTED}


def test_the_standing_rulings_in_sql_are_those_of_the_rule(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    at = NOW
    for step, ruling in enumerate([Ruling.CONFIRMED, Ruling.REJECTED, Ruling.CONFIRMED]):
        at += timedelta(minutes=1)
        made = rule_on_faults(workspace, vera, ["v001", f"v00{step + 2}"], ruling, at, "")
        if step:
            undo_rulings(workspace, vera, made[0].batch, at + timedelta(seconds=1))
    with workspace.store.reading() as reader:
        every = faults.rulings_of(reader, {f"v{n:03d}" for n in range(9)})
        rows = reader.rows(verdicts.STANDING_VIOLATION_FINDINGS)
    expected = {key: item.finding_id for key, item in standing(item.finding for item in every).items()}
    assert {row["violation_id"]: row["finding_id"] for row in rows} == expected
    assert set(expected) == {"v001", "v002"}


def test_a_ruling_on_what_is_not_there_or_not_ones_team_is_refused(workspace: Workspace) -> None:
    alla, gleb = company.viewer(workspace, "m1"), company.viewer(workspace, "q1")
    for who in (alla, gleb):
        with pytest.raises(UsageError, match="not_allowed"):
            rule_on_faults(workspace, who, ["v001"], Ruling.CONFIRMED, NOW, "")
    with pytest.raises(UsageError, match="ruling_of_nothing"):
        rule_on_faults(workspace, company.viewer(workspace), ["no-such"], Ruling.CONFIRMED, NOW, "")


def test_a_ruling_stays_with_what_it_was_made_about_when_detection_changes_its_mind(workspace: Workspace) -> None:
    rule_on_faults(workspace, company.viewer(workspace), ["v001"], Ruling.CONFIRMED, NOW, "")
    workspace.store.write(Statement("delete from violations where violation_id = 'v001'"))
    statement = bonus_month(workspace, OCTOBER, {"m1"}).agents[0].statement
    assert [(line.fault.activity_id, line.amount) for line in statement.lines] == [("t1", Decimal(100))]


def test_a_statement_takes_confirmed_flags_and_breaches_and_stops_at_nothing(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    confirm_flag(workspace, vera)
    rule_on_group(workspace, vera, group(workspace, vera, "m1"), Ruling.CONFIRMED, NOW, "")
    found = bonus_room(workspace, vera, OCTOBER).of("m1")
    assert found is not None
    it = found.statement
    assert (it.terms.pool, it.payable, it.deducted) == (Decimal(10000), Decimal(0), Decimal(10000))
    assert it.lines[0].fault.kind == "fake_effective"
    assert it.lines[0].amount == Decimal(500)
    assert (it.count(LineState.COUNTED), it.count(LineState.CAPPED)) == (96, 105)
    assert bonus_room(workspace, vera, OCTOBER).of("m2").statement.payable == Decimal(10000)  # type: ignore[union-attr]


def test_a_broken_promise_costs_when_a_person_confirms_it(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    with workspace.store.reading() as reader:
        rows = reader.rows(
            "select commitment_id from commitments where outcome in ('missing', 'overdue', 'dragged', 'scheduled_late')"
        )
    ids = {row["commitment_id"] for row in rows}
    view = waiting_rulings(workspace, vera, october(workspace), NOW, 1)
    assert sum(item.faults for item in view.groups if item.kind == "broken_promise") == len(ids) > 0
    rule_on_faults(workspace, vera, sorted(ids)[:1], Ruling.CONFIRMED, NOW, "")
    lines = [line for item in bonus_month(workspace, OCTOBER).agents for line in item.statement.lines]
    assert [(line.fault.kind, line.amount) for line in lines] == [("broken_promise", Decimal(300))]


def test_a_dispute_suspends_and_only_another_person_decides(workspace: Workspace) -> None:
    vera, oleg = company.viewer(workspace), company.viewer(workspace, "o1")
    alla, boris = company.viewer(workspace, "m1"), company.viewer(workspace, "m2")
    rule_on_faults(workspace, vera, ["v001"], Ruling.CONFIRMED, NOW, "")
    with pytest.raises(UsageError, match="not_allowed"):
        write_objection(workspace, boris, "v001", "не моё", NOW)
    write_objection(workspace, alla, "v001", "задача выполнена в срок", NOW + timedelta(hours=1))
    view = bonus_room(workspace, vera, OCTOBER)
    assert [item.may_settle for item in disputed(view, vera)] == [False]
    assert [item.may_settle for item in disputed(view, oleg)] == [True]
    own = own_bonus(workspace, alla, "m1", OCTOBER)
    assert own is not None
    assert (own.statement.deducted, own.statement.suspended) == (Decimal(0), Decimal(100))
    with pytest.raises(UsageError, match="objection_same_person"):
        settle_objection(workspace, vera, "v001", Objection.KEEP, "стоит", NOW + timedelta(hours=2))
    settle_objection(workspace, oleg, "v001", Objection.GRANT, "есть запись", NOW + timedelta(hours=2))
    own = own_bonus(workspace, alla, "m1", OCTOBER)
    assert own is not None
    assert own.statement.lines[0].why is Why.GRANTED
    with pytest.raises(UsageError, match="objection_not_now"):
        withdraw_objection(workspace, alla, "v001", NOW + timedelta(hours=3))


def test_a_confirmed_flag_can_be_disputed_too(workspace: Workspace) -> None:
    confirm_flag(workspace, company.viewer(workspace))
    fault_id = faults.suspicion_id(FlagKind.FAKE_EFFECTIVE, company.PADDED)
    write_objection(workspace, company.viewer(workspace, "m1"), fault_id, "клиент искал бумаги", NOW)
    assert bonus_month(workspace, OCTOBER, {"m1"}).agents[0].statement.suspended == Decimal(500)


def test_an_approval_is_frozen_and_a_later_ruling_makes_a_revision(workspace: Workspace) -> None:
    vera, oleg = company.viewer(workspace), company.viewer(workspace, "o1")
    rule_on_faults(workspace, vera, ["v001"], Ruling.CONFIRMED, NOW, "")
    first = approve(workspace, vera, "m1", OCTOBER, NOW)
    rule_on_faults(workspace, vera, ["v002"], Ruling.CONFIRMED, NOW + timedelta(hours=1), "")
    found = bonus_room(workspace, oleg, OCTOBER).of("m1")
    assert found is not None
    assert found.approval == first
    assert (found.approved, found.statement.payable, len(found.changes)) == (Decimal(9900), Decimal(9800), 1)
    second = approve(workspace, oleg, "m1", OCTOBER, NOW + timedelta(hours=2))
    assert second.revision == 2
    undo_approval(workspace, oleg, "m1", OCTOBER, NOW + timedelta(hours=3))
    found = bonus_room(workspace, oleg, OCTOBER).of("m1")
    assert found is not None
    assert found.approval == first
    for who in ("m1", "q1"):
        with pytest.raises(UsageError, match="not_allowed"):
            approve(workspace, company.viewer(workspace, who), "m1", OCTOBER, NOW)
    with pytest.raises(UsageError, match="not_allowed"):
        approve(workspace, vera, "h1", OCTOBER, NOW)  # her own


def test_new_tariffs_change_no_approved_month(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    rule_on_faults(workspace, vera, ["v001"], Ruling.CONFIRMED, NOW, "")
    approve(workspace, vera, "m1", OCTOBER, NOW)
    settings = workspace.home / "qcw.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "pool = 5000\n", encoding="utf-8")
    found = bonus_month(Workspace.open(workspace.home), OCTOBER)
    assert found.of("m1").statement.terms.pool == Decimal(10000)  # type: ignore[union-attr]
    assert found.of("m1").is_settled  # type: ignore[union-attr]
    assert found.of("m2").statement.terms.pool == Decimal(5000)  # type: ignore[union-attr]


def test_who_sees_whose_money(workspace: Workspace) -> None:
    vera, gleb = company.viewer(workspace), company.viewer(workspace, "q1")
    alla = company.viewer(workspace, "m1")
    assert {item.agent_id for item in bonus_room(workspace, vera, OCTOBER).agents} == {"m1", "m2"}
    assert {item.agent_id for item in bonus_room(workspace, alla, OCTOBER).agents} == {"m1"}
    assert bonus_room(workspace, gleb, OCTOBER).agents == ()
    assert [may_enter(who, "bonus") for who in (vera, alla, gleb)] == [True, False, False]
    for who in (gleb, company.viewer(workspace, "m2")):
        with pytest.raises(UsageError, match="not_allowed"):
            own_bonus(workspace, who, "m1", OCTOBER)
    view = bonus_room(workspace, vera, OCTOBER)
    with pytest.raises(UsageError, match="not_allowed"):
        bonus_file(workspace, gleb, view, view.agents, "pdf", Translator("ru"))()
    with pytest.raises(UsageError, match="not_allowed"):
        boards(workspace, alla, OCTOBER, NOW)


def test_two_people_at_the_same_list_do_not_overwrite_each_other(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera, oleg = company.viewer(workspace), company.viewer(workspace, "o1")
    with workspace.store.reading() as reader:
        seen = faults.rulings_of(reader, {"w1"})
    rule_on_faults(workspace, vera, ["w1"], Ruling.REJECTED, NOW, "")
    monkeypatch.setattr(faults, "rulings_of", lambda *_: seen)
    with pytest.raises(WriteRefused):
        rule_on_faults(workspace, oleg, ["w1"], Ruling.CONFIRMED, NOW, "")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_files_say_the_exact_sums(workspace: Workspace, language: str) -> None:
    vera, t = company.viewer(workspace), Translator(language)
    confirm_flag(workspace, vera)
    rule_on_faults(workspace, vera, ["v001", "v002"], Ruling.CONFIRMED, NOW, "")
    view = bonus_room(workspace, vera, OCTOBER)
    book = load_workbook(io.BytesIO(bonus_file(workspace, vera, view, view.agents, "xlsx", t)()))
    sums = {row[0]: row[5] for row in book[t("bonus.sheet")].iter_rows(min_row=2, values_only=True)}
    assert (sums["Алла Пробная"], sums["Борис Образцов"]) == (9300, 10000)
    lines = list(book["Алла Пробная"].iter_rows(min_row=2, values_only=True))
    assert sum(row[3] for row in lines if isinstance(row[3], int | float)) == 700
    pdf = PdfReader(io.BytesIO(bonus_file(workspace, vera, view, view.agents, "pdf", t)()))
    text = "".join(page.extract_text() for page in pdf.pages).replace("\xa0", " ").replace("\n", " ")
    for said in (t("bonus.document"), "Алла Пробная", "Вера Главная", company.PADDED):
        assert said in text, said
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from audit where action = 'report_exported'") == 2


def test_the_export_says_who_confirmed_and_what_it_costs(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    rule_on_faults(workspace, vera, ["v001"], Ruling.CONFIRMED, NOW, "")
    rule_on_faults(workspace, vera, ["v002"], Ruling.REJECTED, NOW, "")
    found = {row["violation_id"]: row for row in records(workspace, What.VIOLATIONS)}
    said = {key: (found[key]["status"], found[key]["confirmed_by"], found[key]["deduction"]) for key in found}
    assert said["v001"] == ("confirmed", "Вера Главная", 100.0)
    assert said["v002"] == ("rejected", None, None)
    assert said["v003"] == ("suggested", None, None)
    write_objection(workspace, company.viewer(workspace, "m1"), "v001", "нет", NOW)
    again = {row["violation_id"]: row["deduction"] for row in records(workspace, What.VIOLATIONS)}
    assert again["v001"] == 0.0


def test_an_erased_client_leaves_the_money_and_no_id(workspace: Workspace) -> None:
    vera = company.viewer(workspace)
    confirm_flag(workspace, vera)
    rule_on_faults(workspace, vera, ["w1"], Ruling.CONFIRMED, NOW, "клиент Ирина")
    fault_id = faults.suspicion_id(FlagKind.FAKE_EFFECTIVE, company.PADDED)
    write_objection(workspace, company.viewer(workspace, "m1"), fault_id, "Ирина искала бумаги", NOW)
    approve(workspace, vera, "m2", OCTOBER, NOW)
    before = {item.agent_id: item.statement.payable for item in bonus_month(workspace, OCTOBER).agents}
    erase(workspace, [company.PHONE], by="Вера Главная", reason="по просьбе", now=NOW)
    view = bonus_month(workspace, OCTOBER)
    assert {item.agent_id: item.statement.payable for item in view.agents} == before
    assert view.of("m2").is_settled  # type: ignore[union-attr]
    assert view.of("m1").statement.suspended == Decimal(500)  # type: ignore[union-attr]
    with workspace.store.reading() as reader:
        for table in ("violation_findings", "fault_moves", "bonus_approvals"):
            text = str(reader.rows(f"select * from {table}"))
            assert company.PADDED not in text
            assert "deal-1" not in text
            assert "Ирина" not in text


def test_the_contest_leaves_small_numbers_out_and_says_why(workspace: Workspace) -> None:
    by_kind = {board.nomination: board for board in month_contest(workspace, OCTOBER, NOW)}
    assert set(by_kind) == set(Nomination)
    assert all(not board.places and len(board.left_out) == 2 for board in by_kind.values())
