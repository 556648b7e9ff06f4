"""«Споры»: scores that agents dispute: a ruling with one key, what was ruled, what is disputed most."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.dispute_lists import dispute_rates, ruled_disputes
from qc_workbench.ui.components.dispute_ruling import waiting_disputes
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.disputes import disputes_room

room = enter()
t = room.t
heading(t("room.disputes"), t("disputes.says"))
show_flash(room)
view = disputes_room(room.workspace, room.viewer, room.now)
counts = {"waiting": len(view.waiting), "ruled": view.ruled, "rates": None}
shelf = st.segmented_control(
    t("disputes.shelf"),
    list(counts),
    default="waiting",
    required=True,
    format_func=lambda name: (
        t(f"dispute_shelf.{name}") + (f" · {t.number(n)}" if (n := counts[name]) is not None else "")
    ),
    key="disputes_shelf",
    label_visibility="collapsed",
    wrap=True,
)
if shelf == "ruled":
    ruled_disputes(room, view)
elif shelf == "rates":
    dispute_rates(room)
else:
    waiting_disputes(room, view)
