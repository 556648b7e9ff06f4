"""Lines of tables."""

from __future__ import annotations

from typing import Any

from qc_workbench.domain.flag import Flag
from qc_workbench.ui.components.blocks import call_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named
from qc_workbench.ui.views.people import Directory
from qc_workbench.ui.views.queue import Drawn


def queue_row(item: Drawn, people: Directory, t: Translator) -> dict[str, Any]:
    """A call to listen to and why it is in the list."""
    return {
        t("column.why"): why(item, t),
        **call_row(item.call, people, item.recording, t),
        t("column.reviewer"): people.agent(item.assigned_to),
    }


def why(item: Drawn, t: Translator) -> str:
    if item.flag:
        return flag_reasons(item.flag, t)
    return ", ".join(f"{drawn.plan} {drawn.period}" for drawn in item.plans) or t("queue.picked")


def flag_reasons(flag: Flag, t: Translator) -> str:
    """The machine's reasons in words; without any, the name of the suspicion."""
    return "; ".join(named(t, "reason", code) for code in flag.reasons) or t(f"flag.{flag.kind.value}")
