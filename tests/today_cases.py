"""A daily page whose numbers can be counted on the fingers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from qc_workbench.config import Company
from qc_workbench.domain.call import Call, Direction, Outcome, Role
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.domain.evening import Unkept, UnkeptItem
from qc_workbench.domain.today import DayNumbers, HourCalls
from qc_workbench.reporting.callbacks import called_back
from qc_workbench.reporting.month_calls import padded_call
from qc_workbench.reporting.today import ControlShown, Today, ToDecide
from tests.missed_in_python import missed_in_python
from tests.report_cases import at, call, conversation, flag, missed, promise

SIXTH = date(2026, 10, 6)  # a Tuesday


def callers() -> tuple[Call, ...]:
    """Missed: one called back after 5 minutes, one after 2 hours, one got through alone, one not at all, one hidden."""
    return (
        missed("i1", at(6, 10), "+79160000011"),
        call("b1", at(6, 10, 5), phone="+79160000011"),
        missed("i2", at(6, 11), "+79160000012"),
        call("b2", at(6, 13), phone="+79160000012"),
        missed("i3", at(6, 12), "+79160000013"),
        call("o3", at(6, 12, 30), direction=Direction.INBOUND, phone="+79160000013"),
        missed("i4", at(6, 14), "+79160000014"),
        missed("i5", at(6, 15), None),
    )


def a_day() -> Today:
    calls = callers()
    escalated = Call(
        "e1", at(6, 16), Direction.INBOUND, "m2", "+79160000077", 95, Outcome.ANSWERED, wait_s=31.0,
        answered_by_role=Role.OWNER,
    )  # fmt: skip
    broken = promise("b1", CommitmentOutcome.MISSING, date(2026, 10, 5))
    spoken = replace(broken.spoken, quote="Наберу вас на 8 916 123-45-67 в понедельник")
    usual = DayNumbers(calls=40, inbound=20, missed=1, effective=20, roles_known=19, meetings_set=2)
    late = UnkeptItem(Unkept.OVERDUE, "m1", at(3, 12), 3.25, deal_id="d-1", activity_id="a-1")
    moved = UnkeptItem(Unkept.MOVED, "m2", at(1, 12), 9.0, moves=3, deal_id="d-1", activity_id="a-2")
    task = Activity("a-1", "m1", ActivityType.TASK, at(1), "d-1", subject="Отправить КП на +7 916 123-45-67")
    return Today(
        day=SIXTH,
        moment=at(7, 0),
        is_over=True,
        company="Тихий створ",
        numbers=DayNumbers(
            calls=42, inbound=20, missed=5, effective=21, escalated=1, roles_known=15, suspicious=1, meetings_set=2,
            meetings_held=1, proposals_sent=3,
        ),
        earlier=(usual, usual, None, usual),
        callers=called_back(missed_in_python(calls, [(at(6, 0), at(7, 0))], at(8, 0)), 15, Company()),
        callback_minutes=15,
        hours=(HourCalls(10, 3, 1, 2), HourCalls(14, 1, 1, 0)),
        escalated=(escalated,),
        suspicious=(padded_call(flag("s1"), call("s1", at(6, 17)), conversation("s1", False, 0.0), None),),
        steps={"meetings_set": (), "meetings_held": (), "proposals_sent": ()},
        due_today=(),
        due_total=0,
        broken=(replace(broken, spoken=spoken),),
        broken_total=1,
        broken_since=date(2026, 10, 5),
        control=ControlShown(
            at(6, 19), True, at(6, 19, 1), at(6, 18, 50),
            {Unkept.OVERDUE: 7, Unkept.MOVED: 1, Unkept.STUCK: 0, Unkept.PROMISE: 0}, (late, moved),
            {SIXTH - timedelta(days=1): {Unkept.OVERDUE: 5}, SIXTH: {Unkept.OVERDUE: 7, Unkept.MOVED: 1}},
        ),
        to_decide=(ToDecide("suspicious", 3, "suspicious"), ToDecide("lost_deals", 0, "refusals")),
        calls={item.call_id: item for item in calls},
        promises={},
        tasks={"a-1": task},
        deals={"d-1": Deal("d-1", (), "m1", "КП отправлено", DealStatus.OPEN)},
        names={"m1": "Борис", "m2": "Анна"},
    )  # fmt: skip
