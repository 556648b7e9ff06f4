"""«Прослушка»: calls drawn for listening, and the targeted ones apart from them."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing, open_call, picked
from qc_workbench.ui.components.replacing import replace_form
from qc_workbench.ui.components.rows import period_text, plan_name, queue_row
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.queue import listening_queue

room = enter()
t = room.t
view = listening_queue(room.workspace)
heading(t("room.queue"), t("queue.says"))

if view.reviewers:
    reviewer = st.selectbox(
        t("queue.reviewer"),
        view.reviewers,
        index=None,
        format_func=view.people.agent,
        placeholder=t("queue.everybody"),
        key="queue_reviewer",
        width=360,
    )
    view = view.of_reviewer(reviewer)

if view.progress:
    for cell, plan in zip(st.columns(max(2, len(view.progress))), view.progress, strict=False):
        with cell:
            st.progress(
                plan.share,
                text=t(
                    "queue.plan_progress",
                    plan=plain(plan_name(plan.plan, t)),
                    period=period_text(plan.period, t),
                    done=plan.done,
                    drawn=plan.drawn,
                ),
            )

st.subheader(t("queue.random_title", n=len(view.random)), anchor=False)
if view.random:
    first = view.random[0]
    if st.button(t("queue.next"), type="primary", icon=":material/play_arrow:", shortcut="Enter"):
        open_call(t, first.call.call_id)
    row = picked([queue_row(item, view.people, t) for item in view.random], {}, "queue_random", t("queue.random_alt"))
    if row is not None:
        chosen = view.random[row]
        if st.button(t("button.open_call"), key="open_random"):
            open_call(t, chosen.call.call_id)
        replace_form(room, chosen)
    else:
        st.caption(t("queue.pick"))
else:
    nothing(t("queue.nothing_random"))

st.subheader(t("queue.targeted_title", n=len(view.targeted)), anchor=False)
st.caption(t("queue.targeted_says"))
if view.targeted:
    row = picked(
        [queue_row(item, view.people, t) for item in view.targeted], {}, "queue_targeted", t("queue.targeted_alt")
    )
    if row is not None:
        open_call(t, view.targeted[row].call.call_id)
else:
    nothing(t("queue.nothing_targeted"))
