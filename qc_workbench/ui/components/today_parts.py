"""The daily page on the screen: what is on fire, what waits, the numbers, the list that was asked for."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from qc_workbench.reporting.comparing import Trend
from qc_workbench.reporting.day_plots import history_plot, hours_plot
from qc_workbench.reporting.today import Figure, Today, ToDecide
from qc_workbench.reporting.today_lists import DayList, callback_said, listed, outcomes_said, total_of
from qc_workbench.reporting.today_words import alarm_lines, compared_text, control_said, figure_text, note_of
from qc_workbench.ui.address import code_of, day_of
from qc_workbench.ui.components.blocks import nothing, open_call, picked
from qc_workbench.ui.components.report import show_plot
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import Room, put_in_address, remember, remembered
from qc_workbench.ui.views.today import FORMS, day_file

#: Which list of the page a number opens; calls open the list of calls.
_LISTS: Final = {
    Figure.LOST_RATE: DayList.MISSED, Figure.ESCALATED: DayList.ESCALATED, Figure.SUSPICIOUS: DayList.SUSPICIOUS,
    Figure.MEETINGS_SET: DayList.MEETINGS_SET, Figure.MEETINGS_HELD: DayList.MEETINGS_HELD,
    Figure.PROPOSALS_SENT: DayList.PROPOSALS_SENT,
}  # fmt: skip
_COLOURS: Final = {Trend.BETTER: "green", Trend.WORSE: "red"}
_ORDER: Final[tuple[Figure | DayList, ...]] = (
    Figure.LOST_RATE, Figure.ESCALATED, Figure.SUSPICIOUS, DayList.BROKEN, DayList.DUE_TODAY, DayList.OVERDUE,
    DayList.MOVED, DayList.STUCK, Figure.CALLS, Figure.MEETINGS_SET, Figure.MEETINGS_HELD, Figure.PROPOSALS_SENT,
)  # fmt: skip
_DAY, _LIST = "day", "list"
#: A number was pressed: the list it opened, further down, comes into sight.
_PRESSED: Final = "today_pressed"
#: Scrolls to where it stands; the margin is the bar of the page, which lies over its top.
_into_sight = st.components.v2.component(
    "qcw_into_sight",
    js="""export default function ({ parentElement }) {
        const place = parentElement.host || parentElement;
        place.style.scrollMarginTop = "4rem";
        place.scrollIntoView();
    }""",
)


def choose_day(room: Room, first: date, last: date) -> date:
    """The day in the address, else the last with calls."""
    asked = day_of(st.query_params.get(_DAY))
    default = asked if asked is not None and first <= asked <= last else last
    if remembered("today_asked") != str(asked):
        remember("today_asked", str(asked))
        st.session_state["today_day"] = default
    chosen = st.date_input(
        room.t("today.day"), min_value=first, max_value=last, key="today_day", format="DD.MM.YYYY", width=170,
        label_visibility="collapsed",
    )  # fmt: skip
    day = chosen if isinstance(chosen, date) else default
    said = {} if day == last else {_DAY: day.isoformat()}
    put_in_address((_DAY,), said)
    remember("today_asked", str(day_of(said.get(_DAY))))
    return day


def downloads(room: Room, page: Today) -> None:
    for form in FORMS:
        st.download_button(
            room.t("today.download", form=form.upper()),
            data=day_file(room.workspace, room.viewer, page, form, room.t),
            file_name=f"{page.day}.{form}",
            key=f"today_{form}",
            on_click="ignore",
        )


def fire(page: Today, t: Translator) -> None:
    """What is on fire, in a line each."""
    lines = alarm_lines(page, t)
    if not lines:
        st.success(t("today.calm"), icon=":material/check_circle:")
        return
    st.error("  \n".join(plain(line) for line in lines), icon=":material/local_fire_department:")


def to_decide(waiting: tuple[ToDecide, ...], t: Translator) -> None:
    """A tile for each list that waits for a person; the tile opens exactly what it counts."""
    st.header(t("overview.waits"), anchor=False)
    tiles = st.grid(len(waiting), min_column_width=150)
    for item in waiting:
        with tiles.container(border=True, height="stretch"):
            st.metric(t(f"waiting.{item.code}"), t.number(item.count), help=t(f"waiting.{item.code}.help"))
            link(item.room, t, t("button.open_list"), **dict(item.query))


def numbers(page: Today, t: Translator) -> None:
    """Each number beside the same weekday before, with the way to the list that it counts."""
    st.header(t("report.day.now"), anchor=False, help=t("today.compared_how"))
    tiles = st.grid(6, min_column_width=150)
    for item in _ORDER:
        with tiles.container(border=True, height="stretch"):
            if isinstance(item, DayList):
                st.metric(t(f"today.list.{item.value}"), t.number(total_of(page, item)))
                _to_list(page, item, t)
                continue
            st.metric(t(f"today.figure.{item.value}"), figure_text(page, item, t))
            note = note_of(page, item, t)
            if note:
                st.caption(note)
            colour = _COLOURS.get(page.compared(item).trend)
            text = plain(compared_text(page, item, t))
            if text:
                st.caption(f":{colour}[{text}]" if colour else text)
            if item is Figure.CALLS:
                day = page.day.isoformat()
                link("call", t, t("today.open"), **{"from": day, "to": day})
            else:
                _to_list(page, _LISTS[item], t)


def _to_list(page: Today, which: DayList, t: Translator) -> None:
    if total_of(page, which):
        st.button(t("today.open"), type="tertiary", key=f"today_open_{which.value}", on_click=_open, args=(which,))


def _open(which: DayList) -> None:
    st.session_state["today_list"] = which
    remember(_PRESSED, which.value)


def calls_of_day(page: Today, t: Translator) -> None:
    """How the day went by the hour, and what became of those who were not answered."""
    st.header(t("report.day.missed"), anchor=False)
    st.markdown(plain(outcomes_said(page, t) if page.numbers.inbound else t("today.no_inbound")))
    said = callback_said(page, t)
    if said:
        st.caption(plain(said))
    plot = hours_plot(page, t)
    if plot is not None:
        show_plot(plot)


def control(page: Today, t: Translator) -> None:
    """The evening control: of when it is, and the last month of them."""
    st.header(t("today.control"), anchor=False)
    st.caption(control_said(page, t))
    plot = history_plot(page, t)
    if plot is not None:
        show_plot(plot)


def day_lists(room: Room, page: Today) -> None:
    """The list that a number opened, or the first that holds something."""
    t = room.t
    if remembered(_PRESSED):
        remember(_PRESSED, None)
        _into_sight(data={"at": room.now.isoformat()}, key="today_into_sight")  # new data: each press scrolls again
    st.header(t("today.lists"), anchor=False)
    filled = [which for which in DayList if total_of(page, which)]
    if not filled:
        nothing(t("today.none_of_list"))
        return
    if st.session_state.get("today_list") not in filled:
        asked = code_of(DayList, st.query_params.get(_LIST))
        st.session_state["today_list"] = asked if asked in filled else filled[0]
    which = st.segmented_control(
        t("today.lists"), filled, required=True,
        format_func=lambda one: f"{t(f'today.list.{one.value}')} · {t.number(total_of(page, one))}",
        key="today_list", label_visibility="collapsed", wrap=True,
    ) or filled[0]  # fmt: skip
    found = listed(page, which, t)
    rows = [{name: cell.text for name, cell in zip(found.columns, row, strict=True)} for row in found.rows]
    row = picked(rows, {}, f"today_rows_{which.value}_{page.day}", t(f"today.list.{which.value}"))
    if len(rows) < found.total:
        st.caption(t("today.cut", shown=t.number(len(rows)), total=t.number(found.total)))
    call_id = found.calls[row] if row is not None and row < len(found.calls) else None
    if call_id is not None:
        open_call(t, call_id)
