"""The top of the investigation: the month, its steps, hypotheses with their agents and cases, fixing a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Direction
from qc_workbench.domain.investigation import (
    AgentFigures,
    CaseRef,
    Examination,
    Hypothesis,
    HypothesisState,
    InvestigationStep,
    Metric,
    Scope,
    Standing,
    VerdictKind,
)
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.investigation import (
    Claim,
    InvestigationRoom,
    do_step,
    fix,
    months,
    say_case,
    withdraw,
)

_VERDICTS: Final = {
    VerdictKind.CONFIRMED: ":red-badge[{}]",
    VerdictKind.REJECTED: ":green-badge[{}]",
    VerdictKind.NOT_ENOUGH_DATA: ":gray-badge[{}]",
}
#: Cases of an agent that are listed at once.
_LISTED: Final = 8
#: What the key of a step says; letters are prepared by hand once, then sent one by one.
_KEYS: Final = {
    InvestigationStep.EXAMINE: "inv.examine",
    InvestigationStep.LETTERS: "inv.prepare",
    InvestigationStep.CHECK: "inv.check",
}


def act(what: Callable[[Room], None], said: str = "") -> None:
    """Do it as whoever presses the key now, and say so; else say why not."""
    room = enter()
    try:
        what(room)
    except QcwError as error:
        refused(error, room, moved="letter_moved")
        return
    if said:
        done(room.t(said))


def choose_month(room: Room) -> date:
    t = room.t
    known = months(room.workspace, room.now)
    asked = st.query_params.get("month", "")
    at = next((place for place, month in enumerate(known) if month.isoformat()[:7] == asked), 0)
    return st.selectbox(
        t("inv.month"), known, index=at, format_func=lambda month: t.day(month, "LLLL y"), key="inv_month", width=260,
        label_visibility="collapsed",
    )  # fmt: skip


def steps_shown(room: Room, shown: InvestigationRoom) -> None:
    """Where the month is, and the one thing to do next."""
    t, now = room.t, shown.view.step
    order = list(InvestigationStep)
    parts = []
    for place, step in enumerate(order):
        name = t(f"investigation_step.{step.value}")
        if step is now:
            parts.append(f":blue-badge[**{name}**]")
        else:
            parts.append(f":green[✓ {name}]" if place < order.index(now) else f":gray[{name}]")
    st.markdown(" → ".join(parts))
    if not shown.view.hypotheses:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t(f"inv.step_says.{now.value}"), width="content")
        if now in _KEYS:
            # Where letters wait to be sent, or no case is confirmed, that is the thing to do.
            nothing_to_write = now is InvestigationStep.LETTERS and shown.unconfirmed and not shown.view.letters
            is_next = not nothing_to_write and all(item.events for item in shown.view.letters)
            _step_key(room, shown, now, primary=is_next)
    if now is InvestigationStep.LETTERS and shown.unconfirmed:
        names = ", ".join(shown.people.agent(agent) for agent in shown.unconfirmed)
        st.caption(plain(t("inv.unconfirmed", agents=names)))
    if now is InvestigationStep.CHECK and not shown.is_over:
        st.caption(t("inv.check_early"))


def _step_key(room: Room, shown: InvestigationRoom, step: InvestigationStep, *, primary: bool) -> None:
    again = not primary and step is InvestigationStep.EXAMINE
    st.button(
        room.t("inv.examine_again") if again else room.t(_KEYS[step]),
        type="primary" if primary else "secondary",
        key=f"inv_step_{step.value}",
        on_click=act,
        args=(lambda who: do_step(who.workspace, who.viewer, step, shown.month, who.now),),
    )


# Hypotheses ------------------------------------------------------------------


def hypotheses_shown(room: Room, shown: InvestigationRoom) -> None:
    t = room.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(t("investigation_step.fix"), anchor=False, width="content")
        alive = [item for item in shown.view.hypotheses if item.hypothesis.withdrawn_at is None]
        if any(item.examination for item in alive) and shown.view.step is not InvestigationStep.EXAMINE:
            _step_key(room, shown, InvestigationStep.EXAMINE, primary=False)
        if any(item.examination for item in alive) and shown.view.step is not InvestigationStep.CHECK:
            _step_key(room, shown, InvestigationStep.CHECK, primary=False)
    for state in shown.view.hypotheses:
        with st.container(border=True):
            _hypothesis(room, shown, state)


def _hypothesis(room: Room, shown: InvestigationRoom, state: HypothesisState) -> None:
    t, hypothesis = room.t, state.hypothesis
    st.markdown(f"**{plain(hypothesis.claim)}**")
    metric = f"{t(f'metric.{hypothesis.metric.value}')}: {t(f'metric_says.{hypothesis.metric.value}')}"
    st.caption(plain(f"{metric}. {_scope_text(hypothesis, shown, t)}"))
    st.caption(
        plain(
            t(
                "inv.counts",
                n=hypothesis.least_of,
                threshold=t.percent(hypothesis.threshold, 1),
                cases=t.number(hypothesis.least_cases),
                needed=t.number(hypothesis.agents_needed),
            )
        )
    )
    fixed = t(
        "inv.fixed_by",
        who=hypothesis.fixed_by,
        moment=t.moment(hypothesis.fixed_at),
        hash=hypothesis.content_hash[:12],
    )
    st.caption(plain(fixed) + (f" · :orange[{t('inv.late')}]" if hypothesis.fixed_late else ""))
    if hypothesis.withdrawn_at is not None:
        said = {"who": hypothesis.withdrawn_by or "", "moment": t.moment(hypothesis.withdrawn_at)}
        st.caption(plain(t("inv.withdrawn", because=hypothesis.withdrawn_because, **said)))
        return
    if state.verdict is not None:
        _verdict(room, state)
    examination = state.verdict.examination if state.verdict else state.examination
    if examination is None:
        _withdrawing(room, hypothesis)
        return
    _figures(shown, hypothesis, examination, t)
    for figures in examination.agents:
        if figures.cases and figures.standing in (Standing.VIOLATOR, Standing.UNCLEAR):
            _cases(room, shown, hypothesis, figures)
    _withdrawing(room, hypothesis)


def _verdict(room: Room, state: HypothesisState) -> None:
    t, verdict = room.t, state.verdict
    assert verdict is not None
    code = "inv.verdict_late" if state.hypothesis.fixed_late else "inv.verdict"
    said = t(code, verdict=t(f"hypothesis_verdict.{verdict.kind.value}"))
    st.markdown(_VERDICTS[verdict.kind].format(said))
    st.caption(
        t(
            "inv.verdict_numbers",
            n=verdict.judged,
            violators=t.number(verdict.violators),
            possible=t.number(verdict.possible),
            needed=t.number(verdict.needed),
        )
    )


def _scope_text(hypothesis: Hypothesis, shown: InvestigationRoom, t: Translator) -> str:
    scope = hypothesis.scope
    parts = [", ".join(shown.people.agent(agent) for agent in scope.agents) or t("inv.all_agents")]
    parts += [", ".join(t(f"direction.{item.value}") for item in scope.directions)] if scope.directions else []
    parts += [", ".join(scope.sources)] if scope.sources else []
    parts += [t("inv.random_only")] if scope.random_only else []
    return " · ".join(parts)


def _until(end: datetime, t: Translator) -> str:
    """The last day that counts; of one that is not over its hour as well."""
    return t.day(end - timedelta(minutes=1)) if t.moment(end, "HH:mm") == "00:00" else t.moment(end)


def _figures(shown: InvestigationRoom, hypothesis: Hypothesis, examination: Examination, t: Translator) -> None:
    st.caption(t("inv.examined", since=t.day(examination.starts_at), until=_until(examination.ends_at, t)))
    rows = [
        {
            t("inv.agent"): shown.people.agent(item.agent),
            t("inv.bad"): t.number(item.bad),
            t("inv.of"): t.number(item.of),
            t("inv.share"): "—" if item.share is None else t.percent(item.share, 1),
            t("inv.interval"): f"{t.number(item.low * 100, 1)}–{t.percent(item.high, 1)}" if item.of else "—",
            t("inv.confirmed"): t.number(item.confirmed),
            t("inv.standing"): t(f"case_standing.{item.standing.value}"),
        }
        for item in examination.agents
    ]
    right = {name: st.column_config.TextColumn(alignment="right") for name in list(rows[0])[1:6]} if rows else {}
    of = f"{t('inv.agent')}: {hypothesis.claim}"
    st.dataframe(rows, hide_index=True, height="content", column_config=right, alt=of)


def _cases(room: Room, shown: InvestigationRoom, hypothesis: Hypothesis, figures: AgentFigures) -> None:
    """The agent's cases: each opens its call, each is for a person to confirm."""
    t, said = room.t, shown.said.get(hypothesis.hypothesis_id, {})
    label = plain(t("inv.cases_of", agent=shown.people.agent(figures.agent)))
    with st.expander(f"{label} · {t.number(figures.bad)}", key=f"inv_cases_{hypothesis.hypothesis_id}_{figures.agent}"):
        if any(said.get(case.subject, case.is_confirmed) is not case.is_confirmed for case in figures.cases):
            st.caption(t("inv.said_since"))
        for case in figures.cases[:_LISTED]:
            _case(room, hypothesis, case, said.get(case.subject))
        if figures.bad > _LISTED:
            st.caption(t("inv.more_cases", n=figures.bad - _LISTED))


def _case(room: Room, hypothesis: Hypothesis, case: CaseRef, word: bool | None) -> None:
    t = room.t
    is_confirmed = case.is_confirmed if word is None else word
    may = room.viewer.may(Action.RULE_ON_FLAG, case.agent)
    with st.container(horizontal=True, vertical_alignment="center"):
        if case.call_id is None:
            st.text(t("inv.task", id=case.subject), width="content")
        else:
            call_link(t, t.moment(case.happened_at), case.call_id)
        if word is False:
            st.badge(t("inv.is_rejected"), color="gray")
        else:
            code, colour = ("inv.is_confirmed", "red") if is_confirmed else ("inv.suspected", "orange")
            st.badge(t(code), color=colour)  # type: ignore[arg-type]
        key = f"{hypothesis.hypothesis_id}_{case.subject}"
        if not may:
            return
        if word is None and not case.is_confirmed:
            for name, is_bad in (("confirm", True), ("reject", False)):
                st.button(
                    t(f"inv.{name}"), key=f"inv_{name}_{key}", on_click=act,
                    args=(_saying(hypothesis, case, is_bad),), type="tertiary",
                )  # fmt: skip
        elif word is not None:
            st.button(
                t("inv.undo"), key=f"inv_undo_{key}", on_click=act, args=(_saying(hypothesis, case, None),),
                type="tertiary",
            )  # fmt: skip


def _saying(hypothesis: Hypothesis, case: CaseRef, is_bad: bool | None) -> Callable[[Room], None]:
    return lambda who: say_case(who.workspace, who.viewer, hypothesis.hypothesis_id, case, is_bad, who.now)


def _withdrawing(room: Room, hypothesis: Hypothesis) -> None:
    t, key = room.t, f"inv_because_{hypothesis.hypothesis_id}"
    with st.popover(t("inv.withdraw"), type="tertiary"):
        st.text_input(t("inv.because"), key=key)
        st.button(
            t("inv.withdraw"),
            key=f"inv_withdraw_{hypothesis.hypothesis_id}",
            on_click=act,
            args=(
                lambda who: withdraw(
                    who.workspace, who.viewer, hypothesis.hypothesis_id, str(st.session_state.get(key, "")), who.now
                ),
            ),
        )


# Fixing ----------------------------------------------------------------------


def fixing(room: Room, shown: InvestigationRoom, *, is_open: bool) -> None:
    """The form of a new hypothesis; of a month that is over only why there is none."""
    t = room.t
    if shown.is_over:
        if is_open:
            nothing(t("inv.month_over"))
        return
    if is_open:
        nothing(f"**{t('inv.none_yet')}** {t('inv.none_says')}")
    with st.expander(t("inv.new"), expanded=is_open):
        if shown.is_late:
            st.warning(t("inv.late_notice", day=t.number(shown.lock_day)))
        _form(room, shown)


def _form(room: Room, shown: InvestigationRoom) -> None:
    t = room.t
    chosen = st.selectbox(
        t("inv.metric"), list(Metric), format_func=lambda item: t(f"metric.{item.value}"), key="inv_metric"
    )
    metric = chosen or Metric.PADDED_CALLS
    st.caption(t(f"metric_says.{metric.value}"))
    left, middle, right, last = st.columns(4, vertical_alignment="bottom")
    left.number_input(
        t("inv.threshold"), 0.0, 99.0, 10.0, 1.0, key="inv_threshold", help=t("inv.threshold_help"), format="%.1f"
    )
    middle.number_input(t("inv.least_of"), 1, 10_000, 30, key="inv_least_of")
    right.number_input(t("inv.least_cases"), 1, 10_000, 3, key="inv_least_cases")
    last.number_input(t("inv.agents_needed"), 1, 1_000, 1, key="inv_needed")
    if metric is Metric.LOW_SCORES:
        st.number_input(t("inv.line"), 0.0, 100.0, 60.0, 5.0, key="inv_line")
    people = {agent: found.name for agent, found in sorted(shown.people.managers.items()) if found.role == "manager"}
    st.multiselect(
        t("inv.agents"), list(people), format_func=lambda agent: people[agent], key="inv_agents",
        placeholder=t("inv.all_agents"),
    )  # fmt: skip
    if metric.is_about_calls:
        st.pills(
            t("inv.directions"), [Direction.INBOUND, Direction.OUTBOUND], selection_mode="multi", key="inv_directions",
            format_func=lambda item: t(f"direction.{item.value}"),
        )  # fmt: skip
        st.checkbox(t("inv.random_only"), key="inv_random")
    st.text_input(t("inv.claim"), key="inv_claim", help=t("inv.claim_help"), max_chars=400)
    first = not shown.view.hypotheses
    st.button(
        t("inv.fix"), type="primary" if first else "secondary", key="inv_fix", on_click=act,
        args=(lambda who: _fixed(who, shown.month), "inv.saved"),
    )  # fmt: skip


def _fixed(who: Room, month: date) -> None:
    """What the fields say now."""
    kept = st.session_state
    metric = kept["inv_metric"]
    scope = Scope(
        agents=tuple(kept.get("inv_agents") or ()),
        directions=tuple(kept.get("inv_directions") or ()) if metric.is_about_calls else (),
        random_only=bool(kept.get("inv_random")) and metric.is_about_calls,
    )
    claim = Claim(
        month, metric, kept["inv_threshold"] / 100, kept.get("inv_claim") or "", scope, kept["inv_least_of"],
        kept["inv_least_cases"], kept["inv_needed"], kept.get("inv_line") if metric is Metric.LOW_SCORES else None,
    )  # fmt: skip
    fix(who.workspace, who.viewer, claim, who.now)
