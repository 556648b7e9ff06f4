"""What changed after the letters, beside those who got none; the measures that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import altair as alt
import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.investigation import Change, LetterOutcome, RepeatCheck
from qc_workbench.domain.measure import Measure, MeasureDecision, MeasureKind
from qc_workbench.reporting.share import interval_of
from qc_workbench.ui.components.investigation_parts import act
from qc_workbench.ui.components.plots import BAD, GOOD
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.investigation import InvestigationRoom, decide

_OUTCOMES: Final = {
    LetterOutcome.IMPROVED: ":green-badge[{}]",
    LetterOutcome.NOT_IMPROVED: ":red-badge[{}]",
    LetterOutcome.NOT_ENOUGH_DATA: ":gray-badge[{}]",
}


def checks_shown(room: Room, shown: InvestigationRoom) -> None:
    t = room.t
    if not shown.view.checks:
        return
    st.header(t("investigation_step.check"), anchor=False)
    hypotheses = {item.hypothesis.hypothesis_id: item.hypothesis for item in shown.view.hypotheses}
    for hypothesis_id, hypothesis in hypotheses.items():
        mine = [item for item in shown.view.checks if item.hypothesis_id == hypothesis_id]
        if not mine:
            continue
        with st.container(border=True):
            st.markdown(f"**{t(f'metric.{hypothesis.metric.value}')}**")
            _plot(mine, hypothesis.threshold, shown, t)
            for check in mine:
                _line(check, shown, t)
            for caution in dict.fromkeys(code for check in mine for code in check.cautions):
                st.caption(t(f"check_caution.{caution.value}"))


def _plot(checks: list[RepeatCheck], threshold: float, shown: InvestigationRoom, t: Translator) -> None:
    sides = {t("inv.before"): BAD, t("inv.after"): GOOD}
    rows = []
    for check in checks:
        counts = ((check.before_bad, check.before_of), (check.after_bad, check.after_of))
        for side, (bad, of) in zip(sides, counts, strict=True):
            if of:
                low, high = interval_of(bad, of)
                name = shown.people.agent(check.agent)
                rows.append({"agent": name, "side": side, "share": bad / of, "low": low, "high": high})
    if not rows:
        return
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("agent:N", title=None, sort=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False)),
        yOffset=alt.YOffset("side:N", sort=list(sides)),
        color=alt.Color(
            "side:N", title=None, scale=alt.Scale(domain=list(sides), range=list(sides.values())),
            legend=alt.Legend(orient="top"),
        ),
    )  # fmt: skip
    axis = alt.Axis(tickCount=8, labelExpr=f"format(datum.value * 100, 'd') + '{t.percent_sign}'")
    lines = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=t("inv.share"), axis=axis), x2="high:Q")
    points = base.mark_point(filled=True, size=80).encode(x=alt.X("share:Q", axis=axis))
    mark = (
        alt.Chart(alt.InlineData(values=[{"threshold": threshold, "name": t("inv.threshold_mark")}]))
        .mark_rule(strokeDash=[5, 4], color="#8a8f98")
        .encode(x="threshold:Q", tooltip=alt.Tooltip("name:N", title=" "))
    )
    height = 130 + 46 * len({row["agent"] for row in rows})
    st.altair_chart((mark + lines + points).properties(height=height), alt=t("inv.plot"))


def _line(check: RepeatCheck, shown: InvestigationRoom, t: Translator) -> None:
    outcome = _OUTCOMES[check.outcome].format(t(f"letter_outcome.{check.outcome.value}"))
    before, after = _share(check.before_bad, check.before_of, t), _share(check.after_bad, check.after_of, t)
    st.markdown(f"**{plain(shown.people.agent(check.agent))}** {outcome} {before} → {after}")
    said = []
    if check.others_before_of and check.others_after_of:
        others = _share(check.others_before_bad, check.others_before_of, t)
        said.append(f"{t('inv.others_change')}: {others} → {_share(check.others_after_bad, check.others_after_of, t)}")
    if check.beyond_others is not None:
        said.append(f"{t('inv.beyond')}: {_points(check.beyond_others, t)}")
    if check.expected is not None:
        said.append(f"{t('inv.expected')}: {t.percent(check.expected, 1)}")
    if check.beyond_expected is not None:
        said.append(f"{t('inv.beyond_expected')}: {_points(check.beyond_expected, t)}")
    if said:
        st.caption(" · ".join(said))


def _share(bad: int, of: int, t: Translator) -> str:
    return f"{t.percent(bad / of, 1)} ({t.number(bad)}/{t.number(of)})" if of else "—"


def _points(change: Change, t: Translator) -> str:
    value = t.number(change.value * 100, 1)
    if change.low is None or change.high is None:
        return t("inv.points_only", value=value)
    return t("inv.points", value=value, low=t.number(change.low * 100, 1), high=t.number(change.high * 100, 1))


# Measures --------------------------------------------------------------------


def measures_shown(room: Room, shown: InvestigationRoom) -> None:
    t, states = room.t, shown.view.hypotheses
    if not any(item.verdict for item in states):
        return
    st.header(t("inv.measures"), anchor=False)
    if not shown.view.measures:
        st.caption(t("inv.no_measures"))
        return
    st.caption(t("inv.never_automatic"))
    first = next((item for item in shown.view.measures if item.decided is None), None)
    for measure in shown.view.measures:
        with st.container(border=True):
            _measure(room, shown, measure, is_first=measure is first)


def _measure(room: Room, shown: InvestigationRoom, measure: Measure, *, is_first: bool) -> None:
    t, key = room.t, measure.measure_id
    name = plain(shown.people.agent(measure.agent))
    st.markdown(f"**{t('inv.proposed', agent=name, measure=t(f'measure.{measure.proposed.value}'))}**")
    st.caption(t(f"measure_reason.{measure.because.value}"))
    decided = measure.decided
    if decided is not None:
        st.markdown(
            plain(
                t(
                    "inv.decided",
                    decision=t(f"measure_decision.{decided.decision.value}"),
                    measure=t(f"measure.{decided.kind.value}"),
                    who=decided.by,
                    moment=t.moment(decided.at),
                )
            )
        )
        if decided.reason:
            st.text(decided.reason)
    if not room.viewer.may(Action.RULE_ON_FLAG, measure.agent):
        return
    if decided is not None:
        st.button(
            t("inv.undo"), key=f"inv_measure_undo_{key}", type="tertiary", on_click=act,
            args=(_deciding(measure, MeasureDecision.WITHDRAWN),),
        )  # fmt: skip
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            t("inv.accept"), key=f"inv_accept_{key}", on_click=act,
            type="primary" if is_first else "secondary",
            args=(_deciding(measure, MeasureDecision.ACCEPTED),),
        )  # fmt: skip
        with st.popover(t("inv.change")):
            others = [kind for kind in MeasureKind if kind is not measure.proposed]
            st.selectbox(
                t("inv.other_measure"), others, format_func=lambda kind: t(f"measure.{kind.value}"),
                key=f"inv_kind_{key}",
            )  # fmt: skip
            st.text_input(t("inv.because"), key=f"inv_reason_{key}")
            st.button(
                t("inv.change"), key=f"inv_change_{key}", on_click=act,
                args=(_deciding(measure, MeasureDecision.CHANGED),),
            )  # fmt: skip


def _deciding(measure: Measure, decision: MeasureDecision) -> Callable[[Room], None]:
    """``none`` chosen as another measure is the proposal dropped."""

    def decided(who: Room) -> None:
        key, kind, reason, made = measure.measure_id, None, "", decision
        if decision is MeasureDecision.CHANGED:
            kind, reason = st.session_state[f"inv_kind_{key}"], str(st.session_state.get(f"inv_reason_{key}", ""))
            if kind is MeasureKind.NONE:
                made = MeasureDecision.DROPPED
        decide(who.workspace, who.viewer, measure, made, who.now, kind, reason)

    return decided
