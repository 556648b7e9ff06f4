"""A small company whose numbers can be counted on the fingers, for tests of reports and exports."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from qc_workbench.domain.call import Call, Direction, Manager, Outcome, Role
from qc_workbench.domain.commitment import (
    Action,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    DueWindow,
    Promiser,
    Refusal,
    SpokenCommitment,
)
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.domain.flag import (
    AnsweredBy,
    Conversation,
    Evidence,
    Finding,
    Flag,
    FlagKind,
    Ruling,
    Side,
    Verdict,
)
from qc_workbench.domain.lost_deal import DealFinding, LostDeal, Recall, RecallResult
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn, Word
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.reporting.facts import Facts

AS_OF = datetime(2026, 11, 1, 6, tzinfo=UTC)


def at(day: int, hour: int = 9, minute: int = 0, month: int = 10) -> datetime:
    """A moment of Moscow's clock (UTC+3) in 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=3)


def call(
    call_id: str,
    started_at: datetime,
    *,
    direction: Direction = Direction.OUTBOUND,
    talk_s: float = 60,
    outcome: Outcome = Outcome.ANSWERED,
    manager_id: str = "m1",
    phone: str | None = "+79000000001",
) -> Call:
    return Call(call_id, started_at, direction, manager_id, phone, talk_s, outcome)


def missed(call_id: str, started_at: datetime, phone: str | None = "+79000000009") -> Call:
    return call(call_id, started_at, direction=Direction.INBOUND, talk_s=0, outcome=Outcome.MISSED, phone=phone)


def conversation(call_id: str, verified: bool | None, live_s: float = 20.0) -> Conversation:
    answered_by = AnsweredBy.HUMAN if verified else AnsweredBy.VOICEMAIL
    return Conversation(call_id, "f", answered_by, False, live_s, 5.0, 5.0, verified)


def flag(call_id: str, verdict: Verdict = Verdict.FLAG, kind: FlagKind = FlagKind.FAKE_EFFECTIVE) -> Flag:
    evidence = (
        Evidence(1, 1.25, 7.5, "voicemail_greeting", "Оставьте сообщение <после> сигнала"),
        Evidence(0, 9.0, 12.0, "live_talk", None, Side.FOR),
    )
    return Flag(f"flag-{call_id}", call_id, kind, verdict, 0.9123456, evidence, "effective", "1", ("no_live_talk",))


def finding(flag_id: str, ruling: Ruling, hour: int = 10, finding_id: str = "f1") -> Finding:
    return Finding(finding_id, flag_id, ruling, "Виктор", at(31, hour), "послушал")


def promise(
    call_id: str,
    outcome: CommitmentOutcome,
    due_from: date = date(2026, 10, 5),
    due_to: date | None = None,
) -> Commitment:
    spoken = SpokenCommitment(
        commitment_id=f"c-{call_id}-{outcome.value}",
        call_id=call_id,
        by=Promiser.AGENT,
        action=Action.CALLBACK,
        quote="Перезвоню в понедельник",
        start_s=10.0,
        end_s=12.3456,
        due=DueWindow(due_from, due_to or due_from, time(10), time(12, 30)),
        rule="weekday",
    )
    return Commitment(spoken, outcome, activity_id="a1", moves=2, reasons=("no_task",))


def transcript(call_id: str) -> Transcript:
    turns = (
        Turn(Party.AGENT, 0, 0.5, 1.5, "Добрый день", 0.91234, (Word(0.5, 0.9, "Добрый", 0.98765),)),
        Turn(Party.CUSTOMER, 1, 2.0, 3.0, "=СУММ(1)", 0.5, (), Suspicion.NO_VOICE),
    )
    return Transcript(call_id, "hash", "print", "ru", "faster-whisper", "base", turns)


def deal(
    deal_id: str,
    status: DealStatus,
    amount: str | None = "1000",
    *,
    stage: str = "Новая",
    manager_id: str = "m1",
    stage_since: datetime | None = None,
    closed_at: datetime | None = None,
) -> Deal:
    return Deal(
        deal_id,
        ("+79000000001",),
        manager_id,
        stage,
        status,
        stage_since=stage_since or at(10),
        amount=None if amount is None else Decimal(amount),
        currency="RUB",
        created_at=at(1),
        closed_at=closed_at,
    )


def lost_deal() -> tuple[LostDeal, Deal, Refusal, Recall]:
    """A deal closed on a client who had put it off, who was called back."""
    deal = Deal("d2", ("+79000000002",), "m1", "Думают", DealStatus.LOST, lost_reason="=Дорого", amount=Decimal(45000))
    lost = LostDeal("d2", DealFinding.CLIENT_POSTPONED, None, "o1", 1, 0.9)
    refusal = Refusal("o1", ClientSaid.POSTPONED, "d2", "lost", True, "Подумаю", 3.0, 4.0)
    at = datetime(2026, 10, 20, 9, tzinfo=UTC)
    later = RecallResult.BUYS_LATER
    return lost, deal, refusal, Recall("rc-1", "d2", later, "Ждёт премию", date(2026, 12, 1), "Ольга", at)


def facts() -> Facts:
    """October 2026 of two agents: m1 pads calls and forgets, m2 does not."""
    return Facts(
        as_of=AS_OF,
        calls=(
            call("old", at(15, month=9)),
            call("o1", at(1)),
            call("o2", at(2), talk_s=39.9),
            call("o3", at(6), manager_id="m2", phone="+79000000002"),
            call("i1", at(6, 12), direction=Direction.INBOUND, manager_id="m2", phone="+79000000003"),
            missed("i2", at(6, 13)),
            missed("i3", at(6, 14)),
            call("back", at(6, 15), phone="+79000000009", manager_id="m2"),
            call("inner", at(7), direction=Direction.INTERNAL),
            call("last", at(31, 23, 59), manager_id="m2"),
            call("next", at(1, 0, 0, month=11)),
        ),
        managers={
            "m1": Manager("m1", "Борис"),
            "m2": Manager("m2", "Анна"),
            "q1": Manager("q1", "Ольга", Role.QC),
            "gone": Manager("gone", "Ян", left_at=at(1, month=9)),
        },
        conversations={
            "o1": conversation("o1", False, 0.0),
            "o3": conversation("o3", True),
            "i1": conversation("i1", None),
        },
        flags=(flag("o1"), flag("i1", Verdict.UNSURE)),
        commitments=(
            promise("o1", CommitmentOutcome.MISSING),
            promise("o3", CommitmentOutcome.KEPT),
            promise("old", CommitmentOutcome.OVERDUE),
        ),
        refusals=(
            Refusal("o1", ClientSaid.POSTPONED, "d2", "lost", True, "Подумаю", 3.0, 4.0),
            Refusal("o3", ClientSaid.NONE, None, None, False),
        ),
        deals=(
            deal("d1", DealStatus.WON, "1000.50", closed_at=at(20)),
            deal("d2", DealStatus.LOST, None, closed_at=at(21)),
            deal("d3", DealStatus.WON, closed_at=at(1, month=11)),
            deal("d4", DealStatus.OPEN, stage="КП отправлено", stage_since=at(20)),
        ),
        activities=(
            Activity("a1", "m1", ActivityType.CALL, at(1), "d4", subject="Позвонить", due_at=at(5)),
            Activity("a2", "m1", ActivityType.CALL, at(1), "d4", due_at=at(5), done_at=at(5, 8)),
        ),
        sample=(
            SampledCall("draw1", "daily", "2026-10-01", "direction=outbound", "o1", 0.5, at(2)),
            SampledCall("draw2", "weekly", "2026-W40", "direction=outbound", "o1", 0.25, at(5)),
        ),
        violations=(Violation("v1", ViolationKind.NO_NOTE, "m1", at(3), call_id="o1"),),
    )
