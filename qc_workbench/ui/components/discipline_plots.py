"""Plots of the order in the CRM: the table of rules and agents, and what happened day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import altair as alt
import streamlit as st

from qc_workbench.domain.violation import ViolationKind
from qc_workbench.store.order_history import OrderDay
from qc_workbench.ui.components.plots import BAD, GOOD, NEUTRAL
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.discipline import OrderBoard

#: Agents side by side that fit a screen.
ACROSS: Final = 11
#: From pale to dark. The pale ones let the ground and its text through, so that they are quiet by day and by night.
_FIELDS: Final = (
    "background-color: rgba(208, 84, 47, 0.10)",
    "background-color: rgba(208, 84, 47, 0.22)",
    "background-color: rgba(208, 84, 47, 0.36)",
    "background-color: #c4552f; color: #ffffff",
    "background-color: #a63a1c; color: #ffffff",
)
#: A rule's field is darkest at its own largest number, if that is not smaller than this: one breach is no alarm.
_LEAST_DARKEST: Final = 8


def heat_table(
    board: OrderBoard, agents: Sequence[str], t: Translator, key: str, *, standing: bool, picked: Callable[[], None]
) -> None:
    """A cell is a rule and an agent with the number of breaches; ``picked`` is called when one is clicked, and finds
    in the session under ``key`` the place of the rule and the id of the agent."""
    from pandas import DataFrame  # Streamlit has it loaded; only its tables know colours of cells

    numbers = {agent: [_number(board, kind, agent, standing=standing) for kind in board.kinds] for agent in agents}
    darkest = [
        max(_LEAST_DARKEST, *(_number(board, kind, agent, standing=standing) for agent in board.agents))
        for kind in board.kinds
    ]
    rules = [t(f"violation.{kind.value}") for kind in board.kinds]
    frame = DataFrame(numbers, index=rules)

    def painted(column: Any) -> list[str]:
        return [_paint(int(n), most) for n, most in zip(column, darkest, strict=True)]

    st.dataframe(
        frame.style.apply(painted, axis=0),
        key=key,
        on_select=picked,
        selection_mode="single-cell",
        height="content",
        column_config={
            "_index": st.column_config.TextColumn(t("breach.rule"), width=250),
            **{
                agent: st.column_config.NumberColumn(_short(board.name(agent)), help=board.name(agent), width=72)
                for agent in agents
            },
        },
        alt=t("discipline.heat_alt"),
    )


def _short(name: str) -> str:
    """The first name and the letter of the family name: a column is narrow, its help says the whole."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest[:1]}." if rest else first


def _paint(n: int, darkest: int) -> str:
    """The colours of a cell as CSS. A zero has none: what is right is quiet."""
    if not n:
        return "color: rgba(128, 128, 128, 0.6)"
    return _FIELDS[min(len(_FIELDS) - 1, (len(_FIELDS) * n) // (darkest + 1))]


def _number(board: OrderBoard, kind: ViolationKind, agent: str, *, standing: bool) -> int:
    cell = board.cell(kind, agent)
    return cell.standing if standing else cell.opened


#: Thousands apart by a space, which reads in both languages.
_THIN_SPACES: Final = "replace(format(datum.value, ','), /,/g, '\u202f')"


def days_plot(days: Sequence[OrderDay], t: Translator) -> None:
    """What was opened and put right on each day; the line is what stood at its end."""
    names = {"opened": t("discipline.opened"), "cleared": t("discipline.cleared")}
    standing = t("discipline.standing")
    colours = {names["opened"]: BAD, names["cleared"]: GOOD, standing: NEUTRAL}
    bars = [
        {"day": day.day.isoformat(), "kind": name, "n": getattr(day, code) * (1 if code == "opened" else -1),
         "text": t.number(getattr(day, code))}
        for day in days
        for code, name in names.items()
    ]  # fmt: skip
    x = alt.X("utcyearmonthdate(day):T", title=None, axis=alt.Axis(format="%d.%m", tickCount=10, grid=False))
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(orient="top", labelLimit=300),
    )  # fmt: skip
    tooltip = [
        alt.Tooltip("utcyearmonthdate(day):T", title=t("plot.day"), format="%d.%m.%Y"),
        alt.Tooltip("kind:N", title=" "),
        alt.Tooltip("text:N", title=t("discipline.breaches")),
    ]
    changes = alt.Chart(alt.InlineData(values=bars)).mark_bar(width={"band": 0.8}, opacity=0.85)
    changed = changes.encode(
        x=x, y=alt.Y("n:Q", title=t("discipline.day_by_day"), axis=alt.Axis(format="d", tickMinStep=1)), color=colour,
        tooltip=tooltip,
    )  # fmt: skip
    line = [
        {"day": day.day.isoformat(), "kind": standing, "n": day.standing, "text": t.number(day.standing)}
        for day in days
    ]  # fmt: skip
    stood = alt.Chart(alt.InlineData(values=line)).mark_line(strokeWidth=2.5, point={"size": 25, "filled": True})
    drawn = stood.encode(
        x=x, color=colour, tooltip=tooltip,
        y=alt.Y(
            "n:Q", title=standing, scale=alt.Scale(zero=False),
            axis=alt.Axis(tickMinStep=1, tickCount=4, grid=False, labelExpr=_THIN_SPACES),
        ),
    )  # fmt: skip
    chart = alt.layer(changed, drawn).resolve_scale(y="independent").properties(height=260)
    st.altair_chart(chart, alt=t("discipline.days_alt"))
