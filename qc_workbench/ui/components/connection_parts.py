"""Parts of the room of connections: a card a source. The cards are a fragment that draws itself anew by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, Literal

import streamlit as st

from qc_workbench.domain.connection import Health
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.connection_words import (
    ago_text,
    error_words,
    kind_name,
    lag_text,
    recordings_text,
    trial_text,
)
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.connection_change import change_back
from qc_workbench.ui.views.connections import (
    Connection,
    ConnectionsRoom,
    connections,
    put_back,
    read_now,
    remove,
    set_paused,
    try_connection,
)
from qc_workbench.ui.work_words import duration_text

#: Seconds between two looks.
REFRESH_S: Final = 10.0
#: What was done last to the list of sources, and the way back from it.
LAST_KEY: Final = "connections_last"
_TRIALS: Final = "connections_trials"
_COLOURS: Final[Mapping[Health, tuple[Literal["green", "orange", "gray", "red"], str]]] = {
    Health.OK: ("green", ":material/check_circle:"), Health.LATE: ("orange", ":material/schedule:"),
    Health.NEVER: ("gray", ":material/hourglass_empty:"), Health.FAILED: ("red", ":material/error:"),
    Health.PAUSED: ("gray", ":material/pause_circle:"),
}  # fmt: skip


#: In the line about all of them.
_WORST_FIRST: Final = (Health.FAILED, Health.LATE, Health.NEVER, Health.PAUSED, Health.OK)


@st.fragment(run_every=REFRESH_S)
def live_connections() -> None:
    room = enter()
    view = connections(room.workspace, room.viewer, room.now)
    _undo(room)
    if not view.connections:
        nothing(room.t("connections.none"))
        return
    _summary(room, view)
    for item in view.connections:
        _card(room, item)


def _summary(room: Room, view: ConnectionsRoom) -> None:
    """How many are well, how often they are read, and reading them all now."""
    t = room.t
    with st.container(horizontal=True, vertical_alignment="center"):
        said = [t("connections.total", n=len(view.connections))]
        amounts = [(state, view.amount(state)) for state in _WORST_FIRST]
        said += [t(f"connections.amount.{state.value}", n=amount) for state, amount in amounts if amount]
        by_itself = (
            t("connections.every", time=duration_text(t, view.every.total_seconds()))
            if view.every
            else t("connections.by_hand")
        )
        st.markdown(f"**{' · '.join(said)}**  \n{by_itself}", width="stretch")
        _read_now(room, "", is_asked=view.is_asked, is_reading=view.is_reading)


def _card(room: Room, item: Connection) -> None:
    t = room.t
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="stretch", gap="small"):
                st.markdown(f"**{plain(item.name)}** · {plain(kind_name(t, item.kind))}", width="content")
                colour, icon = _COLOURS[item.health]
                st.badge(t(f"connections.health.{item.health.value}"), icon=icon, color=colour)
            _buttons(room, item)
        _when(room, item)
        if item.facts.last is not None:
            _figures(t, item)
        _trial(item.name)


def _when(room: Room, item: Connection) -> None:
    """When it was read, how far it is behind, and what is wrong."""
    t, facts = room.t, item.facts
    if facts.paused is not None:
        st.markdown(
            t("connections.paused_line", who=plain(facts.paused.who), moment=t.moment(facts.paused.at)),
        )
    if facts.last is None:
        if facts.paused is None:
            st.markdown(t("connections.never_line"))
        return
    if facts.last.error_code is not None:
        st.error(plain(error_words(t, facts.last)), icon=":material/error:")
    parts = []
    if facts.last_good is not None:
        parts.append(t("connections.good_line", moment=ago_text(t, facts.last_good.ended_at, room.now)))
    if facts.last.error_code is not None:
        parts.append(t("connections.tried_line", moment=ago_text(t, facts.last.ended_at, room.now)))
    if item.lag is not None:
        parts.append(t("connections.lag_line", lag=lag_text(t, item)))
    if parts:
        st.markdown(" · ".join(parts))


def _figures(t: Translator, item: Connection) -> None:
    facts = item.facts
    is_folder = not facts.day_runs and facts.last is not None and not facts.day
    counts = facts.last.counts if is_folder and facts.last is not None else facts.day
    shown = [(name, t.number(counts.get(name, 0))) for name in ("new", "updated", "rejected")]
    if "requests" in counts:
        shown.append(("requests", t.number(counts["requests"])))
    if item.budget is not None:
        shown.append(("budget", t.percent(item.budget)))
    with st.container(horizontal=True, gap="medium"):
        for name, value in shown:
            with st.container(width="content", gap=None):
                st.caption(t(f"connections.figure.{name}"), help=_hint(t, name))
                st.markdown(f"**{value}**")
    if counts.get("throttled"):
        st.caption(t("connections.throttled", n=counts["throttled"]))
    recordings = recordings_text(t, item)
    if recordings is not None and facts.recordings:
        st.markdown(t("connections.recordings_line", text=recordings))


def _hint(t: Translator, name: str) -> str | None:
    code = f"connections.figure_says.{name}"
    return t(code) if t.knows(code) else None


def _read_now(room: Room, name: str, *, is_asked: bool, is_reading: bool, is_paused: bool = False) -> None:
    """Of one source, or ("") of all."""
    t = room.t
    label = "reading" if is_reading else "asked" if is_asked else "read_one" if name else "read_now"
    if not st.button(
        t(f"connections.{label}"), icon=":material/sync:", disabled=is_asked or is_reading or is_paused,
        key=f"connections_read_{name or 'now'}", type="secondary" if name else "primary",
        help=t("connections.read_paused") if is_paused else None,
    ):  # fmt: skip
        return
    try:
        read_now(room.workspace, room.viewer, room.now, name)
        st.toast(t("connections.asked_one" if name else "connections.asked_toast", name=plain(name)))
        st.rerun()
    except QcwError as error:
        st.error(error_text(error, t))


def _buttons(room: Room, item: Connection) -> None:
    t, is_paused = room.t, item.facts.paused is not None
    _read_now(room, item.name, is_asked=item.is_asked, is_reading=item.is_reading, is_paused=is_paused)
    if st.button(t("connections.test"), key=f"connections_test_{item.name}", icon=":material/network_check:"):
        with st.spinner(t("connections.testing")):
            _tried(room, item.name)
    label, icon = (
        ("connections.resume", ":material/play_arrow:") if is_paused else ("connections.pause", ":material/pause:")
    )
    if st.button(t(label), key=f"connections_pause_{item.name}", icon=icon):
        try:
            set_paused(room.workspace, room.viewer, item.name, not is_paused, room.now)
            st.rerun()
        except QcwError as error:
            st.error(error_text(error, t))


def _tried(room: Room, name: str) -> None:
    """Ask the source, and keep what it said until it is asked again or the page is left."""
    try:
        trial = try_connection(room.workspace, room.viewer, name, room.now)
        told = {"good": trial.is_good, "text": trial_text(room.t, trial)}
    except QcwError as error:
        told = {"good": False, "text": room.t.error(error)}
    known = json.loads(remembered(_TRIALS) or "{}")
    remember(_TRIALS, json.dumps({**known, name: told}))


def _trial(name: str) -> None:
    told = json.loads(remembered(_TRIALS) or "{}").get(name)
    if told is None:
        return
    text = plain(told["text"])
    if told["good"]:
        st.success(text, icon=":material/check_circle:")
    else:
        st.error(text, icon=":material/network_check:")


def remember_added(name: str) -> None:
    remember(LAST_KEY, json.dumps({"name": name}))


def remember_removed(name: str, entry: str) -> None:
    remember(LAST_KEY, json.dumps({"name": name, "entry": entry}))


def remember_changed(name: str, before: str) -> None:
    remember(LAST_KEY, json.dumps({"name": name, "before": before}))


def _undo(room: Room) -> None:
    """What was done last to the list, and the way back from it."""
    kept = remembered(LAST_KEY)
    if kept is None:
        return
    t, last = room.t, json.loads(kept)
    name, entry, before = last["name"], last.get("entry"), last.get("before")
    said = "connections.removed" if entry else "connections.changed" if before else "connections.added"
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(t(said, name=plain(name)), width="stretch")
        if st.button(t("connections.undo"), icon=":material/undo:", key="connections_undo"):
            try:
                if before:
                    change_back(room.workspace, room.viewer, name, before, room.now)
                elif entry:
                    put_back(room.workspace, room.viewer, name, entry, room.now)
                else:
                    remove(room.workspace, room.viewer, name, room.now)
                done(t("connections.undone"))
            except QcwError as error:
                refused(error, room)
            remember(LAST_KEY, None)
            st.rerun(scope="app")
