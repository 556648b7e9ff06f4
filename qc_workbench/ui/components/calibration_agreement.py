"""How far reviewers agree on each question, with intervals; the worst first, with what to do about it."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import streamlit as st

from qc_workbench.review.agreement import RELIABLE, TENTATIVE, QuestionAgreement
from qc_workbench.review.calibration_figures import FEW_CALLS, Advice, QuestionFigures, Source, advice
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.plots import GOOD, NEUTRAL, UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.calibration_figures import SPANS_DAYS, FiguresView, figures_view

#: Questions on the plot and as cards; all are in the table.
_SHOWN: Final = 12
_CARDS: Final = 5
#: Seconds between looks whether the figures are there.
_ASK_AGAIN_S: Final = 1.0
_COLOURS: Final = {Source.TOGETHER: NEUTRAL, Source.CALIBRATION: GOOD, Source.SECOND_LOOK: "#8a63c4"}
_ICONS: Final = {Advice.REWORD: ":red[●]", Advice.WATCH: ":orange[●]", Advice.FINE: ":green[●]"}


def chosen_figures(room: Room) -> FiguresView | None:
    """The figures of the time chosen; while they are being worked out says so and asks again by itself."""
    t = room.t
    days = st.segmented_control(
        t("figures.time"),
        SPANS_DAYS,
        default=90,
        required=True,
        format_func=lambda n: t("figures.days", n=n),
        key="calibration_days",
        label_visibility="collapsed",
    )
    found = figures_view(room.workspace, room.viewer, days or 90, room.now)
    if found is None:
        _waiting(days or 90)
    return found


@st.fragment(run_every=_ASK_AGAIN_S)
def _waiting(days: int) -> None:
    room = enter()
    if figures_view(room.workspace, room.viewer, days, room.now, wait_s=0.0) is not None:
        st.rerun()
    st.info(room.t("figures.working"), icon=":material/hourglass_top:")


def agreement_over_time(room: Room) -> None:
    t = room.t
    view = chosen_figures(room)
    if view is None:
        return
    found = view.figures
    st.caption(t("figures.made_of", sessions=t.number(found.sessions), looks=t.number(found.second_looks)))
    known = [item for item in found.questions if item.whole.calls]
    if not known:
        nothing(t("figures.no_questions"))
        return
    forms = sorted({item.form_code for item in known})
    form = forms[0]
    if len(forms) > 1:
        form = st.selectbox(t("figures.form"), forms, key="calibration_form", width=360) or form
    mine = [item for item in known if item.form_code == form]
    few = max(item.whole.calls for item in mine)
    if few < FEW_CALLS:
        st.warning(t("figures.few", n=few, fewest=FEW_CALLS))
    st.caption(t("figures.alpha_says"))
    _plot(mine[:_SHOWN], t)
    st.header(t("figures.worst"), anchor=False)
    for item in mine[:_CARDS]:
        _card(item, t)
    with st.expander(t("figures.all", n=len(mine))):
        st.dataframe(
            [_line(item, t) for item in mine], hide_index=True, height="content", alt=t("figures.all", n=len(mine))
        )


def _plot(items: list[QuestionFigures], t: Translator) -> None:
    rows: list[dict[str, Any]] = []
    for item in items:
        for source in Source:
            measured = item.by_source[source]
            if measured.alpha is not None:
                value = measured.alpha
                rows.append(
                    {
                        "question": _short(item.question.text.of(t.language)),
                        "source": t(f"calibration_source.{source.value}"),
                        "value": round(value.value, 3),
                        "low": None if value.low is None else round(value.low, 3),
                        "high": None if value.high is None else round(value.high, 3),
                        "text": alpha_text(measured, t),
                        "calls": measured.calls,
                    }
                )
    if not rows:
        st.caption(t("figures.no_alpha"))
        return
    names = [t(f"calibration_source.{source.value}") for source in Source]
    order = [_short(item.question.text.of(t.language)) for item in items]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("question:N", title=None, sort=order, axis=alt.Axis(labelLimit=330, ticks=False, domain=False)),
        yOffset=alt.YOffset("source:N", sort=names),
        color=alt.Color(
            "source:N",
            title=None,
            scale=alt.Scale(domain=names, range=[_COLOURS[source] for source in Source]),
            legend=alt.Legend(orient="top", labelLimit=320, symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("question:N", title=" "),
            alt.Tooltip("source:N", title=" "),
            alt.Tooltip("text:N", title=t("figures.alpha")),
            alt.Tooltip("calls:Q", title=t("figures.calls")),
        ],
    )
    scale = alt.Scale(domain=[min(-0.2, min(row["value"] for row in rows)), 1], clamp=True)
    point = t.number(0.5, 1)[1]  # of decimals: Vega's is the English one
    axis = alt.Axis(tickCount=6, labelExpr=f"replace(datum.label, '.', '{point}')")
    arms = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=alt.X("low:Q", title=t("figures.alpha"), scale=scale, axis=axis), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=55, opacity=1).encode(x="value:Q")
    borders = alt.Chart(alt.InlineData(values=[{"at": TENTATIVE}, {"at": RELIABLE}]))
    lines = borders.mark_rule(color=UNKNOWN, strokeDash=[4, 3]).encode(x=alt.X("at:Q", scale=scale))
    st.altair_chart((arms + points + lines).properties(height=70 + 38 * len(items)), alt=t("figures.alpha"))


def _card(item: QuestionFigures, t: Translator) -> None:
    whole = item.whole
    what = advice(whole)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{_ICONS.get(what, ':gray[●]')} **{plain(item.question.text.of(t.language))}**")
        st.markdown(f"{alpha_text(whole, t)} · {equal_text(whole, t)} · {t('figures.n_calls', n=whole.calls)}")
        if item.question.help is not None:
            st.caption(plain(item.question.help.of(t.language)))
        st.markdown(t(f"calibration_advice.{what.value}"))


def alpha_text(found: QuestionAgreement, t: Translator) -> str:
    if found.alpha is None:
        return t("figures.alpha_none")
    if found.alpha.low is None or found.alpha.high is None:
        return t("figures.alpha_alone", value=t.number(found.alpha.value, 2))
    return t(
        "figures.alpha_value",
        value=t.number(found.alpha.value, 2),
        low=t.number(found.alpha.low, 2),
        high=t.number(found.alpha.high, 2),
    )


def equal_text(found: QuestionAgreement, t: Translator) -> str:
    if found.equal is None:
        return "—"
    return t("figures.equal", share=t.percent(found.equal), low=t.percent(found.low), high=t.percent(found.high))


def _line(item: QuestionFigures, t: Translator) -> dict[str, Any]:
    line: dict[str, Any] = {t("figures.question"): item.question.text.of(t.language)}
    for source in Source:
        found = item.by_source[source]
        name = t(f"calibration_source.{source.value}")
        line[name] = alpha_text(found, t) if found.calls else "—"
    line[t("figures.equal_column")] = equal_text(item.whole, t)
    line[t("figures.calls")] = item.whole.calls
    line[t("figures.advice")] = t(f"calibration_advice_short.{advice(item.whole).value}")
    return line


def _short(text: str) -> str:
    return text if len(text) <= 52 else text[:51].rstrip() + "…"
