"""One source in full: its readings, what was rejected, its recordings, what the system can give, its settings."""

from __future__ import annotations

import altair as alt
import streamlit as st

from qc_workbench.domain.connection import Health, SyncRun
from qc_workbench.domain.telephony import FetchState
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.connection_change import people_tab, settings_tab
from qc_workbench.ui.components.connection_webhooks import webhooks_tab
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.plots import BAD, GOOD
from qc_workbench.ui.connection_words import (
    capability_lines,
    error_words,
    kind_name,
    lacking_lines,
    took_text,
    trouble_text,
)
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.connections import PAGE, Connection, connections, fetch_again, runs


def details(room: Room) -> None:
    t = room.t
    found = {item.name: item for item in connections(room.workspace, room.viewer, room.now).connections}
    if not found:
        return
    st.header(t("connections.details"), anchor=False)
    name = st.selectbox(
        t("connections.source"),
        list(found),
        index=next((place for place, item in enumerate(found.values()) if item.health is Health.FAILED), 0),
        format_func=lambda name: f"{name} · {kind_name(t, found[name].kind)}",
        key="connections_details",
        label_visibility="collapsed",
    )
    item = found[name]
    tabs = ("history", "rejects", "recordings", "people", "webhooks", "abilities", "settings")
    places = st.tabs([t(f"connections.tab.{tab}") for tab in tabs])
    parts = (_history, _rejects, _recordings, people_tab, webhooks_tab, _abilities, settings_tab)
    for place, part in zip(places, parts, strict=True):
        with place:
            part(room, item)


def _history(room: Room, item: Connection) -> None:
    t = room.t
    key = f"connections_page_{item.name}"
    shown = runs(room.workspace, room.viewer, item.name, page_of(key))
    if not shown.total:
        nothing(t("connections.history_none"))
        return
    if len(shown.plotted) > 1:
        _plot(shown.plotted, t)
    pager(shown.total, PAGE, t, key)
    st.dataframe(
        [_row(run, t) for run in shown.shown], hide_index=True, height="content", alt=t("connections.tab.history"),
        column_config={t("connections.column.outcome"): st.column_config.TextColumn(width="large")},
    )  # fmt: skip


def _row(run: SyncRun, t: Translator) -> dict[str, str]:
    period = f"{t.moment(run.since)} – {t.moment(run.until)}" if run.since and run.until else "—"
    told = {
        "began": t.moment(run.began_at),
        "took": took_text(t, run.took_s),
        **{name: t.number(run.counts[name]) if name in run.counts else "—" for name in ("new", "updated", "rejected")},
        "requests": t.number(run.counts["requests"]) if "requests" in run.counts else "—",
        "period": period,
        # a long error stands last: what is cut off of it is told in full above
        "outcome": t("connections.went_well") if run.error_code is None else error_words(t, run),
    }
    return {t(f"connections.column.{name}"): value for name, value in told.items()}


def _plot(plotted: tuple[SyncRun, ...], t: Translator) -> None:
    names = [t("connections.went_well"), t("connections.went_wrong")]
    rows = [
        {
            "at": run.ended_at.astimezone(t.zone).replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
            "time": t.moment(run.ended_at),
            "amount": run.counts.get("new", 0) + run.counts.get("updated", 0),
            "outcome": names[run.error_code is not None],
        }
        for run in plotted
    ]
    title = t("connections.plot_title")
    st.caption(title)
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=70, opacity=0.9)
        .encode(
            x=alt.X(
                "at:T", title=None, scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%d.%m %H:%M", tickCount=8, grid=False),
            ),
            y=alt.Y("amount:Q", title=None, axis=alt.Axis(tickCount=4, format="d")),
            color=alt.Color(
                "outcome:N", title=None, scale=alt.Scale(domain=names, range=[GOOD, BAD]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("time:N", title=t("connections.column.began")),
                alt.Tooltip("amount:Q", title=title),
                alt.Tooltip("outcome:N", title=" "),
            ],
        )
        .properties(height=200)
    )  # fmt: skip
    st.altair_chart(chart, alt=title)


def _rejects(room: Room, item: Connection) -> None:
    t = room.t
    if not item.facts.rejects:
        nothing(t("connections.rejects_none"))
        return
    st.caption(t("connections.rejects_says", file=str(room.workspace.rejects_file)))
    st.dataframe(
        [
            {
                t("connections.column.expected"): named(t, "expected", reject.code),
                t("connections.column.field"): reject.field or "—",
                t("connections.column.rows"): t.number(reject.amount),
            }
            for reject in item.facts.rejects
        ],
        hide_index=True,
        alt=t("connections.tab.rejects"),
    )


def _recordings(room: Room, item: Connection) -> None:
    t, counts = room.t, item.facts.recordings
    if not counts:
        nothing(t("connections.recordings_none" if item.takes_recordings else "connections.recordings_off"))
        return
    st.dataframe(
        [
            {
                t("connections.column.state"): t(f"recording_state.fetch_{state.value}"),
                t("connections.column.amount"): t.number(counts.get(state, 0)),
            }
            for state in FetchState
        ],
        hide_index=True,
        alt=t("connections.tab.recordings"),
        width="content",
    )
    if item.facts.next_fetch_at is not None:
        st.caption(t("connections.next_fetch", moment=t.moment(item.facts.next_fetch_at)))
    for trouble in item.facts.troubles:
        state = t(f"connections.trouble.{trouble.state.value}", n=trouble.amount)
        st.markdown(f"- {state} {plain(trouble_text(t, trouble))}")
    if counts.get(FetchState.FAILED) and st.button(
        t("connections.fetch_again"), icon=":material/refresh:", key=f"connections_again_{item.name}"
    ):
        try:
            fetch_again(room.workspace, room.viewer, item.name, room.now)
            done(t("connections.fetch_again_done"))
        except QcwError as error:
            refused(error, room)
        st.rerun()


def _abilities(room: Room, item: Connection) -> None:
    t = room.t
    gives, lacks = capability_lines(t, item.kind, item.capabilities), lacking_lines(t, item.kind)
    left, right = st.columns(2)
    with left:
        st.markdown(f"**{t('connections.gives')}**")
        st.markdown("\n".join(f"- {line}" for line in gives) or "—")
    with right:
        st.markdown(f"**{t('connections.lacks')}**")
        st.markdown("\n".join(f"- {line}" for line in lacks) or t("connections.lacks_nothing"))
    st.caption(t("connections.verified"))
