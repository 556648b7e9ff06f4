"""The department's breaches of order in the month before, what was ruled on them, disputed and approved."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from typing import Final

from qc_workbench.domain.bonus import Objection
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store import replies, verdicts
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.bonus import approve, settle_objection, stretch_of, write_objection
from qc_workbench.ui.views.right_of_reply import questions, write_fault_answer
from qc_workbench.ui.views.violation_ruling import rule_on_faults, rule_on_group, waiting_rulings
from qc_workbench.workspace import Workspace
from tests.browser.department_month import AGENTS

#: Rule -> how many of them a careless agent commits in a week.
_OFTEN: Final = {
    ViolationKind.OVERDUE_TASK: 4, ViolationKind.NO_NOTE: 2, ViolationKind.CALL_NOT_LOGGED: 2,
    ViolationKind.NO_TASK: 1, ViolationKind.DUE_DATE_MOVED: 2, ViolationKind.STAGE_LIMIT: 0.4,
}  # fmt: skip


def bonus_month(workspace: Workspace, now: datetime, head: Viewer, owner: Viewer, agent: Viewer) -> None:
    """Most of the month is ruled on; a few groups wait; the agent disputed two lines, one of which is decided."""
    last = now.astimezone(workspace.settings.company.zone).date().replace(day=1) - timedelta(days=1)
    month = last.replace(day=1)
    chance = random.Random("bonus")
    found = []
    for agent_id, (_, _, good) in AGENTS.items():
        for day in (month + timedelta(days=number) for number in range(last.day)):
            for kind, often in _OFTEN.items():
                if day.weekday() < 5 and chance.random() < often / 5 * (1.15 - good):
                    for number in range(1 + (kind is ViolationKind.OVERDUE_TASK) * chance.randrange(5)):
                        name = f"{kind.value}-{agent_id}-{day}-{number}"
                        at = datetime.combine(day, time(16, number), UTC)
                        found.append(Violation(name, kind, agent_id, at, deal_id=f"deal-{chance.randrange(900)}"))
    workspace.store.insert_many("violations", [verdicts.violation_row(item) for item in found])
    within = stretch_of(workspace, month)
    ruled = datetime.combine(last, time(9), UTC)
    for number in range(6):
        for place, group in enumerate(waiting_rulings(workspace, head, within, now, 1).groups):
            if group.day < last - timedelta(days=3) or number == 0:
                ruling = Ruling.REJECTED if place % 5 == 4 else Ruling.CONFIRMED
                at = ruled + timedelta(minutes=number, seconds=place)
                if not (number == 0 and place < 4):
                    # Asked a week before: the pages are shown with the right of reply on.
                    rule_on_group(workspace, head, group, Ruling.ASKED, at - timedelta(days=7), "")
                    with workspace.store.reading() as reader:
                        (batch,) = {item.batch for item in replies.asked_batches(reader, {group.agent_id})}
                        ids = replies.asked_faults(reader, batch)
                    rule_on_faults(workspace, head, ids, ruling, at, "")
    with workspace.store.reading() as reader:
        lines = reader.rows(
            "select violation_id from violation_findings where manager_id = ? and ruling = 'confirmed' "
            "order by violation_id limit 2",
            agent.agent_id,
        )
    asked = [
        item for item in waiting_rulings(workspace, head, within, now, 1).groups if item.agent_id == agent.agent_id
    ]
    for group in asked[:2]:
        rule_on_group(workspace, head, group, Ruling.ASKED, now - timedelta(days=1), "")
    for question in questions(workspace, frozenset({agent.agent_id or ""}), ())[:1]:
        said = "В этот день CRM не открывалась до обеда"
        write_fault_answer(workspace, agent, question, said, now - timedelta(hours=3))
    for row, reason in zip(lines, ("Клиент сам перенёс встречу", "Звонок был с рабочего мобильного"), strict=False):
        write_objection(workspace, agent, row["violation_id"], reason, ruled + timedelta(days=1))
    settle_objection(
        workspace, owner, lines[0]["violation_id"], Objection.GRANT, "Есть письмо клиента", ruled + timedelta(days=2)
    )
    for agent_id in ("m4", "m7"):
        approve(workspace, head, agent_id, month, ruled + timedelta(days=3))
