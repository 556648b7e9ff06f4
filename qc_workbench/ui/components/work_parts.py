"""Parts of the room of work. All of it is one fragment that draws itself anew every few seconds."""

from __future__ import annotations

from typing import Final

import streamlit as st

from qc_workbench.domain.job import JobState
from qc_workbench.domain.progress import StepProgress, is_abandoned
from qc_workbench.errors import QcwError
from qc_workbench.store.job_board import EVERY_STEP
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.work_plot import work_plot
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.people import Directory, call_line
from qc_workbench.ui.views.work import PAGE, UnitLine, WorkRoom, failed_page, kept, kept_again, steer, undo, work
from qc_workbench.ui.work_words import rate_text, reason_text, step_name, time_left_text, who_text

#: Seconds between two looks: often enough to see it move, rare enough to cost nothing.
REFRESH_S: Final = 4.0

_LAST: Final = "work_last_action"
#: The key of undoing, the same as in the room of suspicious calls.
_UNDO_KEY: Final = "0"


@st.fragment(run_every=REFRESH_S)
def live_work() -> None:
    room = enter()
    view = work(room.workspace, room.now)
    if view.is_empty and not view.now.pauses:
        nothing(room.t("work.none"))
        return
    _state(room, view)
    for step in view.now.steps:
        _step(room, view, step)
    work_plot(view.slices, view.now.at, room.t)
    _running(room, view)
    _failed(room, view)


def _state(room: Room, view: WorkRoom) -> None:
    """What rests and since when, whether anybody works, and the controls of everything."""
    t = room.t
    for pause in view.now.pauses:
        st.warning(
            t(
                "work.paused_line",
                step=plain(step_name(t, pause.step)),
                who=plain(pause.by),
                moment=t.moment(pause.at),
            )
        )
    if view.waits_for_nobody:
        st.warning(t("work.nobody_works"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if view.now.pauses:
            _button(room, "work.resume_all", "resume", EVERY_STEP)
        if not view.rests:
            _button(room, "work.pause_all", "pause", EVERY_STEP)
        _undo(room)


def _undo(room: Room) -> None:
    """What was done last and the way back from it."""
    t, text = room.t, remembered(_LAST)
    if text is None:
        return
    done = kept_again(text)
    step = step_name(t, done.step)
    said = (
        t("work.cancelled", n=done.units)
        if done.action == "cancel"
        else t(f"work.{done.action}.done", step=plain(step))
    )
    if st.button(t("work.undo"), shortcut=_UNDO_KEY, type="primary", key="work_undo"):
        try:
            undo(room.workspace, room.viewer, done, room.now)
        except QcwError as error:
            st.error(error_text(error, t))
            return
        remember(_LAST, None)
        st.toast(t("work.undone"))
        st.rerun()
    st.caption(said, width="content")


def _button(
    room: Room, label: str, action: str, step: str, *, subject: str | None = None, disabled: bool = False, n: int = 0
) -> None:
    """A button that steers a step, or one unit of it, and remembers how to take that back."""
    t = room.t
    pressed = st.button(
        t(label, n=n) if n else t(label),
        key=f"work_{action}_{step}_{subject or ''}",
        disabled=disabled,
    )
    if not pressed:
        return
    try:
        done = steer(room.workspace, room.viewer, action, step, room.now, (subject,) if subject else ())
    except QcwError as error:
        st.error(error_text(error, t))
        return
    if action == "retry":
        st.toast(t("work.retried", n=done.units))
    elif done.changed:
        remember(_LAST, kept(done))
    st.rerun()


def _step(room: Room, view: WorkRoom, step: StepProgress) -> None:
    """How far a step is, how fast it goes and when it will be done."""
    t = room.t
    name = plain(step_name(t, step.step))
    with st.container(border=True):
        if step.total:
            text = t("work.progress", step=f"**{name}**", done=t.number(step.finished), total=t.number(step.total))
            pace = [part for part in (rate_text(t, step), time_left_text(t, step)) if part]
            st.progress(min(step.share, 1.0), text=" · ".join((text, *pace)))
        with st.container(horizontal=True, vertical_alignment="center"):
            if step.total:
                st.caption(_counts(step, t), width="stretch")
            else:
                st.markdown(t("work.nothing_waits", step=f"**{name}**", counts=_counts(step, t)), width="stretch")
            if step.is_claimed and not view.rests:
                if step.is_paused:
                    _button(room, "work.resume_button", "resume", step.step)
                else:
                    _button(room, "work.pause_button", "pause", step.step)
            if step.is_claimed and step.open:
                _button(room, "work.cancel_button", "cancel", step.step)


def _counts(step: StepProgress, t: Translator) -> str:
    shown = (JobState.WAITING, JobState.RUNNING) if step.open else ()
    parts = [t(f"work.count.{state.value}", count=t.number(step.counts[state])) for state in shown]
    parts.append(t("work.count.done", count=t.number(step.counts[JobState.DONE])))
    if step.unsuccessful:
        parts.append(t("work.count.failed", count=t.number(step.unsuccessful)))
    if step.counts[JobState.CANCELLED]:
        parts.append(t("work.count.cancelled", count=t.number(step.counts[JobState.CANCELLED])))
    if step.last_done_at and not step.open:
        parts.append(t("work.last_done", moment=t.moment(step.last_done_at)))
    return " · ".join(parts)


def _running(room: Room, view: WorkRoom) -> None:
    t = room.t
    st.header(t("work.now_title", n=view.runs), anchor=False)
    if not view.running:
        st.caption(t("work.now_none"))
    for line in view.running:
        job = line.unit.job
        gone = is_abandoned(job.state, job.lease_until, view.now.at)
        with st.container(horizontal=True, vertical_alignment="center"):
            _call(line, view.people, t)
            st.caption(
                t(
                    "work.abandoned" if gone else "work.now_line",
                    step=plain(step_name(t, job.step)),
                    who=plain(who_text(job.worker)),
                    since=t.time(job.started_at) if job.started_at else "—",
                ),
                width="content",
            )


def _failed(room: Room, view: WorkRoom) -> None:
    """What failed, why, and another try."""
    t = room.t
    st.header(t("work.failed_title", n=view.failed), anchor=False)
    if not view.failed:
        st.caption(t("work.failed_none"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("work.failed_says"), width="stretch")
        _button(room, "work.retry_all", "retry", EVERY_STEP, n=view.failed)
    if 1 < len(view.now.reasons) < view.failed:
        st.caption(
            "  \n".join(f"{t.number(item.units)} · {_why(item.step, item.code, t)}" for item in view.now.reasons)
        )
    page = pager(view.failed, PAGE, t, "work_failed_page")
    shown = failed_page(room.workspace, page)
    for line in shown.lines:
        job = line.unit.job
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(width="stretch", gap=None):
                _call(line, shown.people, t)
                reason = plain(reason_text(t, job.error_code, job.error_params))
                st.markdown(t("work.failed_line", step=plain(step_name(t, job.step)), reason=reason))
                when = t.moment(job.finished_at) if job.finished_at else "—"
                st.caption(t("work.failed_when", when=when, n=max(job.attempts, 1)))
            _button(room, "work.retry_button", "retry", job.step, subject=job.subject)


def _why(step: str, code: str, t: Translator) -> str:
    return plain(t("work.failed_line", step=step_name(t, step), reason=reason_text(t, code, {})))


def _call(line: UnitLine, people: Directory, t: Translator) -> None:
    """The call a unit is about; the unit's own name where none is known, as for a draw."""
    if line.call is None:
        st.text(line.unit.job.subject if not line.unit.call_ids else t("work.no_call"))
        return
    label = plain(call_line(line.call, people, t))
    others = line.unit.calls - 1
    call_link(t, f"{label} {t('work.and_others', n=others)}" if others else label, line.call.call_id)
