"""The way of an accusation as people use it: flag, question, answer, ruling, bonus line, statement, dispute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.bonus import bonus_month
from qc_workbench.domain.bonus import LineState, Objection, Why
from qc_workbench.domain.flag import Flag, FlagKind, Ruling
from qc_workbench.domain.lost_deal import DealVerdict
from qc_workbench.errors import UsageError
from qc_workbench.review.right_of_reply import ReplyState
from qc_workbench.review.rulings import rule
from qc_workbench.store import cases, verdicts
from qc_workbench.store.database import insert
from qc_workbench.ui.views.bonus import approve, disputed, settle_objection, write_objection
from qc_workbench.ui.views.deal_decisions import decide_on_deal
from qc_workbench.ui.views.my import Shelf, my_room, my_suspicions
from qc_workbench.ui.views.right_of_reply import questions, write_fault_answer
from qc_workbench.ui.views.suspicious import write_answer, write_ruling
from qc_workbench.ui.views.violation_ruling import rule_on_faults, rule_on_group
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.bonus_cases import MANY, OCTOBER, breached_company, group
from tests.ui.test_disputes_room import enter, read, start

#: A Wednesday in Moscow; three working days later is Monday the 26th, 19:00.
ASKED = datetime(2026, 10, 21, 9, tzinfo=UTC)
UNTIL = datetime(2026, 10, 26, 16, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)


#: A confirmation that was made before its agent could answer.
NOTHING_YET = (LineState.SUSPENDED, Why.NOT_HEARD, Decimal(0))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A company with the settings as they come: three working days to answer."""
    home = breached_company(tmp_path / "home").home
    (home / "qcw.toml").write_text('[company]\nname = "Окна и двери «Пример»"\n', encoding="utf-8")
    return Workspace.open(home)


def padded(workspace: Workspace, kind: FlagKind = FlagKind.FAKE_EFFECTIVE, call: str = company.PADDED) -> Flag:
    with workspace.store.reading() as reader:
        case = cases.case_of_call(reader, call, kind)
    assert case is not None
    return case.flag


def lines(workspace: Workspace, agent: str = "m1") -> dict[str, tuple[LineState, Why | None, Decimal]]:
    found = bonus_month(workspace, OCTOBER).of(agent)
    assert found is not None
    return {line.fault.kind: (line.state, line.why, line.amount) for line in found.statement.lines}


def test_a_suspicion_costs_nothing_before_its_agent_was_asked_and_could_answer(workspace: Workspace) -> None:
    vera, flag = company.viewer(workspace), padded(workspace)
    write_ruling(workspace, vera, flag, Ruling.CONFIRMED, ASKED - timedelta(minutes=1), "")
    assert lines(workspace)["fake_effective"] == NOTHING_YET
    write_ruling(workspace, vera, flag, Ruling.ASKED, ASKED, "Что было после 10-й секунды?")
    for moment in (ASKED + timedelta(hours=1), UNTIL - timedelta(minutes=1)):
        write_ruling(workspace, vera, flag, Ruling.CONFIRMED, moment, "")
        assert lines(workspace)["fake_effective"] == NOTHING_YET
    write_ruling(workspace, vera, flag, Ruling.CONFIRMED, UNTIL, "")
    assert lines(workspace)["fake_effective"] == (LineState.COUNTED, None, Decimal(500))


def test_an_answer_ends_the_waiting_and_a_ruling_for_the_agent_needs_none(workspace: Workspace) -> None:
    vera, alla, flag = company.viewer(workspace), company.viewer(workspace, "m1"), padded(workspace)
    write_ruling(workspace, vera, flag, Ruling.REJECTED, ASKED, "слышен живой человек")
    write_ruling(workspace, vera, flag, Ruling.ASKED, ASKED + timedelta(minutes=1), "")
    write_answer(workspace, alla, flag, "Клиент искал договор", ASKED + timedelta(hours=2))
    write_ruling(workspace, vera, flag, Ruling.CONFIRMED, ASKED + timedelta(hours=3), "")
    assert lines(workspace)["fake_effective"][0] is LineState.COUNTED


def test_the_agent_sees_the_question_its_deadline_and_that_silence_is_no_answer(workspace: Workspace) -> None:
    vera, alla, flag = company.viewer(workspace), company.viewer(workspace, "m1"), padded(workspace)
    write_ruling(workspace, vera, flag, Ruling.ASKED, ASKED, "")
    rule_on_group(workspace, vera, group(workspace, vera, "m1"), Ruling.ASKED, ASKED, "")
    later = ASKED + timedelta(minutes=5)
    asked = questions(workspace, frozenset({"m1"}))
    assert {(item.kind, item.count, item.reply.until) for item in asked} == {
        ("fake_effective", 1, UNTIL),
        ("overdue_task", MANY, UNTIL),
    }
    mine = my_room(workspace, alla, "m1", later)
    assert (mine.waiting[Shelf.SUSPICIONS], mine.reply_until) == (2, UNTIL)
    found = my_suspicions(workspace, "m1")
    assert (len(found.cases), [item.kind for item in found.others]) == (1, ["overdue_task"])
    assert {item.state(later) for item in asked} == {ReplyState.OPEN}
    assert {item.state(UNTIL) for item in asked} == {ReplyState.NO_ANSWER}
    write_fault_answer(workspace, alla, found.others[0], "Я была в отпуске", later)
    assert my_room(workspace, alla, "m1", later).waiting[Shelf.SUSPICIONS] == 1


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [
        ("ru", "Вопросы ко мне · ждут ответа: 0, отвечено: 1", "Вы ответили 21 окт., "),
        ("en", "Questions to me · waiting 0, answered 1", "You answered 21 Oct, "),
    ],
)
def test_a_question_that_was_answered_is_told_as_answered_while_it_stands_on_the_shelf(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str, name: str, said: str
) -> None:
    vera, alla = company.viewer(workspace), company.viewer(workspace, "m1")
    rule_on_group(workspace, vera, group(workspace, vera, "m1"), Ruling.ASKED, ASKED, "")
    assert my_room(workspace, alla, "m1", ASKED).answered == 0
    (question,) = my_suspicions(workspace, "m1").others
    write_fault_answer(workspace, alla, question, "Я была в отпуске", ASKED + timedelta(minutes=5))
    app = enter(start(workspace.home, "m1", language, monkeypatch), "my")
    assert name in app.button_group(key="my_shelf").options
    app.button_group(key="my_shelf").set_value(Shelf.SUSPICIONS).run()
    shown = read(app)
    assert [text for text in ("Я была в отпуске", said) if text not in shown] == [], shown
    moments = [caption.value for caption in app.main.caption if "19\\:" in caption.value]
    assert moments == sorted(moments)


@pytest.mark.slow
def test_two_hundred_tasks_are_one_question_one_answer_and_one_ruling(workspace: Workspace) -> None:
    vera, alla = company.viewer(workspace), company.viewer(workspace, "m1")
    waiting = group(workspace, vera, "m1")
    made = rule_on_group(workspace, vera, waiting, Ruling.ASKED, ASKED, "")
    ids = [item.fault.fault_id for item in made]
    (question,) = questions(workspace, frozenset({"m1"}))
    with pytest.raises(UsageError, match="not_allowed"):
        write_fault_answer(workspace, company.viewer(workspace, "m2"), question, "не моё", ASKED)
    write_fault_answer(workspace, alla, question, "CRM не открывалась", ASKED + timedelta(hours=2))
    (question,) = questions(workspace, frozenset({"m1"}))
    assert [item.text for item in question.answers] == ["CRM не открывалась"]
    rule_on_faults(workspace, vera, ids, Ruling.CONFIRMED, ASKED + timedelta(hours=3), "")
    assert questions(workspace, frozenset({"m1"})) == []
    assert lines(workspace)["overdue_task"][0] in (LineState.COUNTED, LineState.CAPPED)


def test_what_was_confirmed_without_the_right_of_reply_is_suspended_and_takes_nothing_off(workspace: Workspace) -> None:
    flag = padded(workspace)
    early = rule(flag.flag_id, Ruling.CONFIRMED, "Вера Главная", ASKED, "", ())
    workspace.store.write(insert("findings", verdicts.finding_row(early)))
    assert lines(workspace)["fake_effective"] == NOTHING_YET
    assert disputed(bonus_month(workspace, OCTOBER), company.viewer(workspace)) == ()
    vera = company.viewer(workspace)
    write_ruling(workspace, vera, flag, Ruling.ASKED, ASKED + timedelta(minutes=1), "")
    assert lines(workspace)["fake_effective"][:2] == (LineState.DROPPED, Why.ASKED)
    write_ruling(workspace, vera, flag, Ruling.CONFIRMED, UNTIL, "")
    assert lines(workspace)["fake_effective"][2] == Decimal(500)


def test_a_lost_deal_goes_back_to_work_at_once_and_costs_nothing_before_its_agent_was_asked(
    workspace: Workspace,
) -> None:
    vera = company.viewer(workspace)
    with workspace.store.reading() as reader:
        row = reader.row(
            "select q.deal_id, q.call_id, c.manager_id from refusals q join flags f using (call_id) "
            "join calls c using (call_id) where f.kind = 'false_refusal' and q.deal_id is not null"
        )
    assert row is not None
    decide_on_deal(workspace, vera, row["deal_id"], DealVerdict.REWORK_SAME, ASKED)
    assert lines(workspace, row["manager_id"])["false_refusal"] == NOTHING_YET
    flag = padded(workspace, FlagKind.FALSE_REFUSAL, row["call_id"])
    write_ruling(workspace, vera, flag, Ruling.ASKED, ASKED + timedelta(minutes=1), "")
    write_ruling(workspace, vera, flag, Ruling.CONFIRMED, UNTIL, "")
    assert lines(workspace, row["manager_id"])["false_refusal"][1] is not Why.NOT_HEARD


def test_from_the_flag_to_the_dispute_the_money_waits_for_the_agent_every_time(workspace: Workspace) -> None:
    vera, alla, oleg = (company.viewer(workspace, *who) for who in ((), ("m1",), ("o1",)))
    flag = padded(workspace)
    write_ruling(workspace, vera, flag, Ruling.ASKED, ASKED, "")
    write_answer(workspace, alla, flag, "Клиент молчал", ASKED + timedelta(hours=1))
    write_ruling(workspace, vera, flag, Ruling.CONFIRMED, UNTIL, "слышен автоответчик")
    fault = f"fake_effective:{company.PADDED}"
    write_objection(workspace, alla, fault, "Это был секретарь", UNTIL + timedelta(days=1))
    assert lines(workspace)["fake_effective"] == (LineState.SUSPENDED, Why.DISPUTED, Decimal(0))
    first = approve(workspace, vera, "m1", OCTOBER, NOVEMBER)
    with pytest.raises(UsageError, match="objection_same_person"):
        settle_objection(workspace, vera, fault, Objection.KEEP, "нет", NOVEMBER)
    settle_objection(workspace, oleg, fault, Objection.KEEP, "слышен сигнал", NOVEMBER + timedelta(hours=1))
    found = bonus_month(workspace, OCTOBER).of("m1")
    assert found is not None
    assert (found.approved, found.statement.payable) == (Decimal(10000), Decimal(9500))
    assert [item.amount_after for item in found.changes] == [Decimal(500)]
    assert first.frozen.count("not_heard") == 0
