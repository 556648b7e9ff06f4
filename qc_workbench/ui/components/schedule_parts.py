"""Parts of the room of the schedule. The jobs are a fragment that draws itself anew every few seconds."""

from __future__ import annotations

from typing import Final

import altair as alt
import streamlit as st

from pipelines.run_scheduled import JobNow
from qc_workbench.domain.schedule import Outcome, Run
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.plots import BAD, GOOD
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.schedule_words import next_text, outcome_text, when_text
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.schedule import PAGE, ScheduleRoom, ask, history, schedule, set_paused
from qc_workbench.ui.work_words import duration_text, reason_text

#: Seconds between two looks.
REFRESH_S: Final = 5.0


@st.fragment(run_every=REFRESH_S)
def live_schedule() -> None:
    room = enter()
    view = schedule(room.workspace, room.now)
    t = room.t
    if not view.enabled:
        st.warning(t("schedule.disabled"))
    elif view.is_unattended:
        st.warning(t("schedule.nobody"))
    for item in view.jobs:
        _job(room, view, item)


def _job(room: Room, view: ScheduleRoom, item: JobNow) -> None:
    t, code, standing = room.t, item.job.code, item.standing
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{t(f'schedule.job.{code}')}** · {when_text(t, item.when)}")
            st.caption(t(f"schedule.job_says.{code}"))
            if standing.paused_by is not None and standing.paused_at is not None:
                st.warning(
                    t("schedule.paused_line", who=plain(standing.paused_by), moment=t.moment(standing.paused_at))
                )
            _times(t, item, is_failed=view.troubles.get(code) == "failed")
        _buttons(room, item)


def _times(t: Translator, item: JobNow, *, is_failed: bool) -> None:
    """When next and how it went last, on one line unless it failed."""
    last = plain(outcome_text(t, item.standing.last))
    parts = []
    if item.standing.paused_by is None and (item.when is not None or item.is_running or item.asked):
        parts.append(t("schedule.next_line", moment=next_text(t, item)))
    if not is_failed:
        st.markdown(" · ".join([*parts, t("schedule.last_line", text=last)]))
        return
    st.error(t("schedule.last_line", text=last))
    again = item.standing.last.try_again_at if item.standing.last else None
    if again is not None:
        parts.append(t("schedule.again_line", moment=t.moment(again)))
    st.markdown(" · ".join(parts))


def _buttons(room: Room, item: JobNow) -> None:
    t, code = room.t, item.job.code
    is_paused = item.standing.paused_by is not None
    try:
        if item.job.has_button and st.button(
            t("schedule.run_button"), key=f"schedule_run_{code}", disabled=item.is_running or bool(item.asked)
        ):
            ask(room.workspace, room.viewer, code, room.now)
            st.toast(t("schedule.asked_toast"))
            st.rerun()
        label = "schedule.resume_button" if is_paused else "schedule.pause_button"
        if (item.when is not None or is_paused) and st.button(t(label), key=f"schedule_pause_{code}"):
            set_paused(room.workspace, room.viewer, code, not is_paused, room.now)
            st.rerun()
    except QcwError as error:
        st.error(error_text(error, t))


def runs(room: Room) -> None:
    """The runs of one job: how long they took, and each with its outcome."""
    t = room.t
    st.header(t("schedule.history"), anchor=False)
    found = schedule(room.workspace, room.now)
    codes = [item.job.code for item in found.jobs]
    chosen = st.selectbox(
        t("schedule.history_of"),
        codes,
        index=codes.index(found.first_shown),
        format_func=lambda code: t(f"schedule.job.{code}"),
        key="schedule_history",
    )
    key = f"schedule_page_{chosen}"
    shown = history(room.workspace, chosen, page_of(key))
    if not shown.total:
        nothing(t("schedule.history_none"))
        return
    if len(shown.plotted) > 1:
        _plot(shown.plotted, t)
    pager(shown.total, PAGE, t, key)
    st.dataframe(
        [
            {
                t("schedule.started"): t.moment(run.started_at),
                t("schedule.outcome"): _outcome(run, t),
                t("schedule.took"): "—" if run.took is None else duration_text(t, run.took.total_seconds()),
                t("schedule.made"): _made(run, t),
                t("schedule.by"): " · ".join(filter(None, (run.asked_by or t("schedule.by_time"), run.about))),
                t("schedule.due"): t.moment(run.due_at),
            }
            for run in shown.shown
        ],
        hide_index=True,
        alt=t("schedule.history"),
    )
    for run in shown.shown:
        if run.outcome in (Outcome.FAILED, Outcome.LOST):
            reason = reason_text(t, run.error_code, run.error_params)
            st.caption(f"{t.moment(run.started_at)}: {plain(reason)}")


def _outcome(run: Run, t: Translator) -> str:
    text = t(f"schedule.outcome.{run.outcome.value}")
    return f"{text}, {t('schedule.attempt', n=run.attempt)}" if run.attempt > 1 else text


def _made(run: Run, t: Translator) -> str:
    """What a run counted; amounts of another version of the program are left out."""
    known = [(name, n) for name, n in run.report.items() if t.knows(f"schedule.report.{name}")]
    return ", ".join(t(f"schedule.report.{name}", n=t.number(n)) for name, n in known if n) or "—"


def _plot(plotted: tuple[Run, ...], t: Translator) -> None:
    rows = [
        {
            "at": run.started_at.astimezone(t.zone).replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
            "time": t.moment(run.started_at),
            "min": round(run.took.total_seconds() / 60, 2),
            "outcome": t(f"schedule.outcome.{'done' if run.outcome is Outcome.DONE else 'failed'}"),
        }
        for run in plotted
        if run.took is not None
    ]
    names = [t("schedule.outcome.done"), t("schedule.outcome.failed")]
    title = t("schedule.plot_title")
    st.caption(title)
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=70)
        .encode(
            x=alt.X(
                "at:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%d.%m", tickCount=10, grid=False)
            ),
            y=alt.Y("min:Q", title=None, axis=alt.Axis(tickCount=4)),
            color=alt.Color(
                "outcome:N",
                title=None,
                scale=alt.Scale(domain=names, range=[GOOD, BAD]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("time:N", title=t("schedule.started")),
                alt.Tooltip("min:Q", title=title),
                alt.Tooltip("outcome:N", title=" "),
            ],
        )
        .properties(height=160)
    )
    st.altair_chart(chart, alt=title)
