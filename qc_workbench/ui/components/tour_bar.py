"""The tour as a person takes it: a bar above the room, which says what to look at and leads on."""

from __future__ import annotations

from typing import Final

import streamlit as st

from qc_workbench.ui.doorway import DEMO_FILE
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import go, room_title
from qc_workbench.ui.state import remember, remembered
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.tour import Stop, tour
from qc_workbench.workspace import Workspace

#: Where the session keeps the number of the stop, from 0; "" after the tour was ended or declined.
_AT: Final = "tour_at"


def tour_button(workspace: Workspace, viewer: Viewer, t: Translator) -> None:
    pressed = st.button(
        t("tour.start"), help=t("tour.start_help"), icon=":material/tour:", type="tertiary", key="tour_start"
    )
    if pressed:
        _lead(tour(workspace, viewer), 0, t)


def tour_bar(workspace: Workspace, viewer: Viewer, room: str, t: Translator) -> None:
    """Nothing while no tour is taken; in the sample company it is offered once."""
    at = remembered(_AT)
    if (at is None and not (workspace.home / DEMO_FILE).is_file()) or at == "":
        return
    stops = tour(workspace, viewer)
    if not stops:
        return
    with st.container(border=True, key="tour"):
        if at is None:
            _invitation(stops, t)
        else:
            _stop(stops, min(int(at), len(stops) - 1), room, t)


def _invitation(stops: tuple[Stop, ...], t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t("tour.invites", n=t("tour.stops", n=len(stops))))
        if st.button(t("tour.start"), icon=":material/tour:", key="tour_accept"):
            _lead(stops, 0, t)
        st.button(t("tour.later"), type="tertiary", key="tour_later", on_click=remember, args=(_AT, ""))


def _stop(stops: tuple[Stop, ...], at: int, room: str, t: Translator) -> None:
    stop = stops[at]
    st.markdown(t("tour.at", at=t.number(at + 1), n=t.number(len(stops)), room=room_title(stop.room, t)))
    st.markdown(t(f"tour.stop.{stop.room}"))
    with st.container(horizontal=True):
        if room != stop.room and st.button(t("tour.here"), key="tour_here"):
            _lead(stops, at, t)
        if at and st.button(t("tour.back"), type="tertiary", key="tour_back"):
            _lead(stops, at - 1, t)
        if at + 1 < len(stops) and st.button(t("tour.next"), icon=":material/arrow_forward:", key="tour_next"):
            _lead(stops, at + 1, t)
        st.button(t("tour.end"), type="tertiary", key="tour_end", on_click=remember, args=(_AT, ""))


def _lead(stops: tuple[Stop, ...], at: int, t: Translator) -> None:
    remember(_AT, str(at))
    go(stops[at].room, t, **stops[at].query)
