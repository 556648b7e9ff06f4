"""Lines of tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.review.due import DrawnBy
from qc_workbench.ui.components.blocks import recording_state
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import named
from qc_workbench.ui.views.people import Directory
from qc_workbench.ui.views.queue import Drawn


def queue_row(item: Drawn, people: Directory, reviewers: Mapping[str, str], t: Translator) -> dict[str, Any]:
    """A call to listen to, whose it is (``reviewers``: names by id) and why it is in the list."""
    call, whose = item.call, item.assigned_to
    return {
        t("column.when"): t.moment(call.started_at),
        t("column.agent"): people.agent(call.manager_id),
        t("column.direction"): t(f"direction.{call.direction.value}"),
        t("column.connected"): clock(call.talk_s),
        t("column.why"): why(item, t),
        t("column.reviewer"): "—" if whose is None else reviewers.get(whose, whose),
        t("column.recording"): recording_state(item.recording, t),
    }


def why(item: Drawn, t: Translator) -> str:
    if item.flag:
        return flag_reasons(item.flag, t)
    return ", ".join(plan_text(drawn, t) for drawn in item.plans) or t("queue.picked")


def plan_name(plan: str, t: Translator) -> str:
    return t(f"plan.{plan}") if t.knows(f"plan.{plan}") else plan


def plan_text(drawn: SampledCall, t: Translator) -> str:
    """The plan and the period a call was drawn for. Plans of the company's own keep the name it gave them."""
    return _plan_text(drawn.plan, drawn.period, t)


def drawn_text(drawn: DrawnBy, t: Translator) -> str:
    """As :func:`plan_text`, of a call that is laid out over days."""
    return _plan_text(drawn.plan, drawn.period, t)


def _plan_text(plan: str, period: str, t: Translator) -> str:
    return f"{plan_name(plan, t)}, {period_text(period, t)}"


def period_text(period: str, t: Translator) -> str:
    """The period of a draw in words: a day (``2026-10-07``) or an ISO week (``2026-W41``)."""
    try:
        if "-W" in period:
            year, week = period.split("-W")
            monday = date.fromisocalendar(int(year), int(week), 1)
            sunday = monday + timedelta(days=6)
            first = t.day(monday, "d" if monday.month == sunday.month else "d MMM")
            return f"{first}–{t.day(sunday, 'd MMM')}"
        return t.day(date.fromisoformat(period), "d MMM")
    except ValueError:
        return period


def flag_reasons(flag: Flag, t: Translator) -> str:
    """The machine's reasons in words; without any, the name of the suspicion."""
    return "; ".join(named(t, "reason", code) for code in flag.reasons) or t(f"flag.{flag.kind.value}")
