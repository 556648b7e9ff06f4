"""Whether a task helped, in a sentence with its limits and a small plot of the calls behind it."""

from __future__ import annotations

import altair as alt
import streamlit as st

from qc_workbench.review.followup import Difference, FollowUp
from qc_workbench.ui.components.plots import BAD, GOOD, NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.coaching import TaskCase
from qc_workbench.ui.views.follow_up import TaskFollowUp, task_follow_up


def follow_up_shown(room: Room, case: TaskCase) -> None:
    t = room.t
    shown = task_follow_up(room.workspace, case, room.now)
    st.markdown(sentence(shown.found, t))
    for caution in shown.found.cautions:
        st.caption(t(f"follow_up.{caution.value}"))
    if shown.calls:
        _plot(shown, t)


def sentence(found: FollowUp, t: Translator) -> str:
    """What can be said: of the difference beyond what was expected where that is known, else of the plain one."""
    if found.after is None or found.before is None:
        return t("follow_up_says.none", before=t.number(found.calls_before), after=t.number(found.calls_after))
    counts = {
        "before": t.number(found.before),
        "after": t.number(found.after),
        "n": found.calls_after,
    }
    difference = found.beyond or found.plain
    assert difference is not None
    first = t("follow_up_says.means", **counts)
    if difference.low is None or difference.high is None:
        return f"{first} {t('follow_up_says.chance')}"
    limits = {
        "value": signed(difference.value, t),
        "low": signed(difference.low, t),
        "high": signed(difference.high, t),
    }
    kind = "beyond" if found.beyond is not None else "plain"
    return f"{first} {t(f'follow_up_says.{kind}', **limits)} {t(f'follow_up_reading.{_reading(difference)}')}"


def _reading(difference: Difference) -> str:
    if not difference.is_certain:
        return "unclear"
    return "better" if difference.value > 0 else "worse"


def signed(value: float, t: Translator) -> str:
    """Points with their sign; a true minus."""
    rounded = round(value)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{t.number(abs(rounded))}"


def _plot(shown: TaskFollowUp, t: Translator) -> None:
    """Each call of the random sample; the dashed line is what was expected without coaching."""
    names = {False: t("follow_up_plot.before"), True: t("follow_up_plot.after"), None: t("follow_up_plot.between")}
    rows = [
        {"at": item.heard_at.isoformat(), "value": item.value, "kind": names[item.is_after]} for item in shown.calls
    ]
    y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5))
    points = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=60, opacity=0.85)
        .encode(
            x=alt.X("utcyearmonthdate(at):T", title=None, axis=alt.Axis(format="%d.%m", tickCount=6, grid=False)),
            y=y,
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[NEUTRAL, GOOD, UNKNOWN]),
                legend=alt.Legend(orient="top", labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip("utcyearmonthdate(at):T", title=t("plot.day"), format="%d.%m.%Y"),
                alt.Tooltip("value:Q", title=t("follow_up_plot.value"), format=".0f"),
            ],
        )
    )
    chart = points
    if shown.found.expected is not None:
        expected = alt.Chart(alt.InlineData(values=[{"value": shown.found.expected}]))
        chart = points + expected.mark_rule(color=BAD, strokeDash=[5, 4]).encode(y="value:Q")
    st.altair_chart(chart.properties(height=180), alt=t("coaching.helped"))
    if shown.found.expected is not None:
        st.caption(t("follow_up_plot.expected", value=t.number(shown.found.expected)))
