"""«Отказы»: lost deals beside what the client said, and the list of those to call back."""

import streamlit as st

from qc_workbench.domain.flag import FlagKind
from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.recall_card import recall_list
from qc_workbench.ui.components.refusal_card import refusal_list, refusals_shown
from qc_workbench.ui.components.standing_parts import detector_notice
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.recalls import RecallList, recalls
from qc_workbench.ui.views.refusals import RefusalList

room = enter()
t = room.t
view, calls_back = refusals_shown(room), recalls(room.workspace, room.viewer)
heading(t("room.refusals"), t("refusals.says"))
detector_notice(room, FlagKind.FALSE_REFUSAL)
totals: dict[RefusalList | RecallList, int] = {
    RefusalList.DOUBTFUL: view.totals[RefusalList.DOUBTFUL],
    RecallList.WAITING: calls_back.count(RecallList.WAITING),
    RecallList.DONE: calls_back.count(RecallList.DONE),
    RefusalList.RULED: view.totals[RefusalList.RULED],
    RefusalList.GENUINE: view.totals[RefusalList.GENUINE],
}
codes = {f"{type(which).__name__}.{which.value}": which for which in totals}
asked = st.query_params.get("list", "")
chosen = st.segmented_control(
    t("refusals.filter"),
    list(codes),
    default=asked if asked in codes else next(iter(codes)),
    required=True,
    format_func=lambda code: f"{t(f'refusal_shelf.{code}')} · {t.number(totals[codes[code]])}",
    key="refusals_shelf",
    label_visibility="collapsed",
    wrap=True,
)
code = chosen or next(iter(codes))
which = codes[code]
st.caption(t(f"refusal_shelf_says.{code}"))
if not totals[which]:
    nothing(t(f"refusal_shelf_none.{code}"))
elif isinstance(which, RecallList):
    recall_list(room, calls_back, which)
else:
    refusal_list(room, view, which)
