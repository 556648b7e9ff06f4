"""Words of a call with the button that plays them and the way to the call: one row for every card that quotes."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.call import Call, Recording
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.components.passage import passage_button
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.people import Directory


def quote_row(
    room: Room,
    people: Directory,
    call: Call,
    recording: Recording | None,
    quote: str | None,
    seconds: tuple[float, float] | None,
    *,
    key: str,
) -> None:
    """``seconds``: where the words are, None where nothing is to be played."""
    t = room.t
    if quote:
        st.text(f"«{room.reading(call).text(quote)}»")
    with st.container(horizontal=True, vertical_alignment="center"):
        if seconds is not None:
            passage_button(room, recording, *seconds, key=key)
        line = t(
            "promise.said",
            agent=plain(people.agent(call.manager_id)),
            client=plain(people.client(call.client_phone, t)),
            moment=t.moment(call.started_at),
        )
        call_link(t, line, call.call_id, seconds[0] if seconds else None)
