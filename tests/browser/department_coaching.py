"""Tasks, comments and clips out of the talks."""

from __future__ import annotations

from datetime import datetime, timedelta

from qc_workbench.domain.coaching import ClipKind, TaskState
from qc_workbench.ui.views import coaching
from qc_workbench.workspace import Workspace
from tests.browser.department_people import who
from tests.browser.department_talks import spoken
from tests.browser.pictures import HEAD, QC
from tests.ui.scored_company import comment


def write_coaching(workspace: Workspace, now: datetime) -> None:
    head, listener = who(workspace, HEAD, now), who(workspace, QC, now)
    price, discount, late = spoken("price_only"), spoken("discount"), spoken("late_promise")
    ago = lambda days: now - timedelta(days=days)  # noqa: E731
    tasks = []
    for call, agent, line, text, question, task, given_ago, due_in in (
        (
            "talk-price_only",
            "m6",
            price[2],
            "Назвал цену, не спросив, что нужно",
            "asked_before_price",
            "До цены — два вопроса: для чего и когда",
            20,
            -6,
        ),
        (
            "talk-discount",
            "m2",
            discount[2],
            "Скидка сразу, без вопроса о сомнении",
            "objection",
            "Сначала узнать, с чем сравнивают, потом говорить о цене",
            6,
            4,
        ),
        (
            "talk-late_promise",
            "m5",
            late[6],
            "Хорошо: назвал точное время",
            "next_step",
            "Каждое обещание — задачей в CRM в тот же час",
            12,
            1,
        ),
    ):
        made = comment(workspace, call, agent, text, ago(given_ago + 1), seconds=(line[1], line[2]), question=question)
        due = (now + timedelta(days=due_in)).date()
        tasks.append(coaching.give_task(workspace, head, [made], task, due, question, ago(given_ago)))
    comment(
        workspace, "talk-price_only", "m6", "«Подумайте и перезвоните» — клиента отпустили без шага", ago(1),
        seconds=(price[6][1], price[6][2]), question="next_step",
    )  # fmt: skip
    comment(
        workspace, "talk-discount", "m2", "Торопит клиента: «завтра уже не будет»", ago(1),
        seconds=(discount[4][1], discount[4][2]), question="polite",
    )  # fmt: skip
    for agent, states in (("m5", (TaskState.SEEN, TaskState.DONE)), ("m2", (TaskState.SEEN,))):
        for number, state in enumerate(states):
            (case,) = coaching.own_tasks(workspace, who(workspace, agent, now), agent, coaching.TaskShelf.OPEN, 1, now)
            note = "Разобрал, веду список" if state is TaskState.DONE else ""
            coaching.write_step(workspace, who(workspace, agent, now), case, state, ago(4 - number), note)
    balcony, competitor = spoken("balcony"), spoken("competitor")
    for call, first, last, kind, title, question in (
        ("talk-balcony", balcony[4], balcony[6], ClipKind.GOOD, "Вопросы до цены", "asked_before_price"),
        ("talk-balcony", balcony[9], balcony[10], ClipKind.GOOD, "«Дорого»: с чем сравнивают", "objection"),
        ("talk-competitor", competitor[4], competitor[6], ClipKind.GOOD, "Шаг с точным временем", "next_step"),
        ("talk-price_only", price[2], price[6], ClipKind.BAD, "Число и тишина", "asked_before_price"),
    ):
        coaching.keep_clip(workspace, listener, call, (first[1], last[2]), kind, title, question, ago(3))
